"""The official Python client of OpenAI, pointed here, does everything it can do on the routes that are there."""

import asyncio
import base64
import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from harness import ACCOUNT, TOKEN
from pydantic import BaseModel

openai = pytest.importorskip("openai")

SGLANG, VLLM, NATIVE = "@cf/google/gemma-4-26b-a4b-it", "@cf/openai/gpt-oss-20b", "@cf/meta/llama-3.2-3b-instruct"
EMBEDDER = "@cf/baai/bge-base-en-v1.5"
CITY = {"type": "object", "properties": {"city": {"type": "string", "description": "The city"}}, "required": ["city"]}
TOOL: Any = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Weather in a city", "parameters": CITY},
}
HELLO: Any = [{"role": "user", "content": "Say hello to the world"}]
WEATHER: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
every_engine = pytest.mark.parametrize("model", [SGLANG, VLLM, NATIVE])


class Capital(BaseModel):
    country: str
    capital: str
    population: int


@pytest.fixture(scope="module")
def client(base_url: str) -> Iterator[Any]:
    with openai.OpenAI(api_key=TOKEN, base_url=f"{base_url}/accounts/{ACCOUNT}/ai/v1", max_retries=0) as client:
        yield client


# --- chat completions -------------------------------------------------------------------------------------------------
@every_engine
def test_a_chat_completion_is_read_with_its_ids_and_usage(client: Any, model: str) -> None:
    answer = client.chat.completions.create(model=model, messages=HELLO)
    choice = answer.choices[0]
    assert choice.message.content
    assert (choice.message.role, choice.finish_reason, choice.index) == ("assistant", "stop", 0)
    assert (answer.object, answer.model) == ("chat.completion", model)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.prompt_tokens_details.cached_tokens == 0


@every_engine
def test_a_stream_adds_up_to_the_whole_answer(client: Any, model: str) -> None:
    whole = client.chat.completions.create(model=model, messages=HELLO)
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert chunks[-1].choices[0].delta.content == ""
    if model == NATIVE:  # which has no thoughts: clients that take every delta for text need one of each chunk
        assert all(isinstance(chunk.choices[0].delta.content, str) for chunk in chunks)
    assert [chunk.usage for chunk in chunks if chunk.usage] == [whole.usage]
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}


@every_engine
def test_a_chunk_without_choices_has_the_usage_only_when_it_is_asked_for(client: Any, model: str) -> None:
    whole = client.chat.completions.create(model=model, messages=HELLO)
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, stream=True, stream_options=options))
    assert [chunk.usage for chunk in chunks if chunk.usage] == [whole.usage]
    assert [bool(chunk.choices) for chunk in chunks] == [True] * (len(chunks) - 1) + [False]


@every_engine
def test_the_stream_helper_ends_with_the_whole_answer(client: Any, model: str) -> None:
    with client.chat.completions.stream(model=model, messages=HELLO) as stream:
        kinds = {event.type for event in stream}
        answer = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    whole = client.chat.completions.create(model=model, messages=HELLO)
    assert answer.choices[0].message.content == whole.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == whole.usage.total_tokens


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
@every_engine
def test_tools_are_called_with_ids_and_arguments_as_json(client: Any, model: str, choice: Any) -> None:
    answer = client.chat.completions.create(model=model, messages=WEATHER, tools=[TOOL], tool_choice=choice)
    (call,) = answer.choices[0].message.tool_calls
    assert (call.type, call.function.name) == ("function", "get_weather")
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    assert call.id
    assert answer.choices[0].finish_reason == "tool_calls"


@every_engine
def test_streamed_tool_calls_are_put_together(client: Any, model: str) -> None:
    with client.chat.completions.stream(model=model, messages=WEATHER, tools=[TOOL]) as stream:
        kinds = [event.type for event in stream]
        choice = stream.get_final_completion().choices[0]
    assert "tool_calls.function.arguments.delta" in kinds
    assert choice.finish_reason == "tool_calls"
    (call,) = choice.message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"})
    whole = client.chat.completions.create(model=model, messages=WEATHER, tools=[TOOL])
    assert call.id == whole.choices[0].message.tool_calls[0].id


