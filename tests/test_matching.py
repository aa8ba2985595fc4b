"""Every condition, every place a match can look at, and every way to write one wrongly."""

import random
from hashlib import sha256
from typing import Any

import pytest

from mock_server.catalog import Model
from mock_server.exchange import Call
from mock_server.matching import ABSENT, CONDITIONS, BadMatch, Index, Miss, compile_match

MODEL = Model(name="@cf/meta/llama-3.2-1b-instruct", task="Text Generation", responder="", schema={})
HASH = sha256(b"hello").hexdigest()


def call(**inputs: Any) -> Call:
    return Call("0" * 32, MODEL, inputs, "", 0.0)


TABLE: list[tuple[str, Any, Any, bool]] = [
    ("equals", 1, 1, True),
    ("equals", 1, True, False),
    ("equals", [1, "a"], [1, "a"], True),
    ("contains", "rain", "it rains", True),
    ("contains", "snow", "it rains", False),
    ("contains", "b", ["a", "b"], True),
    ("contains", 1, [True], False),
    ("contains", "cloud", [{"type": "text", "text": "a cloud"}, {"type": "image_url"}], True),
    ("starts_with", "it", "it rains", True),
    ("starts_with", "rains", "it rains", False),
    ("ends_with", "rains", "it rains", True),
    ("ends_with", "it", 3, False),
    ("matches", r"\d+ mm", "12 mm of rain", True),
    ("matches", r"^\d+$", "12 mm", False),
    ("present", True, "", True),
    ("present", False, ABSENT, True),
    ("present", True, ABSENT, False),
    ("length", 2, "ab", True),
    ("length", 2, [1], False),
    ("gt", 1, 2, True),
    ("gt", 1, True, False),
    ("gte", 2, 2, True),
    ("lt", 1, 0.5, True),
    ("lte", 1, 2, False),
    ("sha256", HASH, b"hello", True),
    ("sha256", HASH.upper(), "aGVsbG8=", True),
    ("sha256", HASH, "data:text/plain;base64,aGVsbG8=", True),
    ("sha256", HASH, [104, 101, 108, 108, 111], True),
    ("sha256", HASH, {"body": "aGVsbG8", "contentType": "text/plain"}, True),
    ("sha256", HASH, b"hello!", False),
    ("sha256", HASH, "not base64", False),
    ("sha256", HASH, 5, False),
    ("sha256", HASH, ABSENT, False),
    ("any_of", ["a", {"contains": "z"}], "xyz", True),
    ("any_of", ["a", "b"], "c", False),
    ("all_of", [{"contains": "x"}, {"contains": "z"}], "xyz", True),
    ("all_of", [{"contains": "x"}, {"contains": "q"}], "xyz", False),
    ("not", {"contains": "q"}, "xyz", True),
    ("not", "xyz", "xyz", False),
]


@pytest.mark.parametrize(("name", "wanted", "actual", "holds"), TABLE)
def test_a_condition_holds_or_misses(name: str, wanted: Any, actual: Any, holds: bool) -> None:
    match = compile_match({"inputs.field": {name: wanted}})
    inputs = {} if actual is ABSENT else {"field": actual}
    assert match.misses(call(**inputs)) == ([] if holds else [Miss("inputs.field", {name: wanted}, actual)])


def test_every_condition_is_in_the_table() -> None:
    assert {row[0] for row in TABLE} == set(CONDITIONS)


def test_all_conditions_of_an_object_must_hold() -> None:
    match = compile_match({"inputs.prompt": {"starts_with": "a", "ends_with": "z"}})
    assert match.misses(call(prompt="a to z")) == []
    assert match.misses(call(prompt="a to y")) != []


@pytest.mark.parametrize(
    ("path", "value", "found"),
    [
        ("inputs.messages.-1.content", "last", True),
        ("inputs.messages.0.content", "first", True),
        ("inputs.messages.2.content", "first", False),
        ("inputs.messages.x.content", "first", False),
        ("inputs.messages.0.content.deeper", "first", False),
        ("inputs.seed", 7, True),
    ],
)
def test_a_path_looks_into_the_inputs(path: str, value: Any, found: bool) -> None:
    inputs = {"messages": [{"content": "first"}, {"content": "last"}], "seed": 7}
    assert (compile_match({path: value}).misses(call(**inputs)) == []) is found


