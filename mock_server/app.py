"""Puts the rooms together: the only module that knows them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.api.asgi import App, Receive, Scope, Send
from mock_server.api.road import Road
from mock_server.api.serving import Serving
from mock_server.auth import Accounts
from mock_server.catalog import Catalog
from mock_server.clock import Clock
from mock_server.pipeline import Pipeline
from mock_server.settings import Settings, fixtures_folder
from mock_server.stubs import Stubs

if TYPE_CHECKING:
    from fastapi import FastAPI


def build(settings: Settings) -> Pipeline:
    """The rooms below the doors. MockError names the setting or file that is wrong."""
    shipped = (fixtures_folder(),) if settings.mode == "generate" else ()  # samples are neither recorded nor real
    stubs = Stubs((*shipped, *settings.fixtures))
    catalog = Catalog.load(quirks=settings.quirks == "real")
    return Pipeline(settings, catalog, Accounts(settings), Clock(settings.clock), stubs)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The emulator as a FastAPI application: documents every route, and answers ``ai/run`` before its own routing."""
    from mock_server.api.application import application

    settings = settings or Settings.load()
    return application(Serving(settings, build(settings)))


def light(settings: Settings | None = None, pipeline: Pipeline | None = None) -> App:
    """The emulator as an ASGI callable that loads FastAPI with the first request that is not ``ai/run``.

    What servers start: the first answer is there in half the time that importing FastAPI takes.
    pipeline: the rooms that `build` made of the same settings, for who needs them too.
    """
    settings = settings or Settings.load()
    rooms = pipeline or build(settings)
    serving = Serving(settings, rooms)
    app: App | None = None

    async def others(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal app
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if app is None:
            from mock_server.api.application import application

            app = application(serving).rest
        await app(scope, receive, send)

    serving.road = Road(serving, serving.passing_on(others))
    return serving.road


async def _lifespan(receive: Receive, send: Send) -> None:
    message: Any = await receive()
    await send({"type": "lifespan.startup.complete"})
    message = await receive()
    assert message["type"] == "lifespan.shutdown"
    await send({"type": "lifespan.shutdown.complete"})
