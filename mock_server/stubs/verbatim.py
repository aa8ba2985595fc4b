"""What a verbatim result of a language model says, so that it can be streamed, or written in another form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from mock_server.exchange import Choice, Tokens, ToolCall, json_of


def choices(value: Any) -> tuple[Choice, ...] | None:
    """The choices in a result: native, chat completion, completion or response; None when it is none of them."""
    if not isinstance(value, dict):
        return None
    try:
        if isinstance(value.get("choices"), list) and value["choices"]:
            return tuple(_choice(item) for item in value["choices"])
        if isinstance(value.get("output"), list):
            return (_response(value["output"]),)
        if "response" in value and "choices" not in value:
            return (_native(value),)
    except (KeyError, TypeError, AttributeError, ValueError):
        return None
    return None


def tokens(value: Any) -> Tokens | None:
    """What a verbatim result says it used, which is what it costs."""
    usage = value.get("usage") if isinstance(value, dict) else None
    if not isinstance(usage, dict):
        return None
    prompt, completion = (usage.get(f"{kind}_tokens") for kind in ("prompt", "completion"))
    if prompt is None:
        prompt, completion = (usage.get(f"{kind}_tokens") for kind in ("input", "output"))
    return Tokens(prompt, completion or 0) if type(prompt) is int and type(completion or 0) is int else None


def _native(value: dict[str, Any]) -> Choice:
    said = value["response"]
    calls = _calls(value.get("tool_calls") or ())
    finish = "tool_calls" if calls else "stop"
    if said is None or isinstance(said, str):
        return Choice(said or "", "", calls, finish)
    return Choice(orjson.dumps(said).decode(), "", calls, finish, said)


def _choice(item: dict[str, Any]) -> Choice:
    if "message" not in item:
        return Choice(_string(item["text"]), finish_reason=item.get("finish_reason") or "stop")
    message = item["message"]
    thought = message.get("reasoning_content") or message.get("reasoning") or ""
    calls = _calls(message.get("tool_calls") or ())
    finish = item.get("finish_reason") or ("tool_calls" if calls else "stop")
    return Choice(_string(message.get("content") or ""), _string(thought), calls, finish)


def _response(items: Iterable[dict[str, Any]]) -> Choice:
    texts, thoughts, asked = [], [], []
    for item in items:
        if item["type"] == "message":
            texts += [part["text"] for part in item["content"] if part["type"] == "output_text"]
        elif item["type"] == "reasoning":
            thoughts += [part["text"] for part in item.get("content") or item.get("summary") or ()]
        elif item["type"] == "function_call":
            asked.append({"name": item["name"], "arguments": item["arguments"], "id": item.get("call_id")})
    calls = _calls(asked)
    return Choice("".join(texts), "".join(thoughts), calls, "tool_calls" if calls else "stop")


def _calls(listed: Iterable[dict[str, Any]]) -> tuple[ToolCall, ...]:
    calls = []
    for item in listed:
        function = item.get("function", item)
        arguments = function.get("arguments") or {}
        if isinstance(arguments, str):
            arguments = json_of(arguments)
        if not isinstance(arguments, dict):
            raise TypeError
        calls.append(ToolCall(_string(function["name"]), arguments, item.get("id") or ""))
    return tuple(calls)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
