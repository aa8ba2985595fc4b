"""What is true of every format: the pieces of a stream add up to the whole answer."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types import Completion as TextCompletion
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from mock_server import formats
from mock_server.catalog import Model
from mock_server.exchange import Call, Choice, Completion, Result, Tokens, ToolCall, Usage
from mock_server.usage import neurons

ENGINES = st.sampled_from(["sglang", "vllm", "compat", "native"])
STYLES = st.sampled_from(["reasoning_content", "reasoning", "both"])
FACTS = st.fixed_dictionaries({"reasoning": st.fixed_dictionaries({"style": STYLES}), "engine": ENGINES})
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=3,
)
tool_calls = st.builds(
    ToolCall,
    st.text(min_size=1, max_size=20),
    st.dictionaries(st.text(max_size=8), json_values, max_size=3),
    st.sampled_from(["", "call_538", "0123456789abcdef0123456789abcdef"]),
)
choices = st.builds(
    Choice,
    st.text(max_size=60),
    st.text(max_size=30),
    st.lists(tool_calls, max_size=3).map(tuple),
    st.sampled_from(["stop", "length", "tool_calls"]),
)
tokens = st.builds(lambda p, c, k: Tokens(p, c, min(p, k)), *[st.integers(0, 5000)] * 3)
completions = st.builds(Completion, st.lists(choices, min_size=1, max_size=3).map(tuple), tokens)
prompted = st.builds(Choice, st.text(max_size=60), finish_reason=st.sampled_from(["stop", "length"]))
text_completions = st.builds(Completion, st.lists(prompted, min_size=1, max_size=3).map(tuple), tokens)

Read = Callable[[list[bytes]], list[Any]]
Make = Callable[..., Call]


def both(name: str, completion: Completion, call: Call) -> tuple[Any, list[bytes], Usage]:
    bill = Usage(completion.tokens, neurons(call.model, completion.tokens, {}))
    form = formats.get(name)
    whole = json.loads(json.dumps(form.render(completion, call, bill)))
    return whole, list(form.stream(completion, call, bill)), bill


def joined(chunks: list[Any], count: int) -> list[dict[str, Any]]:
    """The messages that the deltas of a chat stream add up to."""
    messages: list[dict[str, Any]] = [defaultdict(str) for _ in range(count)]
    calls: list[dict[int, dict[str, str]]] = [{} for _ in range(count)]
    for chunk in chunks:
        for choice in chunk["choices"]:
            message = messages[choice["index"]]
            for key in ("content", "reasoning", "reasoning_content"):
                message[key] += choice["delta"].get(key) or ""
            for tool in choice["delta"].get("tool_calls", ()):
                kept = calls[choice["index"]].setdefault(tool["index"], {"id": "", "name": "", "arguments": ""})
                kept["id"] += tool.get("id") or ""
                kept["name"] += tool["function"].get("name") or ""
                kept["arguments"] += tool["function"]["arguments"]
            message["finish_reason"] += choice["finish_reason"] or ""
    for message, by_index in zip(messages, calls, strict=True):
        message["tool_calls"] = list(by_index.values())
    return messages


def assert_adds_up(chunks: list[Any], whole: dict[str, Any], last: dict[str, Any]) -> None:
    """Shares of the usage sum to the usage of the end, and that is the whole answer's but for float rounding."""
    for key in ("prompt_tokens", "completion_tokens", "total_tokens"):
        assert sum(chunk["usage"][key] for chunk in chunks) == last[key] == whole[key]
    assert last["prompt_tokens_details"] == whole["prompt_tokens_details"]
    assert sum(chunk["usage"]["neurons"] for chunk in chunks) == pytest.approx(last["neurons"])
    assert last["neurons"] == pytest.approx(whole["neurons"], rel=1e-5)


