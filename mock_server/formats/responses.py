"""OpenAI's Responses API: the response object, and its stream of numbered events.

Nobody captured a response of Workers AI: object and events follow the public OpenAI API, whose official Python client
reads them in the tests. ``usage`` also has the ``neurons`` that every other usage has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from orjson import dumps

from mock_server.exchange import Call, Choice, Completion, Usage
from mock_server.formats import marks, saying, usage_object
from mock_server.text.tokens import pieces

Item = dict[str, Any]

# What a response repeats of its request, and what it says where the request says nothing.
ECHOED: Mapping[str, Any] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt": None,
    "reasoning": {"effort": "medium", "summary": None},
    "service_tier": "auto",
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": None,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


def render(completion: Completion, call: Call, usage: Usage) -> dict[str, Any]:
    """The response object of the first choice."""
    choice = completion.choices[0]
    return _response(call, _status(choice), _items(choice, call), _usage(completion, usage))


def stream(
    completion: Completion, call: Call, usage: Usage, *, cut: Callable[[str], list[str]] = pieces
) -> Iterator[bytes]:
    """``event:`` and ``data:`` of each event, numbered from 0, from response.created to response.completed.

    An answer cut short ends with response.incomplete. cut: another way to cut the text.
    """
    number = count()
    started = _response(call, "in_progress", [], None)
    yield _event("response.created", number, response=started)
    yield _event("response.in_progress", number, response=started)
    choice = completion.choices[0]
    items = _items(choice, call)
    for index, item in enumerate(items):
        yield _event("response.output_item.added", number, output_index=index, item=_begun(item))
        place = {"item_id": item["id"], "output_index": index}
        if item["type"] == "function_call":
            said = item["arguments"]
            yield from _deltas("response.function_call_arguments.delta", cut(said), number, place)
            yield _event("response.function_call_arguments.done", number, **place, name=item["name"], arguments=said)
        else:
            yield from _part(item["content"][0], cut, number, {**place, "content_index": 0})
        yield _event("response.output_item.done", number, output_index=index, item=item)
    status = _status(choice)
    yield _event(f"response.{status}", number, response=_response(call, status, items, _usage(completion, usage)))


def _part(part: Item, cut: Callable[[str], list[str]], number: count[int], place: Item) -> Iterator[bytes]:
    """The events of a text, thought or said aloud, from content_part.added to content_part.done."""
    yield _event("response.content_part.added", number, **place, part={**part, "text": ""})
    aloud = part["type"] == "output_text"
    more: Item = {"logprobs": []} if aloud else {}
    kind = "response.output_text" if aloud else "response.reasoning_text"
    yield from _deltas(f"{kind}.delta", cut(part["text"]), number, place, **more)
    yield _event(f"{kind}.done", number, **place, text=part["text"], **more)
    yield _event("response.content_part.done", number, **place, part=part)


def _deltas(kind: str, cuts: list[str], number: count[int], place: Item, **more: Any) -> Iterator[bytes]:
    name = kind.encode()
    before = b"event: " + name + b'\ndata: {"type":"' + name + b'","sequence_number":'
    middle = b"," + dumps(place)[1:-1] + b',"delta":'
    after = (b"," + dumps(more)[1:-1] if more else b"") + b"}\n\n"
    for piece in cuts:
        yield b"%b%d%b%b%b" % (before, next(number), middle, dumps(piece), after)


def _event(kind: str, number: count[int], **fields: Any) -> bytes:
    data = {"type": kind, "sequence_number": next(number), **fields}
    return b"event: " + kind.encode() + b"\ndata: " + dumps(data) + b"\n\n"


def _response(call: Call, status: str, items: list[Item], usage: Item | None) -> Item:
    incomplete = {"reason": "max_output_tokens"} if status == "incomplete" else None
    echoed = {key: default if call.inputs.get(key) is None else call.inputs[key] for key, default in ECHOED.items()}
    return {
        "id": "resp_" + marks.answer_id(call),
        "object": "response",
        "created_at": int(call.now),
        "status": status,
        "error": None,
        "incomplete_details": incomplete,
        "model": marks.echoed_model(call),
        "output": items,
        **echoed,
        "usage": usage,
    }


def _items(choice: Choice, call: Call) -> list[Item]:
    """Thoughts, text and calls as output items. There is a message even without words, unless there are calls."""
    key = marks.answer_id(call)
    status = _status(choice)
    items: list[Item] = []
    if choice.reasoning:
        content = [{"type": "reasoning_text", "text": choice.reasoning}]
        items.append({"id": "rs_" + key, "type": "reasoning", "summary": [], "content": content, "status": "completed"})
    if choice.text or not choice.tool_calls:
        part: Item = {"type": "output_text", "text": choice.text, "annotations": [], "logprobs": []}
        message = {"id": "msg_" + key, "type": "message", "status": status, "role": "assistant", "content": [part]}
        items.append(message)
    for number, tool in enumerate(choice.tool_calls):
        items.append(
            {
                "id": f"fc_{key}{number}",
                "type": "function_call",
                "status": "completed",
                "call_id": marks.tool_id(call, tool, f"0.{number}", "call_"),
                "name": tool.name,
                "arguments": saying.arguments(tool, spaced=False),
            }
        )
    return items


def _begun(item: Item) -> Item:
    """The item before anything of it was said."""
    nothing: Item = {"arguments": ""} if item["type"] == "function_call" else {"content": []}
    return {**item, "status": "in_progress", **nothing}


def _status(choice: Choice) -> str:
    return "incomplete" if choice.finish_reason == "length" else "completed"


def _usage(completion: Completion, usage: Usage) -> Item:
    tokens = usage.tokens or completion.tokens
    thought = len(pieces(completion.choices[0].reasoning))
    return {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens": tokens.completion,
        "output_tokens_details": {"reasoning_tokens": min(thought, tokens.completion)},
        "total_tokens": tokens.prompt + tokens.completion,
        "neurons": usage_object(tokens, usage.neurons)["neurons"],
    }
