"""Text-to-Image: pictures decode, have the asked size and type, show their prompt and bill what was drawn."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat

from mock_server.catalog import Catalog, Model
from mock_server.errors import ApiError
from mock_server.exchange import Binary, Reply, Result
from mock_server.media import images
from mock_server.tasks import responder
from mock_server.tasks.text_to_image import respond

CATALOG = Catalog.load()
MODELS = [model for model in CATALOG if model.responder == "text_to_image"]
SDXL, IMG2IMG, INPAINTING, SCHNELL, KLEIN, LUCID, PHOENIX = (
    "@cf/stabilityai/stable-diffusion-xl-base-1.0",
    "@cf/runwayml/stable-diffusion-v1-5-img2img",
    "@cf/runwayml/stable-diffusion-v1-5-inpainting",
    "@cf/black-forest-labs/flux-1-schnell",
    "@cf/black-forest-labs/flux-2-klein-4b",
    "@cf/leonardo/lucid-origin",
    "@cf/leonardo/phoenix-1.0",
)


def model(name: str) -> Model:
    found = CATALOG.find(name)
    assert found is not None
    return found


def ask(name: str, prompt: Any = "a red cat", seed_of_call: int = 0, **inputs: Any) -> Reply:
    return respond(model(name), {"prompt": prompt, **inputs}, seed_of_call)


def body(reply: Reply) -> bytes:
    if isinstance(reply, Result):
        return b64decode(reply.value["image"], validate=True)
    assert isinstance(reply, Binary)
    return reply.body


def picture(name: str, prompt: Any = "a red cat", **inputs: Any) -> Image.Image:
    image = Image.open(BytesIO(body(ask(name, prompt, **inputs))))
    image.load()
    return image


def small(name: str = SDXL, prompt: str = "a red cat", **inputs: Any) -> Image.Image:
    return picture(name, prompt, **{"width": 256, "height": 256, **inputs})


@cache
def photo(size: tuple[int, int] = (300, 280)) -> bytes:
    """A foreign picture: a gradient with a disc."""
    image = Image.merge("RGB", [Image.linear_gradient("L").rotate(turn).resize(size) for turn in (0, 90, 180)])
    ImageDraw.Draw(image).ellipse((90, 80, 190, 180), fill=(250, 250, 40))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@cache
def mask(size: tuple[int, int] = (300, 280)) -> bytes:
    image = Image.new("L", size)
    ImageDraw.Draw(image).rectangle((20, 30, 149, 229), fill=255)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def distance(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of all channels."""
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    return sum(ImageStat.Stat(difference).mean) / 3


def test_the_table_of_tasks_has_it() -> None:
    assert responder("text_to_image") is respond


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_delivers_its_usual_picture(model: Model) -> None:
    reply = respond(model, {"prompt": "a lighthouse"}, 1)
    assert isinstance(reply, Result if model.facts["delivery"] == "base64" else Binary)
    if isinstance(reply, Binary):
        assert reply.media_type == model.facts["media_type"]
    else:
        assert list(reply.value) == ["image"]
    with Image.open(BytesIO(body(reply))) as image:
        image.load()
        assert Image.MIME[image.format or ""] == model.facts["media_type"]
        assert image.size == (model.facts["width"], model.facts["height"])


@settings(max_examples=25, deadline=None)
@given(st.integers(256, 700), st.integers(256, 700))
def test_the_size_is_exactly_the_asked_one(width: int, height: int) -> None:
    assert picture(PHOENIX, width=width, height=height).size == (width, height)


@pytest.mark.parametrize(
    ("asked", "given"),
    [((1080, 1920), (1072, 1920)), ((512, 512), (512, 512)), ((100, 31), (96, 16)), ((5, 5), (16, 16))],
)
def test_flux_2_rounds_down_to_multiples_of_16(asked: tuple[int, int], given: tuple[int, int]) -> None:
    assert picture(KLEIN, width=asked[0], height=asked[1]).size == given


