import os
import re
from collections.abc import Mapping
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_server.text import json_mode, tool_use
from mock_server.text.conversation import read
from mock_server.text.schema_check import SchemaError, fits, require_sound
from mock_server.text.schema_data import NOTHING, Optional, Path, value_for

SCHEMAS = int(os.environ.get("SCHEMAS", "200"))  # how many each law is tried with
LAW = settings(
    max_examples=SCHEMAS, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)


OPTIONAL: tuple[Optional, ...] = ("all", "suggested", "none")


def judged(value: Any, schema: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


# --- schemas that something fits: a value is drawn first, and then a schema around it ---------------------------------
NAMES = st.sampled_from(["name", "age", "city", "email", "price", "tags", "items", "id", "a", "b", "user_name", "note"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-1000, 1000)
    | st.integers(-4000, 4000).map(lambda n: n / 4)
    | st.text(st.characters(codec="ascii", min_codepoint=32), max_size=12)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)
KINDS = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
OTHERS = ("string", "boolean", "object", "array", "null")


def kind_of(value: Any) -> str:
    return "null" if value is None else KINDS[type(value)]


@st.composite
def satisfiable(draw: st.DrawFn) -> dict[str, Any]:
    """A schema that at least the drawn value fits."""
    defs: dict[str, Any] = {}
    schema = draw(around(draw(VALUES), defs))
    return {**schema, "$defs": defs} if defs else schema


@st.composite
def around(draw: st.DrawFn, value: Any, defs: dict[str, Any]) -> dict[str, Any]:
    kind = kind_of(value)
    how = draw(st.integers(0, 20))
    if how == 0:
        return {"const": value}
    if how == 1:
        return {"enum": draw(st.permutations([value, "another", 7]))}
    if how in (2, 3):
        name = f"part{len(defs)}"
        defs[name] = {}
        defs[name] = draw(around(value, defs))
        return {"$ref": f"#/$defs/{name}"}
    if how == 4:
        return {"anyOf": draw(st.permutations([draw(around(value, defs)), {"type": "null"}, {"const": 3}]))}
    if how == 5:
        others = [{"type": other} for other in OTHERS if other != kind]
        return {"oneOf": draw(st.permutations([{**draw(described(value, defs)), "type": kind}, *others[:2]]))}
    if how == 6:
        return {"allOf": [draw(around(value, defs)), draw(around(value, defs))]}
    if how == 7:
        return {"if": {"type": kind}, "then": draw(described(value, defs)), "else": {"type": "null"}}
    schema: dict[str, Any] = {}
    if how == 8:
        schema["not"] = {"type": draw(st.sampled_from([other for other in OTHERS if other != kind]))}
    if how == 9:
        schema["not"] = {"const": draw(SCALARS.filter(lambda other: other != value))}
    spelling = draw(st.integers(0, 3))
    if spelling == 0:
        schema["type"] = [kind, draw(st.sampled_from(OTHERS).filter(lambda other: other != kind))]
    elif spelling < 3 or "not" not in schema:
        schema["type"] = "number" if kind == "integer" and draw(st.booleans()) else kind
    return {**schema, **draw(described(value, defs))}


@st.composite
def described(draw: st.DrawFn, value: Any, defs: dict[str, Any]) -> dict[str, Any]:
    """Constraints for the type of `value` that it meets."""
    schema: dict[str, Any] = {}
    slack = draw(st.integers(0, 3))

    def maybe(keyword: str, constraint: Any) -> None:
        if draw(st.integers(0, 3)) == 0:
            schema[keyword] = constraint

    match value:
        case str():
            maybe("minLength", max(0, len(value) - slack))
            maybe("maxLength", len(value) + slack)
            if draw(st.integers(0, 5)) == 0:
                schema["pattern"] = draw(st.sampled_from(patterns_of(value)))
        case bool() | None:
            pass
        case int() | float():
            maybe("minimum", value - slack)
            maybe("maximum", value + slack * 2)
            maybe("exclusiveMinimum", value - 1 - slack)
            maybe("exclusiveMaximum", value + 0.5 + slack)
            if value:
                maybe("multipleOf", abs(value))
        case list():
            maybe("minItems", max(0, len(value) - slack))
            maybe("maxItems", len(value) + slack)
            if all(value[i] != value[j] for i in range(len(value)) for j in range(i)):
                maybe("uniqueItems", True)
            form = draw(st.integers(0, 3)) if value else 3
            if form == 0:
                schema["prefixItems"] = [draw(around(item, defs)) for item in value]
                maybe("items", False)
            elif form == 1:
                schema["items"] = {"anyOf": [draw(around(item, defs)) for item in value]}
            elif form == 2:
                schema["contains"] = draw(around(value[0], defs))
        case dict():
            keys = list(value)
            schema["properties"] = {key: draw(around(value[key], defs)) for key in keys if draw(st.integers(0, 4))}
            maybe("required", draw(st.permutations(keys)))
            if len(schema["properties"]) == len(keys):
                maybe("additionalProperties", False)
            maybe("minProperties", max(0, len(keys) - slack))
            maybe("maxProperties", len(keys) + slack)
            if len(keys) > 1:
                maybe("dependentRequired", {keys[0]: [keys[1]]})
            maybe("patternProperties", {"^x_": {"type": "integer"}})
            maybe("propertyNames", {"maxLength": 12})
    return schema


def patterns_of(text: str) -> list[str]:
    exact = re.escape(text)
    return [
        f"^.{{{len(text)}}}$",
        f"^.{{0,{len(text) + 3}}}$",
        f"^{exact}$",
        re.escape(text[:3]),
        f"^(?:{exact}|[a-z]{{2,5}}-[0-9]+)$",
    ]


# --- laws -------------------------------------------------------------------------------------------------------------
def test_whatever_is_made_for_a_schema_fits_it() -> None:
    """Schemas around a value: values with and without what is optional, answers in JSON mode, arguments of tools."""
    given_up = []

    @LAW
    @given(satisfiable(), VALUES, st.sampled_from(["Ada is 36, lives in Paris and likes tea", "Hi", ""]))
    def law(schema: dict[str, Any], other: Any, request_: str) -> None:
        assert fits(other, schema, schema) == judged(other, schema)
        try:
            made = [value_for(schema, Random(1), optional=optional) for optional in OPTIONAL]
        except SchemaError:
            given_up.append(schema)
            return
        assert all(judged(value, schema) for value in made)
        form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
        said, value = json_mode.respond(read({"prompt": request_}), {"response_format": form}, None, 99)
        assert said is not None
        assert judged(value, schema)
        if isinstance(made[0], dict):
            tool = {"name": "f", "parameters": {"type": "object", **schema}}
            _, calls = tool_use.respond(read({"prompt": request_}), {"tool_choice": "required"}, [tool], 99)
            assert judged(calls[0].arguments, schema)

    law()
    assert len(given_up) <= SCHEMAS / 200


@settings(LAW, max_examples=SCHEMAS // 2)
@given(st.data(), st.sampled_from(["allOf", "anyOf", "oneOf", "not"]))
def test_what_is_made_for_schemas_that_may_contradict_themselves_fits_them(data: st.DataObject, keyword: str) -> None:
    defs: dict[str, Any] = {}
    one, other = (data.draw(around(data.draw(VALUES), defs)) for _ in range(2))
    schema = {"$defs": defs, **({**one, "not": other} if keyword == "not" else {keyword: [one, other]})}
    try:
        value = value_for(schema, Random(2))
    except SchemaError:
        return
    assert judged(value, schema)


# --- single keywords --------------------------------------------------------------------------------------------------
TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["name", "next"],
            "additionalProperties": False,
        }
    },
}


