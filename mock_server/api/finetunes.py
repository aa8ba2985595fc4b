"""Fine-tunes: LoRA adapters of an account, their files, and the public list."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from mock_server import errors
from mock_server.accounts import WRITE
from mock_server.api import answering, forms, reading, writing
from mock_server.api.asgi import Disconnected
from mock_server.api.documentation.refusing import refusals
from mock_server.api.documentation.settling import SECURITY
from mock_server.api.entrance import enter
from mock_server.api.serving import Serving
from mock_server.errors import ApiError, Row
from mock_server.exchange import json_of
from mock_server.finetunes import COLUMNS, FILES, LARGEST, Intake

LONGEST_NAME = 200  # bytes of the part that names a file
MOST = max(LARGEST.values()) + 1024 * 1024  # bytes of a form
ENTERING: dict[str, tuple[Row, dict[str, Any]]] = {
    "malformed token": (errors.BAD_AUTHORIZATION, {}),
    "no credentials": (errors.MISSING_HEADERS, {}),
    "unknown token": (errors.AUTHENTICATION, {}),
    "not permitted": (errors.FORBIDDEN, {}),
    "malformed account": (errors.BAD_ACCOUNT, {"path": "/client/v4/accounts/1/ai/finetunes"}),
    "method": (errors.METHOD_NOT_ALLOWED, {"method": "PUT"}),
}
LISTING = refusals(ENTERING | {"query": (errors.BAD_LISTING, {"reason": "limit: 'ten' is no number"})})
CHANGING = refusals(
    ENTERING
    | {"words": (errors.BAD_FINETUNE, {"reason": "name: a string is required"}), "size": (errors.TOO_LARGE, {})}
)
CREATING = {
    "type": "object",
    "required": ["model", "name"],
    "properties": {
        "model": {"type": "string"},
        "name": {"type": "string"},
        "description": {"type": "string"},
        "public": {"type": "boolean", "default": False},
    },
    "example": {"model": "@cf/author/model-lora", "name": "my-adapter", "description": "Answers as we do"},
}
UPLOADING = {
    "type": "object",
    "required": ["file_name", "file"],
    "properties": {
        "file_name": {"type": "string", "enum": list(FILES)},
        "file": {"type": "string", "format": "binary"},
    },
}


def router(serving: Serving) -> APIRouter:
    """The routes, without a prefix."""
    routes = APIRouter(tags=["Fine-tunes"])
    pipeline = serving.pipeline
    finetunes = pipeline.finetunes

    @routes.get(
        "/accounts/{account_id}/ai/finetunes",
        summary="List fine-tunes",
        response_model=None,
        responses=LISTING,
        openapi_extra={"security": SECURITY},
    )
    async def listed(request: Request, account_id: str) -> Response:
        """The fine-tunes of the account."""
        enter(pipeline, request, account_id)
        return answering.success([finetune.listed() for finetune in finetunes.of(account_id)])

    @routes.post(
        "/accounts/{account_id}/ai/finetunes",
        summary="Create a fine-tune",
        response_model=None,
        responses=CHANGING,
        openapi_extra={
            "security": SECURITY,
            "requestBody": {"required": True, "content": {"application/json": {"schema": CREATING}}},
        },
    )
    async def create(request: Request, account_id: str) -> Response:
        """A new fine-tune for `model`; its two files are uploaded next. JSON is read under any content type."""
        enter(pipeline, request, account_id, WRITE)
        try:
            body = await reading.body_of(request.receive, serving.settings.max_body_bytes)
        except Disconnected:
            return Response(status_code=499)  # nobody is there to read it
        request.scope["mock.entry"].size = len(body)
        try:
            given = json_of(body)
        except orjson.JSONDecodeError as error:
            raise ApiError(errors.BAD_FINETUNE, reason=f"the body is not JSON: {error}") from None
        if not isinstance(given, dict):
            raise ApiError(errors.BAD_FINETUNE, reason="the body is no object")
        model = given.get("model")
        known = isinstance(model, str) and (pipeline.catalog.find(model) or serving.settings.unknown_models == "infer")
        if isinstance(model, str) and model and not known:
            hint = pipeline.catalog.suggestion(model)
            raise ApiError(errors.BAD_FINETUNE, reason=f"model: there is no {model}", hint=hint)
        made = finetunes.create(account_id, writing.request_id(), pipeline.clock.of(account_id).now(), given)
        return answering.success(made.shown())

    @routes.get(
        "/accounts/{account_id}/ai/finetunes/public",
        summary="List public fine-tunes",
        response_model=None,
        responses=LISTING,
        openapi_extra={"security": SECURITY},
    )
    async def public(
        request: Request,
        account_id: str,
        limit: str | None = None,
        offset: str | None = None,
        orderBy: str | None = None,  # noqa: N803
    ) -> Response:
        """The fine-tunes that every account may use, by `orderBy` (a column), `limit` of them from `offset` on."""
        enter(pipeline, request, account_id)
        if orderBy and orderBy not in COLUMNS:
            reason = f"orderBy: {orderBy!r} is no column, only {', '.join(COLUMNS)}"
            raise ApiError(errors.BAD_LISTING, reason=reason)
        first, most = _number("offset", offset), _number("limit", limit)
        found = finetunes.public(account_id, orderBy or "", first or 0, most)
        return answering.success([finetune.shown() for finetune in found])

    @routes.post(
        "/accounts/{account_id}/ai/finetunes/{finetune_id}/finetune-assets",
        summary="Upload a file of a fine-tune",
        response_model=None,
        responses=CHANGING,
        openapi_extra={
            "security": SECURITY,
            "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": UPLOADING}}},
        },
    )
    async def upload(request: Request, account_id: str, finetune_id: str) -> Response:
        """`adapter_config.json` or `adapter_model.safetensors`: up to 300 MB, of a rank up to 32."""
        enter(pipeline, request, account_id, WRITE)
        intake = finetunes.intake(account_id, finetune_id)
        try:
            file_name, size = await _taken_in(request, intake)
            request.scope["mock.entry"].size = size
            asset = finetunes.attach(
                account_id, intake, file_name, writing.request_id(), pipeline.clock.of(account_id).now()
            )
        except ClientDisconnect:
            return Response(status_code=499)  # nobody is there to read it
        finally:
            intake.discard()
        return answering.success(
            {
                "id": asset.id,
                "finetune_id": finetune_id,
                "bucket_name": "finetunes",
                "file_name": asset.file_name,
                "created_at": asset.created_at,
                "modified_at": asset.created_at,
            }
        )

    return routes


async def _taken_in(request: Request, intake: Intake) -> tuple[str, int]:
    """Read a form as it comes in, its file into `intake`: what `file_name` says, and how many bytes came."""
    name = bytearray()

    def take(part: forms.Part, data: bytes) -> None:
        if part.name == "file":
            intake.write(data)
        elif part.name == "file_name" and len(name) < LONGEST_NAME:
            name.extend(data)

    try:
        parts, size = await forms.read(request.stream(), request.headers.get("content-type", ""), take, MOST)
    except forms.NoForm as error:
        raise ApiError(errors.BAD_FINETUNE, reason=str(error)) from None
    except OverflowError as error:
        raise ApiError(errors.TOO_LARGE, hint=str(error)) from None
    for wanted in ("file_name", "file"):
        if all(part.name != wanted for part in parts):
            raise ApiError(errors.BAD_FINETUNE, reason=f"{wanted}: the form has no such part")
    return name.decode("utf-8", "replace"), size


def _number(name: str, text: str | None) -> int | None:
    """A whole number from 0 of the query; clients write them as 5 and as 5.0."""
    if not text:
        return None
    whole, _, rest = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) < 10) or rest.strip("0"):
        raise ApiError(errors.BAD_LISTING, reason=f"{name}: {text!r} is no whole number from 0")
    return int(whole)
