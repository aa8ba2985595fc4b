"""Deliberate trouble by rules: made, listed, ended."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from mock_server.api.control import asking
from mock_server.api.control.asking import Account, check_account
from mock_server.api.serving import Serving
from mock_server.errors import MockError
from mock_server.faults import CODED, KINDS, NAMED
from mock_server.matching import BadMatch

EXAMPLES: dict[str, Any] = {
    "busy twice": {"fault": {"error": 3040, "retry_after": "50ms"}, "times": 2},
    "a stream cut after three events": {"match": {"task": "Text Generation"}, "fault": "cut:3"},
    "late now and then": {"fault": {"latency": "2s"}, "probability": 0.1, "seed": 7},
    "several": {"faults": [{"fault": "hang", "times": 1}, {"fault": "502", "times": 1}]},
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "No such fault"}}


def router(serving: Serving) -> APIRouter:
    """The routes of faults."""
    routes = APIRouter()
    faults = serving.pipeline.faults

    @routes.post(
        "/faults",
        status_code=201,
        summary="Make trouble on purpose",
        responses=asking.REFUSED,
        openapi_extra=asking.body(EXAMPLES),
    )
    async def made(request: Request, account: Account = None) -> dict[str, Any]:
        """A rule: `match` (as of stubs; without it, everything), `fault` (an object, or in short), and as wanted
        `times`, `probability` with `seed`. The newest rule that concerns a request goes first; each request meets one
        fault at most. `GET /_mock/faults/kinds` lists what there is. Of several (`faults`) the first goes first."""
        check_account(account)
        document = await asking.json_object(request)
        several = document.get("faults")
        try:
            if several is None:
                return faults.add(document, account).json()
            if len(document) > 1 or not isinstance(several, list) or not several:
                raise BadMatch("/faults", "accepted: a list of rules, alone")
            rules = faults.add_all(several, account)
        except BadMatch as error:
            raise asking.refused(error) from None
        return {"faults": [rule.json() for rule in rules]}

    @routes.get("/faults", summary="The rules that make trouble, newest first")
    async def listed(account: Account = None) -> dict[str, Any]:
        return {"faults": [rule.json() for rule in faults.of(account)]}

    @routes.get("/faults/kinds", summary="What can go wrong on purpose")
    def kinds() -> dict[str, Any]:
        return {
            "kinds": [
                {"name": name, "takes": kind.takes, "streams_only": kind.streams, "about": kind.about}
                for name, kind in KINDS.items()
            ],
            "errors": [
                {"name": name, "code": row.code, "status": row.status, "by_code": CODED.get(row.code) is row}
                for name, row in NAMED.items()
            ],
        }

    @routes.delete("/faults", summary="End the trouble of an account, or all of it")
    async def ended(account: Account = None) -> dict[str, Any]:
        faults.forget(account)
        return {"faults": [rule.json() for rule in faults.of(account)]}

    @routes.delete("/faults/{name}", summary="End one rule", responses=NOT_FOUND)
    async def one_ended(name: str) -> dict[str, Any]:
        if not faults.remove(name):
            raise MockError(f"{name}: there is no such fault", status=404)
        return {"id": name}

    return routes
