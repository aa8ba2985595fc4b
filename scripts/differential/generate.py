"""Schemas and payloads to compare validators with: random ones, and payloads made by walking a given schema."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

from material import FRAGMENTS, INHERITED, NAMES, ODD_TYPES, PATTERNS, SCALARS, STRUCTURES, TYPES


def pattern(rng: Random) -> tuple[str, list[str]]:
    """A random pattern, often not even one, and strings that it might match."""
    pieces = [rng.choice(list(FRAGMENTS)) for _ in range(rng.choice([1, 2, 2, 3, 3, 4, 5]))]
    opened = sum(piece.startswith("(") and not piece.endswith((")", "?")) for piece in pieces) - pieces.count(")")
    strings = []
    for _ in range(10):
        made = "".join(rng.choice(FRAGMENTS[piece]) for piece in pieces for _ in range(rng.choice([1, 1, 1, 0, 2])))
        strings.append(rng.choice(["", "", "", "\n", "x", "😀"]) + made + rng.choice(["", "", "", "\n", "x"]))
    return "".join(pieces) + ")" * (opened if rng.random() < 0.9 else 0), strings


def schema(rng: Random, depth: int = 3) -> Any:
    """A random schema: sensible more often than not, now and then nonsense."""
    luck = rng.random()
    if luck < 0.04:
        return rng.choice([True, False, {}, {}, None, "a", []])
    made: dict[str, Any] = {}
    if rng.random() < 0.75:
        made["type"] = rng.choice(TYPES) if rng.random() < 0.92 else rng.choice(ODD_TYPES)
    kind = made.get("type")
    if kind == "object" or rng.random() < 0.12:
        _object_keywords(rng, made, depth)
    if (kind == "array" and rng.random() < 0.9) or rng.random() < 0.03:
        made["items"] = schema(rng, depth - 1) if depth > 0 else {"type": rng.choice(TYPES)}
    if kind == "string" or rng.random() < 0.05:
        _string_keywords(rng, made)
    if kind in ("number", "integer") or rng.random() < 0.05:
        _number_keywords(rng, made)
    if rng.random() < 0.1:
        made["const"] = _value(rng)
    if rng.random() < 0.1:
        made["enum"] = [_value(rng) for _ in range(rng.randint(0, 4))] if rng.random() < 0.95 else rng.choice(["a", {}])
    if depth > 0:
        _combining_keywords(rng, made, depth)
    if rng.random() < 0.1:
        made["title"] = "Title"
    if rng.random() < 0.1:
        made["default"] = _value(rng)
    if rng.random() < 0.01:
        made["$ref"] = "#/$defs/a"
    if depth == 3 and rng.random() < 0.02:
        made["$defs"] = {"a": {"type": "string"}}
    return _shuffled(rng, made)


def lenient(rng: Random, depth: int = 3) -> Any:
    """A random schema of objects that little contradicts, so that checks go far: into what counts as evaluated."""
    if depth == 0 or rng.random() < 0.25:
        return rng.choice([{}, True, {"type": "number"}, {"type": ["number"]}, {"type": "number", "maximum": 5}])
    names = rng.sample(["a", "b", "c", "", "a/b"], rng.randint(0, 3))
    made: dict[str, Any] = {"type": "object"} if rng.random() < 0.8 else {}
    made["properties"] = {name: lenient(rng, depth - 1) for name in names}
    if rng.random() < 0.5:
        made["required"] = [name for name in names if rng.random() < 0.6] + rng.choice([[], [], [], ["a"], ["b"]])
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if rng.random() < 0.35:
            made[keyword] = rng.choice([False, True, lenient(rng, depth - 1)])
    if rng.random() < 0.45:
        made["allOf"] = [lenient(rng, depth - 1) for _ in range(rng.choice([1, 1, 2]))]
    elif rng.random() < 0.25:
        made[rng.choice(["oneOf", "anyOf"])] = [lenient(rng, depth - 1) for _ in range(rng.choice([1, 2, 3]))]
    elif rng.random() < 0.15:
        made = {"type": "array", "items": made}
    if rng.random() < 0.05:
        made["not"] = lenient(rng, depth - 1)
    if rng.random() < 0.1:
        made[rng.choice(["minProperties", "maxProperties"])] = rng.randint(0, 3)
    return made


def _shuffled(rng: Random, made: dict[str, Any]) -> dict[str, Any]:
    keys = list(made)
    rng.shuffle(keys)
    return {key: made[key] for key in keys}


def _object_keywords(rng: Random, made: dict[str, Any], depth: int) -> None:
    names = _names(rng, rng.choice([0, 1, 2, 2, 3, 3, 10]))
    if rng.random() < 0.85:
        deep = depth > 0
        made["properties"] = {
            name: schema(rng, depth - 1) if deep and name not in INHERITED else _leaf(rng) for name in names
        }
    if rng.random() < 0.5:
        wanted = [name for name in names if rng.random() < 0.6]
        made["required"] = wanted + (_names(rng, 1) if rng.random() < 0.1 else [])
        if rng.random() < 0.02:
            made["required"] = rng.choice([None, "a", {}, [1, None, ["a"]], []])
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        if rng.random() < 0.22:
            made[keyword] = rng.choice([False, False, True, schema(rng, depth - 1) if depth > 0 else _leaf(rng)])
    for keyword in ("minProperties", "maxProperties"):
        if rng.random() < 0.06:
            made[keyword] = rng.choice([0, 1, 2, 3, 1.5, "2", None])


def _string_keywords(rng: Random, made: dict[str, Any]) -> None:
    for keyword in ("minLength", "maxLength"):
        if rng.random() < 0.2:
            made[keyword] = rng.choice([0, 1, 1, 2, 3, 2.5, "2", None, "x"])
    if rng.random() < 0.2:
        made["pattern"] = rng.choice(PATTERNS)


def _number_keywords(rng: Random, made: dict[str, Any]) -> None:
    for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if rng.random() < 0.2:
            made[keyword] = rng.choice([0, 1, 2, -1, 0.001, 1.0, 1e21, 2**53, 2**63, "1", None, -0.0])
    if rng.random() < 0.15:
        made["multipleOf"] = rng.choice([1, 2, 0.1, 0.5, 0, -2, 1e-7, "2"])


def _combining_keywords(rng: Random, made: dict[str, Any], depth: int) -> None:
    for keyword, chance in (("oneOf", 0.14), ("anyOf", 0.12), ("allOf", 0.1)):
        if rng.random() < chance:
            made[keyword] = [schema(rng, depth - 1) for _ in range(rng.choice([0, 1, 2, 2, 2, 3, 4]))]
            if rng.random() < 0.02:
                made[keyword] = rng.choice([None, {}, {"b": {"type": "string"}, "1": {"type": "null"}}, "ab"])
    if rng.random() < 0.07:
        made["not"] = schema(rng, depth - 1)


def _leaf(rng: Random) -> dict[str, Any]:
    return {"type": rng.choice(TYPES)} if rng.random() < 0.8 else {}


def _names(rng: Random, count: int) -> list[str]:
    pool = NAMES[:3] if count <= 2 and rng.random() < 0.6 else NAMES
    return rng.sample(pool, min(count, len(pool)))


def _value(rng: Random) -> Any:
    return copy.deepcopy(rng.choice(SCALARS if rng.random() < 0.75 else STRUCTURES))


def payloads(rng: Random, schema: Any, count: int) -> Iterator[Any]:
    """Payloads meant to fit the schema, most of them broken afterwards in one to three places."""
    for _ in range(count):
        payload = fitting(rng, schema)
        luck = rng.random()
        if luck < 0.02:
            payload = _value(rng)
        elif luck < 0.7:
            for _ in range(rng.choice([1, 1, 1, 2, 3])):
                payload = _broken(rng, payload)
        yield payload


def fitting(rng: Random, schema: Any, depth: int = 7) -> Any:
    """A value that probably satisfies the schema."""
    if not isinstance(schema, dict) or depth < 0:
        return _value(rng)
    for keyword in ("oneOf", "anyOf"):
        options = [option for option in schema.get(keyword) or [] if isinstance(option, dict)]
        if options:
            return fitting(rng, {"type": schema.get("type"), **rng.choice(options)}, depth - 1)
    if isinstance(schema.get("allOf"), list):
        schema = dict(schema)
        properties = dict(schema.get("properties") or {})
        for condition in schema.pop("allOf"):
            if isinstance(condition, dict):
                properties |= condition["properties"] if isinstance(condition.get("properties"), dict) else {}
                schema |= condition
        schema["properties"] = properties or schema.get("properties")
    if "const" in schema:
        return copy.deepcopy(schema["const"])
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return copy.deepcopy(rng.choice(schema["enum"]))
    kind = schema.get("type")
    if isinstance(kind, list) and kind:
        kind = rng.choice(kind)
    if kind == "object" or schema.get("properties"):
        return _fitting_object(rng, schema, depth)
    if kind == "array":
        return [fitting(rng, schema.get("items"), depth - 1) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
    if kind == "string":
        return _fitting_string(rng, schema)
    if kind in ("number", "integer"):
        return _fitting_number(rng, schema, kind)
    if kind == "boolean":
        return rng.random() < 0.5
    return None if kind == "null" else _value(rng)


def _fitting_object(rng: Random, schema: dict[str, Any], depth: int) -> dict[str, Any]:
    made = {}
    properties = schema["properties"] if isinstance(schema.get("properties"), dict) else {}
    required = schema.get("required") or []
    names = list(properties)
    eager = rng.choice([0.1, 0.35, 0.9])
    if rng.random() < 0.3:
        rng.shuffle(names)
    for name in names:
        if rng.random() < (0.97 if name in required else eager):
            made[name] = fitting(rng, properties[name], depth - 1)
    additional = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
    if rng.random() < (0.1 if additional in (None, False) else 0.7):
        for name in _names(rng, rng.randint(1, 3)):
            made.setdefault(name, fitting(rng, additional, depth - 1))
    return made


def _fitting_string(rng: Random, schema: dict[str, Any]) -> str:
    least = schema.get("minLength")
    made = rng.choice([value for value in SCALARS if isinstance(value, str)])
    if isinstance(least, int) and len(made) < least <= 5000:
        made += "x" * (least - len(made))
    return made


def _fitting_number(rng: Random, schema: dict[str, Any], kind: str) -> int | float:
    low, high = schema.get("minimum", 0), schema.get("maximum", 100)
    if not isinstance(low, int | float) or not isinstance(high, int | float) or low > high:
        low, high = 0, 10
    edge = rng.random()
    made = low if edge < 0.2 else high if edge < 0.4 else rng.uniform(low, high)
    return int(made) if kind == "integer" and rng.random() < 0.9 else made


def _broken(rng: Random, payload: Any) -> Any:
    """The payload with one thing changed somewhere."""
    payload = copy.deepcopy(payload)
    holder: Any = None
    key: Any = None
    value = payload
    while isinstance(value, dict | list) and value and (holder is None or rng.random() < 0.75):
        holder, key = value, rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
        value = holder[key]
    luck = rng.random()
    if luck < 0.18 and isinstance(value, dict):
        value[rng.choice([*NAMES, "seed", "stream", "x"])] = _value(rng)
        return payload
    if luck < 0.28 and isinstance(value, list):
        value.insert(rng.randint(0, len(value)), _value(rng))
        return payload
    if luck < 0.4 and holder is not None:
        del holder[key]
        return payload
    changed = _changed(rng, value)
    if holder is None:
        return changed
    holder[key] = changed
    return payload


def _changed(rng: Random, value: Any) -> Any:
    luck = rng.random()
    if luck < 0.15:
        return None
    if luck < 0.3 and isinstance(value, int | float):
        return rng.choice([value + 1, value - 1, float(value), -value, value * 1000, str(value), value + 0.5])
    if luck < 0.3 and isinstance(value, str):
        return rng.choice(["", value * 3, value + "\n", value.upper(), [value], value[:1], value + "😀"])
    if luck < 0.4:
        return rng.choice([[value], {"a": value}, [value, value], {"type": "text", "text": value}])
    return _value(rng)
