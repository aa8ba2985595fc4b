"""Replies: read from JSON, and made for a call."""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import AsyncGenerator, Callable
from functools import partial
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple

import orjson

from mock_server import errors, formats, pacing
from mock_server.errors import ApiError, MockError, Row
from mock_server.exchange import Binary, Call, Choice, Completion, Raw, Reply, Result, Tokens, ToolCall
from mock_server.matching import BadMatch, escaped, near
from mock_server.stubs import templates, verbatim
from mock_server.stubs.templates import Scene

NEUTRAL = ("text", "json", "reasoning", "tool_calls", "finish_reason")
KINDS = ("result", "error", "file", "raw")
AROUND = ("delay", "pacing", "template")  # beside a reply, or in it
FIELDS = (*NEUTRAL, *KINDS, "media_type", *AROUND)
FINISHES = ("stop", "length", "tool_calls", "content_filter")
# What fills a row's placeholders where a fixture says nothing.
ASSUMED: dict[str, Any] = {
    "path": "", "method": "POST", "what": "body", "date": "2026-05-30", "reason": "fixture", "detail": "{}",
    "type": "string", "tokens": 0, "limit": 0,
}  # fmt: skip
# The row that a code means where it is that of several; the others are called by name.
USUAL: dict[int, str] = {
    1001: "missing_authorization", 3030: "sequence_too_long", 5012: "unprocessable", 5016: "must_agree",
    6003: "bad_authorization", 7000: "no_route", 7001: "method_not_allowed", 7003: "bad_account",
    8001: "invalid_input", 8007: "context_overflow", 9106: "missing_headers", 9109: "invalid_access_token",
    10000: "authentication",
}  # fmt: skip
CONTENTS = ("text", "base64", "file")  # what a part of a raw reply is given as
FRAMING = ("content-length", "transfer-encoding", "connection")  # the server's own
# How a surface's own answers are told from others.
OWN_FORM = {"openai": "object", "anthropic": "type"}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s)").fullmatch


class Prepared(NamedTuple):
    """A reply that was read. kind: neutral, or one of KINDS. make: the reply for a call; ApiError for an error.
    delay: seconds before it. pacing: as ``x-mock-pacing`` has it, "" for the server's."""

    kind: str
    document: dict[str, Any]
    make: Callable[[Scene], Reply]
    delay: float = 0.0
    pacing: str = ""
    templated: bool = False


class Around(NamedTuple):
    """What stands beside a reply and holds for it unless the reply says otherwise. recorded: nobody wrote it."""

    delay: float = 0.0
    pacing: str = ""
    template: bool = False
    recorded: bool = False


def known(document: Any, fields: tuple[str, ...], pointer: str) -> None:
    """BadMatch unless `document` is an object with none but these fields."""
    if not isinstance(document, dict):
        raise BadMatch(pointer, f"accepted: an object with {', '.join(fields)}")
    for field in document:
        if field not in fields:
            raise BadMatch(
                f"{pointer}/{escaped(field)}", f"unknown field{near(field, fields)}; accepted: {', '.join(fields)}"
            )


def around(document: dict[str, Any], pointer: str, outer: Around = Around()) -> Around:  # noqa: B008 - it is frozen
    """The delay, pacing and template that a document gives, else those of `outer`."""
    delay, pace, template, recorded = outer
    if "delay" in document:
        delay = duration(document["delay"], f"{pointer}/delay")
    if "pacing" in document:
        pace = document["pacing"]
        try:
            pacing.parse(pace if isinstance(pace, str) else repr(pace), "")
        except MockError:
            raise BadMatch(f"{pointer}/pacing", f"{pace!r}; accepted: {pacing.ACCEPTED}") from None
    if "template" in document:
        template = document["template"]
        if not isinstance(template, bool):
            raise BadMatch(f"{pointer}/template", f"{template!r}; accepted: true or false")
    return Around(delay, pace, template, recorded)


