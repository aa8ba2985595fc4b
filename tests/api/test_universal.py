"""``ai/run`` with the model in the body: Workers AI's own as on ``ai/run/{model}``, those of others wrapped twice."""

import json
import re
from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator, Response
from PIL import Image

LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8"
CHAT = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "max_tokens": 50}
NO_CREDITS = "5a1b2c3d4e5f60718293a4b5c6d7e8f5"


def post(emulator: Emulator, body: Any, account: str = ACCOUNT, **headers: str) -> Response:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return emulator.ask("POST", f"/client/v4/accounts/{account}/ai/run", sent, BEARER | headers)


def run(emulator: Emulator, model: str, inputs: Any, **headers: str) -> Response:
    return post(emulator, {"model": model, "input": inputs}, **headers)


def inner(response: Response) -> Any:
    """What stands in both wrappers."""
    assert list(response.json) == ["result", "success", "errors", "messages"]
    assert list(response.result) == ["state", "result", "gatewayMetadata"]
    assert (response.result["state"], response.result["gatewayMetadata"]) == ("Completed", {"keySource": "Unified"})
    return response.result["result"]


def fetched(emulator: Emulator, address: str) -> Response:
    found = re.fullmatch(r"http://[^/]+(/_mock/media/[0-9a-f]{32}\.[a-z0-9]+)", address)
    assert found
    return emulator.ask("GET", found[1])


# --- models of Workers AI ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("header", [{}, {"cf-aig-gateway-id": "default"}])
def test_a_model_of_workers_ai_answers_as_on_its_own_route(emulator: Emulator, header: dict[str, str]) -> None:
    response = run(emulator, LLAMA, {**CHAT, "stop": None}, **header)
    assert response.body == emulator.run(LLAMA, CHAT).body
    assert "cf-ai-neurons" in response.headers


def test_its_stream_and_its_bytes_are_those_of_its_own_route(emulator: Emulator) -> None:
    assert run(emulator, LLAMA, {**CHAT, "stream": True}).events == emulator.run(LLAMA, {**CHAT, "stream": True}).events
    spoken = run(emulator, "@cf/deepgram/aura-1", {"text": "Hello"})
    assert spoken.headers["content-type"] == "audio/mpeg"
    assert spoken.body == emulator.run("@cf/deepgram/aura-1", {"text": "Hello"}).body


# --- refusals ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (b"", 400, 3003, "body"),
        (b"{", 400, 6003, "Invalid request body"),
        ({}, 400, 5006, "required properties at '/' are 'model,input'"),
        ({"model": LLAMA, **CHAT}, 400, 5006, "required properties at '/' are 'model,input'"),
        ({"model": 3, "input": {}}, 400, 5006, "Type mismatch of '/model', 'string' not in 'number','integer'"),
        ({"model": LLAMA, "input": "hi"}, 400, 5006, "Type mismatch of '/input', 'object' not in 'string'"),
        ({"model": "@cf/nobody/model", "input": CHAT}, 400, 5007, "No such model @cf/nobody/model or task"),
        ({"model": "nobody/model", "input": CHAT}, 400, 5007, "No such model nobody/model or task"),
        ({"model": LLAMA, "input": {}}, 400, 5006, "oneOf at '/' not met"),
        ({"model": "openai/gpt-4.1", "input": {}}, 400, 5006, "anyOf at '/' not met"),
        ({"model": "openai/tts-1", "input": {"voice": "alloy"}}, 400, 5006, "are 'text'"),
    ],
)
def test_a_bad_request_is_refused_in_the_envelope_of_workers_ai(
    emulator: Emulator, body: Any, status: int, code: int, words: str
) -> None:
    response = post(emulator, body)
    assert response.error[:2] == (status, code)
    assert words in response.error[2]


def test_credentials_and_method_are_looked_at_first(emulator: Emulator) -> None:
    path = f"/client/v4/accounts/{ACCOUNT}/ai/run"
    assert emulator.ask("POST", path, b"{").error[:2] == (401, 10000)
    assert emulator.ask("GET", path, b"", BEARER).error[:2] == (405, 7001)


