"""The native form: ``{"response", "tool_calls", "usage"}``, and a stream of ``{"response", "tool_calls", "p"}``.

Keys are those of the newest captures of each: a whole answer has ``tool_calls`` only when it calls (2026-04), every
chunk of a stream has them; ``response`` is null beside calls in a whole answer, and a string in every chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from orjson import dumps

from mock_server.exchange import Call, Choice, Completion, Usage
from mock_server.formats import marks, saying, usage_object
from mock_server.text.tokens import pieces

DONE = b"data: [DONE]\n\n"


def render(completion: Completion, call: Call, usage: Usage) -> dict[str, Any]:
    """The first choice; a JSON-mode answer is the parsed object (observed)."""
    choice = saying.whole(completion.choices[0], call)
    response = choice.text if choice.value is None else choice.value
    calls = _tool_calls(choice, call)
    if calls:
        return {"response": response or None, "tool_calls": calls, "usage": _usage(completion, usage)}
    return {"response": response, "usage": _usage(completion, usage)}


def stream(
    completion: Completion,
    call: Call,
    usage: Usage,
    *,
    cut: Callable[[str], list[str]] = pieces,
    padding: Iterator[bytes] | None = None,
) -> Iterator[bytes]:
    """A chunk for each piece of text, one for each tool call, the usage of the whole, ``[DONE]``.

    A call stands in a chunk as it stands in the whole answer; several get an ``index``, because clients join calls
    that have the same one. cut and padding: other ways to cut the text and to pad chunks.
    """
    choice = saying.streamed(completion.choices[0], call)
    pad = padding or marks.padding(call.seed)
    for piece in cut(choice.text):
        yield b'data: {"response":' + dumps(piece) + b',"tool_calls":[],"p":"' + next(pad) + b'"}\n\n'
    calls = _tool_calls(choice, call)
    for index, tool in enumerate(calls):
        numbered = {**tool, "index": index} if len(calls) > 1 else tool
        yield b'data: {"response":"","tool_calls":[' + dumps(numbered) + b'],"p":"' + next(pad) + b'"}\n\n'
    yield total(_usage(completion, usage))
    yield DONE


def total(usage: dict[str, Any]) -> bytes:
    """The last event but ``[DONE]``, which ends the streams of every form: the usage of the whole answer."""
    return b'data: {"response":"","usage":' + dumps(usage) + b"}\n\n"


def _usage(completion: Completion, usage: Usage) -> dict[str, Any]:
    return usage_object(usage.tokens or completion.tokens, usage.neurons)


def _tool_calls(choice: Choice, call: Call) -> list[dict[str, Any]]:
    """Calls as the model writes them: {name, arguments}, or OpenAI's form with arguments as an object or a string."""
    form = call.model.facts.get("tools", "native")
    if form == "native":
        return [{"name": tool.name, "arguments": tool.arguments} for tool in choice.tool_calls]
    return [
        {
            "id": marks.tool_id(call, tool, f"0.{number}", "chatcmpl-tool-"),
            "type": "function",
            "function": {
                "name": tool.name,
                "arguments": tool.arguments if form == "openai-object" else saying.arguments(tool, spaced=True),
            },
        }
        for number, tool in enumerate(choice.tool_calls)
    ]
