"""Asks the real service what a caller asked, with the caller's own credentials, and passes on what it says."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Mapping
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mock_server.errors import MockError
from mock_server.exchange import Raw, Sent

if TYPE_CHECKING:
    import httpx

PREFIX = "/client/v4"
CONNECT, READ = 15.0, 600.0  # seconds: to a connection, and from one part of an answer to the next
# Headers that are about one connection, not about the request or answer that it carries.
HOP_BY_HOP = frozenset({
    b"connection", b"content-length", b"keep-alive", b"proxy-authenticate", b"proxy-authorization",
    b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
})  # fmt: skip
# What the caller says to this server alone. Answers are wanted uncompressed, so that recordings can be read.
OF_THIS_SERVER = frozenset({b"host", b"expect", b"accept-encoding"})
# What upstream says of itself alone: our server sends a date of its own, and other protocols lead past it.
OF_UPSTREAM = frozenset({b"date", b"alt-svc", b"x-mock-source"})


class Upstream:
    """The service at `url`, which is asked at no other time than when ``ask`` is called."""

    def __init__(self, url: str) -> None:
        """MockError for what is no URL of a server, and where httpx is not installed."""
        self.url = url.rstrip("/").removesuffix(PREFIX)
        scheme, separator, host = self.url.partition("://")
        if scheme not in ("http", "https") or not separator or not host or "?" in host or "#" in host or "@" in host:
            raise MockError("--upstream: accepted: http:// or https:// and a host, such as https://api.cloudflare.com")
        if find_spec("httpx") is None:
            raise MockError("--mode record and proxy want httpx: pip install 'workers-ai-mock[record]'")

    async def ask(self, sent: Sent, headers: Mapping[bytes, bytes]) -> Raw:
        """What the service answers to a request. A stream is passed on as it comes, everything else when it is whole.

        headers: names in lower case. Raises MockError: 502 when the service cannot be reached or breaks off, 504 when
        it takes too long; of a stream also from its parts.
        """
        import httpx

        path = (sent.path if sent.path.startswith(PREFIX + "/") else PREFIX + sent.path).encode("ascii")
        base = httpx.URL(self.url)
        target = base.raw_path.rstrip(b"/") + path + (b"?" + sent.query if sent.query else b"")
        request = httpx.Request(
            sent.method, base.copy_with(raw_path=target), headers=_forwarded(headers), content=sent.body
        )
        # A client for each request: connections that are kept would outlive the event loops of tests.
        verify = self._certificates if base.scheme == "https" else False
        client = httpx.AsyncClient(verify=verify, timeout=httpx.Timeout(READ, connect=CONNECT))
        try:
            response = await client.send(request, stream=True)
            streams = response.headers.get("content-type", "").startswith("text/event-stream")
            parts = [] if streams else [part async for part in response.aiter_raw()]
        except httpx.HTTPError as error:
            await client.aclose()
            raise self._trouble(error) from error
        except BaseException:
            await client.aclose()
            raise
        if not streams:
            await client.aclose()

        async def coming(paced: bool) -> AsyncGenerator[bytes, None]:
            try:
                if not streams:
                    yield b"".join(parts)
                    return
                async for part in response.aiter_raw():
                    yield part
            except httpx.HTTPError as error:
                raise self._trouble(error) from error
            finally:
                await response.aclose()
                await client.aclose()

        kept = tuple(
            (name.lower(), value)
            for name, value in response.headers.raw
            if name.lower() not in HOP_BY_HOP and name.lower() not in OF_UPSTREAM
        )
        return Raw(response.status_code, kept, coming)

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        import httpx

        return httpx.create_ssl_context()

    def _trouble(self, error: httpx.HTTPError) -> MockError:
        import httpx

        said = str(error) or type(error).__name__
        if isinstance(error, httpx.TimeoutException):
            return MockError(f"upstream {self.url} did not answer in time: {said}", status=504)
        return MockError(f"upstream {self.url} cannot be asked: {said}", status=502)


def _forwarded(headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    kept = [
        (name, value)
        for name, value in headers.items()
        if name not in HOP_BY_HOP and name not in OF_THIS_SERVER and not name.startswith(b"x-mock-")
    ]
    return [*kept, (b"accept-encoding", b"identity")]
