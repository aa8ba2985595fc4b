"""Breaks an answer on purpose: the faults that are no error, done to what is sent.

A connection is closed or reset through its transport, which our own server hands over in the scope's extensions. Under
another server, or none, ``Severed`` is raised instead, which such servers answer by closing the connection (before the
first byte, by a 500 of their own).
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from math import ceil
from random import Random

from mock_server.api.asgi import Disconnected, Headers, Message, Receive, Scope, Send
from mock_server.faults import EVENTS, KINDS, Fault

TRANSPORT = "mock.transport"  # the extension
END = b"\n\n"  # of an event
GARBAGE = 256  # bytes
CLOSING = 2.0  # seconds that a closed connection may take to say so
UNSENT = ("hang", "close", "reset")


class Over(Exception):
    """Nothing more is to be sent."""


class Severed(ConnectionResetError):
    """The connection is to be broken off, and there is no transport to do it with."""


def asking_to_wait(fault: Fault) -> Headers:
    """The headers in which a refusal asks to wait, in whole seconds and, where that is not exact, in milliseconds."""
    if fault.retry_after is None:
        return []
    headers: Headers = [(b"retry-after", b"%d" % ceil(fault.retry_after))]
    if not fault.retry_after.is_integer():
        headers.append((b"retry-after-ms", b"%d" % round(fault.retry_after * 1000)))
    return headers


async def unsent(fault: Fault, scope: Scope, receive: Receive) -> None:
    """What a fault of UNSENT does instead of an answer. Raises Disconnected, Over or Severed."""
    if fault.kind == "hang":
        await gone(receive)
        raise Disconnected
    await sever(scope, receive, reset=fault.kind == "reset")


async def gone(receive: Receive) -> None:
    """Return when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def sever(scope: Scope, receive: Receive, *, reset: bool = False) -> None:
    """Close the connection after what was sent, or reset it at once. Raises Over, or Severed without a transport."""
    extension = (scope.get("extensions") or {}).get(TRANSPORT)
    if extension is None:
        raise Severed("broken off on purpose, by a fault")
    transport = extension["transport"]
    if reset:
        connection = transport.get_extra_info("socket")
        if connection is not None:  # lingering for no time is what makes the system send a reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    # The server takes a request that ends unanswered for a bug, until it has noticed that the connection is gone.
    with suppress(TimeoutError):
        await asyncio.wait_for(gone(receive), CLOSING)
    raise Over


class Broken:
    """A `send` that does to one answer what a fault says.

    seed: of the call; what is random is the same for the same call. frame: the body of an error in the surface's shape.
    """

    def __init__(self, fault: Fault, scope: Scope, receive: Receive, send: Send, seed: int, frame: bytes) -> None:
        self._fault, self._kind = fault, fault.kind
        self._scope, self._receive, self._send = scope, receive, send
        self._seed, self._frame = seed, frame
        self._start: Message | None = None
        self._streams = False
        self._struck = False
        self._passed = 0
        self._rest = b""  # what came of an event that is not whole yet, or of a body that is no stream
        self._held: bytes | None = None  # the last whole event, until it is known whether it is the last of all

    async def __call__(self, message: Message) -> None:
        """ASGI's send. Raises Over, Severed or Disconnected where the fault ends the answer."""
        if message["type"] != "http.response.start":
            await self._body(message.get("body", b""), last=not message.get("more_body", False))
            return
        headers = message["headers"] = list(message.get("headers", ()))
        media_type = next((value for name, value in headers if name == b"content-type"), b"")
        self._streams = bytes(media_type).startswith(b"text/event-stream")
        if self._kind == "content_type":
            wrong = (b"content-type", self._fault.media_type.encode("latin-1"))
            message["headers"] = [wrong if name == b"content-type" else (name, value) for name, value in headers]
        self._start = message

    async def _body(self, data: bytes, *, last: bool) -> None:
        if self._kind in ("empty", "garbage"):
            await self._whole(b"" if self._kind == "empty" else Random(self._seed).randbytes(GARBAGE))
            raise Over
        if self._streams and (KINDS[self._kind].takes == EVENTS or KINDS[self._kind].streams):
            await self._events(data, last=last)
        elif self._streams or self._kind == "content_type" or KINDS[self._kind].streams:
            await self._pass(data, last=last)
        else:
            self._rest += data
            if last:
                await self._break_whole(self._rest)

    async def _events(self, data: bytes, *, last: bool) -> None:
        await self._begin()
        self._rest += data
        while END in self._rest:
            event, _, self._rest = self._rest.partition(END)
            if self._held is not None:
                await self._event(self._held)
            self._held = event + END
        if not last:
            return
        if self._held is not None and self._kind != "no_done":
            if not self._struck:
                self._passed = max(self._passed, self._fault.events)  # a short stream is broken at its end
            await self._event(self._held)
        await self._pass(self._rest if self._kind != "no_done" else b"", last=True)

    async def _event(self, event: bytes) -> None:
        if self._struck or self._kind == "no_done" or self._passed < self._fault.events:
            self._passed += 1
            await self._pass(event)
            return
        self._struck = True
        match self._kind:
            case "malformed":
                await self._pass(damaged(event))
                return
            case "cut":
                await sever(self._scope, self._receive)
            case "stall":
                await gone(self._receive)
                raise Disconnected
            case "truncate":
                await self._pass(event[: len(event) // 2], last=True)
            case "error_frame":
                name = b"event: error\n" if event.startswith(b"event:") else b""
                await self._pass(name + b"data: " + self._frame + END, last=True)
            case _:
                await self._pass(b"", last=True)
        raise Over

    async def _break_whole(self, body: bytes) -> None:
        half = body[: len(body) // 2]
        if self._kind == "truncate":
            await self._whole(half)
        elif self._kind == "malformed":
            await self._whole(damaged(body))
        else:
            await self._begin()
            await self._pass(half)
            if self._kind == "stall":
                await gone(self._receive)
                raise Disconnected
            await sever(self._scope, self._receive)

    async def _whole(self, body: bytes) -> None:
        """Send a body of another length than the headers say."""
        assert self._start is not None
        length = (b"content-length", b"%d" % len(body))
        self._start["headers"] = [length if pair[0] == b"content-length" else pair for pair in self._start["headers"]]
        await self._pass(body, last=True)

    async def _begin(self) -> None:
        if self._start is not None:
            start, self._start = self._start, None
            await self._send(start)

    async def _pass(self, data: bytes, *, last: bool = False) -> None:
        await self._begin()
        await self._send({"type": "http.response.body", "body": data, "more_body": not last})


def damaged(data: bytes) -> bytes:
    """The same bytes, no JSON any more: a semicolon for the first colon after a key; other bytes, turned around."""
    broken = data.replace(b'":', b'";', 1)
    return broken if broken != data else data[::-1]
