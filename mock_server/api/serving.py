"""What every door does with a request: lets it be answered, writes what comes back in the way of its surface, notes it.

A door is what one surface does first (which account, which model, which inputs); from the call on, all go one way.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from mock_server import advice, formats, pacing
from mock_server.api import access, reading, routing, writing
from mock_server.api.asgi import App, Disconnected, Headers, Receive, Scope, Send
from mock_server.errors import INTERNAL, TOO_LARGE, ApiError, MockError
from mock_server.exchange import Answer, Binary, Call, Raw, Result, Sent
from mock_server.formats import Format
from mock_server.journal import Entry
from mock_server.pipeline import Pipeline
from mock_server.settings import Settings

if TYPE_CHECKING:
    from mock_server.api.passage import Passage

log = logging.getLogger("mock_server")


@dataclass(slots=True)
class Asked:
    """One request at a door.

    headers: names in lower case. request_id: a new UUID. path: percent-encoded, without its query. entry: its line in
    the journal. more: headers that its answer gets beside those that every answer has. read: its body, once it was
    asked for.
    """

    scope: Scope
    receive: Receive
    headers: dict[bytes, bytes]
    request_id: str
    path: str
    entry: Entry
    more: Headers = field(default_factory=list)
    read: bytes | None = None

    async def body(self, limit: int) -> bytes:
        """The whole body, entered in the journal; 413/3006 when it has more than `limit` bytes."""
        body = self.read = await reading.body_of(self.receive, limit)
        self.entry.size = len(body)
        self.entry.fingerprint = hash(body)
        return body

    def sent(self, body: bytes) -> Sent:
        """The request as it came in."""
        return Sent(self.scope["method"], self.path, self.scope["query_string"], body)


Ask = Callable[[Asked], Awaitable[tuple[Call, Answer]]]


class Halfway(Exception):
    """An answer that is begun does not come to its end."""


def _native_format(call: Call) -> Format | None:
    return formats.of(call.model, call.inputs)


class Surface(NamedTuple):
    """What a surface does in a way of its own.

    name: as in Call. format: how a completion is written, None where the reply is JSON already. success: the body of
    a JSON value. refused: status, headers and body of a refusal.
    """

    name: str
    format: Callable[[Call], Format | None] = _native_format
    success: Callable[[Any], bytes] = writing.success
    refused: Callable[[ApiError, str], tuple[int, Headers, bytes]] = writing.refused


NATIVE = Surface("native")


async def _in_time(ask: Ask, asked: Asked) -> tuple[Call, Answer]:
    """What `ask` makes of a request, after the time that a stub or fault says it takes.

    Disconnected when nobody waits for it.
    """
    try:
        call, answer = await ask(asked)
    except ApiError as error:
        if error.delay:
            await writing.wait(asked.receive, error.delay)
        raise
    if answer.delay:
        await writing.wait(asked.receive, answer.delay)
    return call, answer


def _breaking() -> ModuleType:
    """What breaks answers on purpose; few servers ever need it."""
    from mock_server.api import breaking

    return breaking


class Serving:
    """Serves the requests of every surface over one pipeline."""

    def __init__(self, settings: Settings, pipeline: Pipeline) -> None:
        self.settings = settings
        self.pipeline = pipeline
        self._cors = writing.cors_wanted(settings)
        self._pacing = pacing.parse(settings.pacing, "--pacing")
        self._log = access.Log(settings)
        self._strict = settings.strict_advice == "on"
        self._passage: Passage | None = None
        self.road: App | None = None  # every request's way in, for the doors that ask another one
        # Of answers that are given again; their bodies go when the pipeline forgets them.
        self._written: WeakKeyDictionary[Answer, bytes] = WeakKeyDictionary()

    @property
    def passage(self) -> Passage:
        """The way through AI gateways; its room is opened by the first who takes it."""
        if self._passage is None:
            from mock_server.api.passage import Passage

            self._passage = Passage(self)
        return self._passage

    def passing_on(self, rest: App) -> App:
        """The way of requests that no door answers: `rest`, or past it to the real service where the mode says so."""
        if self.pipeline.upstream is None:
            return rest
        from mock_server.api.beyond import Beyond

        return Beyond(self, self.pipeline.upstream, rest)

    def begin(
        self, scope: Scope, receive: Receive, surface: str = "", account: str = "", *, kept: bool = True
    ) -> Asked:
        """A request that has just come in, with a line of the journal begun; without a number where it is not kept."""
        pipeline = self.pipeline
        started, received = time.perf_counter(), dict(scope["headers"])
        path = whole = routing.as_sent(scope)
        if query := scope["query_string"]:
            whole += "?" + query.decode("latin-1")
        number = pipeline.journal.number() if kept else 0
        at = pipeline.clock.of(account).now()
        entry = Entry(number, at, scope["method"], whole, received, account, surface, started=started)
        return Asked(scope, receive, received, writing.request_id(), path, entry)

    async def preflight(self, asked: Asked, send: Send) -> bool:
        """Give the answer the headers that browsers want; True when the request asked for nothing else."""
        if self._cors and b"origin" in asked.headers:
            asked.more += writing.cors(asked.headers[b"origin"])
            if asked.scope["method"] == "OPTIONS":
                await writing.send_bytes(send, 204, asked.more, b"")
                return True
        return False

    def end(self, asked: Asked) -> None:
        """Note an answered request: on the log, and where it is to be kept, in the journal."""
        entry = asked.entry
        entry.seconds = time.perf_counter() - entry.started
        if entry.number:
            self.pipeline.journal.enter(entry)
        self._log.line(asked.scope, asked.headers, entry.status, entry.seconds, entry.answer)

    async def serve(self, surface: Surface, account: str, scope: Scope, receive: Receive, send: Send, ask: Ask) -> None:
        """Answer one request of a surface by what `ask` makes of it."""
        asked = self.begin(scope, receive, surface.name, account)
        if await self.preflight(asked, send):
            return
        entry, streams = asked.entry, False
        if not self.pipeline.generates:
            ask = partial(self._unjudged, ask, surface, account)
        for broken in self.pipeline.stubs.broken[:3]:
            asked.more.append((b"x-mock-hint", writing.header_safe(f"{broken}; what it said before still holds")))
        try:
            if b"cf-aig-gateway-id" in asked.headers and self.pipeline.generates:
                streams = True  # so that what goes wrong inside is told once, by whoever began to answer
                await self.passage.from_the_api(surface, account, asked, send, partial(_in_time, ask))
                return
            call, answer = await _in_time(ask, asked)
            streams = call.stream
            entry.call, entry.answer, entry.model, entry.status = call, answer, call.model.name, 200
            if call.fault is not None:
                send = await self._break(surface, call, asked, send)
            await self._write(surface, call, answer, asked.more, receive, send, entry)
        except ApiError as error:
            entry.status, more, body = surface.refused(error, asked.request_id)
            entry.error, entry.hint = (error.row.code, error.message(asked.request_id)), error.hint
            if error.fault is not None:
                entry.fault, entry.retry_after = error.fault.name, error.fault.retry_after
                more += _breaking().asking_to_wait(error.fault)
            await writing.send_bytes(send, entry.status, asked.more + more, body)
        except MockError as error:
            entry.status = error.status
            entry.hint = str(error)
            more, body = writing.troubled(str(error), b"mock")
            await writing.send_bytes(send, entry.status, asked.more + more, body)
        except Halfway:
            with suppress(_breaking().Over):
                await _breaking().sever(asked.scope, receive)
        except _breaking().Over:
            pass
        except _breaking().Severed:
            raise  # the server, or a client in this process, makes of it what it makes of a broken connection
        except (Disconnected, ConnectionError):
            entry.status = 499  # the client went away; there is nobody to write to
        except Exception:
            if streams:
                raise  # perhaps halfway through: all that is left is to break it off
            entry.status = 500
            log.exception("a bug of the emulator, in %s", entry.path)
            more, body = writing.troubled("a bug of the emulator; its trace is in the server's log", b"bug")
            await writing.send_bytes(send, 500, asked.more + more, body)
        finally:
            if entry.call is not None:
                self.pipeline.leave(entry.call)
            if entry.fault:
                self.pipeline.held.pop(entry.number, None)
            self.end(asked)

    async def _unjudged(self, ask: Ask, surface: Surface, account: str, asked: Asked) -> tuple[Call, Answer]:
        """What `ask` makes of a request; of one that its door refuses, what fixtures or the real service have to say.

        Such a request is matched by its JSON object as it came, or by its body as the input `body`.
        """
        try:
            return await ask(asked)
        except ApiError as error:
            if asked.entry.call is not None or error.row is TOO_LARGE:
                raise
        body = asked.read if asked.read is not None else await asked.body(self.settings.max_body_bytes)
        call = asked.entry.call = Call(
            account=account,
            model=self.pipeline.stand_in(asked.entry.model, inputs := reading.unjudged(body)),
            inputs=inputs,
            request_id=asked.request_id,
            now=asked.entry.at,
            surface=surface.name,
            headers=asked.headers,
            sent=asked.sent(body),
        )
        return call, await self.pipeline.answer(call)

    async def _break(self, surface: Surface, call: Call, asked: Asked, send: Send) -> Send:
        """A `send` that does to the answer what the call's fault says; an answer that is never sent ends here."""
        from mock_server.api import breaking

        fault, entry = call.fault, asked.entry
        entry.fault = fault.name
        if fault.kind == "latency":
            return send
        if fault.kind in ("hang", "stall"):
            self.pipeline.held[entry.number] = entry
        if fault.kind in breaking.UNSENT:
            entry.status = 0
            await breaking.unsent(fault, asked.scope, asked.receive)
        frame = surface.refused(ApiError(INTERNAL), asked.request_id)[2]
        return breaking.Broken(fault, asked.scope, asked.receive, send, call.seed, frame)

    def _advise(self, found: Mapping[str, str], headers: Headers, entry: Entry) -> None:
        if self._strict:
            advice.refuse(found)
        entry.advice = tuple(found)
        headers.append((b"x-mock-advice", ",".join(found).encode()))
        if about := advice.details(found):
            headers.append((b"x-mock-hint", writing.header_safe(about)))
            entry.hint = entry.hint or about

    async def _write(
        self,
        surface: Surface,
        call: Call,
        answer: Answer,
        headers: Headers,
        receive: Receive,
        send: Send,
        entry: Entry,
    ) -> None:
        reply, bill = answer.reply, answer.usage
        source = (b"x-mock-source", answer.source.encode())
        if isinstance(reply, Raw):
            entry.status = reply.status
            # What a stub says of its parts' times holds, unless it or the request says that there is to be no pacing.
            said = call.headers.get(b"x-mock-pacing", answer.pacing.encode())
            timed = pacing.is_recorded(call, self._pacing, answer.pacing) or (reply.timed and said != b"none")
            try:
                await writing.send_raw(send, receive, reply, [*headers, source], paced=timed)
            except MockError as error:  # halfway: all that is left is to break it off
                entry.hint = str(error)
                raise Halfway from error
            return
        paced = pacing.of(call, self._pacing, answer.pacing)
        as_it_is = isinstance(reply, Binary) or (isinstance(reply, Result) and reply.verbatim)
        format_ = None if as_it_is else surface.format(call)
        found = advice.of_request(call, streamed=format_ is not None)
        if found:
            self._advise(found, headers, entry)
        headers += [(b"cf-ai-req-id", call.request_id.encode()), writing.ray(), source]
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
            lasting = surface is NATIVE and call.body
            body = self._written.get(answer, b"") if lasting else b""
            if not body:
                if format_ is not None:
                    value = format_.render(reply, call, bill)
                else:
                    assert isinstance(reply, Result), f"{call.model.name}: a completion without a format"
                    value = formats.with_usage(reply, bill)
                body = surface.success(value)
                if lasting and (format_ is None or formats.is_timeless(format_)):
                    self._written[answer] = body
            headers.append(writing.JSON)
        if paced is not None:
            tokens = bill.tokens.completion if bill.tokens else 0
            await writing.wait(receive, paced.whole(call.seed, tokens))
        if not call.model.facts.get("hides_neurons"):
            headers.append(writing.neurons(bill))
        await writing.send_bytes(send, 200, headers, body)
