import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator, Response

EMBEDDER = "@cf/baai/bge-m3"
CHAT = "@cf/meta/llama-3.3-70b-instruct-fp8-fast"
OTHER = "0a1b2c3d4e5f60718293a4b5c6d7e8f0"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch


def ask(
    emulator: Emulator, model: str, body: Any, query: str = "?queueRequest=true", account: str = ACCOUNT
) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return emulator.ask("POST", f"/client/v4/accounts/{account}/ai/run/{model}{query}", data, BEARER)


def finished(emulator: Emulator, model: str, body: Any) -> Any:
    queued = ask(emulator, model, body).result
    return ask(emulator, model, {"request_id": queued["request_id"]}).result


def test_a_batch_is_queued_under_an_id(emulator: Emulator) -> None:
    response = ask(emulator, EMBEDDER, {"requests": [{"text": "a"}]})
    assert list(response.json) == ["result", "success", "errors", "messages"]
    assert list(response.result) == ["status", "request_id", "model"]
    assert (response.result["status"], response.result["model"]) == ("queued", EMBEDDER)
    assert UUID(response.result["request_id"])


@pytest.mark.parametrize("query", ["", "?queueRequest=true"])
def test_its_answers_are_fetched_by_the_id_with_or_without_the_query(emulator: Emulator, query: str) -> None:
    queued = ask(emulator, EMBEDDER, {"requests": [{"text": "a", "external_reference": "first"}, {"text": "b"}]}).result
    done = ask(emulator, EMBEDDER, {"request_id": queued["request_id"]}, query).result
    assert list(done) == ["responses", "usage"]
    assert [list(item) for item in done["responses"]] == [["id", "result", "success", "external_reference"]] * 2
    assert [(item["id"], item["external_reference"]) for item in done["responses"]] == [(0, "first"), (1, None)]
    for item, text in zip(done["responses"], "ab", strict=True):
        assert item["result"] == emulator.run(EMBEDDER, {"text": text}).result
    assert ask(emulator, EMBEDDER, {"request_id": queued["request_id"]}).result == done


