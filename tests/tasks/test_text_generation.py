import json
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest

from mock_server import errors
from mock_server.catalog import Model
from mock_server.errors import ApiError
from mock_server.exchange import Choice, Completion
from mock_server.tasks.text_generation import respond
from mock_server.text import tokens

WEATHER = {
    "name": "get_weather",
    "description": "Get the weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def model(
    name: str = "test/model-7b", properties: Mapping[str, Any] | None = None, native: bool = False, **facts: Any
) -> Model:
    formats = {"messages": "native" if native else "chat"}
    return Model(
        name=name, task="Text Generation", responder="text_generation", schema={}, properties=properties or {},
        formats=formats, facts=facts,
    )  # fmt: skip


PLAIN = model()
THINKING = model(reasoning={"style": "reasoning_content", "default": True, "switch": "enable_thinking"})


def chat(request: str, seed: int = 7, using: Model = PLAIN, **inputs: Any) -> Completion:
    return respond(using, {"messages": [{"role": "user", "content": request}], **inputs}, seed)


def only(completion: Completion) -> Choice:
    (choice,) = completion.choices
    return choice


# --- the same words for the same request ------------------------------------------------------------------------------
def test_the_same_request_and_seed_get_the_same_completion() -> None:
    assert chat("Tell me about bees") == chat("Tell me about bees")
    assert chat("Weather in Paris?", tools=[WEATHER]) == chat("Weather in Paris?", tools=[WEATHER])


def test_another_seed_may_vary_the_answer_but_not_at_temperature_zero() -> None:
    assert len({only(chat("Tell me about bees", seed)).text for seed in range(12)}) > 3
    assert len({only(chat("Tell me about bees", seed, temperature=0)).text for seed in range(12)}) == 1


def test_different_requests_get_different_answers() -> None:
    topics = "bees trains cheese clouds music tax poker tennis coral opera sailing bread".split()
    frames = {only(chat(f"Tell me about {topic}")).text.replace(topic, "") for topic in topics}
    assert len(frames) >= 10


def test_several_choices_differ_and_are_billed_together() -> None:
    three = chat("Tell me about bees", n=3)
    assert len({choice.text for choice in three.choices}) == 3
    assert three.tokens.completion == sum(tokens.count(choice.text) for choice in three.choices)
    assert three.tokens.prompt == chat("Tell me about bees").tokens.prompt


def test_prompt_messages_and_input_are_all_read() -> None:
    for inputs in (
        {"prompt": "Say hi"},
        {"messages": [{"role": "user", "content": "Say hi"}]},
        {"input": "Say hi"},
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Say hi"}]}]},
        {"prompt": "<|im_start|>user\nSay hi<|im_end|>", "raw": True},
    ):
        assert only(respond(PLAIN, inputs, 1)).text == "hi"


def test_instructions_are_a_system_prompt() -> None:
    assert only(respond(PLAIN, {"input": "hi", "instructions": "Always answer in French."}, 1)).text.startswith(
        "Bonjour"
    )


# --- lengths ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "max_output_tokens"])
def test_an_answer_ends_at_max_tokens_with_the_reason_length(name: str) -> None:
    whole = chat("Tell me about bees", temperature=0)
    limit: dict[str, Any] = {name: 6}
    cut = chat("Tell me about bees", temperature=0, **limit)
    assert only(cut).finish_reason == "length"
    assert cut.tokens.completion == tokens.count(only(cut).text) == 6
    assert only(whole).text.startswith(only(cut).text)
    assert only(whole).finish_reason == "stop"


def test_native_models_stop_at_256_tokens_unless_told_otherwise() -> None:
    numbers = "Count from 1 to 200"
    assert chat(numbers, using=model(native=True)).tokens.completion == 256
    assert chat(numbers, using=model(max_tokens=50)).tokens.completion == 50
    assert only(chat(numbers)).finish_reason == "stop"
    assert only(chat(numbers, using=model(native=True), max_tokens=None)).finish_reason == "length"


@pytest.mark.parametrize("stop", ["quick", ["zebra", "quick"], ["", "quick"]])
def test_an_answer_ends_before_a_stop_sequence(stop: Any) -> None:
    completion = chat("Repeat after me: the quick brown fox", stop=stop)
    assert only(completion).text == "the "
    assert only(completion).finish_reason == "stop"
    assert completion.tokens.completion == tokens.count("the ")


