import asyncio
import json
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator

from mock_server import limits
from mock_server.catalog import Catalog
from mock_server.errors import ApiError, MockError
from mock_server.exchange import Call
from mock_server.limits import OFF, REAL, Limits, Numbers, parse

MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8"
SMALL = "@cf/baai/bge-small-en-v1.5"
CATALOG = Catalog.load()


def call(model: str = MODEL, now: float = 0.0, account: str = ACCOUNT, surface: str = "native", **options: Any) -> Call:
    found = CATALOG.find(model)
    assert found is not None
    return Call(account, found, {}, "", now, surface, options=options)


async def passes(rules: Limits, *calls: Call, free: bool = False, spent: float = 0.0) -> list[int]:
    codes = []
    for one in calls:
        try:
            await rules.admit(one, free=free, spent=spent)
            codes.append(200)
        except ApiError as error:
            codes.append(error.row.code)
    return codes


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("off", OFF),
        ("real", REAL),
        ("rpm=5", Numbers(rpm=5)),
        ("rpm=5, neurons=0.5 ,concurrency=2", Numbers(5, 0.5, 2)),
        ("neurons=0", Numbers(neurons=0.0)),
    ],
)
def test_limits_are_read_from_their_text(text: str, numbers: Numbers) -> None:
    assert parse(text, "--limits") == numbers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is not accepted"),
        ("rael", "did you mean real"),
        ("rmp=5", "did you mean rpm"),
        ("rpm", "'rpm' is not accepted"),
        ("rpm=5,rpm=6", "'rpm=6' is not accepted"),
        ("rpm=five", "rpm=five is not accepted; accepted: a whole number from 0"),
        ("rpm=-1", "a whole number from 0"),
        ("rpm=1.5", "a whole number from 0"),
        ("neurons=nan", "a number from 0"),
        ("neurons=inf", "a number from 0"),
        ("concurrency=0", "a whole number from 1"),
    ],
)
def test_limits_that_are_not_understood_say_what_is_accepted(text: str, said: str) -> None:
    with pytest.raises(MockError, match=r"^--limits: ") as caught:
        Limits(text)
    assert said in str(caught.value)


def test_the_minute_slides_and_each_model_has_its_own() -> None:
    rules = Limits("rpm=2")
    asked = [call(now=0), call(now=30), call(now=59), call(SMALL, 59), call(now=60), call(now=61)]
    assert asyncio.run(passes(rules, *asked)) == [200, 200, 3021, 200, 200, 3021]


def test_a_clock_that_is_set_back_does_not_lock_an_account_out() -> None:
    rules = Limits("rpm=1")
    assert asyncio.run(passes(rules, call(now=1_000_000), call(now=10), call(now=11))) == [200, 200, 3021]


@pytest.mark.parametrize(
    ("model", "surface", "rate"),
    [
        (MODEL, "native", 300),
        (SMALL, "native", 3000),
        ("@cf/baai/bge-large-en-v1.5", "native", 1500),
        ("@cf/openai/whisper", "native", 720),
        ("@cf/moonshotai/kimi-k2.6", "openai", 20),
        ("@cf/moonshotai/kimi-k2.6", "gateway", 50),
        ("@cf/zai-org/glm-5.2", "native", 20),
        ("@cf/myshell-ai/melotts", "native", None),
    ],
)
def test_published_rates_are_those_of_the_task_unless_the_model_has_its_own(
    model: str, surface: str, rate: int | None
) -> None:
    found = CATALOG.find(model)
    assert found is not None
    assert limits.per_minute(found, surface) == rate


def test_the_published_allowance_is_for_the_free_plan_and_a_number_of_ones_own_for_every_plan() -> None:
    assert Limits("real").allowance(ACCOUNT, free=True) == 10_000
    assert Limits("real").allowance(ACCOUNT, free=False) is None
    assert Limits("neurons=7").allowance(ACCOUNT, free=False) == 7
    assert Limits("off").allowance(ACCOUNT, free=True) is None


def test_the_allowance_is_asked_before_the_rate() -> None:
    rules = Limits("rpm=0,neurons=5")
    assert asyncio.run(passes(rules, call(), spent=5.0)) == [4006]
    assert asyncio.run(passes(rules, call(), spent=4.9)) == [3021]


def test_a_full_house_refuses_at_once_who_will_not_wait() -> None:
    async def session() -> list[int]:
        rules = Limits("concurrency=1")
        first = call()
        codes = await passes(rules, first, call(rejectIfBusy=True), call(account="f" * 32))
        rules.leave(first)
        rules.leave(first)
        return codes + await passes(rules, call(rejectIfBusy=True), call(rejectIfBusy=True))

    assert asyncio.run(session()) == [200, 3040, 200, 200, 3040]


