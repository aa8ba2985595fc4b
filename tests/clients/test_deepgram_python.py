"""Deepgram's own Python SDK over the WebSockets of its models.

It appends its own path (/v1/listen ...) to the address it is given; behind a question mark that is one more option,
which nobody reads.
"""

from __future__ import annotations

from typing import Any

import pytest
from harness import ACCOUNT, TOKEN

deepgram = pytest.importorskip("deepgram", reason="deepgram-sdk is not installed")
from deepgram.environment import DeepgramClientEnvironment  # noqa: E402
from deepgram.listen.v1.types import ListenV1Metadata, ListenV1Results, ListenV1UtteranceEnd  # noqa: E402
from deepgram.listen.v2.types import ListenV2Connected, ListenV2TurnInfo  # noqa: E402
from deepgram.speak.v1.types import SpeakV1Flushed, SpeakV1Metadata, SpeakV1Text  # noqa: E402

TEXT = "Hello there, my friend. How are you doing today?"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def client(base_url: str, model: str, **options: str) -> Any:
    given = "".join(f"{name}={value}&" for name, value in options.items())
    socket = f"{base_url.replace('http', 'ws')}/accounts/{ACCOUNT}/ai/run/@cf/deepgram/{model}?{given}sdk="
    environment = DeepgramClientEnvironment(base=base_url, production=socket, agent=socket, agent_rest=base_url)
    return deepgram.DeepgramClient(api_key=TOKEN, environment=environment)


def spoken(base_url: str) -> bytes:
    sound = b""
    with client(base_url, "aura-2-en", encoding="linear16").speak.v1.connect(
        model="aura-2-luna-en", sample_rate="16000"
    ) as socket:
        assert isinstance(socket.recv(), SpeakV1Metadata)
        socket.send_text(SpeakV1Text(text=TEXT))
        socket.send_flush()
        while isinstance(part := socket.recv(), bytes):
            sound += part
        assert isinstance(part, SpeakV1Flushed)
        socket.send_close()
    return sound


def test_it_speaks_and_listens(base_url: str) -> None:
    sound = spoken(base_url)
    assert len(sound) > 32000
    said: list[str] = []
    with client(base_url, "nova-3", encoding="linear16").listen.v1.connect(
        model="nova-3", sample_rate="16000", interim_results="true", punctuate="true", utterance_end_ms="1000"
    ) as socket:
        socket.send_media(sound + bytes(48000))
        socket.send_keep_alive()
        socket.send_close_stream()
        found = list(socket)
    said = [
        each.channel.alternatives[0].transcript for each in found if isinstance(each, ListenV1Results) and each.is_final
    ]
    assert " ".join(filter(None, said)) == TEXT
    assert any(isinstance(each, ListenV1UtteranceEnd) for each in found)
    assert isinstance(found[-1], ListenV1Metadata)


def test_it_takes_turns(base_url: str) -> None:
    sound = spoken(base_url)
    with client(base_url, "flux").listen.v2.connect(
        model="flux-general-en", encoding="linear16", sample_rate="16000", eager_eot_threshold="0.5"
    ) as socket:
        socket.send_media(sound + bytes(32000))
        socket.send_close_stream()
        found = list(socket)
    assert isinstance(found[0], ListenV2Connected)
    turns = [each for each in found if isinstance(each, ListenV2TurnInfo) and each.event != "Update"]
    assert [turn.event for turn in turns] == ["StartOfTurn", "EagerEndOfTurn", "EndOfTurn"]
    assert turns[-1].transcript == TEXT
