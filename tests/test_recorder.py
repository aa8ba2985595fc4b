"""What the recorder keeps of an exchange with the real service, and what never reaches the disk."""

import json
import re
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import serving
from harness import ACCOUNT, BEARER, TOKEN, Emulator
from pytest_httpx import HTTPXMock, IteratorStream

from mock_server.app import build
from mock_server.catalog import Catalog, Model
from mock_server.checking import check
from mock_server.errors import MockError
from mock_server.exchange import Call
from mock_server.matching import compile_match
from mock_server.recorder import match_of
from mock_server.settings import Settings

CHAT = "@cf/meta/llama-3.1-8b-instruct-fp8"
PICTURE = "@cf/bytedance/stable-diffusion-xl-lightning"
EARS = "@cf/openai/whisper"
UPSTREAM = f"https://api.cloudflare.com/client/v4/accounts/{ACCOUNT}/ai"
EVENTS = {"content-type": "text/event-stream"}


@pytest.fixture
def recorder(tmp_path: Path) -> Emulator:
    return Emulator(mode="record", recordings=tmp_path)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def only(folder: Path) -> dict[str, Any]:
    [path] = (folder / "recorded").rglob("*.json")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_one_readable_file_is_kept_of_an_exchange(recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock) -> None:
    headers = {
        "cf-ai-neurons": "0.5",
        "set-cookie": "__cf_bm=secret",
        "cf-ray": "1",
        "content-type": "application/json",
    }
    httpx_mock.add_response(content=b'{"result": {"response": "Hi"} }', headers=headers)
    response = recorder.run(CHAT, {"prompt": "Hello"})
    assert (response.status, response.body) == (200, b'{"result": {"response": "Hi"} }')
    assert response.headers["x-mock-source"] == "upstream"
    kept = only(tmp_path)
    assert kept["match"] == {
        "model": CHAT,
        "surface": "native",
        "inputs": {"equals": {"prompt": "Hello"}},
        "stream": False,
        **({"queued": False} if Catalog.load().find(CHAT).has("async_queue") else {}),  # type: ignore[union-attr]
    }
    raw = kept["reply"]["raw"]
    assert (raw["status"], raw["headers"]) == (200, {"content-type": "application/json", "cf-ai-neurons": "0.5"})
    [part] = raw["parts"]
    assert part["text"] == '{"result": {"response": "Hi"} }'
    assert part["delay_ms"] >= 0
    assert kept["recorded"]["request"] == {
        "method": "POST",
        "path": f"/client/v4/accounts/{{account_id}}/ai/run/{CHAT}",
        "json": {"prompt": "Hello"},
    }
    assert kept["recorded"]["upstream"] == "https://api.cloudflare.com"


