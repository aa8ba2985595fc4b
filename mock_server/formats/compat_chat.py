"""The chat completion of ``/ai/v1/chat/completions``, whole and streamed.

An engine's own choices and deltas pass through (see ``chat``); what models of the native form say is put into OpenAI's
shape. Captures of that: llama-3.3 whole (2026-10), llama-3.1 and llama-3.3 streamed (2026-04, 2026-05). Choices of
other providers' models follow a captured one (gemini-3.5, 2026-08).

Two things that OpenAI's own clients and stricter ones cannot do without differ from the captured streams: the first
chunk of a choice names the role, which models of the native form left out, and the delta of the last one has a string
for its content, where it was empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mock_server.exchange import Call, Choice, Completion, Usage
from mock_server.formats import chat, compat, saying
from mock_server.formats.chat import COMPAT, DIALECTS, VLLM, Dialect
from mock_server.text.tokens import pieces

_BARE = '{"index":%(index)d,"delta":%(delta)s}'


def _ended(dialect: Dialect) -> Dialect:
    """An engine's dialect with the last chunk of a choice as these routes write it."""
    return dialect._replace(
        last='{"index":%(index)d,"delta":%(delta)s,"finish_reason":%(finish)s}', end='{"content":""}'
    )


NATIVE = _ended(VLLM._replace(reasoning="reasoning_content", role=_BARE, open=_BARE))
ELSEWHERE = _ended(COMPAT._replace(prefix="call_", digits=24))
ENGINES = {name: _ended(dialect) for name, dialect in DIALECTS.items()} | {"native": NATIVE}


def render(completion: Completion, call: Call, usage: Usage) -> dict[str, Any]:
    """The chat.completion object."""
    if call.model.facts.get("engine") in DIALECTS:
        return compat.whole(chat.render(completion, call, usage), call)
    written = _native_choice if _dialect(call) is NATIVE else _plain_choice
    answer = {
        "object": "chat.completion",
        "created": int(call.now),
        "choices": [written(saying.whole(each, call), at, call) for at, each in enumerate(completion.choices)],
        "usage": compat.counted(completion, call, usage),
    }
    return compat.whole(answer, call)


def stream(
    completion: Completion, call: Call, usage: Usage, *, cut: Callable[[str], list[str]] = pieces
) -> Iterator[bytes]:
    """Chunks of thoughts, text, tool calls and finish for each choice, the usage of the whole, ``[DONE]``.

    cut: another way to cut the text.
    """
    runs = chat.script(completion, call, _dialect(call), cut)
    counted = compat.counted(completion, call, usage)
    return compat.events(runs, "chat.completion.chunk", counted, len(completion.choices), call)


def _dialect(call: Call) -> Dialect:
    return ENGINES.get(call.model.facts.get("engine", ""), ELSEWHERE)


def _native_choice(choice: Choice, index: int, call: Call) -> dict[str, Any]:
    """The captured choice. Beside calls, which no capture shows, content is a string: these models refuse null."""
    message: dict[str, Any] = {"role": "assistant", "content": choice.text, "refusal": None}
    if calls := chat.tool_calls(choice, index, call, NATIVE):
        message["tool_calls"] = calls
    return {
        "index": index,
        "finish_reason": choice.finish_reason,
        "logprobs": None,
        "message": message,
        "stop_reason": None,
    }


def _plain_choice(choice: Choice, index: int, call: Call) -> dict[str, Any]:
    calls = chat.tool_calls(choice, index, call, ELSEWHERE)
    message: dict[str, Any] = {"role": "assistant", "content": None if calls and not choice.text else choice.text}
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    if calls:
        message["tool_calls"] = calls
    logprobs = chat.logprobs(choice, index, call)
    return {"index": index, "message": message, "finish_reason": choice.finish_reason, "logprobs": logprobs}
