import json
from typing import Any

import pytest
from harness import ACCOUNT, Emulator

from mock_server.errors import MockError, Row
from mock_server.faults import CODED, KINDS, NAMED, STATUSES, Faults, compile_fault, expand, read_header
from mock_server.matching import BadMatch

MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8"
OTHER = "0" * 32


@pytest.fixture(scope="module")
def running() -> Emulator:
    return Emulator(agreements="given", auth="off")


@pytest.fixture
def server(running: Emulator) -> Emulator:
    running.ask("POST", "/_mock/reset")
    return running


def ask(server: Emulator, fault: str, **inputs: Any) -> Any:
    return server.run(MODEL, {"prompt": "hi", **inputs}, {"x-mock-fault": fault})


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("4006", {"error": "4006"}),
        ("rate_limited", {"error": "rate_limited"}),
        ("429, retry-after:1", {"error": "429", "retry_after": "1"}),
        ("hang", {"hang": True}),
        ("cut:3", {"cut": "3"}),
        ("cut", {"cut": True}),
        ("latency:200ms,no-done", {"latency": "200ms", "no_done": True}),
        ("content-type:text/html; charset=utf-8", {"content_type": "text/html; charset=utf-8"}),
    ],
)
def test_a_fault_in_short_is_the_same_as_an_object(short: str, long: dict[str, Any]) -> None:
    assert expand(short) == long
    assert compile_fault(short) == compile_fault(long)


@pytest.mark.parametrize(("name", "row"), NAMED.items(), ids=str)
def test_every_row_of_the_table_can_be_called_by_name_and_says_its_words(server: Emulator, name: str, row: Row) -> None:
    said = ask(server, name.replace("_", "-"))
    assert said.status == row.status
    if row.code:
        assert said.json["errors"][0]["code"] == row.code
    assert "cf-ai-neurons" not in said.headers


def test_every_code_of_the_table_can_be_called(server: Emulator) -> None:
    assert {row.code for row in NAMED.values()} == {*CODED, 0}
    for code, row in CODED.items():
        assert compile_fault({"error": code}).row is row


@pytest.mark.parametrize(("status", "row"), STATUSES.items(), ids=str)
def test_a_status_stands_for_the_row_that_clients_meet_most(server: Emulator, status: int, row: Row) -> None:
    assert ask(server, str(status)).error[:2] == (status, row.code)
    assert CODED[row.code].code == row.code


def test_a_status_without_a_row_has_words_of_our_own(server: Emulator) -> None:
    assert ask(server, "524").error[:2] == (524, 524)
    assert "on purpose" in ask(server, "524").error[2]


def test_an_error_can_have_words_of_ones_own(server: Emulator) -> None:
    fault = {"error": {"status": 500, "code": 8002, "message": "boom {x}"}}
    server.ask("POST", "/_mock/faults", json.dumps({"fault": fault, "times": 1}).encode())
    status, code, message = server.run(MODEL, {"prompt": "own words"}).error
    assert (status, code) == (500, 8002)
    assert message.startswith("AiError: boom {x} (")


def test_a_refusal_asks_to_wait_only_when_told_so(server: Emulator) -> None:
    assert "retry-after" not in ask(server, "429").headers
    assert ask(server, "429,retry-after:2").headers["retry-after"] == "2"
    soon = ask(server, "503,retry-after:50ms").headers
    assert (soon["retry-after"], soon["retry-after-ms"]) == ("1", "50")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bogus", "'bogus' is no fault; accepted: error"),
        ("cutt:3", "did you mean cut"),
        ("cut:x", "'x'; accepted: a number of events"),
        ("cut,end", "a fault is one of"),
        ("times:2", "a fault is one of"),
        ("429,times:0", "'0'; accepted: a whole number from 1"),
        ("999999", "999999 is no error; accepted: an HTTP status"),
        ("399", "399 is no error"),
        ("latency:soon", "'soon'; accepted: seconds"),
        ("latency:2d", "up to a day"),
        ("latency:-1s", "up to a day"),
        ("hang:3", "accepted: true"),
        ("cut,retry-after:1", "only an error asks to wait"),
        ("content-type:html", "'html'; accepted: a media type"),
        ("", "'' is no fault"),
    ],
)
def test_a_header_that_is_not_understood_says_what_is_accepted(server: Emulator, text: str, said: str) -> None:
    with pytest.raises(MockError) as caught:
        read_header(text.encode())
    assert said in str(caught.value)
    answer = ask(server, text)
    assert (answer.status, answer.headers["x-mock-source"]) == (422, "mock")


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        ({}, ""),
        ({"fault": "hang", "tims": 1}, "/tims"),
        ({"fault": "hang", "times": 0}, "/times"),
        ({"fault": "hang", "times": True}, "/times"),
        ({"fault": "hang", "probability": 1.5}, "/probability"),
        ({"fault": "hang", "probability": True}, "/probability"),
        ({"fault": "hang", "seed": None}, "/seed"),
        ({"fault": "hang", "match": {"modl": "x"}}, "/match/modl"),
        ({"fault": 3}, "/fault"),
        ({"fault": {}}, "/fault"),
        ({"fault": {"error": "no_such"}}, "/fault/error"),
        ({"fault": {"error": True}}, "/fault/error"),
        ({"fault": {"error": {}}}, "/fault/error"),
        ({"fault": {"error": {"status": 200}}}, "/fault/error/status"),
        ({"fault": {"error": {"code": "x"}}}, "/fault/error/code"),
        ({"fault": {"error": {"code": 1, "message": 2}}}, "/fault/error/message"),
        ({"fault": {"error": {"kode": 1}}}, "/fault/error/kode"),
        ({"fault": {"cut": -1}}, "/fault/cut"),
    ],
)
def test_a_rule_that_is_not_understood_is_refused_with_a_pointer(document: Any, pointer: str) -> None:
    faults = Faults()
    with pytest.raises(BadMatch) as caught:
        faults.add(document)
    assert caught.value.pointer == pointer
    assert faults.of(None) == []