def test_an_account_without_credits_runs_workers_ai_only(emulator: Emulator) -> None:
    refused = post(emulator, {"model": "google/nano-banana-2-lite", "input": {"prompt": "x"}}, account=NO_CREDITS)
    assert refused.status == 402
    message = "Insufficient balance; add money to your gateway or use BYOK"
    assert refused.json == {
        "errors": [{"message": message, "code": 2021}], "success": False, "result": {}, "messages": [],
    }  # fmt: skip
    assert post(emulator, {"model": LLAMA, "input": CHAT}, account=NO_CREDITS).status == 200


# --- language models of others ----------------------------------------------------------------------------------------
def test_a_chat_model_answers_with_a_chat_completion_wrapped_twice(emulator: Emulator) -> None:
    response = run(emulator, "openai/gpt-4.1", CHAT)
    answer = inner(response)
    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"]["content"] == "The capital of France is Paris."
    assert set(answer["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens"}
    assert "cf-ai-neurons" not in response.headers
    assert inner(run(emulator, "openai/gpt-5.4-pro", {"input": "Say hello"}))["object"] == "response"
    assert inner(run(emulator, "openai/gpt-4o", {"prompt": "Say hello"}))["object"] == "text_completion"


def test_a_claude_answers_with_a_message(emulator: Emulator) -> None:
    answer = inner(run(emulator, "anthropic/claude-opus-5.5", {**CHAT, "system": "Be brief."}))
    assert (answer["type"], answer["content"][0]["text"]) == ("message", "The capital of France is Paris.")


def test_streams_are_those_of_the_provider(emulator: Emulator) -> None:
    chunks = run(emulator, "openai/gpt-4.1", {**CHAT, "stream": True}).events
    assert chunks[-1] == "[DONE]"
    assert all(chunk["object"] == "chat.completion.chunk" for chunk in chunks[:-1])
    text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks[:-1])
    assert text == "The capital of France is Paris."
    events = run(emulator, "anthropic/claude-opus-5.5", {**CHAT, "stream": True}).events
    assert (events[0]["type"], events[-1]["type"]) == ("message_start", "message_stop")


@pytest.mark.parametrize("path", ["v1/chat/completions", "v1/responses"])
@pytest.mark.parametrize("model", ["openai/gpt-4.1", "anthropic/claude-sonnet-4.5", "google/gemini-3.8-flash"])
def test_it_answers_on_openais_routes_too(emulator: Emulator, path: str, model: str) -> None:
    body = {"model": model, **({"input": "Say hello"} if "responses" in path else CHAT)}
    response = emulator.ask("POST", f"/client/v4/accounts/{ACCOUNT}/ai/{path}", json.dumps(body).encode(), BEARER)
    assert response.json["object"] in ("chat.completion", "response")


# --- media ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("model", "inputs", "media_type", "size"),
    [
        ("google/nano-banana-2-lite", {"prompt": "a red boat", "aspect_ratio": "16:9"}, "image/png", (1024, 576)),
        ("google/nano-banana", {"prompt": "a red boat", "output_format": "jpg"}, "image/jpeg", (1024, 1024)),
        ("openai/gpt-image-2", {"prompt": "x", "size": "256x384", "output_format": "webp"}, "image/webp", (256, 384)),
    ],
)
def test_a_picture_can_be_fetched_at_its_address(
    emulator: Emulator, model: str, inputs: dict[str, Any], media_type: str, size: tuple[int, int]
) -> None:
    picture = fetched(emulator, inner(run(emulator, model, inputs))["image"])
    assert picture.headers["content-type"] == media_type
    assert Image.open(BytesIO(picture.body)).size == size


def test_a_vector_model_draws_svg(emulator: Emulator) -> None:
    drawn = fetched(emulator, inner(run(emulator, "recraft/recraftv4-vector", {"prompt": "cup & <mug>"}))["image"])
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert b"<title>cup &amp; &lt;mug&gt;</title>" in drawn.body


def test_a_background_becomes_transparent(emulator: Emulator) -> None:
    picture = Image.new("RGB", (60, 60), (0, 120, 0))
    picture.paste((250, 250, 250), (20, 20, 40, 40))
    out = BytesIO()
    picture.save(out, "PNG")
    given = {"image": "data:image/png;base64," + b64encode(out.getvalue()).decode()}
    cut = Image.open(BytesIO(fetched(emulator, inner(run(emulator, "bria/remove-background", given))["image"]).body))
    assert (cut.mode, cut.getpixel((5, 5))[3], cut.getpixel((30, 30))[3]) == ("RGBA", 0, 255)


