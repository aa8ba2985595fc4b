"""The management routes of AI Gateway, below ``/accounts/{account_id}/ai-gateway``."""

from __future__ import annotations

from fastapi import APIRouter

from mock_server.api.serving import Serving


def router(serving: Serving) -> APIRouter:
    """The routes, without a prefix."""
    return APIRouter(tags=["AI Gateway"])
