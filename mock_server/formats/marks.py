"""What marks one answer among others: its ids, the model name it echoes, and the padding of its events."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from itertools import chain, cycle

from mock_server.exchange import Call, ToolCall

ALPHABET = b"abcdefghijklmnopqrstuvwxyz0123456789"
SHORTEST, LONGEST = 6, 50  # characters of padding, observed


def answer_id(call: Call) -> str:
    """32 hex digits for the answer to `call`: those of its request id, or made from it if that is no UUID."""
    digits = call.request_id.replace("-", "")
    return digits if _is_hex(digits) else _digest(digits)


def tool_id(call: Call, tool: ToolCall, place: str, prefix: str, digits: int = 32) -> str:
    """The id of a tool call: its own, or one derived from the question and from its `place` in the answer.

    An id of its own that is 32 hex digits gets the `prefix` of the engine, and as many `digits` as that engine uses.
    """
    own = tool.id or _digest(f"{call.seed} {place}")
    return prefix + own[-digits:] if _is_hex(own) else own


def echoed_model(call: Call) -> str:
    """The model's name as its answers give it."""
    name: str = call.model.facts.get("echo_model", call.model.name)
    return name


def padding(seed: int) -> Iterator[bytes]:
    """Endless values for ``p``, 6 to 50 of a-z0-9, which hide the length of tokens from who watches the traffic.

    They come from one list that every stream enters elsewhere: nobody can tell, and a chunk costs no generator.
    """
    paddings = _paddings()
    start = seed % len(paddings)
    return chain(paddings[start:], cycle(paddings))


@cache
def _paddings() -> list[bytes]:
    generator = random.Random(ALPHABET)
    text = bytes(generator.choices(ALPHABET, k=4096))
    starts = generator.choices(range(len(text) - LONGEST), k=1021)
    lengths = generator.choices(range(SHORTEST, LONGEST + 1), k=1021)
    return [text[start : start + length] for start, length in zip(starts, lengths, strict=True)]


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _is_hex(text: str) -> bool:
    return len(text) == 32 and set(text) <= set("0123456789abcdef")
