"""Transports for httpx whose requests the emulator answers in this process, without a socket."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import unquote

import httpx

from mock_server.api.asgi import App


class Answered(NamedTuple):
    """What came back. parts: the body as it comes."""

    status: int
    headers: list[tuple[bytes, bytes]]
    parts: Parts


class Runner:
    """A thread with an event loop of its own, in which the application answers what other threads ask."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="workers-ai-mock", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """One request. target: path, percent-encoded, and query. httpx.RemoteProtocolError when it is broken off."""
        raw, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw),
            "raw_path": raw.encode("ascii"),
            "query_string": query.encode("ascii"),
            "root_path": "",
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
            "server": ("workers-ai-mock", 80),
            "client": ("127.0.0.1", 1),
        }
        exchange = _Exchange(scope, body, self._loop)
        asyncio.run_coroutine_threadsafe(exchange.run(self._app), self._loop)
        return exchange.begin()


class _Exchange:
    """One request and its answer, asked in one thread and answered in the loop of another."""

    def __init__(self, scope: dict[str, Any], body: bytes, loop: asyncio.AbstractEventLoop) -> None:
        self._scope, self._loop = scope, loop
        self._body: bytes | None = body
        self._gone = asyncio.Event()
        self._sent: queue.SimpleQueue[Any] = queue.SimpleQueue()

    async def run(self, app: App) -> None:
        try:
            await app(self._scope, self._receive, self._send)
            self._sent.put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised where it was asked
            self._sent.put(error)

    async def _receive(self) -> Any:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self._sent.put(message)

    def begin(self) -> Answered:
        start = self._sent.get()
        if start is None or isinstance(start, BaseException):
            raise _broken(start, "before an answer") from start
        return Answered(start["status"], list(start["headers"]), Parts(self._sent, self._leave))

    def _leave(self) -> None:
        with suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._gone.set)


class Parts:
    """The parts of a body as they come. Closing them tells the application that the client is gone."""

    def __init__(self, sent: queue.SimpleQueue[Any], leave: Callable[[], None]) -> None:
        self._sent, self._leave = sent, leave
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        while not self._ended:
            message = self._sent.get()
            self._ended = not isinstance(message, dict) or not message.get("more_body")
            if isinstance(message, BaseException):
                raise _broken(message, "before the end") from message
            if message and message.get("body"):
                yield message["body"]
        self._leave()

    def close(self) -> None:
        """The client wants no more."""
        self._ended = True
        self._leave()


def _broken(error: BaseException | None, when: str) -> httpx.TransportError:
    """What httpx raises where a connection ends so."""
    if isinstance(error, ConnectionResetError):
        return httpx.ReadError(f"the connection was reset {when}")
    return httpx.RemoteProtocolError(f"the connection was closed {when}")


class Transport(httpx.BaseTransport):
    """For ``httpx.Client(transport=…)``."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """httpx: answer."""
        answered = self._runner.ask(request.method, _target(request), request.headers, request.read())
        return httpx.Response(answered.status, headers=answered.headers, stream=_Stream(answered.parts))


class AsyncTransport(httpx.AsyncBaseTransport):
    """For ``httpx.AsyncClient(transport=…)``."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """httpx: answer."""
        body = await request.aread()
        ask = self._runner.ask
        answered = await asyncio.to_thread(ask, request.method, _target(request), request.headers, body)
        return httpx.Response(answered.status, headers=answered.headers, stream=_Stream(answered.parts))


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body for either kind of client: pytest-httpx hands what one function answers to both."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = iter(self._parts)
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            yield part

    def close(self) -> None:
        self._parts.close()

    async def aclose(self) -> None:
        self._parts.close()


def _target(request: httpx.Request) -> str:
    return request.url.raw_path.decode("ascii")