def test_no_tool_is_called_when_none_may_be(client: Any) -> None:
    answer = client.chat.completions.create(model=SGLANG, messages=WEATHER, tools=[TOOL], tool_choice="none")
    assert not answer.choices[0].message.tool_calls
    assert answer.choices[0].message.content


@pytest.mark.parametrize("model", [SGLANG, NATIVE])
def test_a_tool_loop_ends_with_what_the_tool_said(client: Any, model: str) -> None:
    messages = [*WEATHER]
    asked = client.chat.completions.create(model=model, messages=messages, tools=[TOOL]).choices[0].message
    messages.append(asked)
    for call in asked.tool_calls:
        said = {"city": json.loads(call.function.arguments)["city"], "forecast": "drizzle"}
        messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(said)})
    told = client.chat.completions.create(model=model, messages=messages, tools=[TOOL]).choices[0]
    assert told.finish_reason == "stop"
    assert "drizzle" in told.message.content


@every_engine
def test_parse_makes_an_object_of_a_pydantic_class(client: Any, model: str) -> None:
    asked = [{"role": "user", "content": "What is the capital of France?"}]
    answer = client.chat.completions.parse(model=model, messages=asked, response_format=Capital)
    assert isinstance(answer.choices[0].message.parsed, Capital)
    with client.chat.completions.stream(model=model, messages=asked, response_format=Capital) as stream:
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, Capital)


@every_engine
@pytest.mark.parametrize("wrapped", [True, False])
def test_json_is_text_in_the_shape_of_the_schema_wrapped_or_bare(client: Any, model: str, wrapped: bool) -> None:
    schema = Capital.model_json_schema()
    told = {"name": "capital", "strict": True, "schema": schema} if wrapped else schema
    form = {"type": "json_schema", "json_schema": told}
    answer = client.chat.completions.create(model=model, messages=HELLO, response_format=form)
    Capital.model_validate_json(answer.choices[0].message.content)


def test_several_choices_are_told_apart(client: Any) -> None:
    answer = client.chat.completions.create(model=SGLANG, messages=HELLO, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]
    with client.chat.completions.stream(model=SGLANG, messages=HELLO, n=3) as stream:
        streamed = stream.get_final_completion()
    assert [each.message.content for each in streamed.choices] == [each.message.content for each in answer.choices]
    assert streamed.usage.completion_tokens == answer.usage.completion_tokens


@pytest.mark.parametrize("model", [SGLANG, VLLM])
def test_log_probabilities_come_for_every_token(client: Any, model: str) -> None:
    answer = client.chat.completions.create(model=model, messages=HELLO, logprobs=True, top_logprobs=2)
    entries = answer.choices[0].logprobs.content
    assert "".join(entry.token for entry in entries) == answer.choices[0].message.content
    assert all(entry.logprob <= 0 and len(entry.top_logprobs) == 2 for entry in entries)
    with client.chat.completions.stream(model=model, messages=HELLO, logprobs=True, top_logprobs=2) as stream:
        assert stream.get_final_completion().choices[0].logprobs.content == entries


def test_thoughts_stand_beside_the_content(client: Any) -> None:
    message = client.chat.completions.create(model=SGLANG, messages=HELLO).choices[0].message
    assert message.reasoning_content
    assert message.reasoning_content not in message.content
    chunks = client.chat.completions.create(model=SGLANG, messages=HELLO, stream=True)
    thoughts = [getattr(chunk.choices[0].delta, "reasoning_content", None) or "" for chunk in chunks]
    assert "".join(thoughts) == message.reasoning_content


def test_a_picture_is_seen(client: Any) -> None:
    parts = [
        {"type": "text", "text": "What colour is this picture?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(red_png()).decode()}"}},
    ]
    answer = client.chat.completions.create(model=SGLANG, messages=[{"role": "user", "content": parts}])
    assert "red" in answer.choices[0].message.content.lower()


