"""Image-to-Text: a description of the picture, or the answer to what the prompt asks about it."""

from __future__ import annotations

from mock_server.catalog import Model
from mock_server.errors import INCOMPLETE, ApiError
from mock_server.exchange import Inputs, Reply, Result
from mock_server.media import vision
from mock_server.text.tokens import pieces

MAX_TOKENS = 512  # the schema's default


def respond(model: Model, inputs: Inputs, seed: int) -> Reply:
    """{"description": text} for ``inputs["image"]``: the text begins with a space, and no usage is shown (observed).

    prompt, or the last of the messages, is what is asked about it. max_tokens cuts the text. Raises ApiError: 400/3003
    without an image, 400/5004 and 400/8001 for one that cannot be read.
    """
    image = inputs.get("image")
    if not image:
        raise ApiError(INCOMPLETE, what="image")
    seen = vision.look(image)
    question = _question(inputs)
    said = vision.answer(seen, question) if question.strip() else vision.describe(seen)
    limit = int(inputs.get("max_tokens") or MAX_TOKENS)
    return Result({"description": "".join(pieces(f" {said}")[:limit])}, units={"per inference request": 1})


def _question(inputs: Inputs) -> str:
    messages = inputs.get("messages")  # in the public API reference, not in the model's schema: nobody has checked it
    last = messages[-1] if isinstance(messages, list) and messages else None
    asked = inputs.get("prompt") or (last.get("content") if isinstance(last, dict) else None)
    return asked if isinstance(asked, str) else ""