def duration(value: Any, pointer: str) -> float:
    """Seconds from a duration such as 200ms or 1.5s."""
    found = _DURATION(value) if isinstance(value, str) else None
    if found is None:
        raise BadMatch(pointer, f"{value!r}; accepted: a duration such as 200ms or 1.5s")
    return float(found[1]) / (1000 if found[2] == "ms" else 1)


def read(document: Any, pointer: str, folder: Path | None, outer: Around) -> Prepared:
    """A reply from its JSON. folder: where its files are. BadMatch says where and what is wrong."""
    known(document, FIELDS, pointer)
    kinds = [kind for kind in KINDS if kind in document]
    if any(field in document for field in NEUTRAL):
        kinds.append("neutral")
    if len(kinds) != 1:
        raise BadMatch(pointer, "a reply is one of: text or json and tool_calls, result, error, file, raw")
    [kind] = kinds
    if "media_type" in document and kind != "file":
        raise BadMatch(f"{pointer}/media_type", "only of a reply that is a file")
    delay, pace, template, recorded = around(document, pointer, outer)
    make: Callable[[Scene], Reply]
    if kind == "result":
        make = _result(document["result"], f"{pointer}/result", template)
    elif kind == "error":
        make = partial(_error, *_row(document["error"], f"{pointer}/error"))
    elif kind == "file":
        make = partial(_file, *_asset(document, pointer, folder))
    elif kind == "raw":
        make = partial(_given, _raw(document["raw"], f"{pointer}/raw", folder, timed=not recorded))
    else:
        make = _said(document, pointer, template)
    return Prepared(kind, document, make, delay, pace, template)


def _said(document: dict[str, Any], pointer: str, template: bool) -> Callable[[Scene], Reply]:
    choice = _choice(document, pointer)
    if not template:
        return lambda scene: _neutral((choice,), scene.call)
    said = {field: document[field] for field in NEUTRAL if field in document}
    make = templates.compiled(said, pointer)

    def filled(scene: Scene) -> Reply:
        made = make(scene)
        for field in ("text", "reasoning"):
            if field in made:
                made[field] = templates.written(made[field])
        for item in made.get("tool_calls", ()):
            item["name"] = templates.written(item["name"])
        return _neutral((_choice(made, pointer),), scene.call)

    return filled


def _choice(document: dict[str, Any], pointer: str) -> Choice:
    texts = {}
    for field in ("text", "reasoning", "finish_reason"):
        value = document.get(field, "")
        if not isinstance(value, str):
            raise BadMatch(f"{pointer}/{field}", f"{value!r}; accepted: a string")
        texts[field] = value
    if texts["finish_reason"] not in ("", *FINISHES):
        raise BadMatch(f"{pointer}/finish_reason", f"{texts['finish_reason']!r}; accepted: {', '.join(FINISHES)}")
    value = document.get("json")
    if "json" in document:
        if "text" in document:
            raise BadMatch(f"{pointer}/json", "text and json are two ways to say the same; accepted: one of them")
        texts["text"] = orjson.dumps(value).decode()
    calls = []
    listed = document.get("tool_calls", [])
    if not isinstance(listed, list):
        raise BadMatch(f"{pointer}/tool_calls", "accepted: a list of objects with name and arguments")
    for index, item in enumerate(listed):
        where = f"{pointer}/tool_calls/{index}"
        known(item, ("name", "arguments", "id"), where)
        name, arguments, own = item.get("name"), item.get("arguments", {}), item.get("id", "")
        if not isinstance(name, str) or not isinstance(arguments, dict) or not isinstance(own, str):
            raise BadMatch(where, "accepted: a name (string), arguments (object), and perhaps an id (string)")
        calls.append(ToolCall(name, arguments, own))
    finish = texts["finish_reason"] or ("tool_calls" if calls else "stop")
    return Choice(texts["text"], texts["reasoning"], tuple(calls), finish, value)


