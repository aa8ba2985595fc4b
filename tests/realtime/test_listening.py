"""Listening over a WebSocket, without one: audio in, transcripts out."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from mock_server.catalog import Catalog
from mock_server.media import encoding, speech
from mock_server.realtime import Audio, Close, Frame
from mock_server.realtime.listening import SILENT, Nova

TEXT = "Hello there, my friend. How are you doing today? I would like to order 2 pizzas, please."
LISTENER = Catalog.load().find("@cf/deepgram/nova-3")
assert LISTENER is not None
BARE = {"encoding": "linear16", "sample_rate": "16000", "punctuate": "true"}


def nova(**inputs: Any) -> Nova:
    assert LISTENER is not None
    return Nova(LISTENER, inputs, "rid", "2026-11-22T00:00:00.000Z")


def spoken(
    text: str = TEXT, codec: str = "linear16", rate: int | None = 16000, container: str | None = "none"
) -> bytes:
    form = encoding.choose(codec, container, rate, None)
    return encoding.encode(speech.speak(text, speech.voice("luna"), form.rate), form, text)


def hear(session: Nova, data: bytes, size: int = 3200, *commands: str) -> list[dict[str, Any]]:
    """Everything that is said to `data` in pieces of `size` bytes, and to commands after it."""
    frames: list[Frame] = []
    for at in range(0, len(data), size):
        frames += session.audio(data[at : at + size])
    for command in commands:
        frames += session.text(json.dumps({"type": command}))
    assert not any(isinstance(frame, Audio) for frame in frames)
    return [frame if isinstance(frame, dict) else {"type": "close", "frame": frame} for frame in frames]


def of(kind: str, frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [frame for frame in frames if frame["type"] == kind]


def said(frames: list[dict[str, Any]], *, final: bool = True) -> list[str]:
    results = [frame for frame in of("Results", frames) if frame["is_final"] is final]
    return [text for frame in results if (text := frame["channel"]["alternatives"][0]["transcript"])]


def test_what_the_own_voices_say_is_heard_word_for_word() -> None:
    frames = hear(nova(**BARE), spoken(), 3200, "CloseStream")
    assert " ".join(said(frames)) == TEXT
    words = [word for frame in of("Results", frames) for word in frame["channel"]["alternatives"][0]["words"]]
    assert [word["punctuated_word"] for word in words] == TEXT.split()
    assert all(a["end"] <= b["start"] + 0.002 and a["start"] < a["end"] for a, b in pairwise(words))


@pytest.mark.parametrize("codec", ["mulaw", "alaw"])
def test_telephone_codes_are_heard_too(codec: str) -> None:
    session = nova(encoding=codec, sample_rate="8000", punctuate="true")
    assert " ".join(said(hear(session, spoken(codec=codec, rate=8000), 800, "CloseStream"))) == TEXT


@pytest.mark.parametrize(
    ("codec", "container"),
    [("linear16", "wav"), ("mulaw", "wav"), ("mp3", None), ("opus", None), ("flac", None), ("aac", None)],
)
def test_files_say_themselves_what_they_are(codec: str, container: str | None) -> None:
    if container is None:
        pytest.importorskip("av")
        pytest.importorskip("lameenc")
    frames = hear(nova(punctuate="true"), spoken(codec=codec, rate=None, container=container), 2000, "CloseStream")
    assert " ".join(said(frames)) == TEXT


@pytest.mark.parametrize("size", [1, 101, 1_000_000])
def test_it_does_not_matter_how_audio_is_cut(size: int) -> None:
    data = spoken("Hello there. Bye!")
    wanted = hear(nova(**BARE), data, 640, "CloseStream")
    assert hear(nova(**BARE), data, size, "CloseStream") == wanted


def test_other_sound_is_heard_as_sentences_always_the_same() -> None:
    data = bytearray(spoken())
    data[::2] = bytes(len(data) // 2)  # the words go with the lower bits
    frames = hear(nova(**BARE), bytes(data), 3200, "CloseStream")
    assert 8 <= len(" ".join(said(frames)).split()) <= 24
    assert frames == hear(nova(**BARE), bytes(data), 500, "CloseStream")


def test_nothing_is_heard_before_it_is_said() -> None:
    data = bytearray(bytes(32000 * 2) + spoken("One two three four five six."))
    data[::2] = bytes(len(data) // 2)
    frames = hear(nova(**BARE), bytes(data), 3200, "CloseStream")
    words = [word for frame in of("Results", frames) for word in frame["channel"]["alternatives"][0]["words"]]
    assert 3 <= len(words) <= 12
    assert all(word["start"] >= 2 and word["end"] > word["start"] for word in words)


def test_own_and_other_voices_are_told_apart() -> None:
    other = bytearray(spoken("One two three four."))
    other[::2] = bytes(len(other) // 2)
    frames = hear(nova(**BARE), spoken("Hello there.") + bytes(other) + spoken("Good bye."), 3200, "CloseStream")
    text = " ".join(said(frames))
    assert text.startswith("Hello there. ")
    assert text.endswith(" Good bye.")
    assert len(text.split()) > 5


def test_without_punctuate_words_are_bare() -> None:
    frames = hear(nova(encoding="linear16", sample_rate="16000"), spoken("Hello there!"), 3200, "CloseStream")
    assert said(frames) == ["hello there"]


def test_a_result_has_the_captured_shape() -> None:
    result = of("Results", hear(nova(**BARE), spoken("Hello there!"), 3200, "CloseStream"))[0]
    assert list(result) == [
        "type", "channel_index", "duration", "start", "is_final", "speech_final", "channel", "metadata",
        "from_finalize",
    ]  # fmt: skip
    (alternative,) = result["channel"]["alternatives"]
    assert list(alternative) == ["transcript", "confidence", "words"]
    assert list(alternative["words"][0]) == ["word", "start", "end", "confidence", "punctuated_word"]
    assert result["channel_index"] == [0, 1]
    assert result["metadata"]["request_id"] == "rid"
    assert set(result["metadata"]["model_info"]) == {"name", "version", "arch"}


def test_pauses_end_what_is_said() -> None:
    frames = hear(nova(**BARE), spoken())
    assert said(frames) == [
        "Hello there,", "my friend.", "How are you doing today?", "I would like to order 2 pizzas,", "please.",
    ]  # fmt: skip
    assert all(frame["speech_final"] for frame in of("Results", frames))
    results = of("Results", frames)
    assert all(a["start"] + a["duration"] == pytest.approx(b["start"]) for a, b in pairwise(results))


@pytest.mark.parametrize(("endpointing", "parts"), [("10", 5), ("300", 3), ("500", 1), ("false", 1)])
def test_endpointing_says_how_long_a_pause_must_be(endpointing: str, parts: int) -> None:
    frames = hear(nova(**BARE, endpointing=endpointing), spoken() + bytes(16000), 3200, "CloseStream")
    assert len([frame for frame in of("Results", frames) if frame["speech_final"] and said([frame])]) == parts
    assert " ".join(said(frames)) == TEXT


def test_interim_results_grow_into_the_final_one() -> None:
    frames = hear(nova(**BARE, interim_results="true"), spoken())
    interim = said(frames, final=False)
    assert "How are" in interim
    assert all(any(final.startswith(text) for final in said(frames)) for text in interim)
    assert said(hear(nova(**BARE), spoken()), final=False) == []


def test_interim_results_come_every_second_even_of_silence() -> None:
    frames = hear(nova(**BARE, interim_results="true"), bytes(32000 * 4))
    assert [(frame["is_final"], frame["duration"]) for frame in frames] == [(False, n) for n in (1, 2, 3, 4)]


def test_silence_is_final_after_a_while() -> None:
    (result,) = hear(nova(**BARE), bytes(32000 * 6))
    assert (result["is_final"], result["speech_final"], result["duration"]) == (True, True, 5)


def test_voice_activity_is_told_when_asked_for() -> None:
    data = bytes(32000) + spoken("Hello there. How are you?") + bytes(48000)
    frames = hear(nova(**BARE, vad_events="true", utterance_end_ms="1000", interim_results="true"), data)
    started = of("SpeechStarted", frames)
    assert started[0] == {"type": "SpeechStarted", "channel": [0, 1], "timestamp": pytest.approx(1.06, abs=0.03)}
    (end,) = of("UtteranceEnd", frames)
    last = [word for frame in of("Results", frames) for word in frame["channel"]["alternatives"][0]["words"]][-1]
    assert end == {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": pytest.approx(last["end"], abs=0.002)}
    plain = hear(nova(**BARE), data)
    assert not of("SpeechStarted", plain)
    assert not of("UtteranceEnd", plain)


def test_finalize_gives_at_once_what_has_been_said() -> None:
    data = spoken("Hello there my friend")
    session = nova(**BARE)
    hear(session, data[:24000])
    (result,) = hear(session, b"", 1, "Finalize")
    assert (result["is_final"], result["speech_final"], result["from_finalize"]) == (True, True, True)
    (first,) = said([result])
    assert first.startswith("Hello there")
    assert [first, *said(hear(session, data[24000:], 3200, "CloseStream"))] == ["Hello there my", "friend"]


def test_close_stream_ends_with_metadata() -> None:
    frames = hear(nova(**BARE), spoken("Hello!"), 3200, "CloseStream")
    assert [frame["type"] for frame in frames[-2:]] == ["Metadata", "close"]
    assert frames[-1]["frame"] == Close(1000)
    metadata = frames[-2]
    assert list(metadata) == [
        "type", "transaction_key", "request_id", "sha256", "created", "duration", "channels", "models", "model_info",
    ]  # fmt: skip
    assert metadata["duration"] == pytest.approx(len(spoken("Hello!")) / 32000, abs=0.02)


def test_an_empty_frame_closes() -> None:
    assert list(nova(**BARE).audio(b""))[-1] == Close(1000)


def test_who_sends_nothing_is_told_so() -> None:
    metadata, end = list(nova(**BARE).silent())
    assert metadata == {
        "type": "Metadata",
        "transaction_key": "deprecated",
        "request_id": "rid",
        "sha256": "incomplete",
        "created": "2026-11-22T00:00:00.000Z",
        "duration": 0.0,
        "channels": 1,
    }
    assert end == Close(1011, SILENT)


def test_channels_get_their_own_results() -> None:
    mono = spoken("Hello there!")
    stereo = b"".join(mono[at : at + 2] * 2 for at in range(0, len(mono), 2))
    frames = hear(nova(**BARE, channels="2", multichannel="true"), stereo, 3200, "CloseStream")
    assert [frame["channel_index"] for frame in of("Results", frames)][:2] == [[0, 2], [1, 2]]
    assert said(frames)[:2] == ["Hello there!"] * 2


@pytest.mark.parametrize("inputs", [{}, {"encoding": "speex"}])
def test_bytes_that_are_no_audio_end_it(inputs: dict[str, str]) -> None:
    error, end = list(nova(**inputs).audio(b"this is not audio at all, is it?"))
    assert isinstance(error, dict)
    assert error["type"] == "Error"
    assert end == Close(1008, "DATA-0000")


@pytest.mark.parametrize("bad", ["", "hello", '{"type": "Speak"}'])
def test_what_is_no_message_is_told_and_it_goes_on(bad: str) -> None:
    session = nova(**BARE)
    (error,) = list(session.text(bad))
    assert isinstance(error, dict)
    assert (error["type"], error["variant"], error["message"]) == ("Error", "SchemaError", bad)
    assert said(hear(session, spoken("Hello!"), 3200, "CloseStream")) == ["Hello!"]


def test_it_is_configured_on_the_way() -> None:
    session = nova(**BARE)
    done = list(session.text('{"type": "Configure", "features": {"numerals": true}, "keyterms": ["two"]}'))
    assert done == [{"type": "ConfigureSuccess", "request_id": "rid", "keyterms": ["two"]}]
    assert said(hear(session, spoken("Give me two!"), 3200, "CloseStream")) == ["Give me 2!"]


def test_minutes_are_billed() -> None:
    session = nova(**BARE)
    hear(session, bytes(32000 * 3))
    assert session.units() == {"per audio minute (websocket)": pytest.approx(3 / 60)}