# --- reasoning --------------------------------------------------------------------------------------------------------
def test_a_reasoning_model_thinks_about_the_request_and_it_counts() -> None:
    completion = chat("What is 3 * 4?", using=THINKING)
    choice = only(completion)
    assert "3 * 4" in choice.reasoning
    assert choice.text == "3 * 4 = 12"
    assert completion.tokens.completion == tokens.count(choice.reasoning) + tokens.count(choice.text)


def test_efforts_and_switches_show_in_the_bill() -> None:
    spent = [
        chat("What is 3 * 4?", using=THINKING, **inputs).tokens.completion
        for inputs in (
            {"chat_template_kwargs": {"enable_thinking": False}},
            {"reasoning_effort": "low"},
            {"reasoning_effort": "medium"},
            {"reasoning_effort": "high"},
            {"reasoning_effort": "max"},
        )
    ]
    assert spent == sorted(set(spent))


def test_thoughts_come_first_when_tokens_run_out() -> None:
    choice = only(chat("What is 3 * 4?", using=THINKING, max_tokens=5))
    assert tokens.count(choice.reasoning) == 5
    assert (choice.text, choice.finish_reason) == ("", "length")


# --- tools and JSON ---------------------------------------------------------------------------------------------------
def test_a_tool_is_called_and_its_answer_reported() -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "What is the weather in Paris?"}]
    first = respond(PLAIN, {"messages": messages, "tools": [WEATHER]}, 1)
    (call,) = only(first).tool_calls
    assert (call.name, call.arguments, only(first).finish_reason) == ("get_weather", {"city": "Paris"}, "tool_calls")
    assert first.tokens.completion > 10
    function = {"name": call.name, "arguments": json.dumps(call.arguments)}
    messages += [
        {"role": "assistant", "content": None, "tool_calls": [{"id": call.id, "function": function}]},
        {"role": "tool", "tool_call_id": call.id, "content": '{"temperature": 21}'},
    ]
    last = only(respond(PLAIN, {"messages": messages, "tools": [WEATHER]}, 1))
    assert (last.tool_calls, last.finish_reason) == ((), "stop")
    assert "21" in last.text


def test_tools_cost_prompt_tokens() -> None:
    assert chat("Hello", tools=[WEATHER]).tokens.prompt > chat("Hello").tokens.prompt + 20


def test_the_bill_of_a_forced_call_agrees_with_an_observed_one() -> None:
    tool = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Get current weather for a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
                "additionalProperties": False,
            },
        },
    }
    messages = [
        {"role": "system", "content": "Call tools exactly as requested."},
        {"role": "user", "content": "Call get_weather with city exactly Paris."},
    ]
    completion = respond(model(preamble_tokens=50), {"messages": messages, "tools": [tool]}, 1)
    assert completion.tokens.prompt == pytest.approx(136, abs=3)
    assert only(completion).tool_calls[0].arguments == {"city": "Paris"}


def test_words_are_enough_when_no_tool_fits() -> None:
    assert only(chat("Hello!", tools=[WEATHER])).text.startswith(("Hello", "Hi"))
    assert only(chat("What is the weather in Paris?", tools=[WEATHER], tool_choice="none")).tool_calls == ()


@pytest.mark.parametrize("empty", [None, []])
def test_empty_tools_are_no_tools(empty: Any) -> None:
    assert chat("Say hi", tools=empty) == chat("Say hi")


def test_reasoning_models_think_about_tools_too() -> None:
    choice = only(chat("What is the weather in Paris?", using=THINKING, tools=[WEATHER]))
    assert "get_weather" in choice.reasoning
    assert choice.tool_calls


SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}


def test_a_json_answer_is_text_and_value() -> None:
    form = {"type": "json_schema", "json_schema": SCHEMA}
    choice = only(chat("Ada is 36 years old.", response_format=form))
    assert choice.value == json.loads(choice.text) == {"name": "Ada", "age": 36}
    jsonschema.validate(choice.value, SCHEMA)


