"""Anthropic's Messages: the message object, and its stream of named events.

Keys and their order are those of the answers that Cloudflare's catalog publishes of Claude models (2026-09). Nobody
published a stream of Workers AI: its events follow Anthropic's public API, whose official Python client reads them in
the tests.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

from orjson import dumps

from mock_server.exchange import Call, Choice, Completion, Usage
from mock_server.formats import marks, saying
from mock_server.text.tokens import pieces

Block = dict[str, Any]
STOPPED = "stop_sequence "  # begins the finish reason of an answer that a stop sequence ended; the sequence follows it
REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

STREAMED_USAGE = (
    "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens", "output_tokens_details",
)  # fmt: skip


def message_id(call: Call) -> str:
    """The id of the message that answers `call`."""
    return _id("msg_", marks.answer_id(call))


def render(completion: Completion, call: Call, usage: Usage) -> dict[str, Any]:
    """The message object of the first choice."""
    choice = completion.choices[0]
    return _message(call, _blocks(choice, call), choice, _usage(completion, usage))


def stream(
    completion: Completion, call: Call, usage: Usage, *, cut: Callable[[str], list[str]] = pieces
) -> Iterator[bytes]:
    """``event:`` and ``data:`` of each event, from message_start to message_stop. cut: another way to cut the text."""
    choice = completion.choices[0]
    counted = _usage(completion, usage)
    yield _event("message_start", message=_message(call, [], None, {**counted, "output_tokens": 1}))
    for index, block in enumerate(_blocks(choice, call)):
        yield _event("content_block_start", index=index, content_block=_begun(block))
        if index == 0:
            yield _event("ping")
        match block["type"]:
            case "text":
                yield from _deltas(index, "text_delta", "text", cut(block["text"]))
            case "thinking":
                yield from _deltas(index, "thinking_delta", "thinking", cut(block["thinking"]))
                yield from _deltas(index, "signature_delta", "signature", [block["signature"]])
            case _:
                said = dumps(block["input"]).decode() if block["input"] else ""
                yield from _deltas(index, "input_json_delta", "partial_json", ["", *cut(said)] if said else [""])
        yield _event("content_block_stop", index=index)
    reason, sequence = _stop(choice)
    yield _event(
        "message_delta",
        delta={"container": None, "stop_reason": reason, "stop_sequence": sequence, "stop_details": None},
        usage={key: counted[key] for key in STREAMED_USAGE},
    )
    yield _event("message_stop")


def _event(kind: str, **fields: Any) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + dumps({"type": kind, **fields}) + b"\n\n"


def _deltas(index: int, kind: str, key: str, cuts: list[str]) -> Iterator[bytes]:
    before = (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":"%b","%b":'
        % (
            index,
            kind.encode(),
            key.encode(),
        )
    )
    for piece in cuts:
        yield before + dumps(piece) + b"}}\n\n"


def _message(call: Call, blocks: list[Block], choice: Choice | None, usage: Block) -> Block:
    reason, sequence = _stop(choice) if choice else (None, None)
    return {
        "model": marks.echoed_model(call),
        "id": message_id(call),
        "type": "message",
        "role": "assistant",
        "content": blocks,
        "container": None,
        "stop_reason": reason,
        "stop_sequence": sequence,
        "stop_details": None,
        "usage": usage,
    }


def _blocks(choice: Choice, call: Call) -> list[Block]:
    """Thoughts, text and calls as content blocks; none where nothing was said."""
    choice = saying.inline(choice, call.model)
    blocks: list[Block] = []
    if choice.reasoning:
        signature = b64encode(blake2b(choice.reasoning.encode("utf-8", "replace")).digest() * 3).decode()
        blocks.append({"type": "thinking", "thinking": choice.reasoning, "signature": signature})
    if choice.text:
        blocks.append({"type": "text", "text": choice.text})
    for number, tool in enumerate(choice.tool_calls):
        own = tool.id or f"{call.seed} {number}"
        name = own if own.startswith("toolu_") else _id("toolu_", own)
        blocks.append({"type": "tool_use", "id": name, "name": tool.name, "input": tool.arguments})
    return blocks


def _begun(block: Block) -> Block:
    """The block before anything of it was said."""
    match block["type"]:
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case _:
            return {**block, "input": {}}


def _stop(choice: Choice) -> tuple[str, str | None]:
    """stop_reason and stop_sequence."""
    if choice.finish_reason.startswith(STOPPED):
        return "stop_sequence", choice.finish_reason.removeprefix(STOPPED)
    return REASONS.get(choice.finish_reason, choice.finish_reason), None


def _id(prefix: str, key: str) -> str:
    """`prefix`, "01" and 22 letters and digits made from `key`."""
    number = int.from_bytes(blake2b(key.encode(), digest_size=17).digest(), "big")
    letters = ""
    for _ in range(22):
        number, at = divmod(number, len(ALPHABET))
        letters += ALPHABET[at]
    return f"{prefix}01{letters}"


def _usage(completion: Completion, usage: Usage) -> Block:
    """Counts as Anthropic counts: what was read from the cache is not among the input tokens."""
    tokens = usage.tokens or completion.tokens
    thought = min(len(pieces(completion.choices[0].reasoning)), tokens.completion)
    return {
        "input_tokens": tokens.prompt - tokens.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": tokens.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": tokens.completion,
        "output_tokens_details": {"thinking_tokens": thought},
        "service_tier": "standard",
        "inference_geo": "global",
    }
