"""What ``/docs`` and ``/openapi.json`` say about the OpenAI-compatible routes."""

from __future__ import annotations

from typing import Any, NoReturn

import orjson
from fastapi import APIRouter, Request

from mock_server import errors
from mock_server.api import openai, routing
from mock_server.api.documentation.refusing import EXAMPLE_ID, EXAMPLE_MODEL, refusals
from mock_server.api.documentation.settling import SECURITY
from mock_server.errors import ApiError, Row

REFUSALS: dict[str, tuple[Row, dict[str, Any]]] = {
    "schema": (errors.BAD_INPUT, {"reason": "required properties at '/' are 'messages'"}),
    "unknown model": (errors.NO_SUCH_MODEL, {"model": EXAMPLE_MODEL}),
    "malformed token": (errors.BAD_AUTHORIZATION, {}),
    "not JSON": (errors.BAD_JSON, {}),
    "no body": (errors.INCOMPLETE, {"what": "body"}),
    "unknown token": (errors.AUTHENTICATION, {}),
    "free plan": (errors.NEEDS_PAID_PLAN, {"model": EXAMPLE_MODEL}),
    "malformed account": (errors.BAD_ACCOUNT, {"path": "/client/v4/accounts/1/ai/v1/chat/completions"}),
    "LoRA or method": (errors.METHOD_NOT_ALLOWED, {"method": "GET"}),
    "deprecated": (errors.DEPRECATED, {"model": EXAMPLE_MODEL, "date": "2026-05-30"}),
    "too large": (errors.TOO_LARGE, {}),
    "allowance": (errors.ALLOCATION_USED, {}),
}
HELLO = [{"role": "user", "content": "Say hello"}]
# Path below ai/v1 -> what it does, an example of its body, and whether its answers stream.
ROUTES: dict[str, tuple[str, dict[str, Any], bool]] = {
    "chat/completions": ("Create a chat completion", {"messages": HELLO}, True),
    "completions": ("Create a completion", {"prompt": "Once upon a time"}, True),
    "embeddings": ("Create embeddings", {"input": ["an orange cloud", "a llama"], "encoding_format": "float"}, False),
    "responses": ("Create a response", {"input": "Say hello", "instructions": "Be brief."}, True),
}


def router() -> APIRouter:
    """The documented routes, without a prefix."""
    routes = APIRouter(tags=["OpenAI-compatible"])

    async def create(request: Request, account_id: str) -> NoReturn:
        """Asks the `model` in the body; the answer is OpenAI's, without an envelope. Refusals have Cloudflare's."""
        raise routing.wrong_method(request.scope)  # answered before it comes as far as this

    for path, (summary, body, streams) in ROUTES.items():
        routes.add_api_route(
            f"/accounts/{{account_id}}/ai/v1/{path}",
            create,
            methods=["POST"],
            name=path,
            summary=summary,
            operation_id=path.replace("/", "_"),
            response_model=None,
            responses=_responses(path, streams),
            openapi_extra={"requestBody": _request_body(body), "security": SECURITY},
        )
    return routes


def _request_body(example: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"model": {"type": "string"}}, "required": ["model"]}
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "example": {"model": EXAMPLE_MODEL, **example}}},
    }


def _responses(path: str, streams: bool) -> dict[int | str, dict[str, Any]]:
    content: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
    if streams:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    found: dict[int | str, dict[str, Any]] = {200: {"description": "OpenAI's object or events", "content": content}}
    found |= refusals(REFUSALS)
    if path == "responses":
        _, _, body = openai.failed(ApiError(errors.NO_PREVIOUS_RESPONSE, id="resp_1"), EXAMPLE_ID)
        examples = found[400]["content"]["application/json"]["examples"]
        examples["error of the route"] = {"value": orjson.loads(body)}
    return found
