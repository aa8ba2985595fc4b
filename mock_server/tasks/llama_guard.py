"""Llama Guard: whether the last turn of a conversation is safe, and if not, why."""

from __future__ import annotations

from typing import Any

import orjson

from mock_server.catalog import Model
from mock_server.exchange import Choice, Completion, Inputs, Tokens
from mock_server.text.harm import hazards, is_refusal
from mock_server.text.tokens import count

TEMPLATE = 195  # tokens of the policy and the instructions around a conversation (captured: 212 in all for a short one)


def respond(model: Model, inputs: Inputs, seed: int) -> Completion:
    """``"\\n\\nsafe"`` or ``"\\n\\nunsafe\\nS1,S9"`` (captured), or ``{"safe", "categories"}`` for a json_object.

    A last turn of the user is judged by what it asks. One of the assistant is judged by what it says, and by what it
    was asked if it does not decline.
    """
    turns = inputs.get("messages")
    turns = turns if isinstance(turns, list) else []
    messages = [turn for turn in turns if isinstance(turn, dict) and isinstance(turn.get("content"), str)]
    found: list[str] = []
    if messages:
        last = messages[-1]
        said = last["content"]
        if last.get("role") != "assistant":
            found = hazards(said)
        elif not is_refusal(said):
            asked = next((m["content"] for m in reversed(messages[:-1]) if m.get("role") == "user"), "")
            found = sorted({*hazards(said), *hazards(asked)}, key=lambda category: int(category[1:]))
    text = "\n\nunsafe\n" + ",".join(found) if found else "\n\nsafe"
    value: Any = None
    form = inputs.get("response_format")
    if isinstance(form, dict) and form.get("type") == "json_object":
        value = {"safe": not found, "categories": found}
        text = orjson.dumps(value).decode()
    prompt = TEMPLATE + sum(count(message["content"]) + 4 for message in messages)
    written = count(text) if value is not None else 3 + 3 * len(found)
    return Completion((Choice(text, value=value),), Tokens(prompt, written))
