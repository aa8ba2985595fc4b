"""The road: a bare ASGI callable that every request reaches first, and the doors along it.

The doors where models run are reached without the routing of the web framework, which would halve their throughput and
need it imported; everything else is handed to `rest`. A door's room is imported with the first request for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TypeAlias, cast

from mock_server.api import routing
from mock_server.api.asgi import App, Receive, Scope, Send
from mock_server.api.serving import Serving

Door: TypeAlias = Callable[[routing.Route, Scope, Receive, Send], Awaitable[None]]


class Road:
    """Opens the door that a path names, and hands every other request to `rest`."""

    def __init__(self, serving: Serving, rest: App) -> None:
        self._serving = serving
        self._rest = rest
        self._doors: dict[str, Door] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: answer, or hand on."""
        if scope["type"] in ("http", "websocket"):
            route = routing.find(scope)
            if route is not None:
                door = self._doors.get(route.door)
                if door is None:
                    room = import_module(f"mock_server.api.{route.door}")
                    door = self._doors[route.door] = cast("Door", room.Door(self._serving))
                await door(route, scope, receive, send)
                return
        await self._rest(scope, receive, send)
