"""Fewer and larger writes to the socket: what one turn of the event loop sends goes out together.

An answer reaches its transport in two parts, and an unpaced stream in hundreds; each is a system call, and wakes the
client up. The bytes are the same, and a frame that waits for its time still goes out when its time has come.
"""

from __future__ import annotations

import re
from asyncio import AbstractEventLoop, Transport, get_running_loop
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FAREWELL = 0.05  # seconds
_HTTP_2_OFFER = re.compile(
    rb"\A([A-Z]+ [^\r\n]+ HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?)Upgrade:[ \t]*h2c[ \t]*\r\n", re.IGNORECASE
)


class Gathered:
    """A transport that keeps what is written until the loop's turn ends; in everything else the transport it wraps."""

    __slots__ = ("_loop", "_parts", "_transport")

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Write `data` with what else this turn of the loop has to say."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        """Close once everything is written."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            if not self._transport.is_closing():
                self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class GatheringProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol over a gathered transport."""

    def connection_made(self, transport: Any) -> None:
        """asyncio: a client is there."""
        super().connection_made(Gathered(transport, get_running_loop()))  # type: ignore[arg-type] # it behaves as one

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came. An offer of HTTP/2, as Java makes, is taken out: httptools drops the body after one."""
        super().data_received(_HTTP_2_OFFER.sub(rb"\1", data) if b"h2c" in data else data)

    def on_message_begin(self) -> None:
        """httptools: a request begins. Its scope gets the transport, for answers that are to be broken off."""
        super().on_message_begin()
        self.scope["extensions"] = {"mock.transport": {"transport": self.transport}}

    def shutdown(self) -> None:
        """uvicorn: the server stops. Over TLS an idle client may never answer the farewell; nobody waits for that."""
        super().shutdown()
        if self.scheme == "https" and self.transport.is_closing():
            self.loop.call_later(FAREWELL, self.transport.abort)