def made(server: Emulator, rule: dict[str, Any], account: str = ACCOUNT) -> str:
    answer = server.ask("POST", f"/_mock/faults?account={account}", json.dumps(rule).encode())
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def statuses(server: Emulator, number: int, account: str = ACCOUNT) -> list[int]:
    return [server.run(MODEL, {"prompt": "hi"}, account=account).status for _ in range(number)]


def test_a_rule_strikes_so_often_and_only_its_account(server: Emulator) -> None:
    made(server, {"fault": "500", "times": 2})
    assert statuses(server, 1, OTHER) == [200]
    assert statuses(server, 3) == [500, 500, 200]


def test_a_rule_strikes_answers_that_are_remembered_too(server: Emulator) -> None:
    assert statuses(server, 2) == [200, 200]
    made(server, {"fault": "500", "times": 1})
    assert statuses(server, 2) == [500, 200]


def test_a_rule_strikes_what_its_match_speaks_for(server: Emulator) -> None:
    made(server, {"match": {"inputs.prompt": {"contains": "weather"}}, "fault": "500"})
    assert server.run(MODEL, {"prompt": "hi"}).status == 200
    assert server.run(MODEL, {"prompt": "the weather"}).status == 500
    made(server, {"match": {"model": "@cf/nobody/*"}, "fault": "503"})
    assert server.run(MODEL, {"prompt": "the weather"}).status == 500


def test_a_probability_is_drawn_from_a_seed(server: Emulator) -> None:
    drawn = []
    for seed in (1, 1, 2):
        server.ask("POST", "/_mock/reset")
        made(server, {"fault": "500", "probability": 0.5, "seed": seed})
        drawn.append(statuses(server, 40))
    assert drawn[0] == drawn[1] != drawn[2]
    assert 8 < drawn[0].count(500) < 32


def test_the_newest_rule_goes_first_and_a_header_before_all(server: Emulator) -> None:
    made(server, {"fault": "500"})
    made(server, {"fault": "503"})
    assert statuses(server, 1) == [503]
    assert server.run(MODEL, {"prompt": "hi"}, {"x-mock-fault": "429"}).status == 429


def test_a_rule_for_streams_lets_other_answers_pass(server: Emulator) -> None:
    made(server, {"fault": "no-done"})
    assert server.run(MODEL, {"prompt": "hi"}).status == 200
    assert not server.run(MODEL, {"prompt": "hi", "stream": True}).body.endswith(b"[DONE]\n\n")


def test_a_header_can_say_how_often_the_same_request_meets_its_fault(server: Emulator) -> None:
    header = {"x-mock-fault": "503,times:2"}
    assert [server.run(MODEL, {"prompt": "a"}, header).status for _ in range(3)] == [503, 503, 200]
    assert server.run(MODEL, {"prompt": "b"}, header).status == 503
    server.ask("POST", "/_mock/reset")
    assert server.run(MODEL, {"prompt": "a"}, header).status == 503


def test_validation_comes_before_a_fault_and_a_refused_request_costs_nothing(server: Emulator) -> None:
    assert server.run(MODEL, {"prompt": 3}, {"x-mock-fault": "500"}).error[:2] == (400, 5006)
    assert server.run(MODEL, {"prompt": "hi"}, {"x-mock-fault": "500"}).status == 500
    assert server.ask("GET", f"/_mock/usage?account={ACCOUNT}").json["total"]["requests"] == 0


def test_the_journal_names_the_fault(server: Emulator) -> None:
    server.run(MODEL, {"prompt": "hi"}, {"x-mock-fault": "4006"})
    server.run(MODEL, {"prompt": "hi", "stream": True}, {"x-mock-fault": "end:2"})
    entries = server.ask("GET", "/_mock/journal").json["entries"]
    assert [entry["fault"] for entry in entries] == ["end:2", "error:4006"]


def test_every_kind_is_described(server: Emulator) -> None:
    kinds = server.ask("GET", "/_mock/faults/kinds").json["kinds"]
    assert [kind["name"] for kind in kinds] == list(KINDS)
    assert all(kind["about"] for kind in kinds)
