import json
from typing import Any

import pytest
from harness import ACCOUNT, Emulator

OTHER = "0" * 32
MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8"


@pytest.fixture(scope="module")
def running() -> Emulator:
    return Emulator(auth="off")


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    running.ask("POST", "/_mock/reset")
    return running


def ask(emulator: Emulator, method: str, path: str, document: Any = None) -> Any:
    body = b"" if document is None else document if isinstance(document, bytes) else json.dumps(document).encode()
    return emulator.ask(method, "/_mock" + path, body)


def test_a_rule_is_given_back_with_its_id_and_what_became_of_it(emulator: Emulator) -> None:
    rule = {"match": {"model": "@cf/meta/*"}, "fault": {"error": 3040}, "times": 2}
    made = ask(emulator, "POST", f"/faults?account={ACCOUNT}", rule)
    assert made.status == 201
    assert made.json == {"id": made.json["id"], "account": ACCOUNT, **rule, "met": 0, "left": 2}
    emulator.run(MODEL, {"prompt": "hi"})
    listed = ask(emulator, "GET", f"/faults?account={ACCOUNT}").json["faults"]
    assert [(one["id"], one["met"], one["left"]) for one in listed] == [(made.json["id"], 1, 1)]


def test_of_several_rules_the_first_goes_first_and_one_wrong_one_undoes_all(emulator: Emulator) -> None:
    made = ask(emulator, "POST", "/faults", {"faults": [{"fault": "500", "times": 1}, {"fault": "503", "times": 1}]})
    assert [rule["fault"] for rule in made.json["faults"]] == ["500", "503"]
    assert [emulator.run(MODEL, {"prompt": "hi"}).status for _ in range(3)] == [500, 503, 200]
    wrong = ask(emulator, "POST", "/faults", {"faults": [{"fault": "500"}, {"fault": {"cutt": 1}}]})
    assert (wrong.status, wrong.headers["x-mock-source"]) == (422, "mock")
    assert wrong.json["mock_error"].startswith("/faults/1/fault/cutt: 'cutt' is no fault, did you mean cut; accepted:")
    assert len(ask(emulator, "GET", "/faults").json["faults"]) == 2


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"nonsense", "/: the body is not JSON"),
        ([], "/: accepted: a JSON object"),
        ({}, "/: accepted: an object with fault"),
        ({"fault": "hang", "match": {"inputs.x": {"contians": 1}}}, "/match/inputs.x/contians: unknown condition"),
        ({"faults": []}, "/faults: accepted: a list of rules"),
        ({"faults": [{"fault": "hang"}], "times": 1}, "/faults: accepted: a list of rules, alone"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_pointer(emulator: Emulator, document: Any, said: str) -> None:
    answer = ask(emulator, "POST", "/faults", document)
    assert answer.status == 422
    assert answer.json["mock_error"].startswith(said)


def test_an_account_that_is_none_is_refused(emulator: Emulator) -> None:
    for method, path in (("POST", "/faults"), ("GET", "/clock"), ("GET", "/usage"), ("GET", "/verdict")):
        answer = ask(emulator, method, path + "?account=me", {"fault": "hang"})
        assert answer.status == 422
        assert "'me'; accepted: 32 lower-case hex digits" in answer.json["mock_error"]


def test_rules_end_one_by_one_by_account_or_all_at_once(emulator: Emulator) -> None:
    for account in (ACCOUNT, OTHER):
        ask(emulator, "POST", f"/faults?account={account}", {"fault": "500"})
    name = ask(emulator, "POST", "/faults", {"fault": "503"}).json["id"]
    assert ask(emulator, "DELETE", f"/faults/{name}").json == {"id": name}
    assert ask(emulator, "DELETE", f"/faults/{name}").status == 404
    assert emulator.run(MODEL, {"prompt": "hi"}).status == 500
    ask(emulator, "DELETE", f"/faults?account={ACCOUNT}")
    assert emulator.run(MODEL, {"prompt": "hi"}).status == 200
    assert emulator.run(MODEL, {"prompt": "hi"}, account=OTHER).status == 500
    ask(emulator, "DELETE", "/faults")
    assert emulator.run(MODEL, {"prompt": "hi"}, account=OTHER).status == 200


def test_a_reset_ends_the_trouble_of_an_account_only(emulator: Emulator) -> None:
    ask(emulator, "POST", f"/faults?account={ACCOUNT}", {"fault": "500"})
    ask(emulator, "POST", "/faults", {"fault": "503"})
    ask(emulator, "POST", f"/reset?account={ACCOUNT}")
    assert emulator.run(MODEL, {"prompt": "hi"}).status == 503


def test_the_verdict_is_about_what_was_asked_on_an_account(emulator: Emulator) -> None:
    assert ask(emulator, "GET", "/verdict").json["resilient"] is True
    for _ in range(2):
        emulator.run(MODEL, {"prompt": "hi"}, {"x-mock-fault": "4006"})
    verdict = ask(emulator, "GET", f"/verdict?account={ACCOUNT}").json
    assert verdict["resilient"] is False
    (finding,) = verdict["findings"]
    assert (finding["id"], finding["severity"], len(finding["entries"])) == ("retried-in-vain", "error", 2)
    assert finding["id"] in verdict["ids"]
    assert ask(emulator, "GET", f"/verdict?account={OTHER}").json["findings"] == []
    assert "accepted: seconds" in ask(emulator, "GET", "/verdict?patience=long").json["mock_error"]


def test_the_routes_are_documented(emulator: Emulator) -> None:
    paths = emulator.ask("GET", "/openapi.json").json["paths"]
    for path in ("faults", "faults/kinds", "faults/{name}", "verdict", "advice", "usage", "limits", "clock"):
        assert all(operation["summary"] for operation in paths[f"/_mock/{path}"].values())
    assert "requestBody" in paths["/_mock/faults"]["post"]
    assert "requestBody" in paths["/_mock/clock"]["post"]
    assert "requestBody" in paths["/_mock/limits"]["put"]
