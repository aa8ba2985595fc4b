import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, TOKEN, Emulator, Response, rooms

MODEL = "@cf/meta/llama-3.2-1b-instruct"
CHAT = {"messages": [{"role": "user", "content": "What is a cloud?"}]}
HOST = f"/gateway/v1/{ACCOUNT}"
API = f"/client/v4/accounts/{ACCOUNT}/ai"
MANAGED = f"/client/v4/accounts/{ACCOUNT}/ai-gateway/gateways"
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
OTHER = "mock-token-of-another-account-0000000000"
SETTINGS = {
    "cache_invalidate_on_update": False,
    "cache_ttl": 0,
    "collect_logs": True,
    "rate_limiting_interval": 0,
    "rate_limiting_limit": 0,
}


def post(
    emulator: Emulator, path: str, body: Any, headers: dict[str, str] | None = None, credentials: Any = BEARER
) -> Response:
    return emulator.ask("POST", path, json.dumps(body).encode(), credentials | (headers or {}))


def create(emulator: Emulator, name: str, **settings: Any) -> str:
    assert post(emulator, MANAGED, {"id": name, **SETTINGS, **settings}).status == 200
    return f"{HOST}/{name}"


def logs(emulator: Emulator, name: str = "default") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = emulator.ask("GET", f"{MANAGED}/{name}/logs", b"", BEARER).result
    return found


def cut(response: Response) -> Any:
    """An answer without what is of its one time."""
    return re.sub(rb'"id-\d+"|"created":\d+|"p":"\w*"', b"", response.body)


# --- the forms of the URL ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "body", "same"),
    [
        (f"workers-ai/{MODEL}", {"prompt": "hi"}, f"{API}/run/{MODEL}"),
        (f"workers-ai/run/{MODEL}", {"prompt": "hi"}, f"{API}/run/{MODEL}"),
        (f"workers-ai/run/{MODEL.replace('/', '%2F')}", {"prompt": "hi"}, f"{API}/run/{MODEL}"),
        (f"workers-ai/{MODEL}", {"prompt": "hi", "stream": True}, f"{API}/run/{MODEL}"),
        ("workers-ai/v1/chat/completions", {"model": MODEL, **CHAT}, f"{API}/v1/chat/completions"),
        ("workers-ai/v1/embeddings", {"model": "@cf/baai/bge-small-en-v1.5", "input": "hi"}, f"{API}/v1/embeddings"),
        ("compat/chat/completions", {"model": MODEL, **CHAT, "stream": True}, f"{API}/v1/chat/completions"),
    ],
)
def test_what_comes_through_is_what_the_route_itself_answers(
    emulator: Emulator, path: str, body: dict[str, Any], same: str
) -> None:
    through, direct = post(emulator, f"{HOST}/default/{path}", body), post(emulator, same, body)
    assert through.status == direct.status == 200, through.body
    assert cut(through) == cut(direct)
    assert through.headers["content-type"] == direct.headers["content-type"]


def test_compat_takes_the_provider_in_the_model_and_answers_without_it(emulator: Emulator) -> None:
    answer = post(emulator, f"{HOST}/default/compat/chat/completions", {"model": f"workers-ai/{MODEL}", **CHAT})
    assert (answer.status, answer.json["model"]) == (200, MODEL)
    assert (answer.headers["cf-aig-provider"], answer.headers["cf-aig-model"]) == ("workers-ai", MODEL)


def test_the_host_does_without_the_prefix(emulator: Emulator) -> None:
    answer = post(
        emulator, f"/v1/{ACCOUNT}/default/workers-ai/{MODEL}", {"prompt": "hi"}, {"host": "gateway.ai.cloudflare.com"}
    )
    assert answer.result["response"]


def test_bytes_pass_as_they_are(emulator: Emulator) -> None:
    whisper = (Path(__file__).parents[2] / "fixtures" / "assets" / "hello-world.mp3").read_bytes()
    answer = emulator.ask("POST", f"{HOST}/default/workers-ai/@cf/openai/whisper", whisper, BEARER)
    assert answer.result["text"]


