"""Reading what a language model was given: prompt, messages or Responses items become one list of turns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from mock_server.exchange import Inputs, ToolCall, json_of
from mock_server.text import tokens

IMAGE_TOKENS = 256  # a picture costs about as much as this in the vision models that publish it
_PER_TURN = 5  # marks around a turn and the name of its role
_PER_REQUEST = 5  # the mark of the beginning and the header of the reply
_ROLES = {"developer": "system", "function": "tool", "model": "assistant", "human": "user", "ai": "assistant"}
_MARKUP = re.compile(
    r"<\|im_start\|>(\w+)\n?|<\|start_header_id\|>(\w+)<\|end_header_id\|>\s*|"
    r"<start_of_turn>(\w+)\n?|<\|(user|assistant|system)\|>"
    r"|(\[INST\])|(\[/INST\])|^(User|Human|Assistant|System|AI|Q|A|Question|Answer)[ \t]*:[ \t]*",
    re.MULTILINE,
)
_MARKS = ("[INST]", "<|", "<start_of_turn>", "User", "Human", "Assistant", "System", "AI", "Q", "A:", "Answer")
_END_MARKS = re.compile(
    r"<\|(?:im_end|eot_id|end|begin_of_text|endoftext)\|>|<end_of_turn>|<bos>|</?s>|<<SYS>>|<</SYS>>"
)


class Turn(NamedTuple):
    """One thing said. role: system, user, assistant, tool, or picture (what one shows, as JSON). calls: what an
    assistant asked for. call_id and name: of a tool's turn, which call it answers."""

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    name: str = ""


class Conversation(NamedTuple):
    """All that was said, oldest first. at: index of the last user turn, -1 when the user said nothing."""

    turns: list[Turn]
    at: int
    images: int
    raw: bool

    @property
    def request(self) -> str:
        """The user's last words."""
        return self.turns[self.at].text if self.at >= 0 else ""

    def prompt_tokens(self, preamble: int = 0) -> int:
        """About how many tokens the model reads, without tools.

        Counts of all texts, five for the marks of each turn and five for those of the whole (none of them when raw),
        256 an image. preamble: what a model's chat template says before everything else.
        """
        total = sum([tokens.count(turn.text) for turn in self.turns]) + IMAGE_TOKENS * self.images
        for turn in self.turns:
            for call in turn.calls:
                total += call_tokens(call)
        return max(total, 1) if self.raw else total + _PER_TURN * len(self.turns) + _PER_REQUEST + preamble


def read(inputs: Inputs) -> Conversation:
    """The conversation in a model's inputs: `messages`, or `input` with `instructions`, or `prompt`, in this order.

    Not every model's schema knows every form: what is not of its form is passed over.
    """
    messages = inputs.get("messages")
    images = 1 if inputs.get("image") else 0
    if messages and isinstance(messages, list):
        turns: list[Turn] = []
        at = -1
        for message in messages:
            if not isinstance(message, dict):
                continue
            content = message.get("content")
            if type(content) is not str:
                content, seen = _text_of(content)
                images += seen
            role = _role(message)
            if role == "user":
                at = len(turns)
                turns.append(Turn("user", content))
            else:
                turns.append(
                    Turn(
                        role,
                        content,
                        calls_of(message.get("tool_calls")),
                        str(message.get("tool_call_id") or ""),
                        str(message.get("name") or ""),
                    )
                )
        return Conversation(turns, at, images, False)
    if "input" in inputs:
        return _read_items(inputs, images)
    return _read_prompt(inputs, images)


def _role(message: Mapping[str, Any]) -> str:
    role = message.get("role", "user")
    return _ROLES.get(role, role) if isinstance(role, str) else "user"


