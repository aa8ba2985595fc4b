"""Fine-tunes: LoRA adapters of an account, their files, and the public list."""

from __future__ import annotations

from fastapi import APIRouter

from mock_server.api.serving import Serving


def router(serving: Serving) -> APIRouter:
    """The routes, without a prefix."""
    return APIRouter(tags=["Fine-tunes"])
