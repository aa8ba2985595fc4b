import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from harness import ACCOUNT, BEARER, Emulator

from mock_server.api.breaking import Severed, damaged
from mock_server.testing import Account, MockServer

MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8"
OPENAI = "@cf/google/gemma-4-26b-a4b-it"
STREAM = {"prompt": "hi", "stream": True}


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return Emulator(agreements="given")


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


@pytest.fixture
def account(server: MockServer) -> Account:
    return server.account()


def events(body: bytes) -> list[bytes]:
    return body.split(b"\n\n")[:-1]


def run(emulator: Emulator, fault: str, inputs: Any = STREAM) -> Any:
    return emulator.run(MODEL, inputs, {"x-mock-fault": fault} if fault else None)


# --- what is sent, byte for byte --------------------------------------------------------------------------------------
@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_an_ended_stream_has_so_many_events_and_a_proper_end(emulator: Emulator, after: int) -> None:
    whole = run(emulator, "").body
    assert events(run(emulator, f"end:{after}").body) == events(whole)[:after]


def test_a_stream_shorter_than_the_fault_wants_is_broken_at_its_end(emulator: Emulator) -> None:
    whole = events(run(emulator, "").body)
    assert events(run(emulator, "end:999").body) == whole[:-1]
    assert run(emulator, "malformed:999").body.endswith(b"]ENOD[ :atad")
    assert b'"errors"' in events(run(emulator, "error-frame:999").body)[-1]


def test_a_stream_without_done_has_everything_else(emulator: Emulator) -> None:
    whole = events(run(emulator, "").body)
    assert whole[-1] == b"data: [DONE]"
    assert events(run(emulator, "no-done").body) == whole[:-1]


def test_a_truncated_stream_ends_in_the_middle_of_an_event(emulator: Emulator) -> None:
    whole = events(run(emulator, "").body)
    body = run(emulator, "truncate:2").body
    assert body.startswith(b"\n\n".join(whole[:2]))
    rest = body.removeprefix(b"\n\n".join(whole[:2]) + b"\n\n")
    assert whole[2].startswith(rest)
    assert 0 < len(rest) < len(whole[2])


def test_a_malformed_stream_has_one_event_that_is_no_json(emulator: Emulator) -> None:
    whole, broken = events(run(emulator, "").body), events(run(emulator, "malformed:1").body)
    assert [at for at, pair in enumerate(zip(whole, broken, strict=True)) if pair[0] != pair[1]] == [1]
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken[1].removeprefix(b"data: "))


def test_an_error_in_a_stream_has_the_shape_of_its_surface(emulator: Emulator) -> None:
    frame = json.loads(events(run(emulator, "error-frame:2").body)[2].removeprefix(b"data: "))
    assert frame["errors"][0]["code"] == 3043
    body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "stream": True}).encode()
    path = f"/client/v4/accounts/{ACCOUNT}/ai/v1/chat/completions"
    said = emulator.ask("POST", path, body, BEARER | {"x-mock-fault": "error-frame:2"})
    assert b"3043" in events(said.body)[2]
    assert len(events(said.body)) == 3


@pytest.mark.parametrize("inputs", [{"prompt": "hi"}, STREAM], ids=["whole", "stream"])
def test_an_empty_body_and_a_garbled_one_come_with_good_headers(emulator: Emulator, inputs: Any) -> None:
    good, empty, garbage = (run(emulator, fault, inputs) for fault in ("", "empty", "garbage"))
    assert empty.status == garbage.status == 200
    assert empty.headers["content-type"] == garbage.headers["content-type"] == good.headers["content-type"]
    assert empty.body == b""
    assert len(garbage.body) == 256
    assert garbage.body == run(emulator, "garbage", inputs).body


@pytest.mark.parametrize("inputs", [{"prompt": "hi"}, STREAM], ids=["whole", "stream"])
def test_a_wrong_content_type_stands_over_the_right_body(emulator: Emulator, inputs: Any) -> None:
    good, wrong = run(emulator, "", inputs), run(emulator, "content-type", inputs)
    assert wrong.headers["content-type"] == "text/html"
    assert wrong.body == good.body
    assert run(emulator, "content-type:text/plain", inputs).headers["content-type"] == "text/plain"


