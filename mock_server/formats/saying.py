"""A choice in the words of its model: thoughts inside the text, tool calls as text, arguments as a JSON string."""

from __future__ import annotations

import json
from dataclasses import replace

import orjson

from mock_server.catalog import Model
from mock_server.exchange import Call, Choice, ToolCall


def style(model: Model, default: str) -> str:
    """Where the model's thoughts go: reasoning_content, reasoning, both, or think-tag."""
    found: str = model.facts.get("reasoning", {}).get("style", default)
    return found


def inline(choice: Choice, model: Model) -> Choice:
    """`choice` with its thoughts written into the text, if that is the model's way."""
    if choice.reasoning and style(model, "") == "think-tag":
        return replace(choice, text=f"<think>\n{choice.reasoning}\n</think>\n\n{choice.text}", reasoning="")
    return choice


def whole(choice: Choice, call: Call) -> Choice:
    """`choice` as a whole answer says it: some models write their tool calls as text unless told that they must call.

    That they do is observed, the wording is not; it is the one that Llama 3 was trained to write.
    """
    choice = inline(choice, call.model)
    return _in_words(choice) if _writes_calls(call) else choice


def streamed(choice: Choice, call: Call) -> Choice:
    """`choice` as a stream says it: some models write their tool calls as text only there (observed)."""
    choice = inline(choice, call.model)
    as_text = _writes_calls(call) or call.model.facts.get("streams_tools_as_text")
    return _in_words(choice) if as_text else choice


def _writes_calls(call: Call) -> bool:
    if not call.model.facts.get("tools_as_text_unless_required"):
        return False
    return call.inputs.get("tool_choice") in (None, "auto")


def _in_words(choice: Choice) -> Choice:
    if not choice.tool_calls:
        return choice
    calls = "\n".join(_as_text(tool) for tool in choice.tool_calls)
    return replace(choice, text=choice.text + calls, tool_calls=(), finish_reason="stop")


def arguments(tool: ToolCall, *, spaced: bool) -> str:
    """The arguments as a JSON string: with spaces as Python writes them, or without."""
    if spaced:
        return json.dumps(tool.arguments, ensure_ascii=False)
    return orjson.dumps(tool.arguments).decode()


def _as_text(tool: ToolCall) -> str:
    return json.dumps({"name": tool.name, "parameters": tool.arguments}, ensure_ascii=False)
