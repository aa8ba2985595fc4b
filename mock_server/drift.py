"""Asks recorded requests again and says what has changed in the shape of the answers, not in what they say.

Looked at are status and error code, content type, the keys of JSON and the types of their values, and of streams the
kinds of their events and how they end. Values, numbers of items and of events are not: they differ each time.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from mock_server.errors import MockError
from mock_server.stubs import Stub, read_folder

if TYPE_CHECKING:
    import httpx

CONNECT, READ = 15.0, 600.0  # seconds


class Change(NamedTuple):
    """One thing that is another now. kind: status, code, content-type, added, removed, type, event or ending.

    path: where in the body, "" where that means nothing. was, now: what was recorded and what is there, None for
    nothing.
    """

    kind: str
    path: str
    was: Any
    now: Any

    def __str__(self) -> str:
        if self.kind == "added":
            return f"added    {self.path} ({self.now})"
        if self.kind == "removed":
            return f"removed  {self.path} ({self.was})"
        where = f"{self.path}: " if self.path else ""
        return f"{self.kind:<8} {where}{_shown(self.was)} -> {_shown(self.now)}"


class Compared(NamedTuple):
    """A recording and what has changed since. asked: when it was recorded, "" where it does not say."""

    id: str
    asked: str
    recorded_at: str
    changes: tuple[Change, ...]


class Answered(NamedTuple):
    """An answer as far as it has a shape. kinds: of events and their data; ending: what a stream ends with."""

    status: int
    content_type: str
    code: Any
    shape: Mapping[str, frozenset[str]]
    kinds: frozenset[str]
    ending: str


def recordings(folder: Path) -> list[Stub]:
    """The recorded fixtures of a folder. MockError when there are none, or for a file that cannot be understood."""
    found = [stub for stub in read_folder(folder) if "recorded" in stub.document]
    if not found:
        raise MockError(f"{folder}: nothing recorded here; --mode record --recordings {folder} writes recordings")
    return found


def compare(folder: Path, upstream: str, token: str, account: str) -> Iterator[Compared]:
    """Ask every recorded request of `folder` again, one after the other.

    MockError names the recording that cannot be asked again, or whose answer cannot be had: without credentials that
    are good for it, nothing can be said about shapes.
    """
    import httpx

    stubs = recordings(folder)
    base = upstream.rstrip("/").removesuffix("/client/v4")
    with httpx.Client(timeout=httpx.Timeout(READ, connect=CONNECT)) as client:
        for stub in stubs:
            recorded = stub.document["recorded"]
            try:
                request = _request(recorded["request"], folder, base, token, account)
                before = _recorded(stub.document["reply"]["raw"], folder)
            except (KeyError, TypeError, ValueError, OSError) as error:
                raise MockError(f"{stub.file}: no recording that can be asked again: {error!r}") from error
            try:
                response = client.send(request)
            except httpx.HTTPError as error:
                raise MockError(f"{stub.id}: {base} cannot be asked: {str(error) or type(error).__name__}") from error
            content_type = response.headers.get("content-type", "")
            after = answered(response.status_code, content_type, response.content)
            if after.status in (401, 403) and before.status != after.status:
                raise MockError(f"{stub.id}: {base} refuses the credentials: {response.status_code} {after.code}")
            asked = f"{request.method} {recorded['request']['path']}"
            yield Compared(stub.id, asked, str(recorded.get("at", "")), tuple(changes(before, after)))


def _request(document: Mapping[str, Any], folder: Path, base: str, token: str, account: str) -> httpx.Request:
    import httpx

    path = document["path"].replace("{account_id}", account)
    query = f"?{document['query']}" if document.get("query") else ""
    headers = {"authorization": f"Bearer {token}", "accept-encoding": "identity"}
    if "content_type" in document:
        headers["content-type"] = document["content_type"]
    body = orjson.dumps(document["json"]) if "json" in document else _content(document, folder)
    return httpx.Request(document["method"], base + path + query, headers=headers, content=body)


def _recorded(raw: Mapping[str, Any], folder: Path) -> Answered:
    body = b"".join(_content(part, folder) for part in raw.get("parts", ()))
    content_type = raw.get("headers", {}).get("content-type", "")
    return answered(raw.get("status", 200), content_type, body)


def _content(document: Mapping[str, Any], folder: Path) -> bytes:
    if "text" in document:
        return str(document["text"]).encode()
    if "base64" in document:
        return b64decode(document["base64"])
    assets = (folder / "assets").resolve()
    path = (assets / str(document["file"])).resolve()
    if not path.is_relative_to(assets):
        raise ValueError(f"{document['file']!r} is no file below {assets}")
    return path.read_bytes()


def answered(status: int, content_type: str, body: bytes) -> Answered:
    """The shape of an answer."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/event-stream":
        return _stream(status, kind, body)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Answered(status, kind, None, {"": frozenset({"bytes"})}, frozenset(), "")
    shape: dict[str, set[str]] = {}
    _enter(shape, "", document)
    return Answered(status, kind, _code(document), _frozen(shape), frozenset(), "")