@settings(max_examples=40)
@given(completions, FACTS, st.booleans())
def test_a_chat_stream_adds_up_to_the_whole(
    call: Make, read: Read, completion: Completion, facts: dict[str, Any], asks: bool
) -> None:
    asked = call(facts, stream_options={"include_usage": asks})
    whole, frames, _ = both("chat", completion, asked)
    *chunks, last = read(frames)
    for said, streamed in zip(whole["choices"], joined(chunks, len(completion.choices)), strict=True):
        message = said["message"]
        assert streamed["content"] == (message["content"] or "")
        for key in ("reasoning", "reasoning_content"):
            assert streamed[key] == (message.get(key) or "")
        assert streamed["tool_calls"] == [{"id": t["id"], **t["function"]} for t in message.get("tool_calls", ())]
        assert streamed["finish_reason"] == said["finish_reason"]
    assert [chunk["choices"] for chunk in chunks].count([]) == asks
    assert last["response"] == ""
    assert_adds_up(chunks, whole["usage"], last["usage"])
    assert chunks[0]["usage"]["prompt_tokens"] == completion.tokens.prompt


@settings(max_examples=40)
@given(completions, FACTS)
def test_the_openai_client_reads_whole_and_chunks(
    call: Make, read: Read, completion: Completion, facts: dict[str, Any]
) -> None:
    whole, frames, _ = both("chat", completion, call(facts))
    parsed = ChatCompletion.model_validate(whole)
    assert [choice.message.content or "" for choice in parsed.choices] == [c.text for c in completion.choices]
    for chunk in read(frames)[:-1]:
        ChatCompletionChunk.model_validate(chunk)


@given(text_completions, ENGINES)
def test_a_completions_stream_adds_up_to_the_whole(call: Make, read: Read, completion: Completion, engine: str) -> None:
    whole, frames, _ = both("completions", completion, call({"engine": engine}))
    TextCompletion.model_validate(whole)
    *chunks, last = read(frames)
    if engine == "native":
        assert "".join(chunk["response"] for chunk in chunks) == whole["choices"][0]["text"]
        return
    for index, said in enumerate(whole["choices"]):
        mine = [choice for chunk in chunks for choice in chunk["choices"] if choice["index"] == index]
        assert "".join(choice["text"] for choice in mine) == said["text"]
        assert mine[-1]["finish_reason"] == said["finish_reason"]
        assert all(choice["finish_reason"] is None for choice in mine[:-1])
    assert_adds_up(chunks, whole["usage"], last["usage"])


@settings(max_examples=40)
@given(completions, st.sampled_from(["native", "openai", "openai-object"]))
def test_a_native_stream_adds_up_to_the_whole(call: Make, read: Read, completion: Completion, tools: str) -> None:
    whole, frames, _ = both("native", completion, call({"tools": tools}))
    events = read(frames)
    assert all(isinstance(event["response"], str) for event in events)
    assert "".join(event["response"] for event in events) == (whole["response"] or "")
    calls = [tool for event in events for tool in event.get("tool_calls", ())]
    if len(calls) > 1:
        assert [tool.pop("index") for tool in calls] == list(range(len(calls)))
    assert calls == whole.get("tool_calls", [])
    assert events[-1] == {"response": "", "usage": whole["usage"]}


@settings(max_examples=40)
@given(completions, ENGINES)
def test_the_same_answer_is_streamed_the_same_twice(call: Make, completion: Completion, engine: str) -> None:
    for name in formats.FORMATS:
        assert both(name, completion, call({"engine": engine})) == both(name, completion, call({"engine": engine}))


@given(st.text(max_size=40), st.text(min_size=1, max_size=20))
def test_thoughts_stand_inside_the_text_of_models_that_write_them_there(
    call: Make, read: Read, text: str, thought: str
) -> None:
    asked = call({"reasoning": {"style": "think-tag"}})
    completion = Completion((Choice(text, thought),), Tokens(1, 9))
    for name in ("native", "chat", "completions"):
        whole, frames, _ = both(name, completion, asked)
        said = whole["response"] if name == "native" else whole["choices"][0].get("text")
        if name == "chat":
            said = whole["choices"][0]["message"]["content"]
            assert "".join(m["content"] for m in joined(read(frames)[:-1], 1)) == said
        assert said == f"<think>\n{thought}\n</think>\n\n{text}"