@pytest.mark.parametrize(
    ("model", "inputs", "size", "seconds"),
    [
        ("google/veo-3.1-fast", {"prompt": "a butterfly", "duration": "4s", "aspect_ratio": "9:16"}, (270, 480), 4),
        ("runwayml/gen-4.5", {"prompt": "a butterfly", "duration": 2, "ratio": "1280:720"}, (480, 270), 2),
    ],
)
def test_a_film_plays(
    emulator: Emulator, model: str, inputs: dict[str, Any], size: tuple[int, int], seconds: float
) -> None:
    av = pytest.importorskip("av", reason="films need PyAV")
    film = fetched(emulator, inner(run(emulator, model, inputs))["video"])
    assert film.headers["content-type"] == "video/mp4"
    with av.open(BytesIO(film.body)) as file:
        stream = file.streams.video[0]
        assert (stream.width, stream.height) == size
        assert file.duration / 1e6 == seconds
        assert sum(1 for _ in file.decode(stream)) == seconds * 8
    assert fetched(emulator, inner(run(emulator, model, inputs))["video"]).body == film.body


def test_what_is_spoken_is_heard_again(emulator: Emulator) -> None:
    words = "The harbour was quiet this morning."
    spoken = inner(run(emulator, "openai/tts-1", {"text": words, "voice": "alloy", "response_format": "wav"}))["audio"]
    recording = fetched(emulator, spoken)
    assert recording.headers["content-type"] == "audio/wav"
    given = "data:audio/wav;base64," + b64encode(recording.body).decode()
    assert inner(run(emulator, "openai/gpt-4o-transcribe", {"file": given})) == {"text": words}
    heard = inner(run(emulator, "assemblyai/universal-3.5-pro", {"audio_url": given}))
    assert (heard["text"], heard["language_code"]) == (words, "en")
    assert [word["text"] for word in heard["words"]] == words.split()
    assert inner(run(emulator, "cloudflare/stt", {"audio": given}))["model"] == "openai/gpt-4o-transcribe"


@pytest.mark.parametrize(("wanted", "media_type"), [("mp3_44100_128", "audio/mpeg"), ("opus_48000_32", "audio/ogg")])
def test_speech_has_the_format_that_is_asked_for(emulator: Emulator, wanted: str, media_type: str) -> None:
    inputs = {"text": "Hello", "voice_id": "x", "output_format": wanted}
    answer = inner(run(emulator, "elevenlabs/eleven-v3", inputs))
    assert fetched(emulator, answer["audio"]).headers["content-type"] == media_type


def test_music_lasts_as_long_as_asked(emulator: Emulator) -> None:
    av = pytest.importorskip("av", reason="reading MP3 needs PyAV")
    tune = fetched(
        emulator, inner(run(emulator, "elevenlabs/music-v2", {"prompt": "calm", "music_length_ms": 3000}))["audio"]
    )
    with av.open(BytesIO(tune.body)) as file:
        assert 2.9 < file.duration / 1e6 < 3.2


def test_addresses_are_those_that_the_caller_reached_us_by(emulator: Emulator) -> None:
    headers = {"host": "ai.example:8443", "x-forwarded-proto": "https"}
    answer = inner(run(emulator, "google/nano-banana", {"prompt": "x"}, **headers))
    assert answer["image"].startswith("https://ai.example:8443/_mock/media/")


def test_a_file_that_is_not_there_is_told_apart(emulator: Emulator) -> None:
    response = emulator.ask("GET", "/_mock/media/nothing.png")
    assert response.status == 404
    assert "nothing.png" in response.json["mock_error"]


def test_damaged_media_are_refused(emulator: Emulator) -> None:
    damaged = {"file": "data:audio/wav;base64,AAAA"}
    assert run(emulator, "openai/gpt-4o-transcribe", damaged).error[:2] == (400, 8001)
    assert run(emulator, "bria/remove-background", {"image": "data:image/png;base64,AAAA"}).error[:2] == (400, 8001)
