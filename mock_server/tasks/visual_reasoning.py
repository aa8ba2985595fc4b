"""Moondream: questions, captions, points and boxes, all from what is seen on the picture."""

from __future__ import annotations

from random import Random
from typing import Any

from mock_server.catalog import Model
from mock_server.errors import BAD_INPUT, ApiError
from mock_server.exchange import Inputs, Reply, Result, Tokens
from mock_server.media import vision
from mock_server.media.sight import Seen
from mock_server.text.tokens import count, pieces

# A picture takes 729 tokens (27 x 27 patches); one question's prompt around it fits the captured 749 in all.
PICTURE, AROUND = 729, 7
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
    question = str(inputs.get("question") or "What's in this image?")
    target = str(inputs.get("target") or "person")
    asked = {"query": question, "caption": str(inputs.get("caption_length") or "normal")}.get(task, target)

    value: dict[str, Any] = {}
    thoughts = _thoughts(seen, asked) if task == "query" and inputs.get("reasoning", True) else ""
    limit = int(inputs.get("max_tokens") or 8192)
    kept = pieces(thoughts)[:limit]
    written = len(kept)
    finish = "stop"
    if task in ("query", "caption"):
        said = pieces(_said(seen, task, asked))
        room = limit - written
        if len(said) > room:
            said, finish = said[:room], "length"
        written += len(said)
        value["answer" if task == "query" else "caption"] = "".join(said)
    elif seen:
        boxes = [one.box for one in vision.find(seen, target)][: int(inputs.get("max_objects") or 150)]
        if task == "point":
            value["points"] = [
                {"x": round((left + right) / 2, 4), "y": round((top + bottom) / 2, 4)}
                for left, top, right, bottom in boxes
            ]
            written += 2 * len(boxes) + 1
        else:
            value["objects"] = [
                dict(zip(("x_min", "y_min", "x_max", "y_max"), (round(side, 4) for side in box), strict=True))
                for box in boxes
            ]
            written += 3 * len(boxes) + 1
    if thoughts:
        value["reasoning"] = {"text": "".join(kept), "grounding": []}
    tokens = Tokens((PICTURE if image else 0) + AROUND + count(asked), written)
    return Result({"finish_reason": finish, "metrics": _metrics(tokens, Random(seed)), **value}, tokens=tokens)


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
