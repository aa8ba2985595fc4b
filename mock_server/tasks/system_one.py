"""What the decision and extraction models share: how they refuse a request, and how they look at pictures."""

from __future__ import annotations

import json
import math
from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any, NamedTuple

from mock_server.catalog import Model
from mock_server.errors import CONTEXT_EXCEEDED, UNPROCESSABLE, ApiError, MockError
from mock_server.exchange import Inputs

MOST_IMAGES = 4
IMAGE_BYTES, ALL_IMAGE_BYTES = 4 << 20, 8 << 20  # decoded
IMAGE_PIXELS = 16_000_000
PATCH = 32  # a picture costs a token for each square of this many pixels, at most 1,024 (from observed counts)
_MEDIA = {  # how files of a kind begin
    "images": (b"\x89PNG", b"\xff\xd8\xff", b"RIFF"),
    "audio": (b"RIFF", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"),
    "videos": (b"\x1aE\xdf\xa3",),
}


class Pictured(NamedTuple):
    """What the pictures of a request show, in words, and what they cost."""

    words: str
    tokens: int


def refusal(field: str, message: str) -> ApiError:
    """422/5012 in the model server's own JSON; without a field the message is about the form as a whole.

    The frame, and the words for images, are observed; other words are ours.
    """
    details = {"formErrors": [] if field else [message], "fieldErrors": {field: [message]} if field else {}}
    body = {"error": {"type": "invalid_request", "message": "Request body failed validation", "details": details}}
    return ApiError(UNPROCESSABLE, detail=written(body))


def check_size(model: Model, inputs: Inputs) -> None:
    """413/5021 when a quarter of the body's bytes, pictures included, is more tokens than the model takes.

    That is its context window, or the fact request_tokens, where more was seen to pass than the error admits.
    """
    window = model.context_window
    if window is None:
        return
    tokens = math.ceil(len(written(inputs).encode("utf-8", "replace")) / 4)
    if tokens > model.facts.get("request_tokens", window):
        raise ApiError(CONTEXT_EXCEEDED, tokens=tokens, limit=window)


def written(value: Any) -> str:
    """A value as compact JSON, numbers of any size included."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def check_fields(given: Any, known: frozenset[str], field: str = "") -> None:
    """422/5012 for a key that the model does not know."""
    for key in given:
        if key not in known:
            raise refusal(field, f"Unrecognized key: {key}")


def pictures(inputs: Inputs) -> Pictured:
    """Looks at ``images``. 422/5012 for a fifth, for what is no PNG, JPEG or WebP or cannot be decoded, for size."""
    files = media(inputs, "images", MOST_IMAGES)
    if any(len(file) > IMAGE_BYTES for file in files) or sum(map(len, files)) > ALL_IMAGE_BYTES:
        raise refusal("images", "image payload is too large")
    words, tokens = [], 0
    for file in files:
        said, size = _seen(file)
        words.append(said)
        tokens += size
    return Pictured("\n".join(words), tokens)


def media(inputs: Inputs, field: str, most: int) -> list[bytes]:
    """The files of a field, from data URLs or {content_type, base64}. 422/5012 for too many, and for other contents."""
    given = inputs.get(field) or []
    if not isinstance(given, list) or len(given) > most:
        raise refusal(field, f"at most {most} {field} are accepted")
    files = []
    for item in given:
        text = item.get("base64") if isinstance(item, dict) else item
        head, _, encoded = str(text).rpartition(",") if isinstance(item, str) else ("data:;base64", "", str(text))
        try:
            data = b64decode(encoded, validate=True) if head.lower().endswith(";base64") else b""
        except (NotBase64, ValueError):
            data = b""
        if not data.startswith(_MEDIA[field]) and not (field == "videos" and data[4:8] == b"ftyp"):
            raise refusal(field, f"{'audio' if field == 'audio' else field[:-1]} payload is invalid")
        files.append(data)
    return files


def _seen(data: bytes) -> tuple[str, int]:
    from mock_server.media import vision

    try:
        seen = vision.look(data)
    except ApiError as error:
        raise refusal("images", "image payload is invalid") from error
    except MockError:  # no library to look with: the file is taken for what it says it is
        return "", 1024
    if seen.width * seen.height > IMAGE_PIXELS:
        raise refusal("images", "image payload is too large")
    tokens = min(1024, math.ceil(seen.width / PATCH) * math.ceil(seen.height / PATCH))
    return f"{vision.describe(seen)} {seen.prompt}".strip(), tokens
