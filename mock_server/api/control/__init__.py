"""Our own routes, all below ``/_mock``: nothing here is imitated."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from mock_server.api.control import asking, clock, faults, health, journal, locking, media, stubs, usage, verdict
from mock_server.api.serving import Serving


def router(serving: Serving) -> APIRouter:
    """The control routes.

    Health, and the files that answers name, are for everybody; the rest can be locked or left out.
    """
    routes = APIRouter(prefix="/_mock", tags=["Control"])
    for room in (health, media):
        routes.include_router(room.router(serving))
    settings = serving.settings
    if settings.control == "off":
        return routes
    known = Depends(asking.only_known)
    locked = APIRouter(dependencies=[known], responses=asking.REFUSED)
    if settings.control_token is not None:
        check = Depends(locking.lock(settings.control_token))
        locked = APIRouter(dependencies=[check, known], responses=asking.REFUSED | locking.REFUSED)
    for room in (journal, stubs, faults, verdict, usage, clock):
        locked.include_router(room.router(serving))
    routes.include_router(locked)
    return routes
