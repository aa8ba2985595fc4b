"""Speaking over a WebSocket: text comes in pieces, audio goes out.

``Aura`` follows Deepgram's public protocol of streaming text-to-speech (v1): Speak, Flush, Clear and Close are answered
with audio, Metadata, Flushed, Cleared and Warning. Cloudflare documents no more than Speak and Flush. ``Delta`` is the
protocol of third-party voices as Cloudflare's own client speaks it: text.delta and text.done, audio.delta and
audio.done.
"""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import starmap
from typing import Any

from mock_server.catalog import Model
from mock_server.errors import MockError
from mock_server.exchange import Inputs
from mock_server.media.encoding import ENCODINGS, Format, choose, encode
from mock_server.media.speech import MAX_SPOKEN, speak, voice
from mock_server.realtime import Audio, Close, Frame, Hush, command, number, uuid_of

RATE = 24000  # Hz of samples that nobody asked another rate of (Deepgram)
PIECE = 0.1  # seconds of audio in one frame
FLUSHES, WINDOW = 20, 60.0  # so many flushes in so many seconds (Deepgram); the next one is refused
MOST = 4 * MAX_SPOKEN  # characters that may wait for their Flush
USUAL = {"wav": "linear16", "ogg": "opus"}  # the encoding that is meant when only a container is named
CODECS = {"pcm": "linear16", "wav": "linear16", "ulaw": "mulaw"}  # other names for encodings


def form_of(inputs: Inputs, usual: str) -> Format:
    """How audio is to be written. Samples come bare unless a container is asked for: they are played as they come."""
    container = inputs.get("container")
    asked = inputs.get("encoding") or inputs.get("codec") or USUAL.get(str(container)) or usual
    encoding = CODECS.get(str(asked), str(asked))
    if container is None:
        container = "wav" if asked == "wav" else "none"
    rate = number(inputs.get("sample_rate"))
    if rate is None and encoding in ("linear16", "mp3"):
        rate = RATE
    return choose(encoding if encoding in ENCODINGS else usual, container, rate, number(inputs.get("bit_rate")))


def spoken(text: str, speaker: str, form: Format) -> Iterator[tuple[bytes, float]]:
    """`text` as audio, in pieces of PIECE seconds: (bytes, the seconds that they play)."""
    pcm = speak(text, voice(speaker), form.rate)
    seconds = len(pcm) / 2 / form.rate
    data = encode(pcm, form, text)
    width = {"linear16": 2, "mulaw": 1, "alaw": 1}.get(form.encoding)
    size = round(form.rate * PIECE) * width if width else max(1, round(len(data) * PIECE / seconds))
    for at in range(0, len(data), size):
        yield data[at : at + size], seconds * min(size, len(data) - at) / len(data)


class _Voice:
    """What both protocols have in common: text that waits to be spoken, and what has been."""

    patience: float | None = None
    heavy = True  # speaking is

    def __init__(self, model: Model, inputs: Inputs, usual: str) -> None:
        facts = model.facts
        speaker = inputs.get("speaker") or inputs.get("voice") or inputs.get("voice_id")
        self.speaker = str(speaker or facts.get("default_voice", model.name))
        self.form = form_of(inputs, usual)
        self.waiting: list[str] = []
        self.length = 0
        self._characters = 0
        self._seconds = 0.0

    def add(self, text: str) -> bool:
        """Let `text` wait; False when there is no room for it."""
        self.length += len(text)
        if self.length > MOST:
            return False
        self.waiting.append(text)
        return True

    def take(self) -> str:
        text = "".join(self.waiting)
        self.forget()
        return text

    def forget(self) -> None:
        self.waiting.clear()
        self.length = 0

    def say(self) -> Iterator[tuple[bytes, float]]:
        """Everything that waits, as `spoken` has it."""
        text = self.take()
        self._characters += len(text)
        if not text.strip():
            return
        for piece, seconds in spoken(text, self.speaker, self.form):
            self._seconds += seconds
            yield piece, seconds

    def silent(self) -> Iterator[Frame]:
        """Nothing: a voice waits for as long as it takes."""
        return iter(())

    def units(self) -> Mapping[str, float]:
        return {
            "per 1k characters": self._characters / 1000,
            "per audio minute": self._seconds / 60,
            "per audio minute (websocket)": self._seconds / 60,
        }


