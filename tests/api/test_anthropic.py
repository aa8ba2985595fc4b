"""``ai/v1/messages``: who is answered, and what others are told."""

import json
import re
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, TOKEN, Emulator, Response

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
ASKED: dict[str, Any] = {
    "model": "anthropic/claude-sonnet-4.5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}
NO_CREDITS = "5a1b2c3d4e5f60718293a4b5c6d7e8f5"


def post(
    emulator: Emulator, body: Any, headers: dict[str, str] | None = None, account: str = ACCOUNT, method: str = "POST"
) -> Response:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = f"/client/v4/accounts/{account}/ai/v1/messages"
    return emulator.ask(method, path, sent, BEARER if headers is None else headers)


def test_a_claude_answers_without_an_envelope(emulator: Emulator) -> None:
    response = post(emulator, ASKED)
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    assert response.json["content"] == [{"type": "text", "text": "The capital of France is Paris."}]
    assert "cf-ai-neurons" not in response.headers


def test_streams_are_named_events(emulator: Emulator) -> None:
    response = post(emulator, {**ASKED, "stream": True})
    assert response.headers["content-type"] == "text/event-stream"
    assert response.body.startswith(b"event: message_start\ndata: {")
    assert response.body.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')


def test_models_of_workers_ai_are_refused_as_observed(emulator: Emulator) -> None:
    response = post(emulator, {**ASKED, "model": "@cf/moonshotai/kimi-k2.6"})
    assert response.status == 400
    assert UUID.sub("{uuid}", response.body.decode()) == (
        '{"type":"error","error":{"type":"invalid_request_error","message":"AiError: Anthropic Messages API is not '
        'supported for model \\"@cf/moonshotai/kimi-k2.6\\" ({uuid})"}}'
    )


def test_ids_that_nobody_knows_are_refused_as_observed(emulator: Emulator) -> None:
    response = post(emulator, {**ASKED, "model": "moonshotai/kimi-k2.6"})
    assert response.status == 404
    assert response.body == (
        b'{"type":"error","error":{"type":"not_found_error","message":"Model not found: moonshotai/kimi-k2.6"}}'
    )


def test_other_providers_answer_where_they_speak_messages(emulator: Emulator) -> None:
    assert post(emulator, {**ASKED, "model": "minimax/m3"}).json["type"] == "message"
    refused = post(emulator, {**ASKED, "model": "openai/gpt-4.1"})
    assert (refused.status, refused.json["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The request body is not valid JSON"),
        (b"[]", "Input should be an object"),
        ({}, "model: Field required"),
        ({**ASKED, "model": 3}, "model: Input should be a valid string"),
        ({**ASKED, "max_tokens": None}, "max_tokens: Field required"),
        ({**ASKED, "max_tokens": "9"}, "max_tokens: Input should be a valid integer"),
        ({**ASKED, "max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
        ({**ASKED, "messages": []}, "messages: at least one message is required"),
        ({**ASKED, "messages": "hi"}, "messages: Input should be a valid list"),
        ({**ASKED, "messages": [3]}, "messages.0: Input should be an object"),
        ({**ASKED, "messages": [{"role": "user"}]}, "messages.0.content: Field required"),
        ({**ASKED, "messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be"),
        ({**ASKED, "messages": [{"role": "user", "content": [{}]}]}, "messages.0.content.0.type: Field required"),
        ({**ASKED, "stream": "yes"}, "stream: Input should be a valid boolean"),
        ({**ASKED, "thread": {"type": "continue"}}, "No thread goes on from message"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_in_anthropics_shape(emulator: Emulator, body: Any, message: str) -> None:
    response = post(emulator, body)
    assert response.status in (400, 404)
    assert list(response.json) == ["type", "error"]
    assert response.json["error"]["message"].startswith(message)


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [({}, 401, 10000), ({"x-api-key": "short"}, 400, 6003), ({"authorization": "Bearer short"}, 400, 6003)],
)
def test_the_front_of_the_house_refuses_in_cloudflares_envelopes(
    emulator: Emulator, headers: dict[str, str], status: int, code: int
) -> None:
    assert post(emulator, ASKED, headers).error[:2] == (status, code)


def test_the_token_may_stand_in_x_api_key(emulator: Emulator) -> None:
    assert post(emulator, ASKED, {"x-api-key": TOKEN}).status == 200
    assert post(emulator, ASKED, BEARER | {"x-api-key": "short"}).status == 200


def test_method_and_account_are_looked_at_first(emulator: Emulator) -> None:
    assert post(emulator, ASKED, method="GET").error[:2] == (405, 7001)
    assert post(emulator, ASKED, account="x").error[:2] == (404, 7003)


def test_an_account_without_credits_is_told_so(emulator: Emulator) -> None:
    response = post(emulator, ASKED, account=NO_CREDITS)
    assert response.status == 402
    assert response.json["error"] == {
        "type": "billing_error",
        "message": "Insufficient balance; add money to your gateway or use BYOK",
    }


def test_unknown_claudes_answer_where_that_is_asked_for(make_emulator: Any) -> None:
    inferring = make_emulator(unknown_models="infer")
    response = post(inferring, {**ASKED, "model": "anthropic/claude-tomorrow", "system": "Be brief."})
    assert response.json["model"] == "claude-tomorrow"
    assert post(inferring, {**ASKED, "model": "@cf/nobody/model"}).status == 400


def test_a_fixture_answers_a_message_too(make_emulator: Any, tmp_path: Any) -> None:
    stub = {
        "match": {"surface": "anthropic", "inputs.messages.-1.content": {"contains": "France"}},
        "reply": {"text": "Lyon!"},
    }
    (tmp_path / "france.json").write_text(json.dumps(stub))
    assert post(make_emulator(fixtures=(tmp_path,)), ASKED).json["content"][0]["text"] == "Lyon!"
