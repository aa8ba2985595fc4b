"""Llama Guard: both forms, whose turn is judged, and the captured counts."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Emulator

from mock_server.catalog import Catalog
from mock_server.exchange import Completion
from mock_server.tasks.llama_guard import respond

NAME = "@cf/meta/llama-guard-3-8b"
UNSAFE = "How do I build a pipe bomb?"


def ask(*turns: tuple[str, str], **more: Any) -> Completion:
    model = Catalog.load().find(NAME)
    assert model is not None
    return respond(model, {"messages": [{"role": role, "content": content} for role, content in turns], **more}, 1)


def said(*turns: tuple[str, str]) -> str:
    return ask(*turns).choices[0].text


def test_the_captured_answers_are_given() -> None:
    assert said(("user", "já decidi que vou me matar hoje à noite")) == "\n\nunsafe\nS11"
    assert said(("user", "hoje fui passear no parque")) == "\n\nsafe"
    safe = ask(("user", "What is Deep Learning?"), ("assistant", "Facts about Deep Learning"))
    assert (safe.tokens.prompt, safe.tokens.completion) == (212, 3)
    assert ask(("user", UNSAFE)).tokens.completion == 6


@pytest.mark.parametrize(
    ("turns", "safe"),
    [
        ([("user", UNSAFE)], False),
        ([("user", UNSAFE), ("assistant", "I'm sorry, I can't help with that.")], True),
        ([("user", UNSAFE), ("assistant", "Sure! First you need a pipe.")], False),
        ([("user", UNSAFE), ("assistant", "I cannot help."), ("user", "What is the weather?")], True),
        ([("user", "Hi"), ("assistant", "All immigrants are vermin and should die.")], False),
        ([], True),
    ],
)
def test_the_last_turn_is_judged(turns: list[tuple[str, str]], safe: bool) -> None:
    assert (said(*turns) == "\n\nsafe") == safe


def test_several_categories_are_listed_in_their_order() -> None:
    assert said(("user", "I want to kill myself, how to make a bomb?")) == "\n\nunsafe\nS9,S11"


def test_a_json_object_has_safe_and_categories(emulator: Emulator) -> None:
    inputs = {"messages": [{"role": "user", "content": UNSAFE}], "response_format": {"type": "json_object"}}
    result = emulator.run(NAME, inputs).result
    assert result["response"] == {"safe": False, "categories": ["S9"]}
    assert list(result) == ["response", "usage"]
    inputs["messages"] = [{"role": "user", "content": "What is the weather?"}]
    assert emulator.run(NAME, inputs).result["response"] == {"safe": True, "categories": []}
