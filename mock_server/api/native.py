"""``POST /accounts/{account_id}/ai/run/{model}``: the door where test loops spend their time."""

from __future__ import annotations

from functools import partial

from mock_server.api import reading, routing
from mock_server.api.asgi import Receive, Scope, Send
from mock_server.api.serving import NATIVE, Asked, Serving
from mock_server.exchange import EMPTY, Answer, Call

SHORT = 2048  # bytes of a body that is worth remembering


class Door:
    """Answers ``ai/run``."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._pipeline = serving.pipeline
        self._limit = serving.settings.max_body_bytes

    async def __call__(self, route: routing.Route, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the model that `route.rest` names."""
        await self._serving.serve(NATIVE, route.account, scope, receive, send, partial(self._answer, route))

    async def _answer(self, route: routing.Route, asked: Asked) -> tuple[Call, Answer]:
        pipeline, scope, received = self._pipeline, asked.scope, asked.headers
        routing.check_account(route.account, scope)
        asked.entry.model = route.rest
        if scope["method"] != "POST":
            raise routing.wrong_method(scope)
        model = pipeline.admit(received, route.account, route.rest, in_path=True)
        body = await asked.body(self._limit)
        queued = b"queueRequest" in scope["query_string"] and reading.wants_queue(scope["query_string"])
        short = len(body) <= SHORT and not queued
        now = asked.entry.at
        known = pipeline.again(route.account, model, body) if short and model is not None else None
        if known is not None and model is not None and not received.get(b"content-type", b"").startswith(b"multipart"):
            call = asked.entry.call = Call(
                account=route.account,
                model=model,
                inputs=known.inputs,
                request_id=asked.request_id,
                now=now,
                headers=received,
                options=EMPTY,
                body=body,
                sent=asked.sent(body),
                stream=known.stream,
                stream_options=known.options,
                seed=known.seed,
                advice=known.advice,
            )
            return call, pipeline.answer_again(call, known)
        read = reading.read(received, scope["query_string"], body, model.facts if model else None)
        if model is None:
            model = pipeline.infer(route.rest, read.inputs)
            short = False  # what a name means is found out anew each time
        call = asked.entry.call = Call(
            account=route.account,
            model=model,
            inputs=read.inputs,
            request_id=asked.request_id,
            now=now,
            headers=received,
            options=read.options,
            raw=read.raw,
            form=read.form,
            queued=queued,
            body=body if short and read.raw is None and not read.form else b"",
            sent=asked.sent(body),
        )
        return call, await pipeline.answer(call)