def test_a_whole_answer_is_truncated_to_half_with_the_length_to_it(emulator: Emulator) -> None:
    good, half = run(emulator, "", {"prompt": "hi"}), run(emulator, "truncate", {"prompt": "hi"})
    assert half.body == good.body[: len(good.body) // 2]
    assert half.headers["content-length"] == str(len(half.body))


def test_a_malformed_answer_is_no_json(emulator: Emulator) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(run(emulator, "malformed", {"prompt": "hi"}).body)


def test_a_picture_can_be_damaged_too(emulator: Emulator) -> None:
    model, inputs = "@cf/bytedance/stable-diffusion-xl-lightning", {"prompt": "a house"}
    good = emulator.run(model, inputs).body
    assert emulator.run(model, inputs, {"x-mock-fault": "malformed"}).body == damaged(good) != good
    assert emulator.run(model, inputs, {"x-mock-fault": "truncate"}).body == good[: len(good) // 2]


def test_a_fault_changes_nothing_for_the_next_request(emulator: Emulator) -> None:
    good = run(emulator, "", {"prompt": "again"}).body
    for fault in ("garbage", "truncate", "malformed", "empty"):
        run(emulator, fault, {"prompt": "again"})
        assert run(emulator, "", {"prompt": "again"}).body == good


@pytest.mark.parametrize("fault", ["close", "reset", "cut:2"])
def test_without_a_socket_a_broken_connection_is_an_exception(emulator: Emulator, fault: str) -> None:
    with pytest.raises(Severed):
        run(emulator, fault)
    assert issubclass(Severed, ConnectionResetError)


@pytest.mark.parametrize("inputs", [{"prompt": "hi"}, STREAM], ids=["whole", "stream"])
@pytest.mark.parametrize("fault", ["hang", "stall:2"])
def test_silence_lasts_until_the_client_goes_away(emulator: Emulator, fault: str, inputs: Any) -> None:
    sent: list[Any] = []

    async def session() -> None:
        left = asyncio.Event()
        body = [{"type": "http.request", "body": json.dumps(inputs).encode(), "more_body": False}]

        async def receive() -> Any:
            if body:
                return body.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        path = f"/client/v4/accounts/{ACCOUNT}/ai/run/{MODEL}"
        headers = [(b"authorization", BEARER["authorization"].encode()), (b"x-mock-fault", fault.encode())]
        scope = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": headers, "http_version": "1.1",
        }  # fmt: skip
        task = asyncio.ensure_future(emulator.app(scope, receive, send))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not task.done()
        left.set()
        await task

    asyncio.run(session())
    parts = [message.get("body") for message in sent if message["type"] == "http.response.body"]
    assert len(parts) == (0 if fault == "hang" else 2 if inputs is STREAM else 1)
    assert emulator.ask("GET", "/_mock/journal?limit=1").json["entries"][0]["status"] == 499


# --- what clients see -------------------------------------------------------------------------------------------------
def post(account: Account, fault: str, inputs: Any = STREAM, timeout: float = 5.0) -> httpx.Response:
    url = account.run_url(MODEL)
    headers = account.headers | {"x-mock-fault": fault}
    with httpx.Client(trust_env=False, timeout=timeout) as client:
        return client.post(url, json=inputs, headers=headers)


@pytest.mark.parametrize("inputs", [{"prompt": "hi"}, STREAM], ids=["whole", "stream"])
def test_httpx_sees_a_connection_reset(account: Account, inputs: Any) -> None:
    with pytest.raises(httpx.ReadError):
        post(account, "reset", inputs)


def test_httpx_sees_a_connection_closed(account: Account) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        post(account, "close")


@pytest.mark.parametrize("inputs", [{"prompt": "hi"}, STREAM], ids=["whole", "stream"])
def test_httpx_sees_that_an_answer_was_cut(account: Account, inputs: Any) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        post(account, "cut:2", inputs)


@pytest.mark.parametrize("fault", ["hang", "stall:1"])
def test_httpx_times_out_on_silence(account: Account, fault: str) -> None:
    with pytest.raises(httpx.ReadTimeout):
        post(account, fault, timeout=0.1)


def test_latency_is_waited_for(account: Account) -> None:
    begun = time.perf_counter()
    assert post(account, "latency:60ms").status_code == 200
    assert post(account, "500,latency:60ms").status_code == 500
    assert time.perf_counter() - begun >= 0.12


def test_nothing_of_a_broken_connection_is_logged_as_a_bug(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    for fault in ("reset", "close", "cut:1"):
        with pytest.raises(httpx.TransportError):
            post(account, fault)
    assert post(account, "truncate").status_code == 200
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


# --- what SDKs do -----------------------------------------------------------------------------------------------------
def test_the_cloudflare_sdk_tries_again_and_gets_its_answer(account: Account) -> None:
    cloudflare = pytest.importorskip("cloudflare")
    account.fault({"error": 3040, "retry_after": "5ms"}, times=2)
    client = cloudflare.Cloudflare(api_token=account.token, base_url=account.base_url)
    result = client.ai.run(MODEL, account_id=account.id, prompt="hi")
    assert result["response"]
    assert [entry["status"] for entry in account.journal()] == [429, 429, 200]
    account.assert_resilient()


def test_the_openai_sdk_tries_again_after_trouble_with_the_connection(account: Account) -> None:
    openai = pytest.importorskip("openai")
    account.fault("reset", times=1)
    account.fault({"error": 500, "retry_after": "5ms"}, times=1)
    with openai.OpenAI(api_key=account.token, base_url=account.openai_base_url) as client:
        said = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "hi"}])
    assert said.choices[0].message.content
    assert [entry["fault"] for entry in account.journal()] == ["error:3043", "reset", ""]


def test_the_openai_sdk_raises_on_a_cut_stream_and_on_an_error_in_one(account: Account) -> None:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(api_key=account.token, base_url=account.openai_base_url, max_retries=0) as client:
        for fault in ("cut:2", "malformed:2"):
            account.fault(fault, times=1)
            stream = client.chat.completions.create(
                model=OPENAI, messages=[{"role": "user", "content": "hi"}], stream=True
            )
            with pytest.raises((httpx.HTTPError, openai.APIError, json.JSONDecodeError)):
                list(stream)
