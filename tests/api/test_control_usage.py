import json
from typing import Any

import pytest
from harness import ACCOUNT, Emulator

OTHER = "0" * 32
MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8"
SMALL = "@cf/baai/bge-small-en-v1.5"


@pytest.fixture(scope="module")
def running() -> Emulator:
    return Emulator(auth="off")


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    running.ask("POST", "/_mock/reset")
    return running


def limit(emulator: Emulator, text: str) -> None:
    assert emulator.ask("PUT", f"/_mock/limits?account={ACCOUNT}", json.dumps({"limits": text}).encode()).status == 200


def used(emulator: Emulator, account: str = ACCOUNT) -> Any:
    return emulator.ask("GET", f"/_mock/usage?account={account}").json


def test_usage_is_by_account_and_model_in_tokens_neurons_and_usd(emulator: Emulator) -> None:
    said = [emulator.run(MODEL, {"prompt": "hi"}).result["usage"] for _ in range(2)]
    emulator.run(SMALL, {"text": "hi"})
    emulator.run(MODEL, {"prompt": "hi"}, account=OTHER)
    emulator.run(MODEL, {"prompt": 3})
    found = used(emulator)
    line = found["models"][MODEL]
    assert line["requests"] == 2
    assert line["prompt_tokens"] == sum(usage["prompt_tokens"] for usage in said)
    assert line["completion_tokens"] == sum(usage["completion_tokens"] for usage in said)
    assert line["neurons"] == pytest.approx(sum(usage["neurons"] for usage in said))
    assert line["usd"] == pytest.approx(line["neurons"] * 0.011 / 1000)
    assert sorted(found["models"]) == [SMALL, MODEL]
    assert found["total"]["requests"] == 3
    assert found["plan"] == "paid"
    everyone = emulator.ask("GET", "/_mock/usage").json
    assert everyone["total"]["requests"] == 4
    assert [one["account"] for one in everyone["accounts"]] == sorted([ACCOUNT, OTHER])


def test_an_account_that_asked_nothing_used_nothing(emulator: Emulator) -> None:
    found = used(emulator)
    assert found["models"] == {}
    assert found["total"]["neurons"] == found["today"]["neurons"] == 0
    assert found["today"]["included_left"] == 10_000


def test_today_begins_anew_at_midnight_and_the_total_goes_on(emulator: Emulator) -> None:
    emulator.ask("POST", "/_mock/clock", b'{"freeze": true}')
    emulator.run(MODEL, {"prompt": "hi"})
    before = used(emulator)
    assert before["today"]["requests"] == 1
    assert before["today"]["included_left"] == pytest.approx(10_000 - before["today"]["neurons"])
    emulator.ask("POST", "/_mock/clock", json.dumps({"set": before["today"]["resets_at"]}).encode())
    after = used(emulator)
    assert after["today"]["requests"] == 0
    assert after["today"]["resets_at"] > before["today"]["resets_at"]
    assert after["total"] == before["total"]


def test_the_paid_plan_pays_for_what_a_day_does_not_include(emulator: Emulator) -> None:
    total: dict[str, Any] = {"neurons": 0.0}
    for seed in range(200):
        if total["neurons"] > 10_500:
            break
        emulator.run("@cf/leonardo/phoenix-1.0", {"prompt": "a house", "num_steps": 20, "seed": seed})
        total = used(emulator)["total"]
    assert total["billed_usd"] == pytest.approx((total["neurons"] - 10_000) * 0.000011)
    assert used(emulator)["today"]["included_left"] == 0


def test_an_allowance_shows_what_is_left(emulator: Emulator) -> None:
    limit(emulator, "neurons=2")
    emulator.run(MODEL, {"prompt": "hi"})
    today = used(emulator)["today"]
    assert today["allowance"] == 2
    assert today["allowance_left"] == pytest.approx(2 - today["neurons"])
    limit(emulator, "real")
    assert used(emulator)["today"]["allowance"] is None
    assert used(Emulator(limits="real", plan="free"))["today"]["allowance"] == 10_000


def test_a_reset_forgets_what_an_account_used(emulator: Emulator) -> None:
    for account in (ACCOUNT, OTHER):
        emulator.run(MODEL, {"prompt": "hi"}, account=account)
    emulator.ask("POST", f"/_mock/reset?account={ACCOUNT}")
    assert used(emulator)["total"]["requests"] == 0
    assert used(emulator, OTHER)["total"]["requests"] == 1


def test_limits_are_shown_and_changed() -> None:
    emulator = Emulator(limits="real")
    assert emulator.ask("GET", "/_mock/limits").json == {"account": None, "limits": "real"}
    changed = emulator.ask("PUT", f"/_mock/limits?account={ACCOUNT}", b'{"limits": "rpm=5"}').json
    assert changed == {"account": ACCOUNT, "limits": {"rpm": 5, "neurons": None, "concurrency": None}}
    assert emulator.ask("GET", "/_mock/limits").json["limits"] == "real"
    emulator.ask("PUT", "/_mock/limits", b'{"limits": "off"}')
    assert emulator.ask("GET", "/_mock/limits").json["limits"] == {"rpm": None, "neurons": None, "concurrency": None}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, '/limits: accepted: {"limits": text}'),
        ({"limits": 5}, '/limits: accepted: {"limits": text}'),
        ({"limits": "rpm=5", "account": ACCOUNT}, '/limits: accepted: {"limits": text}'),
        ({"limits": "rmp=5"}, "/limits: 'rmp=5' is not accepted, did you mean rpm"),
    ],
)
def test_limits_that_are_not_understood_are_refused(emulator: Emulator, document: Any, said: str) -> None:
    answer = emulator.ask("PUT", "/_mock/limits", json.dumps(document).encode())
    assert answer.status == 422
    assert answer.json["mock_error"].startswith(said)