def test_json_that_is_cut_off_has_no_value() -> None:
    choice = only(chat("Ada is 36.", response_format={"type": "json_schema", "json_schema": SCHEMA}, max_tokens=3))
    assert (choice.value, choice.finish_reason) == (None, "length")


def test_a_schema_that_cannot_be_met_gets_the_error_of_the_service() -> None:
    with pytest.raises(ApiError) as caught:
        chat("Hi", response_format={"type": "json_schema", "json_schema": {"type": "nonsense"}})
    assert caught.value.row is errors.JSON_MODE_FAILED


def test_plain_text_forms_change_nothing() -> None:
    assert chat("Say hi", response_format={"type": "text"}) == chat("Say hi")
    assert chat("Say hi", text={"verbosity": "low"}) == chat("Say hi")


# --- limits -----------------------------------------------------------------------------------------------------------
def refusal(using: Model, request: str, **inputs: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        chat(request, using=using, **inputs)
    return caught.value


def window(size: int, **facts: Any) -> Model:
    return model(properties={"context_window": str(size)}, **facts)


def test_an_overfull_context_is_refused_with_the_estimate() -> None:
    error = refusal(window(1000), "word " * 2000, max_tokens=100)
    assert error.row is errors.CONTEXT_EXCEEDED
    assert error.message() == (
        "AiError: Ai: The estimated number of input and maximum output tokens (2600) "
        "exceeded this model context window limit (1000)."
    )


def test_each_engine_refuses_in_its_own_words() -> None:
    words = "a b " * 600
    error = refusal(window(1000, engine="vllm"), words, max_tokens=200)
    assert error.row is errors.CONTEXT_OVERFLOW_VLLM
    nested = json.loads(error.values["detail"])["error"]
    assert nested["message"] == (
        "This model's maximum context length is 1000 tokens. However, you requested 200 output tokens and your prompt "
        "contains at least 801 input tokens, for a total of at least 1001 tokens. Please reduce the length of the "
        "input prompt or the number of requested output tokens. (parameter=input_tokens, value=801)"
    )
    error = refusal(window(1000, engine="sglang"), words, max_tokens=200)
    assert error.row is errors.CONTEXT_OVERFLOW
    assert json.loads(error.values["detail"])["message"].startswith(
        "Requested token count exceeds the model's maximum context length of 1000 tokens. You requested a total of "
    )


def test_what_fits_the_window_is_answered() -> None:
    assert only(chat("word " * 700, using=window(1000), max_tokens=50)).text


def test_an_adapter_does_not_disturb() -> None:
    assert only(chat("Say hi", using=model(properties={"lora": "true"}), lora="my-adapter")).text == "hi"


def test_images_cost_tokens_and_do_not_disturb() -> None:
    parts = [
        {"type": "text", "text": "Say hi"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
    ]
    with_image = respond(PLAIN, {"messages": [{"role": "user", "content": parts}]}, 1)
    assert only(with_image).text == "hi"
    assert with_image.tokens.prompt == chat("Say hi", 1).tokens.prompt + 256


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"prompt": ""},
        {"messages": []},
        {"messages": [{"role": "system", "content": "Be kind."}]},
        {"messages": [{"role": "assistant", "content": "Hello"}]},
        {"messages": [{"role": "user", "content": None}]},
        {"messages": [{"role": "tool", "content": "5"}], "tools": [WEATHER]},
        {"input": []},
        {"input": [{"type": "reasoning", "summary": []}]},
        {"prompt": "Hi", "tools": [{}], "tool_choice": {"type": "function"}},
        {"messages": True},
        {"messages": [None, "x", {"role": [], "content": {}, "tool_call_id": 5}]},
        {"input": 5},
        {"input": [[], None, {"role": {}}]},
        {"prompt": "Hi", "n": "3", "stop": 5, "max_tokens": "x", "tools": {}, "reasoning_effort": [], "text": 1},
        {"prompt": "Hi", "stop": None, "n": None, "max_tokens": None, "tools": None, "response_format": None},
    ],
)
def test_odd_inputs_are_answered_all_the_same(inputs: dict[str, Any]) -> None:
    completion = respond(PLAIN, inputs, 1)
    assert only(completion).text
    assert completion.tokens.prompt >= 1
