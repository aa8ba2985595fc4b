"""The road of ai/run as raw clients see it: routes, bodies, envelopes, headers."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator

MODEL = "@cf/meta/llama-3.2-1b-instruct"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
ASK = b'{"prompt":"hi"}'


def path(model: str = MODEL, account: str = ACCOUNT, prefix: str = "/client/v4") -> str:
    return f"{prefix}/accounts/{account}/ai/run/{model}"


@pytest.mark.parametrize("prefix", ["/client/v4", ""])
@pytest.mark.parametrize("model", [MODEL, MODEL.replace("/", "%2F"), MODEL.replace("/", "%2f").replace("@", "%40")])
def test_every_spelling_of_a_model_routes(emulator: Emulator, prefix: str, model: str) -> None:
    answer = emulator.ask("POST", path(model, prefix=prefix), ASK, BEARER)
    assert answer.result["response"]


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8", "audio/wav", None],
)
def test_json_is_read_under_any_content_type(emulator: Emulator, content_type: str | None) -> None:
    headers = BEARER | ({"content-type": content_type} if content_type else {})
    assert emulator.ask("POST", path(), ASK, headers).status == 200


def test_a_body_may_come_in_pieces(emulator: Emulator) -> None:
    assert emulator.ask("POST", path(), b'{"prompt":"in pieces"}', BEARER, chunks=5).status == 200


def test_success_stands_in_the_envelope_in_its_order(emulator: Emulator) -> None:
    answer = emulator.run(MODEL, {"prompt": "hi"})
    assert list(answer.json) == ["result", "success", "errors", "messages"]
    assert answer.body.endswith(b',"success":true,"errors":[],"messages":[]}')
    assert answer.headers["content-type"] == "application/json"
    assert re.fullmatch(r"[0-9a-f]{16}-[A-Z]{3}", answer.headers["cf-ray"])
    assert UUID(answer.headers["cf-ai-req-id"])
    neurons = answer.result["usage"]["neurons"]
    assert answer.headers["cf-ai-neurons"] == f"{neurons:.2f}"
    assert answer.headers["x-mock-source"] == "responder"


def test_request_ids_differ(emulator: Emulator) -> None:
    ids = {emulator.run(MODEL, {"prompt": "hi"}).headers["cf-ai-req-id"] for _ in range(20)}
    assert len(ids) == 20


def test_an_error_of_the_service_has_its_envelope_and_its_request_id(emulator: Emulator) -> None:
    answer = emulator.run("@cf/black-forest-labs/flux-1-schnell", {"prompt": "x", "seed": 1, "width": 2})
    request = answer.headers["cf-ai-req-id"]
    assert answer.status == 400
    assert answer.body == (
        b'{"errors":[{"message":"AiError: Bad input: Error: Additional or unevaluated properties '
        b"'/seed, /width' at '/' not allowed (" + request.encode() + b')","code":5006}],'
        b'"success":false,"result":{},"messages":[]}'
    )
    assert "cf-ai-neurons" not in answer.headers


def test_an_unknown_model_in_the_path_has_no_route(emulator: Emulator) -> None:
    answer = emulator.run("@cf/cloudflare/no-such-model", {"prompt": "hi"})
    assert answer.status == 400
    assert answer.body == (
        b'{"success":false,"errors":[{"code":7000,"message":"No route for that URI"}],"messages":[],"result":null}'
    )
    assert "cf-ai-req-id" not in answer.headers


def test_a_near_name_is_suggested(emulator: Emulator) -> None:
    hint = emulator.run("@cf/meta/llama-3.2-1b-instruc", {"prompt": "hi"}).headers["x-mock-hint"]
    assert f"did you mean {MODEL}?" in hint


@pytest.mark.parametrize("model", ["@cf/one-part", "@cf/a/b/c", "@cf/meta/llama 3", "@cf/meta/"])
def test_a_name_that_cannot_be_one_is_3042(emulator: Emulator, model: str) -> None:
    answer = emulator.run(model.replace(" ", "%20"), {"prompt": "hi"})
    assert answer.error[:2] == (404, 3042)


@pytest.mark.parametrize("account", ["abc", ACCOUNT.upper(), "$%7BCLOUDFLARE_ACCOUNT_ID%7D"])
def test_a_malformed_account_is_7003_with_the_path_as_sent(emulator: Emulator, account: str) -> None:
    sent = path(account=account)
    answer = emulator.ask("POST", sent, ASK)  # routing comes before authentication
    assert answer.status == 404
    assert answer.body == (
        b'{"result":null,"success":false,"errors":[{"code":7003,"message":"Could not route to '
        + sent.encode()
        + b', perhaps your object identifier is invalid?"}],"messages":[]}'
    )


def test_a_path_that_is_no_route_is_7003_and_7000_with_escaped_slashes(emulator: Emulator) -> None:
    answer = emulator.ask("POST", f"/client/v4/accounts/{ACCOUNT}/ai/nowhere", ASK, BEARER)
    assert answer.status == 400
    assert answer.body == (
        b'{"success":false,"errors":[{"code":7003,"message":"Could not route to \\/accounts\\/'
        + ACCOUNT.encode()
        + b'\\/ai\\/nowhere, perhaps your object identifier is invalid?"},'
        b'{"code":7000,"message":"No route for that URI"}],"messages":[],"result":null}'
    )
    assert "x-mock-hint" in answer.headers


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_7001(emulator: Emulator, method: str) -> None:
    answer = emulator.ask(method, path(), b"", BEARER)
    assert answer.status == 405
    assert answer.body == (
        b'{"result":null,"success":false,"errors":[{"code":7001,"message":"'
        + method.encode()
        + b' not supported for requested URI."}],"messages":[]}'
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, 3003)),
        (b"{", (400, 6003)),
        (b"not json", (400, 6003)),
        (b"\xff\xfe", (400, 6003)),
        (b"[" * 3000, (400, 6003)),
        (b"[]", (400, 5006)),
        (b"null", (400, 5006)),
        (b"3", (400, 5006)),
        (b"{}", (400, 5006)),
    ],
)
def test_a_body_that_is_no_object_is_refused(emulator: Emulator, body: bytes, expected: tuple[int, int]) -> None:
    assert emulator.run(MODEL, body).error[:2] == expected


def test_a_body_over_the_limit_is_3006(make_emulator: Callable[..., Emulator]) -> None:
    small = make_emulator(max_body_bytes=100)
    assert small.run(MODEL, {"prompt": "x" * 50}).status == 200
    for chunks in (1, 3):
        answer = small.ask("POST", path(), json.dumps({"prompt": "x" * 200}).encode(), BEARER, chunks=chunks)
        assert answer.error[:2] == (413, 3006)


def test_nulls_at_the_top_and_unknown_keys_are_ignored(emulator: Emulator) -> None:
    plain = emulator.run(MODEL, {"prompt": "hi"})
    answer = emulator.run(
        MODEL, {"prompt": "hi", "stop": None, "max_tokens": None, "lora": None, "options": {"rejectIfBusy": True}}
    )
    assert answer.result["response"] == plain.result["response"]
    assert emulator.run(MODEL, {"prompt": "hi", "no_such_option": 1}).status == 200


def test_query_parameters_change_nothing(emulator: Emulator) -> None:
    assert emulator.ask("POST", path() + "?tags=a&rejectIfBusy=true", ASK, BEARER).status == 200


@pytest.mark.parametrize(
    ("model", "settings", "expected"),
    [
        ("@cf/microsoft/phi-2", {}, (410, 5028)),
        ("@cf/microsoft/phi-2", {"deprecated_models": "answer"}, (200, 0)),
        ("@cf/microsoft/phi-2", {"clock": 1_767_225_600.0}, (200, 0)),  # 2026-01-01
        ("@cf/moonshotai/kimi-k2.5", {}, (200, 0)),  # an alias
        ("@cf/deepseek-ai/deepseek-math-7b-base", {}, (200, 0)),  # a hidden name
        ("@cf/zai-org/glm-5.2", {"plan": "free"}, (403, 5035)),
        ("@cf/zai-org/glm-5.2", {}, (200, 0)),
    ],
)
def test_models_answer_as_date_and_plan_have_it(
    make_emulator: Callable[..., Emulator], model: str, settings: dict[str, Any], expected: tuple[int, int]
) -> None:
    answer = make_emulator(**settings).run(model, {"prompt": "hi"})
    assert (answer.status, 0 if answer.status == 200 else answer.error[1]) == expected


def test_the_deprecation_text_is_the_newest(emulator: Emulator) -> None:
    answer = emulator.run("@cf/meta/llama-3.1-8b-instruct", {"prompt": "hi"})
    assert answer.error == (
        410,
        5028,
        (
            "AiError: Model has been deprecated: @cf/meta/infire-llama-3.1-8b-instruct was deprecated on 2026-05-30. "
            f"See the model catalog for alternatives ({answer.headers['cf-ai-req-id']})"
        ),
    )


def test_the_free_plan_text_is_the_captured_one(make_emulator: Callable[..., Emulator]) -> None:
    answer = make_emulator(plan="free").run("@cf/moonshotai/kimi-k2.6", {"prompt": "hi"})
    refused = "Model @cf/moonshotai/kimi-k2.6 is not available on the Workers Free plan"
    assert answer.error[2] == (
        f"AiError: {refused}: {refused}. Upgrade to access this model: "
        f"https://dash.cloudflare.com/?to=/:account/workers/plans ({answer.headers['cf-ai-req-id']})"
    )


def test_terms_are_agreed_to_once_per_account(make_emulator: Callable[..., Emulator]) -> None:
    fresh = make_emulator()
    vision = "@cf/meta/llama-3.2-11b-vision-instruct"
    first = fresh.run(vision, {"prompt": "hi"})
    assert first.error[:2] == (403, 5016)
    assert "you must submit the prompt 'agree'" in first.error[2]
    thanks = fresh.run(vision, {"prompt": "agree"})
    assert thanks.error[:2] == (403, 5016)
    assert thanks.error[2].startswith(
        "AiError: Model Agreement: Thank you for agreeing to this model's terms. You may now use the model. ("
    )
    assert fresh.run(vision, {"prompt": "hi"}).status == 200
    assert fresh.run(vision, {"prompt": "hi"}, account="f" * 32, headers={"authorization": "Bearer " + "x" * 40}).error[
        :2
    ] == (403, 5016)
    assert fresh.run(vision, {"prompt": "hi"}, account="2a1b2c3d4e5f60718293a4b5c6d7e8f2").status == 200


def test_lora_wants_a_model_that_can_load_one(emulator: Emulator) -> None:
    assert emulator.run(MODEL, {"prompt": "hi", "lora": "mine"}).error[:2] == (405, 5005)
    public = {"prompt": "hi", "lora": "cf-public-magicoder"}
    assert emulator.run("@cf/meta/llama-3.2-3b-instruct", public).status == 200


@pytest.mark.parametrize(
    ("inputs", "shape"),
    [
        ({"prompt": "hi"}, "response"),
        ({"messages": [{"role": "user", "content": "hi"}]}, "response"),
        ({"text": ["a", "b"]}, "data"),
        ({"text": "good", "target_lang": "french"}, "translated_text"),
        ({"input_text": "A long story. It has two sentences."}, "summary"),
        ({"query": "a", "contexts": [{"text": "b"}]}, "response"),
        ({"input": "hi"}, "output"),
    ],
)
def test_unknown_models_are_inferred_when_asked_to(
    make_emulator: Callable[..., Emulator], inputs: dict[str, Any], shape: str
) -> None:
    lenient = make_emulator(unknown_models="infer")
    for name in ("model_name", "@cf/new/model-of-tomorrow"):
        assert shape in lenient.run(name, inputs).result
    assert lenient.run("model_name", {"text": "what a great day"}).result[0]["label"]
    assert lenient.run("model_name", {"nothing": "known"}).error[:2] == (400, 7000)


def test_browsers_may_call_a_server_on_loopback(emulator: Emulator, make_emulator: Callable[..., Emulator]) -> None:
    origin = {"origin": "http://localhost:3000"}
    preflight = emulator.ask("OPTIONS", path(), b"", origin | {"access-control-request-method": "POST"})
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    for answer in (
        emulator.ask("POST", path(), ASK, BEARER | origin),
        emulator.ask("POST", path(), ASK, origin),
        emulator.ask("GET", "/_mock/health", headers=origin),
    ):
        assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"
    for closed in (make_emulator(cors="off"), make_emulator(host="0.0.0.0")):
        assert "access-control-allow-origin" not in closed.ask("POST", path(), ASK, BEARER | origin).headers
    assert "access-control-allow-origin" not in emulator.run(MODEL, {"prompt": "hi"}).headers