@pytest.mark.parametrize(
    "path", ["compat/models", "compat/images/generations", "nobody/chat/completions", "openai/files"]
)
def test_an_endpoint_that_is_none_is_an_invalid_provider(emulator: Emulator, path: str) -> None:
    refused = post(emulator, f"{HOST}/default/{path}", {"model": MODEL})
    assert (refused.status, refused.json["error"]) == (400, [{"code": 2008, "message": "Invalid provider"}])


def test_only_post_is_taken(emulator: Emulator) -> None:
    assert emulator.ask("GET", f"{HOST}/default/workers-ai/{MODEL}", b"", BEARER).error[:2] == (405, 7001)


def test_what_is_no_route_of_the_api_is_none_here(emulator: Emulator) -> None:
    assert post(emulator, f"{HOST}/default/workers-ai/run/proxy", {}).error[:2] == (400, 7000)
    assert post(emulator, f"{HOST}/default/workers-ai/v1/images/edits", {}).error[:2] == (400, 7003)


# --- refusals ---------------------------------------------------------------------------------------------------------
def own(code: int, status: int, message: str) -> str:
    return (
        f'{{"success":false,"result":[],"messages":[],"error":[{{"code":{code},"message":"{message}"}}],'
        f'"name":"AiGatewayError","httpCode":{status},"internalCode":{code},"message":"{message}",'
        f'"description":"{message}"}}'
    )


@pytest.mark.parametrize(
    "credentials",
    [{}, {"authorization": f"Bearer {OTHER}"}, {"cf-aig-authorization": "Bearer made-up"}],
    ids=["none", "another account", "made up"],
)
def test_who_may_not_come_in_is_unauthorized(emulator: Emulator, credentials: dict[str, str]) -> None:
    refused = post(emulator, f"{HOST}/default/compat/chat/completions", {"model": MODEL, **CHAT}, {}, credentials)
    assert (refused.status, refused.body.decode()) == (401, own(2009, 401, "Unauthorized"))


def test_the_gateway_is_looked_up_before_the_model(emulator: Emulator) -> None:
    words = "Please configure AI Gateway in the Cloudflare dashboard"
    for path in (f"{HOST}/none/compat/chat/completions", "/gateway/v1/short/default/compat/chat/completions"):
        refused = post(emulator, path, {"model": "@cf/no/such", **CHAT})
        assert (refused.status, refused.body.decode()) == (400, own(2001, 400, words))
    refused = post(emulator, f"{API}/v1/chat/completions", {"model": "@cf/no/such"}, {"cf-aig-gateway-id": "none"})
    assert refused.error == (400, 2001, words)


def test_workers_ai_refuses_in_a_flat_object(emulator: Emulator) -> None:
    refused = post(emulator, f"{HOST}/default/compat/chat/completions", {"model": "workers-ai/@cf/no/such", **CHAT})
    request = refused.headers["cf-ai-req-id"]
    assert refused.status == 400
    assert refused.body.decode() == (
        '{"name":"AiError","internalCode":5007,"httpCode":400,"message":"AiError: No such model: No such model '
        f'@cf/no/such or task ({request})","description":"No such model @cf/no/such or task","requestId":"{request}"}}'
    )


def test_a_model_that_nobody_has_is_not_found(emulator: Emulator) -> None:
    refused = post(emulator, f"{HOST}/default/compat/chat/completions", {"model": "nosuchvendor/some-model", **CHAT})
    assert (refused.status, refused.body.decode()) == (400, own(2008, 400, "Model not found: nosuchvendor/some-model"))


def test_a_model_unknown_in_the_path_is_refused_by_the_router(emulator: Emulator) -> None:
    assert post(emulator, f"{HOST}/default/workers-ai/@cf/no/such", {"prompt": "hi"}).error[:2] == (400, 7000)


def test_a_gateway_without_authentication_leaves_it_to_the_provider(fresh: Emulator) -> None:
    host = create(fresh, "open")
    for path, body in (
        (f"{host}/workers-ai/{MODEL}", {"prompt": "hi"}),
        (f"{host}/workers-ai/v1/chat/completions", {}),
    ):
        refused = post(fresh, path, body, {}, {})
        assert refused.status == 401
        assert refused.body == (
            b'{"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[]}'
        )