def _stream(status: int, kind: str, body: bytes) -> Answered:
    shape: dict[str, set[str]] = {}
    kinds: set[str] = set()
    last = ""
    for block in body.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if not lines:
            continue
        fields = [line.partition(":") for line in lines]
        data = "\n".join(value.removeprefix(" ") for name, _, value in fields if name == "data")
        name = next((value.strip() for name, _, value in fields if name == "event"), "")
        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError:
            last = data if data == "[DONE]" else name or "text"
            kinds.add(last)
            continue
        # Of events that name their own kind, each kind has a shape of its own.
        told = document.get("type") if isinstance(document, dict) else None
        name = name or (told if isinstance(told, str) else "")
        last = name or "data"
        kinds.add(last)
        _enter(shape, f"<{name}>" if name else "", document)
    return Answered(status, kind, None, _frozen(shape), frozenset(kinds), "[DONE]" if last == "[DONE]" else "no [DONE]")


def _frozen(shape: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {path: frozenset(types) for path, types in shape.items()}


def _enter(shape: dict[str, set[str]], path: str, value: Any) -> None:
    """Note the types that stand at every path of a value; the items of a list are one place, ``[]``."""
    shape.setdefault(path, set()).add(_type(value))
    if isinstance(value, dict):
        for name, item in value.items():
            _enter(shape, f"{path}.{name}" if path else name, item)
    elif isinstance(value, list):
        for item in value:
            _enter(shape, f"{path}[]", item)


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) else "object"


def _code(document: Any) -> Any:
    """The code of an error, in whichever of the shapes that errors have."""
    if not isinstance(document, dict):
        return None
    for found in (document.get("errors"), document.get("error")):
        first = found[0] if isinstance(found, list) and found else found
        if isinstance(first, dict):
            return first.get("code", first.get("type"))
    return document.get("internalCode")


def changes(before: Answered, after: Answered) -> Iterator[Change]:
    """What is another in `after`. Where the status changed, the bodies are of different kinds and not compared."""
    if before.status != after.status:
        yield Change("status", "", before.status, after.status)
    if before.code != after.code:
        yield Change("code", "", before.code, after.code)
    if before.status != after.status:
        return
    if before.content_type != after.content_type:
        yield Change("content-type", "", before.content_type, after.content_type)
        return
    for kind in sorted((before.kinds ^ after.kinds) - {"[DONE]"}):  # that one is the ending
        was, now = (kind if kind in side.kinds else None for side in (before, after))
        yield Change("event", "", was, now)
    if before.ending != after.ending:
        yield Change("ending", "", before.ending, after.ending)
    yield from _reshaped(before, after)


def _reshaped(before: Answered, after: Answered) -> Iterator[Change]:
    known: set[str] = set()  # places whose change says all of what is below them
    for path in sorted(before.shape.keys() | after.shape.keys()):
        if any(not place or path.startswith((f"{place}.", f"{place}[]")) for place in known):
            continue
        was, now = before.shape.get(path), after.shape.get(path)
        if was is not None and now is not None:
            if not now <= was:  # of several events or items, some types may be missing this time
                known.add(path)
                yield Change("type", path, _types(was), _types(now))
            continue
        if _is_of_an_item(path, before, after) or _is_of_a_kind(path, before, after):
            continue
        known.add(path)
        side = was or now
        assert side is not None
        yield Change("added", path, None, _types(side)) if was is None else Change("removed", path, _types(side), None)


def _is_of_an_item(path: str, before: Answered, after: Answered) -> bool:
    """Whether a place is that of items of a list that is empty on one side, where they could be anything."""
    if "[]" not in path:
        return False
    listed = path[: path.rindex("[]")] + "[]"
    return listed not in before.shape or listed not in after.shape


def _is_of_a_kind(path: str, before: Answered, after: Answered) -> bool:
    """Whether a place is in events of a kind that one side has none of, which is told already."""
    kind = path[1 : path.index(">")] if path.startswith("<") else "data"
    return (kind in before.kinds) != (kind in after.kinds)


def _types(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))


def _shown(value: Any) -> str:
    return "nothing" if value is None or value == "" else str(value)
