"""Anthropic's Messages: what a completion becomes, whole and streamed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import formats
from mock_server.exchange import Choice, Completion, Tokens, ToolCall, Usage

Make = Callable[..., Any]
MESSAGES = formats.get("messages")
ARGUMENTS = st.dictionaries(st.text(max_size=4), st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8), max_size=3)
CALLS = st.lists(st.builds(ToolCall, st.sampled_from(["add", "get_weather"]), ARGUMENTS), max_size=2).map(tuple)
CHOICES = st.builds(Choice, st.text(max_size=60), st.text(max_size=30), CALLS, st.sampled_from(["stop", "length"]))


def both(completion: Completion, call: Any) -> tuple[Any, list[Any]]:
    """The message, and the events of its stream."""
    bill = Usage(completion.tokens, 0.5)
    frames = list(MESSAGES.stream(completion, call, bill))
    events = []
    for frame in frames:
        name, data, end, rest = frame.decode().split("\n")
        assert (end, rest) == ("", "")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    return json.loads(json.dumps(MESSAGES.render(completion, call, bill))), events


def joined(events: list[Any]) -> list[Any]:
    """The content blocks that the events add up to, the way that clients add them."""
    blocks: list[Any] = []
    written: dict[int, str] = {}
    for event in events:
        match event["type"]:
            case "content_block_start":
                assert event["index"] == len(blocks)
                blocks.append(event["content_block"])
            case "content_block_delta":
                block, delta = blocks[event["index"]], event["delta"]
                match delta["type"]:
                    case "text_delta":
                        block["text"] += delta["text"]
                    case "thinking_delta":
                        block["thinking"] += delta["thinking"]
                    case "signature_delta":
                        block["signature"] += delta["signature"]
                    case "input_json_delta":
                        written[event["index"]] = written.get(event["index"], "") + delta["partial_json"]
            case "content_block_stop":
                if written.get(event["index"]):
                    blocks[event["index"]]["input"] = json.loads(written[event["index"]])
    return blocks


@settings(max_examples=60)
@given(CHOICES, st.integers(0, 9))
def test_the_events_add_up_to_the_message(call: Make, choice: Choice, cached: int) -> None:
    whole, events = both(Completion((choice,), Tokens(20, 30, cached)), call(surface="anthropic"))
    start, stop = events[0]["message"], events[-2]
    assert joined(events) == whole["content"]
    assert {**start, "content": whole["content"], "stop_reason": whole["stop_reason"], "usage": whole["usage"]} == whole
    assert stop["delta"]["stop_reason"] == whole["stop_reason"]
    assert stop["usage"].items() <= whole["usage"].items()
    assert (events[0]["type"], events[-1]) == ("message_start", {"type": "message_stop"})
    assert whole["usage"]["input_tokens"] + whole["usage"]["cache_read_input_tokens"] == 20


def test_keys_are_those_of_the_published_answers(call: Make) -> None:
    whole, _ = both(Completion((Choice("Hi."),), Tokens(22, 5)), call())
    assert list(whole) == [
        "model", "id", "type", "role", "content", "container", "stop_reason", "stop_sequence", "stop_details", "usage",
    ]  # fmt: skip
    assert list(whole["usage"]) == [
        "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation", "output_tokens",
        "output_tokens_details", "service_tier", "inference_geo",
    ]  # fmt: skip
    assert whole["id"].startswith("msg_01")
    assert len(whole["id"]) == len("msg_011CfJq2fgVPNWUne9rV4Tiv")


@pytest.mark.parametrize(
    ("finish", "reason", "sequence"),
    [
        ("stop", "end_turn", None),
        ("length", "max_tokens", None),
        ("tool_calls", "tool_use", None),
        ("stop_sequence  END", "stop_sequence", " END"),
    ],
)
def test_an_answer_says_why_it_ended(call: Make, finish: str, reason: str, sequence: str | None) -> None:
    whole, events = both(Completion((Choice("Hi.", finish_reason=finish),), Tokens(2, 5)), call())
    assert (whole["stop_reason"], whole["stop_sequence"]) == (reason, sequence)
    assert events[-2]["delta"]["stop_sequence"] == sequence


def test_calls_have_ids_that_anthropic_would_give(call: Make) -> None:
    tools = (ToolCall("add", {}), ToolCall("add", {"a": 1}), ToolCall("add", {}, "toolu_01own"))
    whole, _ = both(Completion((Choice("", tool_calls=tools),), Tokens(2, 5)), call())
    first, second, own = (block["id"] for block in whole["content"])
    assert first != second
    assert first.startswith("toolu_01")
    assert own == "toolu_01own"
