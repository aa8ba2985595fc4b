"""What ``/docs`` and ``/openapi.json`` say about the host of AI Gateway, which is below ``/gateway`` here."""

from __future__ import annotations

from typing import Any, NoReturn

import orjson
from fastapi import APIRouter, Request

from mock_server import errors
from mock_server.api import gateway, routing
from mock_server.api.documentation.refusing import EXAMPLE_ID, EXAMPLE_MODEL
from mock_server.api.documentation.settling import SECURITY
from mock_server.errors import ApiError, Row

# Row, and what fills its placeholders.
REFUSALS: dict[str, tuple[Row, dict[str, Any]]] = {
    "unknown gateway": (errors.UNKNOWN_GATEWAY, {}),
    "unknown provider": (errors.UNKNOWN_PROVIDER, {}),
    "unknown model of another provider": (errors.UNKNOWN_SLUG, {"model": "author/model"}),
    "no key": (errors.NO_PROVIDER_KEY, {"provider": "openai", "alias": "default"}),
    "unknown model in the body": (errors.NO_SUCH_MODEL, {"model": EXAMPLE_MODEL}),
    "unknown model in the path": (errors.NO_ROUTE, {}),
    "schema": (errors.BAD_INPUT, {"reason": "required properties at '/' are 'messages'"}),
    "not JSON": (errors.BAD_JSON, {}),
    "no body": (errors.INCOMPLETE, {"what": "body"}),
    "not let in": (errors.GATEWAY_UNAUTHORIZED, {}),
    "let in without credentials for Workers AI": (errors.AUTHENTICATION, {}),
    "no credits": (errors.NO_UNIFIED_CREDITS, {}),
    "free plan": (errors.NEEDS_PAID_PLAN, {"model": EXAMPLE_MODEL}),
    "terms": (errors.AGREED, {}),
    "method": (errors.METHOD_NOT_ALLOWED, {"method": "GET"}),
    "malformed model": (errors.INVALID_MODEL_ID, {}),
    "no part of the answer in time": (errors.REQUEST_TIMEOUT, {}),
    "deprecated": (errors.DEPRECATED, {"model": EXAMPLE_MODEL, "date": "2026-05-30"}),
    "body too large": (errors.TOO_LARGE, {}),
    "limit of the gateway": (errors.GATEWAY_RATE, {}),
    "allowance": (errors.ALLOCATION_USED, {}),
}
HELLO = [{"role": "user", "content": "Say hello"}]
STEP = {
    "provider": "workers-ai",
    "endpoint": EXAMPLE_MODEL,
    "headers": {"Authorization": "Bearer mock-token-workers-ai-write-000000000000"},
    "query": {"prompt": "Say hello"},
}
# Path below the gateway -> what it does, an example of its body.
ROUTES: dict[str, tuple[str, Any]] = {
    "": ("Ask the first step that answers", [STEP]),
    "/workers-ai/{model_name:path}": ("Run a model through a gateway", {"prompt": "Say hello"}),
    "/compat/{endpoint:path}": (
        "Ask any provider in OpenAI's format",
        {"model": f"workers-ai/{EXAMPLE_MODEL}", "messages": HELLO},
    ),
    "/{provider}/{endpoint:path}": ("Ask one provider", {"model": "model", "messages": HELLO}),
}
ABOUT = """Here below `/gateway`; requests with the host `gateway.ai.cloudflare.com` are answered without that prefix.

`cf-aig-*` headers ask for caching, retries, a timeout and metadata, and tell what became of it."""


def router() -> APIRouter:
    """The documented routes, with their whole paths."""
    routes = APIRouter(tags=["AI Gateway"])

    async def ask(request: Request) -> NoReturn:
        raise routing.unknown(request.scope)  # answered before it comes as far as this

    for number, (path, (summary, body)) in enumerate(ROUTES.items(), 1):
        whole = "/gateway/v1/{account_id}/{gateway_id}" + path
        names = [part[1:-1].partition(":")[0] for part in whole.split("/") if part.startswith("{")]
        routes.add_api_route(
            whole,
            ask,
            methods=["POST"],
            summary=summary,
            description=ABOUT,
            operation_id=f"gateway_{number}",
            response_model=None,
            responses=_responses(),
            openapi_extra={
                "parameters": [
                    {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
                ],
                "requestBody": {"required": True, "content": {"application/json": {"schema": {}, "example": body}}},
                "security": SECURITY,
            },
        )
    return routes


def _responses() -> dict[int | str, dict[str, Any]]:
    content = {
        "application/json": {"schema": {}},
        "text/event-stream": {"schema": {"type": "string"}},
        "*/*": {"schema": {"type": "string", "format": "binary"}},
    }
    found: dict[int | str, dict[str, Any]] = {200: {"description": "What the provider answers", "content": content}}
    for name, (row, values) in REFUSALS.items():
        _, _, body = gateway.refused(ApiError(row, **values), EXAMPLE_ID)
        refused = {"description": "Refused", "content": {"application/json": {"schema": {}, "examples": {}}}}
        examples: Any = found.setdefault(row.status, refused)["content"]["application/json"]["examples"]
        examples[f"{row.code} {name}"] = {"value": orjson.loads(body)}
    return found
