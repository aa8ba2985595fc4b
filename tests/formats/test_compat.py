"""The writing of the OpenAI-compatible routes: as captured but for what is said to differ, and streams add up."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.exchange import Call, Choice, Completion, Result, Tokens, ToolCall, Usage
from mock_server.formats import compat_chat, compat_completions, compat_embeddings

STREAMS = Path(__file__).parent.parent / "contract" / "streams"
Make = Callable[..., Call]
Read = Callable[[list[bytes]], list[Any]]
ENGINES = ("sglang", "vllm", "compat", "native", None)
called = st.builds(ToolCall, st.just("f"), st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2))
said = st.builds(
    Choice,
    st.text(max_size=30),
    st.text(max_size=30),
    st.lists(called, max_size=2).map(tuple),
    st.sampled_from(["stop", "length", "tool_calls"]),
)
spoken = st.builds(
    Completion, st.lists(said, min_size=1, max_size=3).map(tuple), st.builds(Tokens, st.just(9), st.integers(0, 60))
)


def facts(engine: str | None) -> dict[str, Any]:
    return {"engine": engine} if engine else {}


def test_gpt_oss_streams_as_captured_but_for_the_end(call: Make) -> None:
    frames = [frame + b"\n\n" for frame in (STREAMS / "gpt-oss-20b-tool.sse").read_bytes().split(b"\n\n")[:-1]]
    chunks = [json.loads(frame[6:]) for frame in frames[:-1]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    thoughts = [delta["reasoning_content"] for delta in deltas if "reasoning_content" in delta]
    tools = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    arguments = [tool["function"]["arguments"] for tool in tools[1:]]
    tool = ToolCall("get_weather", {"city": "Paris"}, tools[0]["id"])
    completion = Completion((Choice("", "".join(thoughts), (tool,), "tool_calls"),), Tokens(136, 37))
    asked = call(
        facts("vllm") | {"reasoning": {"style": "reasoning_content"}}, name="@cf/openai/gpt-oss-20b", now=1778260814.069
    )
    cut = {"".join(thoughts): thoughts, "".join(arguments): arguments}.__getitem__
    written = list(compat_chat.stream(completion, asked, Usage(completion.tokens, 1.5), cut=cut))
    # Then came the engine's own end, without a finish reason, and the chunk with the usage, twice.
    assert written[:-2] == frames[:-4]
    last = chunks[-1]
    last["choices"][0]["delta"] = {"content": ""}
    last["usage"]["neurons"] = 1.5
    assert written[-2] == b"data: " + json.dumps(last, separators=(",", ":")).encode() + b"\n\n"
    assert written[-1] == frames[-1]


def test_a_native_model_answers_in_the_captured_shape(call: Make) -> None:
    completion = Completion((Choice("pong"),), Tokens(42, 2))
    answer = compat_chat.render(completion, call(facts("native"), now=1791555147.718), Usage(completion.tokens, 1))
    usage = {"prompt_tokens": 42, "completion_tokens": 2, "total_tokens": 44}
    message = {"role": "assistant", "content": "pong", "refusal": None}
    choice = {"index": 0, "finish_reason": "stop", "logprobs": None, "message": message, "stop_reason": None}
    published = {
        "id": "id-1791555147718",
        "object": "chat.completion",
        "created": 1791555147,
        "model": "@cf/example/model",
        "choices": [choice],
        "usage": usage | {"prompt_tokens_details": {"cached_tokens": 0}, "neurons": 1},
    }
    assert json.dumps(answer) == json.dumps(published)


@given(completion=spoken, engine=st.sampled_from(ENGINES), asks=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_chat_stream_adds_up_to_the_whole(
    call: Make, read: Read, completion: Completion, engine: str | None, asks: bool
) -> None:
    asked = call(facts(engine), stream_options={"include_usage": True} if asks else {})
    bill = Usage(completion.tokens, 2.5)
    whole = compat_chat.render(completion, asked, bill)
    chunks = read(list(compat_chat.stream(completion, asked, bill)))
    assert [chunk["usage"] for chunk in chunks if chunk.get("usage")] == [whole["usage"]]
    assert bool(chunks[-1]["choices"]) is not asks
    for index, choice in enumerate(whole["choices"]):
        parts = [part for chunk in chunks for part in chunk["choices"] if part["index"] == index]
        assert parts[0]["delta"]["role"] == "assistant"
        assert parts[-1]["delta"] == {"content": ""}
        assert [part["finish_reason"] for part in parts if part.get("finish_reason")] == [choice["finish_reason"]]
        assert "".join(part["delta"].get("content") or "" for part in parts) == (choice["message"]["content"] or "")
        calls: dict[int, str] = {}
        for tool in (tool for part in parts for tool in part["delta"].get("tool_calls", ())):
            calls[tool["index"]] = calls.get(tool["index"], "") + tool["function"]["arguments"]
        told = choice["message"].get("tool_calls") or []
        assert list(map(json.loads, calls.values())) == [json.loads(tool["function"]["arguments"]) for tool in told]


@given(completion=spoken, engine=st.sampled_from(ENGINES), echo=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_completions_stream_adds_up_to_the_whole(
    call: Make, read: Read, completion: Completion, engine: str | None, echo: bool
) -> None:
    asked = call(facts(engine), inputs={"prompt": "Once", "echo": echo})
    whole = compat_completions.render(completion, asked, Usage(completion.tokens, 2.5))
    chunks = read(list(compat_completions.stream(completion, asked, Usage(completion.tokens, 2.5))))
    assert chunks[-1]["usage"] == whole["usage"]
    for index, choice in enumerate(whole["choices"]):
        parts = [part for chunk in chunks for part in chunk["choices"] if part["index"] == index]
        assert "".join(part["text"] for part in parts) == choice["text"]
        assert parts[-1]["finish_reason"] == choice["finish_reason"]
        assert choice["text"].startswith("Once") or not echo


def test_the_usage_of_other_providers_counts_tokens_only(call: Make) -> None:
    completion = Completion((Choice("ok"),), Tokens(7, 1))
    answer = compat_chat.render(completion, call(), Usage(completion.tokens, 0))
    assert answer["usage"] == {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}


@pytest.mark.parametrize(
    ("inputs", "embedding"),
    [
        ({}, [0.6, 0.8, 0.0]),
        ({"encoding_format": "float"}, [0.6, 0.8, 0.0]),
        ({"encoding_format": "base64"}, "mpkZP83MTD8AAAAA"),
        ({"dimensions": 1}, [1.0]),
        ({"dimensions": 4}, [0.6, 0.8, 0.0]),
    ],
)
def test_vectors_are_numbers_or_base64_of_floats_and_as_long_as_asked(
    call: Make, inputs: dict[str, Any], embedding: Any
) -> None:
    result = Result({"data": [[0.6, 0.8, 0.0]], "shape": [1, 3]}, Tokens(3))
    told = compat_embeddings.render(result, call(inputs=inputs), Usage(Tokens(3), 0))
    assert told == {
        "object": "list",
        "data": [{"object": "embedding", "embedding": embedding, "index": 0}],
        "model": "@cf/example/model",
    }
    other = compat_embeddings.render(result, call(name="author/model", inputs=inputs), Usage(Tokens(3), 0))
    assert other["usage"] == {"prompt_tokens": 3, "total_tokens": 3}
