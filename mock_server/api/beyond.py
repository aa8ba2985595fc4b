"""Past the doors: requests that run no model, passed on to the real service where models are asked there too."""

from __future__ import annotations

from mock_server.api import breaking, routing, writing
from mock_server.api.asgi import App, Disconnected, Receive, Scope, Send
from mock_server.api.serving import Asked, Serving
from mock_server.errors import ApiError, MockError
from mock_server.exchange import Raw
from mock_server.upstream import Upstream

OF_THE_API = ("/client/v4/", "/accounts/", "/user/")


class Beyond:
    """Passes on what is a path of the API, and hands the rest on to `rest`. Nothing of it is recorded."""

    def __init__(self, serving: Serving, upstream: Upstream, rest: App) -> None:
        self._serving = serving
        self._upstream = upstream
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        vouched = (b"authorization", self._serving.pipeline.accounts.vouched)  # means nothing to anybody else
        if scope["type"] != "http" or not scope["path"].startswith(OF_THE_API) or vouched in scope["headers"]:
            await self._rest(scope, receive, send)
            return
        serving = self._serving
        asked = serving.begin(scope, receive, "", routing.account_of(scope["path"]))
        if await serving.preflight(asked, send):
            return
        entry = asked.entry
        entry.status = 500
        try:
            body = await asked.body(serving.settings.max_body_bytes)
            answer = await self._upstream.ask(asked.sent(body), asked.headers)
            entry.status = answer.status
            await self._pass(answer, asked, send)
        except ApiError as error:
            entry.status, more, refusal = writing.refused(error, asked.request_id)
            await writing.send_bytes(send, entry.status, asked.more + more, refusal)
        except MockError as error:
            entry.status, entry.hint = error.status, str(error)
            more, refusal = writing.troubled(str(error), b"mock")
            await writing.send_bytes(send, entry.status, asked.more + more, refusal)
        except breaking.Over:
            pass
        except (Disconnected, ConnectionError):
            entry.status = 499
        finally:
            serving.end(asked)

    @staticmethod
    async def _pass(answer: Raw, asked: Asked, send: Send) -> None:
        try:
            await writing.send_raw(send, asked.receive, answer, [*asked.more, (b"x-mock-source", b"upstream")])
        except MockError as error:  # halfway: all that is left is to break it off
            asked.entry.hint = str(error)
            await breaking.sever(asked.scope, asked.receive)
