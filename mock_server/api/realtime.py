"""``wss://…/ai/run/{model}``: models that are talked to over a WebSocket.

Everything that can be refused is refused before the upgrade, as an HTTP answer with the body that the same refusal has
everywhere. What a model says over the socket is the business of its session (see ``mock_server.realtime``), which the
fact ``session`` names; third-party voices, asked for as ``ai/run?model=…``, all speak one protocol.

Nobody captured how the service refuses an upgrade for a model that has no WebSocket. Its published API lists the GET
only for those that have one, so here it is the refusal of any method that a route does not take, 405/7001.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import TypeVar

import orjson

from mock_server import errors, pacing
from mock_server.api import breaking, reading, routing, writing
from mock_server.api.asgi import Disconnected, Headers, Message, Receive, Scope, Send
from mock_server.api.serving import Asked, Serving
from mock_server.catalog import Model
from mock_server.errors import ApiError, MockError
from mock_server.exchange import Call, Inputs
from mock_server.realtime import Audio, Close, Frame, Hush, Session, number

log = logging.getLogger("mock_server")

LONGEST_TEXT = 65_536  # characters of one text frame
MOST_WAITING = 600.0  # seconds of audio that may wait to be sent
LIGHT = 16_384  # bytes of bare samples that are heard at once; more, and what must be decoded, in a thread
PIECE = 262_144  # bytes that are heard before what was understood is sent
SCHEMES = ("bearer", "token")
IN_PROTOCOL = "cf-aig-authorization."  # what a browser's subprotocol begins with when it carries a token (AI Gateway)


class Door:
    """Answers upgrades of ``ai/run``."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._pipeline = serving.pipeline
        self._pacing = pacing.parse(serving.settings.pacing, "--pacing")

    async def __call__(self, route: routing.Route, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an upgrade for the model in the path, or in the query where the path names none."""
        inputs = reading.inputs_of(scope["query_string"])
        inputs.pop("websocket", None)
        asked_for = inputs.pop("model", "")  # beside a path that names the model, Deepgram's clients name theirs
        name, account = route.rest or str(asked_for), route.account
        scope = {**scope, "method": "GET"}
        asked = self._serving.begin(scope, receive, "realtime", account)
        asked.entry.model = name
        socket = _Socket(scope, receive, send)
        call: Call | None = None
        session: Session | None = None
        try:
            if (await receive())["type"] != "websocket.connect":
                raise Disconnected
            subprotocol = _credentials(asked.headers, scope.get("subprotocols", ()))
            call, session = self._meet(account, name, inputs, asked, in_path=bool(route.rest))
            await self._pipeline.meet(call)
            paced = pacing.of(call, self._pacing)
            headers = [(b"cf-ai-req-id", asked.request_id.encode()), writing.ray(), (b"x-mock-source", b"responder")]
            await socket.accept(headers, subprotocol)
            asked.entry.status = 101
            await self._talk(session, socket, paced)
        except ApiError as error:
            asked.entry.error, asked.entry.hint = (error.row.code, error.message(asked.request_id)), error.hint
            status, more, body = writing.refused(error, asked.request_id)
            if error.fault is not None:
                asked.entry.fault, asked.entry.retry_after = error.fault.name, error.fault.retry_after
                more += breaking.asking_to_wait(error.fault)
                await asyncio.sleep(error.fault.latency)
            await socket.refuse(asked, (status, more, body))
        except MockError as error:
            asked.entry.hint = str(error)
            await socket.refuse(asked, (error.status, *writing.troubled(str(error), b"mock")))
        except (Disconnected, ConnectionError):
            asked.entry.status = asked.entry.status or 499
        except Exception:
            log.exception("a bug of the emulator, in %s", asked.entry.path)
            asked.entry.hint = "a bug of the emulator; its trace is in the server's log"
            await socket.refuse(asked, (500, *writing.troubled(asked.entry.hint, b"bug")))
        finally:
            if socket.closed.code != 1000:
                asked.entry.hint = asked.entry.hint or f"closed with {socket.closed.code} {socket.closed.reason}"
            if call is not None and session is not None and socket.accepted:
                asked.entry.call, asked.entry.answer = call, self._pipeline.told(call, session.units())
            self._serving.end(asked)

    def _meet(self, account: str, name: str, inputs: Inputs, asked: Asked, *, in_path: bool) -> tuple[Call, Session]:
        """The call that an upgrade stands for, and the session that answers it."""
        pipeline = self._pipeline
        routing.check_account(account, asked.scope)
        model = pipeline.admit(asked.headers, account, name, in_path=in_path)
        if model is None:
            model = pipeline.infer(name, {})
        asked.entry.model = model.name
        call = Call(
            account, model, inputs, asked.request_id, asked.entry.at, "realtime", asked.headers, sent=asked.sent(b"")
        )
        return call, self._session(call)

    def _session(self, call: Call) -> Session:
        model, inputs = call.model, call.inputs
        kind = model.facts.get("session")
        if kind is None and not model.name.startswith("@") and model.task == "Text-to-Speech":
            kind = "delta"
        if kind is None:
            if model.has("realtime"):
                raise MockError(f"{model.name}: what it says over a WebSocket is published nowhere")
            hint = f"{model.name} has no WebSocket; POST its inputs"
            raise ApiError(errors.METHOD_NOT_ALLOWED, method="GET", hint=hint)
        self._check(model, inputs, kind)
        match kind:
            case "aura":
                from mock_server.realtime.speaking import Aura

                return Aura(model, inputs, call.request_id, self._pipeline.clock.of(call.account).now)
            case "nova":
                from mock_server.realtime.listening import Nova

                begun = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(call.now))
                return Nova(model, inputs, call.request_id, begun)
            case "flux":
                from mock_server.realtime.turns import Flux

                return Flux(inputs, call.request_id)
            case _:
                from mock_server.realtime.speaking import Delta

                return Delta(model, inputs)

    def _check(self, model: Model, inputs: Inputs, kind: str) -> None:
        """400/5006 for options that the model's schema refuses.

        Flux's schema is that of its upgrade. Those of the others describe a POST: text or audio come later here, and
        Nova-3's calls options booleans that its WebSocket takes in milliseconds, so of it the schema decides nothing.
        """
        if kind == "flux":
            reason = self._pipeline.catalog.validator(model).error({**inputs, "keyterm": ""})
            for name in ("eot_threshold", "eager_eot_threshold"):
                if reason is None and name in inputs and number(inputs[name]) is None:
                    reason = f"'/{name}' is not a number"  # the schema says no more than that it is text
        elif kind == "aura":
            typed = self._pipeline.catalog.typed(model, inputs)
            reason = self._pipeline.catalog.validator(model).error({**typed, "text": ""})
        else:
            return
        if reason is not None:
            raise ApiError(errors.BAD_INPUT, reason=reason)

    async def _talk(self, session: Session, socket: _Socket, paced: pacing.Pacing | None) -> None:
        """Carry messages and frames until one of the two ends it."""
        outbox = Outbox(paced)
        now = asyncio.get_running_loop().time
        heard = now()
        outbox.add(session.open(), heard)
        try:
            while True:
                if await _emptied(outbox, socket, now()):
                    return
                if outbox.next is not None and outbox.full:
                    await asyncio.sleep(outbox.next - now())
                    continue
                ends = None if session.patience is None else heard + session.patience
                waits = [moment - now() for moment in (ends, outbox.next) if moment is not None]
                message = await socket.next(min(waits, default=None))
                if message is None:
                    if ends is not None and now() >= ends:
                        outbox.add(session.silent(), now())
                    continue
                if not outbox.closing:  # what is still said after the end has been agreed on is not heard
                    async for frames in self._answers(session, message):
                        outbox.add(frames, now())
                        if await _emptied(outbox, socket, now()):
                            return
                heard = now()
        finally:
            await socket.leave()

    async def _answers(self, session: Session, message: str | bytes) -> AsyncIterator[list[Frame]]:
        """What `session` answers to a message, in as many parts as there are pieces of it."""
        if isinstance(message, str):
            if len(message) > LONGEST_TEXT:
                yield [Close(1009, f"a text frame has at most {LONGEST_TEXT} characters")]
            elif session.heavy:
                yield await self._pipeline.in_thread(_all, session.text, message)
            else:
                yield list(session.text(message))
            return
        for at in range(0, len(message) or 1, PIECE):
            piece = message[at : at + PIECE]
            if session.heavy or len(piece) > LIGHT:
                frames = await self._pipeline.in_thread(_all, session.audio, piece)
            else:
                frames = list(session.audio(piece))
            yield frames
            if any(isinstance(frame, Close) for frame in frames):
                return


Given = TypeVar("Given", str, bytes)


def _all(say: Callable[[Given], Iterator[Frame]], given: Given) -> list[Frame]:
    return list(say(given))


class Outbox:
    """Frames on their way: all at once, or paced, audio as it is played and everything else when it has been."""

    def __init__(self, paced: pacing.Pacing | None) -> None:
        self._paced = paced
        self._waiting: deque[Frame] = deque()
        self._seconds = 0.0  # of the audio that waits
        self._free = 0.0  # when what has been sent will have been played

    @property
    def next(self) -> float | None:
        """When the next frame is due; None when none waits."""
        return self._free if self._waiting else None

    @property
    def full(self) -> bool:
        """Whether so much audio waits that no more should be asked for."""
        return self._seconds > MOST_WAITING

    @property
    def closing(self) -> bool:
        """Whether the last frame that waits is the end."""
        return bool(self._waiting) and isinstance(self._waiting[-1], Close)

    def add(self, frames: Iterable[Frame], now: float) -> None:
        """Let `frames` wait for their time; Hush drops the audio that waits."""
        for frame in frames:
            if isinstance(frame, Hush):
                self._waiting = deque(each for each in self._waiting if not isinstance(each, Audio))
                self._seconds, self._free = 0.0, now
                continue
            if isinstance(frame, Audio):
                if self._paced is not None and self._free <= now and not self._seconds:
                    self._free = now + self._paced.first  # a voice takes its time to begin
                self._seconds += frame.seconds
            self._waiting.append(frame)

    def due(self, now: float) -> Iterator[Frame]:
        """The frames whose time has come."""
        while self._waiting and (self._paced is None or self._free <= now):
            frame = self._waiting.popleft()
            if isinstance(frame, Audio):
                self._free += frame.seconds
                self._seconds = self._seconds - frame.seconds if self._waiting else 0.0
            yield frame


async def _emptied(outbox: Outbox, socket: _Socket, now: float) -> bool:
    """Send what is due; True when that was the end."""
    for frame in outbox.due(now):
        await socket.send(frame)
        if isinstance(frame, Close):
            return True
    return False


class _Socket:
    """The WebSocket of one connection, asked for or agreed to."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._can_refuse = "websocket.http.response" in (scope.get("extensions") or {})
        self._pending: asyncio.Future[Message] | None = None
        self.accepted = False
        self.closed = Close()

    async def accept(self, headers: Headers, subprotocol: str | None) -> None:
        """Agree to the upgrade."""
        await self._send({"type": "websocket.accept", "headers": headers, "subprotocol": subprotocol})
        self.accepted = True

    async def next(self, seconds: float | None) -> str | bytes | None:
        """The next message; None when none comes for so long. Disconnected when the client has gone."""
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._receive())
        done, _ = await asyncio.wait([self._pending], timeout=None if seconds is None else max(0.0, seconds))
        if not done:
            return None
        message, self._pending = self._pending.result(), None
        if message["type"] == "websocket.disconnect":
            raise Disconnected
        data: bytes | None = message.get("bytes")
        text: str = message.get("text") or ""
        return text if data is None else data

    async def send(self, frame: Frame) -> None:
        """Send a frame."""
        content = frame.data if isinstance(frame, Audio) else frame
        if isinstance(content, Close):
            await self.close(content)
        elif isinstance(content, bytes):
            await self._tell({"type": "websocket.send", "bytes": content})
        else:
            await self._tell({"type": "websocket.send", "text": orjson.dumps(content).decode()})

    async def close(self, end: Close) -> None:
        """Say that it is over."""
        self.closed = end
        await self._tell({"type": "websocket.close", "code": end.code, "reason": end.reason})

    async def _tell(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError as error:  # what ASGI has a server raise when the client has gone
            raise Disconnected from error

    async def refuse(self, asked: Asked, answer: tuple[int, Headers, bytes]) -> None:
        """An HTTP answer instead of the upgrade, or the end of what was agreed to already.

        Where the server cannot write an answer, it makes a bare 403 of a refusal.
        """
        if self.accepted:
            await self.close(Close(1011, asked.entry.hint[:100]))
            return
        asked.entry.status, headers, body = answer
        if not self._can_refuse:
            await self._send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        headers = [*headers, (b"content-length", b"%d" % len(body))]
        await self._send({"type": "websocket.http.response.start", "status": asked.entry.status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body})

    async def leave(self) -> None:
        """Wait for nothing more."""
        if self._pending is not None:
            self._pending.cancel()


def _credentials(headers: dict[bytes, bytes], offered: Iterable[str]) -> str | None:
    """Put a token where it belongs, wherever the upgrade has it; return the subprotocol to agree to.

    Cloudflare's own sample sends the token as the whole Authorization header, Deepgram's clients put "Token" before
    it; in browsers, which cannot set the header, it is a subprotocol: after "token" or "bearer" (Deepgram), or behind
    "cf-aig-authorization." (AI Gateway).
    """
    protocols = list(offered)
    header = headers.get(b"authorization", b"").decode("latin-1")
    if header:
        scheme, space, token = header.partition(" ")
        if not space or scheme.lower() in SCHEMES:
            headers[b"authorization"] = f"Bearer {token if space else scheme}".encode("latin-1")
    elif len(protocols) == 2 and protocols[0].lower() in SCHEMES:
        headers[b"authorization"] = f"Bearer {protocols[1]}".encode("latin-1", "replace")
    else:
        for protocol in protocols:
            if protocol.startswith(IN_PROTOCOL):
                headers[b"authorization"] = f"Bearer {protocol.removeprefix(IN_PROTOCOL)}".encode("latin-1", "replace")
                return protocol
    return protocols[0] if protocols else None
