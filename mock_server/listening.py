"""The socket and the server on it, for the command line and for tests."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mock_server.errors import MockError

if TYPE_CHECKING:
    import ssl

    from uvicorn import Server

    from mock_server.api.asgi import App

BACKLOG = 2048


def listen(host: str, port: int, flag: str = "--port") -> socket.socket:
    """A socket that already takes connections, so that whoever is told of it can ask at once; port 0 takes a free one.

    flag: what sets the port. MockError when address and port cannot be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # elsewhere this would share the port with a server that has it already
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        hint = f"; choose another with {flag}" if port else ""
        raise MockError(f"cannot listen on {host} port {port}: {error.strerror or error}{hint}") from error
    return listener


def run(
    servers: Sequence[tuple[Server, socket.socket]], beside: AbstractAsyncContextManager[None] | None = None
) -> None:
    """Serve until the first server is told to end, by a signal too; then the others end. beside: open meanwhile."""
    import asyncio

    async def serve() -> None:
        (first, listener), *others = servers
        async with beside or nullcontext():
            # One server listens for signals; uvicorn has no name for one that does not.
            tasks = [asyncio.create_task(other._serve([listening])) for other, listening in others]  # noqa: SLF001
            try:
                await first.serve(sockets=[listener])
            finally:  # a signal is raised again at the end of serve
                for other, _ in others:
                    other.should_exit = True
                await asyncio.gather(*tasks)

    with asyncio.Runner(loop_factory=servers[0][0].config.get_loop_factory()) as runner:
        runner.run(serve())


def server(app: App, context: ssl.SSLContext | None = None) -> Server:
    """A server of `app`, over TLS with a `context`, whose ``run(sockets=[listener])`` ends with its ``should_exit``."""
    from uvicorn import Config, Server

    protocol: Any = "auto"
    if find_spec("httptools"):  # not on every machine
        from mock_server.gathering import GatheringProtocol

        protocol = GatheringProtocol
    config = Config(
        app,
        http=protocol,
        access_log=False,  # the emulator writes its own, with tokens made short
        backlog=BACKLOG,
        lifespan="off",
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        ws=_websocket,  # type: ignore[arg-type] # any callable that makes a protocol will do
    )
    logging.getLogger("uvicorn.error").addFilter(_is_no_refusal)
    if context is not None:
        config.load()
        config.ssl = context
    return Server(config)


def _is_no_refusal(record: logging.LogRecord) -> bool:
    # uvicorn takes an HTTP answer to an upgrade for a handshake that was forgotten.
    return "without completing handshake" not in str(record.msg)


def _websocket(**given: Any) -> Any:
    # Imported with the first connection that wants it: it would take a tenth of the time to the first answer.
    from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

    return AutoWebSocketsProtocol(**given)  # type: ignore[misc] # None only where websockets is not installed