def test_credentials_account_and_cookies_never_reach_the_disk(
    recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(json={"result": {}}, headers={"set-cookie": "session=crumb"})
    sent = {"cookie": "a=crumb", "x-auth-key": "b" * 40, "cf-aig-authorization": "Bearer gatewaysecret"}
    recorder.run(CHAT, {"prompt": "x"}, sent)
    [request] = httpx_mock.get_requests()
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    written = "".join((tmp_path / name).read_text("utf-8") for name in files(tmp_path))
    for secret in (TOKEN, "crumb", "b" * 40, "gatewaysecret", ACCOUNT):
        assert secret not in written


def test_a_stream_is_kept_byte_for_byte_in_its_parts(recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock) -> None:
    parts = [b'data: {"response":"a"}\n\n', 'data: {"response":"é'.encode()[:-1], b'\xa9"}\n\n', b"data: [DONE]\n\n"]
    httpx_mock.add_response(stream=IteratorStream(parts), headers=EVENTS)
    response = recorder.run(CHAT, {"prompt": "x", "stream": True})
    assert response.parts == parts
    kept = only(tmp_path)
    assert kept["match"]["stream"] is True
    raw = kept["reply"]["raw"]["parts"]
    assert [part["text"].encode() if "text" in part else b64decode(part["base64"]) for part in raw] == parts
    replayed = Emulator(mode="replay", fixtures=(tmp_path,)).run(CHAT, {"prompt": "x", "stream": True})
    assert replayed.parts == parts
    assert replayed.headers["content-type"] == "text/event-stream"


def test_media_are_files_beside_the_recording(recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock) -> None:
    picture = bytes(range(256)) * 40
    httpx_mock.add_response(content=picture, headers={"content-type": "image/jpeg"})
    assert recorder.run(PICTURE, {"prompt": "a cat"}).body == picture
    [part] = only(tmp_path)["reply"]["raw"]["parts"]
    assert (tmp_path / "assets" / part["file"]).read_bytes() == picture
    assert part["file"].endswith(".jpg")
    replayed = Emulator(mode="replay", fixtures=(tmp_path,)).run(PICTURE, {"prompt": "a cat"})
    assert (replayed.body, replayed.headers["content-type"]) == (picture, "image/jpeg")


def test_media_that_were_sent_are_matched_by_their_hash(
    recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(json={"result": {"text": "hm"}})
    sound = b"RIFF" + bytes(5000)
    recorder.run(EARS, sound)
    assert "sha256" in only(tmp_path)["match"]["inputs.audio"]
    asset = only(tmp_path)["recorded"]["request"]["file"]
    assert (tmp_path / "assets" / asset).read_bytes() == sound
    replay = Emulator(mode="replay", fixtures=(tmp_path,))
    assert replay.run(EARS, sound).json == {"result": {"text": "hm"}}
    assert replay.run(EARS, sound + b"x").status == 501


@pytest.mark.parametrize(
    ("test", "name"),
    [
        ("", r"[0-9a-f]{12}\.json"),
        ("test_weather", r"test_weather-[0-9a-f]{12}\.json"),
        ("tests/test_a.py::test_b[é/../x]", r"tests_test_a\.py_test_b_.*-[0-9a-f]{12}\.json"),
        ("../../../etc/passwd", r"_.*etc_passwd-[0-9a-f]{12}\.json"),
        ("..", r"_-[0-9a-f]{12}\.json"),
    ],
)
def test_a_recording_is_named_after_its_model_and_the_test_that_asked(
    recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock, test: str, name: str
) -> None:
    httpx_mock.add_response(json={"result": {}})
    recorder.run(CHAT, {"prompt": "x"}, {"x-mock-test": test} if test else {})
    [path] = files(tmp_path)
    assert re.fullmatch(rf"recorded/@cf/meta/llama-3\.1-8b-instruct-fp8/{name}", path)
    assert "x-mock-test" not in httpx_mock.get_requests()[0].headers


@pytest.mark.parametrize("model", ["../../up", "@cf/../../../up", "assets", ".hidden/x", "a.json/b"])
def test_whatever_a_model_is_called_its_recordings_stay_in_the_folder_and_are_found_again(
    tmp_path: Path, httpx_mock: HTTPXMock, model: str
) -> None:
    httpx_mock.add_response(json={"said": 1})
    folder = tmp_path / "inside"
    folder.mkdir()
    asked = {"model": model, "messages": []}

    def ask(emulator: Emulator) -> Any:
        path = f"/client/v4/accounts/{ACCOUNT}/ai/v1/chat/completions"
        return emulator.ask("POST", path, json.dumps(asked).encode(), BEARER).json

    assert ask(Emulator(mode="record", recordings=folder)) == {"said": 1}
    assert len(files(folder)) == 1
    assert len(files(tmp_path)) == 1
    assert ask(Emulator(mode="replay", fixtures=(folder,))) == {"said": 1}


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json={"result": {}})
    outside, folder = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    folder.mkdir()
    (folder / "recorded").symlink_to(outside)
    assert Emulator(mode="record", recordings=folder).run(CHAT, {"prompt": "x"}).status == 200
    assert files(outside) == []


def test_the_same_request_writes_the_same_file_and_the_last_answer_counts(
    recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock
) -> None:
    for said in ("first", "second"):
        httpx_mock.add_response(json={"result": {"response": said}})
        recorder.run(CHAT, {"prompt": "x"})
    assert len(files(tmp_path)) == 1
    assert json.loads(only(tmp_path)["reply"]["raw"]["parts"][0]["text"])["result"]["response"] == "second"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"errors": [{"code": 10000, "message": "Authentication error"}]}),
        (429, {"errors": [{"code": 3040, "message": "busy"}]}),
        (500, {}),
        (503, {}),
        (400, {"errors": [{"code": 6003, "message": "Invalid request headers", "error_chain": [{"code": 6111}]}]}),
    ],
)
def test_what_is_of_the_moment_or_of_the_credentials_is_passed_on_and_not_kept(
    recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock, status: int, body: Any
) -> None:
    httpx_mock.add_response(status, json=body)
    response = recorder.run(CHAT, {"prompt": "x"})
    assert (response.status, response.json) == (status, body)
    assert files(tmp_path) == []


