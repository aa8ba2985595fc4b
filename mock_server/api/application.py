"""The FastAPI application: every route with its documentation, behind the road of ``ai/run``."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mock_server import __version__
from mock_server.api import access, control, documentation, identity, routing, writing
from mock_server.api.asgi import Headers, Receive, Scope, Send
from mock_server.api.native import Road
from mock_server.errors import ApiError, MockError
from mock_server.pipeline import Pipeline
from mock_server.settings import Settings


class Emulator(FastAPI):
    """A FastAPI application whose busiest route is answered before FastAPI's own routing."""

    road: Road

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: the road first."""
        await self.road(scope, receive, send)

    async def others(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Every request that is not ``ai/run``."""
        await super().__call__(scope, receive, send)


def application(settings: Settings, pipeline: Pipeline) -> Emulator:
    """The application over a pipeline; every route is there with and without /client/v4."""
    app = Emulator(
        title="workers-ai-mock",
        version=__version__,
        description=documentation.ABOUT,
        redoc_url=None,
        # A schema of our own words for 422 would document answers that no imitated route gives.
        responses={},
    )
    app.state.pipeline = pipeline
    app.state.settings = settings
    for router in (documentation.router(), identity.router(pipeline)):
        app.include_router(router, prefix=routing.PREFIX)
        app.include_router(router, include_in_schema=False)
    app.include_router(control.router(pipeline))
    app.add_exception_handler(ApiError, _refuse)
    app.add_exception_handler(MockError, _own_trouble)
    app.add_exception_handler(HTTPException, _no_route)
    app.road = Road(settings, pipeline, _Outer(settings, app))
    return app


class _Outer:
    """What the road does for itself and the other routes need too: the access log, and the headers browsers want."""

    def __init__(self, settings: Settings, app: Emulator) -> None:
        self._app = app
        self._cors = writing.cors_wanted(settings)
        self._log = access.Log(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app.others(scope, receive, send)
            return
        started = perf_counter()
        received: dict[bytes, bytes] = dict(scope["headers"])
        extra: Headers = []
        if self._cors and b"origin" in received:
            extra = writing.cors(received[b"origin"])
            if scope["method"] == "OPTIONS":
                await writing.send_bytes(send, 204, extra, b"")
                return
        status = 500

        async def send_more(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *extra]
            await send(message)

        try:
            await self._app.others(scope, receive, send_more)
        finally:
            self._log.line(scope, received, status, perf_counter() - started)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return _response(error.row.status, *writing.refused(error, writing.request_id()))


async def _own_trouble(request: Request, error: Exception) -> Response:
    assert isinstance(error, MockError)
    return _response(error.status, *writing.troubled(str(error), b"mock"))


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    scope = request.scope
    refusal = routing.wrong_method(scope) if error.status_code == 405 else routing.unknown(scope)
    return _response(refusal.row.status, *writing.refused(refusal))


def _response(status: int, headers: Headers, body: bytes) -> Response:
    response = Response(body, status)
    response.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]
    return response
