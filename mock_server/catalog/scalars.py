"""The tests that a schema puts a scalar to, and the words in which each refuses; arrays of scalars count as one."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from mock_server.catalog.javascript import (
    SAFE_INTEGER,
    UNDEFINED,
    CannotConvert,
    Native,
    double,
    length,
    to_number,
    to_text,
    units,
)
from mock_server.catalog.regexp import compile_pattern

Wording: TypeAlias = Callable[[Any, str], str]  # of the value and its path

NUMERIC: Final = ("number", "integer")
KINDS: Final[dict[str, frozenset[type]]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "integer": frozenset({int}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
}
BEYOND_RANGE: Final = frozenset(
    {"const", "enum", "pattern", "minLength", "maxLength", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)


class Test(NamedTuple):
    """One test of a value. final: passing it makes the value good, whatever comes after."""

    passes: Callable[[Any], bool]
    wording: Wording
    final: bool = False


class Shortcut(NamedTuple):
    """Values that are known to pass all tests: of these Python types and, if `ranged`, within these bounds."""

    kinds: frozenset[type] = frozenset()
    ranged: bool = False
    least: float = -math.inf
    most: float = math.inf


def tests_of(schema: dict[str, Any]) -> list[Test]:
    """In the order in which a value has to pass them. ValueError: a ``pattern`` that Python cannot express."""
    kind = schema.get("type", UNDEFINED)
    untyped = kind is UNDEFINED or kind is None
    tests: list[Test] = []
    if "const" in schema:
        tests.append(_const(schema["const"], untyped))
    if "enum" in schema:
        tests.append(_enum(schema["enum"], untyped))
    if "type" in schema:
        tests.append(_type(kind))
    if kind == "string":
        tests += _lengths(schema)
    elif kind in NUMERIC:
        tests += [_bound(schema[keyword], sign, breaks) for keyword, sign, breaks in BOUNDS if keyword in schema]
    if "pattern" in schema:
        tests.append(_pattern(schema["pattern"]))
    return tests


def shortcut_of(schema: dict[str, Any]) -> Shortcut:
    """What most values of most schemas take."""
    kind = schema.get("type")
    if type(kind) is not str or not schema.keys().isdisjoint(BEYOND_RANGE):
        return Shortcut()
    least, most = to_number(schema.get("minimum", -math.inf)), to_number(schema.get("maximum", math.inf))
    return Shortcut(KINDS.get(kind, frozenset()), kind in NUMERIC, least, most)


def is_binary(items: list[Any]) -> bool:
    """Nothing but numbers and strings; also when the first other thing is null."""
    if items and type(items[0]) in (dict, list, bool):
        return False
    if {int, float, str}.issuperset(map(type, items)):
        return True
    return next(item for item in items if type(item) not in (int, float, str)) is None


def _is_integer(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


TYPES: Final[dict[str, Callable[[Any], bool]]] = {  # in the order in which the words list a value's types
    "null": lambda value: value is None,
    "string": lambda value: type(value) is str,
    "number": lambda value: type(value) in (int, float),
    "integer": _is_integer,
    "boolean": lambda value: type(value) is bool,
    "array": lambda value: type(value) is list,
    "binary": lambda value: type(value) is list and is_binary(value),
    "object": lambda value: type(value) is dict,
}


def _identity(value: Any) -> Any:
    """Something hashable that is equal for values that ``===`` calls equal; UNDEFINED for what equals nothing."""
    if type(value) in (int, float):
        return double(value)
    if type(value) is bool:
        return (value,)
    return UNDEFINED if type(value) in (list, dict, Native) else value


def _const(expected: Any, untyped: bool) -> Test:
    only = {_identity(expected)} - {UNDEFINED}
    return Test(
        lambda value: _identity(value) in only,
        lambda value, at: f"const {to_text(value)} doesn't match {to_text(expected)} at '{at}'",
        final=untyped,
    )


def _enum(expected: Any, untyped: bool) -> Test:
    if type(expected) is not list:
        return Test(lambda _value: False, lambda _value, at: f"enum should be an array at '{at}'")
    allowed = {_identity(value) for value in expected} - {UNDEFINED}
    return Test(
        lambda value: _identity(value) in allowed,
        lambda value, at: f"enum {to_text(value)} not in {to_text(expected)} at '{at}'",
        final=untyped,
    )


def _type(kind: Any) -> Test:
    """A list of types never matches."""

    def wording(value: Any, at: str) -> str:
        actual = ",".join(f"'{name}'" for name, passes in TYPES.items() if passes(value))
        return f"Type mismatch of '{at}', '{to_text(kind)}' not in {actual}"

    passes = TYPES.get(kind) if type(kind) is str else None
    return Test(passes or (lambda _value: False), wording)


def _lengths(schema: dict[str, Any]) -> list[Test]:
    tests = []
    if "maxLength" in schema:
        most = to_number(schema["maxLength"])
        tests.append(
            Test(
                lambda value: not length(value) > most,
                lambda _value, at: f"Length of '{at}' must be <= {to_text(schema['maxLength'])}",
            )
        )
    if "minLength" in schema:
        least = to_number(schema["minLength"])
        tests.append(
            Test(
                lambda value: not length(value) < least,
                lambda _value, at: f"Length of '{at}' must be >= {to_text(schema['minLength'])} not met",
            )
        )
    return tests


BOUNDS: Final[tuple[tuple[str, str, Callable[[Any, Any], bool]], ...]] = (
    ("minimum", ">=", operator.lt),
    ("exclusiveMinimum", ">", operator.le),
    ("maximum", "<=", operator.gt),
    ("exclusiveMaximum", "<", operator.ge),
    ("multipleOf", "multiple of", lambda number, step: not _divides(step, number)),
)


def _divides(step: float, number: float) -> bool:
    return step != 0 and not math.isinf(number) and math.fmod(number, step) == 0


def _bound(limit: Any, sign: str, breaks: Callable[[Any, Any], bool]) -> Test:
    number = to_number(limit)
    return Test(
        lambda value: not breaks(value if -SAFE_INTEGER <= value <= SAFE_INTEGER else float(value), number),
        lambda _value, at: f"'{at}' must be {sign} {to_text(limit)}",
    )


def _pattern(source: Any) -> Test:
    pattern = compile_pattern(to_text(source))

    def passes(value: Any) -> bool:
        try:
            return pattern is not None and pattern.search(units(to_text(value))) is not None
        except CannotConvert:
            return False

    return Test(passes, lambda _value, at: f"'{at}' failed test {to_text(source)} patttern")