def test_a_refusal_of_what_was_asked_is_kept(recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(410, json={"errors": [{"code": 5028}]})
    assert recorder.run("@cf/no/such", b"no json").status == 410
    assert only(tmp_path)["match"]["inputs"] == {"equals": {"body": "no json"}}
    assert Emulator(mode="replay", fixtures=(tmp_path,)).run("@cf/no/such", b"no json").status == 410


def test_a_stream_that_breaks_off_is_not_kept(recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock) -> None:
    class Breaking(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield b"data: {}\n\n"
            raise httpx.RemoteProtocolError("peer closed connection")

    httpx_mock.add_response(stream=Breaking(), headers=EVENTS)
    with pytest.raises(ConnectionError):
        recorder.run(CHAT, {"prompt": "x", "stream": True})
    assert files(tmp_path) == []


def test_an_answer_that_cannot_be_written_is_given_all_the_same(
    recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "recorded").write_text("in the way")
    httpx_mock.add_response(json={"result": {}})
    assert recorder.run(CHAT, {"prompt": "x"}).status == 200
    assert "not recorded" in caplog.text


def test_recordings_are_good_fixtures(recorder: Emulator, tmp_path: Path, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json={"result": {"response": "x"}}, is_reusable=True)
    for inputs in ({"prompt": "x"}, {"prompt": "x", "max_tokens": 5}, {"messages": [{"role": "user", "content": "x"}]}):
        recorder.run(CHAT, inputs)
    report = check((tmp_path,), Catalog.load())
    assert (report.fixtures, report.findings) == (3, [])


def call(inputs: dict[str, Any], **more: Any) -> Call:
    model = Catalog.load().find(CHAT)
    assert model is not None
    return Call(ACCOUNT, model, inputs, "", 0.0, **more)


LONG = "iVBORw0KGgoAAAANSUhEUgAA" * 300


@pytest.mark.parametrize(
    ("asked", "others"),
    [
        (call({"prompt": "x"}), [call({"prompt": "y"}), call({"prompt": "x", "seed": 1}), call({})]),
        (call({"prompt": "x"}), [call({"prompt": "x"}, stream=True), call({"prompt": "x"}, surface="openai")]),
        (call({}), [call({"prompt": "x"})]),
        (call({"n": 1}), [call({"n": 2}), call({"n": None}), call({"n": [1]})]),
        (
            call({"prompt": "x"}, stream=True, stream_options={"include_usage": True}),
            [call({"prompt": "x"}, stream=True), call({"prompt": "x"}, stream=True, stream_options={"a": 1})],
        ),
        (call({"image": b"abc", "n": 1}), [call({"image": b"abd", "n": 1}), call({"image": b"abc", "n": 1, "m": 2})]),
        (call({"a": {"body": b"x", "t": "y"}}), [call({"a": {"body": b"x", "t": "z"}}), call({"a": {"body": b"x"}})]),
        (call({"image": LONG, "p": None}), [call({"image": LONG + "aaaa", "p": None}), call({"image": LONG, "p": 1})]),
        (call({"l": [b"1", "x"]}), [call({"l": [b"1", "y"]}), call({"l": [b"1", "x", "z"]})]),
        (call({"image": [7] * 5000}), [call({"image": [7] * 5001}), call({"image": [8] * 5000})]),
        (call({"requests": []}, queued=True), [call({"requests": []})]),
    ],
)
def test_a_recording_speaks_for_the_same_request_and_for_no_other(asked: Call, others: list[Call]) -> None:
    match = compile_match(json.loads(json.dumps(match_of(asked))))
    assert match.misses(asked, anywhere=True) == []
    for other in others:
        assert match.misses(other, anywhere=True) != []


def test_globs_in_a_models_name_mean_themselves() -> None:
    odd = call({})
    odd.model = Model("@cf/a[b]*?", "", "", {})
    assert match_of(odd)["model"] == "@cf/a[[]b][*][?]"
    assert compile_match(match_of(odd)).misses(odd, anywhere=True) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mode": "record"}, "--mode record: --recordings DIR says where"),
        ({"mode": "proxy", "upstream": "api.cloudflare.com"}, "--upstream: accepted: http:// or https://"),
        ({"mode": "proxy", "upstream": "https://user:secret@host"}, "--upstream: accepted"),
    ],
)
def test_a_mode_that_lacks_something_says_so_at_the_start(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(MockError, match=re.escape(said)) as trouble:
        build(Settings(**settings))
    assert "secret" not in str(trouble.value)


def test_recorded_on_a_real_socket_it_replays_offline_byte_for_byte(
    tmp_path: Path, make_emulator: Callable[..., Emulator]
) -> None:
    asked: list[tuple[str, Any]] = [
        (f"run/{CHAT}", {"prompt": "Tell me a story"}),
        (f"run/{CHAT}", {"prompt": "Tell me a story", "stream": True}),
        ("v1/chat/completions", {"model": CHAT, "messages": [{"role": "user", "content": "Hi"}], "stream": True}),
        ("v1/embeddings", {"model": "@cf/baai/bge-m3", "input": ["a", "b"]}),
        ("v1/completions", {"model": CHAT, "prompt": ["a", "b"]}),
        (f"run/{PICTURE}", {"prompt": "a cat", "width": 256, "height": 256}),
        (f"run/{CHAT}", {"prompt": 5}),
        ("run/@cf/no/such", {"prompt": "x"}),
        ("run", {"model": "openai/gpt-4o", "input": {"messages": [{"role": "user", "content": "x"}]}}),
    ]

    def answers(url: str) -> list[tuple[int, str, bytes]]:
        found = []
        for path, body in asked:
            response = httpx.post(f"{url}/accounts/{ACCOUNT}/ai/{path}", json=body, headers=BEARER, timeout=30)
            found.append((response.status_code, response.headers["content-type"], response.content))
        return found

    with serving(Settings(log="off", agreements="given")) as upstream:
        settings = Settings(log="off", mode="record", upstream=upstream, recordings=tmp_path)
        with serving(settings) as url:
            recorded = answers(url)
    assert [status for status, _, _ in recorded] == [200] * 6 + [400, 400, 200]
    with serving(Settings(log="off", mode="replay", fixtures=(tmp_path,))) as url:
        assert answers(url) == recorded


def test_recorded_times_are_kept_only_where_they_are_wanted(
    tmp_path: Path, make_emulator: Callable[..., Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("mock_server.stubs.replies.asyncio.sleep", sleep)
    raw = {"parts": [{"delay_ms": 1500, "text": "{}"}]}
    document = {"recorded": {}, "match": {"model": CHAT}, "reply": {"raw": raw}}
    (tmp_path / "one.json").write_text(json.dumps(document))
    emulator = make_emulator(mode="replay", fixtures=(tmp_path,))
    emulator.run(CHAT, {"prompt": "x"})
    assert 1.5 not in slept
    emulator.run(CHAT, {"prompt": "x"}, {"x-mock-pacing": "recorded"})
    make_emulator(mode="replay", fixtures=(tmp_path,), pacing="recorded").run(CHAT, {"prompt": "x"})
    assert slept.count(1.5) == 2
