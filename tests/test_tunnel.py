import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest

from mock_server import tunnel

HOSTS = ("api.cloudflare.com", "gateway.ai.cloudflare.com")
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


def through(talk: Talk) -> bytes:
    """What `talk` returns, which is given a connection to a proxy that leads to a server that shouts."""

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data.upper())
        writer.write(b" THE END")
        writer.close()

    async def run() -> bytes:
        server = await asyncio.start_server(shout, "127.0.0.1", 0)
        target = server.sockets[0].getsockname()
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            async with tunnel.serving(listener, HOSTS, target):
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                said = await asyncio.wait_for(talk(reader, writer), 10)
            # Whatever was open has been ended with it.
            assert await asyncio.wait_for(reader.read(), 10) is not None
            writer.close()
        server.close()
        return said

    return asyncio.run(run())


def saying(data: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(data)
        return await reader.read()

    return talk


@pytest.mark.parametrize("name", [*HOSTS, "API.Cloudflare.com"])
@pytest.mark.parametrize("port", [443, 8443])
def test_cloudflares_hosts_lead_here_whatever_their_port(name: str, port: int) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        # What follows the head at once belongs to the other side already.
        writer.write(f"CONNECT {name}:{port} HTTP/1.1\r\nHost: {name}:{port}\r\n\r\nhel".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        writer.write(b"lo")
        writer.write_eof()
        return await reader.read()

    assert through(talk) == b"HELLO THE END"


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT example.com:443 HTTP/1.1",
        "CONNECT api.cloudflare.com.example.com:443 HTTP/1.1",
        "CONNECT 127.0.0.1:22 HTTP/1.1",
        "CONNECT api.cloudflare.com HTTP/1.1",
        "GET http://api.cloudflare.com/client/v4/user HTTP/1.1",
        "POST / HTTP/1.1",
        "nonsense",
    ],
)
def test_everything_else_is_refused_with_a_sentence(line: str) -> None:
    head, _, body = through(saying(f"{line}\r\n\r\n".encode())).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert body == b"this proxy leads nowhere but to api.cloudflare.com, gateway.ai.cloudflare.com, over HTTPS\n"


def test_a_head_without_end_is_not_kept() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"CONNECT " + b"x" * 3 * tunnel.LONGEST_HEAD)
        try:
            return await reader.read()
        except ConnectionResetError:  # what it did not read any more
            return b""

    assert through(talk) == b""


def test_who_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnel, "PATIENCE", 0.01)
    assert through(saying(b"CONNECT api.cloudflare.com:443 HTTP/1.1\r\n")) == b""


def test_an_open_tunnel_ends_with_the_proxy() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"CONNECT api.cloudflare.com:443 HTTP/1.1\r\n\r\nhello")
        await reader.readuntil(b"\r\n\r\n")
        return await reader.readexactly(5)

    assert through(talk) == b"HELLO"
