"""How the documentation shows refusals: an example of each, by status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mock_server.api import writing
from mock_server.errors import ApiError, Row

EXAMPLE_MODEL = "@cf/author/model"  # stands for any, as an example
EXAMPLE_ID = "9f46c543-2094-4f11-bb8a-0153d21c536e"


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
