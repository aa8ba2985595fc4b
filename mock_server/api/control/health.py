"""Whether the emulator is ready."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from mock_server import __version__
from mock_server.api.serving import Serving


def router(serving: Serving) -> APIRouter:
    """The route of health."""
    routes = APIRouter()
    catalog = serving.pipeline.catalog

    @routes.get("/health", summary="Whether the emulator is ready")
    def health() -> dict[str, Any]:
        return {"ready": True, "version": __version__, "models": len(catalog)}

    return routes