def test_the_gateways_own_header_lets_compat_in(emulator: Emulator) -> None:
    only = {"cf-aig-authorization": f"Bearer {TOKEN}"}
    body = {"model": f"workers-ai/{MODEL}", **CHAT}
    assert post(emulator, f"{HOST}/default/compat/chat/completions", body, {}, only).status == 200
    assert post(emulator, f"{HOST}/default/workers-ai/{MODEL}", {"prompt": "hi"}, {}, only).error[:2] == (401, 10000)


def test_keys_of_providers_are_not_kept(fresh: Emulator) -> None:
    host = create(fresh, "byok", byok_only=True)
    refused = post(
        fresh,
        f"{host}/compat/chat/completions",
        {"model": "google-ai-studio/gemini", **CHAT},
        {"cf-aig-byok-alias": "example"},
    )
    assert (refused.status, refused.json["error"][0]["code"]) == (400, 2040)
    assert refused.json["message"].startswith("Provider 'google-ai-studio' has no BYOK credential named 'example'.")


# --- what the headers tell --------------------------------------------------------------------------------------------
def test_a_single_request_has_one_id_under_three_names(emulator: Emulator) -> None:
    headers = post(emulator, f"{HOST}/default/workers-ai/{MODEL}", {"prompt": "hi"}).headers
    ids = {headers[f"cf-aig-{name}-id"] for name in ("request", "log", "event")}
    assert len(ids) == 1
    assert UUID7(ids.pop())
    assert (headers["cf-aig-step"], headers["cf-aig-cache-status"]) == ("0", "MISS")


def test_the_caller_names_the_event(emulator: Emulator) -> None:
    path = f"{HOST}/default/workers-ai/{MODEL}"
    headers = post(emulator, path, {"prompt": "hi"}, {"cf-aig-event-id": "mine"}).headers
    assert headers["cf-aig-event-id"] == "mine"
    assert headers["cf-aig-request-id"] == headers["cf-aig-log-id"]


def test_a_refusal_has_them_too(emulator: Emulator) -> None:
    refused = post(emulator, f"{HOST}/default/workers-ai/{MODEL}", {"prompt": ""})
    assert (refused.status, refused.json["internalCode"]) == (400, 5006)
    assert UUID7(refused.headers["cf-aig-log-id"])


# --- the cache --------------------------------------------------------------------------------------------------------
def cache_status(response: Response) -> str:
    assert response.status == 200, response.body
    return response.headers["cf-aig-cache-status"]


def test_an_answer_is_cached_for_as_long_as_the_request_says(fresh: Emulator) -> None:
    path = f"{HOST}/default/workers-ai/{MODEL}"
    first, second = (post(fresh, path, {"prompt": "hi"}, {"cf-aig-cache-ttl": "60"}) for _ in range(2))
    assert (cache_status(first), cache_status(second)) == ("MISS", "HIT")
    assert first.body == second.body
    assert first.headers["cf-aig-log-id"] != second.headers["cf-aig-log-id"]
    assert "cf-ai-neurons" not in second.headers
    assert cache_status(post(fresh, path, {"prompt": "other"}, {"cf-aig-cache-ttl": "60"})) == "MISS"


def test_the_clock_ends_what_is_cached() -> None:
    emulator = Emulator(clock=1_790_000_000.0)
    path = f"{HOST}/default/workers-ai/{MODEL}"
    assert cache_status(post(emulator, path, {"prompt": "hi"}, {"cf-aig-cache-ttl": "60"})) == "MISS"
    clock = rooms(emulator).clock
    clock.advance(59)
    assert cache_status(post(emulator, path, {"prompt": "hi"}, {"cf-aig-cache-ttl": "60"})) == "HIT"
    clock.advance(2)
    assert cache_status(post(emulator, path, {"prompt": "hi"}, {"cf-aig-cache-ttl": "60"})) == "MISS"


