"""The official client reads our responses, whole and streamed, and finds in both what was said."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import OpenAI
from openai.types.responses import ResponseOutputItem
from pydantic import TypeAdapter

from mock_server.exchange import Call, Choice, Completion, Tokens, ToolCall, Usage
from mock_server.formats import responses

Make = Callable[..., Call]
OUTPUT: TypeAdapter[list[ResponseOutputItem]] = TypeAdapter(list[ResponseOutputItem])
SPOKEN = Completion(
    (
        Choice(
            "It is sunny.",
            "They ask for the weather.",
            (ToolCall("get_weather", {"city": "Łódź"}), ToolCall("get_time", {}, "call_7")),
            "tool_calls",
        ),
    ),
    Tokens(12, 30, 4),
)
called = st.builds(ToolCall, st.just("f"), st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3))
said = st.builds(
    Choice,
    st.text(max_size=40),
    st.text(max_size=40),
    st.lists(
        st.builds(ToolCall, st.just("f"), st.dictionaries(st.text(max_size=5), st.text(max_size=9))), max_size=2
    ).map(tuple),
    st.sampled_from(["stop", "length"]),
)


def client(body: bytes, media_type: str) -> OpenAI:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": media_type}, content=body, request=request)

    transport = httpx2.MockTransport(answer)
    return OpenAI(api_key="-", base_url="http://emulator.invalid/v1", http_client=httpx2.Client(transport=transport))


def frames(completion: Completion, call: Call) -> list[tuple[str, Any]]:
    """Event name and data of each frame."""
    events = []
    for frame in responses.stream(completion, call, Usage(completion.tokens, 1.5)):
        name, data, *rest = frame.decode().split("\n")
        assert rest == ["", ""]
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


def test_the_client_reads_the_whole(call: Make) -> None:
    body = json.dumps(responses.render(SPOKEN, call(), Usage(SPOKEN.tokens, 1.5))).encode()
    answer = client(body, "application/json").responses.create(model="m", input="weather?")
    assert answer.output_text == "It is sunny."
    assert [item.type for item in answer.output] == ["reasoning", "message", "function_call", "function_call"]
    assert answer.usage is not None
    assert answer.usage.model_dump() == {
        "input_tokens": 12,
        "input_tokens_details": {"cached_tokens": 4} | answer.usage.input_tokens_details.model_dump(),
        "output_tokens": 30,
        "output_tokens_details": {"reasoning_tokens": 6} | answer.usage.output_tokens_details.model_dump(),
        "total_tokens": 42,
        "neurons": 1.5,
    }


def test_the_client_follows_the_stream_to_the_whole(call: Make) -> None:
    body = b"".join(responses.stream(SPOKEN, call(), Usage(SPOKEN.tokens, 1.5)))
    text = arguments = ""
    with client(body, "text/event-stream").responses.stream(model="m", input="weather?") as events:
        for event in events:
            if event.type == "response.output_text.delta":
                text += event.delta
            elif event.type == "response.function_call_arguments.delta":
                arguments += event.delta
        final = events.get_final_response()
    assert text == final.output_text == "It is sunny."
    assert arguments == '{"city":"Łódź"}{}'
    assert final.usage is not None
    assert final.usage.total_tokens == 42


@settings(max_examples=50)
@given(st.builds(lambda choice: Completion((choice,), Tokens(5, 9)), said))
def test_a_stream_adds_up_to_the_whole(call: Make, completion: Completion) -> None:
    whole = responses.render(completion, call(), Usage(completion.tokens, 1.5))
    assert len(OUTPUT.validate_python(whole["output"])) == len(whole["output"])
    events = frames(completion, call())
    assert [data["sequence_number"] for _, data in events] == list(range(len(events)))
    assert all(data["type"] == name for name, data in events)
    assert events[-1][1]["response"] == whole
    assert [data["item"] for name, data in events if name == "response.output_item.done"] == whole["output"]
    for index, item in enumerate(whole["output"]):
        deltas = [data["delta"] for name, data in events if name.endswith(".delta") and data["output_index"] == index]
        assert "".join(deltas) == (item["arguments"] if "arguments" in item else item["content"][0]["text"])


def test_an_answer_cut_short_is_incomplete(call: Make) -> None:
    completion = Completion((Choice("It is", finish_reason="length"),), Tokens(5, 2))
    whole = responses.render(completion, call(), Usage(None, 0))
    assert (whole["status"], whole["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert frames(completion, call())[-1][0] == "response.incomplete"


@pytest.mark.parametrize(
    ("inputs", "key", "value"),
    [
        ({"instructions": "Be brief."}, "instructions", "Be brief."),
        ({"reasoning": {"effort": "low"}}, "reasoning", {"effort": "low"}),
        ({"temperature": 0}, "temperature", 0),
        ({"temperature": None}, "temperature", 1.0),
        ({}, "truncation", "disabled"),
    ],
)
def test_a_response_repeats_its_request(call: Make, inputs: dict[str, Any], key: str, value: Any) -> None:
    assert responses.render(SPOKEN, call(inputs=inputs), Usage(None, 0))[key] == value
