"""Answers that somebody wrote down: fixture files, each a match and a reply (see README, "Fixtures").

A stub's id is its path below the fixtures folder. Order: priority, then folders as given (the last first, the shipped
one at the end), then files by path; the first without a miss speaks.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from mock_server import errors
from mock_server.errors import ApiError, MockError, Row
from mock_server.exchange import Binary, Call, Choice, Completion, Reply, Result, Tokens, ToolCall
from mock_server.matching import BadMatch, Index, Match, compile_match

FIELDS = ("about", "match", "priority", "reply")
NEUTRAL = ("text", "json", "reasoning", "tool_calls", "finish_reason")
REPLY_FIELDS = (*NEUTRAL, "result", "error", "file", "media_type")
ROWS: dict[int, Row] = {
    row.code: row for row in vars(errors).values() if isinstance(row, Row) and row is not errors.FORBIDDEN
}


@dataclass(frozen=True, slots=True)
class Stub:
    """One rule. replies: answered in turn, the last one repeating."""

    id: str
    match: Match
    replies: tuple[Callable[[Call], Reply], ...]
    priority: int = 0


class Stubs:
    """The rules a server knows, and the one that speaks for a call."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        found = [stub for folder in reversed(folders) for stub in read_folder(folder)]
        self._stubs = sorted(found, key=lambda stub: -stub.priority)
        self._concerned: dict[str, Index[Stub]] = {}
        self._turns: dict[tuple[str, str], int] = {}

    def reply(self, call: Call) -> tuple[Reply, str] | None:
        """The reply and id of the first stub that speaks for `call`, or None. ApiError when its reply is an error."""
        model = call.model
        concerned = self._concerned.get(model.name)
        if concerned is None:
            stubs = [(stub.match, stub) for stub in self._stubs if stub.match.concerns(model.name, model.task)]
            concerned = self._concerned[model.name] = Index(stubs)
        stub = concerned.first(call)
        return None if stub is None else (self._next(stub, call)(call), stub.id)

    def is_settled(self, account: str) -> bool:  # noqa: ARG002
        """Whether model and inputs alone decide which stub speaks for a call of `account`, now and later."""
        return True

    def _next(self, stub: Stub, call: Call) -> Callable[[Call], Reply]:
        if len(stub.replies) == 1:
            return stub.replies[0]
        turn = self._turns.get((call.account, stub.id), 0)
        self._turns[call.account, stub.id] = turn + 1
        return stub.replies[min(turn, len(stub.replies) - 1)]


def read_folder(folder: Path) -> Iterator[Stub]:
    """Every fixture file of a folder, by path; ``accounts.json`` and ``assets/`` are not fixtures.

    MockError names the file and the JSON pointer of what is wrong, and what is accepted.
    """
    if not folder.is_dir():
        raise MockError(f"{folder}: no such folder of fixtures")
    for path in sorted(folder.rglob("*.json")):
        name = path.relative_to(folder).as_posix().removesuffix(".json")
        if name != "accounts" and not name.startswith("assets/"):
            yield read_file(path, name, folder)


def read_file(path: Path, name: str, folder: Path) -> Stub:
    """One fixture file as a stub."""
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise MockError(f"{path}: not JSON: {error}") from None
    try:
        return _stub(document, name, folder)
    except BadMatch as error:
        raise MockError(f"{path}#{error.pointer}: {error}") from None


def _stub(document: Any, name: str, folder: Path) -> Stub:
    _known(document, FIELDS, "")
    for field in ("match", "reply"):
        if field not in document:
            raise BadMatch("", f"the field {field} is missing")
    priority = document.get("priority", 0)
    if type(priority) is not int:
        raise BadMatch("/priority", f"{priority!r}; accepted: a whole number")
    try:
        match = compile_match(document["match"])
    except BadMatch as error:
        raise BadMatch(f"/match{error.pointer}", str(error)) from None
    reply = document["reply"]
    if isinstance(reply, list):
        if not reply:
            raise BadMatch("/reply", "an empty list; accepted: a reply or a list of them")
        replies = tuple(_reply(item, f"/reply/{index}", folder) for index, item in enumerate(reply))
    else:
        replies = (_reply(reply, "/reply", folder),)
    return Stub(name, match, replies, priority)


def _known(document: Any, fields: tuple[str, ...], pointer: str) -> None:
    if not isinstance(document, dict):
        raise BadMatch(pointer, f"accepted: an object with {', '.join(fields)}")
    for field in document:
        if field not in fields:
            close = get_close_matches(field, fields, 1)
            near = f", did you mean {close[0]}" if close else ""
            raise BadMatch(f"{pointer}/{field}", f"unknown field{near}; accepted: {', '.join(fields)}")


