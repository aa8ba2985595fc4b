"""What the OpenAI-compatible routes do to every answer of an engine: their own ids, key orders and places of ``usage``.

Captures: whole answers of glm-5.2 and nemotron-3 (2026-08), streams of llama-3.1 and gpt-oss-20b (2026-05). They agree
that an engine's finish reason stands beside the usage of the whole, in a chunk with keys in another order. That chunk
was sent twice (2026-05), and later every chunk had a usage of its own (2026-08): clients that add up what they see
count such answers twice, so the total is told once here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from orjson import dumps

from mock_server.exchange import Call, Completion, Usage
from mock_server.formats import usage_object
from mock_server.formats.chat import SLOT, Run
from mock_server.formats.native import DONE

ORDER = ("id", "object", "created", "model", "choices", "usage")


def answer_id(call: Call) -> str:
    """``id-`` and the milliseconds since the epoch (observed)."""
    return f"id-{int(call.now * 1000)}"


def whole(answer: dict[str, Any], call: Call) -> dict[str, Any]:
    """An engine's `answer` as these routes pass it on: the model has the name that was asked for."""
    renamed = answer | {"id": answer_id(call), "model": call.model.name}
    return {key: renamed[key] for key in ORDER} | renamed


def counted(completion: Completion, call: Call, usage: Usage) -> dict[str, Any]:
    """The ``usage`` of a whole answer; that of other providers' models counts tokens only (observed)."""
    tokens = usage.tokens or completion.tokens
    told = usage_object(tokens, usage.neurons)
    if "engine" not in call.model.facts:
        del told["neurons"]
        if not tokens.cached:
            del told["prompt_tokens_details"]
    return told


def events(runs: Iterable[Run], kind: str, usage: dict[str, Any], ends: int, call: Call) -> Iterator[bytes]:
    """The events of `runs`, which end `ends` times; the usage of the whole is in the last of them, then ``[DONE]``.

    Where ``stream_options.include_usage`` asks for it, it stands in a chunk without choices instead, as OpenAI has it
    (and null in its place); strict clients stumble over such a chunk where they did not ask. kind: of ``object``.
    """
    identity, created = b'data: {"id":"' + answer_id(call).encode() + b'"', b',"created":%d' % int(call.now)
    named, called = b',"model":' + dumps(call.model.name), b',"object":"' + kind.encode() + b'"'
    opening = identity + created + named + called + b',"choices":['
    closing = identity + called + created + named + b',"choices":['
    total = b'],"usage":' + dumps(usage) + b"}\n\n"
    apart = bool(call.stream_options.get("include_usage"))
    for run in runs:
        if not run.choices:  # of an engine that ends its stream with a chunk of that kind unasked
            continue
        around = run.choices.encode().split(SLOT)
        ends -= run.ends
        start = closing if run.ends else opening
        end = b"]}\n\n"
        if run.ends and not ends:
            end = b'],"usage":null}\n\n' if apart else total
        for piece in run.pieces:
            yield start + dumps(piece).join(around) + end
    if apart:
        yield closing + total
    yield DONE
