"""The binding's protocol, as its runtime speaks it, in each disguise."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from harness import ACCOUNT, BEARER, Emulator, Response

LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8"
GEMMA = "@cf/google/gemma-4-26b-a4b-it"
SDXL = "@cf/stabilityai/stable-diffusion-xl-base-1.0"
CHAT = {"messages": [{"role": "user", "content": "Hello"}]}
OTHER = "a" * 32


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return Emulator(agreements="given")


def bare(
    emulator: Emulator, method: str, target: str, body: bytes, headers: dict[str, str], prefix: str = ""
) -> Response:
    return emulator.ask(method, prefix + target, body, {"host": "workers-binding.ai", **headers})


def disguised(emulator: Emulator, method: str, target: str, body: bytes, headers: dict[str, str]) -> Response:
    sent = {f"MF-Header-{name}": value for name, value in headers.items()}
    return emulator.ask(
        method, "/", body, {"MF-URL": f"https://workers-binding.ai{target}", "MF-Binding": "AI", **sent}
    )


def forwarded(emulator: Emulator, method: str, target: str, body: bytes, headers: dict[str, str]) -> Response:
    path = f"/client/v4/accounts/{ACCOUNT}/ai/run/proxy"
    return emulator.ask(method, path, body, {"X-Forwarded": f"https://workers-binding.ai{target}", **BEARER, **headers})


WAYS = [bare, disguised, forwarded]


def run(way: Any, emulator: Emulator, model: str, inputs: Any, options: Any = None, path: str = "/run") -> Response:
    body = json.dumps({"inputs": inputs, "options": options or {}}).encode()
    headers = {"content-type": "application/json", "cf-consn-sdk-version": "2.0.0", "cf-consn-model-id": model}
    answer: Response = way(emulator, "POST", f"{path}?version=3", body, headers)
    return answer


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_has_no_envelope_and_exactly_json(emulator: Emulator, way: Any) -> None:
    answer = run(way, emulator, LLAMA, CHAT)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cf-ai-req-id"]
    assert answer.json["response"]
    assert "result" not in answer.json


@pytest.mark.parametrize("way", WAYS)
def test_a_stream_is_the_stream_of_the_api(emulator: Emulator, way: Any) -> None:
    for model in (LLAMA, GEMMA):
        answer = run(way, emulator, model, {**CHAT, "stream": True})
        plain = emulator.run(model, {**CHAT, "stream": True})
        assert answer.events[-1] == "[DONE]"
        assert answer.events[-2] == plain.events[-2]
        assert len(answer.events) == len(plain.events)


@pytest.mark.parametrize("way", WAYS)
def test_pictures_are_bytes(emulator: Emulator, way: Any) -> None:
    answer = run(way, emulator, SDXL, {"prompt": "a lighthouse", "width": 256, "height": 256})
    assert answer.headers["content-type"] in ("image/png", "image/jpeg")
    assert answer.body == emulator.run(SDXL, {"prompt": "a lighthouse", "width": 256, "height": 256}).body


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("model", "inputs", "status", "code", "description"),
    [
        ("@cf/meta/llama-9", CHAT, 400, 5007, "No such model @cf/meta/llama-9 or task"),
        (LLAMA, {"temperature": 1}, 400, 5006, "Error: oneOf at '/' not met, 0 matches"),
        ("@cf/meta/llama-3-8b-instruct", CHAT, 410, 5028, "@cf/meta/llama-3-8b-instruct was deprecated on"),
    ],
)
def test_a_refusal_is_a_flat_error(
    emulator: Emulator, way: Any, model: str, inputs: Any, status: int, code: int, description: str
) -> None:
    answer = run(way, emulator, model, inputs)
    assert (answer.status, answer.json["internalCode"], answer.json["name"]) == (status, code, "AiError")
    assert answer.json["description"].startswith(description)
    assert answer.headers["content-type"] == "application/json"


def test_a_body_without_inputs_is_refused(emulator: Emulator) -> None:
    headers = {"cf-consn-model-id": LLAMA}
    for body in (b"", b"[]", b'{"inputs": 1}', b"{"):
        assert bare(emulator, "POST", "/run?version=3", body, headers).status == 400


def test_only_the_disguise_with_an_account_wants_a_token(emulator: Emulator) -> None:
    path = f"/client/v4/accounts/{ACCOUNT}/ai/run/proxy"
    headers = {"X-Forwarded": "https://workers-binding.ai/run?version=3", "cf-consn-model-id": LLAMA}
    answer = emulator.ask("POST", path, json.dumps({"inputs": CHAT, "options": {}}).encode(), headers)
    assert answer.error[:2] == (401, 10000) if "errors" in answer.json else answer.status == 401


@pytest.mark.parametrize("way", [bare, disguised])
def test_the_first_account_answers(way: Any) -> None:
    emulator = Emulator()
    run(way, emulator, LLAMA, CHAT)
    entry = emulator.ask("GET", "/_mock/journal").json["entries"][0]
    assert (entry["account"], entry["surface"], entry["model"]) == (ACCOUNT, "binding", LLAMA)


def test_an_address_chooses_the_account() -> None:
    emulator = Emulator()
    body = json.dumps({"inputs": CHAT, "options": {}}).encode()
    headers = {"cf-consn-model-id": LLAMA}
    bare(emulator, "POST", "/run?version=3", body, headers, prefix=f"/_mock/binding/{OTHER}")
    sent = {f"MF-Header-{name}": value for name, value in headers.items()}
    url = {"MF-URL": "https://workers-binding.ai/run?version=3"}
    emulator.ask("POST", f"/_mock/binding/{OTHER}/", body, url | sent)
    entries = emulator.ask("GET", "/_mock/journal").json["entries"]
    assert [entry["account"] for entry in entries] == [OTHER, OTHER]


@pytest.mark.parametrize("way", WAYS)
def test_an_input_can_be_the_body(emulator: Emulator, way: Any) -> None:
    aura = emulator.run("@cf/deepgram/aura-1", {"text": "hello world", "encoding": "linear16", "container": "wav"})
    target = "/run?version=3&userInputs=" + quote(json.dumps({"detect_language": True}))
    headers = {"content-type": "audio/wav", "cf-consn-model-id": "@cf/deepgram/nova-3"}
    answer = way(emulator, "POST", target, aura.body, headers)
    assert answer.json["results"]["channels"][0]["alternatives"][0]["transcript"].lower().startswith("hello world")


@pytest.mark.parametrize("way", WAYS)
def test_a_form_can_be_the_body(emulator: Emulator, way: Any) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na lighthouse\r\n--x--\r\n'
    headers = {
        "content-type": "multipart/form-data; boundary=x",
        "cf-consn-model-id": "@cf/black-forest-labs/flux-2-klein-4b",
    }
    answer = way(emulator, "POST", "/run?version=3&userInputs=%7B%7D", form, headers)
    assert base64.b64decode(answer.json["image"])[:3] in (b"\x89PN", b"\xff\xd8\xff")


@pytest.mark.parametrize("way", WAYS)
def test_the_catalog_is_enveloped(emulator: Emulator, way: Any) -> None:
    answer = way(emulator, "GET", "/ai-api/models/search?task=Text%20Embeddings", b"", {})
    assert {model["task"]["name"] for model in answer.json["result"]} == {"Text Embeddings"}


@pytest.mark.parametrize("way", WAYS)
def test_markdown_is_converted(emulator: Emulator, way: Any) -> None:
    pytest.importorskip("markdownify")
    files = [{"name": "a.html", "mimeType": "text/html", "data": base64.b64encode(b"<h1>Hi</h1>").decode()}]
    body = json.dumps({"files": files}).encode()
    answer = way(emulator, "POST", "/to-everything/markdown/transformer", body, {"content-type": "application/json"})
    converted = answer.json["result"][0]
    assert (converted["name"], converted["format"]) == ("a.html", "markdown")
    assert converted["data"].strip() == "# Hi"
    assert type(converted["tokens"]) is int
    supported = way(emulator, "GET", "/to-everything/markdown/supported", b"", {})
    assert {"extension": ".html", "mimeType": "text/html"} in supported.json["result"]


@pytest.mark.parametrize("way", WAYS)
def test_a_gateway_option_takes_the_way_through_the_gateway(emulator: Emulator, way: Any) -> None:
    answer = run(way, emulator, LLAMA, CHAT, {"gateway": {"id": "default"}}, path="/ai-gateway/run")
    assert answer.json["response"]
    log = answer.headers["cf-aig-log-id"]
    found = way(emulator, "GET", f"/ai-gateway/gateways/default/logs/{log}", b"", {})
    assert found.json["result"]["id"] == log
    url = way(emulator, "GET", "/ai-gateway/gateways/default/url/workers-ai", b"", {})
    assert url.json["result"]["url"].endswith("/default/workers-ai")
    unknown = run(way, emulator, LLAMA, CHAT, {"gateway": {"id": "nowhere"}}, path="/ai-gateway/run")
    assert (unknown.status, unknown.json["internalCode"]) == (400, 2001)


@pytest.mark.parametrize("way", WAYS)
def test_a_gateway_is_asked_in_steps(emulator: Emulator, way: Any) -> None:
    step = {
        "provider": "workers-ai",
        "endpoint": LLAMA,
        "headers": {"authorization": BEARER["authorization"]},
        "query": CHAT,
    }
    body = json.dumps([step]).encode()
    answer = way(emulator, "POST", "/ai-gateway/universal/run/default", body, {"content-type": "application/json"})
    assert answer.status == 200, answer.body
    assert answer.headers["cf-aig-step"] == "0"


def test_the_socket_for_rpc_is_refused_at_once(base_url: str) -> None:
    websockets = pytest.importorskip("websockets.sync.client")
    from websockets.exceptions import InvalidStatus

    root = base_url.removesuffix("/client/v4").replace("http", "ws")
    with pytest.raises(InvalidStatus) as refused, websockets.connect(f"{root}/?MF-Binding=AI"):
        pass
    assert refused.value.response.status_code == 403


FLUX = "@cf/deepgram/flux"
SAMPLES = {"encoding": "linear16", "sample_rate": "16000"}


def socket_target(inputs: Any) -> str:
    return "/run?version=3&body=" + quote(json.dumps({"inputs": inputs, "options": {}}))


def upgrade(base_url: str, model: str, inputs: Any, *, disguised: bool) -> Any:
    """What to connect to, and how."""
    client = pytest.importorskip("websockets.sync.client")
    root = base_url.removesuffix("/client/v4").replace("http", "ws")
    target, headers = socket_target(inputs), {"cf-consn-model-id": model}
    if disguised:
        headers = {f"MF-Header-{name}": value for name, value in headers.items()}
        headers["MF-URL"], target = f"https://workers-binding.ai{target}", "/"
    return client.connect(f"{root}{target}", additional_headers=headers)


@pytest.mark.parametrize("disguised", [False, True])
def test_a_realtime_model_is_asked_over_a_socket(base_url: str, disguised: bool) -> None:
    with upgrade(base_url, FLUX, SAMPLES, disguised=disguised) as connection:
        assert json.loads(connection.recv(timeout=10))["type"] == "Connected"


@pytest.mark.parametrize("disguised", [False, True])
@pytest.mark.parametrize(
    ("model", "inputs", "status", "code"),
    [
        (FLUX, {**SAMPLES, "encoding": "nope"}, 400, 5006),
        ("@cf/meta/llama-9", {}, 400, 5007),
        ("", [], 400, 5007),
        (LLAMA, CHAT, 405, 7001),
    ],
)
def test_a_socket_that_is_refused_is_answered_instead(
    base_url: str, disguised: bool, model: str, inputs: Any, status: int, code: int
) -> None:
    exceptions = pytest.importorskip("websockets.exceptions")
    with pytest.raises(exceptions.InvalidStatus) as refused, upgrade(base_url, model, inputs, disguised=disguised):
        pass
    answer = refused.value.response
    assert (answer.status_code, json.loads(answer.body)["errors"][0]["code"]) == (status, code)