@pytest.mark.parametrize(
    ("headers", "statuses"),
    [
        ({}, ["MISS", "HIT"]),
        ({"cf-aig-skip-cache": "true"}, ["MISS", "MISS"]),
        ({"cf-skip-cache": "true"}, ["MISS", "MISS"]),
        ({"cf-aig-cache-ttl": "0"}, ["MISS", "MISS"]),
        ({"cf-aig-cache-ttl": "nonsense"}, ["MISS", "HIT"]),
    ],
)
def test_a_gateway_caches_by_its_settings_unless_told_otherwise(
    fresh: Emulator, headers: dict[str, str], statuses: list[str]
) -> None:
    path = create(fresh, "caching", cache_ttl=300) + f"/workers-ai/{MODEL}"
    assert [cache_status(post(fresh, path, {"prompt": "hi"}, headers)) for _ in statuses] == statuses


def test_the_deprecated_header_caches(fresh: Emulator) -> None:
    path = f"{HOST}/default/workers-ai/{MODEL}"
    found = [cache_status(post(fresh, path, {"prompt": "hi"}, {"cf-cache-ttl": "60"})) for _ in range(2)]
    assert found == ["MISS", "HIT"]


def test_a_key_of_ones_own_decides_what_is_the_same(fresh: Emulator) -> None:
    path, headers = f"{HOST}/default/workers-ai/{MODEL}", {"cf-aig-cache-ttl": "60", "cf-aig-cache-key": "mine"}
    assert cache_status(post(fresh, path, {"prompt": "hi"}, headers)) == "MISS"
    assert cache_status(post(fresh, path, {"prompt": "something else"}, headers)) == "HIT"


@pytest.mark.parametrize("body", [{"prompt": "hi", "stream": True}, {"prompt": ""}], ids=["a stream", "a refusal"])
def test_neither_streams_nor_refusals_are_cached(fresh: Emulator, body: dict[str, Any]) -> None:
    path = f"{HOST}/default/workers-ai/{MODEL}"
    found = [post(fresh, path, body, {"cf-aig-cache-ttl": "60"}).headers["cf-aig-cache-status"] for _ in range(2)]
    assert found == ["MISS", "MISS"]


# --- retries, timeouts, fallbacks -------------------------------------------------------------------------------------
@pytest.fixture
def stubborn(tmp_path: Path) -> Callable[..., Emulator]:
    """An emulator whose model refuses some times before it answers."""

    def make(*errors: int) -> Emulator:
        stub = {"match": {}, "reply": [*({"error": code} for code in errors), {"text": "At last."}]}
        (tmp_path / "stub.json").write_text(json.dumps(stub))
        return Emulator(fixtures=(tmp_path,))

    return make


@pytest.mark.parametrize(
    ("errors", "attempts", "status"),
    [
        ((3040, 3040), "3", 200),
        ((3040, 3040), "2", 429),
        ((3040,), "", 429),
        ((3040,) * 6, "9", 429),
        ((5007,), "3", 400),
    ],
    ids=["in time", "too late", "not asked for", "five at most", "what will not heal"],
)
def test_what_fails_is_tried_again(
    stubborn: Callable[..., Emulator], errors: tuple[int, ...], attempts: str, status: int
) -> None:
    emulator = stubborn(*errors)
    headers = {"cf-aig-max-attempts": attempts, "cf-aig-retry-delay": "1", "cf-aig-backoff": "exponential"}
    answer = post(emulator, f"{HOST}/default/workers-ai/{MODEL}", {"prompt": "hi"}, headers)
    assert answer.status == status
    assert [log.status for log in rooms(emulator).gateways.logs(ACCOUNT, "default")] == [status]


def test_a_gateway_retries_by_its_settings(stubborn: Callable[..., Emulator]) -> None:
    emulator = stubborn(3040)
    rooms(emulator).gateways.create(ACCOUNT, "retrying", {"retry_max_attempts": 2, "retry_backoff": "linear"}, 0.0)
    answer = post(emulator, f"{HOST}/retrying/workers-ai/{MODEL}", {"prompt": "hi"})
    assert answer.result["response"] == "At last."


