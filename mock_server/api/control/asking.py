"""What was asked of our own routes: JSON under any content type, and how it is refused."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request

from mock_server.accounts import ACCOUNT_ID
from mock_server.errors import MockError
from mock_server.exchange import json_of
from mock_server.matching import BadMatch

Account = Annotated[str | None, Query(description="Only for this account; without it, for all.")]
REFUSED: dict[int | str, dict[str, Any]] = {422: {"description": "Not understood; the body says where and why"}}


def check_account(account: str | None) -> None:
    """MockError (422) for what is no account id."""
    if account is not None and not ACCOUNT_ID(account):
        raise MockError(f"account: {account!r}; accepted: 32 lower-case hex digits", status=422)


def only_known(request: Request) -> None:
    """MockError (422) for a parameter that the route does not have: misspelt, `account` would be everybody's.

    `account` itself is taken everywhere, so that a client can send it with all it asks.
    """
    known = {field.alias for field in request.scope["route"].dependant.query_params} | {"account"}
    for name in request.query_params:
        if name not in known:
            raise MockError(f"query.{name}: unknown; accepted: {', '.join(sorted(known))}", status=422)


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON object in the body of a request; MockError (422) when there is none."""
    body = await request.body()
    try:
        document = json_of(body)
    except orjson.JSONDecodeError as error:
        raise MockError(f"/: the body is not JSON: {error}", status=422) from None
    if not isinstance(document, dict):
        raise MockError("/: accepted: a JSON object", status=422)
    return document


def refused(error: BadMatch) -> MockError:
    """What is wrong with a document, where, and what is accepted."""
    return MockError(f"{error.pointer or '/'}: {error}", status=422)


def body(examples: dict[str, Any]) -> dict[str, Any]:
    """The body of a route for its documentation (``openapi_extra``). examples: by name."""
    shown = {name: {"value": value} for name, value in examples.items()}
    content = {"application/json": {"schema": {"type": "object"}, "examples": shown}}
    return {"requestBody": {"required": True, "content": content}}