def test_all_inputs_together_can_be_matched() -> None:
    match = compile_match({"inputs": {"equals": {"prompt": "hi", "seed": 7}}})
    assert match.misses(call(seed=7, prompt="hi")) == []
    assert match.misses(call(prompt="hi", seed=7, max_tokens=1)) != []
    assert compile_match({"inputs": {"length": 1}, "inputs.prompt": "hi"}).misses(call(prompt="hi")) == []


@pytest.mark.parametrize(
    ("match", "concerned"),
    [
        ({}, True),
        ({"model": "@cf/meta/llama-*"}, True),
        ({"model": ["@cf/qwen/*", "@cf/meta/*"]}, True),
        ({"model": "@cf/qwen/*"}, False),
        ({"task": "Text Generation"}, True),
        ({"task": "Translation"}, False),
    ],
)
def test_a_match_concerns_models_by_glob_and_task(match: dict[str, Any], concerned: bool) -> None:
    assert compile_match(match).concerns(MODEL.name, MODEL.task) is concerned


def test_the_surface_is_a_condition_too() -> None:
    assert compile_match({"surface": "native"}).misses(call()) == []
    assert compile_match({"surface": "openai"}).misses(call()) == [Miss("surface", "openai", "native")]


@pytest.mark.parametrize(
    ("match", "pointer", "complaint"),
    [
        ([], "", "a match is an object"),
        ({"modell": "x"}, "/modell", "did you mean model"),
        ({"inputs.": 1}, "/inputs.", "unknown field"),
        ({"model": 3}, "/model", "a glob or a list of globs"),
        ({"task": 3}, "/task", "a string"),
        ({"inputs.a": {}}, "/inputs.a", "no condition"),
        ({"inputs.a": {"contain": "x"}}, "/inputs.a/contain", "did you mean contains"),
        ({"inputs.a": {"matches": "("}}, "/inputs.a/matches", "not a regular expression"),
        ({"inputs.a": {"present": "yes"}}, "/inputs.a/present", "true or false"),
        ({"inputs.a": {"gt": "1"}}, "/inputs.a/gt", "a number"),
        ({"inputs.a": {"length": 1.5}}, "/inputs.a/length", "a whole number"),
        ({"inputs.a": {"sha256": "abc"}}, "/inputs.a/sha256", "64 hexadecimal digits"),
        ({"inputs.a": {"any_of": "x"}}, "/inputs.a/any_of", "a list"),
        ({"inputs.a": {"any_of": [{"nope": 1}]}}, "/inputs.a/any_of/0/nope", "unknown condition"),
        ({"inputs.a/b": {"nope": 1}}, "/inputs.a~1b/nope", "unknown condition"),
    ],
)
def test_a_wrong_match_is_refused_by_pointer(match: Any, pointer: str, complaint: str) -> None:
    with pytest.raises(BadMatch) as caught:
        compile_match(match)
    assert caught.value.pointer == pointer
    assert complaint in str(caught.value)


def test_the_index_finds_the_first_rule_that_speaks_in_any_set_of_rules() -> None:
    values: list[Any] = ["a", "b", 1, True, 1.5, {"contains": "a"}, {"equals": "b"}, {"present": False}, {"not": "a"}]
    places = ["inputs.x", "inputs.messages.-1.content", "inputs.y"]
    rng = random.Random(7)
    for _ in range(300):
        rules = [
            (compile_match({rng.choice(places): rng.choice(values) for _ in range(rng.randrange(3))}), number)
            for number in range(rng.randrange(12))
        ]
        asked = call(x=rng.choice(["a", "b", 1, True, None]), messages=[{"content": rng.choice(["a", "b", 1])}])
        expected = next((number for match, number in rules if not match.misses(asked)), None)
        assert Index(rules).first(asked) == expected
