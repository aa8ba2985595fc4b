"""Text classification: labels, their order and their scores."""

from __future__ import annotations

import struct
from typing import Any

import jsonschema
import pytest

from mock_server.catalog import Catalog, Model
from mock_server.tasks.text_classification import respond

CATALOG = Catalog.load()
MODELS = [model for model in CATALOG if model.responder == "text_classification"]
SST2 = next(model for model in MODELS if model.name.endswith("/distilbert-sst-2-int8"))


def scores(text: str, model: Model = SST2, seed: int = 5) -> dict[str, float]:
    value: list[dict[str, Any]] = respond(model, {"text": text}, seed).value
    return {row["label"]: row["score"] for row in value}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("text", ["This pizza is great!", "", "Call now to win!!!", "xkjhqwzrtv.com"])
def test_every_model_has_two_labels_whose_scores_sum_to_one(model: Model, text: str) -> None:
    value = respond(model, {"text": text}, 9).value
    jsonschema.validate(value, CATALOG.schema(model, "output"))
    assert [list(row) for row in value] == [["label", "score"]] * 2
    assert sum(row["score"] for row in value) == pytest.approx(1, abs=1e-6)
    assert all(struct.unpack("<f", struct.pack("<f", row["score"]))[0] == row["score"] for row in value)
    assert value == respond(model, {"text": text}, 9).value


def test_sentiment_is_real() -> None:
    assert list(scores("x")) == ["NEGATIVE", "POSITIVE"]
    assert scores("This pizza is great!")["POSITIVE"] > 0.98
    assert scores("This pizza is not good.")["NEGATIVE"] > 0.9
    assert scores("The worst film of the year.")["NEGATIVE"] > 0.98
    assert 0.2 < scores("The table is made of wood.")["POSITIVE"] < 0.8


@pytest.mark.parametrize(
    ("judges", "more", "less"),
    [
        ("spam", "URGENT! You have won a £1000 prize. Call now to claim", "Are you home for dinner tonight?"),
        ("generated-domain", "xkjhqwzrtv.com", "developers.cloudflare.com"),
    ],
)
def test_other_models_judge_what_their_facts_say(judges: str, more: str, less: str) -> None:
    model = Model("m", "", "text_classification", {}, facts={"judges": judges, "labels": ["HAM", "SPAM"]})
    assert scores(more, model)["SPAM"] > 0.8
    assert scores(less, model)["HAM"] > 0.8
