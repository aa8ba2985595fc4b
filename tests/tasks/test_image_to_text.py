"""Image-to-Text: descriptions are true, begin with a space, and show no usage."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from mock_server.catalog import Catalog
from mock_server.errors import ApiError
from mock_server.exchange import Binary, Result
from mock_server.tasks import responder, text_to_image

CATALOG = Catalog.load()
NAMES = [model.name for model in CATALOG if model.responder == "image_to_text"]
DRAWER = "@cf/stabilityai/stable-diffusion-xl-base-1.0"


def drawn(prompt: str) -> bytes:
    model = CATALOG.find(DRAWER)
    assert model is not None
    reply = text_to_image.respond(model, {"prompt": prompt, "width": 256, "height": 256}, 0)
    assert isinstance(reply, Binary)
    return reply.body


def ask(name: str, **inputs: Any) -> Result:
    model = CATALOG.find(name)
    assert model is not None
    reply = responder("image_to_text")(model, inputs, 0)
    assert isinstance(reply, Result)
    return reply


PICTURE = drawn("three yellow apples")


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_described(name: str) -> None:
    reply = ask(name, image=PICTURE)
    assert list(reply.value) == ["description"]
    assert reply.value["description"].startswith(" The image shows three yellow apples.")
    assert (reply.tokens, reply.shows_usage) == (None, False)


@pytest.mark.parametrize("image", [list(PICTURE), PICTURE.decode("latin-1"), b64encode(PICTURE).decode()])
def test_every_form_of_the_image_gets_the_same_description(image: Any) -> None:
    assert ask(NAMES[0], image=image).value == ask(NAMES[0], image=PICTURE).value


@pytest.mark.parametrize(
    ("messages", "description"),
    [
        ([{"role": "user", "content": "Hello"}, {"role": "user", "content": "How many apples?"}], " 3"),
        ([{"role": "user", "content": 3}], ""),
        (["How many apples?"], ""),
        ("How many apples?", ""),
        ([], ""),
    ],
)
def test_the_last_message_asks_where_there_is_no_prompt(messages: Any, description: str) -> None:
    said = ask(NAMES[0], image=PICTURE, messages=messages).value
    assert said == ({"description": description} if description else ask(NAMES[0], image=PICTURE).value)


def test_the_prompt_asks() -> None:
    assert ask(NAMES[0], image=PICTURE, prompt="How many apples?").value == {"description": " 3"}
    described = ask(NAMES[0], image=PICTURE).value
    assert ask(NAMES[0], image=PICTURE, prompt="Generate a caption for this image").value == described
    assert ask(NAMES[0], image=PICTURE, prompt=" ").value == described


def test_max_tokens_cuts_the_description() -> None:
    whole = ask(NAMES[0], image=PICTURE).value["description"]
    cut = ask(NAMES[0], image=PICTURE, max_tokens=4).value["description"]
    assert whole.startswith(cut)
    assert cut == " The image shows three"


@pytest.mark.parametrize(("image", "code"), [(None, 3003), ([], 3003), ([1, 2], 8001), ("?!", 5004), (b"text", 8001)])
def test_images_that_cannot_be_read_are_refused(image: Any, code: int) -> None:
    with pytest.raises(ApiError) as caught:
        ask(NAMES[0], image=image)
    assert (caught.value.row.status, caught.value.row.code) == (400, code)