def test_an_answer_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "slow.json").write_text(json.dumps({"match": {}, "reply": {"text": "Late."}, "delay": "60s"}))
    emulator = Emulator(fixtures=(tmp_path,))
    refused = post(emulator, f"{HOST}/default/workers-ai/{MODEL}", {"prompt": "hi"}, {"cf-aig-request-timeout": "20"})
    assert (refused.status, refused.json["name"], refused.json["internalCode"]) == (408, "AiError", 3046)
    assert [log.status for log in rooms(emulator).gateways.logs(ACCOUNT, "default")] == [408]


def step(model: str, query: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "provider": "workers-ai",
        "endpoint": model,
        "headers": {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        "query": query,
        **more,
    }


def test_the_first_step_that_answers_counts(fresh: Emulator) -> None:
    bad, good = step(MODEL, {"prompt": ""}), step("run/" + MODEL, {"prompt": "hi"})
    answer = post(fresh, f"{HOST}/default", [bad, good, good])
    assert answer.result["response"]
    assert answer.headers["cf-aig-step"] == "1"
    assert [(log["step"], log["status_code"]) for log in logs(fresh)] == [(1, 200), (0, 400)]
    assert len({log["id"] for log in logs(fresh)} | {answer.headers["cf-aig-request-id"]}) == 3


def test_a_step_that_nobody_can_take_is_passed_over(emulator: Emulator) -> None:
    answer = post(emulator, f"{HOST}/default", [{"provider": "nobody"}, step(MODEL, {"prompt": "hi"})])
    assert answer.headers["cf-aig-step"] == "1"
    refused = post(emulator, f"{HOST}/default", [step(MODEL, {"prompt": ""}), {"provider": "nobody"}])
    assert (refused.status, refused.json["internalCode"]) == (400, 2008)


def test_the_last_refusal_is_told(emulator: Emulator) -> None:
    refused = post(emulator, f"{HOST}/default", [step(MODEL, {"prompt": ""}), step("@cf/no/such", {"prompt": "hi"})])
    assert refused.error[:2] == (400, 7000)
    assert refused.headers["cf-aig-step"] == "1"


def test_a_step_may_stream(emulator: Emulator) -> None:
    answer = post(emulator, f"{HOST}/default", [step(MODEL, {"prompt": "hi", "stream": True})])
    assert answer.events[-1] == "[DONE]"
    assert len(answer.parts) > 2


def test_a_step_without_credentials_gets_the_apis_own_refusal(emulator: Emulator) -> None:
    alone = {"provider": "compat", "endpoint": "chat/completions", "query": {"model": f"workers-ai/{MODEL}", **CHAT}}
    refused = post(emulator, f"{HOST}/default", [alone], {"cf-aig-authorization": f"Bearer {TOKEN}"}, {})
    assert refused.error == (401, 10000, "Authentication error")


def test_a_step_has_a_configuration_of_its_own(stubborn: Callable[..., Emulator]) -> None:
    config = {"maxAttempts": 2, "retryDelay": 1, "backoff": "constant"}
    answer = post(stubborn(3040), f"{HOST}/default", [step(MODEL, {"prompt": "hi"}, config=config)])
    assert (answer.result["response"], answer.headers["cf-aig-step"]) == ("At last.", "0")


@pytest.mark.parametrize("body", [[], {}, "x", [1], None])
def test_a_universal_request_is_a_list_of_steps(emulator: Emulator, body: Any) -> None:
    assert post(emulator, f"{HOST}/default", body).error[:2] == (400, 6003)


# --- the log ----------------------------------------------------------------------------------------------------------
def test_a_request_is_logged_with_what_it_cost(fresh: Emulator) -> None:
    metadata = {"team": "docs", "n": 1}
    headers = {"cf-aig-metadata": json.dumps(metadata)}
    answer = post(fresh, f"{HOST}/default/workers-ai/v1/chat/completions", {"model": MODEL, **CHAT}, headers)
    (log,) = logs(fresh)
    usage = answer.json["usage"]
    assert log["id"] == answer.headers["cf-aig-log-id"]
    assert (log["provider"], log["model"], log["path"]) == ("workers-ai", MODEL, "v1/chat/completions")
    assert (log["tokens_in"], log["tokens_out"]) == (usage["prompt_tokens"], usage["completion_tokens"])
    assert log["cost"] > 0
    assert json.loads(log["metadata"]) == metadata
    assert (log["success"], log["cached"], log["custom_cost"]) == (True, False, False)


def test_a_cached_answer_costs_nothing_and_a_custom_cost_is_the_callers(fresh: Emulator) -> None:
    path, ttl = f"{HOST}/default/workers-ai/{MODEL}", {"cf-aig-cache-ttl": "60"}
    post(fresh, path, {"prompt": "hi"}, ttl | {"cf-aig-custom-cost": '{"total_cost":0.25}'})
    post(fresh, path, {"prompt": "hi"}, ttl)
    cached, first = logs(fresh)
    assert (first["cost"], first["custom_cost"]) == (0.25, True)
    assert (cached["cached"], cached["cost"], cached["tokens_in"]) == (True, 0.0, first["tokens_in"])


@pytest.mark.parametrize(("setting", "header", "kept"), [(True, "false", 0), (False, "true", 1), (False, "", 0)])
def test_the_caller_decides_what_is_logged(fresh: Emulator, setting: bool, header: str, kept: int) -> None:
    path = create(fresh, "quiet", collect_logs=setting)
    headers = {"cf-aig-collect-log": header} if header else {}
    answer = post(fresh, f"{path}/workers-ai/{MODEL}", {"prompt": "hi"}, headers)
    assert len(logs(fresh, "quiet")) == kept
    assert ("cf-aig-log-id" in answer.headers) is bool(kept)


def test_a_stream_is_logged_whole(fresh: Emulator) -> None:
    answer = post(fresh, f"{HOST}/default/workers-ai/{MODEL}", {"prompt": "hi", "stream": True})
    (log,) = logs(fresh)
    said = fresh.ask("GET", f"{MANAGED}/default/logs/{log['id']}/response", b"", BEARER)
    assert said.body == answer.body
    assert log["response_content_type"] == said.headers["content-type"].partition(";")[0] == "text/event-stream"


# --- cf-aig-gateway-id on the API -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"run/{MODEL}", {"prompt": "hi"}),
        ("run", {"model": MODEL, "input": {"prompt": "hi"}}),
        ("v1/chat/completions", {"model": MODEL, **CHAT}),
    ],
)
def test_a_request_of_the_api_goes_through_the_gateway_it_names(
    fresh: Emulator, path: str, body: dict[str, Any]
) -> None:
    through = post(fresh, f"{API}/{path}", body, {"cf-aig-gateway-id": "default"})
    assert through.status == 200, through.body
    assert cut(through) == cut(post(fresh, f"{API}/{path}", body))
    (log,) = logs(fresh)
    assert (log["id"], log["model"], log["path"]) == (through.headers["cf-aig-log-id"], MODEL, path)
    assert float(through.headers["cf-ai-neurons"]) > 0


