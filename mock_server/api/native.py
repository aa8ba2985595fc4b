"""``POST /accounts/{account_id}/ai/run/{model}``: the road that everything else joins.

A bare ASGI callable, because it is where test loops spend their time.
"""

from __future__ import annotations

import logging
import time
from weakref import WeakKeyDictionary

from mock_server import formats, pacing
from mock_server.api import access, reading, routing, writing
from mock_server.api.asgi import App, Disconnected, Headers, Receive, Scope, Send
from mock_server.errors import ApiError, MockError
from mock_server.exchange import Answer, Binary, Call, Result
from mock_server.pipeline import Pipeline
from mock_server.settings import Settings

log = logging.getLogger("mock_server")
SHORT = 2048  # bytes of a body that is worth remembering


class Road:
    """Answers ``ai/run`` itself and hands every other request to `rest`."""

    def __init__(self, settings: Settings, pipeline: Pipeline, rest: App) -> None:
        self._pipeline = pipeline
        self._rest = rest
        self._limit = settings.max_body_bytes
        self._cors = writing.cors_wanted(settings)
        self._pacing = pacing.parse(settings.pacing, "--pacing")
        self._log = access.Log(settings)
        # Of answers that are given again; their bodies go when the pipeline forgets them.
        self._written: WeakKeyDictionary[Answer, bytes] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: answer, or hand on."""
        if scope["type"] == "http":
            route = routing.run(scope["path"])
            if route is not None:
                await self._run(route, scope, receive, send)
                return
        await self._rest(scope, receive, send)

    async def _run(self, route: routing.Run, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        received: dict[bytes, bytes] = dict(scope["headers"])
        headers: Headers = []
        if self._cors and b"origin" in received:
            headers += writing.cors(received[b"origin"])
            if scope["method"] == "OPTIONS":
                await writing.send_bytes(send, 204, headers, b"")
                return
        request = writing.request_id()
        status, answer, streams = 200, None, False
        try:
            call, answer = await self._answer(route, scope, receive, received, request)
            streams = call.stream
            await self._write(call, answer, headers, receive, send)
        except ApiError as error:
            status = error.row.status
            more, body = writing.refused(error, request)
            await writing.send_bytes(send, status, headers + more, body)
        except MockError as error:
            status = error.status
            more, body = writing.troubled(str(error), b"mock")
            await writing.send_bytes(send, status, headers + more, body)
        except (Disconnected, ConnectionError):
            status = 499  # the client went away; there is nobody to write to
        except Exception:
            if streams:
                raise  # perhaps halfway through: all that is left is to break it off
            status = 500
            log.exception("a bug of the emulator, in %s", routing.as_sent(scope))
            more, body = writing.troubled("a bug of the emulator; its trace is in the server's log", b"bug")
            await writing.send_bytes(send, status, headers + more, body)
        self._log.line(scope, received, status, time.perf_counter() - started, answer)

    async def _answer(
        self, route: routing.Run, scope: Scope, receive: Receive, received: dict[bytes, bytes], request: str
    ) -> tuple[Call, Answer]:
        pipeline = self._pipeline
        routing.check_account(route.account, scope)
        if scope["method"] != "POST":
            raise routing.wrong_method(scope)
        model = pipeline.admit(received, route.account, route.model, in_path=True)
        body = await reading.body_of(receive, self._limit)
        short = len(body) <= SHORT
        now = pipeline.clock.now()
        known = pipeline.again(model, body) if short and model is not None else None
        if known is not None and model is not None and not received.get(b"content-type", b"").startswith(b"multipart"):
            call = Call(route.account, model, known.inputs, request, now, headers=received, body=body)
            call.stream, call.stream_options, call.seed = known.stream, known.options, known.seed
            return call, pipeline.answer_again(call, known)
        read = reading.read(received, scope["query_string"], body, model.facts if model else None)
        if model is None:
            model = pipeline.infer(route.model, read.inputs)
            short = False  # what a name means is found out anew each time
        call = Call(
            account=route.account,
            model=model,
            inputs=read.inputs,
            request_id=request,
            now=now,
            headers=received,
            options=read.options,
            raw=read.raw,
            form=read.form,
            body=body if short and read.raw is None and not read.form else b"",
        )
        return call, await pipeline.answer(call)

    async def _write(self, call: Call, answer: Answer, headers: Headers, receive: Receive, send: Send) -> None:
        reply, bill = answer.reply, answer.usage
        paced = pacing.of(call, self._pacing)
        headers += [
            (b"cf-ai-req-id", call.request_id.encode()),
            writing.ray(),
            (b"x-mock-source", answer.source.encode()),
        ]
        as_it_is = isinstance(reply, Binary) or (isinstance(reply, Result) and reply.verbatim)
        format_ = None if as_it_is else formats.of(call.model, call.inputs)
        if format_ is not None and call.stream:
            headers.append(writing.EVENTS)
            frames = format_.stream(reply, call, bill)
            if paced is None:
                await writing.send_events(send, headers, frames)
            else:
                await writing.send_paced(send, receive, headers, frames, paced.delays(call.seed))
            return
        if isinstance(reply, Binary):
            body = reply.body
            headers.append((b"content-type", reply.media_type.encode()))
        else:
            body = self._written.get(answer, b"")
            if not body:
                if format_ is not None:
                    value = format_.render(reply, call, bill)
                else:
                    assert isinstance(reply, Result), f"{call.model.name}: a completion without a format"
                    value = formats.with_usage(reply, bill)
                body = writing.success(value)
                if call.body and (format_ is None or formats.is_timeless(format_)):
                    self._written[answer] = body
            headers.append(writing.JSON)
        if paced is not None:
            tokens = bill.tokens.completion if bill.tokens else 0
            await writing.wait(receive, paced.whole(call.seed, tokens))
        if not call.model.facts.get("hides_neurons"):
            headers.append(writing.neurons(bill))
        await writing.send_bytes(send, 200, headers, body)
