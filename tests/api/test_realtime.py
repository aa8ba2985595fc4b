"""Models that are talked to over a WebSocket, on a real socket, with the `websockets` client."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import conftest
import pytest
from harness import ACCOUNT, BEARER, TOKEN, Emulator
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from mock_server.app import build, light
from mock_server.pipeline import Pipeline
from mock_server.realtime.listening import SILENT, Nova
from mock_server.settings import Settings

AURA, NOVA, FLUX = "@cf/deepgram/aura-2-en", "@cf/deepgram/nova-3", "@cf/deepgram/flux"
TEXT = "Hello there, my friend. How are you doing today?"
BARE = {"encoding": "linear16", "sample_rate": "16000"}


@pytest.fixture
def talk(base_url: str) -> Callable[..., Any]:
    """Opens a WebSocket to a model."""

    @contextmanager
    def opened(
        model: str, headers: dict[str, str] | None = None, account: str = ACCOUNT, **options: Any
    ) -> Iterator[ClientConnection]:
        protocols = [Subprotocol(each) for each in options.pop("protocols", ())] or None
        url = f"{base_url.replace('http', 'ws')}/accounts/{account}/ai/run/{model}?{urlencode(options, doseq=True)}"
        with connect(
            url, additional_headers=BEARER if headers is None else headers, subprotocols=protocols, ping_interval=None
        ) as socket:
            yield socket

    return opened


def send(socket: ClientConnection, kind: str, **fields: str) -> None:
    socket.send(json.dumps({"type": kind, **fields}))


def until(socket: ClientConnection, kind: str) -> tuple[bytes, list[dict[str, Any]]]:
    """The audio and the messages up to one of the type `kind`."""
    sound, messages = b"", list[dict[str, Any]]()
    while not messages or messages[-1]["type"] != kind:
        frame = socket.recv(timeout=10)
        if isinstance(frame, bytes):
            sound += frame
        else:
            messages.append(json.loads(frame))
    return sound, messages


def rest(socket: ClientConnection) -> tuple[list[dict[str, Any]], tuple[int | None, str | None]]:
    """The messages up to the end, and its code and reason."""
    messages: list[dict[str, Any]] = []
    with suppress(ConnectionClosedError):
        for frame in socket:
            messages.append(json.loads(frame))  # noqa: PERF401 - what came before the end is kept
    return messages, (socket.close_code, socket.close_reason)


def speak(talk: Callable[..., Any], text: str = TEXT, **options: str) -> bytes:
    with talk(AURA, **(options or BARE)) as socket:
        send(socket, "Speak", text=text)
        send(socket, "Flush")
        sound, messages = until(socket, "Flushed")
        assert [message["type"] for message in messages] == ["Metadata", "Flushed"]
        send(socket, "Close")
        assert rest(socket) == ([], (1000, ""))
    return sound


def test_what_is_spoken_over_one_socket_is_heard_over_another(talk: Callable[..., Any]) -> None:
    sound = speak(talk)
    with talk(NOVA, **BARE, punctuate="true") as socket:
        for at in range(0, len(sound), 3200):
            socket.send(sound[at : at + 3200])
        send(socket, "CloseStream")
        messages, end = rest(socket)
    said = [each["channel"]["alternatives"][0]["transcript"] for each in messages if each["type"] == "Results"]
    assert " ".join(filter(None, said)) == TEXT
    assert messages[-1]["type"] == "Metadata"
    assert end == (1000, "")


def test_turns_are_told_by_the_pauses(talk: Callable[..., Any]) -> None:
    sound = speak(talk)
    with talk(FLUX, **BARE) as socket:
        socket.send(sound + bytes(32000))
        send(socket, "CloseStream")
        messages, end = rest(socket)
    assert messages[0]["type"] == "Connected"
    events = [(each["event"], each["transcript"]) for each in messages[1:] if each["event"] != "Update"]
    assert events == [("StartOfTurn", "Hello"), ("EndOfTurn", TEXT)]
    assert end == (1000, "")


def test_telephone_audio_makes_the_round_too(talk: Callable[..., Any]) -> None:
    options = {"encoding": "mulaw", "sample_rate": "8000"}
    sound = speak(talk, **options)
    with talk(NOVA, **options, smart_format="true") as socket:
        socket.send(sound)
        send(socket, "Finalize")
        _, messages = until(socket, "Results")
        while not messages[-1]["from_finalize"]:
            messages += until(socket, "Results")[1]
    assert TEXT in " ".join(each["channel"]["alternatives"][0]["transcript"] for each in messages)


def test_what_http_spoke_is_heard_over_a_socket(emulator: Emulator, talk: Callable[..., Any]) -> None:
    answer = emulator.run(AURA, {"text": TEXT, "encoding": "linear16", "container": "none", "sample_rate": 16000})
    with talk(FLUX, **BARE) as socket:
        socket.send(answer.body)
        send(socket, "CloseStream")
        messages, _ = rest(socket)
    assert TEXT in [each.get("transcript") for each in messages]


@pytest.mark.parametrize(
    ("headers", "protocols", "agreed"),
    [
        ({"authorization": TOKEN}, (), None),  # Cloudflare's own sample
        ({"authorization": f"Token {TOKEN}"}, (), None),  # Deepgram's clients
        ({"authorization": f"bearer {TOKEN}"}, (), None),
        ({}, ("token", TOKEN), "token"),  # Deepgram's, in a browser
        ({}, ("bearer", TOKEN), "bearer"),
        ({}, (f"cf-aig-authorization.{TOKEN}",), f"cf-aig-authorization.{TOKEN}"),  # AI Gateway's, in a browser
        (BEARER, ("chat",), "chat"),
    ],
)
def test_tokens_are_taken_where_clients_put_them(
    talk: Callable[..., Any], headers: dict[str, str], protocols: tuple[str, ...], agreed: str | None
) -> None:
    with talk(AURA, headers, protocols=protocols) as socket:
        assert socket.subprotocol == agreed
        assert json.loads(socket.recv(timeout=10))["type"] == "Metadata"


@pytest.mark.parametrize(
    ("model", "options", "status", "code"),
    [
        (AURA, {"headers": {}}, 401, 10000),
        (AURA, {"headers": {"authorization": "Bearer short"}}, 400, 6003),
        (AURA, {"protocols": ("token", "short")} | {"headers": {}}, 400, 6003),
        (AURA, {"account": "nonsense"}, 404, 7003),
        (AURA, {"speaker": "nobody"}, 400, 5006),
        (FLUX, {}, 400, 5006),
        (FLUX, BARE | {"encoding": "mulaw"}, 400, 5006),
        (FLUX, BARE | {"eot_threshold": "high"}, 400, 5006),
        ("@cf/deepgram/nothing", {}, 400, 7000),
        ("@cf/meta/llama-3.2-1b-instruct", {}, 405, 7001),
        ("@cf/openai/whisper", {}, 405, 7001),
    ],
)
def test_an_upgrade_is_refused_as_any_request_is(
    talk: Callable[..., Any], model: str, options: dict[str, Any], status: int, code: int
) -> None:
    with pytest.raises(InvalidStatus) as refused, talk(model, **options):
        pass
    response = refused.value.response
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert json.loads(response.body)["errors"][0]["code"] == code


def test_a_model_whose_protocol_is_unknown_says_so(talk: Callable[..., Any]) -> None:
    with pytest.raises(InvalidStatus) as refused, talk("@cf/pipecat-ai/smart-turn-v2"):
        pass
    assert refused.value.response.status_code == 501
    assert "smart-turn-v2" in json.loads(refused.value.response.body)["mock_error"]


def test_flux_over_http_points_to_its_socket(emulator: Emulator) -> None:
    answer = emulator.run(FLUX, BARE)
    assert answer.status == 501
    assert "Upgrade: websocket" in answer.json["mock_error"]


def test_a_silent_client_is_told_why_it_is_left(talk: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Nova, "patience", 0.05)
    with talk(NOVA, **BARE) as socket:
        messages, end = rest(socket)
    assert [message["type"] for message in messages] == ["Metadata"]
    assert end == (1011, SILENT)


def test_bytes_that_are_no_audio_close_the_socket(talk: Callable[..., Any]) -> None:
    with talk(NOVA) as socket:
        socket.send(b"certainly not audio of any kind")
        messages, end = rest(socket)
    assert [message["type"] for message in messages] == ["Error"]
    assert end == (1008, "DATA-0000")


def test_a_text_frame_has_its_limit(talk: Callable[..., Any]) -> None:
    with talk(AURA) as socket:
        send(socket, "Speak", text="x" * 70_000)
        assert rest(socket)[1][0] == 1009


def test_paced_audio_takes_its_time_and_clear_cuts_it_short(talk: Callable[..., Any]) -> None:
    with talk(AURA, {**BEARER, "x-mock-pacing": "1ms,1ms"}, **BARE) as socket:
        send(socket, "Speak", text=TEXT * 20)  # more than a minute
        send(socket, "Flush")
        assert json.loads(socket.recv(timeout=10))["type"] == "Metadata"
        assert isinstance(socket.recv(timeout=10), bytes)
        send(socket, "Clear")
        sound, messages = until(socket, "Cleared")
        assert len(sound) < 32000 * 20
        assert [message["type"] for message in messages] == ["Flushed", "Cleared"]


def converse(messages: list[dict[str, Any]], scope: dict[str, Any]) -> tuple[list[dict[str, Any]], Pipeline]:
    """What a new emulator sends over ASGI to an upgrade and these messages, and what it has written down."""
    settings = Settings(log="off")
    pipeline = build(settings)
    app = light(settings, pipeline)
    waiting = [{"type": "websocket.connect"}, *messages]
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    path = f"/client/v4/accounts/{ACCOUNT}/ai/run/{NOVA}"
    asked = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(BARE).encode(),
        "headers": [(b"authorization", BEARER["authorization"].encode())],
        "subprotocols": [],
    }

    async def run() -> None:
        await app(asked | scope, receive, send)

    asyncio.run(run())
    return sent, pipeline


def test_it_is_billed_and_written_down() -> None:
    sound = {"type": "websocket.receive", "bytes": bytes(32000 * 60)}
    end = {"type": "websocket.receive", "text": '{"type": "CloseStream"}'}
    sent, pipeline = converse([sound, end], {})
    assert (sent[0]["type"], sent[-1]["type"]) == ("websocket.accept", "websocket.close")
    (entry,) = pipeline.journal
    assert (entry.surface, entry.status, entry.model, entry.method) == ("realtime", 101, NOVA, "GET")
    assert entry.answer is not None
    assert entry.answer.usage.neurons == pytest.approx(0.0092 / 0.000011, rel=1e-3)
    assert pipeline.ledger.of(ACCOUNT)[NOVA].neurons == pytest.approx(entry.answer.usage.neurons)


def test_a_client_that_goes_away_ends_it_and_pays() -> None:
    sound = {"type": "websocket.receive", "bytes": bytes(32000 * 6)}
    _, pipeline = converse([sound, {"type": "websocket.disconnect", "code": 1001}], {})
    (entry,) = pipeline.journal
    assert entry.status == 101
    assert entry.answer is not None
    assert entry.answer.usage.neurons > 0


def test_where_the_server_can_write_no_answer_the_upgrade_is_closed() -> None:
    sent, pipeline = converse([], {"headers": []})
    assert [message["type"] for message in sent] == ["websocket.close"]
    (entry,) = pipeline.journal
    assert entry.status == 401


def test_a_client_that_goes_away_leaves_no_thread_behind(talk: Callable[..., Any]) -> None:
    def others() -> set[str]:
        """The media threads are the emulator's own, and there may be two of them."""
        return {thread.name for thread in threading.enumerate() if not thread.name.startswith("media")}

    before = others()
    for _ in range(5):
        with talk(NOVA, **BARE) as socket:
            socket.send(bytes(32000))
    assert others() == before
    assert speak(talk)  # and it goes on


