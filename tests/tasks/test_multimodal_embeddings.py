"""Texts and a picture in one space: rows, lengths, and a picture beside its own words."""

import math
from pathlib import Path
from typing import Any

import pytest

from mock_server.catalog import Catalog
from mock_server.errors import ApiError
from mock_server.exchange import Result
from mock_server.tasks.multimodal_embeddings import respond

CAT = (Path(__file__).parents[2] / "fixtures" / "assets" / "cat.png").read_bytes()


def ask(**inputs: Any) -> dict[str, Any]:
    model = Catalog.load().infer("@cf/somebody/clip", inputs)
    assert model is not None
    assert model.responder == "multimodal_embeddings"
    reply = respond(model, inputs, 0)
    assert isinstance(reply, Result)
    return dict(reply.value)


def test_there_is_a_row_for_each_text_and_a_last_one_for_the_picture() -> None:
    value = ask(image=CAT, text=["a cat", "a llama"])
    assert list(value) == ["data", "shape"]
    assert value["shape"] == [len(value["data"]), len(value["data"][0])] == [3, 512]
    assert all(math.hypot(*row) == pytest.approx(1, abs=1e-6) for row in value["data"])
    assert value["data"][0] == ask(image=CAT, text=["a cat"])["data"][0]


def test_a_picture_is_nearest_to_what_it_shows() -> None:
    texts = ["a quarterly report on tax law", "an orange cat", "three trucks in the rain"]
    *rows, picture = ask(image=CAT, text=texts)["data"]
    scores = [_dot(row, picture) for row in rows]
    assert max(scores) == scores[1]
    assert scores[1] > max(scores[0], scores[2]) + 0.1


def _dot(first: list[float], second: list[float]) -> float:
    return sum(one * other for one, other in zip(first, second, strict=True))


def test_a_picture_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ApiError) as caught:
        ask(image="bm8gcGljdHVyZQ==", text=["a cat"])
    assert caught.value.row.code == 8001
