"""What was used and what it costs, by account and model, and what is left of the day; the limits of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from mock_server import limits
from mock_server.api.control import asking
from mock_server.api.control.asking import Account, check_account
from mock_server.api.serving import Serving
from mock_server.errors import MockError
from mock_server.pipeline import Pipeline
from mock_server.usage import DAY, FREE, USD_PER_NEURON, Line, day_of

EXAMPLES: dict[str, Any] = {
    "own numbers": {"limits": "rpm=5,neurons=100,concurrency=2"},
    "as published": {"limits": "real"},
    "none": {"limits": "off"},
}


def router(serving: Serving) -> APIRouter:
    """The routes of usage and limits."""
    routes = APIRouter()
    pipeline = serving.pipeline

    @routes.get("/usage", summary="Requests, tokens, neurons and USD")
    async def used(account: Account = None) -> dict[str, Any]:
        """By model, in all and today (UTC, by the emulator's clock). `usd`: at list prices; `billed_usd`: what is
        beyond the neurons that every day includes."""
        check_account(account)
        if account is not None:
            return _used(pipeline, account)
        accounts = [_used(pipeline, name) for name in pipeline.ledger.accounts()]
        total = Line()
        for name in pipeline.ledger.accounts():
            for line in pipeline.ledger.of(name).values():
                total.add(line)
        return {"total": _line(total), "accounts": accounts}

    @routes.get("/limits", summary="How much may be asked")
    async def limited(account: Account = None) -> dict[str, Any]:
        check_account(account)
        return {"account": account, "limits": pipeline.limits.of(account or "").json()}

    @routes.put(
        "/limits",
        summary="Limit what may be asked",
        responses=asking.REFUSED,
        openapi_extra=asking.body(EXAMPLES),
    )
    async def limit(request: Request, account: Account = None) -> dict[str, Any]:
        """`limits` as `--limits` says it; of an account until a reset, without an account of the whole server."""
        check_account(account)
        document = await asking.json_object(request)
        text = document.get("limits")
        if document.keys() != {"limits"} or not isinstance(text, str):
            raise MockError(f'/limits: accepted: {{"limits": text}}, the text being {limits.ACCEPTED}', status=422)
        pipeline.limits.set(limits.parse(text, "/limits"), account)
        return {"account": account, "limits": pipeline.limits.of(account or "").json()}

    return routes


def _used(pipeline: Pipeline, account: str) -> dict[str, Any]:
    ledger = pipeline.ledger
    now = pipeline.clock.of(account).now()
    free = pipeline.accounts.on_free_plan(pipeline.accounts.find(account))
    allowance = pipeline.limits.allowance(account, free=free)
    spent = ledger.spent(account, day_of(now))
    beyond = sum(max(ledger.spent(account, day) - FREE, 0.0) for day in ledger.days(account))
    return {
        "account": account,
        "plan": "free" if free else "paid",
        "total": _total(ledger.of(account)) | {"billed_usd": 0.0 if free else beyond * USD_PER_NEURON},
        "models": {name: _line(line) for name, line in sorted(ledger.of(account).items())},
        "today": {
            **_total(ledger.days(account).get(day_of(now), {})),
            "included": FREE,
            "included_left": max(FREE - spent, 0.0),
            "allowance": allowance,
            "allowance_left": None if allowance is None else max(allowance - spent, 0.0),
            "resets_at": datetime.fromtimestamp((day_of(now) + 1) * DAY, UTC).isoformat().replace("+00:00", "Z"),
        },
    }


def _total(lines: Mapping[str, Line]) -> dict[str, Any]:
    total = Line()
    for line in lines.values():
        total.add(line)
    return _line(total)


def _line(line: Line) -> dict[str, Any]:
    return {
        "requests": line.requests,
        "prompt_tokens": line.prompt_tokens,
        "completion_tokens": line.completion_tokens,
        "neurons": line.neurons,
        "usd": line.neurons * USD_PER_NEURON,
    }
