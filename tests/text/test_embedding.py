"""Vectors: their form, that they are always the same, and that alike texts lie near each other."""

from __future__ import annotations

import math
import subprocess
import sys
from array import array
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.catalog import Catalog
from mock_server.text.embedding import SHARED, embed, features, likeness, relevance

DATA = Path(__file__).parents[1] / "data"
SPACE = "@cf/baai/bge-base-en-v1.5 mean"
DIMENSIONS = sorted({model.facts["dimensions"] for model in Catalog.load() if "dimensions" in model.facts})


def dot(first: list[float], second: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(first, second, strict=True))


def ranks(values: list[float]) -> list[float]:
    """Ranks from 0; equal values share theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or values[order[end]] != values[order[start]]:
            for at in order[start:end]:
                found[at] = (start + end - 1) / 2
            start = end
    return found


def spearman(first: list[float], second: list[float]) -> float:
    a, b = ranks(first), ranks(second)
    mean = (len(a) - 1) / 2
    both = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    return both / math.sqrt(sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b))


def questions(name: str) -> tuple[list[tuple[str, int]], list[str]]:
    """Questions with the number of the passage that answers each, and all passages."""
    asked: list[tuple[str, int]] = []
    passages: list[str] = []
    for line in (DATA / name).read_text("utf-8").splitlines():
        kind, _, text = line.partition(" ")
        if kind == "?":
            asked.append((text, len(passages)))
        elif kind in "*-":
            passages.append(text)
    return asked, passages


def recall(name: str, space: str, among: int = 3) -> float:
    asked, passages = questions(name)
    vectors = [embed(passage, space, 768) for passage in passages]
    hits = 0
    for question, right in asked:
        scores = [dot(embed(question, space, 768), vector) for vector in vectors]
        hits += sum(score > scores[right] for score in scores) < among
    return hits / len(asked)


@pytest.mark.parametrize("dimensions", DIMENSIONS)
@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=80), role=st.sampled_from(("", "Given a question, find answers")))
def test_a_vector_has_unit_length_and_no_zeros_and_32_bit_floats(dimensions: int, text: str, role: str) -> None:
    vector = embed(text, "space", dimensions, role)
    assert len(vector) == dimensions
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-6)
    assert list(array("f", vector)) == vector
    assert vector.count(0.0) == 0


def test_long_texts_have_such_vectors_too() -> None:
    text = " ".join(f"word{number} and something about topic {number % 97}" for number in range(3000))
    vector = embed(text, "space", 1024)
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-6)


def test_every_process_makes_the_same_vector() -> None:
    code = "from mock_server.text.embedding import embed; print(embed('The same, always — 永遠', 'space', 384))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{embed('The same, always — 永遠', 'space', 384)}\n".encode()}


def test_a_vector_that_was_changed_by_its_user_is_made_anew() -> None:
    embed("text", "space", 384)[0] = 5.0
    assert embed("text", "space", 384)[0] != 5.0


def test_spaces_have_nothing_in_common() -> None:
    pairs = [(embed(text, "one model", 768), embed(text, "another", 768)) for text in ("cat", "a dog barks", "tax law")]
    assert all(abs(dot(a, b)) < 0.35 for a, b in pairs)


def test_alike_sentences_lie_near_each_other() -> None:
    rows = [line.split("\t") for line in (DATA / "similarity.tsv").read_text("utf-8").splitlines() if line[0] != "#"]
    assert len(rows) >= 200
    scores = [dot(embed(a, SPACE, 768), embed(b, SPACE, 768)) for _, a, b in rows]
    grades = [float(grade) for grade, _, _ in rows]
    assert spearman(scores, grades) >= 0.85
    means = {
        grade: sum(s for s, g in zip(scores, grades, strict=True) if g == grade) / grades.count(grade)
        for grade in set(grades)
    }
    assert means[5.0] > 0.75
    assert abs(means[0.0] - SHARED) < 0.05


def test_the_passage_that_answers_is_among_the_first_three() -> None:
    asked, passages = questions("retrieval.txt")
    assert (len(asked), len(passages)) == (50, 500)
    assert recall("retrieval.txt", SPACE) >= 0.8


def test_so_it_is_in_a_set_that_the_lexicon_was_not_written_for() -> None:
    spaces = ("@cf/baai/bge-base-en-v1.5 mean", "@cf/google/embeddinggemma-300m ", "third")
    assert sum(recall("retrieval_unseen.txt", space) for space in spaces) / len(spaces) >= 0.7


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("How do I reset my password?", "I forgot my login credentials", "The volcano erupted in Iceland"),
        ("puppy", "dog", "invoice"),
        ("The plumber repaired the sink", "the plumbers were repairing sinks", "the pianist played a sonata"),
        ("Cloudflair Werkers", "Cloudflare Workers", "Elasticsearch cluster"),
        ("log in to the website", "sign into the site", "paint the fence"),
        ("東京の天気", "東京の今日の天気", "新しい車を買う"),
    ],
)
def test_forms_synonyms_and_misspellings_are_near(text: str, near: str, far: str) -> None:
    bag = features(text)
    assert likeness(bag, features(near)) > likeness(bag, features(far)) + 0.05
    vector = embed(text, SPACE, 768)
    assert dot(vector, embed(near, SPACE, 768)) > dot(vector, embed(far, SPACE, 768))


def test_a_question_in_a_long_passage_is_relevant_though_not_alike() -> None:
    query = features("What is the capital of France?")
    long = features(
        "Paris is the capital of France. " + "Its museums, bridges, cafés and gardens are visited by many. " * 5
    )
    assert relevance(query, long) > 0.6
    assert relevance(query, features("The cat sat on the mat.")) < 0.1
    assert relevance(query, {}) == 0.0
