"""Taking turns over a WebSocket: Flux, which tells when a speaker begins, pauses and has finished.

The fields of its messages are those of the model's output schema; that they come as ``TurnInfo`` after ``Connected``,
their order (Deepgram's published state machine) and what a client may send are Deepgram's public protocol (listen v2).
How sure it is that a turn is over follows from the silence that is really in the audio.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import exp
from random import Random
from typing import Any

from mock_server.exchange import Inputs
from mock_server.media.audio import WINDOW
from mock_server.media.transcript import Word, joined
from mock_server.realtime import Close, Frame, command, number
from mock_server.realtime.hearing import Ear, Moment, Undecodable

UPDATE = 0.25  # seconds from one Update to the next (Deepgram)
# A sentence of this emulator's voices is followed by half a second of silence at its text's end, by less inside.
ENOUGH = 0.42  # seconds of silence after which a turn is as likely over as not
STEEP = 14.0  # how quickly doubt ends before and after
LONGEST = 300  # words of a turn: one that never ends would be told again and again
RATE = 16000


class Flux:
    """One stream of turns."""

    patience: float | None = None  # no limit is published

    def __init__(self, inputs: Inputs, request_id: str) -> None:
        self._request_id = request_id
        rate = number(inputs.get("sample_rate")) or RATE
        self._ear = Ear(str(inputs.get("encoding", "linear16")), max(1000, min(768_000, int(rate))), 1, "en")
        self._eager = number(inputs.get("eager_eot_threshold"))
        self._threshold = number(inputs.get("eot_threshold")) or 0.7
        self._timeout = number(inputs.get("eot_timeout_ms")) or 5000.0
        keyterms = inputs.get("keyterm") or []
        self._keyterms = keyterms if isinstance(keyterms, list) else [keyterms]
        self._sequence = 0
        self._turn = 0
        self._words: list[Word] = []
        self._start = 0.0  # of the turn
        self._told = 0.0  # when the last message was sent
        self._last: float | None = None  # when there was sound last, in this turn
        self._state = "initial"  # then "ongoing", and "awaiting" the end after an eager one
        self._random = Random(0)

    @property
    def heavy(self) -> bool:
        """Whether what comes must be decoded."""
        return self._ear.decodes

    def open(self) -> Iterator[Frame]:
        """Connected."""
        yield self._numbered({"type": "Connected", "request_id": self._request_id})

    def audio(self, data: bytes) -> Iterator[Frame]:
        """The answer to further audio."""
        try:
            for moment in self._ear.hear(data):
                yield from self._moment(moment)
        except Undecodable as error:
            yield from self._fatal("UNPARSABLE_CLIENT_MESSAGE", str(error))

    def text(self, message: str) -> Iterator[Frame]:
        """The answer to CloseStream, Configure or ForceEndTurn."""
        asked = command(message)
        match asked:
            case {"type": "CloseStream"}:
                yield from self._end()
                yield Close()
            case {"type": "ForceEndTurn"}:
                yield from self._end()
            case {"type": "KeepAlive"}:
                pass
            case {"type": "Configure"} if asked is not None:
                yield self._configured(asked)
            case _:
                # Code and words as they are published of another of Deepgram's sockets.
                what = "Text message received from client did not match any of the formats we expect."
                yield from self._fatal("UNPARSABLE_CLIENT_MESSAGE", what)

    def silent(self) -> Iterator[Frame]:
        """Nothing: it waits for as long as it takes."""
        return iter(())

    def units(self) -> Mapping[str, float]:
        """Minutes of audio."""
        return {"per audio minute (websocket)": self._ear.seconds / 60}

    def _moment(self, moment: Moment) -> Iterator[Frame]:
        now = moment.end
        if moment.voiced:
            self._last = now
        self._words += moment.words
        if self._state == "initial":
            if self._words:
                self._state = "ongoing"
                yield self._info("StartOfTurn")
        else:
            if self._state == "awaiting" and (moment.words or self._confidence() < (self._eager or 0.0)):
                self._state = "ongoing"
                yield self._info("TurnResumed")
            confidence = self._confidence()
            silence = now - (self._last or 0.0)
            if confidence >= self._threshold or silence * 1000 >= self._timeout or len(self._words) >= LONGEST:
                yield self._info("EndOfTurn")
            elif self._state == "ongoing" and self._eager is not None and confidence >= self._eager:
                self._state = "awaiting"
                yield self._info("EagerEndOfTurn")
        if now - self._told >= UPDATE - WINDOW / 2:
            yield self._info("Update")

    def _end(self) -> Iterator[Frame]:
        """The end of a turn that somebody else decides on."""
        self._words += self._ear.leftover()
        if self._words:
            if self._state == "initial":
                yield self._info("StartOfTurn")
            yield self._info("EndOfTurn")

    def _confidence(self) -> float:
        """How likely the turn is over, by the silence at its end."""
        if self._last is None:
            return 0.0
        return 1 / (1 + exp(STEEP * (ENOUGH - min(2.0, self._ear.seconds - self._last))))

    def _info(self, event: str) -> Frame:
        self._random.seed(self._turn)  # the same figures for the same words, in every message of the turn
        found = self._numbered(
            {
                "type": "TurnInfo",
                "request_id": self._request_id,
                "event": event,
                "turn_index": self._turn,
                "audio_window_start": round(self._start, 3),
                "audio_window_end": round(self._ear.seconds, 3),
                "transcript": joined(self._words),
                "words": [
                    {"word": word.text, "confidence": round(1 - self._random.randrange(1, 64) / 1024, 4)}
                    for word in self._words
                ],
                "end_of_turn_confidence": round(self._confidence(), 4),
            }
        )
        self._told = self._ear.seconds
        if event == "EndOfTurn":
            self._turn += 1
            self._words = []
            self._start = self._ear.seconds
            self._last = None
            self._state = "initial"
        return found

    def _configured(self, asked: dict[str, Any]) -> Frame:
        """New thresholds and key terms, in force from here on."""
        given = asked.get("thresholds")
        if isinstance(given, dict):
            if "eager_eot_threshold" in given:
                self._eager = number(given["eager_eot_threshold"])
            self._threshold = number(given.get("eot_threshold")) or self._threshold
            self._timeout = number(given.get("eot_timeout_ms")) or self._timeout
        if isinstance(asked.get("keyterms"), list):
            self._keyterms = asked["keyterms"]
        thresholds = {
            "eager_eot_threshold": self._eager,
            "eot_threshold": self._threshold,
            "eot_timeout_ms": int(self._timeout),
        }
        return self._numbered(
            {
                "type": "ConfigureSuccess",
                "request_id": self._request_id,
                "thresholds": thresholds,
                "keyterms": self._keyterms,
            }
        )

    def _fatal(self, code: str, description: str) -> Iterator[Frame]:
        yield self._numbered({"type": "Error", "code": code, "description": description})
        yield Close(1008, code)

    def _numbered(self, message: dict[str, Any]) -> Frame:
        """The message with the next sequence number, after the request's id where it has one."""
        at = 2 if "request_id" in message else 1
        items = list(message.items())
        items.insert(at, ("sequence_id", self._sequence))
        self._sequence += 1
        return dict(items)
