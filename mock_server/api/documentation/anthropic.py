"""What ``/docs`` and ``/openapi.json`` say about ``ai/v1/messages``."""

from __future__ import annotations

from typing import Any, NoReturn

import orjson
from fastapi import APIRouter, Request

from mock_server import errors
from mock_server.api import anthropic, routing
from mock_server.api.documentation.refusing import EXAMPLE_ID, EXAMPLE_MODEL
from mock_server.api.documentation.settling import SECURITY
from mock_server.errors import ApiError, Row

REFUSALS: dict[str, tuple[Row, dict[str, Any]]] = {
    "a model that does not speak it": (errors.MESSAGES_UNSUPPORTED, {"model": EXAMPLE_MODEL, "request": EXAMPLE_ID}),
    "malformed token": (errors.BAD_AUTHORIZATION, {}),
    "unknown token": (errors.AUTHENTICATION, {}),
    "no credits": (errors.NO_CREDITS, {}),
    "blocked": (errors.ACCOUNT_BLOCKED, {}),
    "unknown model": (errors.MESSAGES_NO_MODEL, {"model": "author/model"}),
    "malformed account": (errors.BAD_ACCOUNT, {"path": "/client/v4/accounts/1/ai/v1/messages"}),
    "method": (errors.METHOD_NOT_ALLOWED, {"method": "GET"}),
    "deprecated": (errors.DEPRECATED, {"model": EXAMPLE_MODEL, "date": "2026-05-30"}),
    "body too large": (errors.TOO_LARGE, {}),
    "rate": (errors.RATE_LIMITED, {}),
}
HELLO = {
    "model": "anthropic/claude-sonnet-4.5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Say hello"}],
}


def router() -> APIRouter:
    """The documented route, without a prefix."""
    routes = APIRouter(tags=["Anthropic-compatible"])

    @routes.post(
        "/accounts/{account_id}/ai/v1/messages",
        summary="Create a message",
        response_model=None,
        responses=_responses(),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _schema(), "example": HELLO}},
            },
            "security": SECURITY,
        },
    )
    def create_message(request: Request, account_id: str) -> NoReturn:
        """Anthropic's Messages API, for models whose ids begin with `anthropic/` and few others.

        The token is the bearer, or stands in `x-api-key`. Refusals have Anthropic's shape, but for those of the front
        of the house (credentials, account, method), which have Cloudflare's.
        """
        raise routing.wrong_method(request.scope)  # answered before it comes as far as this

    return routes


def _schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["model", "max_tokens", "messages"],
        "properties": {
            "model": {"type": "string"},
            "max_tokens": {"type": "integer", "minimum": 1},
            "messages": {"type": "array", "items": {"type": "object"}, "minItems": 1},
            "stream": {"type": "boolean"},
        },
    }


def _responses() -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {
        200: {
            "description": "A message, or with `stream` its events",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/event-stream": {"schema": {"type": "string"}},
            },
        }
    }
    for name, (row, values) in REFUSALS.items():
        status, _, body = anthropic.refused(ApiError(row, **values), EXAMPLE_ID)
        entry = found.setdefault(
            status,
            {"description": "Refused", "content": {"application/json": {"schema": {"type": "object"}, "examples": {}}}},
        )
        entry["content"]["application/json"]["examples"][name] = {"value": orjson.loads(body)}
    return found
