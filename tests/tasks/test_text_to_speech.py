"""Text-to-Speech: every model's form of delivery, every documented option, and the bill."""

from __future__ import annotations

import wave
from base64 import b64decode
from dataclasses import replace
from io import BytesIO

import pytest

from mock_server.catalog import Catalog, Model
from mock_server.exchange import Binary, Result
from mock_server.media.audio import listen
from mock_server.tasks import TASKS
from mock_server.tasks.text_to_speech import respond

CATALOG = Catalog.load()
MODELS = [model for model in CATALOG if model.responder == "text_to_speech"]
TEXT = "Hello world, this is a voice."


def model(name: str) -> Model:
    found = CATALOG.find(name)
    assert found is not None
    return found


def test_there_are_models_and_they_leave_the_event_loop() -> None:
    assert len(MODELS) >= 4
    assert TASKS["text_to_speech"].heavy


@pytest.mark.parametrize("each", MODELS, ids=lambda model: model.name)
def test_every_model_speaks_and_repeats_itself(each: Model) -> None:
    inputs = {"text": TEXT, "prompt": TEXT}
    reply = respond(each, inputs, 1)
    assert reply == respond(each, inputs, 2)
    body = b64decode(reply.value["audio"]) if isinstance(reply, Result) else reply.body
    assert listen(body).transcript == TEXT
    assert 1 < listen(body).duration < 5


def test_melotts_gives_a_wav_file_in_base64() -> None:
    reply = respond(model("@cf/myshell-ai/melotts"), {"prompt": TEXT, "lang": "en"}, 0)
    assert isinstance(reply, Result)
    assert list(reply.value) == ["audio"]
    with wave.open(BytesIO(b64decode(reply.value["audio"], validate=True))) as opened:
        seconds = opened.getnframes() / opened.getframerate()
        assert opened.getnchannels() == 1
    assert reply.units == {"per audio minute": pytest.approx(seconds / 60)}


def test_melotts_sounds_different_in_every_language() -> None:
    melo = model("@cf/myshell-ai/melotts")
    assert respond(melo, {"prompt": TEXT, "lang": "en"}, 0) != respond(melo, {"prompt": TEXT, "lang": "fr"}, 0)


def test_aura_gives_mp3_bytes_and_bills_characters() -> None:
    reply = respond(model("@cf/deepgram/aura-2-en"), {"text": TEXT, "speaker": "luna"}, 0)
    assert isinstance(reply, Binary)
    assert reply.media_type == "audio/mpeg"
    assert reply.units == {"per 1k characters": len(TEXT) / 1000}


@pytest.mark.parametrize("name", ["@cf/deepgram/aura-1", "@cf/deepgram/aura-2-en", "@cf/deepgram/aura-2-es"])
def test_every_speaker_has_a_voice_of_their_own(name: str) -> None:
    aura = model(name)
    voices = aura.facts["voices"]
    inputs = {"text": "Hello.", "encoding": "linear16", "sample_rate": 8000}
    heard = {respond(aura, {**inputs, "speaker": voice}, 0).body for voice in voices}  # type: ignore[union-attr]
    assert len(heard) == len(voices)
    assert respond(aura, inputs, 0) == respond(aura, {**inputs, "speaker": aura.facts["default_voice"]}, 0)


@pytest.mark.parametrize(
    ("options", "media_type"),
    [
        ({"container": "wav"}, "audio/wav"),
        ({"container": "ogg"}, "audio/ogg;codecs=opus"),
        ({"encoding": "flac", "sample_rate": 16000}, "audio/flac"),
        ({"encoding": "aac", "bit_rate": 32000}, "audio/aac"),
        ({"encoding": "linear16", "container": "none", "sample_rate": 16000}, "audio/l16;rate=16000;channels=1"),
        ({"encoding": "nonsense"}, "audio/mpeg"),
        ({"sample_rate": "fast", "bit_rate": None}, "audio/mpeg"),
    ],
)
def test_options_decide_the_form(options: dict[str, object], media_type: str) -> None:
    reply = respond(model("@cf/deepgram/aura-1"), {"text": TEXT, **options}, 0)
    assert isinstance(reply, Binary)
    assert reply.media_type == media_type


def test_a_model_that_says_little_about_itself_speaks_mp3() -> None:
    bare = replace(model("@cf/deepgram/aura-1"), facts={})
    reply = respond(bare, {"text": TEXT}, 0)
    assert isinstance(reply, Binary)
    assert reply.media_type == "audio/mpeg"


def test_an_empty_text_is_a_moment_of_silence() -> None:
    reply = respond(model("@cf/deepgram/aura-1"), {"text": "", "encoding": "linear16"}, 0)
    assert isinstance(reply, Binary)
    assert listen(reply.body).silent
