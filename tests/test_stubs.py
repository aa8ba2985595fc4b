"""Fixture files: every kind of reply, the order in which they speak, and every way to write one wrongly."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Emulator
from hypothesis import given
from hypothesis import strategies as st

from mock_server import errors
from mock_server.catalog import Model
from mock_server.errors import ApiError, MockError, Row
from mock_server.exchange import Call, Result
from mock_server.stubs import Stubs, read_folder
from mock_server.stubs.reading import read as read_stub

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
        ({"match": {}, "reply": {"error": "out_of_capasity"}}, "/reply/error", "did you mean out_of_capacity"),
        ({"match": {}, "reply": {"error": {"code": 3040, "status": 500}}}, "/reply/error", "3040 with status 500"),
        (
            {"match": {}, "reply": {"error": {"code": 5028, "values": {"when": 1}}}},
            "/reply/error/values/when",
            "accepted: model, date",
        ),
        ({"match": {}, "reply": {"text": "", "finish_reason": "done"}}, "/reply/finish_reason", "accepted: stop"),
        ({"match": {}, "reply": {"text": ""}, "times": 0}, "/times", "from 1"),
        ({"match": {}, "reply": {"text": ""}, "delay": 200}, "/delay", "such as 200ms"),
        ({"match": {}, "reply": {"text": "", "delay": "soon"}}, "/reply/delay", "such as 200ms"),
        ({"match": {}, "reply": {"text": ""}, "pacing": "fast"}, "/pacing", "realistic"),
        ({"match": {}, "reply": {"text": ""}, "template": "yes"}, "/template", "true or false"),
        ({"match": {}, "reply": {"text": "{{nme}}", "template": True}}, "/reply/text", "is no expression"),
        ({"match": {}, "reply": {"text": "{{ }", "template": True}}, "/reply/text", "is no expression"),
        ({"match": {}, "reply": {"text": "", "media_type": "image/png"}}, "/reply/media_type", "only of a reply"),
        ({"match": {}, "reply": {"raw": {"status": 99}}}, "/reply/raw/status", "from 200 to 599"),
        ({"match": {}, "reply": {"raw": {"headers": {"a b": "c"}}}}, "/reply/raw/headers/a b", "the name of a header"),
        (
            {"match": {}, "reply": {"raw": {"headers": {"Content-Length": "3"}}}},
            "/reply/raw/headers/Content-Length",
            "the server sends",
        ),
        ({"match": {}, "reply": {"raw": {"parts": [{}]}}}, "/reply/raw/parts/0", "text, base64 or file"),
        ({"match": {}, "reply": {"raw": {"parts": [{"base64": "?"}]}}}, "/reply/raw/parts/0/base64", "not base64"),
        (
            {"match": {}, "reply": {"raw": {"parts": [{"text": "", "delay_ms": -1}]}}},
            "/reply/raw/parts/0/delay_ms",
            "milliseconds",
        ),
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


def ask(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


# --- what a reply can be ----------------------------------------------------------------------------------------------

ROWS = [name for name, row in vars(errors).items() if isinstance(row, Row)]


@pytest.mark.parametrize("name", ROWS)
def test_every_row_of_the_error_table_can_be_a_reply_by_its_name(name: str) -> None:
    stubs = Stubs(())
    stubs.add(None, [(None, {"match": {}, "reply": {"error": name.lower()}})])
    with pytest.raises(ApiError) as caught:
        stubs.reply(call("x"))
    assert caught.value.row == getattr(errors, name)
    assert "{" not in caught.value.message().replace("{}", "")  # every placeholder is filled


@pytest.mark.parametrize(
    ("reply", "status", "message"),
    [
        (10000, 401, "Authentication error"),
        ({"code": 10000, "status": 403}, 403, "Authentication error"),
        ("forbidden", 403, "Authentication error"),
        (5016, 403, "Prior to using this model"),
        ("agreed", 403, "Thank you for agreeing"),
        ({"code": 5028, "values": {"date": "2027-01-01"}}, 410, "was deprecated on 2027-01-01"),
        (8001, 400, "Invalid input"),
    ],
)
def test_rows_that_share_a_code_are_told_apart(
    make_emulator: Callable[..., Emulator], folder: Path, reply: Any, status: int, message: str
) -> None:
    write(folder, "wrong", {"match": {"model": NATIVE}, "reply": {"error": reply}})
    response = make_emulator(fixtures=(folder,)).run(NATIVE, {"prompt": "x"})
    assert response.status == status
    assert message in response.error[2]
    assert response.headers["x-mock-source"] == "wrong"


def test_a_raw_reply_is_sent_byte_for_byte_in_its_parts(folder: Path, make_emulator: Callable[..., Emulator]) -> None:
    raw = {
        "status": 503,
        "headers": {"Content-Type": "text/plain", "set-cookie": ["a=1", "b=2"]},
        "parts": [{"text": "half "}, {"delay_ms": 1, "base64": "aGFsZg=="}],
    }
    write(folder, "raw", {"match": {"model": NATIVE}, "reply": {"raw": raw}})
    response = make_emulator(fixtures=(folder,)).run(NATIVE, {"prompt": "x", "stream": True})
    assert (response.status, response.parts) == (503, [b"half ", b"half"])
    assert response.headers["content-type"] == "text/plain"
    assert response.headers["set-cookie"] == "b=2"  # the second of them
    assert response.headers["x-mock-source"] == "raw"


TOOL = {"name": "get_weather", "arguments": {"city": "Lisbon"}}
OPENAI_TOOL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city":"Lisbon"}'},
}


@pytest.mark.parametrize(
    ("result", "text", "calls"),
    [
        ({"response": "Sunny."}, "Sunny.", 0),
        ({"response": None, "tool_calls": [TOOL]}, "", 1),
        ({"response": {"sunny": True}}, '{"sunny":true}', 0),
        ({"choices": [{"message": {"content": "Sunny.", "reasoning_content": "Hm."}}]}, "Sunny.", 0),
        ({"choices": [{"message": {"content": None, "tool_calls": [OPENAI_TOOL]}}]}, "", 1),
        ({"choices": [{"text": "Sunny.", "finish_reason": "stop"}]}, "Sunny.", 0),
        ({"output": [{"type": "message", "content": [{"type": "output_text", "text": "Sunny."}]}]}, "Sunny.", 0),
        (
            {"output": [{"type": "function_call", "name": "get_weather", "arguments": "{}", "call_id": "a"}]},
            "",
            1,
        ),
    ],
)
def test_a_verbatim_result_of_any_form_is_streamed_when_asked_to(
    make_emulator: Callable[..., Emulator], folder: Path, result: Any, text: str, calls: int
) -> None:
    write(folder, "verbatim", {"match": {"model": CHAT}, "reply": {"result": result}})
    emulator = make_emulator(fixtures=(folder,))
    assert emulator.run(CHAT, ask("x")).result == result
    deltas = [
        event["choices"][0]["delta"]
        for event in emulator.run(CHAT, ask("x") | {"stream": True}).events[:-1]
        if event.get("choices")
    ]
    assert "".join(delta.get("content") or "" for delta in deltas) == text
    named = [delta["tool_calls"][0]["function"].get("name") for delta in deltas if delta.get("tool_calls")]
    assert [name for name in named if name] == ["get_weather"] * calls


def test_a_verbatim_result_that_says_nothing_is_sent_whole(
    make_emulator: Callable[..., Emulator], folder: Path
) -> None:
    write(folder, "odd", {"match": {"model": CHAT}, "reply": {"result": {"odd": 1}}})
    assert make_emulator(fixtures=(folder,)).run(CHAT, ask("x") | {"stream": True}).result == {"odd": 1}


@pytest.mark.parametrize("reply", [{"text": "A red hat."}, {"result": {"answer": "A red hat."}}])
def test_moondream_streams_what_a_fixture_says(
    make_emulator: Callable[..., Emulator], folder: Path, reply: dict[str, Any]
) -> None:
    model = "@cf/moondream/moondream3.1-9B-A2B"
    write(folder, "hat", {"match": {"model": model}, "reply": reply})
    emulator = make_emulator(fixtures=(folder,))
    asked = {"task": "query", "question": "What is it?", "stream": True}
    chunks = [event["chunk"] for event in emulator.run(model, asked).events[:-1] if "chunk" in event]
    assert chunks[-1]["answer"] == "A red hat."
    assert emulator.run(model, asked | {"stream": False}).result["answer"] == "A red hat."


# --- templates --------------------------------------------------------------------------------------------------------


def templated(make_emulator: Callable[..., Emulator], folder: Path, reply: dict[str, Any], **document: Any) -> Emulator:
    write(folder, "template", {"match": {"model": NATIVE}, "reply": reply, "template": True, **document})
    return make_emulator(fixtures=(folder,), clock=1772600767.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("You said: {{inputs.messages.-1.content}}", "You said: go on"),
        ("You said: {{ last.content }} to {{model}}", f"You said: go on to {NATIVE}"),
        ("{{inputs.max_tokens}} of {{inputs.messages.0}}", '7 of {"role":"user","content":"go on"}'),
        ("{{inputs.seed}}|{{inputs.seed|none given}}", "|none given"),
        ("{{headers.x-name|nobody}}, {{headers.X-Other|nobody}}", "Ada, nobody"),
        ("{{now}} {{date}} {{unix}}", "2026-03-04T05:06:07Z 2026-03-04 1772600767"),
        ("{{task}} on {{surface}}, streamed: {{stream}}", "Text Generation on native, streamed: false"),
        ("{{'{{'}} is how a template begins", "{{ is how a template begins"),
        ("{ } {one} }} are braces", "{ } {one} }} are braces"),
        ("turn {{turn}}", "turn 1"),
    ],
)
def test_a_template_is_filled_in_from_the_request(text: str, said: str) -> None:
    stubs = Stubs(())
    stubs.add(None, [(None, {"match": {}, "reply": {"result": {"said": text}}, "template": True})])
    inputs = ask("go on") | {"max_tokens": 7}
    found = stubs.reply(Call(ONE, MODEL, inputs, "", 1772600767.5, headers={b"x-name": b"Ada"}))
    assert found is not None
    assert found.reply == Result({"said": said}, verbatim=True)


def test_a_template_gives_tool_arguments_their_own_types(make_emulator: Callable[..., Emulator], folder: Path) -> None:
    call = {"name": "{{inputs.tools.0.name}}", "arguments": {"n": "{{inputs.max_tokens}}", "q": ["{{last.content}}!"]}}
    emulator = templated(make_emulator, folder, {"tool_calls": [call]})
    tools = [{"name": "find", "description": "Finds.", "parameters": {"type": "object", "properties": {}}}]
    response = emulator.run(NATIVE, ask("tea") | {"max_tokens": 7, "tools": tools})
    assert response.result["tool_calls"] == [{"name": "find", "arguments": {"n": 7, "q": ["tea!"]}}]


def test_a_template_fills_a_result(make_emulator: Callable[..., Emulator], folder: Path) -> None:
    emulator = templated(make_emulator, folder, {"result": {"response": "{{last.content}}", "asked": "{{inputs}}"}})
    assert emulator.run(NATIVE, {"prompt": "tea"}).result == {"response": "tea", "asked": {"prompt": "tea"}}


def test_uuids_of_a_template_differ_by_place_and_turn_and_are_the_same_for_the_same_request(
    make_emulator: Callable[..., Emulator], folder: Path
) -> None:
    def said() -> list[str]:
        emulator = templated(make_emulator, folder, {"text": "{{uuid}} {{uuid}}"})
        return [emulator.run(NATIVE, {"prompt": "x"}).result["response"] for _ in range(2)]

    first = said()
    found = " ".join(first).split()
    assert len(set(found)) == 4
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", id_) for id_ in found
    )
    assert said() == first


def test_without_template_braces_are_braces(make_emulator: Callable[..., Emulator], folder: Path) -> None:
    write(folder, "plain", {"match": {"model": NATIVE}, "reply": {"text": "{{model}} {{ x"}})
    assert make_emulator(fixtures=(folder,)).run(NATIVE, {"prompt": "x"}).result["response"] == "{{model}} {{ x"


# --- how often, when and how fast -------------------------------------------------------------------------------------


def test_a_stub_answers_so_many_times_and_then_steps_aside(
    make_emulator: Callable[..., Emulator], folder: Path
) -> None:
    write(folder, "twice", {"match": {"model": NATIVE}, "reply": {"text": "mine"}, "times": 2})
    emulator = make_emulator(fixtures=(folder,))
    sources = [emulator.run(NATIVE, {"prompt": "x"}).headers["x-mock-source"] for _ in range(4)]
    assert sources == ["twice", "twice", "responder", "responder"]
    other = emulator.run(NATIVE, {"prompt": "x"}, {"authorization": "Bearer " + "x" * 40}, account="f" * 32)
    assert other.headers["x-mock-source"] == "twice"  # though the same was just answered from memory


def test_the_number_of_a_call_counts_those_that_the_rest_speaks_for_whoever_answers_them(
    make_emulator: Callable[..., Emulator], folder: Path
) -> None:
    for name, number in (("first", 1), ("second", 2), ("late", {"gte": 4})):
        match = {"inputs.prompt": {"starts_with": "x"}, "call": number}
        write(folder, name, {"match": match, "reply": {"text": name}})
    emulator = make_emulator(fixtures=(folder,))
    prompts = ("x", "other", "x", "x", "x", "xx")
    sources = [emulator.run(NATIVE, {"prompt": prompt}).headers["x-mock-source"] for prompt in prompts]
    assert sources == ["first", "responder", "second", "responder", "late", "late"]


def test_headers_decide_anew_each_time(make_emulator: Callable[..., Emulator], folder: Path) -> None:
    write(folder, "mine", {"match": {"headers.x-test": "mine"}, "reply": {"text": "mine"}})
    emulator = make_emulator(fixtures=(folder,))
    sent: list[dict[str, str]] = [{}, {"x-test": "mine"}, {}]
    sources = [emulator.run(NATIVE, {"prompt": "x"}, headers).headers["x-mock-source"] for headers in sent]
    assert sources == ["responder", "mine", "responder"]


@pytest.mark.parametrize("reply", [{"text": "at last"}, {"error": 3040}])
def test_a_delay_is_waited_for(make_emulator: Callable[..., Emulator], folder: Path, reply: dict[str, Any]) -> None:
    write(folder, "slow", {"match": {"model": NATIVE}, "reply": reply, "delay": "30ms"})
    emulator = make_emulator(fixtures=(folder,))
    began = time.perf_counter()
    assert emulator.run(NATIVE, {"prompt": "x"}).headers["x-mock-source"] == "slow"
    assert time.perf_counter() - began >= 0.03


@pytest.mark.parametrize(
    ("reply", "count"),
    [
        ({"text": "never", "delay": "3600s"}, 0),
        ({"error": 3040, "delay": "3600s"}, 0),
        ({"raw": {"parts": [{"text": "first"}, {"text": "never", "delay_ms": 3_600_000}]}}, 2),
    ],
)
def test_who_leaves_is_not_waited_for(
    make_emulator: Callable[..., Emulator], folder: Path, reply: dict[str, Any], count: int
) -> None:
    write(folder, "never", {"match": {"model": NATIVE}, "reply": reply})
    emulator = make_emulator(fixtures=(folder,))
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/accounts/{'0' * 32}/ai/run/{NATIVE}",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer " + b"x" * 40)],
    }
    messages = [{"type": "http.request", "body": b'{"prompt":"x"}'}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(asyncio.wait_for(emulator.app(scope, receive, send), 5))
    assert len(sent) == count


def test_a_reply_has_its_own_delay_and_pacing(folder: Path) -> None:
    replies = [{"result": 1}, {"result": 2, "delay": "0.5s", "pacing": "none"}]
    write(folder, "a", {"match": {}, "reply": replies, "delay": "20ms", "pacing": "1ms,2ms"})
    stubs = Stubs((folder,))
    found = [stubs.reply(call("x")) for _ in range(2)]
    assert [(one.delay, one.pacing) for one in found if one] == [(0.02, "1ms,2ms"), (0.5, "none")]


def test_a_paced_stub_streams_at_its_pace_unless_the_request_says_otherwise(
    make_emulator: Callable[..., Emulator], folder: Path
) -> None:
    write(folder, "slow", {"match": {"model": NATIVE}, "reply": {"text": "one two"}, "pacing": "60ms,0ms"})
    emulator = make_emulator(fixtures=(folder,))
    began = time.perf_counter()
    assert emulator.run(NATIVE, {"prompt": "x", "stream": True}).status == 200
    assert time.perf_counter() - began >= 0.04
    assert emulator.run(NATIVE, {"prompt": "x", "stream": True}, {"x-mock-pacing": "none"}).status == 200


# --- files that change ------------------------------------------------------------------------------------------------


def test_files_are_read_again_when_they_change_and_turns_of_the_others_stay(
    make_emulator: Callable[..., Emulator], folder: Path
) -> None:
    write(folder, "turns", {"match": {"inputs.prompt": "t"}, "reply": [{"text": "one"}, {"text": "two"}]})
    emulator = make_emulator(fixtures=(folder,))

    def said(prompt: str) -> str:
        emulator.ask("GET", "/_mock/stubs?limit=1")  # looks at the files
        return str(emulator.run(NATIVE, {"prompt": prompt}).result["response"])

    generated = said("x")
    assert said("t") == "one"
    write(folder, "below/new", {"match": {"inputs.prompt": "x"}, "reply": {"text": "new"}})
    assert said("x") == "new"  # although it had been answered otherwise
    write(folder, "below/new", {"match": {"inputs.prompt": "x"}, "reply": {"text": "newer"}})
    assert said("x") == "newer"
    (folder / "below" / "new.json").unlink()
    assert said("x") == generated
    assert said("t") == "two"


def test_a_file_that_breaks_says_what_it_said_before_and_every_answer_tells(
    make_emulator: Callable[..., Emulator], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, "a", {"match": {"inputs.prompt": "x"}, "reply": {"text": "good"}})
    emulator = make_emulator(fixtures=(folder,))
    write(folder, "a", {"match": {"inputs.prompt": "x"}, "reply": {"txt": "bad"}})
    listed = emulator.ask("GET", "/_mock/stubs?limit=1").json
    assert [(one["file"], one["pointer"]) for one in listed["broken"]] == [(str(folder / "a.json"), "/reply/txt")]
    response = emulator.run(NATIVE, {"prompt": "x"})
    assert response.result["response"] == "good"
    assert "a.json#/reply/txt: unknown field" in response.headers["x-mock-hint"]
    assert "did you mean text" in caplog.text
    write(folder, "a", {"match": {"inputs.prompt": "x"}, "reply": {"text": "better"}})
    assert emulator.ask("GET", "/_mock/stubs?limit=1").json["broken"] == []
    response = emulator.run(NATIVE, {"prompt": "x"})
    assert response.result["response"] == "better"
    assert "x-mock-hint" not in response.headers


def test_a_folder_that_is_gone_says_what_it_said_before(tmp_path: Path) -> None:
    write(tmp_path / "f", "a", {"match": {}, "reply": {"result": 1}})
    stubs = Stubs((tmp_path / "f",))
    (tmp_path / "f").rename(tmp_path / "g")
    stubs.look()
    assert [stub.id for stub in stubs.listed()] == ["a"]
    assert "cannot be read" in str(stubs.broken[0])
    (tmp_path / "g").rename(tmp_path / "f")
    stubs.look()
    assert stubs.broken == ()


def test_hidden_files_and_assets_are_no_fixtures(folder: Path) -> None:
    for name in (".hidden", ".git/a", "assets/a", "accounts", "below/accounts"):
        write(folder, name, {"match": {}, "reply": {"result": 1}})
    assert [stub.id for stub in read_folder(folder)] == ["below/accounts"]


# --- whose, and in which order ----------------------------------------------------------------------------------------

MODEL = Model(name=NATIVE, task="Text Generation", responder="", schema={})
ONE, TWO = "1" * 32, "2" * 32


def call(prompt: str, account: str = ONE, **headers: str) -> Call:
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    return Call(account, MODEL, {"prompt": prompt}, "", 0.0, headers=sent)


def source(stubs: Stubs, asked: Call) -> str | None:
    found = stubs.reply(asked)
    return None if found is None else found.source


MATCHES = st.dictionaries(
    st.sampled_from(["inputs.prompt", "headers.x", "call"]),
    st.just(None),
    max_size=2,
).flatmap(
    lambda keys: st.fixed_dictionaries(
        {
            key: st.integers(1, 3) if key == "call" else st.sampled_from(["a", "b", {"contains": "a"}, {"not": "a"}])
            for key in keys
        }
    )
)
DOCUMENTS = st.fixed_dictionaries(
    {"match": MATCHES, "priority": st.integers(0, 2), "reply": st.just({"result": 1})},
    optional={"times": st.integers(1, 2)},
)
CALLS = st.tuples(st.sampled_from(["a", "b", "ab"]), st.sampled_from([ONE, TWO]), st.sampled_from(["a", "b"]))


class Law:
    """The documented order, written the plain way: every stub is asked, one after the other."""

    def __init__(self, stubs: list[tuple[str, str | None, dict[str, Any]]]) -> None:
        self.stubs = stubs  # names, owners and documents, in the order of their origin
        self.called: dict[tuple[str, str], int] = {}
        self.answered: dict[tuple[str, str], int] = {}

    @staticmethod
    def holds(wanted: Any, actual: Any) -> bool:
        if wanted == {"contains": "a"}:
            return "a" in actual
        return bool(actual != "a" if wanted == {"not": "a"} else wanted == actual)

    def source(self, prompt: str, account: str, header: str) -> str | None:
        speaking: list[tuple[int, int, str]] = []
        for name, owner, document in self.stubs:
            match = document["match"]
            rest = [("inputs.prompt", prompt), ("headers.x", header)]
            if owner not in (None, account):
                continue
            if not all(self.holds(match[key], actual) for key, actual in rest if key in match):
                continue
            number = self.called[account, name] = self.called.get((account, name), 0) + 1
            left = document.get("times", 99) - self.answered.get((account, name), 0)
            if match.get("call", number) == number and left > 0:
                speaking.append((-document["priority"], len(speaking), name))
        if not speaking:
            return None
        first = min(speaking)[2]
        self.answered[account, first] = self.answered.get((account, first), 0) + 1
        return first


@given(
    st.lists(DOCUMENTS, max_size=4),
    st.lists(st.tuples(st.sampled_from([None, ONE, TWO]), DOCUMENTS), max_size=6),
    st.lists(CALLS, max_size=12),
)
def test_any_set_of_stubs_answers_in_the_documented_order(
    files: list[dict[str, Any]], added: list[tuple[str | None, dict[str, Any]]], calls: list[tuple[str, str, str]]
) -> None:
    stubs = Stubs(())
    fixtures = [read_stub(document, f"file{number}") for number, document in enumerate(files)]
    stubs._fixtures.set(fixtures)
    for number, (owner, document) in enumerate(added):
        stubs.add(owner, [(f"own{number}", document)])
    newest = [(f"own{number}", owner, document) for number, (owner, document) in enumerate(added)][::-1]
    law = Law(
        [
            *(stub for stub in newest if stub[1] is not None),
            *(stub for stub in newest if stub[1] is None),
            *((f"file{number}", None, document) for number, document in enumerate(files)),
        ]
    )
    for prompt, account, header in calls:
        assert source(stubs, call(prompt, account, x=header)) == law.source(prompt, account, header)


def test_what_a_set_of_stubs_leaves_to_the_responder_is_settled_only_if_it_always_will(tmp_path: Path) -> None:
    write(tmp_path, "a", {"match": {"inputs.prompt": "a"}, "reply": [{"result": 1}, {"result": 2}]})
    stubs = Stubs((tmp_path,))
    assert stubs.is_settled(ONE, MODEL)
    write(tmp_path, "b", {"match": {"headers.x": "a", "model": "@cf/qwen/*"}, "reply": {"result": 1}})
    stubs.look()
    assert stubs.is_settled(ONE, MODEL)
    write(tmp_path, "c", {"match": {}, "reply": {"result": 1}, "times": 1})
    stubs.look()
    assert not stubs.is_settled(ONE, MODEL)
    (tmp_path / "c.json").unlink()
    stubs.look()
    stubs.add(TWO, [(None, {"match": {}, "reply": {"result": 1}})])
    assert (stubs.is_settled(ONE, MODEL), stubs.is_settled(TWO, MODEL)) == (True, False)
    stubs.forget(TWO)
    assert stubs.is_settled(TWO, MODEL)


def test_forgetting_an_account_forgets_its_stubs_and_turns_only(tmp_path: Path) -> None:
    write(tmp_path, "turns", {"match": {}, "reply": [{"result": 1}, {"result": 2}]})
    stubs = Stubs((tmp_path,))

    def value(account: str) -> Any:
        found = stubs.reply(call("x", account))
        assert found is not None
        assert isinstance(found.reply, Result)
        return found.reply.value

    assert [value(ONE), value(TWO), value(ONE)] == [1, 1, 2]
    stubs.forget(ONE)
    assert [value(ONE), value(TWO)] == [1, 2]
    stubs.add(ONE, [(None, {"match": {}, "reply": {"result": "own"}})])
    stubs.add(None, [(None, {"match": {}, "reply": {"result": "all"}})])
    assert [value(ONE), value(TWO)] == ["own", "all"]
    stubs.forget(ONE)
    assert value(ONE) == "all"
    stubs.forget()
    assert value(ONE) == 1


def test_the_nearest_stubs_are_those_with_the_fewest_misses_and_the_most_alike(tmp_path: Path) -> None:
    write(tmp_path, "far", {"match": {"model": "@cf/qwen/*", "inputs.prompt": "tea?"}, "reply": {"result": 1}})
    write(tmp_path, "like", {"match": {"inputs.prompt": "What is tea?"}, "reply": {"result": 1}})
    write(tmp_path, "unlike", {"match": {"inputs.prompt": "Who?"}, "reply": {"result": 1}})
    write(tmp_path, "used", {"match": {"inputs.prompt": "What is tea"}, "reply": {"result": 1}, "times": 1})
    stubs = Stubs((tmp_path,))
    assert source(stubs, call("What is tea")) == "used"
    assert source(stubs, call("What is tea")) is None
    near = stubs.nearest(call("What is tea"), 4)
    assert [miss.stub.id for miss in near] == ["used", "like", "unlike", "far"]
    assert [tuple(miss) for miss in near[0].misses] == [("times", 1, 1)]
    assert [tuple(miss) for miss in near[1].misses] == [("inputs.prompt", "What is tea?", "What is tea")]
    assert [miss.field for miss in near[3].misses] == ["model", "inputs.prompt"]


def test_text_for_a_model_without_words_names_the_stub(folder: Path, make_emulator: Callable[..., Emulator]) -> None:
    write(folder, "words", {"match": {"task": "Text Embeddings"}, "reply": {"text": "hello"}})
    response = make_emulator(fixtures=(folder,)).run("@cf/baai/bge-base-en-v1.5", {"text": "x"})
    assert response.status == 501
    assert response.json["mock_error"].startswith("words: a reply of text cannot be written for Text Embeddings")
