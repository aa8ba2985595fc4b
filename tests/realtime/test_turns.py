"""Taking turns over a WebSocket, without one: audio in, turns out."""

from __future__ import annotations

import json
from itertools import count, pairwise
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mock_server.catalog import Catalog
from mock_server.media import speech
from mock_server.realtime import Close, Frame
from mock_server.realtime.turns import Flux

TEXT = "Hello there, my friend. How are you doing today?"
CATALOG = Catalog.load()


def flux(**inputs: Any) -> Flux:
    return Flux({"encoding": "linear16", "sample_rate": "16000"} | inputs, "rid")


def spoken(text: str = TEXT, pause: float = 0.0) -> bytes:
    return speech.speak(text, speech.voice("luna"), 16000) + bytes(2 * round(16000 * pause))


def hear(session: Flux, data: bytes, size: int = 2560) -> list[dict[str, Any]]:
    frames: list[Frame] = [frame for at in range(0, len(data), size) for frame in session.audio(data[at : at + size])]
    return [frame for frame in frames if isinstance(frame, dict)]


def turns(frames: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    return [(each["event"], each["turn_index"], each["transcript"]) for each in frames if each["event"] != "Update"]


def test_a_turn_begins_and_ends_where_the_audio_says_so() -> None:
    frames = hear(flux(), bytes(16000) + spoken(pause=1.0) + spoken("Good bye!", pause=1.0))
    assert turns(frames) == [
        ("StartOfTurn", 0, "Hello"),
        ("EndOfTurn", 0, TEXT),
        ("StartOfTurn", 1, "Good"),
        ("EndOfTurn", 1, "Good bye!"),
    ]


def test_every_message_fits_the_published_schema_and_is_numbered() -> None:
    session = flux()
    (connected,) = list(session.open())
    assert connected == {"type": "Connected", "request_id": "rid", "sequence_id": 0}
    frames = hear(session, spoken(pause=1.0))
    model = CATALOG.find("@cf/deepgram/flux")
    assert model is not None
    document = CATALOG.schema(model, "output")
    schema = Draft202012Validator(document)
    for frame, number in zip(frames, count(1), strict=False):
        schema.validate(frame)
        assert frame["sequence_id"] == number
        assert list(frame) == ["type", *document["properties"]]
        assert " ".join(word["word"] for word in frame["words"]) == frame["transcript"]


def test_updates_come_four_times_a_second() -> None:
    frames = hear(flux(), bytes(32000 * 2))
    assert {each["event"] for each in frames} == {"Update"}
    ends = [0.0, *(each["audio_window_end"] for each in frames)]
    assert [b - a for a, b in pairwise(ends)] == pytest.approx([0.25] * 8, abs=0.011)


def test_windows_of_turns_join() -> None:
    frames = hear(flux(), spoken(pause=1.0) + spoken("Good bye!", pause=1.0))
    ends = [each for each in frames if each["event"] == "EndOfTurn"]
    assert ends[0]["audio_window_start"] == 0
    assert ends[1]["audio_window_start"] == ends[0]["audio_window_end"]


def test_an_eager_end_is_taken_back_when_the_speaker_goes_on() -> None:
    frames = hear(flux(eager_eot_threshold="0.3"), spoken(pause=1.0))
    first = "Hello there, my friend."
    assert turns(frames) == [
        ("StartOfTurn", 0, "Hello"),
        ("EagerEndOfTurn", 0, first),
        ("TurnResumed", 0, first),
        ("EagerEndOfTurn", 0, TEXT),
        ("EndOfTurn", 0, TEXT),
    ]


@pytest.mark.parametrize(("threshold", "pause"), [("0.5", 0.42), ("0.7", 0.48), ("0.9", 0.58)])
def test_a_higher_threshold_waits_longer(threshold: str, pause: float) -> None:
    frames = hear(flux(eot_threshold=threshold), spoken("Hello!", pause=1.0))
    end = next(each for each in frames if each["event"] == "EndOfTurn")
    assert end["end_of_turn_confidence"] >= float(threshold)
    voiced = 0.02 * round((len(spoken("Hello!")) / 32000 - 0.6 * speech.voice("luna").pace) / 0.02)
    assert end["audio_window_end"] - voiced == pytest.approx(pause, abs=0.12)


def test_a_turn_times_out_where_no_threshold_is_reached() -> None:
    frames = hear(flux(eot_threshold="1.0", eot_timeout_ms="1500"), spoken("Hello!", pause=2.0))
    (_, end) = turns(frames)
    assert end == ("EndOfTurn", 0, "Hello!")
    assert hear(flux(eot_threshold="1.0", eot_timeout_ms="1500"), spoken("Hello!", pause=0.5))[-1]["event"] == "Update"


@pytest.mark.parametrize("size", [2, 999, 1_000_000])
def test_it_does_not_matter_how_audio_is_cut(size: int) -> None:
    data = spoken("Hello there.", pause=1.0)
    assert hear(flux(), data, size) == hear(flux(), data)


def test_close_stream_ends_the_turn() -> None:
    session = flux()
    hear(session, spoken("Hello there")[:-3200])
    end, close = list(session.text('{"type": "CloseStream"}'))
    assert isinstance(end, dict)
    assert (end["event"], end["transcript"]) == ("EndOfTurn", "Hello there")
    assert close == Close(1000)


def test_a_turn_can_be_ended_from_outside() -> None:
    session = flux()
    hear(session, spoken("Hello there my friend")[: 2 * 16000])
    (end,) = list(session.text('{"type": "ForceEndTurn"}'))
    assert isinstance(end, dict)
    assert end["event"] == "EndOfTurn"
    assert list(session.text('{"type": "ForceEndTurn"}')) == []


def test_thresholds_change_on_the_way() -> None:
    session = flux()
    asked = {"type": "Configure", "thresholds": {"eot_threshold": 0.9, "eager_eot_threshold": 0.5}, "keyterms": ["x"]}
    (done,) = list(session.text(json.dumps(asked)))
    assert done == {
        "type": "ConfigureSuccess",
        "request_id": "rid",
        "sequence_id": 0,
        "thresholds": {"eager_eot_threshold": 0.5, "eot_threshold": 0.9, "eot_timeout_ms": 5000},
        "keyterms": ["x"],
    }
    assert ("EagerEndOfTurn", 0, "Hello!") in turns(hear(session, spoken("Hello!", pause=1.0)))


@pytest.mark.parametrize("bad", ["", "hello", '{"type": "Speak"}'])
def test_what_is_no_message_is_fatal(bad: str) -> None:
    error, end = list(flux().text(bad))
    assert isinstance(error, dict)
    assert list(error) == ["type", "sequence_id", "code", "description"]
    assert end == Close(1008, "UNPARSABLE_CLIENT_MESSAGE")


def test_a_turn_that_never_ends_is_ended() -> None:
    from random import Random

    frames = hear(flux(), Random(1).randbytes(32000 * 150), 100_000)
    assert ("EndOfTurn", 0) in [(event, turn) for event, turn, _ in turns(frames)]
    assert max(len(each["words"]) for each in frames) == 300
