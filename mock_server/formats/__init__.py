"""How a completion is written, whole and streamed: the table of formats, and the usage object they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from mock_server.catalog import Model
from mock_server.exchange import Call, Result, Tokens, Usage


class Format(Protocol):
    """One way to write a reply: a Completion, or the Result of a model with events of its own; a module here."""

    def render(self, reply: Any, call: Call, usage: Usage) -> Any:
        """The JSON value that stands in ``result``."""

    def stream(self, reply: Any, call: Call, usage: Usage) -> Iterator[bytes]:
        """The events of the stream, one at a time, the last one included (``[DONE]`` where the format has it)."""


# The name that models use -> the module of this package.
FORMATS: dict[str, str] = {
    "native": "native",
    "chat": "chat",
    "completions": "completions",
    "responses": "responses",
    "moondream": "moondream",
    "messages": "messages",
}

_loaded: dict[str, Format] = {}


def pick(model: Model, inputs: Mapping[str, Any]) -> str | None:
    """The name of the format that answers `inputs`, or None when the model's answers are no completions."""
    for key, name in model.formats.items():
        if inputs.get(key) is not None:
            return name
    return None


def get(name: str) -> Format:
    """The format of that name; its module is imported when it is first wanted. KeyError for a name not in FORMATS."""
    found = _loaded.get(name)
    if found is None:
        found = _loaded[name] = cast("Format", import_module(f"{__name__}.{FORMATS[name]}"))
    return found


def of(model: Model, inputs: Mapping[str, Any]) -> Format | None:
    """The format that answers `inputs` of `model`, or None."""
    name = pick(model, inputs)
    return None if name is None else get(name)


def is_timeless(format_: Format) -> bool:
    """Whether what the format writes has no id and no date in it, so that it is the same for the same answer."""
    return format_ is _loaded.get("native")


def usage_object(tokens: Tokens, neurons: float) -> dict[str, Any]:
    """The ``usage`` of 2026: counts, cached tokens, neurons (a whole number of them without a decimal point)."""
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "prompt_tokens_details": {"cached_tokens": tokens.cached},
        "neurons": int(neurons) if neurons == int(neurons) else neurons,
    }


def with_usage(reply: Result, usage: Usage) -> Any:
    """The value of a result, with its usage appended where the model shows it."""
    if not reply.shows_usage or usage.tokens is None:
        return reply.value
    return {**reply.value, "usage": usage_object(usage.tokens, usage.neurons)}
