"""Verdicts and words: against answers of the real validator, kept by scripts/differential, and surprise by surprise."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.catalog.javascript import UNDEFINED, lookup, own_keys, to_text
from mock_server.catalog.regexp import compile_pattern
from mock_server.catalog.validation import Validator

VECTORS = Path(__file__).parent / "vectors"
CHAT = {
    "oneOf": [
        {"properties": {"prompt": {"type": "string", "minLength": 1}}, "required": ["prompt"]},
        {
            "properties": {
                "messages": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "role": {"type": "string"},
                            "content": {"oneOf": [{"type": "string"}, {"type": "array"}]},
                        },
                        "required": ["role", "content"],
                    },
                },
                "temperature": {"type": "number", "minimum": 0, "maximum": 5},
            },
            "required": ["messages"],
        },
    ],
    "type": "object",
}
NO_PROMPT = "required properties at '/' are 'prompt'"
NO_MESSAGES = "required properties at '/' are 'messages'"
NOT_A_LIST = "Type mismatch of '/messages/0/content', 'array' not in 'string'"


def rows(name: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (VECTORS / name).read_bytes().split(b"\n") if line]


def error(schema: Any, payload: Any) -> str | None:
    return Validator(schema).error(payload)


@pytest.mark.parametrize("origin", ["catalog", "edge", "lenient", "pattern", "random"])
def test_says_what_the_real_validator_said_in_every_kept_case(origin: str) -> None:
    cases = defaultdict(list)
    for row in rows("cases.jsonl"):
        if row["schema"].startswith(f"{origin}/"):
            cases[row["schema"]].append(row)
    schemas = {row["name"]: row["schema"] for row in rows("schemas.jsonl")}
    different = []
    for name, of_schema in cases.items():
        validator = Validator(schemas[name])
        different += [row for row in of_schema if validator.error(row["payload"]) != row["error"]]
    assert cases
    assert different == []


@pytest.mark.parametrize(
    ("payload", "errors"),
    [
        ({}, [NO_PROMPT, NO_MESSAGES]),
        ({"prompt": ""}, ["Length of '/prompt' must be >= 1 not met", NO_MESSAGES]),
        ({"messages": [{"role": "user", "content": "hi"}], "temperature": 9},
         [NO_PROMPT, NOT_A_LIST, "'/temperature' must be <= 5"]),
        ({"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None}]},
         [NO_PROMPT, NOT_A_LIST, "Type mismatch of '/messages/1/content', 'string' not in 'null'",
          "required properties at '/messages/1' are 'role,content'"]),
    ],
)  # fmt: skip
def test_a_chat_model_refuses_in_the_words_seen_live(payload: Any, errors: list[str]) -> None:
    assert error(CHAT, payload) == f"oneOf at '/' not met, 0 matches: {', '.join(errors)}"


def test_sub_errors_of_a_branch_that_matched_are_told_too() -> None:
    payload = {"prompt": "hi", "messages": [{"role": "user", "content": "hi"}]}
    assert error(CHAT, payload) == f"oneOf at '/' not met, 2 matches: {NOT_A_LIST}"


@pytest.mark.parametrize("payload", [{"prompt": "hi"}, {"messages": [{"role": "user", "content": "hi"}], "new": 1}])
def test_a_chat_model_accepts_a_chat_and_unknown_keys(payload: Any) -> None:
    assert error(CHAT, payload) is None


@pytest.mark.parametrize(
    ("schema", "payload", "message"),
    [
        (
            {"type": "object", "properties": {"steps": {}}, "additionalProperties": False},
            {"width": 1, "steps": 2, "height": 3},
            "Additional or unevaluated properties '/width, /height' at '/' not allowed",
        ),
        (
            {"type": "object", "properties": {"a": {}}, "required": ["a", "b"]},
            {"a": 1},
            "required properties at '/' are 'a,b'",
        ),
        ({"properties": {"a": {"enum": ["x", 1]}}}, {"a": [1, None]}, "enum 1, not in x,1 at '/a'"),
        ({"properties": {"a": {"const": 5}}}, {"a": {}}, "const [object Object] doesn't match 5 at '/a'"),
        ({"properties": {"a": {"pattern": "^b"}}}, {"a": "c"}, "'/a' failed test ^b patttern"),
        ({"not": {"type": "string"}}, "a", "not at '/' not met"),
        ({"type": "array"}, [{}], "No schema for path '/0'"),
    ],
)
def test_each_refusal_has_the_services_words(schema: Any, payload: Any, message: str) -> None:
    assert error(schema, payload) == message


@pytest.mark.parametrize(
    ("claim", "schema", "payload", "message"),
    [
        (
            "a list of types never matches",
            {"properties": {"a": {"type": ["integer", "null"]}}},
            {"a": 1},
            "Type mismatch of '/a', 'integer,null' not in 'number','integer'",
        ),
        (
            "a branch without a type inherits even a missing one",
            {"anyOf": [{"minLength": 1}]},
            "a",
            "anyOf at '/' not met: Type mismatch of '/', 'undefined' not in 'string'",
        ),
        (
            "an array of nothing but numbers and strings is not looked into",
            {"properties": {"a": {"type": "array", "items": {"type": "boolean"}}}},
            {"a": [1, "x"]},
            None,
        ),
        (
            "oneOf counts items, not branches",
            {"oneOf": [{"type": "array", "items": {"type": "boolean"}}]},
            [True, True],
            "oneOf at '/' not met, 2 matches",
        ),
        (
            "a oneOf below the root fails in silence",
            {"properties": {"a": {"oneOf": [{"type": "string"}]}}},
            {"a": 1},
            None,
        ),
        (
            "an absent object still misses what it requires",
            {"properties": {"a": {"type": "object", "properties": {"b": {}}, "required": ["b"]}}},
            {},
            "required properties at '/a' are 'b'",
        ),
        (
            "minProperties counts the payload's keys",
            {"properties": {"a": {"type": "object", "minProperties": 2}}},
            {"a": {"x": 1, "y": 2}},
            "minProperties at '/a' is 2, got 1",
        ),
        (
            "maxProperties tells minProperties",
            {"type": "object", "maxProperties": 1},
            {"a": 1, "b": 2},
            "maxProperties at '/' is undefined, got 2",
        ),
        (
            "an empty object counts as missing",
            {"type": "object", "properties": {"a": {"type": "object"}}, "required": ["a"]},
            {"a": {}},
            "required properties at '/' are 'a'",
        ),
        (
            "what only additionalProperties allows counts as missing",
            {"type": "object", "additionalProperties": True, "required": ["a"]},
            {"a": 1},
            "required properties at '/' are 'a'",
        ),
        (
            "the name of an additional property is cut at its last slash",
            {"type": "object", "additionalProperties": {"type": "string"}},
            {"a/b": 1, "b": "x"},
            None,
        ),
        ("a boolean is no number", {"const": 1}, True, "const true doesn't match 1 at '/'"),
        ("a whole float is an integer", {"type": "integer"}, 2.0, None),
        ("a length counts UTF-16 units", {"type": "string", "maxLength": 1}, "😀", "Length of '/' must be <= 1"),
        ("false allows everything", False, {"a": 1}, None),
        ("references are ignored", {"$defs": {"a": {"type": "string"}}, "$ref": "#/$defs/a"}, 1, None),
    ],
)
def test_surprises_are_kept(claim: str, schema: Any, payload: Any, message: str | None) -> None:
    assert error(schema, payload) == message, claim


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"), (-0.0, "0"), (0.1, "0.1"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1e-7, "1e-7"),
        (0.000001, "0.000001"), (-1.5e-10, "-1.5e-10"), (2**53 + 1, "9007199254740992"),
        (2**63 - 1, "9223372036854776000"), ([1, [None, [], "a"]], "1,,,a"), ({}, "[object Object]"), (None, "null"),
        (True, "true"),
    ],
)  # fmt: skip
def test_values_are_written_as_javascript_writes_them(value: Any, text: str) -> None:
    assert to_text(value) == text


def test_keys_come_in_javascripts_order() -> None:
    assert list(own_keys({"b": 0, "10": 0, "a": 0, "9": 0, "01": 0})) == ["9", "10", "b", "a", "01"]


def test_lookup_finds_lengths_items_and_built_in_functions_but_nothing_in_falsy_values() -> None:
    assert lookup("a😀", "length") == 3
    assert lookup([5], "0") == 5
    assert to_text(lookup("a", "search")) == "function search() { [native code] }"
    assert lookup("", "length") is UNDEFINED
    assert lookup(0, "toFixed") is UNDEFINED


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "a++", "(?P<n>a)", "(?i:a)", "[z-a]", "*"])
def test_what_is_no_pattern_in_javascript_is_none_here(pattern: str) -> None:
    assert compile_pattern(pattern) is None


def test_a_pattern_that_cannot_be_expressed_is_refused_when_the_schema_is_compiled() -> None:
    with pytest.raises(ValueError, match="has no equivalent"):
        Validator({"pattern": "(?<=a+)b"})


def test_deep_payloads_are_told() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert error({"enum": [1]}, deep) == "enum  not in 1 at '/'"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["messages", "prompt", "role", "content", "length", "0", "a/b"]), inner),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(schema=st.sampled_from([row["schema"] for row in rows("schemas.jsonl")]), payload=JSON)
def test_any_payload_gets_the_same_answer_twice_and_one_that_can_be_sent(schema: Any, payload: Any) -> None:
    validator = Validator(schema)
    message = validator.error(payload)
    assert message == validator.error(payload)
    assert message is None or message.encode()
