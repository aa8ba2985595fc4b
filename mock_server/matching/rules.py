"""Matches: read from JSON, and asked whether they speak for a call and what missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, NamedTuple

from mock_server.exchange import Call
from mock_server.matching.conditions import BadMatch, condition, escaped, near
from mock_server.matching.places import SENDING, Place, Step, place

SURFACES = ("native", "universal", "openai", "anthropic", "gateway", "binding", "batch", "realtime")
GROUPS = ("any_of", "all_of", "not")
ACCEPTED = (
    "model", "task", "surface", "inputs", "inputs.<path>", "last.<path>", "headers.<name>", *SENDING, "call", *GROUPS,
)  # fmt: skip
TEXTS = ("contains", "starts_with", "ends_with")  # conditions whose text stands in what they hold for


class Miss(NamedTuple):
    """One condition that did not hold. actual: what stood there (ABSENT for nothing)."""

    field: str
    wanted: Any
    actual: Any


class Check(NamedTuple):
    """What is wanted of one place.

    key: a place and the scalar that must stand there, if there is one. part: a text that must stand somewhere in what
    is there, "" where there is none.
    """

    field: str
    place: Place
    wanted: Any
    holds: Callable[[Any], bool]
    key: tuple[Place, Any] | None
    part: str


class Group(NamedTuple):
    """Matches that are asked together. kind: any_of, all_of or not."""

    kind: str
    matches: tuple[Match, ...]
    wanted: Any


@dataclass(frozen=True, eq=False)
class Match:
    """A compiled match. models and task narrow the models it can speak for; the rest looks into the call.

    nth: whether the number of the call is as `call` wants it; who keeps count asks it.
    """

    models: tuple[str, ...] = ()
    task: str | None = None
    surface: str | None = None
    checks: tuple[Check, ...] = ()
    groups: tuple[Group, ...] = ()
    call: Any = None
    nth: Callable[[Any], bool] | None = None

    @cached_property
    def is_settled(self) -> bool:
        """Whether model, inputs and surface alone decide it, so that it will be the same for the same request."""
        return (
            self.nth is None
            and all(check.place.root != "headers" for check in self.checks)
            and all(match.is_settled for group in self.groups for match in group.matches)
        )

    def concerns(self, model: str, task: str) -> bool:
        """Whether it can speak for a call of this model at all."""
        if self.task is not None and self.task != task:
            return False
        return not self.models or any(fnmatchcase(model, glob) for glob in self.models)

    def speaks(self, call: Call) -> bool:
        """Whether it speaks for a call of a model it concerns: nothing misses, the number of the call aside."""
        if self.surface is not None and self.surface != call.surface:
            return False
        if not all(check.holds(check.place.of(call)) for check in self.checks):
            return False
        return not self.groups or all(_together(group, call) for group in self.groups)

    def misses(self, call: Call, *, anywhere: bool = False, number: int | None = None) -> list[Miss]:
        """What does not hold for a call of a model it concerns; empty when it speaks for it.

        anywhere: for a call of any model; model and task can miss too. number: of the call, where it is counted. Of
        several matches under `any_of`, those of the nearest are listed; what misses in one is named after it
        (``any_of.0.inputs.prompt``), and of a `not`, ``not`` itself with the actual value True.
        """
        found = []
        if anywhere:
            model = call.model
            if self.task not in (None, model.task):
                found.append(Miss("task", self.task, model.task))
            if self.models and not any(fnmatchcase(model.name, glob) for glob in self.models):
                wanted = self.models[0] if len(self.models) == 1 else list(self.models)
                found.append(Miss("model", wanted, model.name))
        if self.surface is not None and self.surface != call.surface:
            found.append(Miss("surface", self.surface, call.surface))
        for check in self.checks:
            actual = check.place.of(call)
            if not check.holds(actual):
                found.append(Miss(check.field, check.wanted, actual))
        for group in self.groups:
            if not _together(group, call):
                found += _missed(group, call)
        if self.nth is not None and number is not None and not self.nth(number):
            found.append(Miss("call", self.call, number))
        return found


def _whole(match: Match, call: Call) -> bool:
    return match.concerns(call.model.name, call.model.task) and match.speaks(call)


def _together(group: Group, call: Call) -> bool:
    spoken = (_whole(match, call) for match in group.matches)
    if group.kind == "any_of":
        return any(spoken)
    return all(spoken) if group.kind == "all_of" else not any(spoken)


def _missed(group: Group, call: Call) -> Iterator[Miss]:
    if group.kind == "not":
        yield Miss("not", group.wanted, actual=True)
        return
    missed = [(index, match.misses(call, anywhere=True)) for index, match in enumerate(group.matches)]
    if group.kind == "any_of":
        missed = [min(missed, key=lambda pair: len(pair[1]))]
    for index, misses in missed:
        for miss in misses:
            yield miss._replace(field=f"{group.kind}.{index}.{miss.field}")


def compile_match(document: Any, *, counted: bool = False) -> Match:
    """A match from its JSON. BadMatch says where and what is wrong, and what is accepted.

    counted: whether the number of the call (`call`) is known to whoever asks it.
    """
    if not isinstance(document, dict):
        raise BadMatch("", "a match is an object")
    models: tuple[str, ...] = ()
    words: dict[str, str | None] = {"task": None, "surface": None}
    checks, groups = [], []
    nth: Callable[[Any], bool] | None = None
    for field, wanted in document.items():
        pointer = f"/{escaped(field)}"
        if field == "model":
            models = tuple(wanted) if isinstance(wanted, list) else (wanted,)
            if not models or not all(isinstance(glob, str) for glob in models):
                raise BadMatch(pointer, "accepted: a glob or a list of globs")
        elif field in words:
            if not isinstance(wanted, str):
                raise BadMatch(pointer, "accepted: a string")
            if field == "surface" and wanted not in SURFACES:
                raise BadMatch(pointer, f"{wanted!r} is no surface; accepted: {', '.join(SURFACES)}")
            words[field] = wanted
        elif field in GROUPS:
            groups.append(_group(field, wanted, pointer))
        elif field == "call" and counted:
            nth = _nth(wanted, pointer)
        elif (where := place(field)) is not None:
            test = condition(wanted, pointer)
            checks.append(Check(field, where, wanted, test, _key(where, wanted), _part(wanted)))
        else:
            accepted = [name for name in ACCEPTED if counted or name != "call"]
            raise BadMatch(pointer, f"unknown field{near(field, accepted)}; accepted: {', '.join(accepted)}")
    return Match(models, words["task"], words["surface"], tuple(checks), tuple(groups), document.get("call"), nth)


def _group(kind: str, wanted: Any, pointer: str) -> Group:
    if kind == "not":
        listed = [(wanted, pointer)]
    elif isinstance(wanted, list) and wanted:
        listed = [(item, f"{pointer}/{index}") for index, item in enumerate(wanted)]
    else:
        raise BadMatch(pointer, "accepted: a list of matches")
    matches = []
    for document, where in listed:
        try:
            matches.append(compile_match(document))
        except BadMatch as error:
            raise BadMatch(where + error.pointer, str(error)) from None
    return Group(kind, tuple(matches), wanted)


def _nth(wanted: Any, pointer: str) -> Callable[[Any], bool]:
    if isinstance(wanted, bool) or not (isinstance(wanted, dict) or (isinstance(wanted, int) and wanted > 0)):
        raise BadMatch(pointer, f"{wanted!r}; accepted: a whole number from 1, or conditions for one")
    return condition(wanted, pointer)


def _part(wanted: Any) -> str:
    """The longest text that must stand in whatever meets the conditions of `wanted`."""
    if not isinstance(wanted, dict):
        return ""
    return max((wanted[name] for name in TEXTS if isinstance(wanted.get(name), str)), key=len, default="")


def _key(where: Place, wanted: Any) -> tuple[Place, Any] | None:
    """A place at or below `where` and the scalar that stands there whenever `wanted` is met, or None."""
    if isinstance(wanted, dict):
        if "equals" not in wanted:
            return None
        wanted = wanted["equals"]
    leaf = _leaf(where.path, wanted)
    return None if leaf is None else (Place(where.root, leaf[0]), leaf[1])


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
