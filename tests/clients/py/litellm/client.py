"""LiteLLM's provider ``cloudflare``, pointed at an emulator by ``api_base``; embeddings go through its ``openai``."""

import asyncio
import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # instead of asking the internet for it

import litellm

litellm.disable_hf_tokenizer_download = True
litellm.suppress_debug_info = True

ACCESS = {
    "api_base": f"{os.environ['CLOUDFLARE_BASE_URL']}/accounts/{os.environ['CLOUDFLARE_ACCOUNT_ID']}/ai/v1",
    "api_key": os.environ["CLOUDFLARE_API_TOKEN"],
    "max_retries": 0,
}
MODELS = [
    "cloudflare/@cf/meta/llama-3.3-70b-instruct-fp8-fast",
    "cloudflare/@cf/moonshotai/kimi-k2.6",
    "cloudflare/@cf/openai/gpt-oss-120b",
]
PARIS = [{"role": "user", "content": "What is the capital of France?"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Weather in a city", "parameters": PARAMETERS},
}


def can_complete():
    for model in MODELS:
        answer = litellm.completion(model=model, messages=PARIS, **ACCESS)
        assert "Paris" in answer.choices[0].message.content
        assert answer.choices[0].finish_reason == "stop"
        assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def can_complete_asynchronously():
    answer = asyncio.run(litellm.acompletion(model=MODELS[0], messages=PARIS, **ACCESS))
    assert "Paris" in answer.choices[0].message.content


def can_stream():
    for model in MODELS:
        whole = litellm.completion(model=model, messages=PARIS, **ACCESS)
        asked = {"stream": True, "stream_options": {"include_usage": True}}
        chunks = list(litellm.completion(model=model, messages=PARIS, **asked, **ACCESS))
        built = litellm.stream_chunk_builder(chunks, messages=PARIS)
        assert built.choices[0].message.content == whole.choices[0].message.content
        assert built.usage.completion_tokens == whole.usage.completion_tokens


def can_call_tools_and_be_told_their_results():
    for model in MODELS:
        turns = [{"role": "user", "content": "What is the weather in Paris?"}]
        asked = litellm.completion(model=model, messages=turns, tools=[TOOL], **ACCESS).choices[0].message
        (call,) = asked.tool_calls
        assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"})
        said = {"role": "assistant", "content": asked.content or "", "tool_calls": [call.model_dump()]}
        turns += [said, {"role": "tool", "tool_call_id": call.id, "content": "drizzle"}]
        told = litellm.completion(model=model, messages=turns, tools=[TOOL], **ACCESS)
        assert "drizzle" in told.choices[0].message.content, told


def can_embed():
    made = litellm.embedding(model="openai/@cf/baai/bge-base-en-v1.5", input=["a cloud", "a llama"], **ACCESS)
    assert [len(each["embedding"]) for each in made.data] == [768, 768]


def can_tell_refusals_apart():
    refused = {
        "cloudflare/@cf/nobody/nothing": litellm.BadRequestError,
        "openai/@cf/nobody/nothing": litellm.BadRequestError,
    }
    for model, kind in refused.items():
        try:
            litellm.completion(model=model, messages=PARIS, **ACCESS)
        except kind as error:
            assert "5007" in str(error), error  # noqa: PT017 (pytest is not installed here)
        else:
            raise AssertionError(model)
