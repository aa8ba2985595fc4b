"""Hypothesis strategies for JSON Schemas that something fits: a value is drawn first, and then a schema around it."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

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
    schema: dict[str, Any] = {}
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
        others = [{"type": other} for other in ("string", "boolean", "object", "array", "null") if other != kind]
        return {"oneOf": draw(st.permutations([{**draw(described(value, defs)), "type": kind}, *others[:2]]))}
    if how == 6:
        return {"allOf": [draw(around(value, defs)), draw(around(value, defs))]}
    if how == 7:
        others = [other for other in ("string", "boolean", "object", "array", "null") if other != kind]
        schema["not"] = {"type": draw(st.sampled_from(others))}
    if how == 8:
        schema["not"] = {"const": draw(SCALARS.filter(lambda other: other != value))}
    if how == 9:
        schema["if"] = {"type": kind}
        schema["then"] = draw(described(value, defs))
        schema["else"] = {"type": "null"}
        return schema
    spelling = draw(st.integers(0, 3))
    if spelling == 0:
        schema["type"] = [kind, draw(st.sampled_from(["null", "string", "boolean"]).filter(lambda other: other != kind))]
    elif spelling < 3 or "not" not in schema:
        schema["type"] = "number" if kind == "integer" and draw(st.booleans()) else kind
    return {**schema, **draw(described(value, defs))}


@st.composite
def described(draw: st.DrawFn, value: Any, defs: dict[str, Any]) -> dict[str, Any]:
    """Constraints for the type of `value` that it meets."""
    schema: dict[str, Any] = {}

    def maybe(keyword: str, constraint: Any) -> None:
        if draw(st.integers(0, 3)) == 0:
            schema[keyword] = constraint

    slack = draw(st.integers(0, 3))
    if isinstance(value, str):
        maybe("minLength", max(0, len(value) - slack))
        maybe("maxLength", len(value) + slack)
        if draw(st.integers(0, 5)) == 0:
            schema["pattern"] = draw(st.sampled_from(patterns_of(value)))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        maybe("minimum", value - slack)
        maybe("maximum", value + slack * 2)
        maybe("exclusiveMinimum", value - 1 - slack)
        maybe("exclusiveMaximum", value + 0.5 + slack)
        if value and draw(st.integers(0, 5)) == 0:
            schema["multipleOf"] = abs(value)
    elif isinstance(value, list):
        maybe("minItems", max(0, len(value) - slack))
        maybe("maxItems", len(value) + slack)
        if all(value[i] != value[j] for i in range(len(value)) for j in range(i)) and draw(st.integers(0, 3)) == 0:
            schema["uniqueItems"] = True
        form = draw(st.integers(0, 3))
        if value and form == 0:
            schema["prefixItems"] = [draw(around(item, defs)) for item in value]
            maybe("items", False)
        elif value and form == 1:
            schema["items"] = {"anyOf": [draw(around(item, defs)) for item in value]}
        elif value and form == 2:
            schema["contains"] = draw(around(value[0], defs))
    elif isinstance(value, dict):
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
    return [
        f"^.{{{len(text)}}}$",
        f"^.{{0,{len(text) + 3}}}$",
        "^" + re.escape(text) + "$",
        re.escape(text[:3]),
        f"^(?:{re.escape(text)}|[a-z]{{2,5}}-[0-9]+)$",
    ]


@st.composite
def arbitrary(draw: st.DrawFn) -> Any:
    """A schema that may be contradictory."""
    defs: dict[str, Any] = {}
    parts = [draw(around(draw(VALUES), defs)) for _ in range(draw(st.integers(1, 3)))]
    schema = parts[0] if len(parts) == 1 else {draw(st.sampled_from(["allOf", "anyOf", "oneOf"])): parts}
    return {**schema, "$defs": defs} if defs else schema