def test_a_job_waits_and_runs_as_long_as_set(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator(batch_duration="3600s,3600s", clock=1_800_000_000.0)
    queued = ask(emulator, CHAT, {"requests": [{"prompt": "Hello"}]}).result
    clock = emulator.app._serving.pipeline.clock  # type: ignore[attr-defined]
    seen = []
    for _ in range(3):
        seen.append(ask(emulator, CHAT, {"request_id": queued["request_id"]}).result)
        clock.advance(3600)
    assert [state.get("status") for state in seen] == ["queued", "running", None]
    assert list(seen[1]) == ["status", "request_id", "model"]
    assert seen[2]["responses"][0]["success"] is True


def test_an_item_fails_alone_with_the_error_of_the_same_request_alone(emulator: Emulator) -> None:
    requests = [{"text": "fine"}, {"text": 7, "external_reference": "odd"}, "nonsense", {"text": "fine, too"}]
    items = finished(emulator, EMBEDDER, {"requests": requests})["responses"]
    assert [item["success"] for item in items] == [True, False, False, True]
    assert list(items[1]) == ["id", "success", "error", "external_reference"]
    assert items[1]["external_reference"] == "odd"
    _, code, message = emulator.run(EMBEDDER, {"text": 7}).error
    assert items[1]["error"]["code"] == code == 5006
    assert items[1]["error"]["message"].rpartition(" (")[0] == message.rpartition(" (")[0]
    assert "Type mismatch of '/', 'object' not in 'string'" in items[2]["error"]["message"]


def test_usage_is_the_sum_of_the_items(emulator: Emulator) -> None:
    requests = [
        {"prompt": "Tell me a joke"},
        {"messages": [{"role": "user", "content": "Hello there"}], "stream": True},
    ]
    done = finished(emulator, CHAT, {"requests": requests})
    bills = [item["result"]["usage"] for item in done["responses"]]
    for count in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert done["usage"][count] == sum(bill[count] for bill in bills)
    assert done["usage"]["neurons"] == pytest.approx(sum(bill["neurons"] for bill in bills), rel=1e-6)


def test_what_was_worked_off_once_is_billed_once(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator()
    queued = ask(emulator, CHAT, {"requests": [{"prompt": "a"}, {"prompt": "b"}]}).result
    for _ in range(3):
        ask(emulator, CHAT, {"request_id": queued["request_id"]})
    ledger = emulator.app._serving.pipeline.ledger  # type: ignore[attr-defined]
    assert ledger.of(ACCOUNT)[CHAT].requests == 2


def test_without_the_query_a_batch_is_answered_at_once(emulator: Emulator) -> None:
    at_once = ask(emulator, EMBEDDER, {"requests": [{"text": "a"}]}, "").result
    assert at_once == finished(emulator, EMBEDDER, {"requests": [{"text": "a"}]})


def test_inputs_that_are_no_batch_are_queued_as_one_item(emulator: Emulator) -> None:
    prompt = {"messages": [{"role": "user", "content": "Hello"}]}
    emulator.run(CHAT, prompt)  # what is known of a body does not keep it from the queue
    done = finished(emulator, CHAT, prompt)
    assert done["responses"][0]["result"]["response"] == emulator.run(CHAT, prompt).result["response"]


def test_raw_bytes_are_queued_too(emulator: Emulator) -> None:
    entry = finished(emulator, "@cf/deepgram/nova-3", b"no audio at all")["responses"][0]
    assert (entry["id"], entry["success"]) == (0, False)


def test_bytes_come_as_base64(emulator: Emulator) -> None:
    entry = finished(emulator, "@cf/deepgram/aura-1", {"requests": [{"text": "Hello", "encoding": "mp3"}]})[
        "responses"
    ][0]
    assert list(entry["result"]) == ["audio"]


@pytest.mark.parametrize("request_id", ["4ffa2b2c-4b3c-4b0e-8d6b-8d2f3d3c4b5a", "", 7, None, ["x"]])
def test_an_id_that_is_none_is_refused(emulator: Emulator, request_id: Any) -> None:
    status, code, _ = ask(emulator, EMBEDDER, {"request_id": request_id}).error
    assert (status, code) in ((400, 8001), (400, 5006))


def test_another_accounts_id_is_unknown(emulator: Emulator) -> None:
    queued = ask(emulator, EMBEDDER, {"requests": [{"text": "a"}]}, account=OTHER).result
    assert ask(emulator, EMBEDDER, {"request_id": queued["request_id"]}).error[:2] == (400, 8001)
    assert ask(emulator, EMBEDDER, {"request_id": queued["request_id"]}, account=OTHER).status == 200


def test_a_model_that_takes_no_batches_refuses_one_by_its_schema(emulator: Emulator) -> None:
    model = "@cf/meta/llama-3.1-8b-instruct-fp8"
    assert ask(emulator, model, {"requests": [{"prompt": "a"}]}).error[:2] == (400, 5006)
    assert ask(emulator, model, {"request_id": "x"}).error[:2] == (400, 5006)
    assert "response" in ask(emulator, model, {"prompt": "a"}).result  # and leaves the query alone


@pytest.mark.parametrize("requests", ["text", {"text": "a"}, 7])
def test_requests_that_are_no_list_are_refused(emulator: Emulator, requests: Any) -> None:
    assert ask(emulator, EMBEDDER, {"requests": requests}).error[:2] == (400, 5006)


def test_an_empty_batch_is_done_with_nothing(emulator: Emulator) -> None:
    assert finished(emulator, EMBEDDER, {"requests": []})["responses"] == []


def test_a_batch_has_ten_megabytes_at_most(emulator: Emulator) -> None:
    body = json.dumps({"requests": [{"text": "x" * 10_486_000}]}).encode()
    assert ask(emulator, EMBEDDER, body).error[:2] == (413, 3006)


def test_a_batch_within_a_batch_is_not_asked(emulator: Emulator) -> None:
    items = finished(emulator, EMBEDDER, {"requests": [{"requests": [{"text": "a"}]}, {"request_id": "x"}]})[
        "responses"
    ]
    assert [item["success"] for item in items] == [False, False]


def test_a_fault_in_the_header_strikes_the_request_and_no_item(emulator: Emulator) -> None:
    path = f"/client/v4/accounts/{ACCOUNT}/ai/run/{EMBEDDER}?queueRequest=true"
    body = json.dumps({"requests": [{"text": "a"}]}).encode()
    assert emulator.ask("POST", path, body, BEARER | {"x-mock-fault": "3040"}).error[:2] == (429, 3040)
