"""From answers and refusals to bytes: the envelopes in their observed key orders, the headers, the event streams."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from mock_server.api.asgi import Disconnected, Headers, Receive, Send
from mock_server.errors import NO_ROUTE, ApiError, Envelope
from mock_server.exchange import Raw, Usage
from mock_server.settings import Settings

JSON = (b"content-type", b"application/json")
EVENTS = (b"content-type", b"text/event-stream")
MESSAGES_TYPES = {  # Anthropic's names; of these, those of 400 and 404 were captured from ai/v1/messages
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    529: "overloaded_error",
}
_getrandbits = random.Random().getrandbits  # its own generator: nobody's random.seed() makes ids repeat


def request_id() -> str:
    """A lower-case version-4 UUID, for ``cf-ai-req-id`` and the end of error messages."""
    digits = f"{_getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def ray() -> tuple[bytes, bytes]:
    """``cf-ray``: 16 hex digits and the code of a data centre."""
    return (b"cf-ray", b"%016x-SJC" % _getrandbits(64))


def neurons(bill: Usage) -> tuple[bytes, bytes]:
    """``cf-ai-neurons``, with two decimals."""
    return (b"cf-ai-neurons", b"%.2f" % bill.neurons)


def cors_wanted(settings: Settings) -> bool:
    """Whether pages of other origins may call: as set, or by default when only this machine can reach the server."""
    if settings.cors != "auto":
        return settings.cors == "on"
    return settings.host in ("127.0.0.1", "::1", "localhost")


def cors(origin: bytes) -> Headers:
    """What a browser wants to see before it lets a page of another origin read the answer, or send the request."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
        (b"access-control-allow-headers", b"*, authorization"),
        (b"access-control-expose-headers", b"*"),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"origin"),
    ]


def success(value: Any) -> bytes:
    """The envelope of a result: result, success, errors, messages."""
    return b'{"result":' + orjson.dumps(value) + b',"success":true,"errors":[],"messages":[]}'


def refusal(error: ApiError, request: str = "") -> bytes:
    """The body of an error in the envelope of the layer that raises it.

    request: the request id that Workers AI's own errors end with.
    """
    row = error.row
    message = error.message(request)
    if row.envelope in (Envelope.SERVICE, Envelope.GATEWAY):
        details = orjson.dumps({"message": message, "code": row.code})
        return b'{"errors":[' + details + b'],"success":false,"result":{},"messages":[]}'
    if row.envelope is Envelope.MESSAGES:
        return messages_refusal(row.status, message)
    if row.envelope is Envelope.WORDS:
        return b'{"errors":' + orjson.dumps(message) + b',"success":false}'
    if row.envelope is Envelope.CODELESS:
        return b'{"errors":[' + orjson.dumps({"message": message}) + b'],"result":{},"success":false}'
    entry: dict[str, Any] = {"code": row.code, "message": message}
    if row.envelope is Envelope.FIELDS:
        problems = [entry | {"message": text, "path": path} for text, path in error.values.get("problems", ())]
        listed = orjson.dumps(problems or [entry])
        return b'{"errors":' + listed + b',"success":false,"result":{},"messages":[]}'
    if row.chain:
        entry["error_chain"] = [{"code": code, "message": text} for code, text in row.chain]
    if row.envelope is Envelope.AUTH:
        return b'{"result":null,"success":false,"errors":[' + orjson.dumps(entry) + b'],"messages":[]}'
    if row.envelope is Envelope.BARE:
        return b'{"success":false,"errors":[' + orjson.dumps(entry) + b"]}"
    listed = orjson.dumps(entry)
    if row.envelope is Envelope.ROUTER_ESCAPED:
        second = orjson.dumps({"code": NO_ROUTE.code, "message": NO_ROUTE.text})
        listed = listed.replace(b"/", b"\\/") + b"," + second
    return b'{"success":false,"errors":[' + listed + b'],"messages":[],"result":null}'


def messages_refusal(status: int, message: str, details: Mapping[str, Any] | None = None) -> bytes:
    """An error in Anthropic's shape, its type by the status; `details` are for programs."""
    kind = MESSAGES_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
    more = {"details": details} if details else {}
    return orjson.dumps({"type": "error", "error": {"type": kind, "message": message, **more}})


async def send_bytes(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """A whole answer."""
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_events(send: Send, headers: Headers, frames: Iterator[bytes]) -> None:
    """An event stream, a frame at a time; now and then it lets others have their turn."""
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for count, frame in enumerate(frames, 1):
        await send({"type": "http.response.body", "body": frame, "more_body": True})
        if count % 32 == 0:
            await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b""})


async def send_raw(send: Send, receive: Receive, reply: Raw, headers: Headers, *, paced: bool = False) -> None:
    """An answer byte for byte, `headers` beside its own or instead of them; each part is sent when it is there.

    A client that goes away ends it at once. paced: whether parts come at the times they were recorded with.
    """
    gone = asyncio.ensure_future(receive())
    parts = reply.chunks(paced)
    part: asyncio.Future[bytes | None] | None = None
    ours = {name for name, _ in headers}
    kept = [header for header in reply.headers if header[0] not in ours]
    try:
        await send({"type": "http.response.start", "status": reply.status, "headers": [*kept, *headers]})
        while True:
            part = asyncio.ensure_future(anext(parts, None))
            await asyncio.wait([gone, part], return_when=asyncio.FIRST_COMPLETED)
            if not part.done():
                raise Disconnected
            if (body := part.result()) is None:
                break
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        if part is not None and not part.done():
            part.cancel()
            await asyncio.wait([part])
        await parts.aclose()


async def send_paced(
    send: Send, receive: Receive, headers: Headers, frames: Iterator[bytes], delays: Iterator[float]
) -> None:
    """An event stream that takes its time: a wait before each frame. A client that goes away ends it at once."""
    gone = asyncio.ensure_future(receive())
    try:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for frame, delay in zip(frames, delays, strict=False):  # the delays never end
            if (await asyncio.wait([gone], timeout=delay))[0]:
                raise Disconnected
            await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def wait(receive: Receive, seconds: float) -> None:
    """The time that a whole answer takes, unless the client goes away first."""
    gone = asyncio.ensure_future(receive())
    try:
        if (await asyncio.wait([gone], timeout=seconds))[0]:
            raise Disconnected
    finally:
        gone.cancel()


def refused(error: ApiError, request: str = "") -> tuple[int, Headers, bytes]:
    """Status, headers and body of a refusal: its envelope, its hint, the request id where Workers AI itself refuses."""
    return error.row.status, refusal_headers(error, request), refusal(error, request)


def refusal_headers(error: ApiError, request: str = "") -> Headers:
    """The headers of a refusal that is written as JSON, in whatever shape."""
    headers: Headers = [JSON, ray()]
    if error.row.envelope is Envelope.SERVICE and request:
        headers.append((b"cf-ai-req-id", request.encode()))
    if error.hint:
        headers.append((b"x-mock-hint", header_safe(error.hint)))
    if error.source:
        headers.append((b"x-mock-source", error.source.encode()))
    return headers


def troubled(message: str, source: bytes) -> tuple[Headers, bytes]:
    """Headers and body of trouble of our own, in a shape of our own."""
    return [JSON, (b"x-mock-source", source)], orjson.dumps({"mock_error": message})


def header_safe(text: str) -> bytes:
    """Printable ASCII on one line: a hint may quote what the caller sent."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)[:1000].encode("ascii")