def test_its_refusals_stay_those_of_the_route(emulator: Emulator) -> None:
    default = {"cf-aig-gateway-id": "default"}
    assert emulator.run(MODEL, {"prompt": ""}, default).error[:2] == (400, 5006)
    assert emulator.run("@cf/no/such", {"prompt": "hi"}, default).error[:2] == (400, 7000)
    unknown = default | {"authorization": f"Bearer {OTHER}"}
    assert emulator.run(MODEL, {"prompt": "hi"}, unknown).error[:2] == (401, 10000)


def test_it_is_cached_and_limited_like_any_other(fresh: Emulator) -> None:
    create(fresh, "small", cache_ttl=60, rate_limiting_limit=2, rate_limiting_interval=3600)
    found = [fresh.run(MODEL, {"prompt": "hi"}, {"cf-aig-gateway-id": "small"}) for _ in range(3)]
    assert [answer.headers.get("cf-aig-cache-status") for answer in found] == ["MISS", "HIT", None]
    assert found[2].body == (
        b'{"errors":[{"message":"Rate limited","code":2003}],"success":false,"result":{},"messages":[]}'
    )


def test_a_form_does_not_pass(emulator: Emulator) -> None:
    form = b'--b\r\ncontent-disposition: form-data; name="prompt"\r\n\r\na cat\r\n--b--\r\n'
    headers = BEARER | {"content-type": "multipart/form-data; boundary=b", "cf-aig-gateway-id": "default"}
    refused = emulator.ask("POST", f"{API}/run/@cf/black-forest-labs/flux-2-klein-4b", form, headers)
    assert refused.error == (500, 7000, "Invalid request body")
    del headers["cf-aig-gateway-id"]
    assert emulator.ask(
        "POST", f"{HOST}/default/workers-ai/@cf/black-forest-labs/flux-2-klein-4b", form, headers
    ).result


