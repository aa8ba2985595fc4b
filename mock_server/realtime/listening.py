"""Listening over a WebSocket: Deepgram's public protocol of live transcription (v1), which Nova-3 speaks.

Audio is answered with Results, interim ones if asked for, with SpeechStarted and UtteranceEnd; KeepAlive, Finalize and
CloseStream are understood. Cloudflare documents the names of the options and no message; the shapes are Deepgram's, as
users captured them where they did. When they come follows from the pauses that are really in the audio.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from mock_server.catalog import Model
from mock_server.exchange import Inputs
from mock_server.media import phrases
from mock_server.media.audio import BREATH, WINDOW
from mock_server.media.transcript import Word
from mock_server.realtime import Close, Frame, command, number, uuid_of
from mock_server.realtime.hearing import BEGUN, CHANNELS, Ear, Moment, Undecodable
from mock_server.tasks import deepgram

SEGMENT = 5.0  # seconds after which a result is final though nobody paused
INTERIM = 1.0  # seconds from one interim result to the next
SHORTEST = 1.0  # seconds of the shortest utterance_end_ms (Deepgram)
SILENT = (  # captured: the reason of 1011, which Deepgram's documentation calls NET-0001
    "Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001"
)
MESSAGES = "`KeepAlive`, `Configure`, `Finalize`, `CloseStream`"
RATE = 16000  # Hz of bare samples that come without a sample_rate


class Nova:
    """One transcription. at: when it began, as ISO 8601."""

    patience: float | None = 10.0  # documented; captured as 10 to 12

    def __init__(self, model: Model, inputs: Inputs, request_id: str, at: str) -> None:
        self._model, self._inputs, self._request_id, self._at = model, inputs, request_id, at
        channels = max(1, min(CHANNELS, int(number(inputs.get("channels")) or 1)))
        encoding = inputs.get("encoding")
        asked = inputs.get("language")
        self._language = phrases.code(asked) if isinstance(asked, str) and asked != "multi" else "en"
        self._ear = Ear(
            encoding if isinstance(encoding, str) else None,
            max(1000, min(768_000, int(number(inputs.get("sample_rate")) or RATE))),
            channels,
            self._language,
        )
        self._interim = deepgram.on(inputs, "interim_results")
        self._events = deepgram.on(inputs, "vad_events")
        self._pause = _pause(inputs.get("endpointing"))
        self._utterance = _utterance(inputs.get("utterance_end_ms"))
        self._words: list[Word] = []  # of this segment
        self._start = 0.0  # of this segment
        self._shown = 0.0  # when the last interim result was sent
        self._voiced = 0  # windows of sound since the last pause
        self._voice = 0.0  # when that began
        self._last = -1.0  # when there was sound last
        self._ended: float | None = None  # the end of the last word of an utterance that has not been said to be over

    @property
    def heavy(self) -> bool:
        """Whether what comes must be decoded."""
        return self._ear.decodes

    def open(self) -> Iterator[Frame]:
        """Nothing: Deepgram's first message is the first result."""
        return iter(())

    def audio(self, data: bytes) -> Iterator[Frame]:
        """The answer to further audio. An empty frame closes, as CloseStream does."""
        if not data:
            yield from self._close()
            return
        try:
            for moment in self._ear.hear(data):
                yield from self._moment(moment)
        except Undecodable as error:
            yield from self._undecodable(error)

    def text(self, message: str) -> Iterator[Frame]:
        """The answer to KeepAlive, Configure, Finalize or CloseStream."""
        match command(message):
            case {"type": "KeepAlive"}:
                pass
            case {"type": "Configure", **changes}:
                yield from self._configured(changes)
            case {"type": "Finalize"}:
                yield from self._finish()
                yield from self._result(final=True, speech=True, finalized=True)
            case {"type": "CloseStream"}:
                yield from self._close()
            case _:
                # Documented for a field that Configure does not have; the connection goes on.
                yield {
                    "type": "Error",
                    "variant": "SchemaError",
                    "description": f"Could not deserialize last text message: expected one of {MESSAGES}",
                    "message": message[:1000],
                }

    def silent(self) -> Iterator[Frame]:
        """Metadata, then the end, as captured of a client that sent nothing."""
        yield {**self._metadata(), "sha256": "incomplete"}
        yield Close(1011, SILENT)

    def units(self) -> Mapping[str, float]:
        """Minutes of audio."""
        return {"per audio minute (websocket)": self._ear.seconds / 60}

    def _moment(self, moment: Moment) -> Iterator[Frame]:
        now = moment.end
        if moment.voiced:
            if not self._voiced:
                self._voice = now - WINDOW
            self._voiced += 1
            self._last = now
            if self._voiced == BEGUN and self._events:
                yield {"type": "SpeechStarted", "channel": [0, self._channels], "timestamp": round(self._voice, 3)}
        elif now - self._last >= BREATH - WINDOW / 2:
            self._voiced = 0
        if moment.words:
            self._words += moment.words
            self._ended = self._words[-1].end
        silence = now - self._last
        if self._words and self._pause is not None and silence >= self._pause - WINDOW / 2:
            yield from self._result(final=True, speech=True)
        elif now - self._start >= SEGMENT:
            # Captured: a final result of silence alone is said to end what is said.
            yield from self._result(final=True, speech=not self._words and not self._voiced and self._pause is not None)
        elif self._interim and now - self._shown >= INTERIM - WINDOW / 2:
            self._shown = now
            yield from self._result()
        if self._utterance is not None and self._ended is not None:
            quiet = now - max(self._ended, self._last)
            if quiet >= self._utterance:
                if self._words:
                    yield from self._result(final=True)
                yield {
                    "type": "UtteranceEnd",
                    "channel": [0, self._channels],
                    "last_word_end": round(self._ended, 3),
                }
                self._ended = None

    @property
    def _channels(self) -> int:
        return self._ear.channels if deepgram.on(self._inputs, "multichannel") else 1

    def _result(self, *, final: bool = False, speech: bool = False, finalized: bool = False) -> Iterator[Frame]:
        """What was said since the last final result; of several channels the same words in each, as over HTTP."""
        spoken = deepgram.Spoken(self._words, 1, self._language, 1.0)
        # The same figures for the same words, in every interim result and in the final one.
        random = Random(round(self._start * 1000))
        found: dict[str, Any] = deepgram.results(spoken, random, self._inputs)["results"]["channels"][0]
        heard = found["alternatives"][0]
        alternative = {"transcript": heard["transcript"], "confidence": float(heard["confidence"])} | heard
        now = self._ear.seconds
        for channel in range(self._channels):
            yield {
                "type": "Results",
                "channel_index": [channel, self._channels],
                "duration": round(now - self._start, 6),
                "start": round(self._start, 6),
                "is_final": final,
                "speech_final": speech,
                "channel": {"alternatives": [alternative]},
                "metadata": {
                    "request_id": self._request_id,
                    "model_info": self._model_info(),
                    "model_uuid": self._model.id or uuid_of(self._model.name),
                },
                "from_finalize": finalized,
            }
        if final:
            self._words = []
            self._start = self._shown = now

    def _finish(self) -> Iterator[Frame]:
        """Hear what is there to its end."""
        try:
            for moment in self._ear.finish():
                yield from self._moment(moment)
        except Undecodable as error:
            yield from self._undecodable(error)
            return
        self._words += self._ear.leftover()

    def _configured(self, changes: Mapping[Any, Any]) -> Iterator[Frame]:
        """Features such as {"numerals": true} hold from here on; key terms are taken note of."""
        if isinstance(features := changes.get("features"), dict):
            self._inputs = self._inputs | features
        done: dict[str, Any] = {"type": "ConfigureSuccess", "request_id": self._request_id}
        if isinstance(keyterms := changes.get("keyterms"), list):
            done["keyterms"] = keyterms
        yield done

    def _close(self) -> Iterator[Frame]:
        yield from self._finish()
        yield from self._result(final=True, speech=bool(self._words))
        yield self._metadata()
        yield Close()

    def _metadata(self) -> dict[str, Any]:
        """The sum of it all; models are named once there was audio (captured)."""
        found = {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": self._request_id,
            "sha256": self._ear.received.hexdigest(),
            "created": self._at,
            "duration": round(self._ear.seconds, 6),
            "channels": self._ear.channels,
        }
        uuid = self._model.id or uuid_of(self._model.name)
        return found | ({"models": [uuid], "model_info": {uuid: self._model_info()}} if self._ear.seconds else {})

    def _undecodable(self, error: Undecodable) -> Iterator[Frame]:
        # The code and what it means are documented, the message before it is known by its fields only.
        yield {"type": "Error", "variant": "DATA-0000", "description": str(error), "message": "DATA-0000"}
        yield Close(1008, "DATA-0000")

    def _model_info(self) -> dict[str, str]:
        name = self._model.name.rpartition("/")[2]
        created = self._model.created_at or ""
        return {"name": f"general-{name}", "version": created[:10], "arch": name}


def _pause(endpointing: Any) -> float | None:
    """Seconds of silence that end what is said; None when no silence does. A breath is the shortest that is heard."""
    if endpointing in ("false", "False", False):
        return None
    return max(BREATH, (number(endpointing) or 0.0) / 1000)


def _utterance(milliseconds: Any) -> float | None:
    """Seconds without a word that end an utterance; None for never. The published schema makes a yes or no of it."""
    if milliseconds in ("true", "True", True):
        return SHORTEST
    asked = number(milliseconds)
    return max(SHORTEST, asked / 1000) if asked else None
