"""Thinking aloud before an answer, for models that do: when, how long, and about what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.exchange import Inputs, ToolCall
from mock_server.text.answering import Said

_STEPS = {"low": 1, "medium": 2, "high": 3, "xhigh": 4, "max": 5}
_OFF = ("none", "off", "disabled")
_ROUTES = {
    "greeting": "This is small talk, so a short and friendly reply is enough.",
    "exact": "They want particular words back, so I should give exactly these and add nothing.",
    "rule": "The system prompt fixes the reply, so I follow it.",
    "identity": "They ask who I am; I introduce myself as I was told to.",
    "arithmetic": "This is a calculation, so I work it out step by step and check the result.",
    "counting": "I go through it one by one and keep count.",
    "transform": "The given text only has to be changed as they say.",
    "classify": "I compare the text with each of the labels and take the one that fits best.",
    "translation": "I need the usual wording in the other language.",
    "summary": "I pick the sentences that carry most of the content.",
    "form": "The form matters here as much as the content.",
    "list": "I need distinct entries and the right number of them.",
    "choice": "I compare the two and choose one.",
    "fact": "This is a question of fact that I can answer directly.",
    "recall": "What was said before contains the answer, so I quote it rather than guess.",
    "noted": "They tell me something about themselves; I should acknowledge and remember it.",
    "unknown": "Nothing that I was given answers this, so I should say so.",
    "verdict": "They expect a clear yes or no first.",
    "json": "The reply has to be JSON that fits the schema, with values from the conversation where there are any.",
    "tool": "One of the tools can get what is asked for.",
    "picture": "I look at what is on the picture and say only what can be seen there.",
    "results": "The tools have answered, so I report what they said.",
    "writing": "A clear answer in a few sentences will do.",
}
_FURTHER = (
    "The key words seem to be {0}.",
    "I should start with the main point about {0} and leave side issues out.",
    "Let me check that nothing in the request contradicts this: it does not.",
    "The tone should stay plain and helpful, and the length moderate.",
    "Before I answer, I go over {0} once more; the plan holds.",
)


def effort(facts: Mapping[str, Any], levels: Mapping[str, Any] | None, inputs: Inputs) -> int:
    """How many steps to think: 0 for not at all, 1 (low) to 5 (max).

    facts: the model's `reasoning` fact: {"default": effort or true/false, "mandatory": bool, "switch": the key of
    `chat_template_kwargs` that turns it on and off}. levels: its `reasoning_effort` property, whose `normalizes_to`
    maps asked-for levels onto supported ones. inputs: `reasoning_effort`, `chat_template_kwargs` and, of the
    Responses form, `reasoning.effort` are respected; mandatory reasoning cannot be turned off.
    """
    levels = levels or {}
    default = facts.get("default", True)
    if default is True:
        default = levels.get("default_effort") or "medium"
    usual = _STEPS.get(str(default), 0)
    steps = usual
    given = inputs.get("reasoning") if "input" in inputs else None  # ignored elsewhere (observed)
    wish = inputs.get("reasoning_effort") or (given.get("effort") if isinstance(given, Mapping) else None)
    if isinstance(wish, str) and wish:
        asked = str((levels.get("normalizes_to") or {}).get(wish, wish))
        steps = 0 if asked in _OFF else _STEPS.get(asked, 1 if asked == "minimal" else usual)
    kwargs = inputs.get("chat_template_kwargs")
    if isinstance(kwargs, Mapping):
        for key in (facts.get("switch") or "", "enable_thinking", "thinking"):
            if key in kwargs:
                steps = 0 if not kwargs[key] else steps or usual or _STEPS["medium"]
                break
        if steps and kwargs.get("low_effort"):
            steps = 1
    if not steps and facts.get("mandatory"):
        steps = usual or _STEPS["medium"]
    return steps


def think(request: str, said: Said, calls: tuple[ToolCall, ...], steps: int) -> str:
    """Thoughts about a request and how it will be answered, `steps` sentences and one more."""
    short = " ".join(request.split())
    if len(short) > 120:
        short = short[:100].rsplit(" ", 1)[0] + " …"
    thoughts = [f'The user says: "{short}".' if short else "The user has not said anything yet.", _ROUTES[said.route]]
    if calls:
        named = " and ".join(dict.fromkeys(call.name for call in calls))
        thoughts.append(f"I should call {named} with what the request gives.")
    elif said.route == "arithmetic":
        thoughts.append(f"So: {said.text}.")
    topic = said.subject.topic or "the request itself"
    thoughts += [further.format(topic) for further in _FURTHER]
    return " ".join(thoughts[: steps + 1])
