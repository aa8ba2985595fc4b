"""The OpenAI-compatible routes as raw clients see them: models in the body, bare answers, refusals in their shapes."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator, Response

CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES = "chat/completions", "completions", "embeddings", "responses"
SGLANG, VLLM, NATIVE = "@cf/google/gemma-4-26b-a4b-it", "@cf/openai/gpt-oss-20b", "@cf/meta/llama-3.2-3b-instruct"
EMBEDDER, RERANKER, PAINTER = (
    "@cf/baai/bge-base-en-v1.5",
    "@cf/baai/bge-reranker-base",
    "@cf/black-forest-labs/flux-1-schnell",
)
HELLO = [{"role": "user", "content": "Say hello"}]
NO_TEXT = (
    "oneOf at '/' not met, 0 matches: required properties at '/' are 'text', required properties at '/' are 'requests'"
)
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def path(route: str, account: str = ACCOUNT, prefix: str = "/client/v4") -> str:
    return f"{prefix}/accounts/{account}/ai/v1/{route}"


def post(emulator: Emulator, route: str, body: Any, account: str = ACCOUNT) -> Response:
    return emulator.ask("POST", path(route, account), json.dumps(body).encode(), BEARER)


def refused(answer: Response) -> tuple[int, int, str]:
    status, code, message = answer.error
    return status, code, re.sub(rf" \({UUID}\)$", "", message)


# --- answers ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("prefix", ["/client/v4", ""])
@pytest.mark.parametrize(
    ("route", "body", "keys"),
    [
        (CHAT, {"model": SGLANG, "messages": HELLO}, "id object created model choices usage"),
        (CHAT, {"model": VLLM, "messages": HELLO}, "id object created model choices usage"),
        (CHAT, {"model": NATIVE, "messages": HELLO}, "id object created model choices usage"),
        (COMPLETIONS, {"model": NATIVE, "prompt": "Once"}, "id object created model choices usage"),
        (EMBEDDINGS, {"model": EMBEDDER, "input": "hello"}, "object data model"),
    ],
)
def test_an_answer_has_no_envelope(emulator: Emulator, prefix: str, route: str, body: Any, keys: str) -> None:
    answer = emulator.ask("POST", path(route, prefix=prefix), json.dumps(body).encode(), BEARER)
    assert answer.status == 200
    assert list(answer.json) == keys.split()
    assert answer.json["model"] == body["model"]
    assert answer.headers["content-type"] == "application/json"
    assert {"cf-ai-req-id", "cf-ray", "cf-ai-neurons"} <= set(answer.headers)


def test_the_id_of_an_answer_is_the_time_in_milliseconds(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator(clock=1_791_555_147.0)
    answer = post(emulator, CHAT, {"model": NATIVE, "messages": HELLO}).json
    assert re.fullmatch(r"id-1791555147\d{3}", answer["id"])
    assert answer["created"] == 1_791_555_147


def test_the_same_is_said_as_natively(emulator: Emulator) -> None:
    native = emulator.run(NATIVE, {"messages": HELLO}).result["response"]
    answer = post(emulator, CHAT, {"model": NATIVE, "messages": HELLO, "stop": None}).json
    assert answer["choices"][0]["message"]["content"] == native
    vector = emulator.run(EMBEDDER, {"text": "hello"}).result["data"][0]
    assert post(emulator, EMBEDDINGS, {"model": EMBEDDER, "input": "hello"}).json["data"][0]["embedding"] == vector


def test_a_stream_has_no_native_event_and_ends_with_done(emulator: Emulator) -> None:
    for model in (SGLANG, VLLM, NATIVE):
        events = post(emulator, CHAT, {"model": model, "messages": HELLO, "stream": True}).events
        assert events[-1] == "[DONE]"
        assert all("choices" in event and event["choices"] for event in events[:-1])
        assert all(key not in event for event in events[:-1] for key in ("response", "p"))


def test_a_model_that_streams_calls_as_text_does_so_here_unless_quirks_are_off(
    make_emulator: Callable[..., Emulator],
) -> None:
    city = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": city}}
    body = {
        "model": "@cf/meta/llama-3.3-70b-instruct-fp8-fast",
        "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
        "tools": [tool],
        "stream": True,
    }
    for quirks, as_text in (("real", True), ("clean", False)):
        events = post(make_emulator(quirks=quirks), CHAT, body).events[:-1]
        deltas = [event["choices"][0]["delta"] for event in events]
        assert ("get_weather" in "".join(delta.get("content") or "" for delta in deltas)) is as_text
        assert any("tool_calls" in delta for delta in deltas) is not as_text


def test_an_alias_answers_under_the_name_that_was_asked_for(emulator: Emulator) -> None:
    name = "@cf/moonshotai/kimi-k2.5"
    assert post(emulator, CHAT, {"model": name, "messages": HELLO}).json["model"] == name


def test_a_response_is_streamed_with_named_events(emulator: Emulator) -> None:
    answer = post(emulator, RESPONSES, {"model": VLLM, "input": "hi", "stream": True})
    names = re.findall(r"^event: (\S+)$", answer.body.decode(), re.MULTILINE)
    assert (names[0], names[-1]) == ("response.created", "response.completed")
    assert b"[DONE]" not in answer.body


def test_an_unknown_model_may_be_inferred(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator(unknown_models="infer")
    name = "@cf/somebody/chatter-7b"
    assert post(emulator, CHAT, {"model": name, "messages": HELLO}).json["model"] == name
    assert refused(post(emulator, CHAT, {"model": name, "nothing": 1}))[:2] == (400, 5007)


def test_dimensions_have_no_effect_where_the_model_takes_none(emulator: Emulator) -> None:
    answer = post(emulator, EMBEDDINGS, {"model": EMBEDDER, "input": "hello", "dimensions": 3})
    assert len(answer.json["data"][0]["embedding"]) == 768
    assert "dimensions" in answer.headers["x-mock-hint"]


# --- fixtures ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("route", "body", "reply", "found"),
    [
        (CHAT, {"model": NATIVE, "messages": HELLO}, {"text": "aye"}, "/choices/0/message/content"),
        (CHAT, {"model": NATIVE, "messages": HELLO}, {"result": {"response": "aye"}}, "/choices/0/message/content"),
        (CHAT, {"model": SGLANG, "messages": HELLO}, {"result": {"mine": "aye"}}, "/mine"),
        (COMPLETIONS, {"model": NATIVE, "prompt": "x"}, {"result": {"response": "aye"}}, "/choices/0/text"),
        (RESPONSES, {"model": VLLM, "input": "x"}, {"text": "aye"}, "/output/0/content/0/text"),
        (EMBEDDINGS, {"model": EMBEDDER, "input": "x"}, {"result": {"data": [["aye"]]}}, "/data/0/embedding/0"),
    ],
)
def test_a_fixture_is_written_as_the_route_writes(
    make_emulator: Callable[..., Emulator], tmp_path: Path, route: str, body: Any, reply: Any, found: str
) -> None:
    (tmp_path / "one.json").write_text(json.dumps({"match": {}, "reply": reply}))
    answer = post(make_emulator(fixtures=(tmp_path,)), route, body).json
    for step in found.split("/")[1:]:
        answer = answer[int(step) if isinstance(answer, list) else step]
    assert answer == "aye"


# --- refusals ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("route", [CHAT, COMPLETIONS, EMBEDDINGS])
@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("@cf/inexistant/modele-xyz", "@cf/inexistant/modele-xyz"),
        ("gpt-4", "gpt-4"),
        (f"workers-ai/{NATIVE}", f"workers-ai/{NATIVE}"),
        (None, "undefined"),
        (7, "7"),
    ],
)
def test_a_model_that_is_unknown_or_missing_is_5007(emulator: Emulator, route: str, model: Any, told: str) -> None:
    body = {"model": model, "messages": HELLO, "prompt": "x", "input": "x"}
    message = f"AiError: No such model: No such model {told} or task"
    assert refused(post(emulator, route, body)) == (400, 5007, message)


@pytest.mark.parametrize(
    ("route", "body", "reason"),
    [
        (CHAT, {"model": RERANKER, "messages": HELLO}, "required properties at '/' are 'query,contexts'"),
        (
            CHAT,
            {"model": EMBEDDER, "messages": HELLO},
            NO_TEXT,
        ),
        (
            EMBEDDINGS,
            {"model": EMBEDDER},
            NO_TEXT,
        ),
        (CHAT, {"model": NATIVE, "messages": HELLO, "temperature": 9}, None),
        (COMPLETIONS, {"model": NATIVE, "prompt": [1, "two"]}, None),
    ],
)
def test_a_body_is_checked_by_the_models_own_schema(
    emulator: Emulator, route: str, body: Any, reason: str | None
) -> None:
    status, code, message = refused(post(emulator, route, body))
    assert (status, code) == (400, 5006)
    assert message.startswith("AiError: Bad input: Error: ")
    if reason is not None:
        assert message == f"AiError: Bad input: Error: {reason}"


@pytest.mark.parametrize(
    ("route", "body"),
    [
        (COMPLETIONS, {"model": PAINTER, "prompt": "a cat"}),
        (EMBEDDINGS, {"model": "@cf/huggingface/distilbert-sst-2-int8", "input": "great"}),
    ],
)
def test_a_model_that_does_something_else_is_none_for_the_route(emulator: Emulator, route: str, body: Any) -> None:
    answer = post(emulator, route, body)
    assert refused(answer)[:2] == (400, 5007)
    assert "is not answered on this route" in answer.headers["x-mock-hint"]


@pytest.mark.parametrize(
    ("body", "status", "code", "said"),
    [
        ({"model": NATIVE, "input": "hi"}, 400, "invalid_prompt", "AiError: Bad input: Error: oneOf"),
        ({"model": "nobody/nothing", "input": "hi"}, 400, "invalid_prompt", "AiError: No such model: "),
        (
            {"model": VLLM, "input": "hi", "previous_response_id": "resp_0"},
            400,
            "previous_response_not_found",
            "resp_0",
        ),
        ({"model": "@cf/meta/llama-3.1-8b-instruct", "input": "hi"}, 410, "invalid_prompt", "deprecated"),
    ],
)
def test_responses_are_refused_in_a_shape_of_their_own(
    emulator: Emulator, body: Any, status: int, code: str, said: str
) -> None:
    answer = post(emulator, RESPONSES, body)
    assert answer.status == status
    assert list(answer.json) == ["error"]
    assert list(answer.json["error"]) == ["code", "message"]
    assert answer.json["error"]["code"] == code
    assert said in answer.json["error"]["message"]
    assert re.search(rf" \({UUID}\)$", answer.json["error"]["message"])
    assert "cf-ai-req-id" in answer.headers


@pytest.mark.parametrize("route", [CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES])
def test_the_front_door_refuses_before_the_body_is_read(emulator: Emulator, route: str) -> None:
    assert emulator.ask("POST", path(route), b"{").error[:2] == (401, 10000)
    assert emulator.ask("POST", path(route, "not-an-id"), b"{").error[:2] == (404, 7003)
    assert emulator.ask("GET", path(route), b"", BEARER).error == (405, 7001, "GET not supported for requested URI.")


def test_a_body_that_is_none_or_no_json_is_refused(emulator: Emulator) -> None:
    assert emulator.ask("POST", path(CHAT), b"{", BEARER).error[:2] == (400, 6003)
    assert emulator.ask("POST", path(CHAT), b"", BEARER).error[:2] == (400, 3003)
    form = b'--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nx\r\n--b--\r\n'
    headers = BEARER | {"content-type": "multipart/form-data; boundary=b"}
    assert emulator.ask("POST", path(CHAT), form, headers).error[:2] == (400, 6003)


@pytest.mark.parametrize("route", ["audio/transcriptions", "images/generations", "responses/resp_1", "nothing", ""])
def test_what_the_service_does_not_route_is_no_route(emulator: Emulator, route: str) -> None:
    answer = emulator.ask("POST", path(route).rstrip("/"), b"{}", BEARER)
    assert (answer.status, [error["code"] for error in answer.json["errors"]]) == (400, [7003, 7000])


# --- previous responses -----------------------------------------------------------------------------------------------
def test_a_response_is_continued_on_its_own_account_only(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator(auth="off")
    first = post(emulator, RESPONSES, {"model": VLLM, "input": "My name is Ada."}).json
    body = {"model": VLLM, "input": "What is my name?", "previous_response_id": first["id"]}
    assert "Ada" in post(emulator, RESPONSES, body).json["output"][-1]["content"][0]["text"]
    assert post(emulator, RESPONSES, body, "0" * 32).status == 400


def test_a_conversation_goes_the_same_way_twice(make_emulator: Callable[..., Emulator]) -> None:
    def told() -> str:
        emulator = make_emulator()
        first = post(emulator, RESPONSES, {"model": VLLM, "input": "Tell me about clouds."}).json
        body = {"model": VLLM, "input": "Go on.", "previous_response_id": first["id"]}
        return str(post(emulator, RESPONSES, body).json["output"][-1]["content"][0]["text"])

    assert told() == told()


# --- the list of models -----------------------------------------------------------------------------------------------
def test_models_are_listed_with_extensions_only(emulator: Emulator, make_emulator: Callable[..., Emulator]) -> None:
    assert emulator.ask("GET", path("models"), b"", BEARER).error == (405, 7001, "GET not supported for requested URI.")
    assert emulator.ask("POST", path("models"), b"{}", BEARER).error[:2] == (405, 7001)
    listing = make_emulator(extensions="on")
    answer = listing.ask("GET", path("models"), b"", BEARER).json
    assert answer["object"] == "list"
    models = {model["id"]: model for model in answer["data"]}
    assert {SGLANG, VLLM, NATIVE, EMBEDDER} <= set(models)
    assert "@cf/meta/llama-3.1-8b-instruct" not in models  # deprecated
    assert models[SGLANG]["owned_by"] == "google"
    assert models[SGLANG]["created"] > 1_700_000_000
    assert listing.ask("GET", path("models"), b"", {"authorization": "Bearer x"}).status >= 400