def _reply(document: Any, pointer: str, folder: Path) -> Callable[[Call], Reply]:
    """What a reply's JSON makes of a call."""
    _known(document, REPLY_FIELDS, pointer)
    kinds = [kind for kind in ("result", "error", "file") if kind in document]
    if any(field in document for field in NEUTRAL):
        kinds.append("text")
    if len(kinds) != 1:
        raise BadMatch(pointer, "a reply is one of: text or json and tool_calls, result, error, file")
    kind = kinds[0]
    if kind == "result":
        return partial(_verbatim, document["result"])
    if kind == "error":
        return partial(_error, *_row(document["error"], f"{pointer}/error"))
    if kind == "file":
        return partial(_file, *_asset(document, pointer, folder))
    return partial(_neutral, _choice(document, pointer))


def _choice(document: dict[str, Any], pointer: str) -> Choice:
    texts = {}
    for field in ("text", "reasoning", "finish_reason"):
        value = document.get(field, "")
        if not isinstance(value, str):
            raise BadMatch(f"{pointer}/{field}", f"{value!r}; accepted: a string")
        texts[field] = value
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
        _known(item, ("name", "arguments", "id"), where)
        name, arguments = item.get("name"), item.get("arguments", {})
        if not isinstance(name, str) or not isinstance(arguments, dict):
            raise BadMatch(where, "accepted: a name (string) and arguments (object)")
        calls.append(ToolCall(name, arguments, item.get("id") or f"{index:032x}"))
    finish = texts["finish_reason"] or ("tool_calls" if calls else "stop")
    return Choice(texts["text"], texts["reasoning"], tuple(calls), finish, value)


def _neutral(choice: Choice, call: Call) -> Reply:
    if not call.model.formats:
        raise MockError(f"a reply of text cannot be written for {call.model.task}; use result or file")
    from mock_server.text import tokens  # with the first such reply, not at the start

    said = tokens.count(choice.text) + tokens.count(choice.reasoning)
    said += sum(tokens.count(orjson.dumps(item.arguments).decode()) + 1 for item in choice.tool_calls)
    asked = tokens.count(orjson.dumps(call.inputs, default=lambda value: "").decode())
    return Completion((choice,), Tokens(asked, said))


def _verbatim(value: Any, call: Call) -> Reply:
    if call.stream and call.model.formats:
        text = _said(value)
        if text is not None:
            return _neutral(Choice(text), call)
    return Result(value, _counted(value), verbatim=True)


def _counted(value: Any) -> Tokens | None:
    """What a verbatim result says it used, which is what it costs."""
    usage = value.get("usage") if isinstance(value, dict) else None
    if not isinstance(usage, dict):
        return None
    prompt, completion = (usage.get(f"{kind}_tokens") for kind in ("prompt", "completion"))
    if prompt is None:
        prompt, completion = (usage.get(f"{kind}_tokens") for kind in ("input", "output"))
    return Tokens(prompt, completion or 0) if type(prompt) is int and type(completion or 0) is int else None


def _said(value: Any) -> str | None:
    """What a language model's verbatim result says, so that it can be streamed too."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("response"), str):
        return str(value["response"])
    try:
        content = value["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        return None
    return content if isinstance(content, str) else None


def _row(document: Any, pointer: str) -> tuple[Row, dict[str, Any]]:
    values: dict[str, Any] = {}
    code = document
    if isinstance(document, dict):
        _known(document, ("code", "values"), pointer)
        code, values = document.get("code"), document.get("values", {})
    if code not in ROWS or isinstance(code, bool):
        raise BadMatch(
            pointer, f"{code!r} is no code of the error table; accepted: {', '.join(map(str, sorted(ROWS)))}"
        )
    return ROWS[code], values


def _error(row: Row, values: dict[str, Any], call: Call) -> Reply:
    known: dict[str, Any] = {
        "model": call.model.name,
        "path": "",
        "method": "POST",
        "what": "body",
        "date": "2026-05-30",
    }
    known |= {"reason": "fixture", "detail": "{}", "type": "string", "tokens": 0, "limit": 0}
    raise ApiError(row, **(known | values))


def _asset(document: dict[str, Any], pointer: str, folder: Path) -> tuple[Path, str]:
    name, media_type = document["file"], document.get("media_type")
    if not isinstance(name, str) or not isinstance(media_type, str):
        raise BadMatch(pointer, "a reply of a file wants file (a name below assets/) and media_type")
    assets = (folder / "assets").resolve()
    path = (assets / name).resolve()
    if not path.is_relative_to(assets) or not path.is_file():
        raise BadMatch(f"{pointer}/file", f"{name!r} is no file below {assets}")
    return path, media_type


def _file(path: Path, media_type: str, call: Call) -> Reply:
    """The bytes of an asset, delivered as the model delivers its media."""
    try:
        body = path.read_bytes()
    except OSError as error:  # it was there at the start
        raise MockError(f"{path}: cannot be read: {error.strerror}") from error
    if call.model.facts.get("delivery") == "base64":
        field = "audio" if media_type.startswith("audio/") else "image"
        return Result({field: b64encode(body).decode()}, verbatim=True)
    return Binary(body, media_type)
