"""What is wrong with fixtures that could still be loaded: those that can never speak, and replies no model would give.

Everything found is certain, save that a request may have inputs that its model does not know and the service ignores:
where only the requests that come can tell, nothing is said.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mock_server.catalog import Catalog, Model
from mock_server.errors import MockError
from mock_server.matching import ABSENT, SHORTEST, Check, Match, Place, Ranked, Step, Texts, escaped, look, near
from mock_server.stubs import Stub, in_order
from mock_server.stubs.files import Files
from mock_server.stubs.replies import Prepared
from mock_server.text import schema_check

LEFT_OUT = ("stream", "stream_options")  # what the inputs have not, when they are matched
TEXTS = ("contains", "starts_with", "ends_with")
_TOOLS = (Step("tools", None),)
NO_LISTS = ("content", "prompt", "question")  # where no list of texts stands
BOUNDS = (("gt", "gte"), ("lt", "lte"))


class Finding(NamedTuple):
    """Something wrong. pointer: where in the file, None for all of it.

    kind: invalid (cannot be loaded), unreachable (nothing meets its match), input (none of its models has such an
    input), shadowed (an earlier one always speaks first), reply (none of its models would answer so).
    """

    file: Path
    pointer: str | None
    kind: str
    message: str

    def __str__(self) -> str:
        where = "" if self.pointer is None else f"#{self.pointer}"
        return f"{self.file}{where}: {self.kind}: {self.message}"

    def json(self) -> dict[str, Any]:
        """As JSON: file, pointer, kind, message."""
        return {**self._asdict(), "file": str(self.file)}


class Report(NamedTuple):
    """How many fixtures there are, and what is wrong with them, in the order of their files."""

    fixtures: int
    findings: list[Finding]


def check(folders: tuple[Path, ...], catalog: Catalog) -> Report:
    """Look through the fixtures of some folders, as a server that is given them would.

    MockError for a folder that is none.
    """
    for folder in folders:
        if not folder.is_dir():
            raise MockError(f"{folder}: no such folder of fixtures")
    files = Files(folders)
    files.look()
    findings = [Finding(broken.file, broken.pointer, "invalid", broken.message) for broken in files.broken]
    for stub in files.stubs:
        findings += _of_one(stub, catalog)
    findings += _shadowed(in_order(files.stubs))
    findings.sort(key=lambda finding: (str(finding.file), finding.pointer or ""))
    return Report(len(files.stubs) + len(files.broken), findings)


def _of_one(stub: Stub, catalog: Catalog) -> Iterator[Finding]:
    assert stub.file is not None
    concerned = _concerned(catalog, stub.match.models, stub.match.task)
    problems = [*_unreachable(stub.match, catalog, concerned)]
    for kind, pointer, message in problems:
        yield Finding(stub.file, f"/match{pointer}", kind, message)
    if problems:
        return
    able = [model for model in concerned if _takes(stub.match, catalog, model)]
    listed = isinstance(stub.document["reply"], list)
    for index, reply in enumerate(stub.replies):
        pointer = f"/reply/{index}" if listed else "/reply"
        for where, message in _wrong_reply(reply, stub.match, catalog, able):
            yield Finding(stub.file, pointer + where, "reply", message)


@cache
def _concerned(catalog: Catalog, globs: tuple[str, ...], task: str | None) -> tuple[Model, ...]:
    match = Match(globs, task)
    return tuple(model for model in catalog if match.concerns(model.name, model.task))


# --- matches that nothing meets ---------------------------------------------------------------------------------------


def _unreachable(match: Match, catalog: Catalog, concerned: Sequence[Model]) -> Iterator[tuple[str, str, str]]:
    """Kinds, pointers into the match, and why nothing meets what stands there."""
    tasks = sorted({model.task for model in catalog})
    if match.task is not None and match.task not in tasks:
        guess = near(match.task, tasks)
        yield "unreachable", "/task", f"no model has the task {match.task!r}{guess}; there are: {', '.join(tasks)}"
        return
    names = [model.name for model in catalog]
    for number, glob in enumerate(match.models):
        if not any(Match((glob,)).concerns(name, "") for name in names):
            pointer = f"/model/{number}" if len(match.models) > 1 else "/model"
            yield "unreachable", pointer, f"no model of the catalog is {glob!r}{near(glob, names)}"
            return
    if not concerned:
        yield "unreachable", "/model", f"none of these models has the task {match.task!r}"
        return
    pinned = _pinned(match)
    for check in match.checks:
        pointer = f"/{escaped(check.field)}"
        if (strange := _strange_input(check, catalog, concerned)) is not None:
            yield strange[0], pointer, strange[1]
            continue
        beside = next((field for value, field in _values_at(pinned, check.place) if not check.holds(value)), None)
        if beside is not None:
            yield "unreachable", pointer, f"what is wanted here cannot be, beside {beside}"
        elif isinstance(check.wanted, dict) and _is_empty(check.wanted):
            yield "unreachable", pointer, "no number is in these bounds"
    if match.nth is not None and not any(match.nth(number) for number in range(1, 10_000)):
        yield "unreachable", "/call", "no call has such a number"


def _strange_input(check: Check, catalog: Catalog, concerned: Sequence[Model]) -> tuple[str, str] | None:
    """Kind and complaint for an input that must be there, and that none of the models has."""
    if not _must_be_there(check):
        return None
    name = check.place.path[0].key
    if name in LEFT_OUT:
        return "unreachable", f"{name} is about the sending and no input; accepted: a match on `stream`"
    known = [_inputs(catalog, model) for model in concerned]
    if any(not names or name in names for names in known):
        return None
    guess = near(name, sorted(set().union(*known)))
    return "input", f"none of the models it is for has an input {name!r}{guess}"


@cache
def _inputs(catalog: Catalog, model: Model) -> frozenset[str]:
    """The names of the inputs that a model knows of."""
    found = {*model.formats, *model.facts.get("fills", ())}
    for side in ("input", "form"):
        if side in model.schema:
            found |= _properties(catalog.schema(model, side))
    raw = model.facts.get("raw_body")
    if isinstance(raw, str):
        found.add(raw)
    return frozenset(found)


def _properties(schema: Any) -> set[str]:
    if not isinstance(schema, Mapping):
        return set()
    found = set(schema.get("properties", ()))
    for branches in ("oneOf", "anyOf", "allOf"):
        for branch in schema.get(branches, ()):
            found |= _properties(branch)
    for branch in ("if", "then", "else"):
        found |= _properties(schema.get(branch))
    return found


def _takes(match: Match, catalog: Catalog, model: Model) -> bool:
    """Whether a model has all the inputs that a match wants to be there."""
    known = _inputs(catalog, model)
    wanted = (check.place.path[0].key for check in match.checks if _must_be_there(check))
    return all(name in known for name in wanted)


def _must_be_there(check: Check) -> bool:
    return check.place.root == "inputs" and bool(check.place.path) and not check.holds(ABSENT)


def _is_empty(wanted: Mapping[str, Any]) -> bool:
    """Whether bounds for a number leave none."""
    low = max((wanted[name] for name in BOUNDS[0] if name in wanted), default=None)
    high = min((wanted[name] for name in BOUNDS[1] if name in wanted), default=None)
    if low is None or high is None:
        return False
    strict = wanted.get("gt") == low or wanted.get("lt") == high
    return bool(low > high or (low == high and strict))


class Pin(NamedTuple):
    """A place where one value must stand. check: the field that says so."""

    place: Place
    value: Any
    field: str


def _pinned(match: Match) -> list[Pin]:
    found = []
    for check in match.checks:
        if not isinstance(check.wanted, dict):
            found.append(Pin(check.place, check.wanted, check.field))
        elif "equals" in check.wanted:
            found.append(Pin(check.place, check.wanted["equals"], check.field))
    return found


def _values_at(pins: Iterable[Pin], place: Place) -> Iterator[tuple[Any, str]]:
    """What must stand at a place, each with the field that says so."""
    for pin in pins:
        depth = len(pin.place.path)
        if pin.place.root == place.root and pin.place.path == place.path[:depth]:
            yield look(pin.value, place.path[depth:]), pin.field


def _pinned_at(pins: Iterable[Pin], place: Place) -> tuple[Any, str] | None:
    """The one value that can stand at a place, and the field that says so; None where several can."""
    return next(_values_at(pins, place), None)


# --- matches that an earlier one always meets first -------------------------------------------------------------------


class Earlier:
    """Stubs that come earlier and always answer, found by the first thing that they want."""

    def __init__(self) -> None:
        self._all: list[Stub] = []  # those that want something which is neither a value nor a text
        self._exact: dict[Place, dict[Any, list[Stub]]] = {}
        self._texts: dict[Place, Texts[Stub]] = {}

    def add(self, stub: Stub, rank: int) -> None:
        """The next one; rank: its number."""
        checks = stub.match.checks
        key = next((check.key for check in checks if check.key is not None), None)
        text = next((check for check in checks if len(check.part) >= SHORTEST), None)
        if key is not None:
            self._exact.setdefault(key[0], {}).setdefault(repr(key[1]), []).append(stub)
        elif text is not None:
            self._texts.setdefault(text.place, Texts()).add(text.part, Ranked(rank, stub.match, stub))
        else:
            self._all.append(stub)

    def perhaps_broader(self, match: Match) -> Iterator[Stub]:
        """Those that may speak for all that `match` speaks for, among them all that surely do."""
        yield from self._all
        pins = _pinned(match)
        for place, values in self._exact.items():
            if (value := _pinned_at(pins, place)) is not None:
                yield from values.get(repr(value[0]), ())
        for place, texts in self._texts.items():
            if (value := _pinned_at(pins, place)) is not None:
                yield from (ranked.rule for ranked in texts.find(value[0]))
            for check in match.checks:
                if check.place == place and isinstance(check.wanted, dict):
                    for name in TEXTS:
                        yield from (ranked.rule for ranked in texts.find(check.wanted.get(name)))


def _shadowed(stubs: list[Stub]) -> Iterator[Finding]:
    """Stubs, in order, that have an earlier one which speaks for every call that they speak for."""
    earlier = Earlier()
    for rank, stub in enumerate(stubs):
        for other in earlier.perhaps_broader(stub.match):
            if _is_broader(other.match, stub.match):
                assert stub.file is not None
                why = "which comes first" if other.priority == stub.priority else "whose priority is higher"
                yield Finding(stub.file, "/match", "shadowed", f"{other.file} speaks for all of it, {why}")
                break
        if stub.times is None and stub.match.nth is None and not stub.match.groups:
            earlier.add(stub, rank)


def _is_broader(one: Match, other: Match) -> bool:
    """Whether `one` surely speaks for every call that `other` speaks for."""
    if one.task is not None and one.task != other.task:
        return False
    if one.surface is not None and one.surface != other.surface:
        return False
    if one.models and not (
        other.models and all(any(_covers(wide, glob) for wide in one.models) for glob in other.models)
    ):
        return False
    pins = _pinned(other)
    return all(_implied(check, other, pins) for check in one.checks)


def _covers(wide: str, glob: str) -> bool:
    if wide == glob:
        return True
    if not set("*?[") & set(glob):
        return Match((wide,)).concerns(glob, "")
    start = wide[:-1]
    return wide.endswith("*") and not set("*?[") & set(start) and glob.startswith(start)


def _implied(check: Check, other: Match, pins: list[Pin]) -> bool:
    """Whether `check` holds wherever `other` speaks."""
    value = _pinned_at(pins, check.place)
    if value is not None and check.holds(value[0]):
        return True
    for its in other.checks:
        if its.place != check.place:
            continue
        if its.wanted == check.wanted and isinstance(its.wanted, bool) == isinstance(check.wanted, bool):
            return True
        if isinstance(check.wanted, dict) and isinstance(its.wanted, dict) and len(check.wanted) == 1:
            [(name, wanted)] = check.wanted.items()
            if name == "present" and wanted is True and not its.holds(ABSENT):
                return True
            if isinstance(wanted, str) and _text_implied(name, wanted, its):
                return True
    return False


def _text_implied(name: str, text: str, check: Check) -> bool:
    """Whether a text condition holds wherever `check`, of the same place, does."""
    given = {key: check.wanted[key] for key in TEXTS if isinstance(check.wanted.get(key), str)}
    if name in ("starts_with", "ends_with"):
        said = str(given.get(name, ""))
        return said.startswith(text) if name == "starts_with" else said.endswith(text)
    # Of a list, `contains` wants an item; only some places never hold a list of texts.
    is_text = bool(check.place.path) and check.place.path[-1].key in NO_LISTS
    return name == "contains" and any(text in part for key, part in given.items() if is_text or key != "contains")


# --- replies that their models would not give -------------------------------------------------------------------------


def _wrong_reply(reply: Prepared, match: Match, catalog: Catalog, models: list[Model]) -> Iterator[tuple[str, str]]:
    """Pointers into a reply, and why none of the models it is for can give it."""
    if not models:
        return
    if reply.kind == "neutral":
        if not any(model.formats for model in models):
            tasks = ", ".join(sorted({model.task for model in models}))
            yield "", f"text cannot be written for {tasks}; accepted: result, file, error or raw"
        yield from _wrong_arguments(reply.document, match)
    elif reply.kind == "result" and not reply.templated:
        if match.surface in (None, "native", "batch", "binding", "universal"):
            yield from _wrong_result(reply.document["result"], catalog, models)
    elif reply.kind == "file":
        yield from _wrong_file(reply.document, catalog, models)


def _wrong_result(value: Any, catalog: Catalog, models: list[Model]) -> Iterator[tuple[str, str]]:
    schemas = {model.schema["output"]: model for model in models if "output" in model.schema}
    nearest: tuple[str, str] | None = None
    for model in schemas.values():
        schema = catalog.schema(model, "output")
        if schema_check.fits(value, schema, schema):
            return
        pointer, why = _misfit(value, schema, schema)
        if nearest is None or len(pointer) > len(nearest[0]):
            nearest = pointer, f"not the output of {model.name}: {why}"
    if nearest is not None:
        yield f"/result{nearest[0]}", nearest[1]


def _misfit(value: Any, schema: Any, root: Any) -> tuple[str, str]:
    """The pointer of the first part of a value that does not fit a schema, and what would."""
    if not isinstance(schema, Mapping):
        return "", "nothing fits here"
    for keyword in ("anyOf", "oneOf"):
        branches = [branch for branch in schema.get(keyword, ()) if isinstance(branch, Mapping)]
        if branches:
            return max((_misfit(value, branch, root) for branch in branches), key=lambda found: len(found[0]))
    if isinstance(value, dict):
        for key, item in value.items():
            for part in schema_check.parts_of(schema, key):
                if not schema_check.fits(item, part, root):
                    pointer, why = _misfit(item, part, root)
                    return f"/{escaped(key)}{pointer}", why
        for key in schema.get("required", ()):
            if key not in value:
                return "", f"{key!r} is missing; it has {', '.join(schema.get('properties', ()))}"
    if isinstance(value, list):
        first, rest = schema_check.positions(schema)
        for index, item in enumerate(value):
            part = first[index] if index < len(first) else rest
            if not schema_check.fits(item, part, root):
                pointer, why = _misfit(item, part, root)
                return f"/{index}{pointer}", why
    wanted = schema.get("enum") or schema.get("type")
    said = ", ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
    return "", f"{str(value)[:60]!r}; accepted: {said}" if said else f"{str(value)[:60]!r} does not fit"


def _wrong_file(document: Mapping[str, Any], catalog: Catalog, models: list[Model]) -> Iterator[tuple[str, str]]:
    media_type = document["media_type"].partition(";")[0].strip().lower()
    kinds = {kind for model in models for kind in _media(catalog, model)}
    if not kinds:
        yield "/file", f"none of these models answers with media: {', '.join(model.name for model in models[:3])}"
    elif media_type.partition("/")[0] not in kinds:
        accepted = " or ".join(f"{kind}/…" for kind in sorted(kinds))
        yield "/media_type", f"{media_type!r}; these models answer with {accepted}"
    guessed = mimetypes.guess_type(document["file"])[0]
    if guessed is not None and guessed.partition("/")[0] != media_type.partition("/")[0]:
        yield "/media_type", f"{media_type!r}, but the name of the file says {guessed}"


def _media(catalog: Catalog, model: Model) -> Iterator[str]:
    """The kinds of media that a model answers with: image, audio."""
    if "output" not in model.schema:
        return
    schema = catalog.schema(model, "output")
    for branch in (schema, *schema.get("anyOf", ())):
        kind = str(branch.get("contentType", "")).partition("/")[0]
        if kind in ("image", "audio", "video"):
            yield kind
        if model.facts.get("delivery") == "base64":
            yield from (name for name in ("image", "audio") if name in branch.get("properties", ()))


def _wrong_arguments(document: Mapping[str, Any], match: Match) -> Iterator[tuple[str, str]]:
    """Tool calls beside tools that the match itself names, and arguments that those do not take."""
    found = _pinned_at(_pinned(match), Place("inputs", _TOOLS))
    if found is None or not isinstance(found[0], list) or document.get("template"):
        return
    tools = {tool["name"]: tool for tool in map(_function, found[0]) if tool is not None}
    for index, item in enumerate(document.get("tool_calls", ())):
        tool = tools.get(item["name"])
        if tool is None:
            accepted = ", ".join(tools)
            yield f"/tool_calls/{index}/name", f"{item['name']!r} is no tool of the request; accepted: {accepted}"
            continue
        schema, arguments = tool.get("parameters", True), item.get("arguments", {})
        try:
            schema_check.require_sound(schema)
            if schema_check.fits(arguments, schema, schema):
                continue
        except schema_check.SchemaError:
            continue
        pointer, why = _misfit(arguments, schema, schema)
        yield f"/tool_calls/{index}/arguments{pointer}", f"not what {item['name']} takes: {why}"


def _function(tool: Any) -> dict[str, Any] | None:
    """A tool in either form: its name and parameters."""
    if isinstance(tool, dict):
        tool = tool.get("function", tool)
    return tool if isinstance(tool, dict) and isinstance(tool.get("name"), str) else None
