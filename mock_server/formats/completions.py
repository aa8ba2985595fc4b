"""OpenAI's text_completion, which answers a ``prompt``, and its stream.

Captured of it: llama-3.3 (2026-09), whole, keys sorted; the rest is the shape that the schemas of two models publish.
Its stream was not captured: it is written like that of a chat completion, with ``text`` in place of ``delta``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from orjson import dumps

from mock_server.exchange import Call, Choice, Completion, Usage
from mock_server.formats import chat, marks, native, saying, usage_object
from mock_server.formats.chat import Run
from mock_server.text.tokens import pieces

SORTED = '{"finish_reason":%(finish)s,"index":%(index)d,"logprobs":null,"text":%(text)s}'
UNSORTED = '{"index":%(index)d,"text":%(text)s,"finish_reason":%(finish)s,"stop_reason":null,"logprobs":null}'


def render(completion: Completion, call: Call, usage: Usage) -> dict[str, Any]:
    """The text_completion object."""
    counted = usage_object(usage.tokens or completion.tokens, usage.neurons)
    said = [_said(choice, call) for choice in completion.choices]
    if _is_sorted(call):
        return {
            "choices": [
                {"finish_reason": choice.finish_reason, "index": index, "logprobs": None, "text": choice.text}
                for index, choice in enumerate(said)
            ],
            "created": int(call.now),
            "id": marks.answer_id(call),
            "model": marks.echoed_model(call),
            "object": "text_completion",
            "usage": counted,
        }
    return {
        "id": marks.answer_id(call),
        "object": "text_completion",
        "created": int(call.now),
        "model": marks.echoed_model(call),
        "choices": [
            {
                "index": index,
                "text": choice.text,
                "finish_reason": choice.finish_reason,
                "stop_reason": None,
                "logprobs": None,
                "prompt_logprobs": None,
            }
            for index, choice in enumerate(said)
        ],
        "usage": counted,
    }


def stream(
    completion: Completion,
    call: Call,
    usage: Usage,
    *,
    cut: Callable[[str], list[str]] = pieces,
    padding: Iterator[bytes] | None = None,
) -> Iterator[bytes]:
    """Chunks of text and one with the finish reason for each choice, the usage of the whole, ``[DONE]``.

    The first chunk has no text; it counts the prompt, as that of a chat completion does. Models that answer messages
    natively stream natively here too: nobody saw them stream otherwise, and their clients read ``response``.
    """
    if call.model.facts.get("engine") == "native":
        return native.stream(completion, call, usage, cut=cut, padding=padding)
    event = chat.dialect_of(call.model).event
    return chat.write(
        _script(completion, call, cut), event, "text_completion", completion.tokens, call, padding=padding
    )


def _script(completion: Completion, call: Call, cut: Callable[[str], list[str]]) -> Iterator[Run]:
    template = SORTED if _is_sorted(call) else UNSORTED
    left = completion.tokens.completion
    yield Run(template % {"index": 0, "finish": "null", "text": '""'})
    for index, choice in enumerate(completion.choices):
        said = _said(choice, call)
        cuts = cut(said.text)
        counted = min(len(cuts), left)
        left -= counted
        text = template % {"index": index, "finish": "null", "text": "\0"}
        yield Run(text, cuts[:counted], 1)
        yield Run(text, cuts[counted:], 0)
        is_last = index + 1 == len(completion.choices)
        finish = dumps(said.finish_reason).decode()
        yield Run(template % {"index": index, "finish": finish, "text": '""'}, tokens=left if is_last else 0)


def _said(choice: Choice, call: Call) -> Choice:
    return saying.inline(choice, call.model)


def _is_sorted(call: Call) -> bool:
    return chat.dialect_of(call.model) is chat.SGLANG