@pytest.mark.parametrize(
    "schema",
    [
        TREE,
        True,
        {},
        {"type": "string", "pattern": "^[A-Z]{2}-\\d{4}$"},
        {"type": "string", "pattern": "^(?!x)[a-z]+$", "minLength": 9, "maxLength": 12},
        {"type": "string", "minLength": 300},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
        {"type": "number", "multipleOf": 0.01, "minimum": 19.98, "maximum": 20.02},
        {"type": "integer", "multipleOf": 7, "minimum": 100, "maximum": 106},
        {"type": "integer", "minimum": -5, "exclusiveMaximum": -4},
        {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True, "minItems": 3},
        {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 2},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
        {"type": "array", "contains": {"const": "x"}, "minContains": 2, "maxItems": 3},
        {"type": "object", "minProperties": 4, "additionalProperties": {"type": "integer"}},
        {"patternProperties": {"^k\\d+$": {"type": "null"}}, "additionalProperties": False, "minProperties": 3},
        {"type": "object", "propertyNames": {"pattern": "^[a-c]{3}$"}, "minProperties": 2},
        {"type": "object", "required": ["x", "y"], "maxProperties": 2, "properties": {"z": {}}},
        {"type": "object", "properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["c"]}},
        {"required": ["a"], "allOf": [{"properties": {"a": {"type": "null"}}}, {"properties": {"a": {}}}]},
        {"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]},
        {"type": "string", "not": {"enum": ["amber", "birch"]}},
        {"not": {"type": ["string", "object", "array", "number", "boolean"]}},
        {"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"required": ["one"]}, "type": "object"},
        {"$defs": {"a/b": {"type": "integer"}}, "$ref": "#/$defs/a~1b"},
        {"type": "object", "properties": {"a": {}}, "unevaluatedProperties": False},
    ],
)  # fmt: skip
def test_every_keyword_is_met(schema: Any) -> None:
    for seed in range(5):
        for optional in OPTIONAL:
            assert judged(value_for(schema, Random(seed), optional=optional), schema)


@pytest.mark.parametrize(
    "form",
    [
        "date-time",
        "date",
        "time",
        "duration",
        "email",
        "hostname",
        "ipv4",
        "ipv6",
        "uri",
        "uuid",
        "regex",
        "json-pointer",
    ],
)
def test_formats_are_kept(form: str) -> None:
    schema = {"type": "string", "format": form}
    value = value_for(schema, Random(3))
    assert fits(value, schema, schema)
    if form != "time":  # which this judge knows without a zone only
        assert jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).is_valid(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 5, "maxLength": 2},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "integer", "minimum": 1, "maximum": 6, "multipleOf": 7},
        {"allOf": [{"type": "string"}, {"type": "number"}]},
        {"type": "array", "items": {"enum": [1]}, "uniqueItems": True, "minItems": 2},
        {"type": "object", "required": ["a"], "additionalProperties": False},
        {"enum": []},
        {"not": {}},
        False,
        {"$ref": "#"},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
    ],
)
def test_what_nothing_fits_is_said_to_be_so(schema: Any) -> None:
    with pytest.raises(SchemaError):
        value_for(schema, Random(1))


