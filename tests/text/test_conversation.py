from typing import Any

import pytest

from mock_server.text.conversation import IMAGE_TOKENS, read


def said(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in read(inputs).turns]


def test_messages_are_turns_and_developers_speak_as_system() -> None:
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "function", "name": "f", "content": "1"},
    ]
    assert said({"messages": messages}) == [("system", "Be brief."), ("user", "Hi"), ("assistant", ""), ("tool", "1")]


def test_the_request_is_the_last_user_turn() -> None:
    messages = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "two"},
    ]
    assert read({"messages": messages}).request == "two"
    assert read({"messages": [{"role": "system", "content": "x"}]}).request == ""


def test_text_parts_are_joined_and_image_parts_counted() -> None:
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "text", "text": "Be brief."},
    ]
    with_image = read({"messages": [{"role": "user", "content": parts}]})
    without = read({"messages": [{"role": "user", "content": [parts[0], parts[2]]}]})
    assert with_image.request == without.request == "What is this?\nBe brief."
    assert with_image.prompt_tokens() - without.prompt_tokens() == IMAGE_TOKENS


@pytest.mark.parametrize(
    "call",
    [
        {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}},
        {"name": "add", "arguments": {"a": 1}, "id": "c1"},
    ],
)
def test_tool_calls_are_read_flat_and_nested(call: dict[str, Any]) -> None:
    (turn,) = read({"messages": [{"role": "assistant", "content": "", "tool_calls": [call]}]}).turns
    assert [(c.name, c.arguments, c.id) for c in turn.calls] == [("add", {"a": 1}, "c1")]


def test_arguments_that_are_no_object_count_as_none() -> None:
    (turn,) = read({"messages": [{"role": "assistant", "tool_calls": [{"name": "f", "arguments": "not json"}]}]}).turns
    assert turn.calls[0].arguments == {}


def test_responses_items_are_turns_with_instructions_first() -> None:
    items = [
        {"role": "user", "content": [{"type": "input_text", "text": "Weather in Paris?"}]},
        {"type": "function_call", "name": "get_weather", "arguments": '{"city":"Paris"}', "call_id": "c1"},
        {"type": "function_call_output", "call_id": "c1", "output": "sunny"},
    ]
    conversation = read({"input": items, "instructions": "Be brief."})
    assert [turn.role for turn in conversation.turns] == ["system", "user", "assistant", "tool"]
    assert conversation.turns[3].name == "get_weather"
    assert said({"input": "Hello"}) == [("user", "Hello")]


@pytest.mark.parametrize(
    "prompt",
    [
        "[INST] Hello there [/INST]",
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHello there<|im_end|>\n<|im_start|>assistant\n",
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHello there<|eot_id|>",
        "<start_of_turn>user\nHello there<end_of_turn>\n<start_of_turn>model\n",
        "User: Hello there\nAssistant:",
    ],
)
def test_chat_markup_in_a_prompt_is_read_as_turns(prompt: str) -> None:
    if prompt.startswith("User"):
        prompt = "System: Be kind.\n" + prompt
    assert read({"prompt": prompt, "raw": True}).request == "Hello there"


def test_a_plain_prompt_is_what_the_user_says() -> None:
    assert said({"prompt": "Note: the shop is open."}) == [("user", "Note: the shop is open.")]


# Observed: (messages, what the model's template says of itself, prompt tokens of the bill)
@pytest.mark.parametrize(
    ("messages", "preamble", "billed"),
    [
        ([("system", "You are concise."), ("user", "Reply exactly with: Hello!")], 20, 45),  # Llama 3.1, 2026-05
        ([("user", "Say hi")], 2, 14),  # GLM 5.3 flash, 2026-10
    ],
)
def test_prompt_tokens_agree_with_observed_bills(messages: list[tuple[str, str]], preamble: int, billed: int) -> None:
    conversation = read({"messages": [{"role": role, "content": text} for role, text in messages]})
    assert conversation.prompt_tokens(preamble) == billed


def test_a_raw_prompt_has_no_template() -> None:
    assert read({"prompt": "one two three", "raw": True}).prompt_tokens(20) == 3
