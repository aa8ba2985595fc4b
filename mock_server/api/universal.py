"""``POST /accounts/{account_id}/ai/run`` with ``{"model", "input"}``: models of Workers AI and of other providers.

A model of Workers AI answers as on ``ai/run/{model}``. What others answer is wrapped twice (observed, 2026):
``{"state": "Completed", "result": …, "gatewayMetadata": {"keySource": "Unified"}}`` stands in ``result``. Published
examples show language models without the inner wrapper; nobody captured one over REST, so they are wrapped like the
rest. Their streams are their provider's own events, unwrapped. Media are addresses, where they can be fetched from
this server; the real ones are addresses of their providers.

Chosen: documentation asks for ``cf-aig-gateway-id`` with models of Workers AI, here it may be missing; a body without
`model` or `input` is refused by the validator's own words (5006), and an unknown id with 5007.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from mock_server import errors, formats
from mock_server.api import reading, routing, writing
from mock_server.api.asgi import Receive, Scope, Send
from mock_server.api.serving import Asked, Serving, Surface
from mock_server.catalog.third_party import SPEAKS_MESSAGES
from mock_server.catalog.validation import Validator
from mock_server.errors import ApiError
from mock_server.exchange import Answer, Call, Result
from mock_server.formats import Format, compat_chat, compat_completions

# The validator takes no object of which nothing is said for one, so that one is an object is looked at apart from it.
ASKED = {
    "type": "object",
    "properties": {"model": {"type": "string", "minLength": 1}, "input": {}},
    "required": ["model", "input"],
}
OBJECT = {"type": "object", "properties": {"input": {"type": ["object"]}}, "required": ["input"]}


def _format(call: Call) -> Format | None:
    """As on ``ai/run``, and of other providers' models as on OpenAI's routes, or, where they speak it, as Messages."""
    name = formats.pick(call.model, call.inputs)
    if name is None or "provider" not in call.model.facts:
        return formats.of(call.model, call.inputs)
    if name == "chat" and call.model.facts["request_formats"][0] == SPEAKS_MESSAGES:
        return formats.get("messages")
    return ELSEWHERE.get(name) or formats.get(name)


def wrapped(value: Any) -> bytes:
    """The body of what another provider's model answered."""
    done = {"state": "Completed", "result": value, "gatewayMetadata": {"keySource": "Unified"}}
    return writing.success(done)


ELSEWHERE: dict[str, Format] = {"chat": cast("Format", compat_chat), "completions": cast("Format", compat_completions)}
UNIVERSAL = Surface("universal", _format)


class Door:
    """Answers ``ai/run`` without a model in the path."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._pipeline = serving.pipeline
        self._limit = serving.settings.max_body_bytes
        self._asked, self._object = Validator(ASKED), Validator(OBJECT)

    async def __call__(self, route: routing.Route, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the model that its body names."""
        asking: list[Call] = []

        async def ask(asked: Asked) -> tuple[Call, Answer]:
            call, answer = await self._answer(route, asked)
            asking.append(call)
            return call, answer

        def success(value: Any) -> bytes:
            ours = not asking or asking[0].model.name.startswith("@")
            return writing.success(value) if ours else wrapped(value)

        surface = UNIVERSAL._replace(success=success)
        await self._serving.serve(surface, route.account, scope, receive, send, ask)

    async def _answer(self, route: routing.Route, asked: Asked) -> tuple[Call, Answer]:
        pipeline, scope = self._pipeline, asked.scope
        routing.check_account(route.account, scope)
        if scope["method"] != "POST":
            raise routing.wrong_method(scope)
        pipeline.accounts.check(asked.headers, route.account, asked.entry.at)
        body = await asked.body(self._limit)
        read = reading.read(asked.headers, b"", body, {})
        reason = self._asked.error(read.inputs)
        if reason is None and not isinstance(read.inputs["input"], dict):
            reason = self._object.error(read.inputs)
        if reason is not None:
            hint = 'what the model is asked stands in input: {"model": "...", "input": {...}}'
            raise ApiError(errors.BAD_INPUT, reason=reason, hint=hint)
        name: str = read.inputs["model"]
        asked.entry.model = name
        model = pipeline.admit(asked.headers, route.account, name, in_path=False)
        facts = model.facts if model else {}
        inputs = {key: value for key, value in read.inputs["input"].items() if value is not None}
        options: Mapping[str, Any] = read.options
        if isinstance(inputs.get("options"), dict) and name.startswith("@") and not facts.get("takes_options"):
            options = {**options, **inputs.pop("options")}
        call = asked.entry.call = Call(
            account=route.account,
            model=model or pipeline.infer(name, inputs),
            inputs=inputs,
            request_id=asked.request_id,
            now=asked.entry.at,
            surface="universal",
            headers=asked.headers,
            options=options,
            sent=asked.sent(body),
        )
        answer = await pipeline.answer(call)
        reply = answer.reply
        if "provider" in facts and isinstance(reply, Result) and isinstance(reply.value, dict) and not reply.verbatim:
            answer = replace(answer, reply=replace(reply, value=self._addressed(asked, route.account, reply.value)))
        return call, answer

    def _addressed(self, asked: Asked, account: str, value: dict[str, Any]) -> dict[str, Any]:
        """The answer with addresses where its media can be fetched, in place of data URLs."""
        found = dict(value)
        for key, item in value.items():
            if isinstance(item, str) and item.startswith("data:"):
                media_type, _, data = item[5:].partition(";base64,")
                name = self._pipeline.shelf.put(account, b64decode(data), media_type)
                found[key] = f"{_origin(asked)}/_mock/media/{name}"
        return found


def _origin(asked: Asked) -> str:
    """Scheme and host that the caller reached this server by."""
    scheme = asked.headers.get(b"x-forwarded-proto", b"").decode("latin-1") or asked.scope.get("scheme", "http")
    host = asked.headers.get(b"host", b"").decode("latin-1")
    if not host:
        name, port = asked.scope.get("server") or ("127.0.0.1", 80)
        host = f"{name}:{port}" if port else name
    return f"{scheme}://{host}"
