"""Object Detection: boxes lie inside the picture and around what is there, scores fall."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from mock_server.catalog import Catalog
from mock_server.errors import ApiError
from mock_server.exchange import Binary, Result
from mock_server.tasks import responder, text_to_image

CATALOG = Catalog.load()


def drawn(prompt: str, width: int = 400, height: int = 300) -> bytes:
    model = CATALOG.find("@cf/stabilityai/stable-diffusion-xl-base-1.0")
    assert model is not None
    reply = text_to_image.respond(model, {"prompt": prompt, "width": width, "height": height}, 0)
    assert isinstance(reply, Binary)
    return reply.body


def detect(image: Any) -> list[dict[str, Any]]:
    model = CATALOG.find("@cf/facebook/detr-resnet-50")
    assert model is not None
    reply = responder("object_detection")(model, {"image": image}, 9)
    assert isinstance(reply, Result)
    answers: list[dict[str, Any]] = reply.value
    return answers


def test_what_was_drawn_is_detected_in_the_observed_shape() -> None:
    answers = detect(drawn("two dogs and a car"))
    assert sorted(answer["label"] for answer in answers) == ["car", "dog", "dog"]
    scores = [answer["score"] for answer in answers]
    assert scores == sorted(scores, reverse=True)
    assert all(0.5 < score < 1 for score in scores)
    for answer in answers:
        assert list(answer) == ["label", "score", "box"]
        assert list(answer["box"]) == ["xmin", "ymin", "xmax", "ymax"]
        box = answer["box"]
        assert 0 <= box["xmin"] < box["xmax"] <= 400
        assert 0 <= box["ymin"] < box["ymax"] <= 300


def test_the_box_is_around_the_drawn_thing() -> None:
    image = Image.open(BytesIO(drawn("a red circle")))
    (answer,) = detect(drawn("a red circle"))
    red, green, _ = image.convert("RGB").split()
    found = ImageChops.subtract(red, green).point(lambda value: value > 90 and 255).getbbox()
    assert found is not None
    assert list(answer["box"].values()) == pytest.approx(found, abs=3)


def test_shapes_of_a_foreign_picture_are_detected() -> None:
    image = Image.new("RGB", (500, 400), "white")
    ImageDraw.Draw(image).rectangle((100, 50, 199, 149), fill="blue")
    corner = [(300, 100), (340, 100), (340, 300), (460, 300), (460, 380), (300, 380)]
    ImageDraw.Draw(image).polygon(corner, fill="brown")
    out = BytesIO()
    image.save(out, "PNG")
    square, shape = detect(out.getvalue())
    assert (square["label"], shape["label"]) == ("square", "person")
    assert square["box"] == {"xmin": 100, "ymin": 50, "xmax": 200, "ymax": 150}
    assert list(shape["box"].values()) == pytest.approx([300, 100, 461, 381], abs=2)
    assert square["score"] > shape["score"]


def test_an_empty_picture_has_no_objects() -> None:
    out = BytesIO()
    Image.new("RGB", (300, 200), "grey").save(out, "JPEG")
    assert detect(out.getvalue()) == []


@pytest.mark.parametrize(("image", "code"), [(None, 3003), (b"GIF89a", 8001), ("?", 5004)])
def test_images_that_cannot_be_read_are_refused(image: Any, code: int) -> None:
    with pytest.raises(ApiError) as caught:
        detect(image)
    assert (caught.value.row.status, caught.value.row.code) == (400, code)
