"""``/_mock/journal``, ``/_mock/verify`` and ``/_mock/reset``."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, TOKEN, Emulator, Response

LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8"
EMBEDDER = "@cf/baai/bge-base-en-v1.5"
OTHER = "f" * 32
ANY_TOKEN = {"authorization": "Bearer " + "t" * 40}


def chat(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def verify(emulator: Emulator, wanted: dict[str, Any], account: str = ACCOUNT) -> Response:
    return emulator.ask("POST", f"/_mock/verify?account={account}", json.dumps(wanted).encode())


def journal(emulator: Emulator, query: str = "") -> Any:
    return emulator.ask("GET", f"/_mock/journal{query}").json


@pytest.fixture
def asked() -> Emulator:
    """An emulator that was asked two things by one account, and refused a third; one by another."""
    emulator = Emulator()
    emulator.run(LLAMA, chat("first"))
    emulator.run(EMBEDDER, {"text": ["one", "two"]})
    emulator.run(LLAMA, {"temperature": 1})
    emulator.run(LLAMA, chat("theirs"), ANY_TOKEN, account=OTHER)
    return emulator


def test_the_journal_lists_the_newest_request_first(asked: Emulator) -> None:
    listed = journal(asked)
    assert [entry["id"] for entry in listed["entries"]] == [4, 3, 2, 1]
    newest = listed["entries"][0]
    assert (newest["account"], newest["model"], newest["status"]) == (OTHER, LLAMA, 200)
    assert newest["tokens"]["prompt"] > 0
    assert newest["source"] == "responder"


def test_a_refusal_is_in_the_journal_with_its_code_and_hint() -> None:
    emulator = Emulator()
    emulator.run("@cf/meta/llama-9", chat("hello"))
    entry = journal(emulator)["entries"][0]
    assert (entry["status"], entry["error"]["code"], entry["model"]) == (400, 7000, "@cf/meta/llama-9")
    assert "no such model" in entry["hint"]


def test_a_route_that_does_not_exist_is_in_the_journal() -> None:
    emulator = Emulator()
    emulator.ask("GET", f"/client/v4/accounts/{ACCOUNT}/ai/nowhere", headers=BEARER)
    entry = journal(emulator)["entries"][0]
    assert (entry["path"], entry["error"]["code"]) == (f"/client/v4/accounts/{ACCOUNT}/ai/nowhere", 7003)
    assert "no such route" in entry["hint"]


def test_our_own_routes_are_not_in_the_journal() -> None:
    emulator = Emulator()
    emulator.ask("GET", "/_mock/health")
    assert journal(emulator)["total"] == 0


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (f"?account={ACCOUNT}", [3, 2, 1]),
        (f"?account={OTHER}", [4]),
        ("?model=@cf/baai/*", [2]),
        ("?task=Text%20Embeddings", [2]),
        ("?status=400", [3]),
        ("?surface=native&status=200", [4, 2, 1]),
        ("?surface=openai", []),
        ("?source=resp*", [4, 2, 1]),
    ],
)
def test_filters_narrow_the_journal(asked: Emulator, query: str, ids: list[int]) -> None:
    assert [entry["id"] for entry in journal(asked, query)["entries"]] == ids


def test_pages_follow_each_other_to_the_end(asked: Emulator) -> None:
    seen: list[int] = []
    before: int | None = None
    while True:
        page = journal(asked, "?limit=3" + (f"&before={before}" if before else ""))
        seen += [entry["id"] for entry in page["entries"]]
        assert page["total"] == 4
        before = page["before"]
        if before is None:
            break
    assert seen == [4, 3, 2, 1]


def test_one_entry_is_whole_and_its_token_is_not(asked: Emulator) -> None:
    entry = asked.ask("GET", "/_mock/journal/1").json
    assert entry["inputs"] == chat("first")
    assert entry["reply"]["choices"][0]["text"]
    assert entry["headers"]["authorization"] == "…" + TOKEN[-4:]
    assert TOKEN not in json.dumps(entry)


def test_an_entry_that_is_not_kept_is_not_found(asked: Emulator) -> None:
    found = asked.ask("GET", "/_mock/journal/99")
    assert found.status == 404
    assert "entry 99" in found.json["mock_error"]


def test_media_are_kept_as_size_and_hash() -> None:
    emulator = Emulator()
    picture = b"\x89PNG" + bytes(range(256)) * 40
    emulator.run("@cf/microsoft/resnet-50", {"image": list(picture)})
    emulator.run("@cf/openai/whisper-large-v3-turbo", {"audio": base64.b64encode(picture).decode()})
    emulator.run("@cf/black-forest-labs/flux-1-schnell", {"prompt": "a lighthouse"})
    drawn, heard, seen = (emulator.ask("GET", f"/_mock/journal/{number}").json for number in (3, 2, 1))
    kept = {"size": len(picture), "sha256": hashlib.sha256(picture).hexdigest()}
    assert seen["inputs"]["image"] == {"media": kept}
    assert heard["inputs"]["audio"] == {"media": kept}
    assert drawn["reply"]["result"]["image"]["media"]["size"] > 1000


def test_a_vector_is_kept_as_its_length(asked: Emulator) -> None:
    entry = asked.ask("GET", "/_mock/journal/2").json
    assert entry["reply"]["result"]["data"] == [{"numbers": 768}, {"numbers": 768}]


def test_the_journal_is_bounded_by_number_and_bytes() -> None:
    emulator = Emulator()
    pipeline = emulator.app._serving.pipeline  # type: ignore[attr-defined]
    pipeline.journal.limit = 3
    for number in range(5):
        emulator.run(LLAMA, chat(f"{number}"))
    assert [entry["id"] for entry in journal(emulator)["entries"]] == [5, 4, 3]
    pipeline.journal._room = 5000
    emulator.run(LLAMA, chat("words " * 600))
    emulator.run(LLAMA, chat("words " * 500))
    assert [entry["id"] for entry in journal(emulator)["entries"]] == [7]


def test_forgetting_an_account_leaves_the_others(asked: Emulator) -> None:
    asked.ask("DELETE", f"/_mock/journal?account={ACCOUNT}")
    assert [entry["id"] for entry in journal(asked)["entries"]] == [4]
    asked.ask("POST", "/_mock/reset")
    assert journal(asked)["total"] == 0


def test_the_journal_is_live_as_events() -> None:
    emulator = Emulator()

    async def listen() -> bytes:
        sent: asyncio.Queue[bytes] = asyncio.Queue()
        gone = asyncio.Event()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                await sent.put(message.get("body", b""))

        async def receive() -> Any:
            await gone.wait()
            return {"type": "http.disconnect"}

        scope = {
            "type": "http", "method": "GET", "path": "/_mock/journal/events", "raw_path": b"/_mock/journal/events",
            "query_string": f"account={ACCOUNT}".encode(), "headers": [], "root_path": "", "scheme": "http",
            "asgi": {"version": "3.0"}, "http_version": "1.1", "server": ("127.0.0.1", 1), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        listening = asyncio.create_task(emulator.app(scope, receive, send))
        assert await sent.get() == b": listening\n\n"
        await asyncio.to_thread(emulator.run, LLAMA, chat("theirs"), ANY_TOKEN, OTHER)
        await asyncio.to_thread(emulator.run, LLAMA, chat("hello"))
        event = await asyncio.wait_for(sent.get(), 10)
        gone.set()
        await listening
        return event

    lines = asyncio.run(listen()).decode().split("\n")
    assert lines[:2] == ["id: 2", "event: request"]
    assert json.loads(lines[2].removeprefix("data: "))["account"] == ACCOUNT


@pytest.mark.parametrize(
    ("wanted", "verified"),
    [
        ({"match": {"model": LLAMA}}, True),
        ({"match": {"model": LLAMA}, "count": 1}, False),
        ({"match": {"model": LLAMA}, "count": 2}, True),
        ({"match": {"model": LLAMA}, "count": 2, "status": 200}, False),
        ({"match": {"model": LLAMA}, "status": 200}, True),
        ({"match": {}, "error": 5006, "count": 1}, True),
        ({"match": {}, "count": {"exactly": 3}}, True),
        ({"match": {}, "count": {"at_least": 2, "at_most": 3}}, True),
        ({"match": {}, "count": {"at_most": 2}}, False),
        ({"match": {"inputs.messages.-1.content": {"contains": "fir"}}, "count": 1}, True),
        ({"match": {"inputs.messages.-1.content": "theirs"}, "count": 0}, True),
    ],
)
def test_requests_are_verified_by_match_and_count(asked: Emulator, wanted: dict[str, Any], verified: bool) -> None:
    found = verify(asked, wanted)
    assert (found.status, found.json["verified"]) == (200, verified), found.json


def test_a_failure_names_the_nearest_misses_and_what_missed(asked: Emulator) -> None:
    found = verify(asked, {"match": {"model": LLAMA, "inputs.messages.-1.content": "second"}}).json
    assert found["message"] == "expected at least 1 matching, found 0 among 3 requests"
    nearest = found["nearest"][0]
    assert nearest["entry"] in (1, 3)
    misses = {item["entry"]: item["misses"] for item in found["nearest"]}
    assert misses[1] == [{"field": "inputs.messages.-1.content", "wanted": "second", "actual": "first"}]


def test_requests_are_verified_in_order(asked: Emulator) -> None:
    first, second = {"match": {"model": LLAMA}}, {"match": {"model": EMBEDDER}}
    assert verify(asked, {"in_order": [first, second]}).json["verified"]
    assert verify(asked, {"in_order": [first, second, first]}).json["entries"] == [1, 2, 3]
    found = verify(asked, {"in_order": [second, first, second]}).json
    assert not found["verified"]
    assert found["message"] == "step 3 of 3 was not sent after entry 3; entry 2, before it, would have been it"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"matches": {}}, "/matches: unknown field"),
        ({"match": {"inputs.x": {"contain": 1}}}, "/match/inputs.x/contain: unknown condition, did you mean contains"),
        ({"match": {}, "count": -1}, "/count: -1; accepted"),
        ({"match": {}, "count": {"atleast": 1}}, "/count/atleast: unknown field"),
        ({"in_order": [{"match": 1}]}, "/in_order/0/match: a match is an object"),
        ({"match": {}, "status": "200"}, "/status: '200'; accepted: a whole number"),
    ],
)
def test_what_is_not_understood_is_named(asked: Emulator, wanted: dict[str, Any], message: str) -> None:
    found = verify(asked, wanted)
    assert found.status == 422
    assert found.json["mock_error"].startswith(message)


def test_media_are_verified_by_their_hash() -> None:
    emulator = Emulator()
    picture = b"\x89PNG" + bytes(range(256)) * 40
    emulator.run("@cf/microsoft/resnet-50", {"image": list(picture)})
    digest = hashlib.sha256(picture).hexdigest()
    assert verify(emulator, {"match": {"inputs.image": {"sha256": digest}}}).json["verified"]
    assert not verify(emulator, {"match": {"inputs.image": {"sha256": "0" * 64}}}).json["verified"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "journal"), ("DELETE", "journal"), ("DELETE", "stubs"), ("POST", "reset")]
)
def test_a_misspelt_parameter_is_refused_and_not_taken_for_everybody(method: str, path: str) -> None:
    emulator = Emulator()
    emulator.run(LLAMA, chat("kept"))
    said = emulator.ask(method, f"/_mock/{path}?acount={ACCOUNT}")
    assert said.status == 422
    assert said.json["mock_error"].startswith("query.acount: unknown; accepted: account")
    assert journal(emulator)["total"] == 1
