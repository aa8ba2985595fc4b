"""Does a rule speak for this call, and if not, what missed.

A match is an object whose keys say where to look and whose values say what is wanted there:

* ``model``: a glob, or a list of globs. ``task``: as Cloudflare spells it. ``surface``: ``native`` ...
* ``inputs.<path>``: a path into the inputs, steps separated by dots, list positions as numbers (negative from the end):
  ``inputs.messages.-1.content``. ``inputs``: all of them, as they are without ``stream`` and ``stream_options``.

A wanted scalar or list is equality; an object is conditions, all of which must hold (``CONDITIONS``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any, Generic, NamedTuple, TypeVar

from mock_server.errors import ApiError
from mock_server.exchange import Call
from mock_server.media.payload import bytes_of

ABSENT: Any = object()


class BadMatch(ValueError):
    """A match that cannot be understood. pointer: where in it, as a JSON pointer."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


class Miss(NamedTuple):
    """One condition that did not hold. actual: what stood there (ABSENT for nothing)."""

    field: str
    wanted: Any
    actual: Any


def text_of(value: Any) -> str | None:
    """The text of a value: a string itself, or the text parts of a message's content; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        parts = [part["text"] for part in value if isinstance(part, dict) and isinstance(part.get("text"), str)]
        return "\n".join(parts) if parts else None
    return None


def _same(actual: Any, wanted: Any) -> bool:
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
    return isinstance(actual, list) and any(_same(item, wanted) for item in actual)


def _hash(actual: Any, wanted: str) -> bool:
    """Of media: whatever form they were sent in, the bytes that they mean."""
    try:
        return actual is not ABSENT and sha256(bytes_of(actual)).hexdigest() == wanted.lower()
    except ApiError:
        return False


# What a condition is called, what it accepts, and when it holds for (actual, wanted).
CONDITIONS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "equals": ("any value", _same),
    "contains": ("any value", _contains),
    "starts_with": ("a string", _text(lambda text, wanted: text.startswith(wanted))),
    "ends_with": ("a string", _text(lambda text, wanted: text.endswith(wanted))),
    "matches": ("a pattern", _text(lambda text, wanted: wanted.search(text) is not None)),
    "present": ("true or false", lambda actual, wanted: (actual is not ABSENT) is wanted),
    "length": (
        "a whole number",
        lambda actual, wanted: isinstance(actual, str | list | dict) and len(actual) == wanted,
    ),
    "gt": ("a number", _number(lambda actual, wanted: actual > wanted)),
    "gte": ("a number", _number(lambda actual, wanted: actual >= wanted)),
    "lt": ("a number", _number(lambda actual, wanted: actual < wanted)),
    "lte": ("a number", _number(lambda actual, wanted: actual <= wanted)),
    "sha256": ("64 hexadecimal digits", _hash),
    "any_of": ("a list", lambda actual, wanted: any(holds(actual) for holds in wanted)),
    "all_of": ("a list", lambda actual, wanted: all(holds(actual) for holds in wanted)),
    "not": ("any condition", lambda actual, wanted: not wanted(actual)),
}


class Step(NamedTuple):
    """One step of a path: a key of an object, and the position in a list where it is one."""

    key: str
    position: int | None


class Check(NamedTuple):
    """What is wanted of one place in the inputs. key: a place and the scalar that must stand there, if there is one."""

    field: str
    path: tuple[Step, ...]
    wanted: Any
    holds: Callable[[Any], bool]
    key: tuple[tuple[Step, ...], Any] | None


@dataclass(frozen=True, slots=True)
class Match:
    """A compiled match. models and task narrow the models it can speak for; checks look into the call."""

    models: tuple[str, ...]
    task: str | None
    surface: str | None
    checks: tuple[Check, ...]

    def concerns(self, model: str, task: str) -> bool:
        """Whether it can speak for a call of this model at all."""
        if self.task is not None and self.task != task:
            return False
        return not self.models or any(fnmatchcase(model, glob) for glob in self.models)

    def speaks(self, call: Call) -> bool:
        """Whether it speaks for a call of a model it concerns: nothing misses."""
        if self.surface is not None and self.surface != call.surface:
            return False
        return all(check.holds(look(call.inputs, check.path)) for check in self.checks)

    def misses(self, call: Call) -> list[Miss]:
        """What does not hold for a call of a model it concerns; empty when it speaks for it."""
        found = []
        if self.surface is not None and self.surface != call.surface:
            found.append(Miss("surface", self.surface, call.surface))
        for check in self.checks:
            actual = look(call.inputs, check.path)
            if not check.holds(actual):
                found.append(Miss(check.field, check.wanted, actual))
        return found


Rule = TypeVar("Rule")


class Index(Generic[Rule]):
    """Rules in order, so that the first one that speaks is found without asking every one.

    Rules that want a scalar at some place are found by what stands there: thousands of them cost a look-up for each
    such place. The others are asked one by one.
    """

    def __init__(self, rules: Iterable[tuple[Match, Rule]]) -> None:
        self._exact: dict[tuple[Step, ...], dict[Any, list[tuple[int, Match, Rule]]]] = {}
        self._rest: list[tuple[int, Match, Rule]] = []
        for rank, (match, rule) in enumerate(rules):
            key = next((check.key for check in match.checks if check.key is not None), None)
            if key is None:
                self._rest.append((rank, match, rule))
            else:
                self._exact.setdefault(key[0], {}).setdefault(_hashed(key[1]), []).append((rank, match, rule))

    def first(self, call: Call) -> Rule | None:
        """The first rule that speaks for a call of a model that all rules concern."""
        candidates = self._rest
        for path, values in self._exact.items():
            actual = look(call.inputs, path)
            if actual is not ABSENT and isinstance(actual, str | int | float):  # booleans are ints
                found = values.get(_hashed(actual))
                if found is not None:
                    candidates = sorted([*candidates, *found], key=lambda candidate: candidate[0])
        for _, match, rule in candidates:
            if match.speaks(call):
                return rule
        return None


def look(value: Any, path: tuple[Step, ...]) -> Any:
    """What stands at `path` in `value`; ABSENT when nothing does."""
    for key, position in path:
        if isinstance(value, dict):
            value = value.get(key, ABSENT)
        elif position is not None and isinstance(value, list) and -len(value) <= position < len(value):
            value = value[position]
        else:
            return ABSENT
    return value


def _steps(field: str) -> tuple[Step, ...]:
    names = field.split(".")[1:]
    return tuple(Step(name, int(name) if re.fullmatch(r"-?[0-9]{1,9}", name) else None) for name in names)


def _hashed(scalar: Any) -> tuple[bool, Any]:
    """A scalar as a key: true is not 1."""
    return type(scalar) is bool, scalar


def _key(path: tuple[Step, ...], wanted: Any) -> tuple[tuple[Step, ...], Any] | None:
    """A place at or below `path` and the scalar that stands there whenever `wanted` is met, or None."""
    if isinstance(wanted, dict):
        return _leaf(path, wanted["equals"]) if "equals" in wanted else None
    return _leaf(path, wanted)


def _leaf(path: tuple[Step, ...], value: Any) -> tuple[tuple[Step, ...], Any] | None:
    """The scalar in `value` that tells most: the longest, a role being shorter than what is said."""
    if isinstance(value, str | int | float):
        return path, value
    inner: Iterable[tuple[Step, Any]] = ()
    if isinstance(value, dict):
        inner = ((Step(key, None), item) for key, item in value.items())
    elif isinstance(value, list):
        inner = ((Step(str(position), position), item) for position, item in enumerate(value))
    leaves = [leaf for step, item in inner if (leaf := _leaf((*path, step), item)) is not None]
    return max(leaves, key=lambda leaf: len(str(leaf[1])), default=None)


def compile_match(document: Any) -> Match:
    """A match from its JSON. BadMatch says where and what is wrong, and what is accepted."""
    if not isinstance(document, dict):
        raise BadMatch("", "a match is an object")
    models: tuple[str, ...] = ()
    words: dict[str, str | None] = {"task": None, "surface": None}
    checks = []
    for field, wanted in document.items():
        pointer = "/" + field.replace("~", "~0").replace("/", "~1")
        if field == "model":
            models = tuple(wanted) if isinstance(wanted, list) else (wanted,)
            if not models or not all(isinstance(glob, str) for glob in models):
                raise BadMatch(pointer, "accepted: a glob or a list of globs")
        elif field in words:
            if not isinstance(wanted, str):
                raise BadMatch(pointer, "accepted: a string")
            words[field] = wanted
        elif field == "inputs" or (field.startswith("inputs.") and all(field.split("."))):
            path = _steps(field)
            checks.append(Check(field, path, wanted, _condition(wanted, pointer), _key(path, wanted)))
        else:
            accepted = ["model", "task", "surface", "inputs", "inputs.<path>"]
            raise BadMatch(pointer, f"unknown field{_near(field, accepted)}; accepted: {', '.join(accepted)}")
    return Match(models, words["task"], words["surface"], tuple(checks))


def _condition(wanted: Any, pointer: str) -> Callable[[Any], bool]:
    """One test from a wanted value: equality with a scalar or list, or every condition of an object."""
    if not isinstance(wanted, dict):
        return lambda actual: _same(actual, wanted)
    if not wanted:
        raise BadMatch(pointer, f"no condition; accepted: {', '.join(CONDITIONS)}")
    tests = []
    for name, value in wanted.items():
        if name not in CONDITIONS:
            raise BadMatch(
                f"{pointer}/{name}", f"unknown condition{_near(name, CONDITIONS)}; accepted: {', '.join(CONDITIONS)}"
            )
        accepts, test = CONDITIONS[name]
        tests.append((test, _argument(accepts, value, f"{pointer}/{name}")))
    return lambda actual: all(test(actual, argument) for test, argument in tests)


def _argument(accepts: str, value: Any, pointer: str) -> Any:
    """A condition's argument as its test takes it; BadMatch for one that the condition does not accept."""
    good = {
        "any value": True,
        "any condition": True,
        "a string": isinstance(value, str),
        "a pattern": isinstance(value, str),
        "true or false": isinstance(value, bool),
        "a whole number": type(value) is int,
        "a number": type(value) in (int, float),
        "64 hexadecimal digits": isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F]{64}", value) is not None,
        "a list": isinstance(value, list) and value != [],
    }[accepts]
    if not good:
        raise BadMatch(pointer, f"{value!r}; accepted: {accepts}")
    if accepts == "a pattern":
        try:
            return re.compile(value)
        except re.error as error:
            raise BadMatch(pointer, f"{value!r} is not a regular expression: {error}") from None
    if accepts == "any condition":
        return _condition(value, pointer)
    if accepts == "a list":
        return [_condition(item, f"{pointer}/{index}") for index, item in enumerate(value)]
    return value


def _near(word: str, known: Mapping[str, Any] | list[str]) -> str:
    close = get_close_matches(word, list(known), 1)
    return f", did you mean {close[0]}" if close else ""