def red_png(size: int = 64) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xff\0\0" * size) * size
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# --- completions ------------------------------------------------------------------------------------------------------
@every_engine
def test_a_completion_is_read_whole_and_streamed(client: Any, model: str) -> None:
    whole = client.completions.create(model=model, prompt="Once upon a time", max_tokens=200)
    assert whole.object == "text_completion"
    assert whole.choices[0].text
    assert whole.choices[0].finish_reason == "stop"
    chunks = list(client.completions.create(model=model, prompt="Once upon a time", max_tokens=200, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text
    assert chunks[-1].usage == whole.usage
    echoed = client.completions.create(model=model, prompt="Once upon a time", max_tokens=200, echo=True)
    assert echoed.choices[0].text.startswith("Once upon a time")


def test_every_prompt_of_several_gets_its_choices(client: Any) -> None:
    prompts = ["The moon is", "The sun is"]
    alone = [client.completions.create(model=NATIVE, prompt=each, max_tokens=9).choices[0].text for each in prompts]
    answer = client.completions.create(model=NATIVE, prompt=prompts, max_tokens=9)
    assert [(choice.index, choice.text) for choice in answer.choices] == list(enumerate(alone))
    assert answer.usage.completion_tokens == 18


# --- embeddings -------------------------------------------------------------------------------------------------------
def test_embeddings_are_the_same_as_base64_and_as_numbers(client: Any) -> None:
    texts = ["an orange cloud", "a llama"]
    decoded = client.embeddings.create(model=EMBEDDER, input=texts)  # the client asks for base64 of its own accord
    numbers = client.embeddings.create(model=EMBEDDER, input=texts, encoding_format="float")
    assert [item.index for item in decoded.data] == [0, 1]
    for one, other in zip(decoded.data, numbers.data, strict=True):
        assert len(one.embedding) == len(other.embedding) == 768
        assert one.embedding == pytest.approx(other.embedding, abs=1e-7)
    single = client.embeddings.create(model=EMBEDDER, input=texts[0])
    assert single.data[0].embedding == decoded.data[0].embedding


def test_tokens_are_embedded_like_themselves(client: Any) -> None:
    both = client.embeddings.create(model=EMBEDDER, input=[[9906, 1917], [9906, 4435], [9906, 1917]])
    first, other, again = (item.embedding for item in both.data)
    assert first == again != other
    assert client.embeddings.create(model=EMBEDDER, input=[9906, 1917]).data[0].embedding == first


# --- responses --------------------------------------------------------------------------------------------------------
RESPONSES_TOOL: Any = {"type": "function", "name": "get_weather", "parameters": CITY, "strict": True}


def test_a_response_is_read_whole_and_streamed(client: Any) -> None:
    whole = client.responses.create(model=VLLM, input="Say hello", instructions="Be brief.")
    assert whole.status == "completed"
    assert whole.output_text
    assert whole.instructions == "Be brief."
    with client.responses.stream(model=VLLM, input="Say hello", instructions="Be brief.") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert final.output_text == whole.output_text
    assert final.usage.output_tokens == whole.usage.output_tokens


def test_items_are_read_as_input(client: Any) -> None:
    items = [
        {"role": "developer", "content": "Answer in one word."},
        {"role": "user", "content": [{"type": "input_text", "text": "What is the capital of France?"}]},
    ]
    assert "Paris" in client.responses.create(model=VLLM, input=items).output_text


def test_a_response_parses_into_a_pydantic_class(client: Any) -> None:
    asked = "What is the capital of France?"
    assert isinstance(client.responses.parse(model=VLLM, input=asked, text_format=Capital).output_parsed, Capital)
    with client.responses.stream(model=VLLM, input=asked, text_format=Capital) as stream:
        assert isinstance(stream.get_final_response().output_parsed, Capital)


def test_a_function_call_is_answered_in_the_next_response(client: Any) -> None:
    asked = client.responses.create(model=VLLM, input="What is the weather in Paris?", tools=[RESPONSES_TOOL])
    call = next(item for item in asked.output if item.type == "function_call")
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Paris"})
    output = {"type": "function_call_output", "call_id": call.call_id, "output": '{"forecast": "drizzle"}'}
    told = client.responses.create(model=VLLM, input=[output], previous_response_id=asked.id, tools=[RESPONSES_TOOL])
    assert told.previous_response_id == asked.id
    assert "drizzle" in told.output_text


def test_an_effort_is_thought_about(client: Any) -> None:
    answer = client.responses.create(model=VLLM, input="Why is the sky blue?", reasoning={"effort": "high"})
    assert answer.output[0].type == "reasoning"
    assert answer.reasoning.effort == "high"
    assert answer.usage.output_tokens_details.reasoning_tokens > 0


def test_a_response_goes_on_from_a_stored_one_and_from_no_other(client: Any) -> None:
    first = client.responses.create(model=VLLM, input="My name is Ada Lovelace.")
    second = client.responses.create(model=VLLM, input="What is my name?", previous_response_id=first.id)
    assert "Ada" in second.output_text
    with client.responses.stream(model=VLLM, input="What is my name?", previous_response_id=second.id) as stream:
        assert "Ada" in stream.get_final_response().output_text
    unstored = client.responses.create(model=VLLM, input="My name is Ada Lovelace.", store=False)
    for unknown in (unstored.id, "resp_0123"):
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(model=VLLM, input="What is my name?", previous_response_id=unknown)
        assert refused.value.code == "previous_response_not_found"


# --- refusals ---------------------------------------------------------------------------------------------------------
def test_refusals_raise_the_client_s_own_exceptions(client: Any, base_url: str) -> None:
    with pytest.raises(openai.BadRequestError) as unknown:
        client.chat.completions.create(model="@cf/inexistant/modele-xyz", messages=HELLO)
    assert unknown.value.body["errors"][0]["code"] == 5007
    with pytest.raises(openai.APIStatusError) as deprecated:
        client.chat.completions.create(model="@cf/meta/llama-3.1-8b-instruct", messages=HELLO)
    assert deprecated.value.status_code == 410
    with pytest.raises(openai.BadRequestError) as invalid:
        client.responses.create(model=NATIVE, input="hello")
    assert invalid.value.code == "invalid_prompt"
    with pytest.raises(openai.APIStatusError) as listing:
        client.models.list()
    assert listing.value.status_code == 405
    stranger = openai.OpenAI(api_key="x" * 40, base_url=f"{base_url}/accounts/{'0' * 31}/ai/v1", max_retries=0)
    with stranger, pytest.raises(openai.NotFoundError):
        stranger.chat.completions.create(model=SGLANG, messages=HELLO)


# --- the asynchronous client ------------------------------------------------------------------------------------------
def test_the_asynchronous_client_does_the_same(client: Any, base_url: str) -> None:
    async def ask() -> tuple[str, str, str]:
        url = f"{base_url}/accounts/{ACCOUNT}/ai/v1"
        async with openai.AsyncOpenAI(api_key=TOKEN, base_url=url, max_retries=0) as other:
            whole = await other.chat.completions.create(model=SGLANG, messages=HELLO)
            async with other.chat.completions.stream(model=SGLANG, messages=HELLO) as stream:
                streamed = await stream.get_final_completion()
            async with other.responses.stream(model=VLLM, input="Say hello") as stream:
                told = await stream.get_final_response()
            return whole.choices[0].message.content, streamed.choices[0].message.content, told.output_text

    whole, streamed, told = asyncio.run(ask())
    assert whole == streamed == client.chat.completions.create(model=SGLANG, messages=HELLO).choices[0].message.content
    assert told == client.responses.create(model=VLLM, input="Say hello").output_text