def test_a_side_of_zero_means_the_usual_one() -> None:
    assert picture(PHOENIX, width=0, height=300).size == (1024, 300)


def test_inputs_of_a_form_may_be_nested_and_text() -> None:
    fields = {"prompt": "a dog", "width": "320", "height": "256", "steps": "4", "seed": "7", "guidance": ""}
    reply = respond(model(KLEIN), {"multipart": fields}, 0)
    with Image.open(BytesIO(body(reply))) as image:
        assert image.size == (320, 256)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"width": "wide"}, "Type mismatch of '/width', 'number' not in 'string'"),
        ({"steps": "nan"}, "Type mismatch of '/steps', 'number' not in 'string'"),
        ({"height": "100000"}, "'/height' must be <= 2500"),
        ({"height": -1}, "'/height' must be >= 0"),
        ({"prompt": ""}, "required properties at '/' are 'prompt'"),
        ({"prompt": b"a file"}, "required properties at '/' are 'prompt'"),
    ],
)
def test_fields_that_mean_nothing_are_5006(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ApiError) as caught:
        respond(model(KLEIN), {"prompt": "a dog", **fields}, 0)
    assert (caught.value.row.code, caught.value.message()) == (5006, f"AiError: Bad input: Error: {reason}")


def test_steps_are_visible_in_nothing() -> None:
    pictures = {body(ask(SDXL, num_steps=steps, seed_of_call=steps, width=256, height=256)) for steps in (1, 7, 20)}
    assert len(pictures) == 1


def test_seeds_prompts_and_models_make_different_pictures() -> None:
    pictures = [small(), small(seed=1), small(seed=2), small(prompt="a blue cat"), small(IMG2IMG)]
    assert len({image.tobytes() for image in pictures}) == len(pictures)
    assert small(seed=1).tobytes() == small(seed=1).tobytes()


def test_the_colour_of_the_prompt_is_in_the_picture() -> None:
    red, blue = (ImageStat.Stat(small(prompt=f"a {name} square").convert("RGB")).mean for name in ("red", "blue"))
    assert red[0] - red[2] > 20
    assert blue[2] - blue[0] > 20


def test_a_negative_prompt_takes_things_away() -> None:
    with_dog, without = (
        images.decode(body(ask(SDXL, "a cat and a dog", negative_prompt=unwanted, width=256, height=256))).note
        for unwanted in ("ugly", "dog")
    )
    assert with_dog is not None
    assert without is not None
    assert {mark.name for mark in with_dog.marks} == {"cat", "dog"}
    assert {mark.name for mark in without.marks} == {"cat"}


def test_the_prompt_and_its_things_travel_in_the_picture() -> None:
    for name in (SDXL, PHOENIX, KLEIN):
        note = images.decode(body(ask(name, "zwei rote Äpfel: two red apples", width=256, height=256))).note
        assert note is not None
        assert note.prompt == "zwei rote Äpfel: two red apples"
        assert [(mark.colour, mark.name) for mark in note.marks] == [("red", "apple")] * 2


@pytest.mark.parametrize("form", ["array", "base64"])
def test_img2img_starts_from_the_given_image_with_strength(form: str) -> None:
    given = {"image": list(photo())} if form == "array" else {"image_b64": b64encode(photo()).decode()}
    original = Image.open(BytesIO(photo()))
    steps = [picture(IMG2IMG, strength=strength, **given) for strength in (0, 0.3, 0.7, 1)]
    distances = [distance(step, original) for step in steps]
    assert {step.size for step in steps} == {original.size}
    assert distances[0] == 0
    assert distances == sorted(distances)
    assert distances[1] < distances[3] / 2


def test_img2img_takes_the_asked_size_and_else_that_of_the_image() -> None:
    assert picture(IMG2IMG, image=list(photo()), width=512, height=256).size == (512, 256)
    assert picture(IMG2IMG, image=list(photo((100, 50)))).size == (512, 256)


