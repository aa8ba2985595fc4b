"""The list of embeddings of ``/ai/v1/embeddings``.

Captured of it: qwen3-embedding (2026-08), ``object``, ``data`` and ``model``, without a usage. ``encoding_format`` is
honoured, though the service was seen to ignore ``base64``: OpenAI's own JavaScript client asks for it unless told
otherwise, and reads numbers in its place as a vector of zeros.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from math import sqrt
from struct import pack
from typing import Any

from orjson import dumps

from mock_server.exchange import Call, Result, Usage


def render(result: Result, call: Call, usage: Usage) -> dict[str, Any]:
    """{"object": "list", "data", "model"}; other providers' models have OpenAI's ``usage`` besides.

    Vectors are lists of numbers, or base64 of little-endian 32-bit floats; `dimensions` cuts longer ones and makes
    them of unit length again. A value without vectors is passed on as it is.
    """
    value = result.value
    vectors = value.get("data", value.get("response")) if isinstance(value, dict) else None
    if not isinstance(vectors, list) or not all(isinstance(vector, list) for vector in vectors):
        return value  # type: ignore[no-any-return]
    size = call.inputs.get("dimensions")
    if isinstance(size, int) and size > 0:
        vectors = [_cut(vector, size) for vector in vectors]
    if call.inputs.get("encoding_format") == "base64":
        vectors = [b64encode(pack(f"<{len(vector)}f", *vector)).decode() for vector in vectors]
    told: dict[str, Any] = {
        "object": "list",
        "data": [{"object": "embedding", "embedding": vector, "index": at} for at, vector in enumerate(vectors)],
        "model": call.model.name,
    }
    if not call.model.name.startswith("@") and usage.tokens:
        told["usage"] = {"prompt_tokens": usage.tokens.prompt, "total_tokens": usage.tokens.prompt}
    return told


def stream(result: Result, call: Call, usage: Usage) -> Iterator[bytes]:
    """Nothing streams embeddings: the whole, as one event."""
    yield b"data: " + dumps(render(result, call, usage)) + b"\n\n"


def _cut(vector: list[float], size: int) -> list[float]:
    if len(vector) <= size:
        return vector
    length = sqrt(sum(number * number for number in vector[:size])) or 1.0
    return [number / length for number in vector[:size]]