def test_models_that_stream_tool_calls_as_text_do_so_in_streams_only(call: Make, read: Read) -> None:
    completion = Completion((Choice("", "", (ToolCall("add", {"a": 2}),), "tool_calls"),), Tokens(3, 8))
    for name in ("native", "chat"):
        whole, frames, _ = both(name, completion, call({"streams_tools_as_text": True}))
        events = read(frames)
        if name == "native":
            assert whole["tool_calls"] == [{"name": "add", "arguments": {"a": 2}}]
            text = "".join(event["response"] for event in events)
        else:
            assert whole["choices"][0]["finish_reason"] == "tool_calls"
            (message,) = joined(events[:-1], 1)
            assert message["tool_calls"] == []
            assert message["finish_reason"] == "stop"
            text = message["content"]
        assert text == '{"name": "add", "parameters": {"a": 2}}'


def test_a_json_mode_answer_is_an_object_natively_and_a_string_in_chat(call: Make) -> None:
    completion = Completion((Choice('{"a": 1}', value={"a": 1}),), Tokens(3, 8))
    assert both("native", completion, call())[0]["response"] == {"a": 1}
    assert both("chat", completion, call())[0]["choices"][0]["message"]["content"] == '{"a": 1}'


@pytest.mark.parametrize("value", [0, False, [], {}, ""])
def test_an_empty_json_mode_answer_stays_what_it_is(call: Make, value: Any) -> None:
    completion = Completion((Choice(json.dumps(value), value=value),), Tokens(3, 1))
    assert both("native", completion, call())[0]["response"] == value


def test_a_chunk_counts_one_token_and_the_last_one_the_rest(call: Make, read: Read) -> None:
    completion = Completion((Choice("Hi there."),), Tokens(5, 4))
    counted = [event["usage"]["completion_tokens"] for event in read(both("chat", completion, call())[1])[:-1]]
    assert counted == [0, 1, 1, 1, 1]  # role, three pieces, and the token that ended the answer


def test_only_native_streams_end_with_an_event_without_choices(call: Make, read: Read) -> None:
    completion = Completion((Choice("Hi there."),), Tokens(5, 4))
    for surface, count in (("native", 1), ("openai", 0)):
        events = read(both("chat", completion, call(surface=surface))[1])
        assert sum("choices" not in event for event in events) == count


def test_padding_differs_between_chunks_and_seeds_and_has_the_observed_form(call: Make, read: Read) -> None:
    completion = Completion((Choice("word " * 2000),), Tokens(5, 2000))
    pads = [[e["p"] for e in read(both("native", completion, call(seed=seed))[1])[:-1]] for seed in (1, 2)]
    assert pads[0] != pads[1]
    for stream in pads:
        assert len(set(stream)) > 1000
        lengths = {len(p) for p in stream}
        assert (min(lengths), max(lengths)) == (6, 50)
        assert set("".join(stream)) == set("abcdefghijklmnopqrstuvwxyz0123456789")


def test_the_first_key_among_the_inputs_picks_the_format() -> None:
    model = Model("m", "t", "r", {}, formats={"messages": "chat", "prompt": "completions", "input": "responses"})
    assert formats.pick(model, {"prompt": "x", "input": "y"}) == "completions"
    assert formats.pick(model, {"input": "y", "messages": [], "max_tokens": 3}) == "chat"
    assert formats.pick(model, {"messages": None, "input": "y"}) == "responses"
    assert formats.pick(model, {"text": "y"}) is None
    assert formats.of(model, {"text": "y"}) is None
    assert formats.of(model, {"prompt": "y"}) is formats.get("completions")


def test_every_format_of_the_table_renders_and_streams() -> None:
    for name in formats.FORMATS:
        form = formats.get(name)
        assert callable(form.render)
        assert callable(form.stream)


def test_usage_counts_whole_neurons_without_a_decimal_point() -> None:
    assert json.dumps(formats.usage_object(Tokens(3, 4, 2), 7.0)) == (
        '{"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, '
        '"prompt_tokens_details": {"cached_tokens": 2}, "neurons": 7}'
    )


def test_a_result_shows_its_usage_only_where_the_model_does() -> None:
    bill = Usage(Tokens(3), 0.5)
    shown = formats.with_usage(Result({"data": []}, Tokens(3), shows_usage=True), bill)
    assert shown == {"data": [], "usage": formats.usage_object(Tokens(3), 0.5)}
    assert formats.with_usage(Result({"data": []}, Tokens(3)), bill) == {"data": []}
    assert formats.with_usage(Result([1], shows_usage=True), Usage(None, 0)) == [1]
