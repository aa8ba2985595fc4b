"""Moondream: answers, captions, points and boxes agree with the picture and with the published shape."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import jsonschema
import pytest

from mock_server.catalog import Catalog
from mock_server.errors import ApiError
from mock_server.exchange import Binary, Result
from mock_server.tasks import responder, text_to_image

CATALOG = Catalog.load()
NAME = "@cf/moondream/moondream3.1-9B-A2B"


def drawn(prompt: str) -> str:
    model = CATALOG.find("@cf/bytedance/stable-diffusion-xl-lightning")
    assert model is not None
    reply = text_to_image.respond(model, {"prompt": prompt, "width": 320, "height": 320}, 0)
    assert isinstance(reply, Binary)
    return "data:image/jpeg;base64," + b64encode(reply.body).decode()


PICTURE = drawn("two green cars and a black dog")


def ask(**inputs: Any) -> Result:
    model = CATALOG.find(NAME)
    assert model is not None
    reply = responder("visual_reasoning")(model, inputs, 4)
    assert isinstance(reply, Result)
    jsonschema.validate(reply.value, CATALOG.schema(model, "output"))
    metrics = reply.value["metrics"]
    assert reply.tokens is not None
    assert (metrics["input_tokens"], metrics["output_tokens"]) == (reply.tokens.prompt, reply.tokens.completion)
    assert 0 < metrics["prefill_time_ms"] < metrics["ttft_ms"]
    return reply


@pytest.mark.parametrize(
    ("inputs", "key"),
    [
        ({}, "answer"),
        ({"task": "query"}, "answer"),
        ({"task": "caption"}, "caption"),
        ({"task": "point", "target": "car"}, "points"),
        ({"task": "detect", "target": "car"}, "objects"),
    ],
)
def test_each_task_has_its_key(inputs: dict[str, Any], key: str) -> None:
    value = ask(image=PICTURE, **inputs).value
    assert list(value) == ["finish_reason", "metrics", key, *(["reasoning"] if key == "answer" else [])]
    assert value["finish_reason"] == "stop"


def test_questions_are_answered_from_the_picture() -> None:
    assert ask(image=PICTURE, question="How many cars are there?").value["answer"] == "2"
    assert ask(image=PICTURE, question="What color is the dog?").value["answer"] == "Black."


def test_reasoning_is_about_the_question_and_can_be_switched_off() -> None:
    value = ask(image=PICTURE, question="How many cars?").value
    assert value["reasoning"]["grounding"] == []
    assert "How many cars?" in value["reasoning"]["text"]
    silent = ask(image=PICTURE, question="How many cars?", reasoning=False)
    assert "reasoning" not in silent.value
    assert silent.tokens is not None
    assert silent.tokens.completion < value["metrics"]["output_tokens"]


def test_captions_have_three_lengths() -> None:
    short, normal, long = (
        ask(image=PICTURE, task="caption", caption_length=size).value["caption"] for size in ("short", "normal", "long")
    )
    assert len(short) < len(normal) < len(long)


def test_points_are_the_middles_of_boxes() -> None:
    points = ask(image=PICTURE, task="point", target="green car").value["points"]
    boxes = ask(image=PICTURE, task="detect", target="green car").value["objects"]
    assert len(points) == len(boxes) == 2
    for point, box in zip(points, boxes, strict=True):
        assert 0 <= box["x_min"] < box["x_max"] <= 1
        assert 0 <= box["y_min"] < box["y_max"] <= 1
        assert point["x"] == pytest.approx((box["x_min"] + box["x_max"]) / 2, abs=1e-3)
        assert point["y"] == pytest.approx((box["y_min"] + box["y_max"]) / 2, abs=1e-3)


def test_what_is_not_there_is_not_found() -> None:
    assert ask(image=PICTURE, task="detect").value["objects"] == []
    assert ask(image=PICTURE, task="point", target="elephant").value["points"] == []


def test_max_objects_limits_them() -> None:
    assert len(ask(image=PICTURE, task="detect", target="cars", max_objects=1).value["objects"]) == 1


def test_max_tokens_cuts_thoughts_and_answer() -> None:
    value = ask(image=PICTURE, reasoning=False, max_tokens=3).value
    assert (value["finish_reason"], value["answer"]) == ("length", "The image shows")
    value = ask(image=PICTURE, max_tokens=2).value
    assert (value["finish_reason"], value["answer"], value["metrics"]["output_tokens"]) == ("length", "", 2)


def test_an_address_is_not_fetched() -> None:
    value = ask(image="https://nowhere.invalid/a-blue-boat.png", question="what color is the boat").value
    assert value["answer"] == "Blue."


def test_a_question_needs_no_image_and_the_other_tasks_do() -> None:
    assert "Why?" in ask(question="Why?").value["answer"]
    for task in ("caption", "point", "detect"):
        with pytest.raises(ApiError) as caught:
            ask(task=task)
        assert caught.value.message() == "AiError: Bad input: Error: required properties at '/' are 'image'"


@pytest.mark.parametrize(("image", "code"), [("data:image/png;base64,AAAA", 8001), ("no base64!", 5004)])
def test_images_that_cannot_be_read_are_refused(image: str, code: int) -> None:
    with pytest.raises(ApiError) as caught:
        ask(image=image)
    assert (caught.value.row.status, caught.value.row.code) == (400, code)
