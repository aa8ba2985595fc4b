"""Finding the pictures among the inputs of a language model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mock_server.exchange import Inputs


def given(inputs: Inputs) -> list[tuple[int, Any]]:
    """Every picture with the index of its message or item, -1 for the input `image`, which belongs to all of them.

    Content parts are OpenAI's (``image_url`` with an address or {"url": …}), those of Responses (``input_image``) and
    of Anthropic (``image`` with its source).
    """
    found = [(-1, inputs["image"])] if inputs.get("image") else []
    messages = inputs.get("messages") or inputs.get("input")
    if isinstance(messages, list):
        for index, message in enumerate(messages):
            content = message.get("content") if isinstance(message, Mapping) else None
            if content is not None and type(content) is not str:
                found += [(index, picture) for picture in _in(content)]
    return found


def _in(content: Any) -> Iterator[Any]:
    for part in content if isinstance(content, list) else [content]:
        if not isinstance(part, Mapping):
            continue
        if picture := part.get("image_url") or part.get("image"):
            yield picture.get("url") if isinstance(picture, Mapping) and "url" in picture else picture
        elif isinstance(source := part.get("source"), Mapping):
            yield source.get("data") or source.get("url")