def test_others_wait_for_a_place_in_the_order_they_came() -> None:
    async def session() -> list[str]:
        rules, order = Limits("concurrency=1"), []
        first = call()
        await rules.admit(first, free=False, spent=0)

        async def later(name: str) -> None:
            mine = call()
            await rules.admit(mine, free=False, spent=0)
            order.append(name)
            rules.leave(mine)

        tasks = [asyncio.ensure_future(later(name)) for name in "abc"]
        await asyncio.sleep(0)
        assert order == []
        rules.leave(first)
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(session()) == ["a", "b", "c"]


def test_who_waits_too_long_is_refused_and_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 0.01)

    async def session() -> list[int]:
        rules = Limits("concurrency=1")
        first = call()
        codes = await passes(rules, first, call())
        rules.leave(first)
        return codes + await passes(rules, call())

    assert asyncio.run(session()) == [200, 3040, 200]


# --- through the whole house ------------------------------------------------------------------------------------------
def hello(number: int) -> dict[str, Any]:
    return {"prompt": f"hello {number}"}


def test_a_free_account_has_ten_thousand_neurons_until_midnight() -> None:
    server = Emulator(limits="real", plan="free", clock=1_790_000_000.0)
    inputs = {"prompt": "a house", "num_steps": 20}
    model = "@cf/leonardo/phoenix-1.0"
    codes = []
    while len(codes) < 200 and 429 not in codes:
        codes.append(server.run(model, inputs | {"seed": len(codes)}).status)
    spent = server.ask("GET", f"/_mock/usage?account={ACCOUNT}").json["today"]
    assert spent["neurons"] >= 10_000
    assert spent["allowance_left"] == 0
    said = server.run(MODEL, hello(1))
    assert said.error[:2] == (429, 4006)
    assert said.error[2].startswith("AiError: AiError: you have used up your daily free allocation of 10,000 neurons, ")
    assert "retry-after" not in said.headers
    assert server.run(MODEL, {"prompt": 3}).error[:2] == (400, 5006)
    midnight = spent["resets_at"]
    server.ask("POST", "/_mock/clock", json.dumps({"set": midnight}).encode())
    assert server.run(MODEL, hello(1)).status == 200


def test_a_paid_account_goes_on_and_pays() -> None:
    server = Emulator(limits="real", plan="paid")
    codes = [server.run(MODEL, hello(1)).status for _ in range(3)]
    assert codes == [200, 200, 200]


def test_rates_hold_for_answers_that_are_remembered_and_follow_the_clock() -> None:
    server = Emulator(limits="rpm=2", clock=1_790_000_000.0)
    assert [server.run(MODEL, hello(1)).status for _ in range(3)] == [200, 200, 429]
    _, code, message = server.run(MODEL, hello(2)).error
    assert code == 3021
    assert "rate limiting: inference request per min rate reached" in message
    server.ask("POST", "/_mock/clock", b'{"advance": 60}')
    assert server.run(MODEL, hello(2)).status == 200


def test_places_are_free_again_when_answers_are_sent_or_refused() -> None:
    server = Emulator(limits="concurrency=1")
    busy = {"options": {"rejectIfBusy": True}}
    for _ in range(3):
        assert server.run(MODEL, hello(1) | busy).status == 200
        assert server.run(MODEL, hello(1) | busy, {"x-mock-fault": "500"}).status == 500
        assert server.run(MODEL, hello(1) | busy | {"stream": True}, {"x-mock-fault": "end:1"}).status == 200


def test_two_at_a_time_meet_a_limit_of_one() -> None:
    server = Emulator(limits="concurrency=1")

    async def ask(inputs: dict[str, Any]) -> int:
        path = f"/accounts/{ACCOUNT}/ai/run/{MODEL}"
        body = [{"type": "http.request", "body": json.dumps(inputs).encode()}]
        sent: list[Any] = []

        async def receive() -> Any:
            return body.pop() if body else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)
            await asyncio.sleep(0)

        headers = [(b"authorization", BEARER["authorization"].encode())]
        scope = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": headers, "http_version": "1.1",
        }  # fmt: skip
        await server.app(scope, receive, send)
        return int(sent[0]["status"])

    async def session(options: dict[str, Any]) -> list[int]:
        asked = [ask({"prompt": f"{number}", "stream": True} | options) for number in range(3)]
        return sorted(await asyncio.gather(*asked))

    assert asyncio.run(session({"options": {"rejectIfBusy": True}})) == [200, 429, 429]
    assert asyncio.run(session({})) == [200, 200, 200]


def test_an_account_can_have_limits_of_its_own_until_a_reset() -> None:
    server = Emulator(auth="off")
    server.ask("PUT", f"/_mock/limits?account={ACCOUNT}", b'{"limits": "rpm=0"}')
    assert server.run(MODEL, hello(1)).status == 429
    assert server.run(MODEL, hello(1), account="0" * 32).status == 200
    server.ask("POST", f"/_mock/reset?account={ACCOUNT}")
    assert server.run(MODEL, hello(1)).status == 200


def test_off_is_the_default() -> None:
    server = Emulator(plan="free")
    assert {server.run(MODEL, hello(1)).status for _ in range(301)} == {200}
