"""The emulator's clock: read, frozen, set, moved on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from mock_server.api.control import asking
from mock_server.api.control.asking import Account, check_account
from mock_server.api.serving import Serving
from mock_server.clock import DURATION, LAST, Clock, duration
from mock_server.matching import BadMatch

FIELDS = ("set", "advance", "freeze", "resume")
EXAMPLES: dict[str, Any] = {
    "stand still": {"freeze": True},
    "a day and two hours on": {"advance": "1d2h"},
    "stand still at an instant": {"set": "2026-12-31T23:59:59Z", "freeze": True},
    "run on": {"resume": True},
}


def router(serving: Serving) -> APIRouter:
    """The routes of the clock."""
    routes = APIRouter()
    clock = serving.pipeline.clock

    @routes.get("/clock", summary="What time it is for the emulator")
    async def shown(account: Account = None) -> dict[str, Any]:
        check_account(account)
        return _state(clock if account is None else clock.of(account))

    for method in (routes.post, routes.put):

        @method("/clock", summary="Move the clock", responses=asking.REFUSED, openapi_extra=asking.body(EXAMPLES))
        async def moved(request: Request, account: Account = None) -> dict[str, Any]:
            """`set` (an ISO 8601 date or instant, or seconds since the epoch), then `advance` (seconds, or such as
            `1d2h`), then `freeze` or `resume`. With `account` only for this account, whose clock is its own from then
            on until a reset; deprecations, allowances, rates, batches and tokens follow it."""
            check_account(account)
            steps = _steps(await asking.json_object(request))
            chosen = clock if account is None else clock.own(account)
            try:
                _move(chosen, steps)
            except BadMatch as error:
                raise asking.refused(error) from None
            return _state(chosen)

    return routes


def _steps(document: dict[str, Any]) -> dict[str, Any]:
    try:
        for name in document:
            if name not in FIELDS:
                raise BadMatch(f"/{name}", f"unknown field; accepted: {', '.join(FIELDS)}")
        if not document:
            raise BadMatch("", f"accepted: an object with {', '.join(FIELDS)}")
        for name in ("freeze", "resume"):
            if name in document and document[name] is not True:
                raise BadMatch(f"/{name}", f"{document[name]!r}; accepted: true")
        if "freeze" in document and "resume" in document:
            raise BadMatch("/resume", "freeze or resume, not both")
    except BadMatch as error:
        raise asking.refused(error) from None
    return document


def _move(clock: Clock, steps: dict[str, Any]) -> None:
    """All steps or none: BadMatch says which is wrong."""
    shown = clock.now()
    if "set" in steps:
        try:
            shown = Clock.parse(steps["set"])
        except (ValueError, TypeError, OverflowError):
            accepted = "an ISO 8601 date or instant, or seconds since the epoch"
            raise BadMatch("/set", f"{steps['set']!r}; accepted: {accepted}") from None
    if "advance" in steps:
        try:
            shown += duration(steps["advance"])
        except (ValueError, TypeError):
            raise BadMatch("/advance", f"{steps['advance']!r}; accepted: {DURATION}") from None
    if not 0 <= shown < LAST:
        raise BadMatch("/set" if "set" in steps else "/advance", "accepted: what leads to a year from 1970 to 9998")
    if "freeze" in steps:
        clock.freeze()
    if "set" in steps or "advance" in steps:
        clock.set(shown)
    if "resume" in steps:
        clock.resume()


def _state(clock: Clock) -> dict[str, Any]:
    now = clock.now()
    shown = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"now": shown, "epoch": now, "frozen": clock.frozen}
