"""Fixture files: every kind of reply, the order in which they speak, and every way to write one wrongly."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Emulator

from mock_server.errors import MockError
from mock_server.stubs import Stubs, read_folder

NATIVE = "@cf/meta/llama-3.2-1b-instruct"
CHAT = "@cf/zai-org/glm-4.7-flash"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    return tmp_path


def write(folder: Path, name: str, document: Any) -> None:
    path = folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def test_a_reply_of_text_works_in_every_format_and_streamed(
    folder: Path, make_emulator: Callable[..., Emulator]
) -> None:
    write(
        folder,
        "weather",
        {"match": {"inputs.messages.-1.content": {"contains": "weather"}}, "reply": {"text": "Sunny."}},
    )
    emulator = make_emulator(fixtures=(folder,))
    ask = {"messages": [{"role": "user", "content": "How is the weather?"}]}
    native = emulator.run(NATIVE, ask)
    assert native.result["response"] == "Sunny."
    assert native.headers["x-mock-source"] == "weather"
    assert emulator.run(CHAT, ask).result["choices"][0]["message"]["content"] == "Sunny."
    streamed = emulator.run(NATIVE, ask | {"stream": True}).events
    assert "".join(event["response"] for event in streamed[:-1]) == "Sunny."
    chunks = [event for event in emulator.run(CHAT, ask | {"stream": True}).events[:-1] if event.get("choices")]
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == "Sunny."


def test_a_reply_of_tool_calls(folder: Path, make_emulator: Callable[..., Emulator]) -> None:
    call = {"name": "get_weather", "arguments": {"city": "Lisbon"}}
    write(folder, "tool", {"match": {"task": "Text Generation"}, "reply": {"tool_calls": [call]}})
    emulator = make_emulator(fixtures=(folder,))
    ask = {"messages": [{"role": "user", "content": "How is it outside?"}]}
    assert emulator.run(NATIVE, ask).result["tool_calls"] == [call]
    choice = emulator.run(CHAT, ask).result["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"]) == {"city": "Lisbon"}


def test_a_reply_of_json_is_an_object_or_its_text_as_the_model_does_it(
    folder: Path, make_emulator: Callable[..., Emulator]
) -> None:
    write(folder, "json", {"match": {"task": "Text Generation"}, "reply": {"json": {"sunny": True}}})
    emulator = make_emulator(fixtures=(folder,))
    ask = {"messages": [{"role": "user", "content": "Is it?"}], "response_format": {"type": "json_object"}}
    assert emulator.run(NATIVE, ask).result["response"] == {"sunny": True}
    assert emulator.run(CHAT, ask).result["choices"][0]["message"]["content"] == '{"sunny":true}'


@pytest.mark.parametrize(
    ("usage", "neurons"),
    [
        ({"prompt_tokens": 1_000_000, "completion_tokens": 0}, "2454.55"),
        ({"input_tokens": 1_000_000, "output_tokens": 0}, "2454.55"),
        ({"prompt_tokens": "many"}, "0.00"),
        ("unknown", "0.00"),
    ],
)
def test_a_verbatim_result_costs_what_its_usage_says(
    folder: Path, make_emulator: Callable[..., Emulator], usage: Any, neurons: str
) -> None:
    write(folder, "used", {"match": {"model": NATIVE}, "reply": {"result": {"response": "", "usage": usage}}})
    assert make_emulator(fixtures=(folder,)).run(NATIVE, {"prompt": "x"}).headers["cf-ai-neurons"] == neurons


def test_a_verbatim_result_is_left_alone_and_streams_what_it_says(
    folder: Path, make_emulator: Callable[..., Emulator]
) -> None:
    write(folder, "verbatim", {"match": {"model": NATIVE}, "reply": {"result": {"response": "As it is.", "more": 1}}})
    emulator = make_emulator(fixtures=(folder,))
    assert emulator.run(NATIVE, {"prompt": "x"}).result == {"response": "As it is.", "more": 1}
    events = emulator.run(NATIVE, {"prompt": "x", "stream": True}).events
    assert "".join(event["response"] for event in events[:-1]) == "As it is."


def test_a_reply_of_an_error_is_a_row_of_the_table(folder: Path, make_emulator: Callable[..., Emulator]) -> None:
    write(folder, "busy", {"match": {"inputs.prompt": "busy"}, "reply": {"error": 3040}})
    write(folder, "used", {"match": {"inputs.prompt": "used"}, "reply": {"error": {"code": 4006}}})
    emulator = make_emulator(fixtures=(folder,))
    assert emulator.run(NATIVE, {"prompt": "busy"}).error[:2] == (429, 3040)
    assert emulator.run(NATIVE, {"prompt": "used"}).error[:2] == (429, 4006)


def test_a_reply_of_a_file_is_delivered_as_the_model_delivers(
    folder: Path, make_emulator: Callable[..., Emulator]
) -> None:
    (folder / "assets" / "dot.png").write_bytes(b"\x89PNG not really")
    reply = {"file": "dot.png", "media_type": "image/png"}
    write(folder, "picture", {"match": {"task": "Text-to-Image"}, "reply": reply})
    emulator = make_emulator(fixtures=(folder,))
    raw = emulator.run("@cf/stabilityai/stable-diffusion-xl-base-1.0", {"prompt": "x"})
    assert (raw.headers["content-type"], raw.body) == ("image/png", b"\x89PNG not really")
    encoded = emulator.run("@cf/black-forest-labs/flux-1-schnell", {"prompt": "x"})
    assert encoded.result == {"image": "iVBORyBub3QgcmVhbGx5"}


def test_replies_are_given_in_turn_and_the_last_repeats(folder: Path, make_emulator: Callable[..., Emulator]) -> None:
    write(folder, "turns", {"match": {"model": NATIVE}, "reply": [{"error": 3040}, {"text": "one"}, {"text": "two"}]})
    emulator = make_emulator(fixtures=(folder,))
    assert emulator.run(NATIVE, {"prompt": "x"}).status == 429
    said = [emulator.run(NATIVE, {"prompt": "x"}).result["response"] for _ in range(3)]
    assert said == ["one", "two", "two"]
    elsewhere = emulator.run(NATIVE, {"prompt": "x"}, {"authorization": "Bearer " + "x" * 40}, account="f" * 32)
    assert elsewhere.status == 429  # every account has its own turn


def test_priority_then_the_last_folder_then_the_path_decides(
    tmp_path: Path, make_emulator: Callable[..., Emulator]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    anything = {"match": {"task": "Text Generation"}}
    write(first, "a", anything | {"reply": {"text": "first a"}})
    write(second, "b", anything | {"reply": {"text": "second b"}})
    write(second, "c", anything | {"reply": {"text": "second c"}})
    said = make_emulator(fixtures=(first, second)).run(NATIVE, {"prompt": "x"}).result["response"]
    assert said == "second b"
    write(first, "z", anything | {"reply": {"text": "urgent"}, "priority": 1})
    said = make_emulator(fixtures=(first, second)).run(NATIVE, {"prompt": "x"}).result["response"]
    assert said == "urgent"


def test_validation_comes_before_fixtures(folder: Path, make_emulator: Callable[..., Emulator]) -> None:
    write(folder, "any", {"match": {}, "reply": {"result": {}}})
    assert make_emulator(fixtures=(folder,)).run(NATIVE, {}).error[:2] == (400, 5006)


@pytest.mark.parametrize(
    ("document", "pointer", "complaint"),
    [
        ([], "", "accepted: an object"),
        ({"match": {}}, "", "the field reply is missing"),
        ({"reply": {"text": ""}}, "", "the field match is missing"),
        ({"match": {}, "reply": {"text": ""}, "prio": 1}, "/prio", "did you mean priority"),
        ({"match": {}, "reply": {"text": ""}, "priority": "high"}, "/priority", "a whole number"),
        (
            {"match": {"inputs.a": {"contain": 1}}, "reply": {"text": ""}},
            "/match/inputs.a/contain",
            "unknown condition",
        ),
        ({"match": {}, "reply": []}, "/reply", "an empty list"),
        ({"match": {}, "reply": {"txt": ""}}, "/reply/txt", "did you mean text"),
        ({"match": {}, "reply": {}}, "/reply", "a reply is one of"),
        ({"match": {}, "reply": {"text": "", "error": 3040}}, "/reply", "a reply is one of"),
        ({"match": {}, "reply": {"text": 3}}, "/reply/text", "accepted: a string"),
        ({"match": {}, "reply": {"text": "1", "json": 1}}, "/reply/json", "accepted: one of them"),
        ({"match": {}, "reply": {"tool_calls": [{"name": 1}]}}, "/reply/tool_calls/0", "a name (string)"),
        ({"match": {}, "reply": {"error": 1}}, "/reply/error", "no code of the error table"),
        ({"match": {}, "reply": [{"text": ""}, {"error": True}]}, "/reply/1/error", "no code"),
        ({"match": {}, "reply": {"file": "x.png"}}, "/reply", "media_type"),
        ({"match": {}, "reply": {"file": "x.png", "media_type": "image/png"}}, "/reply/file", "no file below"),
        ({"match": {}, "reply": {"file": "../a.json", "media_type": "image/png"}}, "/reply/file", "no file below"),
    ],
)
def test_a_wrong_fixture_is_refused_by_file_and_pointer(
    folder: Path, document: Any, pointer: str, complaint: str
) -> None:
    write(folder, "a", document)
    with pytest.raises(MockError) as caught:
        list(read_folder(folder))
    assert str(caught.value).startswith(f"{folder / 'a.json'}#{pointer}: ")
    assert complaint in str(caught.value)


def test_a_file_that_is_no_json_and_a_folder_that_is_none_are_named(folder: Path) -> None:
    (folder / "a.json").write_text("{")
    with pytest.raises(MockError, match=r"a\.json: not JSON"):
        list(read_folder(folder))
    with pytest.raises(MockError, match="no such folder"):
        Stubs((folder / "gone",))
