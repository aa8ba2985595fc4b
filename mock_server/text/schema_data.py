"""Making a value that fits a JSON Schema: what the caller suggests first, then defaults and examples, then made up.

A schema and all that it refers to is first flattened into one set of constraints, choosing one branch of every
alternative; a value is made from these and judged against the schema as it was written. What fails is tried again
with other choices, so that keywords that can only be judged (`not`, `oneOf`, `if` ...) are met by searching.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import Enum
from fractions import Fraction
from random import Random
from typing import Any, Final, Literal, TypeAlias

from mock_server.text import fake_values, patterns
from mock_server.text.schema_check import (
    FORMATS,
    Schema,
    SchemaError,
    fits,
    is_kind,
    is_multiple,
    parts_of,
    positions,
    require_sound,
    resolve,
    same,
)


class Nothing(Enum):
    """The type of NOTHING."""

    NOTHING = 0


NOTHING: Final = Nothing.NOTHING  # no suggestion (None is a value)
Path: TypeAlias = tuple[str, ...]
Optional: TypeAlias = Literal["all", "suggested", "none"]
Suggest: TypeAlias = Callable[[Path, Mapping[str, Any]], Any]

_TRIES = 24
_STEPS = 6000  # parts made for one value before giving up
_DEEP = 4  # from this depth on only what is required is made
_DEEPEST = 24
_CHAIN = 60  # references that lead to references
_ALL = ("string", "integer", "object", "array", "boolean", "number", "null")
_HINTS = {
    "object": (
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "minProperties",
        "maxProperties",
        "propertyNames",
        "dependentRequired",
    ),
    "array": ("items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_ALTERNATIVES = ("$ref", "allOf", "anyOf", "oneOf", "if", "then", "else", "$defs", "definitions")
_HIGHEST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_LOWEST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")


class _GaveUp(Exception):
    """The allowance of steps is used up."""


def no_suggestion(_path: Path, _schema: Mapping[str, Any]) -> Any:
    """A Suggest that never has an idea."""
    return NOTHING


def value_for(schema: Any, rng: Random, suggest: Suggest = no_suggestion, *, optional: Optional = "all") -> Any:
    """A JSON value that is valid against `schema` (2020-12 and the older spellings of its keywords).

    suggest: asked with the names on the way to a value and its constraints; an answer that fits is taken.
    optional: whether optional properties are made all, only where something is suggested for them, or not at all.
    SchemaError: the schema is not one, or no value that fits it was found.
    """
    require_sound(schema)
    try:
        return _Maker(schema, rng, suggest, optional).make(schema, (), 0)
    except _GaveUp as error:
        raise SchemaError("no value was found that fits the schema") from error
    except RecursionError as error:
        raise SchemaError("the schema refers to itself without end") from error


class _Maker:
    def __init__(self, root: Schema, rng: Random, suggest: Suggest, optional: Optional) -> None:
        self._root = root
        self._rng = rng
        self._suggest = suggest
        self._full = optional == "all"
        self._lean = optional == "none"
        self._left = _STEPS

    def make(self, schema: Schema, path: Path, depth: int) -> Any:
        if schema is False or depth > _DEEPEST:
            raise SchemaError(f"nothing fits at /{'/'.join(path)}")
        for attempt in range(_TRIES):
            self._left -= 1
            if self._left < 0:
                raise _GaveUp
            try:
                value = self._once(schema, path, depth, attempt)
            except SchemaError:
                if not isinstance(schema, Mapping) or (attempt > 3 and not _has_choice(schema)):
                    raise
                continue
            if fits(value, schema, self._root):
                return value
        raise SchemaError(f"nothing fits at /{'/'.join(path)}")

    def _once(self, schema: Schema, path: Path, depth: int, attempt: int) -> Any:
        flat = self._flatten(schema, depth, attempt, 0)
        if not attempt:
            suggested = self._suggest(path, flat) if path else NOTHING
            if suggested is not NOTHING and fits(suggested, schema, self._root):
                return suggested
            for given in (flat.get("default", NOTHING), *flat.get("examples", ())[:1]):
                if given is not NOTHING and fits(given, schema, self._root):
                    return given
        if "enum" in flat:
            options = [
                option
                for option in flat["enum"]
                if not flat.get("type") or any(is_kind(option, kind) for kind in flat["type"])
            ]
            if not options:
                raise SchemaError("no option is of the right type")
            return self._rng.choice(options)
        kind = self._kind(flat, attempt)
        if kind == "string":
            return self._text(flat, path, attempt)
        if kind in ("integer", "number"):
            return self._number(flat, path, attempt, kind == "integer")
        if kind == "array":
            return self._array(flat, path, depth, attempt)
        if kind == "object":
            return self._object(flat, path, depth, attempt)
        return None if kind == "null" else bool(self._rng.getrandbits(1))

    def _kind(self, flat: Mapping[str, Any], attempt: int) -> str:
        kinds: list[str] = flat.get("type") or []
        if attempt > 2:
            return self._rng.choice(kinds or _ALL)
        if kinds:
            return next((kind for kind in kinds if kind != "null"), "null")
        return next((kind for kind, keywords in _HINTS.items() if any(word in flat for word in keywords)), "string")

    def _flatten(self, schema: Schema, depth: int, attempt: int, level: int) -> dict[str, Any]:
        """The constraints of a schema without references and alternatives."""
        if schema is False or level > _CHAIN:
            raise SchemaError("nothing fits")
        if isinstance(schema, bool):
            return {}
        flat = _own(schema)
        if "$ref" in schema:
            flat = _merged(flat, self._flatten(resolve(schema, self._root), depth, attempt, level + 1))
        for part in schema.get("allOf", ()):
            flat = _merged(flat, self._flatten(part, depth, attempt, level + 1))
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                branch = self._branch(schema[keyword], depth, attempt)
                flat = _merged(flat, self._flatten(branch, depth, attempt, level + 1))
        if "if" in schema:
            met = attempt % 2 == 0
            if met:
                flat = _merged(flat, self._flatten(schema["if"], depth, attempt, level + 1))
            flat = _merged(flat, self._flatten(schema.get("then" if met else "else", True), depth, attempt, level + 1))
        return flat

    def _branch(self, branches: list[Schema], depth: int, attempt: int) -> Schema:
        if not branches:
            raise SchemaError("an alternative without branches")
        if depth >= _DEEP:
            ranked = sorted(branches, key=_weight)
            return ranked[attempt % len(ranked)]
        if attempt < 2 * len(branches):
            wanted = [b for b in branches if not (isinstance(b, Mapping) and b.get("type") == "null")] or branches
            return wanted[attempt % len(wanted)]
        return self._rng.choice(branches)

    # --- strings ------------------------------------------------------------------------------------------------------
    def _text(self, flat: Mapping[str, Any], path: Path, attempt: int) -> str:
        rng = self._rng
        least, most = math.ceil(flat.get("minLength", 0)), flat.get("maxLength")
        most = None if most is None else int(most)
        if most is not None and least > most:
            raise SchemaError("minLength is above maxLength")
        if "patterns" in flat:
            wanted = flat["patterns"][attempt % len(flat["patterns"])]
            text = patterns.matching(wanted, rng, least, most)
            if text is None:
                raise SchemaError(f"no text was found for {wanted!r}")
            return text
        if flat.get("format") in FORMATS or (flat.get("format") and attempt < 3):
            text = fake_values.formatted(flat["format"], rng)
            if text is not None:
                return text
        text = (
            fake_values.text_for(_name(path), rng) if path and attempt < 4 else fake_values.words(rng, 1 + attempt % 3)
        )
        while len(text) < least:
            text += " " + fake_values.words(rng, 2)
        if (most is not None and len(text) > most) or (least and len(text) > 40 + least):
            size = most if most is not None else least
            text = text[:size]
        if attempt > 12:
            text = "".join(rng.choice("abcXYZ019 _-") for _ in range(max(least, min(len(text), most or 12))))
        return text

    # --- numbers ------------------------------------------------------------------------------------------------------
    def _number(self, flat: Mapping[str, Any], path: Path, attempt: int, whole: bool) -> float:
        rng = self._rng
        low, high = _bounds(flat)
        if low > high:
            raise SchemaError("minimum is above maximum")
        usual_low, usual_high = fake_values.number_for(_name(path)) if path else (1, 100)
        if attempt > 4:
            usual_low, usual_high = -(10 ** (attempt // 3)), 10 ** (attempt // 3)
        a, b = max(low, usual_low), min(high, usual_high)
        if a > b:  # what is usual is out of bounds
            a, b = (low, min(high, low + 100)) if low > -math.inf else (max(low, high - 100), high)
        step = flat.get("multipleOf")
        if whole or step is not None:
            return self._multiple(a, b, low, high, [*(step or ()), *([1] if whole else ())], flat)
        value = rng.uniform(float(a), float(b))
        near = round(value, 2)
        value = near if low <= near <= high else value
        for bound, towards in (("exclusiveMinimum", math.inf), ("exclusiveMaximum", -math.inf)):
            if value == flat.get(bound):
                value = math.nextafter(float(value), towards)
        return value

    def _multiple(
        self, a: float, b: float, low: float, high: float, steps: list[float], flat: Mapping[str, Any]
    ) -> float:
        """A common multiple of `steps`, between a and b if there is one, else between low and high."""
        if any(step <= 0 for step in steps):
            raise SchemaError("multipleOf is not above zero")
        parts = [Fraction(str(step)) for step in steps]
        common = Fraction(math.lcm(*[p.numerator for p in parts]), math.gcd(*[p.denominator for p in parts]))
        for least, most in ((a, b), (low, high)):
            first = math.ceil(Fraction(least) / common) if least > -math.inf else None
            last = math.floor(Fraction(most) / common) if most < math.inf else (first or 0) + 100
            first = last - 100 if first is None else first
            first += first * common == flat.get("exclusiveMinimum")
            last -= last * common == flat.get("exclusiveMaximum")
            if first > last:
                continue
            for _ in range(8):
                found = common * self._rng.randint(first, last)
                value = int(found) if found.denominator == 1 else float(found)
                if all(is_multiple(value, step) for step in steps):
                    return value
        raise SchemaError("no multiple lies within the bounds")

    # --- arrays -------------------------------------------------------------------------------------------------------
    def _array(self, flat: Mapping[str, Any], path: Path, depth: int, attempt: int) -> list[Any]:
        rng = self._rng
        first, rest = positions(flat)
        least = math.ceil(flat.get("minItems", 0))
        most = flat.get("maxItems", math.inf)
        wanted_hits = math.ceil(flat.get("minContains", 1)) if "contains" in flat else 0
        if rest is False:
            most = min(most, len(first))
        usual = max(least, len(first), wanted_hits, 0 if depth >= _DEEP else 2 if self._full or least else 1)
        size = int(min(most, usual if attempt < 4 else rng.randint(least, max(least, usual + 2))))
        if size < least:
            raise SchemaError("minItems cannot be reached")
        unique = bool(flat.get("uniqueItems"))
        items: list[Any] = []
        for at in range(size):
            part: Schema = first[at] if at < len(first) else rest
            if wanted_hits and at >= size - wanted_hits:
                part = {"allOf": [part, flat["contains"]]}
            for _ in range(30 if unique else 1):
                item = self.make(part, (*path, f"[{at}]"), depth + 1)
                if not unique or not any(same(item, other) for other in items):
                    items.append(item)
                    break
                item = self._other(part, path, items)
                if item is not NOTHING:
                    items.append(item)
                    break
            else:
                if len(items) < least:
                    raise SchemaError("not enough different items")
                break
        return items

    def _other(self, part: Schema, path: Path, items: list[Any]) -> Any:
        """An item that is not among `items`: made without suggestions, or from what the schema lists."""
        flat = self._flatten(part, _DEEP, 0, 0)
        for option in [*flat.get("enum", ()), *([True, False, None] if flat.get("type") else ())]:
            if fits(option, part, self._root) and not any(same(option, item) for item in items):
                return option
        for attempt in range(3, 12):
            try:
                value = self._once(part, path, _DEEP, attempt)
            except SchemaError:
                continue
            if fits(value, part, self._root) and not any(same(value, item) for item in items):
                return value
        return NOTHING

    # --- objects ------------------------------------------------------------------------------------------------------
    def _object(self, flat: Mapping[str, Any], path: Path, depth: int, attempt: int) -> dict[str, Any]:
        rng = self._rng
        required = list(dict.fromkeys(flat.get("required", ())))
        known = flat.get("properties", {})
        least, most = math.ceil(flat.get("minProperties", 0)), flat.get("maxProperties", math.inf)
        optional = [key for key in known if key not in required and known[key] is not False]
        if self._full and depth < _DEEP and attempt < 3:
            chosen = [*required, *optional]
        elif self._lean and attempt < 6:
            chosen = required
        elif attempt < 6:
            chosen = [*required, *(key for key in optional if self._has_idea(known[key], (*path, key), attempt))]
        else:
            chosen = [*required, *(key for key in optional if rng.getrandbits(1))]
        if len(required) > most:
            raise SchemaError("more is required than maxProperties allows")
        chosen = [key for key in known if key in chosen] + [key for key in required if key not in known]
        while len(chosen) > most:
            chosen.remove(next(key for key in reversed(chosen) if key not in required))
        chosen += [key for key in optional if key not in chosen][: max(0, least - len(chosen))]
        made: dict[str, Any] = {}
        waiting = list(chosen)
        depends = flat.get("dependentRequired", {})
        while waiting:
            key = waiting.pop(0)
            if key in made:
                continue
            made_value = self._property(flat, key, path, depth, must=key in required or len(chosen) <= least)
            if made_value is NOTHING:
                continue
            made[key] = made_value
            waiting += [other for other in depends.get(key, ()) if other not in made]
        return self._extended(made, flat, path, depth, least)

    def _property(self, flat: Mapping[str, Any], key: str, path: Path, depth: int, must: bool) -> Any:
        parts = parts_of(flat, key)
        part: Schema = parts[0] if len(parts) == 1 else {"allOf": parts}
        try:
            return self.make(part, (*path, key), depth + 1)
        except SchemaError:
            if must:
                raise
            return NOTHING

    def _extended(
        self, made: dict[str, Any], flat: Mapping[str, Any], path: Path, depth: int, least: int
    ) -> dict[str, Any]:
        """The object with further properties, made up, until there are enough."""
        names = flat.get("propertyNames", True)
        sources = list(flat.get("patternProperties", ()))
        extra = flat.get("additionalProperties", True)
        number = 0
        while len(made) < least and number < 40 + 4 * least:
            number += 1
            if isinstance(names, Mapping):
                key = str(self.make(names, (), depth + 1))
            elif sources and (extra is False or number % 2):
                key = patterns.matching(sources[number % len(sources)], self._rng, number % 5) or f"key{number}"
            else:
                key = f"key{number}"
            if key in made or key in flat.get("properties", ()):
                continue
            value = self._property(flat, key, path, depth, must=False)
            if value is not NOTHING:
                made[key] = value
        if (
            not made
            and flat.get("additionalProperties")
            and isinstance(extra, Mapping)
            and path
            and self._full
            and depth < _DEEP
        ):
            value = self._property(flat, "key1", path, depth, must=False)
            if value is not NOTHING and flat.get("maxProperties", 1) >= 1:
                made["key1"] = value
        return made

    def _has_idea(self, part: Schema, path: Path, attempt: int) -> bool:
        """Whether something is suggested for an optional property, or for something inside it."""
        try:
            flat = self._flatten(part, _DEEP, attempt, 0)
        except SchemaError:
            return False
        suggested = self._suggest(path, flat)
        if suggested is not NOTHING:
            return fits(suggested, part, self._root)
        return len(path) < 3 and any(
            self._has_idea(inner, (*path, key), attempt) for key, inner in flat.get("properties", {}).items()
        )


def _name(path: Path) -> str:
    """The last property on the way; the items of an array are called like it."""
    return next((step for step in reversed(path) if not step.startswith("[")), "")


def _has_choice(schema: Mapping[str, Any]) -> bool:
    return any(
        keyword in schema
        for keyword in (
            "anyOf",
            "oneOf",
            "allOf",
            "if",
            "not",
            "$ref",
            "type",
            "items",
            "contains",
            "properties",
            "pattern",
            "additionalProperties",
            "patternProperties",
            "propertyNames",
            "prefixItems",
        )
    )


def _weight(schema: Schema) -> int:
    """How much a branch may grow."""
    if isinstance(schema, bool):
        return 0
    if (
        "const" in schema
        or "enum" in schema
        or schema.get("type") in ("null", "string", "integer", "number", "boolean")
    ):
        return 0
    if schema.get("type") == "array":
        return 1 if not schema.get("minItems") else 3
    if "$ref" in schema:
        return 5
    return 2 + bool(schema.get("required")) if schema.get("type") == "object" else 4


def _own(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema's own constraints in the form that _merged combines: lists of types, patterns and steps."""
    own = {keyword: value for keyword, value in schema.items() if keyword not in _ALTERNATIVES}
    kinds = own.get("type")
    if kinds is not None:
        own["type"] = [kinds] if isinstance(kinds, str) else list(kinds)
    if "not" in own and isinstance(own["not"], Mapping) and set(own["not"]) == {"type"}:
        unwanted = own["not"]["type"]
        unwanted = {unwanted} if isinstance(unwanted, str) else set(unwanted)
        unwanted |= {"integer"} if "number" in unwanted else set()
        own["type"] = [kind for kind in own.get("type", _ALL) if kind not in unwanted]
        if not own["type"]:
            raise SchemaError("every type is excluded")
    if "const" in own:
        own["enum"] = [own.pop("const")]
    if "pattern" in own:
        own["patterns"] = [own.pop("pattern")]
    if "multipleOf" in own:
        own["multipleOf"] = [own["multipleOf"]]
    for keyword, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if own.get(keyword) is True and bound in own:
            own[keyword] = own[bound]
        elif isinstance(own.get(keyword), bool):
            del own[keyword]
    return own


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Constraints that hold when both do."""
    if not one or not other:
        return one or other
    both = {**one, **other}
    for keyword in one.keys() & other.keys():
        a, b = one[keyword], other[keyword]
        if keyword == "type":
            both[keyword] = _common_kinds(a, b)
        elif keyword == "enum":
            both[keyword] = [option for option in a if any(same(option, another) for another in b)]
        elif keyword in ("patterns", "multipleOf"):
            both[keyword] = [*a, *(part for part in b if part not in a)]
        elif keyword in _HIGHEST:
            both[keyword] = max(a, b)
        elif keyword in _LOWEST:
            both[keyword] = min(a, b)
        elif keyword == "required":
            both[keyword] = [*a, *(key for key in b if key not in a)]
        elif (
            keyword in ("items", "contains", "propertyNames")
            and a != b
            and not isinstance(a, list)
            and not isinstance(b, list)
        ):
            both[keyword] = {"allOf": [a, b]}
        elif keyword == "dependentRequired":
            both[keyword] = {key: [*a.get(key, ()), *b.get(key, ())] for key in {**a, **b}}
        elif keyword == "uniqueItems":
            both[keyword] = a or b
    if "properties" in both or "patternProperties" in both:
        _merge_properties(one, other, both)
    if "prefixItems" in both and (
        "items" in one or "items" in other or ("prefixItems" in one and "prefixItems" in other)
    ):
        (first, rest), (second, others) = positions(one), positions(other)
        longest = range(max(len(first), len(second)))
        both["prefixItems"] = [
            {"allOf": [first[i] if i < len(first) else rest, second[i] if i < len(second) else others]} for i in longest
        ]
    return both


def _merge_properties(one: dict[str, Any], other: dict[str, Any], both: dict[str, Any]) -> None:
    names = [
        *one.get("properties", {}),
        *(key for key in other.get("properties", {}) if key not in one.get("properties", {})),
    ]
    merged: dict[str, Schema] = {}
    for key in names:
        parts = [part for part in (*parts_of(one, key), *parts_of(other, key)) if part is not True]
        merged[key] = False if False in parts else parts[0] if len(parts) == 1 else {"allOf": parts} if parts else True
    if merged:
        both["properties"] = merged
    if "patternProperties" in one and "patternProperties" in other:
        a, b = one["patternProperties"], other["patternProperties"]
        both["patternProperties"] = {
            key: {"allOf": [part for part in (a.get(key), b.get(key)) if part is not None]} for key in {**a, **b}
        }
    if "additionalProperties" in one and "additionalProperties" in other:
        both["additionalProperties"] = (
            False
            if False in (one["additionalProperties"], other["additionalProperties"])
            else {"allOf": [one["additionalProperties"], other["additionalProperties"]]}
        )


def _common_kinds(a: list[str], b: list[str]) -> list[str]:
    kinds = [kind for kind in a if kind in b or (kind == "integer" and "number" in b)]
    kinds += ["integer"] if "number" in a and "integer" in b and "integer" not in kinds else []
    if not kinds:
        raise SchemaError(f"nothing is {a} and {b}")
    return kinds


def _bounds(flat: Mapping[str, Any]) -> tuple[float, float]:
    low = max(flat.get("minimum", -math.inf), flat.get("exclusiveMinimum", -math.inf))
    return low, min(flat.get("maximum", math.inf), flat.get("exclusiveMaximum", math.inf))