@pytest.mark.parametrize(
    "schema",
    [
        None,
        [],
        "string",
        {"type": "text"},
        {"type": 3},
        {"properties": []},
        {"properties": {"a": None}},
        {"required": "a"},
        {"pattern": "("},
        {"patternProperties": {"[": {}}},
        {"minimum": "1"},
        {"minimum": True},
        {"anyOf": {}},
        {"items": 3},
        {"items": [{"type": "x"}]},
        {"not": {"enum": 1}},
    ],
)
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    with pytest.raises(SchemaError):
        require_sound(schema)


@pytest.mark.parametrize("reference", ["#/nowhere", "https://example.com/schema", "#/properties/x/9", "#anchor"])
def test_references_to_nowhere_are_refused(reference: str) -> None:
    with pytest.raises(SchemaError):
        value_for({"$ref": reference}, Random(1))


# --- preferences ------------------------------------------------------------------------------------------------------
def test_a_suggestion_comes_first_then_the_default_then_an_example() -> None:
    schema = {
        "properties": {
            "a": {"type": "string", "default": "d"},
            "b": {"type": "integer", "examples": [77]},
            "c": {"type": "string", "default": "d"},
        }
    }

    def suggest(path: Path, _schema: Mapping[str, Any]) -> Any:
        return "suggested" if path == ("c",) else NOTHING

    assert value_for(schema, Random(1), suggest) == {"a": "d", "b": 77, "c": "suggested"}


def test_a_suggestion_that_does_not_fit_is_not_taken() -> None:
    assert value_for({"properties": {"a": {"enum": ["x"]}}}, Random(1), lambda _p, _s: "y") == {"a": "x"}


def test_values_suit_the_names_of_their_properties() -> None:
    made = value_for({"properties": {key: {"type": kind} for key, kind in [
        ("email", "string"), ("age", "integer"), ("created_at", "string"), ("website", "string"), ("rating", "integer"),
    ]}}, Random(5))  # fmt: skip
    assert "@" in made["email"]
    assert 18 <= made["age"] <= 79
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["created_at"])
    assert made["website"].startswith("http")
    assert 1 <= made["rating"] <= 5


def test_the_same_seed_makes_the_same_value() -> None:
    schema = {"properties": {"name": {"type": "string"}, "price": {"type": "number"}}}
    assert value_for(schema, Random(4)) == value_for(schema, Random(4))
    assert value_for(schema, Random(4)) != value_for(schema, Random(5))