def test_inpainting_repaints_only_the_mask() -> None:
    image = picture(INPAINTING, "an owl", image=list(photo()), mask=list(mask()))
    original, hole = Image.open(BytesIO(photo())), Image.open(BytesIO(mask()))
    difference = ImageChops.difference(image.convert("RGB"), original.convert("RGB")).convert("L")
    outside = Image.composite(Image.new("L", hole.size), difference, hole)
    assert outside.getbbox() is None
    assert distance(image.crop((20, 30, 150, 230)), original.crop((20, 30, 150, 230))) > 20
    note = images.decode(body(ask(INPAINTING, "an owl", image=list(photo()), mask=list(mask())))).note
    assert note is not None
    (owl,) = note.marks
    left, top, right, bottom = owl.box
    assert 20 <= left * 300 < right * 300 <= 150
    assert 30 <= top * 280 < bottom * 280 <= 230


def test_inpainting_keeps_what_is_known_of_the_rest() -> None:
    start = body(ask(SDXL, "a dog on the left and a cat on the right", width=300, height=280))
    note = images.decode(body(ask(INPAINTING, "an owl", image=list(start), mask=list(mask())))).note
    assert note is not None
    assert {mark.name for mark in note.marks} == {"owl", "cat"}


def test_a_black_mask_changes_nothing() -> None:
    out = BytesIO()
    Image.new("L", (300, 280)).save(out, "PNG")
    image = picture(INPAINTING, image=list(photo()), mask=list(out.getvalue()))
    assert distance(image, Image.open(BytesIO(photo()))) == 0


def test_reference_images_are_seen_in_the_picture() -> None:
    plain = picture(KLEIN, width=320, height=320)
    with_one = picture(KLEIN, width=320, height=320, input_image_0=photo())
    with_two = picture(KLEIN, width=320, height=320, input_image_0=photo(), input_image_1=mask())
    assert distance(plain, with_one) > 15
    assert distance(with_one, with_two) > 2
    repeated = picture(KLEIN, width=320, height=320, input_image=[photo(), mask()])
    assert distance(with_two, repeated) == 0


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"image": [1, 2, 3]}, 8001),
        ({"image": list(photo()), "mask": [0, 255]}, 8001),
        ({"image_b64": "not base64!"}, 5004),
        ({"image_b64": "AAAA"}, 8001),
        ({"input_image_0": b"no picture"}, 8001),
    ],
)
def test_images_that_cannot_be_read_are_refused(inputs: dict[str, Any], code: int) -> None:
    with pytest.raises(ApiError) as caught:
        ask(INPAINTING, **inputs)
    assert (caught.value.row.status, caught.value.row.code) == (400, code)


@pytest.mark.parametrize(
    ("name", "inputs", "units"),
    [
        (SDXL, {}, {"per step": 20}),
        (SDXL, {"num_steps": 7}, {"per step": 7}),
        (PHOENIX, {"width": 1024, "height": 1280}, {"per 512 by 512 tile": 5, "per step": 25}),
        (LUCID, {"width": 512, "height": 512, "steps": 10}, {"per 512 by 512 tile": 1, "per step": 10}),
        (KLEIN, {"width": 1024, "height": 1280}, {"per input 512x512 tile": 0, "per output 512x512 tile": 5}),
        (
            KLEIN,
            {"width": 512, "height": 512, "input_image_0": photo((512, 256)), "input_image_1": photo((512, 512))},
            {"per input 512x512 tile": 1.5, "per output 512x512 tile": 1},
        ),
    ],
)
def test_what_is_billed_is_counted_by_the_models_own_units(
    name: str, inputs: dict[str, Any], units: dict[str, float]
) -> None:
    assert ask(name, **inputs).units == units


def test_a_unit_of_tiles_and_steps_is_their_product() -> None:
    known = model(SCHNELL)
    unit = "per 512 by 512 tile, per step"
    priced = replace(known, facts={**known.facts, "neurons": {unit: 9.6}})
    assert respond(priced, {"prompt": "a cat"}, 0).units == {unit: 16}
