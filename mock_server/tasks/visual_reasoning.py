"""Moondream: questions, captions, points and boxes, all from what is seen on the picture."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from mock_server.catalog import Model
from mock_server.errors import BAD_INPUT, ApiError
from mock_server.exchange import Inputs, Reply, Result, Tokens
from mock_server.media import vision
from mock_server.media.brush import Box
from mock_server.media.sight import Seen
from mock_server.text.tokens import count, pieces

# A picture takes 729 tokens (27 x 27 patches); one question's prompt around it fits the captured 749 in all.
PICTURE, AROUND = 729, 7
MAX_TOKENS, MAX_OBJECTS = 8192, 150  # the schema's defaults
ASKED = {  # the input that says what is asked, and the schema's default of it
    "query": ("question", "What's in this image?"),
    "caption": ("caption_length", "normal"),
    "point": ("target", "person"),
    "detect": ("target", "person"),
}
# From the capture, for 749 tokens in and 54 out: 49.7 ms of prefill, 591.5 ms of decoding, the first token 5 ms later.
PREFILL, DECODE, FIRST = 49.72 / 749, 591.54 / 54, 4.98  # milliseconds, the first two a token


def respond(model: Model, inputs: Inputs, seed: int) -> Reply:
    """{"finish_reason", "metrics", "answer" | "caption" | "points" | "objects", "reasoning" beside an answer}.

    Inputs: task (query, caption, point, detect), image, question, caption_length, target, reasoning, max_tokens,
    max_objects. Coordinates are fractions of the picture; reasoning is text and no grounding, as captured. An image by
    web address is not fetched; see ``vision.look``. Raises ApiError: 400/5006 where a task cannot do without its image,
    400/5004 and 400/8001 for an image that cannot be read.
    """
    task = inputs.get("task") or "query"
    image = inputs.get("image")
    if not image and task != "query":
        raise ApiError(BAD_INPUT, reason="required properties at '/' are 'image'")
    seen = vision.look(image) if image else None
    asked = str(inputs.get(ASKED[task][0]) or ASKED[task][1])
    limit = int(inputs.get("max_tokens") or MAX_TOKENS)
    thoughts = pieces(_thoughts(seen, asked))[:limit] if task == "query" and inputs.get("reasoning", True) else []

    value: dict[str, Any] = {}
    if task in ("query", "caption"):
        said = pieces(_said(seen, task, asked))
        kept = said[: limit - len(thoughts)]
        value["answer" if task == "query" else "caption"] = "".join(kept)
        written, finish = len(thoughts) + len(kept), "stop" if kept == said else "length"
    else:
        assert seen is not None
        found = vision.find(seen, asked)[: int(inputs.get("max_objects") or MAX_OBJECTS)]
        value["points" if task == "point" else "objects"] = [LOCATED[task](one.box) for one in found]
        written, finish = len(found) * (2 if task == "point" else 3) + 1, "stop"
    if thoughts:
        value["reasoning"] = {"text": "".join(thoughts), "grounding": []}
    tokens = Tokens((PICTURE if image else 0) + AROUND + count(asked), written)
    return Result({"finish_reason": finish, "metrics": _metrics(tokens, Random(seed)), **value}, tokens=tokens)


def _point(box: Box) -> dict[str, float]:
    left, top, right, bottom = box
    return {"x": round((left + right) / 2, 4), "y": round((top + bottom) / 2, 4)}


def _bounds(box: Box) -> dict[str, float]:
    return dict(zip(("x_min", "y_min", "x_max", "y_max"), (round(side, 4) for side in box), strict=True))


LOCATED: dict[str, Callable[[Box], dict[str, float]]] = {"point": _point, "detect": _bounds}


def _said(seen: Seen | None, task: str, asked: str) -> str:
    if seen is None:
        return "There is no image to look at, so I can only say that the question was: " + asked
    if task == "query":
        return vision.answer(seen, asked)
    return {"short": vision.brief, "long": vision.detailed}.get(asked, vision.describe)(seen)


def _thoughts(seen: Seen | None, asked: str) -> str:
    if seen is None:
        return "No image was given with the question."
    what = f"I see {vision.things(seen)}." if seen.sights else "I see no clear objects."
    return f'{what} The question is "{asked.strip()[:120]}".'


def _metrics(tokens: Tokens, random: Random) -> dict[str, float]:
    prefill = tokens.prompt * PREFILL * random.uniform(0.9, 1.1)
    return {
        "input_tokens": tokens.prompt,
        "output_tokens": tokens.completion,
        "prefill_time_ms": prefill,
        "decode_time_ms": tokens.completion * DECODE * random.uniform(0.9, 1.1),
        "ttft_ms": prefill + FIRST * random.uniform(0.8, 1.2),
    }
