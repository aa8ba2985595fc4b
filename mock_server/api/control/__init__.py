"""Our own routes, all below ``/_mock``: nothing here is imitated."""

from __future__ import annotations

from fastapi import APIRouter

from mock_server.api.control import health
from mock_server.api.serving import Serving


def router(serving: Serving) -> APIRouter:
    """The control routes."""
    routes = APIRouter(prefix="/_mock", tags=["Control"])
    for room in (health,):
        routes.include_router(room.router(serving))
    return routes
