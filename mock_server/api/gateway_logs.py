"""The log of a gateway, below ``/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from mock_server import errors
from mock_server.api import answering, paging
from mock_server.api.gateway_settings import (
    PER_PAGE,
    READ,
    WRITE,
    Field,
    check,
    described,
    document_of,
    find,
    iso,
)
from mock_server.api.serving import Serving
from mock_server.errors import ApiError
from mock_server.exchange import json_of
from mock_server.gateways import Gateway, Log

HEAD = 1000  # characters of a body that an entry shows
SAME = (
    "id", "provider", "model", "success", "cached", "cost", "tokens_in", "tokens_out", "duration", "feedback",
    "event_id", "request_content_type", "response_content_type",
)  # fmt: skip
# What entries can be put in order by, and filtered by: the published name, and the entry's own.
COLUMNS = {"created_at": "at"} | {name: name for name in SAME}
TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda found, told: bool(found == told),
    "neq": lambda found, told: bool(found != told),
    "contains": lambda found, told: str(told).lower() in str(found).lower(),
    "lt": lambda found, told: bool(found is not None and found < told),
    "gt": lambda found, told: bool(found is not None and found > told),
}

BOUNDS = ("cost", "duration", "tokens_in", "tokens_out", "total_tokens")
EQUALS = ("cached", "success", "feedback", "model", "provider", "request_content_type", "response_content_type")
LISTED_BY = (
    "search", "order_by", "order_by_direction", "direction", "start_date", "end_date", *EQUALS,
    *(f"{end}_{name}" for name in BOUNDS for end in ("min", "max")),
)  # fmt: skip


def router(serving: Serving) -> APIRouter:
    """The routes, without a prefix."""
    routes = APIRouter(tags=["AI Gateway"], prefix="/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs")
    state = serving.pipeline.gateways

    def entry(gateway: Gateway, log_id: str) -> Log:
        log = state.entry(gateway.account, gateway.id, log_id)
        if log is None:
            raise ApiError(errors.GATEWAY_NOT_FOUND, hint="no such entry: it may have made room for newer ones")
        return log

    @routes.get("", **described("List the log", query=LISTED_BY, paged=True, missing=True))
    async def logs(request: Request, account_id: str, gateway_id: str) -> Response:
        """Newest first unless `order_by_direction=asc`."""
        gateway = find(serving, request, account_id, gateway_id, READ)
        query = request.query_params
        kept = _ordered(_filtered(state.logs(account_id, gateway.id), query), query)
        page = paging.asked(query, PER_PAGE)
        return answering.listing([_line(log) for log in page.of(kept)], page.info(len(kept)))

    @routes.delete("", **described("Delete from the log", query=("limit", "order_by"), missing=True))
    async def delete_logs(request: Request, account_id: str, gateway_id: str) -> Response:
        """All entries, or those that `filters` keep; `limit` of them in their order."""
        gateway = find(serving, request, account_id, gateway_id, WRITE)
        query = request.query_params
        kept = _ordered(_filtered(state.logs(account_id, gateway.id), query), query)
        limit = query.get("limit", "")
        state.drop([log.id for log in kept], int(limit[:9]) if limit.isascii() and limit.isdigit() else None)
        return Response(b'{"success":true}', media_type="application/json")

    @routes.get("/{log_id}", **described("An entry of the log", missing=True))
    async def log(request: Request, account_id: str, gateway_id: str, log_id: str) -> Response:
        """The entry with the first part of both bodies."""
        return answering.success(_detail(entry(find(serving, request, account_id, gateway_id, READ), log_id)))

    @routes.patch(
        "/{log_id}",
        **described("Say something about an entry", body={"feedback": 1, "score": 100}, missing=True),
    )
    async def patch(request: Request, account_id: str, gateway_id: str, log_id: str) -> Response:
        """`feedback` (-1 or 1), `score` and `metadata` of an entry; null takes back what was said."""
        kept = entry(find(serving, request, account_id, gateway_id, WRITE), log_id)
        document = await document_of(request)
        number = Field("number", nullable=True, least=-(2**53))
        check(document, {"feedback": number, "score": number, "metadata": Field("object", nullable=True)})
        if "feedback" in document:
            kept.feedback = document["feedback"]
        if "score" in document:
            kept.score = document["score"]
        if "metadata" in document:
            kept.metadata = document["metadata"] or {}
        return answering.success({})

    @routes.get("/{log_id}/request", **described("What an entry was asked", missing=True, bare=True))
    async def asked(request: Request, account_id: str, gateway_id: str, log_id: str) -> Response:
        """The body that was sent, without an envelope."""
        kept = entry(find(serving, request, account_id, gateway_id, READ), log_id)
        return _body(kept.request, kept.request_content_type)

    @routes.get("/{log_id}/response", **described("What an entry was answered", missing=True, bare=True))
    async def answered(request: Request, account_id: str, gateway_id: str, log_id: str) -> Response:
        """The body that was answered, without an envelope."""
        kept = entry(find(serving, request, account_id, gateway_id, READ), log_id)
        return _body(kept.response, kept.response_content_type)

    return routes


# --- which entries ----------------------------------------------------------------------------------------------------
def _filtered(logs: Iterable[Log], query: Mapping[str, str]) -> list[Log]:
    """The entries that a query keeps; what it says in a way that nobody can read keeps all."""
    kept = list(logs)
    for name in EQUALS:
        if told := query.get(name):
            value = {"true": True, "false": False}.get(told, told)
            number = _number(told) if name == "feedback" else None
            kept = [log for log in kept if getattr(log, name) == (value if number is None else number)]
    for name in BOUNDS:
        least, most = _number(query.get(f"min_{name}")), _number(query.get(f"max_{name}"))
        if least is not None:
            kept = [log for log in kept if _amount(log, name) >= least]
        if most is not None:
            kept = [log for log in kept if _amount(log, name) <= most]
    start, end = _instant(query.get("start_date")), _instant(query.get("end_date"))
    kept = [log for log in kept if (start is None or log.at >= start) and (end is None or log.at <= end)]
    if told := query.get("search", "").lower():
        kept = [log for log in kept if told in f"{log.id} {log.provider} {log.model} {_metadata(log)}".lower()]
    for key, operator, values in _told(query):
        test = TESTS[operator]
        negative = operator == "neq"
        kept = [log for log in kept if (all if negative else any)(_passes(test, _value(log, key), v) for v in values)]
    return kept


def _ordered(logs: list[Log], query: Mapping[str, str]) -> list[Log]:
    column = COLUMNS.get(query.get("order_by", ""), "at")
    falling = (query.get("order_by_direction") or query.get("direction") or "desc") != "asc"
    get = attrgetter(column)
    return sorted(reversed(logs) if falling else logs, key=lambda log: (get(log) is None, get(log)), reverse=falling)


def _told(query: Mapping[str, str]) -> list[tuple[str, str, list[Any]]]:
    """Key, operator and values of a query's `filters`: a JSON list, or ``filters[key]=…`` as some clients send it."""
    try:
        found = json_of(query.get("filters", "[]"))
    except orjson.JSONDecodeError:
        found = []
    told = found if isinstance(found, list) else [found]
    if "filters[key]" in query:
        values = [text for name, text in _pairs(query) if re.fullmatch(r"filters\[value\](\[\d*\])?", name)]
        told.append({"key": query["filters[key]"], "operator": query.get("filters[operator]"), "value": values})
    return [
        (str(item.get("key")), str(item.get("operator")), item["value"])
        for item in told
        if isinstance(item, dict) and item.get("operator") in TESTS and isinstance(item.get("value"), list)
    ]


