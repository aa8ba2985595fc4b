"""Does a value fit a JSON Schema (2020-12, with the older spellings), and is the schema one at all."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote

from mock_server.text.patterns import compiled

Schema = Mapping[str, Any] | bool
_DEPTH = 60

_SHAPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("properties", "patternProperties", "$defs", "definitions", "dependentRequired"), (Mapping,)),
    **dict.fromkeys(("dependentSchemas",), (Mapping,)),
    **dict.fromkeys(("anyOf", "oneOf", "allOf", "prefixItems", "enum", "required"), (list, tuple)),
    **dict.fromkeys(
        ("not", "additionalProperties", "propertyNames", "contains", "if", "then", "else"), (Mapping, bool)
    ),
    "items": (Mapping, bool, list),
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), (int, float)),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), (int, float)),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), (int, float)),
    **dict.fromkeys(("pattern", "format", "$ref"), (str,)),
    "type": (str, list, tuple),
}
_TYPES = frozenset(("string", "number", "integer", "boolean", "object", "array", "null"))
_NESTED = ("not", "additionalProperties", "propertyNames", "contains", "if", "then", "else", "items")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")


class SchemaError(ValueError):
    """The schema is not a JSON Schema, or nothing fits it."""


def require_sound(schema: Any) -> None:
    """Look through a schema and all its parts. SchemaError names the first keyword that is wrong."""
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        raise SchemaError(f"a schema must be an object, not {type(schema).__name__}")
    for keyword, shapes in _SHAPES.items():
        value = schema.get(keyword)
        if keyword in schema and (not isinstance(value, shapes) or (isinstance(value, bool) and bool not in shapes)):
            if keyword.startswith("exclusive") and isinstance(value, bool):
                continue  # draft 4 spells it so
            raise SchemaError(f"{keyword} cannot be {value!r}")
    if not all(isinstance(key, str) for key in schema.get("required", ())):
        raise SchemaError("required must be names")
    kinds = schema.get("type", ())
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        if not isinstance(kind, str) or kind not in _TYPES:
            raise SchemaError(f"there is no type {kind!r}")
    for pattern in (schema.get("pattern", ""), *schema.get("patternProperties", ())):
        _require_pattern(pattern)
    for keyword in _NESTED:
        value = schema.get(keyword)
        if isinstance(value, Mapping):
            require_sound(value)
        elif keyword == "items" and isinstance(value, list):
            for part in value:
                require_sound(part)
    for keyword in _LISTS:
        for part in schema.get(keyword, ()):
            require_sound(part)
    for keyword in _MAPS:
        for part in schema.get(keyword, {}).values():
            require_sound(part)


def _require_pattern(pattern: str) -> None:
    try:
        compiled(pattern)
    except re.error as error:
        raise SchemaError(f"{pattern!r} is not a regular expression: {error}") from error


def resolve(schema: Mapping[str, Any], root: Schema) -> Schema:
    """What `$ref` of a schema points to within `root`. SchemaError when there is nothing."""
    pointer = unquote(schema["$ref"])
    if not pointer.startswith("#"):
        raise SchemaError(f"cannot look up {pointer}")
    found: Any = root
    for part in pointer[1:].split("/")[1:] if pointer.startswith("#/") else ():
        step = part.replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise SchemaError(f"nothing is at {pointer}") from error
    if len(pointer) > 1 and not pointer.startswith("#/"):
        found = _anchored(root, pointer[1:])
    if not isinstance(found, Mapping | bool):
        raise SchemaError(f"no schema is at {pointer}")
    return found


def _anchored(schema: Any, name: str) -> Any:
    if isinstance(schema, Mapping):
        if schema.get("$anchor") == name or schema.get("$dynamicAnchor") == name:
            return schema
        schema = list(schema.values())
    if isinstance(schema, list):
        return next((found for part in schema if (found := _anchored(part, name)) is not None), None)
    return None


def same(one: Any, other: Any) -> bool:
    """Equality of JSON: 1 is 1.0, true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def is_kind(value: Any, kind: str) -> bool:
    """Whether a value is of one of the seven types."""
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    expected: tuple[type, ...] = {
        "string": (str,),
        "boolean": (bool,),
        "object": (Mapping,),
        "array": (list,),
        "null": (type(None),),
    }[kind]
    return isinstance(value, expected)


def fits(value: Any, schema: Schema, root: Schema, depth: int = 0) -> bool:
    """Whether a value is valid against a (sound) schema, formats included."""
    if isinstance(schema, bool):
        return schema
    if depth > _DEPTH:
        raise SchemaError("the schema refers to itself without end")
    if "$ref" in schema and not fits(value, resolve(schema, root), root, depth + 1):
        return False
    kinds = schema.get("type")
    if kinds and not any(is_kind(value, kind) for kind in ((kinds,) if isinstance(kinds, str) else kinds)):
        return False
    if "enum" in schema and not any(same(value, option) for option in schema["enum"]):
        return False
    if "const" in schema and not same(value, schema["const"]):
        return False
    if not _fits_combined(value, schema, root, depth + 1):
        return False
    if isinstance(value, str):
        return _fits_text(value, schema)
    if isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return _fits_number(value, schema)
    if isinstance(value, list):
        return _fits_array(value, schema, root, depth + 1)
    return not isinstance(value, Mapping) or _fits_object(value, schema, root, depth + 1)


