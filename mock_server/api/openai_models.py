"""``GET /accounts/{account_id}/ai/v1/models``: 405 like the real service, or with ``--extensions on`` OpenAI's list."""

from __future__ import annotations

from datetime import UTC, datetime
from time import gmtime, strftime
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from mock_server import errors
from mock_server.api import routing
from mock_server.api.documentation.refusing import EXAMPLE_MODEL, refusals
from mock_server.api.documentation.settling import SECURITY
from mock_server.api.entrance import enter
from mock_server.api.serving import Serving
from mock_server.catalog import Model

REFUSALS: dict[str, tuple[errors.Row, dict[str, Any]]] = {
    "without --extensions": (errors.METHOD_NOT_ALLOWED, {"method": "GET"}),
    "no credentials": (errors.MISSING_HEADERS, {}),
    "unknown token": (errors.AUTHENTICATION, {}),
    "no permission": (errors.FORBIDDEN, {}),
    "malformed account": (errors.BAD_ACCOUNT, {"path": "/client/v4/accounts/1/ai/v1/models"}),
}


def router(serving: Serving) -> APIRouter:
    """The route, without a prefix."""
    routes = APIRouter(tags=["OpenAI-compatible"])
    pipeline, offered = serving.pipeline, serving.settings.extensions == "on"
    example = {"id": EXAMPLE_MODEL, "object": "model", "created": 1700000000, "owned_by": "author"}
    content = {"application/json": {"example": {"object": "list", "data": [example]}}}
    listed: dict[int | str, dict[str, Any]] = {200: {"description": "With `--extensions on`", "content": content}}

    @routes.get(
        "/accounts/{account_id}/ai/v1/models",
        summary="List models (an extension)",
        response_model=None,
        responses=listed | refusals(REFUSALS),
        openapi_extra={"security": SECURITY},
    )
    async def models(request: Request, account_id: str) -> Response:
        """Refused by the real service, and here too unless the server was started with `--extensions on`.

        Then it lists every model that is not hidden or deprecated, as OpenAI's clients read it.
        """
        routing.check_account(account_id, request.scope)
        if not offered:
            refusal = routing.wrong_method(request.scope)
            refusal.hint = "the real service lists no models here; --extensions on does"
            raise refusal
        enter(pipeline, request, account_id)
        today = strftime("%Y-%m-%d", gmtime(pipeline.clock.of(account_id).now()))
        data = [
            _entry(model)
            for model in pipeline.catalog
            if not model.hidden and not (model.deprecated_on and model.deprecated_on <= today)
        ]
        return Response(orjson.dumps({"object": "list", "data": data}), media_type="application/json")

    return routes


def _entry(model: Model) -> dict[str, Any]:
    return {"id": model.name, "object": "model", "created": _seconds(model), "owned_by": model.name.split("/")[-2]}


def _seconds(model: Model) -> int:
    """When the model was added, in seconds since the epoch; 0 where nobody published it."""
    if not model.created_at:
        return 0
    at = datetime.fromisoformat(model.created_at)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
