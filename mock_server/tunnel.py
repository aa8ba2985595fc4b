"""A forward proxy for clients that have Cloudflare's address built in: ``HTTPS_PROXY=http://127.0.0.1:8788``.

It connects the Cloudflare hosts to this emulator's own TLS port, and nothing else to anything.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LONGEST_HEAD = 16 * 1024  # bytes
PATIENCE = 10.0  # seconds for a head to be whole
LEFT = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, RuntimeError)  # uvloop's last


@asynccontextmanager
async def serving(listener: socket.socket, hosts: tuple[str, ...], target: tuple[str, int]) -> AsyncIterator[None]:
    """Lead CONNECT requests to `hosts`, whatever port they ask for, to `target`, until the block ends."""
    open_now: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _connect(reader, writer, hosts, target)
        except LEFT:
            pass  # who left, or said nothing that could be understood, gets no answer
        finally:
            writer.close()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(connected(reader, writer))
        open_now.add(task)
        task.add_done_callback(open_now.discard)

    server = await asyncio.start_server(accepted, sock=listener, limit=LONGEST_HEAD)
    try:
        yield
    finally:
        server.close()
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)


async def _connect(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hosts: tuple[str, ...], target: tuple[str, int]
) -> None:
    async with asyncio.timeout(PATIENCE):
        head = await reader.readuntil(b"\r\n\r\n")
    method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
    name = rest.partition(" ")[0].rpartition(":")[0].lower()
    if method != "CONNECT" or name not in hosts:
        words = f"this proxy leads nowhere but to {', '.join(hosts)}, over HTTPS\n".encode()
        writer.write(b"HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-type: text/plain\r\n")
        writer.write(b"content-length: %d\r\n\r\n%b" % (len(words), words))
        await writer.drain()
        return
    to_reader, to_writer = await asyncio.open_connection(*target)
    try:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        async with asyncio.TaskGroup() as both:
            both.create_task(_pass_on(reader, to_writer))
            both.create_task(_pass_on(to_reader, writer))
    except* LEFT:
        pass
    finally:
        to_writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
