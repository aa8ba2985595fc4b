"""Text embeddings: every input shape of every family, key orders, limits and the bill."""

from __future__ import annotations

import json
import math
from typing import Any

import jsonschema
import pytest
from harness import Emulator

from mock_server.catalog import Catalog, Model
from mock_server.errors import ApiError
from mock_server.exchange import Tokens
from mock_server.tasks.embeddings import respond
from mock_server.text.tokens import count

CATALOG = Catalog.load()
MODELS = [model for model in CATALOG if model.responder == "embeddings"]
BGE = "@cf/baai/bge-base-en-v1.5"
M3 = "@cf/baai/bge-m3"
QWEN = "@cf/qwen/qwen3-embedding-0.6b"


def model(name: str) -> Model:
    found = CATALOG.find(name)
    assert found is not None
    return found


def ask(name: str, **inputs: Any) -> Any:
    return respond(model(name), inputs, 7).value


def dot(first: list[float], second: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("found", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("text", ["one text", ["one text", "another text"], []])
def test_every_model_answers_in_its_shape(found: Model, text: Any) -> None:
    reply = respond(found, {"text": text}, 1)
    value = reply.value
    keys = ["shape", "data"] if found.facts["shape_first"] else ["data", "shape"]
    assert list(value) == keys + (["pooling"] if found.facts["pooling"] else [])
    rows = len(text) if isinstance(text, list) else 1
    assert value["shape"] == [rows, found.facts["dimensions"]]
    assert [len(row) for row in value["data"]] == [found.facts["dimensions"]] * rows
    jsonschema.validate(value, CATALOG.schema(found, "output"))
    assert reply == respond(found, {"text": text}, 2)


def test_pooling_is_named_and_changes_the_space() -> None:
    mean, cls = ask(BGE, text="hello"), ask(BGE, text="hello", pooling="cls")
    assert (mean["pooling"], cls["pooling"]) == ("mean", "cls")
    assert abs(dot(mean["data"][0], cls["data"][0])) < 0.4


def test_models_of_one_length_have_their_own_vectors() -> None:
    vectors = [ask(name, text="hello")["data"][0] for name in (BGE, "@cf/google/embeddinggemma-300m")]
    assert len({len(vector) for vector in vectors}) == 1
    assert abs(dot(*vectors)) < 0.4


def test_qwen_answers_queries_then_documents_then_texts() -> None:
    value = ask(QWEN, queries="cat", documents=["dog", "bird"], text="fish")
    assert value["shape"] == [4, 1024]
    assert value["data"][1:] == ask(QWEN, text=["dog", "bird", "fish"])["data"]
    assert ask(QWEN) == {"data": [], "shape": [0, 1024]}


def test_qwen_embeds_queries_differently_and_by_their_instruction() -> None:
    document = ask(QWEN, documents="where is the cat")["data"][0]
    query = ask(QWEN, queries="where is the cat")["data"][0]
    told = ask(QWEN, queries="where is the cat", instruction="Find a contradiction")["data"][0]
    assert 0.6 < dot(document, query) < 0.99
    assert 0.6 < dot(query, told) < 0.99
    assert query == ask(QWEN, queries="where is the cat", instruction=model(QWEN).facts["query_instruction"])["data"][0]
    right, wrong = ask(QWEN, documents=["The cat is on the roof.", "Taxes are due in May."])["data"]
    assert dot(query, right) > dot(query, wrong) + 0.05


def test_bge_m3_embeds_contexts_and_scores_them_for_a_query() -> None:
    contexts = [{"text": "The stock market fell."}, {"text": "A kitten sleeps on the sofa."}]
    embedded = ask(M3, contexts=contexts)
    assert list(embedded) == ["response", "shape", "pooling"]
    assert embedded["shape"] == [2, 1024]
    assert embedded["response"] == ask(M3, text=[context["text"] for context in contexts])["data"]
    scored = ask(M3, contexts=contexts, query="Where is the cat?")
    assert list(scored) == ["response"]
    assert [row["id"] for row in scored["response"]] == [1, 0]
    assert scored["response"][0]["score"] > scored["response"][1]["score"] + 0.1
    for value in (embedded, scored):
        jsonschema.validate(value, CATALOG.schema(model(M3), "output"))
    assert ask(M3, contexts=[], query="x") == {"response": []}


def test_long_texts_are_cut_where_the_model_cuts_them() -> None:
    words = "antelope bison caribou " * 400
    cut = respond(model(BGE), {"text": words}, 1)
    assert cut.tokens is not None
    assert cut.tokens.prompt == 512
    assert cut.value["data"] == ask(BGE, text=words + "and much more about volcanoes")["data"]


def test_bge_m3_refuses_what_is_too_long_unless_told_to_cut() -> None:
    limit = 8192
    facts = {**model(M3).facts, "max_sequence": limit}
    strict = Model(
        name=M3, task="", responder="embeddings", schema={}, facts=facts, properties={"context_window": "60000"}
    )
    long = "word " * 9000
    with pytest.raises(ApiError) as refused:
        respond(strict, {"text": long}, 1)
    assert refused.value.message() == f"AiError: AiError: Sequence too long: {count(long)} > {limit}"
    assert respond(strict, {"text": long, "truncate_inputs": True}, 1).tokens == Tokens(limit)
    with pytest.raises(ApiError) as refused:
        respond(strict, {"text": ["word " * 7000] * 10}, 1)
    assert "Max context reached" in refused.value.message()
    assert refused.value.row.code == 3030


def test_usage_is_shown_by_models_that_show_it(emulator: Emulator) -> None:
    shown = emulator.run(QWEN, {"text": "hello there"})
    assert list(shown.result) == ["data", "shape", "usage"]
    assert shown.result["usage"]["prompt_tokens"] == count("hello there")
    assert list(emulator.run(BGE, {"text": "hello there"}).result) == ["shape", "data", "pooling"]


def test_numbers_are_sent_as_they_are(emulator: Emulator) -> None:
    sent = json.loads(emulator.run(BGE, {"text": "hello"}).body)["result"]["data"]
    assert sent == ask(BGE, text="hello")["data"]
