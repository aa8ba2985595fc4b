"""``POST /accounts/{account_id}/ai/v1/messages``: Anthropic's Messages API for the models that speak it.

Observed: a model of Workers AI itself is refused with 400, an id that nobody knows with 404, both in Anthropic's shape.
Chosen, where nothing is known: what the front of the house refuses (credentials, account, method) comes in
Cloudflare's envelopes, as on every other route; all that lies behind it comes in Anthropic's shape; a token is also
taken from ``x-api-key``, where Anthropic's clients put it; models of other providers that do not speak Messages are
refused like those of Workers AI. Threads, which Anthropic's clients go on by the id of the last message, are remembered
by account.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import orjson

from mock_server import errors
from mock_server.api import routing, writing
from mock_server.api.asgi import Headers, Receive, Scope, Send
from mock_server.api.serving import Asked, Serving, Surface
from mock_server.catalog import Model
from mock_server.catalog.third_party import SPEAKS_MESSAGES
from mock_server.errors import ApiError, Envelope
from mock_server.exchange import Answer, Call, Completion, json_of
from mock_server.formats import Format, messages

OF_A_TURN = ("messages", "max_tokens", "stream")  # what a thread does not keep
REQUIRED = ("max_tokens", "messages")
BEHIND = (Envelope.SERVICE, Envelope.GATEWAY, Envelope.MESSAGES)  # who writes what lies behind the front


def refused(error: ApiError, request: str = "") -> tuple[int, Headers, bytes]:
    """Status, headers and body of a refusal: Anthropic's shape, but for what the front of the house says."""
    if error.row.envelope not in BEHIND:
        return writing.refused(error, request)
    body = writing.messages_refusal(error.row.status, error.message(request), error.values.get("details"))
    return error.row.status, writing.refusal_headers(error, request), body


ANTHROPIC = Surface("anthropic", lambda call: cast("Format", messages), orjson.dumps, refused)


class Door:
    """Answers ``ai/v1/messages``."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._pipeline = serving.pipeline
        self._limit = serving.settings.max_body_bytes

    async def __call__(self, route: routing.Route, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the model that its body names."""
        await self._serving.serve(ANTHROPIC, route.account, scope, receive, send, partial(self._answer, route))

    async def _answer(self, route: routing.Route, asked: Asked) -> tuple[Call, Answer]:
        pipeline, scope = self._pipeline, asked.scope
        routing.check_account(route.account, scope)
        if scope["method"] != "POST":
            raise routing.wrong_method(scope)
        credentials = _credentials(asked.headers)
        pipeline.accounts.check(credentials, route.account, asked.entry.at)
        body = await asked.body(self._limit)
        inputs = _read(body)
        name = inputs.pop("model", None)
        if not isinstance(name, str) or not name:
            raise _invalid("model: Field required" if name is None else "model: Input should be a valid string")
        asked.entry.model = name
        model = self._model(credentials, route.account, name, asked.request_id)
        thread = inputs.pop("thread", None)
        if isinstance(thread, dict) and thread.get("type") == "continue":
            inputs = self._continued(route.account, str(thread.get("previous_message_id")), inputs)
        _check(inputs)
        asked_for = dict(inputs)
        call = asked.entry.call = Call(
            account=route.account,
            model=model,
            inputs=inputs,
            request_id=asked.request_id,
            now=asked.entry.at,
            surface="anthropic",
            headers=asked.headers,
            sent=asked.sent(body),
        )
        answer = await pipeline.answer(call)
        if isinstance(thread, dict) and isinstance(answer.reply, Completion):
            said = {"role": "assistant", "content": messages.render(answer.reply, call, answer.usage)["content"]}
            fields = {key: value for key, value in asked_for.items() if key not in OF_A_TURN}
            items = [fields, *asked_for["messages"], said]
            pipeline.conversations.remember(route.account, messages.message_id(call), items, len(body))
        return call, answer

    def _continued(self, account: str, message: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The whole request of which `inputs` are the turn that follows `message`; 404 when nobody knows that."""
        items = self._pipeline.conversations.find(account, message)
        if items is None:
            details = {"error_code": "thread_not_found"}
            raise ApiError(errors.MESSAGES_NO_THREAD, message=message, details=details)
        fields, *said = items
        more = inputs.get("messages")
        return {**fields, **inputs, "messages": [*said, *more] if isinstance(more, list) else more}

    def _model(self, credentials: Mapping[bytes, bytes], account: str, name: str, request: str) -> Model:
        """The model of that name, if it speaks Messages; 400 when it does not, 404 when there is none."""
        try:
            model = self._pipeline.admit(credentials, account, name, in_path=False)
        except ApiError as error:
            if error.row is errors.NO_SUCH_MODEL:
                raise ApiError(errors.MESSAGES_NO_MODEL, model=name, hint=error.hint) from None
            raise
        if model is None and not name.startswith("@"):
            return self._pipeline.catalog.others.stand_in(name)
        if model is None or SPEAKS_MESSAGES not in model.facts.get("request_formats", ()):
            hint = "models whose ids begin with anthropic/ speak Messages; ai/v1/chat/completions leads to others"
            raise ApiError(errors.MESSAGES_UNSUPPORTED, model=name, request=request, hint=hint)
        return model


def _credentials(headers: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """The headers with a token of ``x-api-key`` as the bearer, unless there is one."""
    if b"authorization" in headers or b"x-api-key" not in headers:
        return headers
    return {**headers, b"authorization": b"Bearer " + headers[b"x-api-key"]}


def _read(body: bytes) -> dict[str, Any]:
    """The body without what is null in it: clients send their unset options so."""
    try:
        document = json_of(body)
    except orjson.JSONDecodeError as error:
        raise _invalid(f"The request body is not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise _invalid("Input should be an object")
    return {key: value for key, value in document.items() if value is not None}


def _check(inputs: Mapping[str, Any]) -> None:
    """400 in the words of Anthropic's API for what every request needs."""
    for key in REQUIRED:
        if key not in inputs:
            raise _invalid(f"{key}: Field required")
    limit, given = inputs["max_tokens"], inputs["messages"]
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise _invalid("max_tokens: Input should be a valid integer")
    if limit < 1:
        raise _invalid("max_tokens: Input should be greater than or equal to 1")
    if not isinstance(given, list):
        raise _invalid("messages: Input should be a valid list")
    if not given:
        raise _invalid("messages: at least one message is required")
    for index, message in enumerate(given):
        if not isinstance(message, dict):
            raise _invalid(f"messages.{index}: Input should be an object")
        for key in ("role", "content"):
            if key not in message:
                raise _invalid(f"messages.{index}.{key}: Field required")
        if message["role"] not in ("user", "assistant", "system"):
            raise _invalid(f"messages.{index}.role: Input should be 'user' or 'assistant'")
        if not isinstance(message["content"], str | list):
            raise _invalid(f"messages.{index}.content: Input should be a valid string or list")
        if isinstance(message["content"], list):
            for number, block in enumerate(message["content"]):
                if not isinstance(block, dict) or not isinstance(block.get("type"), str):
                    raise _invalid(f"messages.{index}.content.{number}.type: Field required")
    if not isinstance(inputs.get("stream", False), bool):
        raise _invalid("stream: Input should be a valid boolean")


def _invalid(reason: str) -> ApiError:
    return ApiError(errors.MESSAGES_INVALID, reason=reason)
