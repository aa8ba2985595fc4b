"""Whose token this is: ``tokens/verify`` for users and for accounts."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from mock_server.api import routing
from mock_server.api.serving import Serving

VALID = (
    b',"success":true,"errors":[],"messages":'
    b'[{"code":10000,"message":"This API Token is valid and active","type":null}]}'
)
OTHER = b',"success":true,"errors":[],"messages":[]}'


def router(serving: Serving) -> APIRouter:
    """The identity routes, without a prefix."""
    routes = APIRouter(tags=["Identity"])
    pipeline = serving.pipeline

    def verified(request: Request, account_id: str | None) -> Response:
        headers: dict[bytes, bytes] = dict(request.scope["headers"])
        result = pipeline.accounts.verify(headers, pipeline.clock.now(), account_id)
        tail = VALID if result["status"] == "active" else OTHER
        return Response(b'{"result":' + orjson.dumps(result) + tail, media_type="application/json")

    @routes.get("/user/tokens/verify", summary="Verify a user's token", response_model=None)
    def user_token(request: Request) -> Any:
        return verified(request, None)

    @routes.get(
        "/accounts/{account_id}/tokens/verify", summary="Verify a token that an account owns", response_model=None
    )
    def account_token(request: Request, account_id: str) -> Any:
        routing.check_account(account_id, request.scope)
        return verified(request, account_id)

    return routes
