"""``/_mock/stubs``: given, listed, dropped, and refused by pointer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from harness import ACCOUNT, Emulator, Response

LLAMA = "@cf/meta/llama-3.2-1b-instruct"
OTHER = "f" * 32
ANY_TOKEN = {"authorization": "Bearer " + "t" * 40}


@pytest.fixture(scope="module")
def server() -> Emulator:
    return Emulator()


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    """An emulator that remembers nothing."""
    server.ask("POST", "/_mock/reset")
    return server


def give(emulator: Emulator, document: Any, query: str = "") -> Response:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return emulator.ask("POST", f"/_mock/stubs{query}", body)


def says(text: str, **document: Any) -> dict[str, Any]:
    return {"match": {"model": LLAMA}, "reply": {"text": text}, **document}


def said(emulator: Emulator, account: str = ACCOUNT) -> Any:
    return emulator.run(LLAMA, {"prompt": "x"}, ANY_TOKEN, account=account)


def listed(emulator: Emulator, query: str = "?origin=own") -> Any:
    return emulator.ask("GET", f"/_mock/stubs{query}").json


def test_a_stub_given_for_an_account_answers_that_account_only(emulator: Emulator) -> None:
    generated = said(emulator, OTHER).result["response"]
    given, response = give(emulator, says("mine"), f"?account={ACCOUNT}"), said(emulator)
    assert given.status == 201
    assert given.json == {"id": response.headers["x-mock-source"], "account": ACCOUNT}
    assert response.result["response"] == "mine"
    assert said(emulator, OTHER).result["response"] == generated


def test_a_stub_given_without_an_account_answers_everybody_after_their_own(emulator: Emulator) -> None:
    give(emulator, says("mine"), f"?account={ACCOUNT}")
    assert give(emulator, says("everybody's")).json["account"] is None
    assert said(emulator).result["response"] == "mine"
    assert said(emulator, OTHER).result["response"] == "everybody's"


def test_the_newest_goes_first_and_of_several_given_together_the_first(emulator: Emulator) -> None:
    give(emulator, says("old"))
    give(emulator, {"stubs": [says("one", times=1), says("two")]})
    assert [said(emulator).result["response"] for _ in range(2)] == ["one", "two"]
    assert [stub["reply"]["text"] for stub in listed(emulator)["stubs"]] == ["one", "two", "old"]


def test_a_stub_of_the_same_id_is_replaced(emulator: Emulator) -> None:
    give(emulator, says("first", id="weather"))
    assert said(emulator).result["response"] == "first"
    give(emulator, says("second", id="weather"))
    assert said(emulator).result["response"] == "second"
    assert [(stub["id"], stub["answered"]) for stub in listed(emulator)["stubs"]] == [("weather", 1)]


def test_stubs_are_listed_with_what_they_say_and_how_often_they_said_it(emulator: Emulator) -> None:
    name = give(emulator, says("mine", about="A test.", priority=1), f"?account={ACCOUNT}").json["id"]
    said(emulator)
    expected = {
        "id": name,
        "origin": "own",
        "account": ACCOUNT,
        "answered": 1,
        "match": {"model": LLAMA},
        "reply": {"text": "mine"},
        "about": "A test.",
        "priority": 1,
    }
    assert listed(emulator) == {"total": 1, "stubs": [expected], "broken": []}
    assert emulator.ask("GET", f"/_mock/stubs/{name}").json == expected
    assert listed(emulator, f"?origin=own&account={OTHER}")["total"] == 0


def test_fixtures_are_listed_page_by_page(emulator: Emulator) -> None:
    first, second = (listed(emulator, f"?origin=file&limit=2&offset={offset}") for offset in (0, 2))
    assert first["total"] == second["total"] > 4
    names = [stub["id"] for page in (first, second) for stub in page["stubs"]]
    assert len(set(names)) == 4
    assert names[0].startswith("samples/")
    assert emulator.ask("GET", f"/_mock/stubs/{names[0]}").json["file"].endswith(f"{names[0]}.json")


def test_stubs_are_dropped_one_by_one_or_all(emulator: Emulator) -> None:
    give(emulator, {"stubs": [says("one", id="one"), says("two", id="two")]}, f"?account={ACCOUNT}")
    give(emulator, says("everybody's", id="three"))
    assert emulator.ask("DELETE", "/_mock/stubs/one").json == {"account": None, "dropped": 1}
    assert emulator.ask("DELETE", "/_mock/stubs/one").status == 404
    assert emulator.ask("DELETE", f"/_mock/stubs/two?account={OTHER}").status == 404
    assert emulator.ask("DELETE", f"/_mock/stubs?account={ACCOUNT}").json["dropped"] == 1
    assert [stub["id"] for stub in listed(emulator)["stubs"]] == ["three"]
    assert emulator.ask("DELETE", "/_mock/stubs").json == {"account": None, "dropped": 1}
    assert said(emulator).headers["x-mock-source"] == "responder"
    assert emulator.ask("GET", "/_mock/stubs/three").status == 404


def test_a_fixture_is_not_dropped(emulator: Emulator) -> None:
    name = listed(emulator, "?origin=file&limit=1")["stubs"][0]["id"]
    assert emulator.ask("DELETE", f"/_mock/stubs/{name}").status == 404


def test_reset_drops_the_stubs_of_an_account(emulator: Emulator) -> None:
    give(emulator, says("mine"), f"?account={ACCOUNT}")
    give(emulator, says("theirs"), f"?account={OTHER}")
    emulator.ask("POST", f"/_mock/reset?account={ACCOUNT}")
    assert [stub["account"] for stub in listed(emulator)["stubs"]] == [OTHER]


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (b"{", "/: the body is not JSON"),
        ([], "/: accepted: a JSON object"),
        ({"match": {}}, "/: the field reply is missing"),
        ({"match": {"modell": 1}, "reply": {"text": ""}}, "/match/modell: unknown field, did you mean model; accepted"),
        ({"match": {}, "reply": {"text": 1}}, "/reply/text: 1; accepted: a string"),
        ({"match": {}, "reply": {"file": "a", "media_type": "image/png"}}, "/reply/file: only fixtures have files"),
        ({"match": {}, "reply": {"text": ""}, "id": "a b"}, "/id: 'a b'; accepted"),
        ({"match": {}, "reply": {"text": ""}, "id": "responder"}, "/id: 'responder'; accepted"),
        ({"stubs": {}}, "/stubs: accepted: a list of stubs"),
        ({"stubs": [], "match": {}}, "/stubs: accepted: a list of stubs"),
        ({"stubs": [says("a"), says("b", times=0)]}, "/stubs/1/times: 0; accepted"),
        ({"stubs": [says("a", id="a"), says("b", id="a")]}, "/stubs/1/id: 'a' stands twice"),
    ],
)
def test_a_wrong_stub_is_refused_by_pointer_and_nothing_is_kept(
    emulator: Emulator, document: Any, complaint: str
) -> None:
    response = give(emulator, document)
    assert response.status == 422
    assert response.json["mock_error"].startswith(complaint)
    assert listed(emulator)["total"] == 0


def test_an_account_that_is_none_is_refused(emulator: Emulator) -> None:
    for response in (give(emulator, says("x"), "?account=me"), emulator.ask("DELETE", "/_mock/stubs?account=me")):
        assert response.status == 422
        assert response.json["mock_error"].startswith("account: 'me'; accepted: 32 lower-case hex digits")


def test_the_examples_of_the_documentation_are_accepted(emulator: Emulator) -> None:
    described = emulator.ask("GET", "/openapi.json").json["paths"]["/_mock/stubs"]["post"]
    examples = described["requestBody"]["content"]["application/json"]["examples"]
    for example in examples.values():
        assert give(emulator, example["value"]).status == 201
