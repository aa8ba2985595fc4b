"""Our own routes, all below ``/_mock``: nothing here is imitated."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from mock_server import __version__
from mock_server.pipeline import Pipeline


def router(pipeline: Pipeline) -> APIRouter:
    """The control routes."""
    routes = APIRouter(prefix="/_mock", tags=["Control"])

    @routes.get("/health", summary="Whether the emulator is ready")
    def health() -> dict[str, Any]:
        return {"ready": True, "version": __version__, "models": len(pipeline.catalog)}

    return routes
