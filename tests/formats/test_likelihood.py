"""The logprobs of chat completions: one entry a token, the same streamed and whole, and nothing unless asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from harness import Emulator
from openai.types.chat import ChatCompletion

from mock_server.catalog import Catalog
from mock_server.exchange import Call, Choice, Completion, Tokens, Usage
from mock_server.formats import chat
from mock_server.text.tokens import pieces

SAID = Completion((Choice("Bees make honey.\nThe “queen” is one of them.", "Hmm."), Choice("Bees!")), Tokens(9, 20))
ENGINES = ["sglang", "vllm", "compat"]
CATALOG = Catalog.load()
CHATTY = [
    model.name
    for model in CATALOG
    if model.formats.get("messages") == "chat"
    and model.alias_of is None
    and "top_logprobs" in json.dumps(CATALOG.schema(model, "input"))
]

Make = Callable[..., Call]
Read = Callable[[list[bytes]], list[Any]]


def whole(engine: str, call: Make, **inputs: Any) -> list[dict[str, Any]]:
    choices = chat.render(SAID, call({"engine": engine}, inputs=inputs), Usage(SAID.tokens, 0.0))["choices"]
    return [choice["logprobs"] for choice in choices]


def entries(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from found["content"]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_token_has_an_entry(engine: str, call: Make) -> None:
    for choice, found in zip(SAID.choices, whole(engine, call, logprobs=True, top_logprobs=3), strict=True):
        assert [entry["token"] for entry in entries(found)] == pieces(choice.text)
        assert all(bytes(entry["bytes"]).decode() == entry["token"] for entry in entries(found))
        assert all(entry["logprob"] < 0 for entry in entries(found))


@pytest.mark.parametrize("top", range(21))
def test_the_most_likely_tokens_are_in_order_and_the_chosen_one_among_them(top: int, call: Make) -> None:
    for found in whole("sglang", call, logprobs=True, top_logprobs=top):
        for entry in entries(found):
            best = entry["top_logprobs"]
            likely = [each["logprob"] for each in best]
            assert len({each["token"] for each in best}) == len(best) == top
            assert likely == sorted(likely, reverse=True)
            assert all(value < 0 for value in likely)
            if top:
                same = [each for each in best if each["token"] == entry["token"]]
                assert same == [{key: entry[key] for key in ("token", "logprob", "bytes")}]


def test_at_temperature_zero_the_most_likely_token_is_said(call: Make) -> None:
    for found in whole("vllm", call, logprobs=True, top_logprobs=5, temperature=0):
        assert all(entry["top_logprobs"][0]["token"] == entry["token"] for entry in entries(found))


def test_the_likelihoods_come_of_the_seed(call: Make) -> None:
    assert whole("vllm", call, logprobs=True) == whole("vllm", call, logprobs=True)
    other = chat.render(SAID, call({"engine": "vllm"}, inputs={"logprobs": True}, seed=8), Usage(SAID.tokens, 0.0))
    assert [choice["logprobs"] for choice in other["choices"]] != whole("vllm", call, logprobs=True)


@pytest.mark.parametrize(
    "inputs", [{}, {"logprobs": False, "top_logprobs": 3}, {"logprobs": None}, {"top_logprobs": 3}]
)
@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_said_of_likelihoods_unless_asked(
    engine: str, inputs: dict[str, Any], call: Make, read: Read
) -> None:
    assert whole(engine, call, **inputs) == [None, None]
    asked = list(chat.stream(SAID, call({"engine": engine}, inputs=inputs), Usage(SAID.tokens, 0.0)))
    assert asked == list(chat.stream(SAID, call({"engine": engine}), Usage(SAID.tokens, 0.0)))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_chunks_of_a_stream_bring_the_entries_of_the_whole_answer(engine: str, call: Make, read: Read) -> None:
    inputs = {"logprobs": True, "top_logprobs": 2}
    asked = call({"engine": engine}, inputs=inputs)
    rated: list[list[Any]] = [[], []]
    for chunk in read(list(chat.stream(SAID, asked, Usage(SAID.tokens, 0.0)))):
        for choice in chunk.get("choices", ()):
            if choice["logprobs"] is None:
                assert not choice["delta"].get("content")
            else:
                (entry,) = choice["logprobs"]["content"]
                assert entry["token"] == choice["delta"]["content"]
                rated[choice["index"]].append(entry)
    assert [{"content": found} for found in rated] == whole(engine, call, **inputs)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_chunks_count_is_the_same_with_and_without(engine: str, call: Make, read: Read) -> None:
    def counts(**inputs: Any) -> list[Any]:
        frames = chat.stream(SAID, call({"engine": engine}, inputs=inputs), Usage(SAID.tokens, 0.0))
        return [chunk.get("usage") for chunk in read(list(frames))]

    assert counts(logprobs=True) == counts()


@pytest.mark.parametrize("name", CHATTY)
def test_models_whose_schema_has_them_answer_with_them(name: str, emulator: Emulator) -> None:
    inputs = {"messages": [{"role": "user", "content": "Tell me about bees"}], "logprobs": True, "top_logprobs": 2}
    result = emulator.run(name, inputs | {"max_tokens": 40}).result
    model = CATALOG.find(name)
    assert model is not None
    jsonschema.validate(result, CATALOG.schema(model, "output"))
    (choice,) = ChatCompletion.model_validate(result).choices
    assert choice.logprobs is not None
    assert "".join(entry.token for entry in choice.logprobs.content or ()) == (choice.message.content or "")