def _neutral(choices: tuple[Choice, ...], call: Call, used: Tokens | None = None) -> Reply:
    if not call.model.formats:
        raise MockError(f"a reply of text cannot be written for {call.model.task}; use result or file")
    from mock_server.text import tokens  # with the first such reply, not at the start

    if used is None:
        said = sum(tokens.count(choice.text) + tokens.count(choice.reasoning) for choice in choices)
        calls = [item for choice in choices for item in choice.tool_calls]
        said += sum(tokens.count(orjson.dumps(item.arguments).decode()) + 1 for item in calls)
        used = Tokens(tokens.count(orjson.dumps(call.inputs, default=lambda value: "").decode()), said)
    return Completion(choices, used)


def _result(value: Any, pointer: str, template: bool) -> Callable[[Scene], Reply]:
    if not template:
        return lambda scene: _verbatim(value, scene.call)
    make = templates.compiled(value, pointer)
    return lambda scene: _verbatim(make(scene), scene.call)


def _verbatim(value: Any, call: Call) -> Reply:
    """The value as it is, where it can be sent so: a stream has another form, and so have other surfaces."""
    used = verbatim.tokens(value)
    form = formats.pick(call.model, call.inputs)
    if form == "moondream" and call.stream and isinstance(value, dict):
        from mock_server.formats.moondream import NO_METRICS

        return Result({"finish_reason": "stop", **value, "metrics": NO_METRICS | value.get("metrics", {})}, used)
    own = OWN_FORM.get(call.surface)
    elsewhere = own is not None and not (isinstance(value, dict) and own in value)
    if form is not None and (call.stream or elsewhere):
        choices = verbatim.choices(value)
        if choices is not None:
            return _neutral(choices, call, used)
    return Result(value, used, verbatim=True)


def _row(document: Any, pointer: str) -> tuple[Row, dict[str, Any]]:
    """An error by its code, with its status where several rows have one code, or by its name."""
    row: Row | None = None
    values: dict[str, Any] = {}
    code, status = document, None
    if isinstance(document, dict):
        known(document, ("code", "status", "values"), pointer)
        code, values, status = document.get("code"), document.get("values", {}), document.get("status")
    if isinstance(code, str):
        row = errors.named().get(code.lower())
    elif type(code) is int:
        usual = errors.named().get(USUAL.get(code, ""))
        found = [row for row in (usual, *errors.named().values()) if row is not None and row.code == code]
        row = next((row for row in found if status in (None, row.status)), None)
    if row is None or status not in (None, row.status):
        shown = f"{code!r} with status {status!r}" if status is not None else repr(code)
        if isinstance(code, str):
            raise BadMatch(pointer, f"{shown} is no name of the error table{near(code.lower(), [*errors.named()])}")
        codes = ", ".join(map(str, sorted({row.code for row in errors.named().values()} - {0})))
        raise BadMatch(pointer, f"{shown} is no code of the error table; accepted: {codes}, or the name of a row")
    if not isinstance(values, dict):
        raise BadMatch(f"{pointer}/values", f"{values!r}; accepted: an object")
    wanted = placeholders(row)
    for name in values:
        if name not in wanted:
            accepted = ", ".join(wanted) or "none"
            raise BadMatch(f"{pointer}/values/{escaped(name)}", f"the message has no {{{name}}}; accepted: {accepted}")
    return row, values


def placeholders(row: Row) -> tuple[str, ...]:
    """The names of what a row's message is filled with."""
    return tuple(dict.fromkeys(name for _, name, _, _ in Formatter().parse(row.title + row.text) if name))


def _error(row: Row, values: dict[str, Any], scene: Scene) -> Reply:
    filled = {name: ASSUMED.get(name, name) for name in placeholders(row)}
    if "model" in filled:
        filled["model"] = scene.call.model.name
    raise ApiError(row, **(filled | values))


def _asset(document: dict[str, Any], pointer: str, folder: Path | None) -> tuple[Path, str]:
    name, media_type = document["file"], document.get("media_type")
    if not isinstance(name, str) or not isinstance(media_type, str):
        raise BadMatch(pointer, "a reply of a file wants file (a name below assets/) and media_type")
    return _below_assets(name, pointer, folder), media_type


