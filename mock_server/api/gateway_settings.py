"""What the management routes of AI Gateway share: settings as they are sent and shown, refusals, descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from fastapi import Request

from mock_server import errors, gateways
from mock_server.api import paging, reading
from mock_server.api.documentation.refusing import MANAGING, refusals
from mock_server.api.documentation.settling import SECURITY
from mock_server.api.entrance import enter
from mock_server.api.serving import Serving
from mock_server.errors import ApiError, Row
from mock_server.exchange import json_of
from mock_server.gateways import Gateway

READ, WRITE = "AI Gateway Read", "AI Gateway Write"
LARGEST = 1024 * 1024  # bytes of a body with settings
PER_PAGE = 20

REFUSED: dict[str, tuple[Row, Mapping[str, Any]]] = MANAGING | {"not found": (errors.GATEWAY_NOT_FOUND, {})}
BAD: dict[str, tuple[Row, Mapping[str, Any]]] = {
    "field": (errors.GATEWAY_FIELD, {"message": "Required", "problems": [("Required", ["body", "id"])]}),
    "not JSON": (errors.BAD_JSON, {}),
    "body too large": (errors.TOO_LARGE, {}),
}


class Field(NamedTuple):
    """One setting. kind: the JSON type. least, most: of numbers. values: the only ones. nullable, required: may it be
    null, must it be there."""

    kind: str
    nullable: bool = False
    required: bool = False
    least: int = 0
    most: int = 2**53
    values: tuple[str, ...] = ()


FIELDS: dict[str, Field] = {
    "cache_invalidate_on_update": Field("boolean", required=True),
    "cache_ttl": Field("number", nullable=True, required=True),
    "collect_logs": Field("boolean", required=True),
    "rate_limiting_interval": Field("number", nullable=True, required=True),
    "rate_limiting_limit": Field("number", nullable=True, required=True),
    "authentication": Field("boolean"),
    "byok_only": Field("boolean"),
    "dlp": Field("object"),
    "guardrails": Field("object", nullable=True),
    "log_classification": Field("boolean"),
    "log_management": Field("number", nullable=True, least=10_000, most=10_000_000),
    "log_management_strategy": Field("string", nullable=True, values=("STOP_INSERTING", "DELETE_OLDEST")),
    "logpush": Field("boolean"),
    "logpush_public_key": Field("string", nullable=True),
    "otel": Field("array", nullable=True),
    "rate_limiting_technique": Field("string", nullable=True, values=("fixed", "sliding")),
    "retry_backoff": Field("string", nullable=True, values=("constant", "linear", "exponential")),
    "retry_delay": Field("number", nullable=True, most=60_000),
    "retry_max_attempts": Field("number", nullable=True, least=1, most=5),
    "spend_limits": Field("object", nullable=True),
    "store_id": Field("string", nullable=True),
    "stripe": Field("object", nullable=True),
    "workers_ai_billing_mode": Field("string", values=("postpaid", "unified")),
    "zdr": Field("boolean"),
}


def find(serving: Serving, request: Request, account_id: str, gateway_id: str, permission: str) -> Gateway:
    """The gateway that a request is about, if whoever asks may; 404/7002 where the account has none of that name."""
    enter(serving.pipeline, request, account_id, permission)
    gateway = serving.pipeline.gateways.find(account_id, gateway_id)
    if gateway is None:
        raise ApiError(errors.GATEWAY_NOT_FOUND, hint=f"this account has no gateway {gateway_id!r}")
    return gateway


async def document_of(request: Request) -> dict[str, Any]:
    """The JSON object of a body. Raises ApiError: 413/3006, 400/6003, 400/7001."""
    body = await reading.body_of(request.receive, LARGEST)
    try:
        document = json_of(body)
    except orjson.JSONDecodeError as error:
        raise ApiError(errors.BAD_JSON, hint=f"the body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise invalid([(f"Expected object, received {_kind(document)}", ["body"])])
    return document


def check(document: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
    """400/7001 with every field that is wrong; what is no field is nobody's business."""
    problems = []
    for name, field in fields.items():
        if name not in document:
            if field.required:
                problems.append(("Required", ["body", name]))
        elif problem := _problem(document[name], field):
            problems.append((problem, ["body", name]))
    told = document.get("id")
    if "id" in fields and isinstance(told, str):
        if not told:
            problems.append(("String must contain at least 1 character(s)", ["body", "id"]))
        elif len(told) > gateways.LONGEST_ID:
            problems.append((f"String must contain at most {gateways.LONGEST_ID} character(s)", ["body", "id"]))
        elif not gateways.ID(told):
            problems.append(("Invalid", ["body", "id"]))
    if problems:
        raise invalid(problems)


def _problem(value: Any, field: Field) -> str:
    kind = _kind(value)
    if value is None and field.nullable:
        return ""
    if kind != field.kind:
        return f"Expected {field.kind}, received {kind}"
    if kind == "number":
        if value < field.least:
            return f"Number must be greater than or equal to {field.least}"
        if value > field.most:
            return f"Number must be less than or equal to {field.most}"
    if field.values and value not in field.values:
        listed = " | ".join(f"'{name}'" for name in field.values)
        return f"Invalid enum value. Expected {listed}, received '{value}'"
    return ""


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (str, "string"), (list, "array"), (dict, "object")):
        if isinstance(value, kind):
            return name
    return "number"


def invalid(problems: list[tuple[str, list[str]]]) -> ApiError:
    """400/7001 with the words and the path of every problem."""
    hint = "; ".join(f"{'.'.join(path)}: {message}" for message, path in problems)
    return ApiError(errors.GATEWAY_FIELD, message=problems[0][0], problems=problems, hint=hint)


def known(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a document says of the settings that there are."""
    return {name: value for name, value in document.items() if name in FIELDS}


def iso(instant: float) -> str:
    """An instant, in seconds since the epoch, as ISO 8601 in UTC with milliseconds."""
    try:
        told = datetime.fromtimestamp(instant, UTC)
    except (ValueError, OverflowError, OSError):  # the emulator's clock can be set to anything
        told = datetime.fromtimestamp(0, UTC)
    return told.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def described(
    summary: str,
    *,
    query: Iterable[str] = (),
    paged: bool = False,
    body: Any = None,
    missing: bool = False,
    bare: bool = False,
) -> dict[str, Any]:
    """The description of a route. missing: it may answer 404/7002. bare: it answers bytes of any type."""
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in query]
    extra: dict[str, Any] = {"security": SECURITY, "parameters": parameters + (paging.PARAMETERS if paged else [])}
    rows = dict(REFUSED if missing else MANAGING)
    if body is not None:
        rows |= BAD
        schema = {"type": "object"}
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema, "example": body}}}
    responses = refusals(rows)
    if bare:
        content = {"application/json": {"schema": {}}, "*/*": {"schema": {"type": "string", "format": "binary"}}}
        responses[200] = {"description": "The bytes that are kept", "content": content}
    return {"summary": summary, "response_model": None, "responses": responses, "openapi_extra": extra}
