"""Every condition, every place a match can look at, and every way to write one wrongly."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    ("length", 3, b"\x00\x01\x02", True),
    ("length", {"gt": 1, "lte": 3}, [1, 2, 3], True),
    ("length", {"gt": 3}, [1, 2, 3], False),
    ("length", {"any_of": [1, 4]}, {"a": 1}, True),
    ("length", {"gt": 0}, 5, False),
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
        ({"last": 1}, "/last", "unknown field"),
        ({"headers.": 1}, "/headers.", "unknown field"),
        ({"surface": "web"}, "/surface", "accepted: native"),
        ({"any_of": []}, "/any_of", "a list of matches"),
        ({"any_of": [{}, {"modell": 1}]}, "/any_of/1/modell", "did you mean model"),
        ({"not": {"inputs.a": {"gt": "x"}}}, "/not/inputs.a/gt", "a number"),
        ({"inputs.a": {"length": {"gt": "x"}}}, "/inputs.a/length/gt", "a number"),
        ({"inputs.a": {"length": True}}, "/inputs.a/length", "a whole number"),
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


SAID = {"messages": [{"role": "user", "content": "go"}, {"role": "tool", "content": "18 degrees"}]}
ANTHROPIC = {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "18"}]}]}
RESPONSES = {"input": [{"type": "function_call_output", "call_id": "a", "output": "18 degrees"}]}
PARTS = {"messages": [{"role": "user", "content": [{"type": "text", "text": "a cloud"}, {"type": "image_url"}]}]}


@pytest.mark.parametrize(
    ("inputs", "match", "speaks"),
    [
        (SAID, {"last.role": "tool"}, True),
        (ANTHROPIC, {"last.role": "tool", "last.content": {"contains": "18"}}, True),
        (RESPONSES, {"last.role": "tool", "last.content": {"starts_with": "18"}}, True),
        (PARTS, {"last.role": "user", "last.content": {"contains": "cloud"}}, True),
        ({"prompt": "a cloud"}, {"last.role": "user", "last.content": {"contains": "cloud"}}, True),
        ({"input": "a cloud"}, {"last.content": "a cloud"}, True),
        ({"image": [1]}, {"last.content": {"present": False}}, True),
        ({"messages": [{"role": "user", "content": "go"}]}, {"last.role": "tool"}, False),
    ],
)
def test_what_was_said_last_is_found_in_every_form(inputs: dict[str, Any], match: dict[str, Any], speaks: bool) -> None:
    assert compile_match(match).speaks(call(**inputs)) is speaks


def test_headers_are_matched_by_name_in_any_case() -> None:
    asked = call(prompt="x")
    asked.headers = {b"x-test-name": b"first"}
    assert compile_match({"headers.X-Test-Name": "first"}).speaks(asked)
    assert compile_match({"headers.x-test-name": {"starts_with": "f"}}).speaks(asked)
    assert compile_match({"headers.x-other": {"present": False}}).speaks(asked)
    assert compile_match({"headers.x-other": "first"}).misses(asked) == [Miss("headers.x-other", "first", ABSENT)]


def test_a_stream_is_told_from_a_whole_answer() -> None:
    asked = call(prompt="x")
    asked.stream = True
    assert compile_match({"stream": True}).speaks(asked)
    assert not compile_match({"stream": False}).speaks(asked)


@pytest.mark.parametrize(
    ("match", "missed"),
    [
        ({"any_of": [{"inputs.a": 1}, {"inputs.b": 2}]}, []),
        ({"any_of": [{"inputs.a": 2, "inputs.b": 3}, {"inputs.b": 3}]}, [Miss("any_of.1.inputs.b", 3, 2)]),
        ({"all_of": [{"inputs.a": 1}, {"inputs.b": 2}]}, []),
        ({"all_of": [{"inputs.a": 1}, {"inputs.b": 3}]}, [Miss("all_of.1.inputs.b", 3, 2)]),
        ({"not": {"inputs.a": 1, "inputs.b": 3}}, []),
        ({"not": {"inputs.a": 1}}, [Miss("not", {"inputs.a": 1}, True)]),
        ({"not": {"model": "@cf/qwen/*"}}, []),
        (
            {"any_of": [{"task": "Translation"}, {"not": {"surface": "native"}}]},
            [
                Miss("any_of.0.task", "Translation", "Text Generation"),
            ],
        ),
    ],
)
def test_matches_are_joined(match: dict[str, Any], missed: list[Miss]) -> None:
    asked = call(a=1, b=2)
    assert compile_match(match).misses(asked) == missed
    assert compile_match(match).speaks(asked) is (missed == [])


def test_the_misses_of_any_call_name_model_task_and_number() -> None:
    match = compile_match({"model": "@cf/qwen/*", "task": "Translation", "call": {"gt": 2}}, counted=True)
    assert match.misses(call(), anywhere=True, number=2) == [
        Miss("task", "Translation", "Text Generation"),
        Miss("model", "@cf/qwen/*", MODEL.name),
        Miss("call", {"gt": 2}, 2),
    ]


def test_the_number_of_a_call_is_accepted_only_where_calls_are_counted() -> None:
    assert compile_match({"call": 2}, counted=True).nth is not None
    with pytest.raises(BadMatch, match="unknown field"):
        compile_match({"call": 2})
    with pytest.raises(BadMatch, match="unknown field"):
        compile_match({"not": {"call": 2}}, counted=True)
    for wrong in (0, True, "2", [1]):
        with pytest.raises(BadMatch, match="from 1"):
            compile_match({"call": wrong}, counted=True)


@pytest.mark.parametrize(
    ("match", "settled"),
    [
        ({"inputs.a": 1, "last.role": "tool", "stream": True, "surface": "native"}, True),
        ({"headers.x-a": "b"}, False),
        ({"any_of": [{"inputs.a": 1}, {"not": {"headers.x-a": "b"}}]}, False),
        ({"call": 1}, False),
    ],
)
def test_a_match_knows_whether_the_request_alone_decides_it(match: dict[str, Any], settled: bool) -> None:
    assert compile_match(match, counted=True).is_settled is settled


WORDS = ["a", "b", "ab", "abc", "abcabcabcabc", "a long text with words", "another long text"]
TEXTS = st.sampled_from([*WORDS, *(f"{one} {other}" for one in WORDS for other in WORDS)])
VALUES = st.one_of(
    TEXTS,
    st.sampled_from([1, True, 1.5, None]),
    st.builds(lambda name, text: {name: text}, st.sampled_from(["contains", "starts_with", "ends_with"]), TEXTS),
    st.builds(lambda text: {"not": text}, TEXTS),
    st.builds(lambda one, other: {"contains": one, "starts_with": other}, TEXTS, TEXTS),
)
PLACES = st.sampled_from(["inputs.x", "inputs.messages.-1.content", "last.content"])
CONTENTS = st.one_of(
    TEXTS, st.sampled_from([1, True, None]), st.lists(TEXTS), st.lists(TEXTS.map(lambda text: {"text": text}))
)


@given(
    st.lists(
        st.builds(
            lambda model, fields: {"model": model, **fields},
            st.sampled_from(["*", "@cf/meta/*", "@cf/qwen/*"]),
            st.dictionaries(PLACES, VALUES, max_size=2),
        ),
        max_size=12,
    ),
    st.builds(lambda x, content: {"x": x, "messages": [{"content": content}]}, CONTENTS, CONTENTS),
)
def test_the_index_finds_the_first_rule_that_speaks_in_any_set_of_rules(
    documents: list[dict[str, Any]], inputs: dict[str, Any]
) -> None:
    rules = [(compile_match(document), number) for number, document in enumerate(documents)]
    asked = call(**inputs)
    expected = [number for match, number in rules if not match.misses(asked, anywhere=True)]
    index = Index(rules)
    assert list(index.speaking(asked)) == expected
    assert index.first(asked) == next(iter(expected), None)


@pytest.mark.parametrize("number", [0, 37, 99])
def test_a_text_is_found_among_many_wherever_it_stands(number: int) -> None:
    rules = [(compile_match({"last.content": {"contains": f"question number {n:03d}"}}), n) for n in range(100)]
    index = Index(rules)
    for before in range(9):
        assert index.first(call(prompt="x" * before + f"question number {number:03d} is this")) == number
    assert index.first(call(prompt="question number 100")) is None