class Aura(_Voice):
    """Deepgram's protocol. now: seconds by a clock, for the limit of flushes.

    Text is spoken when it is flushed, and on Close what is left of it. (The real one may begin with a sentence that is
    complete; when it does is not documented, and whoever waits for Flushed sees no difference.)
    """

    def __init__(self, model: Model, inputs: Inputs, request_id: str, now: Callable[[], float]) -> None:
        super().__init__(model, inputs, "linear16")
        self._model = model
        self._request_id = request_id
        self._now = now
        self._flushes: deque[float] = deque()
        self._sequence = 0

    def open(self) -> Iterator[Frame]:
        """Metadata, as Deepgram sends it first."""
        name = self._model.name.rpartition("/")[2]
        family, _, language = name.rpartition("-") if name.count("-") > 1 else (name, "", "en")
        yield {
            "type": "Metadata",
            "request_id": self._request_id,
            "model_name": f"{family}-{self.speaker}-{language}",
            "model_version": self._model.created_at[:10].replace("-", ".") if self._model.created_at else "",
            "model_uuid": self._model.id or uuid_of(self._model.name),
        }

    def text(self, message: str) -> Iterator[Frame]:
        """The answer to Speak, Flush, Clear, Close or KeepAlive."""
        asked = command(message)
        match asked:
            case {"type": "Speak", "text": str() as text}:
                if not self.add(text):
                    yield self._error("too much text", f"more than {MOST} characters without a Flush")
                    yield Close(1008, "DATA-0001")
            case {"type": "Flush"}:
                yield from self._flush()
            case {"type": "Clear"}:
                self.forget()
                yield Hush()
                yield self._numbered("Cleared")
            case {"type": "Close"}:
                yield from starmap(Audio, self.say())
                yield Close()
            case {"type": "KeepAlive"}:
                pass
            case _:
                yield self._error(
                    "unparsable message", "expected a JSON object of the type Speak, Flush, Clear or Close"
                )
                yield Close(1008, "DATA-0000")

    def audio(self, data: bytes) -> Iterator[Frame]:  # noqa: ARG002 - whatever it is
        """Refused: nobody listens here."""
        yield self._error("unparsable message", "expected text frames, got a binary one")
        yield Close(1008, "DATA-0000")

    def _flush(self) -> Iterator[Frame]:
        now = self._now()
        while self._flushes and not 0 <= now - self._flushes[0] < WINDOW:
            self._flushes.popleft()
        if len(self._flushes) >= FLUSHES:
            # Measured by a user: the code, and that the 21st within about a minute gets it. The words are ours.
            yield {
                "type": "Warning",
                "description": f"Flush is limited to {FLUSHES} messages in {WINDOW:.0f} seconds.",
                "code": "EXCESSIVE_FLUSH",
            }
            return
        self._flushes.append(now)
        yield from starmap(Audio, self.say())
        yield self._numbered("Flushed")

    def _numbered(self, kind: str) -> Frame:
        found: Frame = {"type": kind, "sequence_id": self._sequence}
        self._sequence += 1
        return found

    def _error(self, message: str, description: str) -> Frame:
        # Deepgram documents the close codes; of the message before them its clients know these fields, not the words.
        return {"type": "Error", "description": description, "message": message, "variant": "SchemaError"}


class Delta(_Voice):
    """The protocol of third-party voices. Nothing but its messages' names and fields is known; MP3 unless asked."""

    def __init__(self, model: Model, inputs: Inputs) -> None:
        super().__init__(model, inputs, "mp3")

    def open(self) -> Iterator[Frame]:
        """Nothing."""
        return iter(())

    def text(self, message: str) -> Iterator[Frame]:
        """The answer to text.delta or text.done."""
        match command(message):
            case {"type": "text.delta", "delta": str() as text}:
                if not self.add(text):
                    yield from self._refused(f"more than {MOST} characters without text.done")
            case {"type": "text.done"}:
                try:
                    for piece, seconds in self.say():
                        yield Audio({"type": "audio.delta", "delta": b64encode(piece).decode()}, seconds)
                except MockError as error:
                    yield from self._refused(str(error))
                    return
                yield {"type": "audio.done"}
            case _:
                yield from self._refused('expected {"type": "text.delta", "delta": "…"} or {"type": "text.done"}')

    def audio(self, data: bytes) -> Iterator[Frame]:  # noqa: ARG002 - whatever it is
        """Refused: nobody listens here."""
        yield from self._refused("expected text frames, got a binary one")

    def _refused(self, message: str) -> Iterator[Frame]:
        error: dict[str, Any] = {"type": "error", "message": message}
        yield error
        yield Close(1008, message[:100])
