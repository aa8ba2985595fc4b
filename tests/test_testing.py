"""``mock_server.testing``: the emulator inside somebody's test run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from pytest_httpx import HTTPXMock

from mock_server.errors import MockError
from mock_server.testing import MockServer, Remote

LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8"
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


@pytest.fixture(scope="module")
def inside() -> Iterator[MockServer]:
    with MockServer(socket=False) as server:
        yield server


def test_a_server_in_a_thread_answers_on_a_free_port(server: MockServer) -> None:
    account = server.account()
    answer = httpx.post(account.run_url(LLAMA), json=HELLO, headers=account.headers)
    assert answer.json()["success"]
    assert account.last["inputs"] == HELLO


def test_two_accounts_of_a_server_do_not_meet(server: MockServer) -> None:
    one, other = server.account(), server.account()
    one.stub({"model": LLAMA}, "only for one")
    said = [
        httpx.post(account.run_url(LLAMA), json=HELLO, headers=account.headers).json()["result"]["response"]
        for account in (one, other)
    ]
    assert said[0] == "only for one" != said[1]
    assert len(one.journal()) == len(other.journal()) == 1
    one.reset()
    assert (len(one.journal()), len(other.journal())) == (0, 1)
    assert one.stubs() == []


def test_a_client_without_a_socket_is_answered(inside: MockServer) -> None:
    account = inside.account()
    with httpx.Client(transport=inside.transport()) as client:
        answer = client.post(account.run_url(LLAMA), json=HELLO, headers=account.headers)
    assert answer.json()["result"]["response"]
    assert account.verify({"model": LLAMA}) == [account.last["id"]]


def test_a_stream_without_a_socket_comes_in_parts(inside: MockServer) -> None:
    account = inside.account()
    with (
        httpx.Client(transport=inside.transport()) as client,
        client.stream("POST", account.run_url(LLAMA), json={**HELLO, "stream": True}, headers=account.headers) as got,
    ):
        parts = list(got.iter_raw())
    assert len(parts) > 3
    assert parts[-1] == b"data: [DONE]\n\n"


def test_an_asynchronous_client_without_a_socket_is_answered(inside: MockServer) -> None:
    account = inside.account()

    async def ask() -> tuple[httpx.Response, list[bytes]]:
        async with httpx.AsyncClient(transport=inside.async_transport()) as client:
            whole = await client.post(account.run_url(LLAMA), json=HELLO, headers=account.headers)
            async with client.stream(
                "POST", account.run_url(LLAMA), json={**HELLO, "stream": True}, headers=account.headers
            ) as got:
                return whole, [part async for part in got.aiter_raw()]

    whole, parts = asyncio.run(ask())
    assert whole.json()["success"]
    assert parts[-1] == b"data: [DONE]\n\n"


def test_a_stream_that_is_left_early_ends(inside: MockServer) -> None:
    account = inside.account()
    headers = {**account.headers, "x-mock-pacing": "10000ms,10000ms"}
    with (
        httpx.Client(transport=inside.transport()) as client,
        client.stream("POST", account.run_url(LLAMA), json={**HELLO, "stream": True}, headers=headers) as got,
    ):
        assert got.status_code == 200
    while not account.journal():  # it is noted when the emulator has seen that nobody listens
        pass
    assert account.last["status"] == 499


def test_what_goes_to_cloudflare_is_answered_through_httpx_mock(inside: MockServer, httpx_mock: HTTPXMock) -> None:
    inside.answer_httpx(httpx_mock)
    account = inside.account()
    url = f"https://api.cloudflare.com/client/v4/accounts/{account.id}/ai/run/{LLAMA}"
    assert httpx.post(url, json=HELLO, headers=account.headers).json()["success"]
    refused = httpx.post(url, json=HELLO)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, 10000)


def test_an_asynchronous_client_is_answered_through_httpx_mock(inside: MockServer, httpx_mock: HTTPXMock) -> None:
    inside.answer_httpx(httpx_mock)
    account = inside.account()
    url = f"https://api.cloudflare.com/client/v4/accounts/{account.id}/ai/run/{LLAMA}"

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.post(url, json=HELLO, headers=account.headers)

    assert asyncio.run(ask()).json()["success"]


def test_a_failed_verification_says_what_came_nearest(server: MockServer) -> None:
    account = server.account()
    httpx.post(account.run_url(LLAMA), json=HELLO, headers=account.headers)
    with pytest.raises(AssertionError) as failure:
        account.verify({"inputs.messages.-1.content": "Goodbye"})
    assert str(failure.value).splitlines()[0] == "expected at least 1 matching, found 0 among 1 requests"
    assert 'inputs.messages.-1.content: wanted "Goodbye", was "Hello"' in str(failure.value)


def test_what_the_control_refuses_fails_the_test_with_its_words(server: MockServer) -> None:
    with pytest.raises(AssertionError, match="unknown field, did you mean model"):
        server.account().stub({"modle": LLAMA}, "hello")


def test_settings_are_those_of_the_command_line() -> None:
    with pytest.raises(MockError, match="--plan: 'gold' is not accepted"):
        MockServer(plan="gold")


def test_a_server_that_nobody_runs_is_named() -> None:
    with pytest.raises(AssertionError, match=r"no emulator answers at http://127\.0\.0\.1:9"):
        Remote("http://127.0.0.1:9").account().journal()


def test_code_that_hurries_after_trouble_is_not_resilient(server: MockServer) -> None:
    account = server.account()
    account.fault({"error": 4006})
    for _ in range(3):  # the allowance is used up until tomorrow: asking again cannot succeed
        httpx.post(account.run_url(LLAMA), json=HELLO, headers=account.headers)
    with pytest.raises(AssertionError):
        account.assert_resilient()


def test_an_account_moves_its_own_clock_only(server: MockServer) -> None:
    account, other = server.account(), server.account()
    account.clock(freeze=True, set="2031-05-06T07:08:09Z")
    for one in (account, other):
        httpx.post(one.run_url(LLAMA), json=HELLO, headers=one.headers)
    assert account.last["at"] == "2031-05-06T07:08:09.000Z"
    assert not other.last["at"].startswith("2031")


def test_clients_are_pointed_by_the_environment(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    import cloudflare
    import openai

    account = server.account()
    for name, value in account.env.items():
        monkeypatch.setenv(name, value)
    answer = cloudflare.Cloudflare().ai.run(LLAMA, account_id=account.id, prompt="Hello")
    assert answer["response"]  # type: ignore[index] # the SDK's union has no plain mapping
    said = openai.OpenAI().chat.completions.create(model=LLAMA, messages=[{"role": "user", "content": "Hello"}])
    assert said.choices[0].message.content
    assert [entry["surface"] for entry in account.journal()] == ["native", "openai"]