# --- beside it --------------------------------------------------------------------------------------------------------
def test_a_request_has_one_line_in_the_journal(fresh: Emulator) -> None:
    post(fresh, f"{HOST}/default", [step(MODEL, {"prompt": ""}), step(MODEL, {"prompt": "hi"})])
    (entry,) = [entry for entry in rooms(fresh).journal if entry.account == ACCOUNT]
    assert (entry.surface, entry.account, entry.status, entry.model) == ("gateway", ACCOUNT, 200, MODEL)
    assert entry.path == f"{HOST}/default"
    assert entry.answer is not None
    assert entry.error is None


def test_pages_of_other_origins_may_ask(emulator: Emulator) -> None:
    answer = post(emulator, f"{HOST}/default/workers-ai/{MODEL}", {"prompt": "hi"}, {"origin": "http://localhost:5173"})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:5173"


def test_what_the_server_asks_itself_with_is_nobodys_to_guess(emulator: Emulator) -> None:
    """And it never comes out: neither in an answer nor in the log."""
    secret = rooms(emulator).accounts.vouched
    body = {"model": "nosuchvendor/some-model", **CHAT}
    refused = post(emulator, f"{HOST}/default/compat/chat/completions", body)
    assert secret not in refused.body + repr(refused.headers).encode()
    assert len(secret) > 60


def test_a_client_that_leaves_ends_the_step() -> None:
    emulator = Emulator(pacing="30000ms,0ms")
    body = json.dumps({"prompt": "hi", "stream": True}).encode()
    messages = [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]
    path = f"{HOST}/default/workers-ai/{MODEL}"
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in BEARER.items()],
    }

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        pass

    asyncio.run(asyncio.wait_for(emulator.app(scope, receive, send), 5))
    (entry,) = rooms(emulator).journal
    assert entry.status == 499


# --- models of other providers, and a Worker's binding ----------------------------------------------------------------
GPT = {"model": "openai/gpt-4.1", **CHAT}


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("compat/chat/completions", GPT, BEARER),
        ("openai/chat/completions", GPT | {"model": "gpt-4.1"}, BEARER),
        (
            "openai/v1/chat/completions",
            GPT | {"model": "gpt-4.1"},
            {"authorization": "Bearer sk-of-the-provider", "cf-aig-authorization": f"Bearer {TOKEN}"},
        ),
    ],
)
def test_another_providers_model_answers(
    fresh: Emulator, path: str, body: dict[str, Any], headers: dict[str, str]
) -> None:
    answer = post(fresh, f"{HOST}/default/{path}", body, {}, headers)
    assert answer.status == 200, answer.body
    assert answer.json["choices"][0]["message"]["content"]
    assert (answer.headers["cf-aig-provider"], answer.headers["cf-aig-model"]) == ("openai", "openai/gpt-4.1")


