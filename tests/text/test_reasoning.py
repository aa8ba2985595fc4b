from typing import Any

import pytest

from mock_server.exchange import ToolCall
from mock_server.text.answering import Said
from mock_server.text.reasoning import effort, think
from mock_server.text.writing import Subject

TOGGLED = {"default": True, "mandatory": False, "switch": "enable_thinking"}
ALWAYS = {"default": "medium", "mandatory": True}
LEVELS = {"default_effort": "high", "normalizes_to": {"minimal": "none", "low": "high", "xhigh": "max"}}


@pytest.mark.parametrize(
    ("facts", "levels", "inputs", "steps"),
    [
        (TOGGLED, None, {}, 2),
        (TOGGLED, None, {"chat_template_kwargs": {"enable_thinking": False}}, 0),
        (TOGGLED, None, {"chat_template_kwargs": {"low_effort": True}}, 1),
        ({"default": True, "switch": "thinking"}, None, {"chat_template_kwargs": {"thinking": False}}, 0),
        ({"default": False}, None, {}, 0),
        ({"default": False}, None, {"chat_template_kwargs": {"enable_thinking": True}}, 2),
        (ALWAYS, None, {"reasoning_effort": "low"}, 1),
        (ALWAYS, None, {"input": "hi", "reasoning": {"effort": "high"}}, 3),
        (ALWAYS, None, {"messages": [], "reasoning": {"effort": "high"}}, 2),
        (ALWAYS, None, {"reasoning_effort": "none"}, 2),
        (ALWAYS, None, {"chat_template_kwargs": {"enable_thinking": False}}, 2),
        (TOGGLED, LEVELS, {}, 3),
        (TOGGLED, LEVELS, {"reasoning_effort": "low"}, 3),
        (TOGGLED, LEVELS, {"reasoning_effort": "xhigh"}, 5),
        (TOGGLED, LEVELS, {"reasoning_effort": "minimal"}, 0),
        (TOGGLED, LEVELS, {"reasoning_effort": "none"}, 0),
        (TOGGLED, None, {"reasoning_effort": "unheard of"}, 2),
    ],
)
def test_efforts_and_switches_decide_how_long_a_model_thinks(
    facts: dict[str, Any], levels: dict[str, Any] | None, inputs: dict[str, Any], steps: int
) -> None:
    assert effort(facts, levels, inputs) == steps


def test_thoughts_are_about_the_request_and_grow_with_the_effort() -> None:
    said = Said("3 * 4 = 12", "arithmetic", Subject("", "", "what"))
    thoughts = [think("What is 3 * 4?", said, (), steps) for steps in range(1, 6)]
    assert all("What is 3 * 4?" in thought for thought in thoughts)
    assert [len(thought) for thought in thoughts] == sorted({len(thought) for thought in thoughts})
    assert "3 * 4 = 12" in thoughts[-1]


def test_tools_are_thought_about_by_name() -> None:
    said = Said("", "tool", Subject("the weather", "", "what"))
    assert "get_weather" in think("Weather?", said, (ToolCall("get_weather", {}),), 3)


def test_a_long_request_is_thought_about_in_short() -> None:
    said = Said("", "writing", Subject("bees", "", "what"))
    assert len(think("bees " * 500, said, (), 1)) < 300
