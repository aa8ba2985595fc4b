"""Speaking over a WebSocket, without one: messages in, frames out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from mock_server.catalog import Catalog, Model
from mock_server.media.audio import listen
from mock_server.realtime import Audio, Close, Frame, Hush
from mock_server.realtime.speaking import Aura, Delta

TEXT = "Hello there. How are you?"
VOICE = Catalog.load().find("@cf/deepgram/aura-2-en")
assert VOICE is not None


def aura(now: Callable[[], float] = lambda: 0.0, **inputs: Any) -> Aura:
    assert VOICE is not None
    return Aura(VOICE, inputs, "rid", now)


def say(session: Aura, *messages: dict[str, Any]) -> list[Frame]:
    return [frame for message in messages for frame in session.text(json.dumps(message))]


def sound(frames: list[Frame]) -> bytes:
    return b"".join(frame.data for frame in frames if isinstance(frame, Audio) and isinstance(frame.data, bytes))


def messages(frames: list[Frame]) -> list[dict[str, Any]]:
    return [frame for frame in frames if isinstance(frame, dict)]


SPEAK, FLUSH = {"type": "Speak", "text": TEXT}, {"type": "Flush"}


def test_it_begins_with_metadata() -> None:
    (metadata,) = messages(list(aura(speaker="zeus").open()))
    assert VOICE is not None
    assert metadata == {
        "type": "Metadata",
        "request_id": "rid",
        "model_name": "aura-2-zeus-en",
        "model_version": "2025.10.09",
        "model_uuid": VOICE.id,
    }


def test_nothing_is_said_before_the_flush_and_everything_then() -> None:
    session = aura()
    assert say(session, {"type": "Speak", "text": "Hello there. "}, {"type": "Speak", "text": "How are you?"}) == []
    frames = say(session, FLUSH)
    assert frames[-1] == {"type": "Flushed", "sequence_id": 0}
    assert sound(frames) == sound(say(aura(), SPEAK, FLUSH))
    assert session.units()["per 1k characters"] == pytest.approx(len(TEXT) / 1000)


def test_samples_are_bare_and_at_24_kilohertz_unless_asked_otherwise() -> None:
    frames = say(aura(), SPEAK, FLUSH)
    seconds = sum(frame.seconds for frame in frames if isinstance(frame, Audio))
    assert len(sound(frames)) == pytest.approx(2 * 24000 * seconds)


@pytest.mark.parametrize(
    ("inputs", "start", "rate"),
    [
        ({"encoding": "mulaw"}, b"", 8000),
        ({"encoding": "alaw", "sample_rate": "16000"}, b"", 16000),
        ({"encoding": "linear16", "container": "wav", "sample_rate": "16000"}, b"RIFF", 16000),
    ],
)
def test_encodings_rates_and_containers(inputs: dict[str, Any], start: bytes, rate: int) -> None:
    frames = say(aura(**inputs), SPEAK, FLUSH)
    data = sound(frames)
    assert data.startswith(start)
    heard = listen(data, inputs["encoding"], rate)
    assert heard.rate == rate
    assert heard.duration == pytest.approx(sum(frame.seconds for frame in frames if isinstance(frame, Audio)), abs=0.01)


@pytest.mark.parametrize(("encoding", "kind"), [("mp3", b"ID3"), ("opus", b"OggS"), ("flac", b"fLaC")])
def test_compressed_encodings_are_files(encoding: str, kind: bytes) -> None:
    pytest.importorskip("av")
    pytest.importorskip("lameenc")
    assert sound(say(aura(encoding=encoding), SPEAK, FLUSH)).startswith(kind)


def test_clear_forgets_what_waits_and_hushes() -> None:
    session = aura()
    assert say(session, SPEAK, {"type": "Clear"}) == [Hush(), {"type": "Cleared", "sequence_id": 0}]
    assert say(session, FLUSH) == [{"type": "Flushed", "sequence_id": 1}]


def test_close_says_what_is_left() -> None:
    frames = say(aura(), SPEAK, {"type": "Close"})
    assert sound(frames) == sound(say(aura(), SPEAK, FLUSH))
    assert frames[-1] == Close(1000)


def test_the_twenty_first_flush_of_a_minute_is_refused_with_a_warning() -> None:
    time = 0.0
    session = aura(lambda: time)
    flushed = say(session, *[FLUSH] * 20)
    assert [frame["type"] for frame in messages(flushed)] == ["Flushed"] * 20
    (warning,) = messages(say(session, SPEAK, FLUSH))
    assert (warning["type"], warning["code"]) == ("Warning", "EXCESSIVE_FLUSH")
    time = 61.0
    assert sound(say(session, FLUSH))  # the text still waited


@pytest.mark.parametrize("bad", ["", "hello", "[]", '{"text": "hi"}', '{"type": "Speak"}', '{"type": "Sing"}'])
def test_what_is_no_message_ends_it(bad: str) -> None:
    error, end = list(aura().text(bad))
    assert isinstance(error, dict)
    assert error["type"] == "Error"
    assert end == Close(1008, "DATA-0000")


def test_audio_is_no_message_either() -> None:
    assert list(aura().audio(b"\0"))[-1] == Close(1008, "DATA-0000")


def test_text_that_waits_is_bounded() -> None:
    session = aura()
    frames = say(session, *[{"type": "Speak", "text": "x" * 9999}] * 3)
    assert frames[-1] == Close(1008, "DATA-0001")


def test_the_voices_of_others_speak_their_own_protocol() -> None:
    voice = Model("author/voice", "Text-to-Speech", "text_to_speech", {})
    session = Delta(voice, {"codec": "pcm", "sample_rate": "16000"})
    assert list(session.open()) == []
    assert list(session.text(json.dumps({"type": "text.delta", "delta": "Hello"}))) == []
    frames = list(session.text('{"type": "text.done"}'))
    assert frames.pop() == {"type": "audio.done"}
    parts = [frame.data for frame in frames if isinstance(frame, Audio) and isinstance(frame.data, dict)]
    assert {part["type"] for part in parts} == {"audio.delta"}
    assert listen(b"".join(base64.b64decode(part["delta"]) for part in parts), "linear16").duration > 0.3
    error, end = list(session.text("{}"))
    assert isinstance(error, dict)
    assert error["type"] == "error"
    assert isinstance(end, Close)
