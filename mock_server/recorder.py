"""Keeps what the real service said: a fixture file for each exchange, which answers the same request again.

A file has the match of the request, the answer as it came (``raw``: status, headers of an allow-list, parts with their
times) and, under `recorded`, the request itself without its headers and account. Files are below ``recorded/`` in the
folder of recordings, named after the model, the test that asked (header ``x-mock-test``) and what was asked; the same
request writes the same file again, so the last answer counts. What is not text is beside them, below ``assets/``.
"""

from __future__ import annotations

import asyncio
import logging
import mimetypes
import os
import re
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from time import perf_counter
from typing import Any, NamedTuple

import orjson

from mock_server.errors import ApiError, MockError
from mock_server.exchange import Call, Raw
from mock_server.journal import SECRET_QUERY
from mock_server.media.payload import bytes_of

TEST = b"x-mock-test"
# Headers of an answer that are written down: none that could be a secret, or that is new each time and tells nothing.
KEPT = frozenset({
    b"content-type", b"content-encoding", b"content-disposition", b"cache-control", b"retry-after", b"cf-ai-neurons",
    b"cf-ai-req-id", b"cf-aig-cache-status", b"cf-aig-step", b"x-should-retry",
})  # fmt: skip
# Answers to who asked, or when, rather than to what: replayed, they would speak for everybody.
OF_THE_MOMENT = frozenset({401, 403, 408, 429})
CREDENTIALS = frozenset({9106, 9109, 10000})  # codes of refusals of who asked, whatever their status
LONG_MEDIA = 4096  # characters or numbers from which media in JSON are known by their hash
INLINE = 1024  # bytes of a part that may stand in a file as base64
INLINE_TEXT = 262_144  # bytes of a part that may stand in a file as text

log = logging.getLogger("mock_server")


class Part(NamedTuple):
    """A part of an answer, and the seconds before it came."""

    seconds: float
    body: bytes


