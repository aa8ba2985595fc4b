"""Turn detection: silence at the end decides."""

from __future__ import annotations

from array import array
from base64 import b64encode
from math import pi, sin

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.catalog import Catalog, Model
from mock_server.errors import INVALID_BASE64, INVALID_INPUT, ApiError
from mock_server.exchange import Binary, Result
from mock_server.tasks import text_to_speech
from mock_server.tasks.turn_detection import respond

CATALOG = Catalog.load()
RATE = 16000


def model(name: str) -> Model:
    found = CATALOG.find(name)
    assert found is not None
    return found


TURN = model("@cf/pipecat-ai/smart-turn-v2")


def speech(text: str, **options: object) -> bytes:
    reply = text_to_speech.respond(model("@cf/deepgram/aura-1"), {"text": text, **options}, 0)
    assert isinstance(reply, Binary)
    return reply.body


def raw(quiet: float, dtype: str) -> bytes:
    """Half a second of tone, then `quiet` seconds of nothing."""
    numbers = [0.4 * sin(at / RATE * 440 * 2 * pi) for at in range(RATE // 2)] + [0.0] * round(quiet * RATE)
    match dtype:
        case "uint8":
            return bytes(round(128 + 127 * number) for number in numbers)
        case "float64":
            return array("d", numbers).tobytes()
    return array("f", numbers).tobytes()


def probability(audio: object, **inputs: object) -> float:
    reply = respond(TURN, {"audio": audio, **inputs}, 0)
    assert isinstance(reply, Result)
    assert list(reply.value) == ["is_complete", "probability"]
    jsonschema.validate(reply.value, CATALOG.schema(TURN, "output"))
    found: float = reply.value["probability"]
    assert reply.value["is_complete"] == (found >= 0.5)
    assert 0 <= found <= 1
    return found


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_the_longer_the_silence_the_surer_the_end(dtype: str) -> None:
    found = [probability(raw(quiet, dtype), dtype=dtype) for quiet in (0, 0.1, 0.25, 0.4, 0.8)]
    assert found == sorted(found)
    assert found[0] < 0.1
    assert found[4] > 0.95


def test_samples_are_float32_unless_something_else_is_said() -> None:
    assert probability(raw(0.8, "float32")) == probability(raw(0.8, "float32"), dtype="float32")


def test_samples_that_begin_like_mp3_are_samples_all_the_same() -> None:
    data = b"\xff\xfb\x90\x3d" + raw(0.8, "float32")
    assert probability(data) == probability(data, dtype="float32") > 0.9


@pytest.mark.parametrize("encoding", ["linear16", "mp3", "flac"])
def test_a_voice_assistant_knows_when_the_sentence_is_over(encoding: str) -> None:
    done, open_ended = speech("Turn off the lights.", encoding=encoding), speech("Turn off the", encoding=encoding)
    assert probability(done) > 0.5 > probability(open_ended)
    assert probability(b64encode(done).decode()) == probability({"body": done, "contentType": "audio/wav"})


def test_the_length_is_billed() -> None:
    reply = respond(TURN, {"audio": raw(0.5, "float32")}, 0)
    assert reply.units == {"per audio minute": pytest.approx(1 / 60)}


@pytest.mark.parametrize(("audio", "row"), [(b"", INVALID_INPUT), (b"abc", INVALID_INPUT), ("?", INVALID_BASE64)])
def test_what_is_no_sound_is_refused(audio: object, row: object) -> None:
    with pytest.raises(ApiError) as refusal:
        respond(TURN, {"audio": audio}, 0)
    assert refusal.value.row is row


@given(st.binary(max_size=200), st.sampled_from([None, "uint8", "float32", "float64"]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_answered_or_refused(data: bytes, dtype: str | None) -> None:
    try:
        respond(TURN, {"audio": data} | ({"dtype": dtype} if dtype else {}), 0)
    except ApiError as refusal:
        if refusal.row is not INVALID_INPUT:
            raise
