"""Moondream's own form: the result as it is, and a stream of the states of a prediction.

The stream's events, their order and the order of their keys are those of a capture (2026-08): the prediction begins,
its task and token counts are set, the answer grows in chunks that each hold all of it so far, and the whole prediction
comes at the end, with every chunk in its `output`. The platform adds a `usage` to each event, and the events'
neurons add up in the native event that closes every stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from orjson import dumps

from mock_server.exchange import Call, Completion, Result, Tokens, Usage
from mock_server.formats import marks, usage_object
from mock_server.formats.native import DONE, total
from mock_server.text.tokens import pieces
from mock_server.usage import neurons, single

NOTHING = Tokens(0, 0)
NO_METRICS = {"decode_time_ms": 0, "input_tokens": 0, "output_tokens": 0, "prefill_time_ms": 0, "ttft_ms": 0}
KEYS = ("answer", "caption", "finish_reason", "metrics", "objects", "points", "reasoning")


def render(reply: Result | Completion, call: Call, usage: Usage) -> dict[str, Any]:
    """The result as the responder made it, its counts in `metrics`; a completion becomes an answer or a caption."""
    if isinstance(reply, Result):
        result: dict[str, Any] = reply.value
        return result
    choice = reply.choices[0]
    said = {"caption" if call.inputs.get("task") == "caption" else "answer": choice.text}
    thought = {"reasoning": {"text": choice.reasoning, "grounding": []}} if choice.reasoning else {}
    counts = {"input_tokens": reply.tokens.prompt, "output_tokens": reply.tokens.completion}
    return {"finish_reason": choice.finish_reason, "metrics": {**NO_METRICS, **counts}, **said, **thought}


def stream(
    reply: Result | Completion, call: Call, usage: Usage, *, cut: Callable[[str], list[str]] = pieces
) -> Iterator[bytes]:
    """The events of a prediction whose result is `reply`. cut: another way to cut its text."""
    value = render(reply, call, usage)
    tokens = usage.tokens or reply.tokens or NOTHING
    task = call.inputs.get("task") or "query"
    identity = str(UUID(marks.answer_id(call)))
    free = usage_object(NOTHING, 0)

    yield _event({"id": identity, "status": "processing", "usage": free})
    yield _event({"mode": "replace", "name": "task", "value": task, "usage": free})
    billed = 0.0
    for name, counted in (("input_tokens", Tokens(tokens.prompt)), ("output_tokens", tokens)):
        cost = neurons(call.model, counted, {})
        billed = single(billed + cost)
        number = counted.completion if name == "output_tokens" else counted.prompt
        yield _event({"mode": "replace", "name": name, "value": number, "usage": usage_object(counted, cost)})
    output = _states(value, cut)
    for index, state in enumerate(output):
        yield _event({"chunk": state, "index": index, "usage": free})
    times = value["metrics"]
    metrics = {
        "input_tokens": tokens.prompt,
        "output_tokens": tokens.completion,
        "predict_time": round((times["ttft_ms"] + times["decode_time_ms"]) * 1.12 / 1000, 9),
        "task": task,
    }
    yield _event(
        {"id": identity, "logs": "", "metrics": metrics, "output": output, "status": "succeeded", "usage": free}
    )
    yield total(usage_object(NOTHING, billed))
    yield DONE


def _states(value: dict[str, Any], cut: Callable[[str], list[str]]) -> list[dict[str, Any]]:
    """The answer as it grows, token by token; the last state is the finished one."""
    text_key = next((key for key in ("answer", "caption") if key in value), None)
    states = []
    if text_key:
        said = ""
        for piece in cut(value[text_key])[:-1]:
            said += piece
            states.append(_state({text_key: said, "finish_reason": "", "metrics": NO_METRICS}))
    return [*states, _state({**value, "metrics": dict(sorted(value["metrics"].items()))})]


def _state(known: dict[str, Any]) -> dict[str, Any]:
    state = {key: known.get(key) for key in KEYS}
    if state["reasoning"]:
        state["reasoning"] = dict(sorted(state["reasoning"].items()))
    return state


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + dumps(body) + b"\n\n"