def test_third_party_voices_speak_their_own_protocol(base_url: str) -> None:
    url = f"{base_url.replace('http', 'ws')}/accounts/{ACCOUNT}/ai/run?model=openai%2Ftts-1&websocket=true&codec=pcm"
    with connect(url, additional_headers=BEARER) as socket:
        send(socket, "text.delta", delta="Hello ")
        send(socket, "text.delta", delta="there.")
        send(socket, "text.done")
        _, messages = until(socket, "audio.done")
        assert {message["type"] for message in messages} == {"audio.delta", "audio.done"}
        socket.send("nonsense")
        assert rest(socket)[0][0]["type"] == "error"


def test_a_fault_refuses_the_upgrade(talk: Callable[..., Any]) -> None:
    with pytest.raises(InvalidStatus) as refused, talk(NOVA, {**BEARER, "x-mock-fault": "4006"}, **BARE):
        pass
    assert refused.value.response.status_code == 429
    assert json.loads(refused.value.response.body)["errors"][0]["code"] == 4006


def test_limits_count_upgrades() -> None:
    with conftest.serving(Settings(log="off", limits="rpm=1")) as url:
        ws = f"{url.replace('http', 'ws')}/accounts/{ACCOUNT}/ai/run/{NOVA}?{urlencode(BARE)}"
        with connect(ws, additional_headers=BEARER):
            pass
        with pytest.raises(InvalidStatus) as refused, connect(ws, additional_headers=BEARER):
            pass
    assert json.loads(refused.value.response.body)["errors"][0]["code"] == 3021


def test_a_model_of_the_catalog_may_stand_in_the_query_too(base_url: str) -> None:
    url = f"{base_url.replace('http', 'ws')}/accounts/{ACCOUNT}/ai/run?model={AURA}"
    with connect(url, additional_headers=BEARER) as socket:
        assert json.loads(socket.recv(timeout=10))["type"] == "Metadata"


def test_an_unknown_third_party_voice_is_refused_as_in_a_body(base_url: str) -> None:
    url = f"{base_url.replace('http', 'ws')}/accounts/{ACCOUNT}/ai/run?model=no%2Fbody&websocket=true"
    with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=BEARER):
        pass
    assert json.loads(refused.value.response.body)["errors"][0]["code"] == 5007