def _fits_combined(value: Any, schema: Mapping[str, Any], root: Schema, depth: int) -> bool:
    if "allOf" in schema and not all(fits(value, part, root, depth) for part in schema["allOf"]):
        return False
    if "anyOf" in schema and not any(fits(value, part, root, depth) for part in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(fits(value, part, root, depth) for part in schema["oneOf"]) != 1:
        return False
    if "not" in schema and fits(value, schema["not"], root, depth):
        return False
    if "if" in schema:
        branch = "then" if fits(value, schema["if"], root, depth) else "else"
        return branch not in schema or fits(value, schema[branch], root, depth)
    return True


def _fits_text(value: str, schema: Mapping[str, Any]) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf):
        return False
    if "pattern" in schema and not compiled(schema["pattern"]).search(value):
        return False
    check = FORMATS.get(schema.get("format", ""))
    return check is None or check(value)


def _fits_number(value: float, schema: Mapping[str, Any]) -> bool:
    least, most = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = schema.get("exclusiveMinimum", -math.inf), schema.get("exclusiveMaximum", math.inf)
    if above is True:
        above = least
    if below is True:
        below = most
    if not (least <= value <= most and (above is False or value > above) and (below is False or value < below)):
        return False
    return "multipleOf" not in schema or is_multiple(value, schema["multipleOf"])


def is_multiple(value: float, step: float) -> bool:
    """Whether a number is a multiple of a step, by the division that validators do."""
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0 if step else False
    quotient = value / step
    return math.isfinite(quotient) and int(quotient) == quotient


def _fits_array(value: list[Any], schema: Mapping[str, Any], root: Schema, depth: int) -> bool:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf):
        return False
    first, rest = positions(schema)
    if not all(fits(item, part, root, depth) for item, part in zip(value, first, strict=False)):
        return False
    if not all(fits(item, rest, root, depth) for item in value[len(first) :]):
        return False
    if schema.get("uniqueItems") and any(same(item, other) for i, item in enumerate(value) for other in value[:i]):
        return False
    if "contains" in schema:
        hits = sum(fits(item, schema["contains"], root, depth) for item in value)
        return bool(schema.get("minContains", 1) <= hits <= schema.get("maxContains", math.inf))
    return True


def positions(schema: Mapping[str, Any]) -> tuple[list[Schema], Schema]:
    """(the schemas of the first items, the schema of all others) in the newer and the older spelling."""
    items = schema.get("items", True)
    if isinstance(items, list):
        return items, schema.get("additionalItems", True)
    return list(schema.get("prefixItems", ())), items


def parts_of(schema: Mapping[str, Any], key: str) -> list[Schema]:
    """The schemas that a property's value must fit; what is said of no property in particular comes last."""
    found: list[Schema] = [schema["properties"][key]] if key in schema.get("properties", ()) else []
    found += [part for pattern, part in schema.get("patternProperties", {}).items() if compiled(pattern).search(key)]
    return found or [schema.get("additionalProperties", True)]


def _fits_object(value: Mapping[str, Any], schema: Mapping[str, Any], root: Schema, depth: int) -> bool:
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", math.inf):
        return False
    if any(key not in value for key in schema.get("required", ())):
        return False
    if not all(fits(item, part, root, depth) for key, item in value.items() for part in parts_of(schema, key)):
        return False
    if "propertyNames" in schema and not all(fits(key, schema["propertyNames"], root, depth) for key in value):
        return False
    for key, wanted in schema.get("dependentRequired", {}).items():
        if key in value and any(other not in value for other in wanted):
            return False
    for key, part in schema.get("dependentSchemas", {}).items():
        if key in value and not fits(value, part, root, depth):
            return False
    if schema.get("unevaluatedProperties") is False:
        return all(key in known_keys(value, schema, root, depth) for key in value)
    return True


def known_keys(value: Mapping[str, Any], schema: Schema, root: Schema, depth: int) -> set[str]:
    """The keys of an object that some part of a schema speaks of."""
    if isinstance(schema, bool):
        return set()
    known = {key for key in value if key in schema.get("properties", ()) or "additionalProperties" in schema}
    known |= {key for key in value for pattern in schema.get("patternProperties", ()) if compiled(pattern).search(key)}
    parts = [part for keyword in ("allOf", "anyOf", "oneOf") for part in schema.get(keyword, ())]
    if "$ref" in schema:
        parts.append(resolve(schema, root))
    if "if" in schema:
        parts += [schema["if"], schema.get("then" if fits(value, schema["if"], root, depth) else "else", True)]
    parts += [part for key, part in schema.get("dependentSchemas", {}).items() if key in value]
    for part in parts:
        if fits(value, part, root, depth + 1):
            known |= known_keys(value, part, root, depth + 1)
    return known


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except (ValueError, re.error):
            return False
        return True

    return check


def _like(pattern: str) -> Callable[[str], bool]:
    expression = re.compile(pattern, re.ASCII)
    return lambda text: expression.fullmatch(text) is not None


_HOST = (
    r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_is_datetime = _like(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_is_date = _like(r"\d{4}-\d\d-\d\d")
FORMATS: dict[str, Callable[[str], bool]] = {
    "date-time": lambda text: (
        _is_datetime(text) and _parses(datetime.fromisoformat)(text.upper().replace("Z", "+00:00"))
    ),
    "date": lambda text: _is_date(text) and _parses(date.fromisoformat)(text),
    "time": _like(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"),
    "duration": _like(r"P(?:\d+W|(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)"),
    "email": _like(r"[\w.+%-]+@" + _HOST.replace("(?=.{1,253}$)", "")),
    "idn-email": _like(r"[^@\s]+@[^@\s]+"),
    "hostname": _like(_HOST),
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "uri": _like(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+"),
    "iri": _like(r"[A-Za-z][A-Za-z0-9+.-]*:\S+"),
    "uri-reference": _like(r"[^\s<>\"{}|\\^`]*"),
    "uuid": _like(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "json-pointer": _like(r"(?:/(?:[^~/]|~[01])*)*"),
    "regex": _parses(re.compile),
}
