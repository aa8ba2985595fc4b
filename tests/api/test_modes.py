"""Who answers in each mode: fixtures, the real service, or nobody."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import serving
from harness import ACCOUNT, BEARER, TOKEN, Emulator
from pytest_httpx import HTTPXMock, IteratorStream

from mock_server.settings import Settings

CHAT = "@cf/meta/llama-3.1-8b-instruct-fp8"
UPSTREAM = f"https://api.cloudflare.com/client/v4/accounts/{ACCOUNT}/ai"
AI = f"/client/v4/accounts/{ACCOUNT}/ai"


@pytest.fixture(scope="module")
def proxy() -> Emulator:
    """One that lets nobody in by itself."""
    return Emulator(mode="proxy", auth="strict")


def stub(folder: Path, name: str, match: dict[str, Any], reply: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps({"match": match, "reply": reply}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    stub(tmp_path, "weather", {"last.content": {"contains": "weather"}}, {"text": "Sunny."})
    return tmp_path


def test_nothing_goes_out_unless_the_mode_says_so(httpx_mock: HTTPXMock, folder: Path) -> None:
    for settings in ({}, {"mode": "replay"}):
        emulator = Emulator(fixtures=(folder,), **settings)
        for prompt in ("weather", "else"):
            emulator.run(CHAT, {"prompt": prompt})
        emulator.ask("GET", f"{AI}/models/search", headers=BEARER)
    assert httpx_mock.get_requests() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/run/{CHAT}", {"prompt": "x"}),
        (f"/run/{CHAT.replace('/', '%2F')}?queueRequest=true", {"requests": [{"prompt": "x"}]}),
        (f"/run/{CHAT}", {"prompt": 5, "nonsense": None}),
        ("/run/@cf/not/known-here", {"prompt": "x"}),
        ("/run/@cf/meta/llama-2-7b-chat-int8", {"prompt": "deprecated long ago"}),
        ("/run", {"model": "openai/gpt-99", "input": {}}),
        ("/v1/chat/completions", {"model": CHAT, "messages": []}),
        ("/v1/completions", {"model": CHAT, "prompt": ["a", "b"]}),
        ("/v1/embeddings", {"model": CHAT, "input": "a chat model"}),
        ("/v1/responses", {"model": CHAT, "input": "x", "previous_response_id": "resp_of_another_server"}),
        ("/v1/messages", {"model": "anthropic/claude-new", "max_tokens": 1, "messages": []}),
        ("/v1/messages", {}),
    ],
)
def test_requests_reach_the_service_as_they_are_unjudged(
    proxy: Emulator, httpx_mock: HTTPXMock, path: str, body: Any
) -> None:
    answer = b'{"anything": [1,  2]}'
    httpx_mock.add_response(418, content=answer, headers={"content-type": "application/json", "cf-ray": "8a-SJC"})
    sent = json.dumps(body, indent=1).encode()
    headers = {"authorization": "Bearer not-a-token-this-server-would-take!", "content-type": "text/plain"}
    response = proxy.ask("POST", AI + path, sent, headers)
    assert (response.status, response.body) == (418, answer)
    assert response.headers["x-mock-source"] == "upstream"
    assert response.headers["cf-ray"] == "8a-SJC"
    [request] = httpx_mock.get_requests()
    assert (str(request.url), request.content) == (UPSTREAM + path, sent)
    assert request.headers["authorization"] == headers["authorization"]
    assert request.headers["content-type"] == "text/plain"


def test_a_path_without_the_prefix_gets_it(proxy: Emulator, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=f"{UPSTREAM}/run/{CHAT}", json={})
    path = f"{AI.removeprefix('/client/v4')}/run/{CHAT}"
    assert proxy.ask("POST", path, b"{}", BEARER).status == 200


def test_headers_of_one_connection_or_of_ours_are_not_passed_on(proxy: Emulator, httpx_mock: HTTPXMock) -> None:
    headers = {"connection": "close", "keep-alive": "1", "date": "then", "alt-svc": "h3", "x-mock-source": "theirs"}
    httpx_mock.add_response(json={}, headers=headers | {"retry-after": "7"})
    asked = {"connection": "keep-alive", "accept-encoding": "gzip, br", "x-mock-pacing": "none", "host": "localhost:1"}
    response = proxy.run(CHAT, {"prompt": "x"}, asked | {"cf-aig-gateway-id": "mine"})
    [request] = httpx_mock.get_requests()
    assert request.headers["host"] == "api.cloudflare.com"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["cf-aig-gateway-id"] == "mine"
    assert not {"x-mock-pacing", "connection", "user-agent"} & {*request.headers}
    assert response.headers.keys() & {*headers, "retry-after"} == {"retry-after", "x-mock-source"}
    assert response.headers["x-mock-source"] == "upstream"


def test_a_compressed_answer_is_passed_on_as_it_is(proxy: Emulator, httpx_mock: HTTPXMock) -> None:
    body = b"\x1f\x8b not really gzip"
    httpx_mock.add_response(stream=IteratorStream([body]), headers={"content-encoding": "gzip"})
    response = proxy.run(CHAT, {"prompt": "x"})
    assert (response.body, response.headers["content-encoding"]) == (body, "gzip")


def test_a_stream_is_passed_on_part_by_part(proxy: Emulator, httpx_mock: HTTPXMock) -> None:
    parts = [b"data: 1\n", b"\ndata: 2\n\n", b"data: [DONE]\n\n"]
    httpx_mock.add_response(stream=IteratorStream(parts), headers={"content-type": "text/event-stream"})
    assert proxy.run(CHAT, {"prompt": "x", "stream": True}).parts == parts


@pytest.mark.parametrize("mode", ["record", "proxy"])
def test_fixtures_and_stubs_answer_before_the_service(mode: str, folder: Path, httpx_mock: HTTPXMock) -> None:
    emulator = Emulator(mode=mode, fixtures=(folder,), recordings=folder)
    response = emulator.run(CHAT, {"prompt": "the weather"})
    assert (response.result["response"], response.headers["x-mock-source"]) == ("Sunny.", "weather")
    assert httpx_mock.get_requests() == []


def test_the_shipped_samples_do_not_answer_for_the_service() -> None:
    emulator = Emulator(mode="proxy")
    sources = {item["id"] for item in emulator.ask("GET", "/_mock/stubs").json["stubs"]}
    assert sources == set()


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (httpx.ConnectError("no route to host"), 502, "cannot be asked: no route to host"),
        (httpx.RemoteProtocolError("Server disconnected"), 502, "cannot be asked: Server disconnected"),
        (httpx.ReadTimeout(""), 504, "did not answer in time: ReadTimeout"),
    ],
)
@pytest.mark.parametrize("path", [f"/run/{CHAT}", "/models/search"])
def test_a_service_that_cannot_be_had_is_named(
    proxy: Emulator, httpx_mock: HTTPXMock, error: Exception, status: int, said: str, path: str
) -> None:
    httpx_mock.add_exception(error)
    response = proxy.ask("POST", AI + path, b'{"prompt": "x"}', BEARER)
    assert (response.status, response.json) == (status, {"mock_error": f"upstream https://api.cloudflare.com {said}"})


def test_other_routes_of_the_api_are_passed_on_and_ours_are_not(httpx_mock: HTTPXMock, tmp_path: Path) -> None:
    httpx_mock.add_response(url=f"{UPSTREAM}/models/search?per_page=1", json={"result": []}, headers={"cf-ray": "1"})
    emulator = Emulator(mode="record", recordings=tmp_path)
    response = emulator.ask("GET", f"{AI}/models/search?per_page=1", headers=BEARER)
    assert (response.json, response.headers["x-mock-source"]) == ({"result": []}, "upstream")
    assert emulator.ask("GET", "/_mock/health").json["ready"] is True
    entries = emulator.ask("GET", "/_mock/journal").json["entries"]
    assert [(entry["path"].partition("?")[0], entry["status"]) for entry in entries] == [(f"{AI}/models/search", 200)]
    assert [*tmp_path.iterdir()] == []


def test_a_workers_binding_has_no_token_to_ask_with(httpx_mock: HTTPXMock) -> None:
    headers = {"cf-consn-model-id": CHAT}
    emulator = Emulator(mode="proxy")
    response = emulator.ask("POST", "/run?version=3", b'{"inputs": {"prompt": "x"}, "options": {}}', headers)
    assert (response.status, "binding" in response.json["mock_error"]) == (501, True)
    assert httpx_mock.get_requests() == []


def test_the_journal_has_what_the_service_answered(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(410, json={"errors": []})
    emulator = Emulator(mode="proxy")
    emulator.run(CHAT, {"prompt": "x"})
    [entry] = emulator.ask("GET", "/_mock/journal").json["entries"]
    assert (entry["status"], entry["source"], entry["model"]) == (410, "upstream", CHAT)


def test_replay_answers_from_files_only_and_names_the_nearest(folder: Path) -> None:
    stub(folder, "story", {"inputs": {"equals": {"prompt": "Tell me a story of a fox"}}}, {"text": "There was a fox."})
    emulator = Emulator(mode="replay", fixtures=(folder,))
    assert emulator.run(CHAT, {"prompt": "weather?"}).result["response"] == "Sunny."
    response = emulator.run(CHAT, {"prompt": "Tell me a story of a cat"})
    assert response.status == 501
    first, nearest, *_ = response.json["mock_error"].splitlines()
    assert first == f"--mode replay: no fixture answers {CHAT} (native); nearest:"
    assert nearest.startswith("story missed inputs.prompt: wanted ")
    assert 'fox", was ' in nearest
    assert nearest.endswith('cat"')


def test_replay_without_fixtures_says_what_is_missing() -> None:
    response = Emulator(mode="replay").run(CHAT, {"prompt": "x"})
    assert (response.status, "there are none: --fixtures DIR" in response.json["mock_error"]) == (501, True)


def test_replay_asks_nobody_who_they_are(folder: Path) -> None:
    response = Emulator(mode="replay", fixtures=(folder,), auth="strict").ask(
        "POST", f"{AI}/run/{CHAT}", b'{"prompt": "weather"}'
    )
    assert response.result["response"] == "Sunny."


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/v1/chat/completions", {"model": CHAT, "messages": [{"role": "user", "content": "weather"}]}, '"Sunny."'),
        ("/v1/responses", {"model": "@cf/openai/gpt-oss-20b", "input": "weather"}, '"Sunny."'),
        ("/run", {"model": "openai/gpt-4o", "input": {"messages": [{"role": "user", "content": "weather"}]}}, "Sunny."),
    ],
)
def test_a_fixture_is_written_as_its_surface_writes_in_every_mode(
    make_emulator: Callable[..., Emulator], folder: Path, path: str, body: Any, said: str
) -> None:
    sent = json.dumps(body).encode()
    replayed = make_emulator(mode="replay", fixtures=(folder,)).ask("POST", AI + path, sent, BEARER)
    generated = make_emulator(fixtures=(folder,)).ask("POST", AI + path, sent, BEARER)
    assert said in replayed.body.decode()
    assert replayed.json.keys() == generated.json.keys()


def test_what_the_caller_sends_goes_out_on_a_real_socket_and_nothing_else(tmp_path: Path) -> None:
    strict = Settings(log="off", auth="strict", agreements="given")
    with serving(strict) as upstream, serving(Settings(log="off", mode="proxy", upstream=upstream)) as url:
        address = f"{url}/accounts/{ACCOUNT}/ai/run/{CHAT}"
        good = httpx.post(address, json={"prompt": "x"}, headers=BEARER)
        bad = httpx.post(address, json={"prompt": "x"}, headers={"authorization": "Bearer " + "x" * 40})
        with httpx.stream("POST", address, json={"prompt": "x", "stream": True}, headers=BEARER) as streamed:
            assert streamed.read().endswith(b"data: [DONE]\n\n")
    assert (good.status_code, bad.status_code) == (200, 401)
    assert TOKEN not in good.text
