"""Markdown conversion: ``tomarkdown`` and ``tomarkdown/supported``."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from mock_server import errors
from mock_server.api import answering, forms, writing
from mock_server.api.documentation.refusing import refusals
from mock_server.api.documentation.settling import SECURITY
from mock_server.api.entrance import enter
from mock_server.api.serving import Serving
from mock_server.errors import ApiError, Row
from mock_server.exchange import json_of

OPTIONS = "conversionOptions"  # the part of a form that is no file
NAMELESS = "document"  # what a body without a form is called
ENTERING: dict[str, tuple[Row, dict[str, Any]]] = {
    "malformed token": (errors.BAD_AUTHORIZATION, {}),
    "no credentials": (errors.MISSING_HEADERS, {}),
    "unknown token": (errors.AUTHENTICATION, {}),
    "not permitted": (errors.FORBIDDEN, {}),
    "malformed account": (errors.BAD_ACCOUNT, {"path": "/client/v4/accounts/1/ai/tomarkdown"}),
    "method": (errors.METHOD_NOT_ALLOWED, {"method": "PUT"}),
}
CONVERTING: dict[str, tuple[Row, dict[str, Any]]] = {
    "no file": (errors.INCOMPLETE, {"what": "files"}),
    "no form, or options that are no JSON": (errors.BAD_JSON, {}),
    "too large": (errors.TOO_LARGE, {}),
}
CONVERTED = {
    "result": [
        {
            "id": "9f46c543-2094-4f11-bb8a-0153d21c536e",
            "name": "good.html",
            "mimeType": "text/html",
            "format": "markdown",
            "tokens": 4,
            "data": "# Good\n\nIt is.\n",
        },
        {
            "id": "0f46c543-2094-4f11-bb8a-0153d21c536e",
            "name": "bad.pdf",
            "mimeType": "application/pdf",
            "format": "error",
            "error": "not a PDF file that can be read: EOF marker not found",
        },
    ],
    "success": True,
    "errors": [],
    "messages": [],
}
BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    OPTIONS: {"type": "string", "example": '{"html": {"cssSelector": "article"}}'},
                },
            }
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}


def router(serving: Serving) -> APIRouter:
    """The routes, without a prefix."""
    routes = APIRouter(tags=["Markdown conversion"])
    pipeline = serving.pipeline

    @routes.post(
        "/accounts/{account_id}/ai/tomarkdown",
        summary="Convert documents to Markdown",
        response_model=None,
        responses=refusals(ENTERING | CONVERTING) | {200: {"content": {"application/json": {"example": CONVERTED}}}},
        openapi_extra={"security": SECURITY, "requestBody": BODY},
    )
    async def convert(request: Request, account_id: str) -> Response:
        """Every file of a form, whatever its part is called, or a body that is a file itself.

        A file that cannot be converted does not fail the others: its result has the format `error`.
        """
        enter(pipeline, request, account_id)
        try:
            documents, options = await _documents(request, serving.settings.max_body_bytes)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody is there to read it
        request.scope["mock.entry"].size = sum(len(document.data) for document in documents)
        ids = [writing.request_id() for _ in documents]
        return answering.success(await pipeline.convert(documents, options, ids))

    @routes.get(
        "/accounts/{account_id}/ai/tomarkdown/supported",
        summary="List the formats that can be converted",
        response_model=None,
        responses=refusals(ENTERING),
        openapi_extra={"security": SECURITY},
    )
    async def supported(request: Request, account_id: str) -> Response:
        """Extensions and media types."""
        from mock_server import conversion

        enter(pipeline, request, account_id)
        return answering.success(conversion.supported())

    return routes


async def _documents(request: Request, limit: int) -> tuple[list[Any], Any]:
    """The files of a request, and its options. ApiError: 400 3003 without a file, 400 6003, 413 3006."""
    from mock_server.conversion import Document

    content_type = request.headers.get("content-type", "")
    parts: dict[forms.Part, bytearray] = {}

    def take(part: forms.Part, data: bytes) -> None:
        parts.setdefault(part, bytearray()).extend(data)

    try:
        if content_type.lower().startswith("multipart/"):
            await forms.read(request.stream(), content_type, take, limit)
        else:
            whole = parts[forms.Part(0, "", None, content_type)] = bytearray()
            async for chunk in request.stream():
                whole += chunk
                if len(whole) > limit:
                    raise OverflowError(f"more than {limit} bytes; --max-body-bytes sets the limit")
    except forms.NoForm as error:
        raise ApiError(errors.BAD_JSON, hint=str(error)) from None
    except OverflowError as error:
        raise ApiError(errors.TOO_LARGE, hint=str(error)) from None
    documents, options = [], None
    for part, data in parts.items():
        if part.name == OPTIONS:
            options = _options(bytes(data))
        elif data or part.file_name:
            documents.append(Document(part.file_name or part.name or NAMELESS, bytes(data), part.media_type))
    if not documents:
        raise ApiError(errors.INCOMPLETE, what="files", hint="send a form with at least one file in it")
    return documents, options


def _options(data: bytes) -> Any:
    try:
        return json_of(data) if data.strip() else None
    except orjson.JSONDecodeError as error:
        raise ApiError(errors.BAD_JSON, hint=f"{OPTIONS} is not JSON: {error}") from None