class Recorder:
    """Writes recordings into `folder`, a folder of fixtures."""

    def __init__(self, folder: Path | None, upstream: str) -> None:
        if folder is None:
            raise MockError("--mode record: --recordings DIR says where to keep what is recorded")
        self._folder = folder.resolve()
        self._upstream = upstream

    def keep(self, call: Call, answer: Raw, began: float) -> Raw:
        """The answer as it is, written down once it has come whole.

        began: when it was asked for, on ``time.perf_counter``. Answers of a moment (408, 429, 5xx) and to credentials
        (401, 403, and 400 where their form is refused) are passed on and not kept.
        """
        if answer.status in OF_THE_MOMENT or answer.status >= 500:
            return answer
        match = match_of(call)
        test = call.headers.get(TEST, b"").decode("utf-8", "replace")

        async def coming(paced: bool) -> AsyncGenerator[bytes, None]:
            parts, before = [], began
            async with aclosing(answer.chunks(paced)) as chunks:
                async for body in chunks:
                    now = perf_counter()
                    parts.append(Part(now - before, body))
                    before = now
                    yield body
            if answer.status == 400 and _is_of_credentials(b"".join(part.body for part in parts)):
                return
            try:
                await asyncio.to_thread(self._write, call, match, answer, parts, test)
            except (OSError, MockError) as error:  # the answer is good, and was paid for
                log.warning("not recorded: %s", error)

        return replace(answer, chunks=coming)

    def _write(self, call: Call, match: dict[str, Any], answer: Raw, parts: list[Part], test: str) -> None:
        digest = sha256(orjson.dumps(match, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
        stem = f"{_safe(test)}-{digest}" if test else digest
        place = Path("recorded", *map(_safe, call.model.name.split("/")))
        types = dict(answer.headers)
        extension = _extension(types.get(b"content-type", b"").decode("latin-1"))
        listed = []
        for number, part in enumerate(parts):
            name = f"{stem}-{number}{extension}" if len(parts) > 1 else f"{stem}{extension}"
            listed.append({"delay_ms": round(part.seconds * 1000, 1), **self._content(part.body, place / name)})
        recorded: dict[str, Any] = {
            "at": datetime.fromtimestamp(call.now, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "upstream": self._upstream,
            **({"test": test} if test else {}),
            "request": self._request(call, place / f"{stem}-request"),
        }
        raw = {"status": answer.status, "headers": _headers(answer), "parts": listed}
        document = {"recorded": recorded, "match": match, "reply": {"raw": raw}}
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        self._put(place / f"{stem}.json", text)

    def _request(self, call: Call, beside: Path) -> dict[str, Any]:
        """What was asked, so that it can be asked again: by whom and of which account is not kept."""
        assert call.sent is not None
        sent = call.sent
        path = sent.path.replace(call.account, "{account_id}", 1) if call.account else sent.path
        found: dict[str, Any] = {"method": sent.method, "path": path}
        if sent.query:
            found["query"] = SECRET_QUERY.sub(r"\1…", f"?{sent.query.decode('latin-1')}")[1:]
        content_type = call.headers.get(b"content-type", b"").decode("latin-1")
        if content_type:
            found["content_type"] = content_type
        if len(sent.body) <= INLINE_TEXT:
            try:
                return found | {"json": orjson.loads(sent.body)}
            except orjson.JSONDecodeError:
                pass
        return found | self._content(sent.body, beside.with_name(beside.name + _extension(content_type)))

    def _content(self, body: bytes, beside: Path) -> dict[str, str]:
        """Bytes as text or base64, or the name of the asset that they were written to."""
        if len(body) <= INLINE_TEXT:
            try:
                text = body.decode()
            except UnicodeDecodeError:
                text = "\0"
            if "\0" not in text:
                return {"text": text}
        if len(body) <= INLINE:
            return {"base64": b64encode(body).decode()}
        self._put("assets" / beside, body)
        return {"file": beside.as_posix()}

    def _put(self, place: Path, body: bytes) -> None:
        """Write a file, whole or not at all, below the folder."""
        path = self._folder / place
        if not path.parent.resolve().is_relative_to(self._folder):
            raise MockError(f"{path.parent}: a link leads out of {self._folder}")
        path.parent.mkdir(parents=True, exist_ok=True)
        # A name with a dot is no fixture: nobody reads it half written.
        half = path.with_name(f".{token_hex(8)}")
        try:
            half.write_bytes(body)
            os.replace(half, path)  # noqa: PTH105 - atomic on every system
        finally:
            half.unlink(missing_ok=True)


def match_of(call: Call) -> dict[str, Any]:
    """A match that speaks for the same request again and for no other: same model, surface and inputs, sent alike.

    Media are known by their SHA-256. Headers and account decide nothing.
    """
    match: dict[str, Any] = {"model": re.sub(r"([*?\[])", r"[\1]", call.model.name), "surface": call.surface}
    # What tells most comes first: fixtures are looked up by it.
    match |= _wanted("inputs", dict(call.inputs))
    match["stream"] = call.stream
    if call.stream:
        match["stream_options"] = {"equals": dict(call.stream_options)}
    if call.queued or call.model.has("async_queue"):
        match["queued"] = call.queued
    return match


def _wanted(field: str, value: Any) -> dict[str, Any]:
    """The conditions under which `value` stands at `field`."""
    if (data := _media(value)) is not None:
        return {field: {"sha256": sha256(data).hexdigest()}}
    if not _has_media(value):
        return {field: {"equals": value} if isinstance(value, dict) else value}
    found: dict[str, Any] = {field: {"length": len(value)}}
    for name, item in value.items() if isinstance(value, Mapping) else enumerate(value):
        if name != "" and "." not in str(name):  # no field of a match can name such a place
            found |= _wanted(f"{field}.{name}", item)
    return found


def _has_media(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_media, value.values()))
    return _media(value) is not None or (isinstance(value, list) and any(map(_has_media, value)))


def _media(value: Any) -> bytes | None:
    """The bytes that `value` is or, if it is long, means; None for anything else."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str | list) or len(value) < LONG_MEDIA:
        return None
    if isinstance(value, list) and not all(type(item) is int for item in value):
        return None
    try:
        return bytes_of(value)
    except ApiError:
        return None


def _is_of_credentials(body: bytes) -> bool:
    try:
        first = orjson.loads(body)["errors"][0]
        return first["code"] in CREDENTIALS or (first["code"] == 6003 and "error_chain" in first)
    except (ValueError, LookupError, TypeError):
        return False


def _headers(answer: Raw) -> dict[str, str | list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in answer.headers:
        text = value.decode("latin-1")
        if name in KEPT and text.isascii() and text.isprintable():
            found.setdefault(name.decode("ascii"), []).append(text)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _safe(name: str) -> str:
    """A name that a file or folder of fixtures may have anywhere: no separator, no dot at its ends, not too long."""
    plain = re.sub(r"[^A-Za-z0-9@._-]+", "_", name)[:80].strip(".") or "_"
    return plain + "_" if plain.endswith(".json") else plain


def _extension(content_type: str) -> str:
    return mimetypes.guess_extension(content_type.partition(";")[0].strip()) or ".bin"
