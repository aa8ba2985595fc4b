"""Image Classification: the right label first, scores of 32-bit floats that fall and sum to at most one."""

from __future__ import annotations

from io import BytesIO
from struct import pack, unpack
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mock_server.catalog import Catalog, Model
from mock_server.errors import ApiError
from mock_server.exchange import Binary, Result
from mock_server.media import colours
from mock_server.media.things import THINGS, Thing
from mock_server.tasks import responder, text_to_image
from mock_server.tasks.image_classification import BY_COLOUR, BY_GROUND

CATALOG = Catalog.load()


def model(name: str) -> Model:
    found = CATALOG.find(name)
    assert found is not None
    return found


def drawn(prompt: str) -> bytes:
    drawer = model("@cf/bytedance/stable-diffusion-xl-lightning")
    reply = text_to_image.respond(drawer, {"prompt": prompt, "width": 256, "height": 256}, 0)
    assert isinstance(reply, Binary)
    return reply.body


def classify(image: Any, seed: int = 0) -> list[dict[str, Any]]:
    reply = responder("image_classification")(model("@cf/microsoft/resnet-50"), {"image": image}, seed)
    assert isinstance(reply, Result)
    assert reply.units == {"per inference request": 1}
    answers: list[dict[str, Any]] = reply.value
    return answers


def check(answers: list[dict[str, Any]]) -> None:
    assert [list(answer) for answer in answers] == [["label", "score"]] * 5
    labels = [answer["label"] for answer in answers]
    assert len(set(labels)) == 5
    assert all(label == label.upper() for label in labels)
    scores = [answer["score"] for answer in answers]
    assert scores == sorted(scores, reverse=True)
    assert 0 < sum(scores) <= 1
    assert all(unpack("<f", pack("<f", score))[0] == score > 0 for score in scores)


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
def test_the_right_label_comes_first(thing: Thing) -> None:
    answers = classify(drawn(f"a {thing.name}"))
    check(answers)
    assert answers[0]["label"] == thing.classes.split("|")[0]
    assert answers[0]["score"] > 0.5


def test_several_things_are_named_by_size() -> None:
    labels = [answer["label"] for answer in classify(drawn("a castle and a rabbit"))]
    assert labels[:2] == ["CASTLE", "WOOD RABBIT"]


def test_scenery_without_things_has_its_label_first() -> None:
    assert classify(drawn("a beach at sunset"))[0]["label"] == "SEASHORE"
    assert classify(drawn("a desert"))[0]["label"] == "SANDBAR"


@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=12, max_size=12), st.integers(0, 2**64 - 1))
def test_foreign_pictures_are_classified_by_their_colours(pixels: bytes, seed: int) -> None:
    out = BytesIO()
    Image.frombytes("RGB", (2, 2), pixels).resize((50, 40)).save(out, "PNG")
    answers = classify(list(out.getvalue()), seed)
    check(answers)
    assert answers == classify(out.getvalue(), 0), "the form in which the picture comes makes no difference"


def test_every_colour_and_ground_has_five_labels() -> None:
    assert BY_COLOUR.keys() == colours.PAINTS.keys()
    for labels in (*BY_COLOUR.values(), *BY_GROUND.values()):
        assert len(set(labels.split("|"))) == 5


@pytest.mark.parametrize(("image", "code"), [(None, 3003), ([0], 8001), (b"\xff\xd8\xff", 8001), ("~", 5004)])
def test_images_that_cannot_be_read_are_refused(image: Any, code: int) -> None:
    with pytest.raises(ApiError) as caught:
        classify(image)
    assert (caught.value.row.status, caught.value.row.code) == (400, code)
