"""The catalog: ``models/search``, ``models/schema``, ``tasks/search`` and ``authors/search``."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from mock_server import errors
from mock_server.api import answering, paging
from mock_server.api.documentation.refusing import EXAMPLE_MODEL, MANAGING, refusals
from mock_server.api.documentation.settling import SECURITY
from mock_server.api.entrance import enter
from mock_server.api.serving import Serving
from mock_server.catalog import search
from mock_server.errors import ApiError

YES = ("true", "1")
NO_MODEL = "required properties at '/' are 'model'"
FILTERS: list[tuple[str, str, str]] = [
    ("author", "string", "The part of a model's name between its slashes"),
    ("task", "string", "The name of a task, exactly"),
    ("search", "string", "A part of name or description"),
    ("source", "number", "The number of a source; every known model has 1"),
    ("hide_experimental", "boolean", "Without models in beta"),
    ("include_deprecated", "boolean", "With models that were deprecated in the last three months"),
]


def router(serving: Serving) -> APIRouter:
    """The routes, without a prefix."""
    routes = APIRouter(tags=["Catalog"])
    pipeline = serving.pipeline
    catalog = pipeline.catalog

    @routes.get(
        "/accounts/{account_id}/ai/models/search",
        summary="List models",
        response_model=None,
        responses=refusals(MANAGING),
        openapi_extra={"parameters": _parameters(), "security": SECURITY},
    )
    async def models(request: Request, account_id: str) -> Response:
        """Models by name, a page at a time; all on one page without `per_page`, and none past the last page.

        `format=openrouter` answers with `data` at the top, and no envelope.
        """
        enter(pipeline, request, account_id)
        query = request.query_params
        wanted = search.Filters(
            author=query.get("author") or None,
            task=query.get("task") or None,
            search=query.get("search") or None,
            source=_number(query.get("source")),
            hide_experimental=query.get("hide_experimental", "").lower() in YES,
            include_deprecated=query.get("include_deprecated", "").lower() in YES,
        )
        found = search.find(catalog, wanted, pipeline.clock.of(account_id).now())
        for_a_marketplace = query.get("format") == "openrouter"
        if for_a_marketplace:
            found = [model for model in found if search.is_for_the_marketplace(model)]
        page = paging.asked(query, max(len(found), 50))
        if for_a_marketplace:
            return answering.written(
                orjson.dumps({"data": [search.marketplace_item(model) for model in page.of(found)]})
            )
        shown = page.of(found)
        # Keys from fixtures of others; with these, an answer without a model has the size that was observed.
        info = {"count": len(shown), "page": page.number, "per_page": page.size, "total_count": len(found)}
        return answering.listing([search.item(model) for model in shown], info)

    @routes.get(
        "/accounts/{account_id}/ai/models/schema",
        summary="The schemas of a model's inputs and outputs",
        response_model=None,
        responses=refusals(
            MANAGING
            | {
                "unknown model": (errors.NO_SUCH_MODEL, {"model": EXAMPLE_MODEL}),
                "no model": (errors.BAD_INPUT, {"reason": NO_MODEL}),
            }
        ),
        openapi_extra={
            "parameters": [{"name": "model", "in": "query", "required": True, "schema": {"type": "string"}}],
            "security": SECURITY,
        },
    )
    async def schema(request: Request, account_id: str) -> Response:
        """The same schemas that requests to `model` are checked against."""
        enter(pipeline, request, account_id)
        name = request.query_params.get("model")
        # Nobody saw what the service says to either; these are the words that the routes which run models have for it.
        if not name:
            raise ApiError(errors.BAD_INPUT, reason=NO_MODEL)
        asked = catalog.find(name)
        if asked is None:
            hint = f"no such model in this catalog; {catalog.suggestion(name)}models/search lists them"
            raise ApiError(errors.NO_SUCH_MODEL, model=name, hint=hint)
        model = catalog.resolve(asked)
        return answering.success({side: catalog.schema(model, side) for side in ("input", "output")})

    @routes.get(
        "/accounts/{account_id}/ai/tasks/search",
        summary="List tasks",
        response_model=None,
        responses=refusals(MANAGING),
        openapi_extra={"security": SECURITY},
    )
    async def tasks(request: Request, account_id: str) -> Response:
        """The tasks of all models."""
        enter(pipeline, request, account_id)
        return answering.success(search.tasks(catalog))

    @routes.get(
        "/accounts/{account_id}/ai/authors/search",
        summary="List authors",
        response_model=None,
        responses=refusals(MANAGING),
        openapi_extra={"security": SECURITY},
    )
    async def authors(request: Request, account_id: str) -> Response:
        """The authors of all models."""
        enter(pipeline, request, account_id)
        return answering.success(search.authors(catalog))

    return routes


def _parameters() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "query", "description": about, "schema": {"type": kind}} for name, kind, about in FILTERS
    ]
    found.append({"name": "format", "in": "query", "schema": {"type": "string", "enum": ["openrouter"]}})
    return found + paging.PARAMETERS


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
