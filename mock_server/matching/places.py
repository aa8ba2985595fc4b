"""Places in a call that a match or a template can look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from mock_server.exchange import Call, Inputs
from mock_server.matching.conditions import ABSENT

# Inputs that are what was said, where there are no messages.
SAID = ("prompt", "input", "text", "question", "input_text")
# What a call asks of the sending: attributes of Call.
SENDING = ("stream", "stream_options", "queued")


class Step(NamedTuple):
    """One step of a path: a key of an object, and the position in a list where it is one."""

    key: str
    position: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look. root: inputs, last, headers or a word of SENDING. path: the steps from there, one for a header."""

    root: str
    path: tuple[Step, ...]

    def of(self, call: Call) -> Any:
        """What stands there in `call`; ABSENT when nothing does."""
        if self.root == "inputs":
            return look(call.inputs, self.path)
        if self.root == "last":
            return look(last_said(call.inputs), self.path)
        if self.root in SENDING:
            return getattr(call, self.root)
        value = call.headers.get(self.path[0].key.encode("latin-1", "replace"))
        return ABSENT if value is None else value.decode("latin-1")


def place(field: str) -> Place | None:
    """What a field names: inputs, inputs.<path>, last.<path>, headers.<name>, a word of SENDING; else None."""
    root, dot, rest = field.partition(".")
    if root == "headers":
        return Place(root, (Step(rest.lower(), None),)) if rest else None
    if not dot:
        return Place(root, ()) if root == "inputs" or root in SENDING else None
    if root not in ("inputs", "last") or not all(rest.split(".")):
        return None
    return Place(root, tuple(Step(name, _position(name)) for name in rest.split(".")))


def _position(name: str) -> int | None:
    return int(name) if re.fullmatch(r"-?[0-9]{1,9}", name) else None


def look(value: Any, path: tuple[Step, ...]) -> Any:
    """What stands at `path` in `value`; ABSENT when nothing does."""
    for key, position in path:
        if isinstance(value, dict):
            value = value.get(key, ABSENT)
        elif position is not None and isinstance(value, list) and -len(value) <= position < len(value):
            value = value[position]
        else:
            return ABSENT
    return value


def last_said(inputs: Inputs) -> dict[str, Any]:
    """The last message of a conversation, in whatever form it came; empty where nothing is said.

    A prompt counts as the message of a user; the result of a tool has the role ``tool`` in every form.
    """
    for name in ("messages", "input"):
        listed = inputs.get(name)
        if isinstance(listed, list) and listed and isinstance(listed[-1], dict):
            return _message(listed[-1])
    for name in SAID:
        if isinstance(inputs.get(name), str):
            return {"role": "user", "content": inputs[name]}
    return {}


def _message(message: dict[str, Any]) -> dict[str, Any]:
    if message.get("type") == "function_call_output":  # of OpenAI's responses
        return {"role": "tool", "content": message.get("output"), "tool_call_id": message.get("call_id")}
    content = message.get("content")
    if isinstance(content, list) and content and isinstance(content[-1], dict):
        block = content[-1]
        if block.get("type") == "tool_result":  # of Anthropic's messages
            return {"role": "tool", "content": block.get("content"), "tool_call_id": block.get("tool_use_id")}
    return message