@pytest.mark.parametrize(
    ("named", "model"),
    [
        ("claude-sonnet-4-5", "anthropic/claude-sonnet-4.5"),
        ("claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4.5"),
        ("claude-sonnet-4-20250514", "anthropic/claude-sonnet-4"),
        ("claude-opus-5", "anthropic/claude-opus-5"),
        ("anthropic/claude-haiku-4.5", "anthropic/claude-haiku-4.5"),
    ],
)
def test_anthropics_models_answer_to_the_names_that_anthropic_gives_them(
    fresh: Emulator, named: str, model: str
) -> None:
    answer = post(fresh, f"{HOST}/default/anthropic/v1/messages", CHAT | {"model": named, "max_tokens": 9}, {}, BEARER)
    assert (answer.status, answer.headers.get("cf-aig-model")) == (200, model), answer.body


def test_a_provider_needs_a_key_where_nothing_else_pays(fresh: Emulator) -> None:
    rooms(fresh).gateways.create(ACCOUNT, "open", {}, 0.0)
    alone = {"cf-aig-no-wholesale": "true"}
    assert post(fresh, f"{HOST}/open/openai/chat/completions", GPT, alone, {}).json["internalCode"] == 2040
    with_key = alone | {"authorization": "Bearer sk-of-the-provider"}
    assert post(fresh, f"{HOST}/open/openai/chat/completions", GPT, with_key, {}).status == 200


def test_an_account_without_credits_is_told_so(tmp_path: Path) -> None:
    seeds = tmp_path / "accounts.json"
    token = {"value": TOKEN, "permissions": ["Workers AI Write"], "accounts": [ACCOUNT]}
    seeds.write_text(json.dumps({"accounts": [{"id": ACCOUNT, "credits": False}], "tokens": [token], "keys": []}))
    refused = post(Emulator(accounts=seeds), f"{HOST}/default/compat/chat/completions", GPT)
    assert (refused.status, refused.json["internalCode"]) == (402, 2021)
    assert refused.json["message"].startswith("Insufficient unified billing credits.")


def test_a_workers_binding_passes_through_the_gateway_of_its_options(fresh: Emulator) -> None:
    def ask(model: str, gateway: dict[str, Any]) -> Response:
        body = {"inputs": {"prompt": "hi"}, "options": {"gateway": gateway}}
        return post(fresh, "/ai-gateway/run?version=3", body, {"cf-consn-model-id": model}, {})

    cached = {"id": "default", "cacheTtl": 60}
    found = [ask(model, cached) for model in (MODEL, MODEL, "@cf/meta/llama-3.2-3b-instruct")]
    assert [cache_status(answer) for answer in found] == ["MISS", "HIT", "MISS"]
    assert [answer.headers["cf-aig-model"] for answer in found] == [MODEL, MODEL, "@cf/meta/llama-3.2-3b-instruct"]
    assert "response" in found[0].json
    assert ask(MODEL, {"id": "none"}).json["internalCode"] == 2001


def test_steps_of_a_workers_binding_need_no_credentials(fresh: Emulator) -> None:
    alone = {"provider": "workers-ai", "endpoint": MODEL, "headers": {}, "query": {"prompt": "hi"}}
    answer = post(fresh, "/ai-gateway/universal/run/default", [alone], {}, {})
    assert answer.result["response"]
    log = fresh.ask("GET", f"/ai-gateway/gateways/default/logs/{answer.headers['cf-aig-log-id']}")
    assert log.result["model"] == MODEL


@pytest.mark.parametrize(
    ("tail", "status"),
    [
        ("workers-ai?model=@cf/deepgram/nova-3", "websocket.accept"),
        ("workers-ai/@cf/deepgram/nova-3", "websocket.accept"),
        ("openai/realtime", "websocket.close"),
    ],
)
def test_a_socket_leads_to_a_realtime_model(emulator: Emulator, tail: str, status: str) -> None:
    path, _, query = f"{HOST}/default/{tail}".partition("?")
    messages = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}]
    sent: list[str] = []
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"cf-aig-authorization", BEARER["authorization"].encode())],
        "subprotocols": [],
    }

    async def receive() -> Any:
        return messages.pop(0) if messages else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(asyncio.wait_for(emulator.app(scope, receive, send), 10))
    assert sent[0] == status
