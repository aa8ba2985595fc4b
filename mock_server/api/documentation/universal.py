"""What ``/docs`` and ``/openapi.json`` say about ``ai/run`` without a model in the path."""

from __future__ import annotations

from typing import Any, NoReturn

from fastapi import APIRouter, Request

from mock_server import errors
from mock_server.api import routing
from mock_server.api.documentation.native import REFUSALS as OF_A_MODEL
from mock_server.api.documentation.native import answered
from mock_server.api.documentation.refusing import EXAMPLE_MODEL, refusals
from mock_server.api.documentation.settling import SECURITY
from mock_server.errors import Row

REFUSALS: dict[str, tuple[Row, dict[str, Any]]] = {
    **{name: row for name, row in OF_A_MODEL.items() if name not in ("schema", "unknown model", "malformed account")},
    "schema": (errors.BAD_INPUT, {"reason": "required properties at '/' are 'model,input'"}),
    "unknown model": (errors.NO_SUCH_MODEL, {"model": EXAMPLE_MODEL}),
    "malformed account": (errors.BAD_ACCOUNT, {"path": "/client/v4/accounts/1/ai/run"}),
    "no credits": (errors.NO_CREDITS, {}),
}
EXAMPLES = {
    "chat": {"model": "openai/gpt-4.1", "input": {"messages": [{"role": "user", "content": "What is Cloudflare?"}]}},
    "picture": {"model": "google/nano-banana", "input": {"prompt": "a lighthouse by the sea", "aspect_ratio": "16:9"}},
    "film": {"model": "google/veo-3.1-fast", "input": {"prompt": "a butterfly lands on a flower", "duration": "4s"}},
    "speech": {"model": "openai/tts-1", "input": {"text": "Hello!", "voice": "alloy", "response_format": "mp3"}},
}


def router() -> APIRouter:
    """The documented route, without a prefix."""
    routes = APIRouter(tags=["Workers AI"])

    @routes.post(
        "/accounts/{account_id}/ai/run",
        summary="Run a model that the body names",
        response_model=None,
        responses=_responses(),
        openapi_extra={"requestBody": _request_body(), "security": SECURITY},
    )
    def run_any(request: Request, account_id: str) -> NoReturn:
        """Run a model of Workers AI (`@cf/author/model`) or of another provider (`author/model`).

        What others answer is wrapped twice. Their pictures, films and recordings are addresses below `/_mock/media`,
        where they can be fetched for a while.
        """
        raise routing.wrong_method(request.scope)  # answered before it comes as far as this

    return routes


def _request_body() -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["model", "input"],
        "properties": {"model": {"type": "string", "minLength": 1}, "input": {"type": "object"}},
    }
    examples = {name: {"value": value} for name, value in EXAMPLES.items()}
    return {"required": True, "content": {"application/json": {"schema": schema, "examples": examples}}}


def _responses() -> dict[int | str, dict[str, Any]]:
    done = {
        "result": {
            "state": "Completed",
            "result": {"image": "http://127.0.0.1:8787/_mock/media/1a87c96b898f1017f1055495a84a3ad3.png"},
            "gatewayMetadata": {"keySource": "Unified"},
        },
        "success": True,
        "errors": [],
        "messages": [],
    }
    found: dict[int | str, dict[str, Any]] = {200: answered(done)}
    return found | refusals(REFUSALS)