def _pairs(query: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    pairs: Iterable[tuple[str, str]] = query.multi_items() if hasattr(query, "multi_items") else query.items()
    return pairs


def _value(log: Log, key: str) -> Any:
    if key == "tokens":
        return log.tokens_in + log.tokens_out
    if key == "metadata.key":
        return list(log.metadata)
    if key == "metadata.value":
        return list(log.metadata.values())
    return getattr(log, COLUMNS[key]) if key in COLUMNS else None


def _passes(test: Callable[[Any, Any], bool], found: Any, told: Any) -> bool:
    if isinstance(found, list):
        return any(_passes(test, item, told) for item in found)
    if isinstance(told, str) and isinstance(found, bool):
        told = {"true": True, "false": False}.get(told, told)
    elif isinstance(told, str) and isinstance(found, int | float):
        told = _instant(told) if (number := _number(told)) is None else number
    try:
        return test(found, told)
    except TypeError:
        return False


def _amount(log: Log, name: str) -> float:
    return float(log.tokens_in + log.tokens_out if name == "total_tokens" else getattr(log, name))


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _instant(text: str | None) -> float | None:
    try:
        found = datetime.fromisoformat(text or "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


# --- what goes out ----------------------------------------------------------------------------------------------------
def _line(log: Log) -> dict[str, Any]:
    return {
        "id": log.id,
        "created_at": iso(log.at),
        "event_id": log.event_id,
        "provider": log.provider,
        "model": log.model,
        "path": log.path,
        "duration": log.duration,
        "status_code": log.status,
        "success": log.success,
        "cached": log.cached,
        "tokens_in": log.tokens_in,
        "tokens_out": log.tokens_out,
        "cost": log.cost,
        "custom_cost": log.custom_cost,
        "metadata": _metadata(log),
        "request_content_type": log.request_content_type,
        "response_content_type": log.response_content_type,
        "step": log.step,
        "feedback": log.feedback,
        "score": log.score,
    }


def _detail(log: Log) -> dict[str, Any]:
    asked, answered = log.request.decode("utf-8", "replace"), log.response.decode("utf-8", "replace")
    return _line(log) | {
        "request_size": log.request_size,
        "request_head": asked[:HEAD],
        "request_head_complete": len(asked) <= HEAD and len(log.request) == log.request_size,
        "response_size": log.response_size,
        "response_head": answered[:HEAD],
        "response_head_complete": len(answered) <= HEAD and len(log.response) == log.response_size,
    }


def _metadata(log: Log) -> str:
    return orjson.dumps(log.metadata).decode() if log.metadata else ""


def _body(body: bytes, content_type: str) -> Response:
    """A kept body; JSON as JSON, whatever type it was sent with."""
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return Response(body, media_type=content_type or "application/octet-stream")
    return Response(body, media_type="application/json")
