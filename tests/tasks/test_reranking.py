"""Reranking: order, scores, top_k and the bill."""

from __future__ import annotations

import struct
from typing import Any

import jsonschema
from harness import Emulator

from mock_server.catalog import Catalog
from mock_server.tasks.reranking import respond
from mock_server.text.tokens import count

CATALOG = Catalog.load()
NAME = "@cf/baai/bge-reranker-base"


def ask(query: str, *texts: str, **more: Any) -> list[dict[str, Any]]:
    model = CATALOG.find(NAME)
    assert model is not None
    inputs = {"query": query, "contexts": [{"text": text} for text in texts], **more}
    reply = respond(model, inputs, 3)
    jsonschema.validate(reply.value, CATALOG.schema(model, "output"))
    assert reply.tokens is not None
    assert reply.tokens.prompt == sum(count(query) + count(text) for text in texts)
    found: list[dict[str, Any]] = reply.value["response"]
    return found


def test_the_best_comes_first_and_scores_are_far_apart() -> None:
    texts = ("Bananas are rich in potassium.", "Paris is the capital of France.", "France borders Spain and Italy.")
    ranked = ask("What is the capital of France?", *texts)
    assert [row["id"] for row in ranked] == [1, 2, 0]
    assert ranked[0]["score"] > 0.9
    assert ranked[-1]["score"] < 0.001
    assert all(struct.unpack("<f", struct.pack("<f", row["score"]))[0] == row["score"] for row in ranked)


def test_top_k_cuts_and_equals_keep_their_order() -> None:
    assert [row["id"] for row in ask("cat", "a cat", "a cat", "a dog", top_k=2)] == [0, 1]
    assert len(ask("cat", "a cat", top_k=10)) == 1
    assert ask("cat") == []


def test_what_has_nothing_in_common_scores_as_the_captured_stranger_did() -> None:
    assert 3e-5 < ask("zebra", "quarterly revenue")[0]["score"] < 5e-5


def test_usage_follows_the_response(emulator: Emulator) -> None:
    result = emulator.run(NAME, {"query": "cat", "contexts": [{"text": "a cat"}]}).result
    assert list(result) == ["response", "usage"]
    assert result["usage"]["completion_tokens"] == 0
    assert result["usage"]["neurons"] > 0
