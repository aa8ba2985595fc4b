"""LangChain's Cloudflare package, pointed at an emulator by ``base_url`` (chat) and ``api_base_url`` (the rest)."""

import asyncio
import os

from langchain_cloudflare import (
    ChatCloudflareWorkersAI,
    CloudflareWorkersAIEmbeddings,
    CloudflareWorkersAIReranker,
)
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

API = os.environ["CLOUDFLARE_BASE_URL"]
ACCESS = {"account_id": os.environ["CLOUDFLARE_ACCOUNT_ID"], "api_token": os.environ["CLOUDFLARE_API_TOKEN"]}
MODELS = ["@cf/meta/llama-3.3-70b-instruct-fp8-fast", "@cf/moonshotai/kimi-k2.6", "@cf/openai/gpt-oss-120b"]
PARIS = "What is the capital of France?"


class Capital(BaseModel):
    """A country's capital."""

    country: str
    capital: str


@tool
def get_weather(city: str) -> str:
    """Weather in a city."""
    return f"drizzle in {city}"


def chats():
    for endpoint_format in ("workers_ai", "openai_compatible"):
        for model in MODELS:
            yield ChatCloudflareWorkersAI(model=model, base_url=API, endpoint_format=endpoint_format, **ACCESS)


def can_chat():
    for chat in chats():
        answer = chat.invoke(PARIS)
        assert "Paris" in answer.text, answer
        used = answer.usage_metadata
        assert used["total_tokens"] == used["input_tokens"] + used["output_tokens"] > 0, answer


def can_chat_asynchronously():
    for chat in chats():
        assert "Paris" in asyncio.run(chat.ainvoke(PARIS)).text


def can_stream():
    for chat in chats():
        if (chat.model, chat.endpoint_format) == (MODELS[0], "workers_ai"):
            continue  # the client drops the text of chunks that have a list of tool calls, though it is empty
        whole = chat.invoke(PARIS).text
        pieces = [piece.text for piece in chat.stream(PARIS)]
        assert "".join(pieces) == whole, (chat.model, chat.endpoint_format, pieces)
        assert len([piece for piece in pieces if piece]) > 1


def can_call_tools_and_be_told_their_results():
    for chat in chats():
        bound = chat.bind_tools([get_weather])
        turns = [HumanMessage("What is the weather in Paris?")]
        asked = bound.invoke(turns)
        (call,) = asked.tool_calls
        assert (call["name"], call["args"]) == ("get_weather", {"city": "Paris"}), asked
        turns += [asked, ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])]
        told = bound.invoke(turns)
        assert "drizzle" in told.text, (chat.model, chat.endpoint_format, told)


def can_answer_in_a_class():
    for chat in chats():
        found = chat.with_structured_output(Capital, method="json_schema").invoke(PARIS)
        assert isinstance(found, Capital), (chat.model, chat.endpoint_format, found)


def can_embed():
    embedder = CloudflareWorkersAIEmbeddings(
        model_name="@cf/baai/bge-base-en-v1.5", api_base_url=f"{API}/accounts", **ACCESS
    )
    first, second = embedder.embed_documents(["a cloud", "a llama"])
    assert len(first) == len(second) == 768
    assert embedder.embed_query("a llama") == second != first
    assert asyncio.run(embedder.aembed_query("a llama")) == second


def can_rerank():
    reranker = CloudflareWorkersAIReranker(
        model_name="@cf/baai/bge-reranker-base", api_base_url=f"{API}/accounts", **ACCESS
    )
    texts = ["Bread is baked in an oven.", "Llamas live in the Andes.", "Rain falls from clouds."]
    best, *rest = reranker.rerank("Where do llamas live?", texts, top_k=2)
    assert (best.index, best.text) == (1, texts[1]), best
    assert len(rest) == 1
    assert best.score > rest[0].score
