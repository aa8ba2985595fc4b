"""Summaries: sentences of the text, in order, within their length."""

from __future__ import annotations

import jsonschema
import pytest

from mock_server.catalog import Catalog
from mock_server.tasks.summarization import respond
from mock_server.text.sentences import sentences
from mock_server.text.tokens import count

CATALOG = Catalog.load()
MODEL = next(model for model in CATALOG if model.responder == "summarization")
TEXT = """Cloudflare announced on Tuesday that it will open three new data centers in South America. The company
said the sites in Lima, Bogotá and Santiago will reduce latency for millions of users. Dr. Ana Torres,
who leads the expansion, told reporters that construction begins in March. Local officials welcomed the
investment. The weather on the day of the announcement was rainy. The new data centers will run entirely
on renewable energy, the company added, as part of its pledge to become carbon neutral by 2030. Analysts
expect other providers to follow with investments of their own in South America. Shares of the company
rose two percent.""".replace("\n", " ")


def summary(text: str, **more: int) -> str:
    reply = respond(MODEL, {"input_text": text, **more}, 1)
    jsonschema.validate(reply.value, CATALOG.schema(MODEL, "output"))
    assert reply.tokens is not None
    assert reply.tokens.completion == count(reply.value["summary"])
    assert reply.tokens.prompt <= 1024
    found: str = reply.value["summary"]
    return found


def test_a_summary_has_sentences_of_the_text_in_their_order() -> None:
    chosen, all_of_them = sentences(summary(TEXT)), sentences(TEXT)
    assert 0 < len(chosen) < len(all_of_them)
    places = [all_of_them.index(sentence) for sentence in chosen]
    assert places == sorted(places)
    assert "data centers" in chosen[0]
    assert "rainy" not in summary(TEXT)


@pytest.mark.parametrize("limit", [0, 1, 5, 17, 40, 100, 1024])
def test_max_length_is_respected_in_tokens(limit: int) -> None:
    assert count(summary(TEXT, max_length=limit)) <= limit
    assert count(summary(TEXT * 30, max_length=limit)) <= limit


def test_a_cut_sentence_ends_at_a_word() -> None:
    short = summary(TEXT, max_length=10)
    assert TEXT.startswith(f"{short} ")


@pytest.mark.parametrize(
    ("text", "expected"), [("Hello", "Hello"), ("  ", ""), ("One sentence only.", "One sentence only.")]
)
def test_short_texts_are_their_own_summary(text: str, expected: str) -> None:
    assert summary(text) == expected


def test_many_tiny_sentences_are_no_trouble() -> None:
    assert count(summary(" ".join(f"Abc{number}." for number in range(3000)))) <= 142