def _below_assets(name: str, pointer: str, folder: Path | None) -> Path:
    if folder is None:
        raise BadMatch(f"{pointer}/file", "only fixtures have files beside them; accepted here: raw, with base64")
    assets = (folder / "assets").resolve()
    path = (assets / name).resolve()
    if not path.is_relative_to(assets) or not path.is_file():
        raise BadMatch(f"{pointer}/file", f"{name!r} is no file below {assets}")
    return path


def _file(path: Path, media_type: str, scene: Scene) -> Reply:
    """The bytes of an asset, delivered as the model delivers its media."""
    body = _bytes(path)
    if scene.call.model.facts.get("delivery") == "base64":
        field = "audio" if media_type.startswith("audio/") else "image"
        return Result({field: b64encode(body).decode()}, verbatim=True)
    return Binary(body, media_type)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:  # it was there at the start
        raise MockError(f"{path}: cannot be read: {error.strerror}") from error


def _given(reply: Reply, scene: Scene) -> Reply:
    return reply


def _raw(document: Any, pointer: str, folder: Path | None, *, timed: bool) -> Raw:
    """A recorded answer: status, headers (a list for one that comes several times), parts, each after its delay."""
    known(document, ("status", "headers", "parts"), pointer)
    status = document.get("status", 200)
    if type(status) is not int or not 200 <= status <= 599:
        raise BadMatch(f"{pointer}/status", f"{status!r}; accepted: a whole number from 200 to 599")
    given = document.get("headers", {})
    if not isinstance(given, dict):
        raise BadMatch(f"{pointer}/headers", "accepted: an object of names and values")
    headers: list[tuple[bytes, bytes]] = []
    for name, value in given.items():
        where = f"{pointer}/headers/{escaped(name)}"
        if name.lower() in FRAMING:
            raise BadMatch(where, "the server sends this one itself")
        for one in value if isinstance(value, list) else [value]:
            if not isinstance(one, str) or not one.isprintable() or not _NAME(name):
                raise BadMatch(where, "accepted: the name of a header with a string, or a list of them, on one line")
            headers.append((name.lower().encode(), one.encode("utf-8")))
    listed = document.get("parts", [])
    if not isinstance(listed, list):
        raise BadMatch(f"{pointer}/parts", "accepted: a list of objects with text, base64 or file, and delay_ms")
    parts = tuple(_part(item, f"{pointer}/parts/{index}", folder) for index, item in enumerate(listed))

    async def chunks(paced: bool) -> AsyncGenerator[bytes, None]:
        for seconds, body in parts:
            if paced and seconds:
                await asyncio.sleep(seconds)
            yield body if isinstance(body, bytes) else _bytes(body)

    return Raw(status, tuple(headers), chunks, timed)


def _part(document: Any, pointer: str, folder: Path | None) -> tuple[float, bytes | Path]:
    """Seconds before a part of an answer, and the part: its bytes, or the file that has them."""
    known(document, ("delay_ms", *CONTENTS), pointer)
    wait = document.get("delay_ms", 0)
    if type(wait) not in (int, float) or wait < 0:
        raise BadMatch(f"{pointer}/delay_ms", f"{wait!r}; accepted: a number of milliseconds")
    kinds = [kind for kind in CONTENTS if kind in document]
    if len(kinds) != 1:
        raise BadMatch(pointer, "accepted: text, base64 or file")
    [kind] = kinds
    value = document[kind]
    if not isinstance(value, str):
        raise BadMatch(f"{pointer}/{kind}", f"{value!r}; accepted: a string")
    if kind == "text":
        return wait / 1000, value.encode()
    if kind == "file":
        return wait / 1000, _below_assets(value, pointer, folder)
    try:
        return wait / 1000, b64decode(value, validate=True)
    except (NotBase64, ValueError):
        raise BadMatch(f"{pointer}/base64", "not base64") from None
