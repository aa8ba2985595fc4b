"""Conditions: what can be wanted of one value, and reading them from JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

from mock_server.errors import ApiError
from mock_server.exchange import Kept
from mock_server.media.payload import bytes_of

ABSENT: Any = object()


class BadMatch(ValueError):
    """A document that cannot be understood. pointer: where in it, as a JSON pointer."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


def text_of(value: Any) -> str | None:
    """The text of a value: a string itself, or the text parts of a message's content; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        parts = [part["text"] for part in value if isinstance(part, dict) and isinstance(part.get("text"), str)]
        return "\n".join(parts) if parts else None
    return None


def same(actual: Any, wanted: Any) -> bool:
    """Equality of JSON: true is not 1."""
    return bool(actual == wanted) and isinstance(actual, bool) == isinstance(wanted, bool)


def _text(test: Callable[[str, Any], bool]) -> Callable[[Any, Any], bool]:
    def check(actual: Any, wanted: Any) -> bool:
        text = text_of(actual)
        return text is not None and test(text, wanted)

    return check


def _number(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def check(actual: Any, wanted: Any) -> bool:
        return isinstance(actual, int | float) and not isinstance(actual, bool) and test(actual, wanted)

    return check


def _contains(actual: Any, wanted: Any) -> bool:
    text = text_of(actual)
    if text is not None:
        return isinstance(wanted, str) and wanted in text
    return isinstance(actual, list) and any(same(item, wanted) for item in actual)


def _length(actual: Any, holds: Callable[[Any], bool]) -> bool:
    return isinstance(actual, str | list | dict | bytes) and holds(len(actual))


def _hash(actual: Any, wanted: str) -> bool:
    """Of media: whatever form they were sent in, the bytes that they mean."""
    if isinstance(actual, Kept):  # a request of the journal
        return actual.sha256 == wanted.lower()
    try:
        return actual is not ABSENT and sha256(bytes_of(actual)).hexdigest() == wanted.lower()
    except ApiError:
        return False


# What a condition is called, what it accepts, and when it holds for (actual, wanted).
CONDITIONS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "equals": ("any value", same),
    "contains": ("any value", _contains),
    "starts_with": ("a string", _text(lambda text, wanted: text.startswith(wanted))),
    "ends_with": ("a string", _text(lambda text, wanted: text.endswith(wanted))),
    "matches": ("a pattern", _text(lambda text, wanted: wanted.search(text) is not None)),
    "present": ("true or false", lambda actual, wanted: (actual is not ABSENT) is wanted),
    "length": ("a whole number, or conditions for one", _length),
    "gt": ("a number", _number(lambda actual, wanted: actual > wanted)),
    "gte": ("a number", _number(lambda actual, wanted: actual >= wanted)),
    "lt": ("a number", _number(lambda actual, wanted: actual < wanted)),
    "lte": ("a number", _number(lambda actual, wanted: actual <= wanted)),
    "sha256": ("64 hexadecimal digits", _hash),
    "any_of": ("a list", lambda actual, wanted: any(holds(actual) for holds in wanted)),
    "all_of": ("a list", lambda actual, wanted: all(holds(actual) for holds in wanted)),
    "not": ("any condition", lambda actual, wanted: not wanted(actual)),
}


def condition(wanted: Any, pointer: str) -> Callable[[Any], bool]:
    """One test from a wanted value: equality with a scalar or list, or every condition of an object.

    BadMatch says below `pointer` what is not understood.
    """
    if not isinstance(wanted, dict):
        return lambda actual: same(actual, wanted)
    if not wanted:
        raise BadMatch(pointer, f"no condition; accepted: {', '.join(CONDITIONS)}")
    tests = []
    for name, value in wanted.items():
        if name not in CONDITIONS:
            raise BadMatch(
                f"{pointer}/{escaped(name)}",
                f"unknown condition{near(name, CONDITIONS)}; accepted: {', '.join(CONDITIONS)}",
            )
        accepts, test = CONDITIONS[name]
        tests.append((test, _argument(accepts, value, f"{pointer}/{name}")))
    if len(tests) == 1:
        [(only, argument)] = tests
        return lambda actual: only(actual, argument)
    return lambda actual: all(test(actual, argument) for test, argument in tests)


def _argument(accepts: str, value: Any, pointer: str) -> Any:
    """A condition's argument as its test takes it; BadMatch for one that the condition does not accept."""
    good = {
        "any value": True,
        "any condition": True,
        "a string": isinstance(value, str),
        "a pattern": isinstance(value, str),
        "true or false": isinstance(value, bool),
        "a whole number, or conditions for one": type(value) is int or isinstance(value, dict),
        "a number": type(value) in (int, float),
        "64 hexadecimal digits": isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{64}", value) is not None,
        "a list": isinstance(value, list) and value != [],
    }[accepts]
    if not good:
        raise BadMatch(pointer, f"{value!r}; accepted: {accepts}")
    if accepts == "a pattern":
        try:
            return re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            raise BadMatch(pointer, f"{value!r} is not a regular expression: {error}") from None
    if accepts in ("any condition", "a whole number, or conditions for one"):
        return condition(value, pointer)
    if accepts == "a list":
        return [condition(item, f"{pointer}/{index}") for index, item in enumerate(value)]
    return value


def escaped(name: str) -> str:
    """A name as a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def near(word: str, known: Mapping[str, Any] | list[str] | tuple[str, ...]) -> str:
    """ ", did you mean …" with the nearest known word, or nothing."""
    close = get_close_matches(word, list(known), 1)
    return f", did you mean {close[0]}" if close else ""
