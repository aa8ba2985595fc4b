"""What the routes of the web framework answer: JSON, with the headers that every answer of the API has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from mock_server.api import writing


def written(body: bytes) -> Response:
    """JSON that is bytes already."""
    response = Response(body)
    response.raw_headers += [writing.JSON, writing.ray()]
    return response


def success(value: Any) -> Response:
    """A result in its envelope."""
    return written(writing.success(value))


def listing(values: list[Any], info: Mapping[str, Any]) -> Response:
    """A page of a list in the envelope; info: its ``result_info``."""
    return written(writing.success(values)[:-1] + b',"result_info":' + orjson.dumps(info) + b"}")
