"""What ``/docs`` and ``/openapi.json`` say about ``ai/run``."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn

from fastapi import APIRouter, Query, Request

from mock_server import errors
from mock_server.api import routing
from mock_server.api.documentation.refusing import EXAMPLE_MODEL, refusals
from mock_server.api.documentation.settling import SECURITY
from mock_server.errors import Row

Queue = Annotated[bool, Query(alias="queueRequest", description="Queue the inputs, to be fetched by `request_id`")]

# One row per status that the route can answer with, and what fills the row's placeholders.
REFUSALS: dict[str, tuple[Row, dict[str, Any]]] = {
    "schema": (
        errors.BAD_INPUT,
        {"reason": "oneOf at '/' not met, 0 matches: required properties at '/' are 'prompt'"},
    ),
    "unknown batch": (errors.INVALID_INPUT, {}),
    "unknown model": (errors.NO_ROUTE, {}),
    "malformed token": (errors.BAD_AUTHORIZATION, {}),
    "not JSON": (errors.BAD_JSON, {}),
    "no body": (errors.INCOMPLETE, {"what": "body"}),
    "unknown token": (errors.AUTHENTICATION, {}),
    "free plan": (errors.NEEDS_PAID_PLAN, {"model": EXAMPLE_MODEL}),
    "terms": (errors.AGREED, {}),
    "malformed account": (errors.BAD_ACCOUNT, {"path": f"/client/v4/accounts/1/ai/run/{EXAMPLE_MODEL}"}),
    "LoRA": (errors.LORA_UNSUPPORTED, {"model": EXAMPLE_MODEL}),
    "method": (errors.METHOD_NOT_ALLOWED, {"method": "GET"}),
    "deprecated": (errors.DEPRECATED, {"model": EXAMPLE_MODEL, "date": "2026-05-30"}),
    "body too large": (errors.TOO_LARGE, {}),
}


def router() -> APIRouter:
    """The documented route of ``ai/run``, without a prefix."""
    routes = APIRouter(tags=["Workers AI"])

    @routes.post(
        "/accounts/{account_id}/ai/run/{model_name:path}",
        summary="Run a model",
        response_model=None,
        responses=_responses(),
        openapi_extra={"requestBody": _request_body(), "security": SECURITY},
    )
    def run(request: Request, account_id: str, model_name: str, queue: Queue = False) -> NoReturn:
        """Run `model_name` (`@cf/author/model`; slashes may be percent-encoded) on the inputs in the body.

        JSON is read under any content type. `stream: true` answers with server-sent events where the model streams.
        With `queueRequest=true` the batch in `requests` is queued; its `request_id` as the only input fetches what
        became of it.
        """
        raise routing.unknown(request.scope)  # only a path without a model's name comes as far as this

    return routes


def _request_body() -> dict[str, Any]:
    examples = {
        "chat": {"messages": [{"role": "user", "content": "Where does the phrase Hello World come from?"}]},
        "stream": {"prompt": "Tell me a story about an orange cloud", "stream": True},
        "embeddings": {"text": ["This is a story about an orange cloud", "This is a story about a llama"]},
        "classification": {"text": "This pizza is great!"},
        "image": {"prompt": "a lighthouse by the sea at sunset"},
        "batch": {"requests": [{"text": "This is a story about an orange cloud", "external_reference": "story1"}]},
        "translation": {"text": "Good morning", "source_lang": "english", "target_lang": "french"},
    }
    return {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "object", "description": "The inputs that the model's schema asks for."},
                "examples": {name: {"value": value} for name, value in examples.items()},
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {"schema": {"type": "object"}},
        },
    }


def _responses() -> dict[int | str, dict[str, Any]]:
    done = {
        "result": {
            "response": "It comes from a programming tutorial of the 1970s.",
            "usage": {"prompt_tokens": 19, "completion_tokens": 11, "total_tokens": 30},
        },
        "success": True,
        "errors": [],
        "messages": [],
    }
    found: dict[int | str, dict[str, Any]] = {200: answered(done)}
    return found | refusals(REFUSALS)


def answered(example: dict[str, Any]) -> dict[str, Any]:
    """What a model's answer is: JSON, such as `example`, or whatever else models answer with."""
    media = ("image/png", "image/jpeg", "audio/mpeg")
    return {
        "description": "The answer: JSON in the envelope, or bare bytes or events, as the model does it",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": example},
            "text/event-stream": {"schema": {"type": "string"}},
            **{name: {"schema": {"type": "string", "format": "binary"}} for name in media},
        },
    }
