"""What counts as another shape, and what the command says about it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from conftest import serving
from harness import ACCOUNT, BEARER, TOKEN, Emulator
from pytest_httpx import HTTPXMock

from mock_server.cli import main
from mock_server.drift import answered, changes
from mock_server.settings import Settings

CHAT = "@cf/meta/llama-3.1-8b-instruct-fp8"
JSON, EVENTS = "application/json", "text/event-stream"


def shape(body: Any, status: int = 200, content_type: str = JSON) -> Any:
    return answered(status, content_type, body if isinstance(body, bytes) else json.dumps(body).encode())


def events(*data: Any) -> Any:
    blocks = (f"data: {item if isinstance(item, str) else json.dumps(item)}\n\n" for item in data)
    return shape("".join(blocks).encode(), 200, EVENTS)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (shape({"a": 1, "b": "x"}), shape({"b": "y", "a": 2.5}), []),
        (shape({"a": 1}), shape({"a": 1, "b": {"c": 1}}), ["added    b (object)"]),
        (shape({"a": {"b": 1, "c": 2}}), shape({"a": {"c": 2}}), ["removed  a.b (number)"]),
        (shape({"a": {"b": 1}}), shape({}), ["removed  a (object)"]),
        (shape({"a": "x"}), shape({"a": ["x"]}), ["type     a: string -> list"]),
        (shape({"a": None}), shape({"a": 1}), ["type     a: null -> number"]),
        (shape({"a": [{"b": 1}]}), shape({"a": [{"b": 1}, {"b": 2, "c": 3}]}), ["added    a[].c (number)"]),
        (shape({"a": [1, None]}), shape({"a": [2]}), []),
        (shape({"a": [{"b": 1}]}), shape({"a": []}), []),
        (shape([]), shape({}), ["type     list -> object"]),
        (shape({}), shape({}, content_type="application/json; charset=utf-8"), []),
        (shape({}), shape(b"<html>", content_type="text/html"), ["content-type application/json -> text/html"]),
        (shape({}), shape(b"cut {"), ["type     object -> bytes"]),
        (shape(b"\xff", content_type="image/png"), shape(b"\xfe\xff", content_type="image/png"), []),
        (
            shape({"result": 1}),
            shape({"errors": [{"code": 5028, "message": "gone"}]}, 410),
            ["status   200 -> 410", "code     nothing -> 5028"],
        ),
        (
            shape({"errors": [{"code": 5006}]}, 400),
            shape({"errors": [{"code": 8001}]}, 400),
            ["code     5006 -> 8001"],
        ),
        (events({"a": 1}, "[DONE]"), events({"a": 2}, {"a": 3}, "[DONE]"), []),
        (events({"a": 1}, "[DONE]"), events({"a": 2}), ["ending   [DONE] -> no [DONE]"]),
        (events({"a": 1}, "[DONE]"), events({"a": 1}, {"b": 1}, "[DONE]"), ["added    b (number)"]),
        (
            events({"type": "start", "id": 1}, {"type": "stop"}),
            events({"type": "start", "id": "1"}, {"type": "end", "why": 1}),
            ["event    nothing -> end", "event    stop -> nothing", "type     <start>.id: number -> string"],
        ),
        (
            events({"a": 1}, "[DONE]"),
            shape(b"event: ping\r\ndata: 1\r\n\r\n", 200, EVENTS),
            ["event    data -> nothing", "event    nothing -> ping", "ending   [DONE] -> no [DONE]"],
        ),
    ],
)
def test_a_shape_is_what_it_is_made_of_not_what_it_says(before: Any, after: Any, said: list[str]) -> None:
    assert [str(change) for change in changes(before, after)] == said


@pytest.fixture
def recorded(tmp_path: Path, httpx_mock: HTTPXMock) -> Path:
    httpx_mock.add_response(json={"result": {"response": "Hi"}, "success": True})
    Emulator(mode="record", recordings=tmp_path).run(CHAT, {"prompt": "x"})
    return tmp_path


def drift(folder: Path, *arguments: str, token: str = TOKEN) -> Result:
    env = {"CLOUDFLARE_API_TOKEN": token, "CLOUDFLARE_ACCOUNT_ID": "f" * 32}
    return CliRunner().invoke(main, ["drift", str(folder), *arguments], env=env)


def test_the_same_request_is_asked_of_the_callers_own_account(recorded: Path, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json={"result": {"response": "Ho"}, "success": True})
    result = drift(recorded)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("same   recorded/@cf/meta/llama-3.1-8b-instruct-fp8/")
    assert "1 recordings asked again, 0 of another shape" in result.stderr
    request = httpx_mock.get_requests()[-1]
    assert str(request.url) == f"https://api.cloudflare.com/client/v4/accounts/{'f' * 32}/ai/run/{CHAT}"
    assert (request.headers["authorization"], json.loads(request.content)) == (f"Bearer {TOKEN}", {"prompt": "x"})


def test_what_changed_is_said_and_the_status_is_1(recorded: Path, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json={"result": {"response": ["Ho"]}, "success": True}, is_reusable=True)
    result = drift(recorded)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1].strip() == "type     result.response: string -> list"
    told = json.loads(drift(recorded, "--json").stdout)
    assert (told["asked"], told["drifted"]) == (1, 1)
    [change] = told["recordings"][0]["changes"]
    assert change == {"kind": "type", "path": "result.response", "was": "string", "now": "list"}


def test_credentials_that_are_refused_say_nothing_about_shapes(recorded: Path, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(401, json={"errors": [{"code": 10000}]})
    result = drift(recorded)
    assert (result.exit_code, "refuses the credentials" in result.stderr) == (2, True)
    assert TOKEN not in result.output


@pytest.mark.parametrize(
    ("arguments", "token", "said"),
    [
        (["--upstream", "http://127.0.0.1:9"], TOKEN, "http://127.0.0.1:9 cannot be asked"),
        ([], "", "--token or CLOUDFLARE_API_TOKEN is missing"),
    ],
)
@pytest.mark.httpx_mock(should_mock=lambda request: request.url.host != "127.0.0.1")
def test_what_cannot_be_asked_is_status_2(recorded: Path, arguments: list[str], token: str, said: str) -> None:
    result = drift(recorded, *arguments, token=token)
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_a_folder_without_recordings_is_told(tmp_path: Path) -> None:
    result = drift(tmp_path)
    assert (result.exit_code, "nothing recorded here" in result.stderr) == (2, True)


def test_a_service_that_changed_is_found_out_on_a_real_socket(tmp_path: Path) -> None:
    recordings, changed = tmp_path / "recordings", tmp_path / "changed"
    recordings.mkdir()
    changed.mkdir()
    stub = {"match": {"model": CHAT, "stream": False}, "reply": {"result": {"response": "x", "usage": 1}}}
    (changed / "one.json").write_text(json.dumps(stub))
    plain = Settings(log="off", agreements="given")
    with serving(plain) as upstream:
        recorder = Emulator(mode="record", upstream=upstream, recordings=recordings)
        for inputs in ({"prompt": "x"}, {"prompt": "x", "stream": True}):
            assert recorder.run(CHAT, inputs, BEARER, ACCOUNT).status == 200
        assert drift(recordings, "--upstream", upstream, "--account", ACCOUNT).exit_code == 0
    with serving(Settings(log="off", agreements="given", fixtures=(changed,))) as upstream:
        result = drift(recordings, "--upstream", upstream, "--account", ACCOUNT)
    assert result.exit_code == 1
    assert result.stdout.count("DRIFT") == 1
    assert "type     result.usage: object -> number" in result.stdout
