"""Language models of other providers: what they say to Anthropic's Messages as well as to OpenAI's requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from mock_server.exchange import Completion, Inputs
from mock_server.tasks import text_generation

if TYPE_CHECKING:
    from mock_server.catalog import Model

ANTHROPIC_BLOCKS = ("tool_use", "tool_result", "thinking", "redacted_thinking", "document")


def respond(model: Model, inputs: Inputs, seed: int) -> Completion:
    """What ``text_generation`` says to the same in OpenAI's words; requests in these are left as they are.

    Of Anthropic's: system, content blocks (text, image, document, tool_use, tool_result), tools and tool_choice,
    stop_sequences, thinking, output_config with effort and format. An answer that one of the stop_sequences ended has
    the finish reason "stop_sequence " with the sequence behind it.
    """
    stops = [stop for stop in _listed(inputs.get("stop_sequences")) if isinstance(stop, str) and stop]
    completion = text_generation.respond(model, neutral(inputs), seed)
    if not stops:
        return completion
    choice = completion.choices[0]
    found = [(at, stop) for stop in stops if (at := choice.text.find(stop)) >= 0]
    if not found:
        return completion
    at, stop = min(found)
    text = choice.text[:at]
    cut = replace(choice, text=text, tool_calls=(), finish_reason=f"stop_sequence {stop}", value=None)
    return replace(completion, choices=(cut, *completion.choices[1:]), tokens=_less(completion, choice.text, text))


def _less(completion: Completion, whole: str, text: str) -> Any:
    from mock_server.text.tokens import count

    spared = count(whole) - count(text)
    return replace(completion.tokens, completion=max(completion.tokens.completion - spared, 0))


def neutral(inputs: Inputs) -> Inputs:
    """The inputs with what only Anthropic says so in OpenAI's words; other keys and messages as they are."""
    given = dict(inputs)
    system = given.pop("system", None)
    messages = given.get("messages")
    if isinstance(messages, list):
        read = [turn for message in messages for turn in _turns(message)]
        given["messages"] = [{"role": "system", "content": _text(system)}, *read] if system else read
    choice = given.get("tool_choice")
    if isinstance(choice, Mapping):
        if choice.get("type") == "tool":
            given["tool_choice"] = {"type": "function", "function": {"name": choice.get("name")}}
        if choice.get("disable_parallel_tool_use"):
            given["parallel_tool_calls"] = False
    config = given.pop("output_config", None)
    config = config if isinstance(config, Mapping) else {}
    shape = config.get("format") or given.pop("output_format", None)
    if isinstance(shape, Mapping) and shape.get("type") == "json_schema":
        given["response_format"] = {"type": "json_schema", "json_schema": {"schema": shape.get("schema")}}
    thinking = given.pop("thinking", None)
    if isinstance(thinking, Mapping):
        thinks = thinking.get("type") in ("enabled", "adaptive")
        given["chat_template_kwargs"] = {"enable_thinking": thinks}
        if thinks and config.get("effort"):
            given["reasoning_effort"] = config["effort"]
    return given


def _turns(message: Any) -> Iterator[Any]:
    """A message as one or more: the results of tools are messages of their own."""
    content = message.get("content") if isinstance(message, Mapping) else None
    if not isinstance(content, list) or not any(_kind(part) in ANTHROPIC_BLOCKS for part in content):
        yield message
        return
    calls = [
        {
            "id": part.get("id"),
            "type": "function",
            "function": {"name": part.get("name"), "arguments": orjson.dumps(part.get("input") or {}).decode()},
        }
        for part in content
        if _kind(part) == "tool_use"
    ]
    for part in content:
        if _kind(part) == "tool_result":
            yield {"role": "tool", "tool_call_id": part.get("tool_use_id"), "content": _text(part.get("content"))}
    said = [_said(part) for part in content if _kind(part) not in ANTHROPIC_BLOCKS or _kind(part) == "document"]
    if said or calls:
        yield {**message, "content": said, **({"tool_calls": calls} if calls else {})}


def _said(part: Any) -> Any:
    """A part of a message; of a document its text, where it has any that can be read."""
    if _kind(part) != "document":
        return part
    source = part.get("source")
    source = source if isinstance(source, Mapping) else {}
    text = source.get("data") if source.get("type") == "text" else _text(source.get("content"))
    titled = [str(each) for each in (part.get("title"), part.get("context"), text) if each]
    return {"type": "text", "text": "\n".join(titled)}


def _text(content: Any) -> str:
    """The text of content that is a string, or blocks."""
    if isinstance(content, str):
        return content
    parts = [part.get("text") if isinstance(part, Mapping) else part for part in _listed(content)]
    return "\n".join(part for part in parts if isinstance(part, str))


def _kind(part: Any) -> Any:
    return part.get("type") if isinstance(part, Mapping) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
