"""Moondream's stream comes out as captured, and its parts add up to the whole answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mock_server import formats
from mock_server.exchange import Call, Choice, Completion, Result, Tokens, Usage
from mock_server.formats import moondream
from mock_server.usage import neurons

CAPTURE = (Path(__file__).parent.parent / "contract" / "streams" / "moondream.sse").read_bytes()
FRAMES = [frame + b"\n\n" for frame in CAPTURE.split(b"\n\n")[:-1]]
PRICES = (0.3, 1.0)

Make = Callable[..., Call]
Read = Callable[[list[bytes]], list[Any]]


def result(**said: Any) -> Result:
    times = {"prefill_time_ms": 50.0, "decode_time_ms": 500.0, "ttft_ms": 55.0}
    metrics = {"input_tokens": 740, "output_tokens": 9, **times}
    return Result({"finish_reason": "stop", "metrics": metrics, **said}, Tokens(740, 9))


def streamed(call: Call, reply: Result | Completion) -> list[bytes]:
    usage = Usage(reply.tokens, neurons(call.model, reply.tokens, {}))
    return list(moondream.stream(reply, call, usage))


def test_a_stream_is_written_as_captured(call: Make, read: Read) -> None:
    final = read(FRAMES)[-2]
    last = final["output"][-1]
    value = {key: last[key] for key in ("finish_reason", "metrics", "answer", "reasoning")}
    reply = Result(value, Tokens(749, 54))
    asked = call(prices=PRICES, request_id=final["id"], inputs={"image": "data:,"})
    # The capture was published with the first two of 43 states; a third stands for those between and the last.
    pieces = ["Network", " Sett", last["answer"][len("Network Sett") :]]
    usage = Usage(reply.tokens, 0.0)
    ours = list(moondream.stream(reply, asked, usage, cut=lambda text: pieces))

    assert ours[:6] == FRAMES[:6]
    assert read(ours)[6]["chunk"] == last
    whole = read(ours)[7]
    assert [state["answer"] for state in whole["output"]] == ["Network", "Network Sett", last["answer"]]
    del whole["output"][1]
    seconds = final["metrics"]["predict_time"]
    assert whole["metrics"]["predict_time"] == pytest.approx(seconds, rel=0.01)
    whole["metrics"]["predict_time"] = seconds
    assert json.dumps(whole) == json.dumps(final)
    assert ours[8:] == FRAMES[7:]


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("query", {"answer": "A red car.", "reasoning": {"text": "I see it.", "grounding": []}}),
        ("caption", {"caption": "A red car by the sea."}),
        ("point", {"points": [{"x": 0.5, "y": 0.25}]}),
        ("detect", {"objects": []}),
        ("query", {"answer": ""}),
    ],
)
def test_the_last_state_is_the_whole_answer(call: Make, read: Read, task: str, said: dict[str, Any]) -> None:
    asked = call(prices=PRICES, inputs={"task": task})
    reply = result(**said)
    events = read(streamed(asked, reply))
    assert [event["name"] for event in events if "name" in event] == ["task", "input_tokens", "output_tokens"]
    states = [event["chunk"] for event in events if "chunk" in event]
    assert [event["index"] for event in events if "chunk" in event] == list(range(len(states)))
    assert {key: part for key, part in states[-1].items() if part is not None} == moondream.render(
        reply, asked, Usage(None, 0)
    )
    texts = [state["answer"] or state["caption"] or "" for state in states]
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert events[-2]["output"] == states
    assert events[-2]["metrics"]["task"] == task


def test_the_neurons_of_the_events_add_up(call: Make, read: Read) -> None:
    *events, last = read(streamed(call(prices=PRICES), result(answer="A red car.")))
    assert last["usage"]["neurons"] == pytest.approx(sum(event["usage"]["neurons"] for event in events), rel=1e-6)


def test_a_completion_becomes_an_answer_or_a_caption(call: Make, read: Read) -> None:
    said = Completion((Choice("Sunny.", "It looks warm."),), Tokens(5, 6))
    asked = call(prices=PRICES)
    assert moondream.render(said, asked, Usage(None, 0))["answer"] == "Sunny."
    assert moondream.render(said, call(inputs={"task": "caption"}), Usage(None, 0))["caption"] == "Sunny."
    (final,) = (event for event in read(streamed(asked, said)) if event.get("status") == "succeeded")
    assert final["output"][-1]["answer"] == "Sunny."
    assert final["output"][-1]["reasoning"] == {"grounding": [], "text": "It looks warm."}


def test_the_table_of_formats_has_it() -> None:
    assert formats.get("moondream") is moondream
