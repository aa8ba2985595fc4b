"""What ``/docs`` and ``/openapi.json`` say about the doors that are answered before FastAPI's routing."""

from __future__ import annotations

from fastapi import APIRouter

from mock_server.api.documentation import anthropic, gateway, native, openai, universal

ABOUT = """Cloudflare Workers AI on your own machine: no account, no network, no bill.

Routes below `/client/v4` (or without it) answer like the real service; routes below `/_mock` are the emulator's own."""


def router() -> APIRouter:
    """The documented routes, without a prefix."""
    routes = APIRouter()
    for room in (native, universal, openai, anthropic):
        routes.include_router(room.router())
    return routes


def elsewhere() -> APIRouter:
    """The documented routes of other hosts, with the paths that they have here."""
    return gateway.router()
