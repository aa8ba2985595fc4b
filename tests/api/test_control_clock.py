import json
from typing import Any

import pytest
from harness import ACCOUNT, Emulator

from mock_server.clock import Clock, duration

OTHER = "0" * 32
MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8"
START = 1_790_000_000.0


@pytest.fixture(scope="module")
def running() -> Emulator:
    return Emulator(auth="off")


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    running.ask("POST", "/_mock/reset")
    return running


def move(emulator: Emulator, document: Any, query: str = "", method: str = "POST") -> Any:
    return emulator.ask(method, "/_mock/clock" + query, json.dumps(document).encode())


def test_the_clock_is_read_frozen_set_moved_and_let_go(emulator: Emulator) -> None:
    assert emulator.ask("GET", "/_mock/clock").json["frozen"] is False
    shown = move(emulator, {"set": "2027-01-01T10:00:00Z", "freeze": True}).json
    assert shown == {"now": "2027-01-01T10:00:00.000Z", "epoch": 1798797600.0, "frozen": True}
    assert move(emulator, {"advance": "1d2h"}, method="PUT").json["now"] == "2027-01-02T12:00:00.000Z"
    assert move(emulator, {"advance": -3600}).json["now"] == "2027-01-02T11:00:00.000Z"
    assert move(emulator, {"set": "2027-02-01", "advance": 1.5}).json["now"] == "2027-02-01T00:00:01.500Z"
    assert emulator.ask("GET", "/_mock/clock").json["frozen"] is True
    assert move(emulator, {"resume": True}).json["frozen"] is False


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "/: accepted: an object with set"),
        ({"frieze": True}, "/frieze: unknown field"),
        ({"freeze": False}, "/freeze: False; accepted: true"),
        ({"freeze": True, "resume": True}, "/resume: freeze or resume"),
        ({"set": "tomorrow"}, "/set: 'tomorrow'; accepted: an ISO 8601 date"),
        ({"set": None}, "/set: None"),
        ({"set": True}, "/set: True"),
        ({"set": 1e300}, "/set: accepted: what leads to a year"),
        ({"set": -1}, "/set: accepted: what leads to a year"),
        ({"advance": "soon"}, "/advance: 'soon'; accepted: seconds, or amounts with units"),
        ({"advance": []}, "/advance: []"),
        ({"advance": "9999999d"}, "/advance: accepted: what leads to a year"),
    ],
)
def test_what_is_not_understood_moves_nothing(emulator: Emulator, document: Any, said: str) -> None:
    before = move(emulator, {"freeze": True}).json
    answer = move(emulator, document)
    assert answer.status == 422
    assert answer.json["mock_error"].startswith(said)
    assert emulator.ask("GET", "/_mock/clock").json == before


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("200ms", 0.2), ("1.5s", 1.5), ("1d2h", 93_600.0), ("2m 30s", 150.0), ("1w", 604_800.0), ("7", 7.0), (3, 3.0),
     ("-1h", -3600.0)],
)  # fmt: skip
def test_a_duration_is_read(text: str | float, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "1x", "h", "1 d 2", "nan", "inf", True, "--1s x"])
def test_what_is_no_duration_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match=r".*"):
        duration(text)


def test_an_account_can_have_a_clock_of_its_own_until_a_reset(emulator: Emulator) -> None:
    move(emulator, {"set": "2026-11-01"})
    move(emulator, {"set": "2030-01-01", "freeze": True}, f"?account={ACCOUNT}")
    assert emulator.ask("GET", "/_mock/clock").json["now"].startswith("2026-")
    assert emulator.ask("GET", f"/_mock/clock?account={OTHER}").json["now"].startswith("2026-")
    for account in (ACCOUNT, OTHER):
        emulator.run(MODEL, {"prompt": "hi"}, account=account)
    entries = emulator.ask("GET", "/_mock/journal").json["entries"]
    assert [entry["at"][:4] for entry in entries] == ["2026", "2030"]
    emulator.ask("POST", f"/_mock/reset?account={ACCOUNT}")
    assert emulator.ask("GET", f"/_mock/clock?account={ACCOUNT}").json["now"].startswith("2026-")


def test_a_reset_of_everything_takes_back_every_move() -> None:
    clock = Clock(START)
    clock.freeze()
    clock.advance(1e6)
    clock.own(ACCOUNT).advance(1e6)
    clock.forget()
    assert not clock.frozen
    assert clock.of(ACCOUNT) is clock
    assert START <= clock.now() < START + 60


def test_a_model_ends_when_its_day_comes_whatever_was_answered_before(emulator: Emulator) -> None:
    move(emulator, {"set": "2025-05-01"})
    model = "@cf/tinyllama/tinyllama-1.1b-chat-v1.0"
    assert emulator.run(model, {"prompt": "hi"}).status == 200
    assert emulator.run(model, {"prompt": "hi"}).status == 200
    move(emulator, {"set": "2025-10-01T00:00:00Z"})
    assert emulator.run(model, {"prompt": "hi"}).error[:2] == (410, 5028)
    move(emulator, {"set": "2025-09-30T23:59:59Z", "freeze": True})
    assert emulator.run(model, {"prompt": "hi"}).status == 200


def test_a_token_expires_when_its_time_comes_whatever_it_passed_before(tmp_path: Any) -> None:
    file = tmp_path / "accounts.json"
    token = "t" * 40
    file.write_text(
        json.dumps(
            {
                "accounts": [{"id": ACCOUNT}],
                "tokens": [
                    {
                        "value": token,
                        "accounts": [ACCOUNT],
                        "permissions": ["Workers AI Write"],
                        "not_before": "2026-09-01T00:00:00Z",
                        "expires_on": "2026-10-01T00:00:00Z",
                    }
                ],
            }
        )
    )
    emulator = Emulator(accounts=file, clock=Clock.parse("2026-08-31T23:59:59Z"))
    bearer = {"authorization": f"Bearer {token}"}
    statuses = []
    for instant in ("2026-08-31T23:59:59Z", "2026-09-15", "2026-09-15", "2026-10-01", "2026-09-15"):
        move(emulator, {"set": instant, "freeze": True})
        statuses.append(emulator.run(MODEL, {"prompt": "hi"}, bearer).status)
    assert statuses == [401, 200, 200, 401, 200]


def test_what_an_answer_says_of_its_time_follows_the_clock_even_when_it_is_remembered(emulator: Emulator) -> None:
    chat = {"messages": [{"role": "user", "content": "hi"}]}
    seen = []
    for instant in ("2027-01-01", "2028-01-01"):
        move(emulator, {"set": instant, "freeze": True})
        seen.append(emulator.run("@cf/google/gemma-4-26b-a4b-it", chat).result["created"])
    assert seen == [Clock.parse("2027-01-01"), Clock.parse("2028-01-01")]
