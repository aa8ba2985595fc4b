"""The FastAPI application: every route with its documentation, behind the road."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from mock_server import __version__
from mock_server.api import (
    control,
    documentation,
    finetunes,
    gateways,
    graphql,
    identity,
    markdown,
    models,
    openai_models,
    routing,
    writing,
)
from mock_server.api.asgi import App, Disconnected, Headers, Receive, Scope, Send
from mock_server.api.documentation import settling
from mock_server.api.road import Road
from mock_server.api.serving import Serving
from mock_server.errors import ApiError, MockError
from mock_server.journal import Entry

PAGE = Path(documentation.__file__).with_name("page.html")
OURS = ("/_mock", "/docs", "/openapi.json", "/favicon.ico")  # not asked of the service, so not in its journal


class Emulator(FastAPI):
    """A FastAPI application whose busiest routes are answered before FastAPI's own routing.

    road: every request's way in. rest: the way of those that run no model.
    """

    road: App
    rest: App

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: the road first."""
        await self.road(scope, receive, send)

    async def routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """FastAPI's own routing."""
        await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The document as FastAPI derives it, with the credentials of the imitated routes and without the 422 that they
        never give in its words."""
        if self.openapi_schema is None:
            settling.settle(super().openapi())
        return super().openapi()


def application(serving: Serving) -> Emulator:
    """The application; every imitated route is there with and without /client/v4."""
    settings, pipeline = serving.settings, serving.pipeline
    app = Emulator(
        title="workers-ai-mock",
        version=__version__,
        description=documentation.ABOUT,
        docs_url=None,  # FastAPI's own page is nothing without the network
        redoc_url=None,
        # A schema of our own words for 422 would document answers that no imitated route gives.
        responses={},
    )
    app.add_api_route("/docs", _page, include_in_schema=False)
    app.state.pipeline = pipeline
    app.state.settings = settings
    rooms = (models, openai_models, finetunes, markdown, gateways, identity, graphql)
    for router in (documentation.router(), *(room.router(serving) for room in rooms)):
        app.include_router(router, prefix=routing.PREFIX)
        app.include_router(router, include_in_schema=False)
    app.include_router(documentation.elsewhere())
    app.include_router(control.router(serving))
    app.add_exception_handler(ApiError, _refuse)
    app.add_exception_handler(MockError, _own_trouble)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(Exception, _bug)
    app.rest = Rest(serving, app.routed)
    app.road = Road(serving, serving.passing_on(app.rest))
    serving.road = serving.road or app.road  # where the way in is another one, it stays that
    return app


class Rest:
    """What doors do for their requests and the other routes need too: journal, access log, headers for browsers."""

    def __init__(self, serving: Serving, routed: App) -> None:
        self._serving = serving
        self._routed = routed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._routed(scope, receive, send)
            return
        path: str = scope["path"]
        asked = self._serving.begin(scope, receive, "", routing.account_of(path), kept=not path.startswith(OURS))
        if await self._serving.preflight(asked, send):
            return
        scope["mock.entry"] = entry = asked.entry
        entry.status = 500
        if path.startswith("/_mock"):
            asked.headers.pop(b"authorization", None)  # of the control token, not even its end is for the log

        async def send_more(message: Any) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *asked.more]
            await send(message)

        try:
            await self._routed(scope, receive, send_more)
        except (ClientDisconnect, Disconnected):
            entry.status = 499  # the client went away; there is nobody to write to
        finally:
            self._serving.end(asked)


async def _page() -> Response:
    """Every route, for who reads it in a browser."""
    return Response(PAGE.read_bytes(), media_type="text/html")


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return _response(*_noted(request, error))


async def _not_understood(request: Request, error: Exception) -> Response:
    """Parameters of our own routes; those of imitated ones are read as the service reads them."""
    assert isinstance(error, RequestValidationError)
    wrong = [f"{'.'.join(map(str, item['loc']))}: {item['input']!r}; {item['msg']}" for item in error.errors()]
    return _response(422, *writing.troubled("; ".join(wrong), b"mock"))


async def _own_trouble(request: Request, error: Exception) -> Response:
    assert isinstance(error, MockError)
    return _response(error.status, *writing.troubled(str(error), b"mock"))


async def _bug(request: Request, error: Exception) -> Response:
    """What nobody foresaw; the server logs its trace."""
    return _response(500, *writing.troubled("a bug of the emulator; its trace is in the server's log", b"bug"))


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    scope = request.scope
    if scope["path"].startswith("/_mock/"):
        method = f"{scope['method']} " if error.status_code == 405 else ""
        words = f"there is no {method}{scope['path']}; /docs lists the emulator's own routes"
        return _response(error.status_code, *writing.troubled(words, b"mock"))
    refusal = routing.wrong_method(scope) if error.status_code == 405 else routing.unknown(scope)
    return _response(*_noted(request, refusal))


def _noted(request: Request, error: ApiError) -> tuple[int, Headers, bytes]:
    request_id = writing.request_id()
    entry: Entry = request.scope["mock.entry"]
    entry.error, entry.hint = (error.row.code, error.message(request_id)), error.hint
    return writing.refused(error, request_id)


def _response(status: int, headers: Headers, body: bytes) -> Response:
    response = Response(body, status)
    response.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]
    return response