def _text_of(content: Any) -> tuple[str, int]:
    """The text of message content in parts, and how many pictures are among them."""
    if content is None:
        return "", 0
    if isinstance(content, str):
        return content, 0
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, Sequence):
        return orjson.dumps(content).decode(), 0
    texts, images = [], 0
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, Mapping):
            if isinstance(part.get("text"), str):
                texts.append(part["text"])
            elif "image" in str(part.get("type", "")) or "image_url" in part:
                images += 1
            elif part.get("type") in ("tool_result", "function_call_output"):
                texts.append(_text_of(part.get("content") or part.get("output"))[0])
    return "\n".join(texts), images


def calls_of(raw: Any) -> tuple[ToolCall, ...]:
    """Tool calls as clients send them back: flat or inside `function`, arguments as object or JSON text."""
    if not isinstance(raw, list):
        return ()
    calls = []
    for call in raw:
        if isinstance(call, Mapping):
            inner = call.get("function")
            body = inner if isinstance(inner, Mapping) else call
            calls.append(
                ToolCall(str(body.get("name", "")), arguments_of(body.get("arguments")), str(call.get("id") or ""))
            )
    return tuple(calls)


def arguments_of(raw: Any) -> dict[str, Any]:
    """Arguments as an object; what is no JSON object counts as none."""
    if isinstance(raw, str):
        try:
            raw = json_of(raw)
        except orjson.JSONDecodeError:
            return {}
    return dict(raw) if isinstance(raw, Mapping) else {}


def call_tokens(call: ToolCall) -> int:
    """About how many tokens it takes to write a call."""
    return tokens.count(call.name) + tokens.count(orjson.dumps(call.arguments).decode()) + 8


def _read_items(inputs: Inputs, images: int) -> Conversation:
    given = inputs["input"]
    turns = [Turn("system", inputs["instructions"])] if isinstance(inputs.get("instructions"), str) else []
    names: dict[str, str] = {}
    for each in given if isinstance(given, list) else [given]:
        item = (
            each if isinstance(each, Mapping) else {"content": each if isinstance(each, str) else None, "role": "user"}
        )
        kind = item.get("type", "message")
        if kind == "function_call":
            call_id = str(item.get("call_id") or item.get("id") or "")
            call = ToolCall(str(item.get("name", "")), arguments_of(item.get("arguments")), call_id)
            names[call_id] = call.name
            turns.append(Turn("assistant", "", (call,)))
        elif kind == "function_call_output":
            call_id = str(item.get("call_id") or "")
            turns.append(Turn("tool", _text_of(item.get("output"))[0], (), call_id, names.get(call_id, "")))
        elif kind == "message" or "role" in item:
            text, seen = _text_of(item.get("content"))
            images += seen
            turns.append(Turn(_role(item), text))
    return Conversation(turns, _last_user(turns), images, False)


def _read_prompt(inputs: Inputs, images: int) -> Conversation:
    prompt = inputs.get("prompt")
    text = prompt if isinstance(prompt, str) else _text_of(prompt)[0]
    raw = bool(inputs.get("raw"))
    if any(mark in text for mark in _MARKS) and (found := list(_MARKUP.finditer(text))):
        turns = _split_markup(text, found)
        if len(turns) > 1 or not found[0].group(7):
            return Conversation(turns, _last_user(turns), images, raw)
    return Conversation([Turn("user", text)], 0, images, raw)


def _split_markup(text: str, marks: list[re.Match[str]]) -> list[Turn]:
    turns = []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    before = _END_MARKS.sub("", text[: marks[0].start()]).strip()
    if before:
        turns.append(Turn("system", before))
    for mark, end in zip(marks, ends, strict=True):
        who = "user" if mark.group(5) else "assistant" if mark.group(6) else next(filter(None, mark.groups())).lower()
        who = {"q": "user", "question": "user", "a": "assistant", "answer": "assistant"}.get(who, who)
        said = _END_MARKS.sub("", text[mark.end() : end]).strip()
        if said:
            turns.append(Turn(_ROLES.get(who, who), said))
    return turns


def _last_user(turns: list[Turn]) -> int:
    return next((i for i in range(len(turns) - 1, -1, -1) if turns[i].role == "user"), -1)
