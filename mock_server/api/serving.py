"""What every door does with a request: lets it be answered, writes what comes back in the way of its surface, notes it.

A door is what one surface does first (which account, which model, which inputs); from the call on, all go one way.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from mock_server import formats, pacing
from mock_server.api import access, reading, routing, writing
from mock_server.api.asgi import Disconnected, Headers, Receive, Scope, Send
from mock_server.errors import ApiError, MockError
from mock_server.exchange import Answer, Binary, Call, Raw, Result, Sent
from mock_server.formats import Format
from mock_server.journal import Entry
from mock_server.pipeline import Pipeline
from mock_server.settings import Settings

log = logging.getLogger("mock_server")


@dataclass(slots=True)
class Asked:
    """One request at a door.

    headers: names in lower case. request_id: a new UUID. entry: its line in the journal. more: headers that its answer
    gets beside those that every answer has.
    """

    scope: Scope
    receive: Receive
    headers: dict[bytes, bytes]
    request_id: str
    entry: Entry
    more: Headers = field(default_factory=list)

    async def body(self, limit: int) -> bytes:
        """The whole body, entered in the journal; 413/3006 when it has more than `limit` bytes."""
        body = await reading.body_of(self.receive, limit)
        self.entry.size = len(body)
        return body

    def sent(self, body: bytes) -> Sent:
        """The request as it came in."""
        return Sent(self.scope["method"], routing.as_sent(self.scope), self.scope["query_string"], body)


Ask = Callable[[Asked], Awaitable[tuple[Call, Answer]]]


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


class Serving:
    """Serves the requests of every surface over one pipeline."""

    def __init__(self, settings: Settings, pipeline: Pipeline) -> None:
        self.settings = settings
        self.pipeline = pipeline
        self._cors = writing.cors_wanted(settings)
        self._pacing = pacing.parse(settings.pacing, "--pacing")
        self._log = access.Log(settings)
        # Of answers that are given again; their bodies go when the pipeline forgets them.
        self._written: WeakKeyDictionary[Answer, bytes] = WeakKeyDictionary()

    def begin(self, scope: Scope, receive: Receive, surface: str = "", account: str = "") -> Asked:
        """A request that has just come in, with a line of the journal begun."""
        pipeline = self.pipeline
        received: dict[bytes, bytes] = dict(scope["headers"])
        path = routing.as_sent(scope)
        if query := scope["query_string"]:
            path += "?" + query.decode("latin-1")
        entry = Entry(
            pipeline.journal.number(), pipeline.clock.now(), scope["method"], path, received, account, surface
        )
        return Asked(scope, receive, received, writing.request_id(), entry)

    async def preflight(self, asked: Asked, send: Send) -> bool:
        """Give the answer the headers that browsers want; True when the request asked for nothing else."""
        if self._cors and b"origin" in asked.headers:
            asked.more += writing.cors(asked.headers[b"origin"])
            if asked.scope["method"] == "OPTIONS":
                await writing.send_bytes(send, 204, asked.more, b"")
                return True
        return False

    def end(self, asked: Asked, started: float, *, kept: bool = True) -> None:
        """Note an answered request: on the log, and where it is to be kept, in the journal."""
        entry = asked.entry
        entry.seconds = time.perf_counter() - started
        if kept:
            self.pipeline.journal.enter(entry)
        self._log.line(asked.scope, asked.headers, entry.status, entry.seconds, entry.answer)

    async def serve(self, surface: Surface, account: str, scope: Scope, receive: Receive, send: Send, ask: Ask) -> None:
        """Answer one request of a surface by what `ask` makes of it."""
        started = time.perf_counter()
        asked = self.begin(scope, receive, surface.name, account)
        if await self.preflight(asked, send):
            return
        entry, streams = asked.entry, False
        try:
            call, answer = await ask(asked)
            streams = call.stream
            entry.call, entry.answer, entry.model, entry.status = call, answer, call.model.name, 200
            await self._write(surface, call, answer, asked.more, receive, send)
        except ApiError as error:
            entry.status, more, body = surface.refused(error, asked.request_id)
            entry.error, entry.hint = (error.row.code, error.message(asked.request_id)), error.hint
            await writing.send_bytes(send, entry.status, asked.more + more, body)
        except MockError as error:
            entry.status = error.status
            entry.hint = str(error)
            more, body = writing.troubled(str(error), b"mock")
            await writing.send_bytes(send, entry.status, asked.more + more, body)
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
            self.end(asked, started)

    async def _write(
        self, surface: Surface, call: Call, answer: Answer, headers: Headers, receive: Receive, send: Send
    ) -> None:
        reply, bill = answer.reply, answer.usage
        source = (b"x-mock-source", answer.source.encode())
        if isinstance(reply, Raw):
            await writing.send_raw(send, reply, [*headers, source])
            return
        paced = pacing.of(call, self._pacing)
        headers += [(b"cf-ai-req-id", call.request_id.encode()), writing.ray(), source]
        as_it_is = isinstance(reply, Binary) or (isinstance(reply, Result) and reply.verbatim)
        format_ = None if as_it_is else surface.format(call)
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
