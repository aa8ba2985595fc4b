"""How the documentation shows refusals: an example of each, by status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mock_server import errors
from mock_server.api import writing
from mock_server.errors import ApiError, Row

EXAMPLE_MODEL = "@cf/author/model"  # stands for any, as an example
EXAMPLE_ID = "9f46c543-2094-4f11-bb8a-0153d21c536e"

# What `entrance.enter` and the routing refuse, for routes of an account that run no model.
MANAGING: dict[str, tuple[Row, Mapping[str, Any]]] = {
    "no credentials": (errors.MISSING_HEADERS, {}),
    "malformed token": (errors.NOT_AUTHENTICATED, {}),
    "malformed key": (errors.BAD_AUTH_KEY, {}),
    "unknown token": (errors.AUTHENTICATION, {}),
    "wrong account, or no permission": (errors.FORBIDDEN, {}),
    "unknown key": (errors.UNKNOWN_KEY, {}),
    "malformed account": (errors.BAD_ACCOUNT, {"path": "/client/v4/accounts/1/ai/..."}),
    "method": (errors.METHOD_NOT_ALLOWED, {"method": "PUT"}),
}
# The same for routes of users and accounts themselves.
CORE: dict[str, tuple[Row, Mapping[str, Any]]] = {
    "no credentials": (errors.MISSING_HEADERS, {}),
    "malformed token": (errors.BAD_AUTHORIZATION, {}),
    "malformed key": (errors.BAD_AUTH_KEY, {}),
    "unknown token": (errors.INVALID_ACCESS_TOKEN, {}),
    "unknown key": (errors.UNKNOWN_KEY, {}),
    "no permission": (errors.UNAUTHORIZED, {}),
    "method": (errors.METHOD_NOT_ALLOWED, {"method": "PUT"}),
}


def refusals(rows: Mapping[str, tuple[Row, Mapping[str, Any]]]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses of a route by status. rows: a name -> the row, and what fills its placeholders."""
    found: dict[int | str, dict[str, Any]] = {}
    for name, (row, values) in rows.items():
        body = orjson.loads(writing.refusal(ApiError(row, **values), EXAMPLE_ID))
        entry = found.setdefault(
            row.status,
            {"description": "Refused", "content": {"application/json": {"schema": {"type": "object"}, "examples": {}}}},
        )
        entry["content"]["application/json"]["examples"][f"{row.code} {name}"] = {"value": body}
    return found
