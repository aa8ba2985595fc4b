"""Seeing: facts of pictures are true, whether they say what is on them or only their pixels do."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from io import BytesIO
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mock_server.media import drawing, images, scene, sight, vision
from mock_server.media.sight import Seen

CARS = "two red cars and a blue cat on a beach at sunset"


@cache
def ours(prompt: str = CARS, media_type: str = "image/png") -> bytes:
    random = Random(5)
    plan = scene.compose(prompt, "", 1.0, random)
    image = drawing.picture(plan, 320, 320, random)
    return images.encode(image, media_type, drawing.note(plan, prompt, drawing.caption(image, prompt)))


def jpeg(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


@cache
def shapes() -> bytes:
    """A foreign picture: a red circle, a blue square and a green triangle on white."""
    image = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 40, 139, 139), fill=(220, 20, 20))
    draw.rectangle((240, 120, 339, 219), fill=(20, 40, 220))
    draw.polygon([(60, 280), (160, 280), (110, 200)], fill=(20, 160, 40))
    return jpeg(image)


def foreign(paper: str = "white", size: tuple[int, int] = (200, 200)) -> Seen:
    return sight.look(jpeg(Image.new("RGB", size, paper)))


def test_our_pictures_say_what_is_on_them() -> None:
    for media_type in ("image/png", "image/jpeg"):
        seen = sight.look(ours(CARS, media_type))
        assert (seen.width, seen.height) == (320, 320)
        assert sorted((one.colour, one.name) for one in seen.sights) == [
            ("blue", "cat"),
            ("red", "car"),
            ("red", "car"),
        ]
        assert (seen.prompt, seen.sky, seen.ground) == (CARS, "sunset", "beach")
        assert CARS.startswith(seen.caption.rstrip("…"))


def test_foreign_shapes_are_named_coloured_and_boxed() -> None:
    seen = sight.look(shapes())
    found = {(one.colour, one.name): one.box for one in seen.sights}
    truth = {
        ("red", "circle"): (40, 40, 140, 140),
        ("blue", "square"): (240, 120, 340, 220),
        ("green", "triangle"): (60, 200, 160, 280),
    }
    assert found.keys() == truth.keys()
    for key, box in truth.items():
        pixels = [side * length for side, length in zip(found[key], (400, 300, 400, 300), strict=True)]
        assert pixels == pytest.approx(box, abs=4)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 300),
    st.integers(0, 200),
    st.integers(60, 120),
    st.sampled_from(["red", "green", "blue", "orange", "yellow", "purple", "black"]),
    st.sampled_from(["circle", "square"]),
)
def test_a_shape_anywhere_is_found_where_it_is(x: int, y: int, size: int, colour: str, name: str) -> None:
    image = Image.new("RGB", (440, 340), "white")
    box = (x + 10, y + 10, x + 9 + size, y + 9 + size)
    draw = ImageDraw.Draw(image)
    (draw.ellipse if name == "circle" else draw.rectangle)(box, fill=colour)
    (one,) = sight.look(jpeg(image)).sights
    assert (one.name, one.colour) == (name, colour)
    pixels = [side * length for side, length in zip(one.box, (440, 340, 440, 340), strict=True)]
    assert pixels == pytest.approx((*box[:2], box[2] + 1, box[3] + 1), abs=8)


@pytest.mark.parametrize(
    ("paper", "name", "light"),
    [
        ("white", "white", "very bright"),
        ("black", "black", "very dark"),
        ("#808080", "grey", "of medium brightness"),
        ("#1040d0", "blue", "dark"),
        ("#ffff00", "yellow", "very bright"),
    ],
)
def test_plain_pictures_have_one_colour_and_no_things(paper: str, name: str, light: str) -> None:
    seen = foreign(paper)
    assert seen.shares == ((name, 1.0),)
    assert seen.sights == ()
    assert vision.light(seen) == light
    assert vision.describe(seen) == (
        f"The image shows no clear objects. It is {light}, mostly {name} (100%), and 200x200 pixels large."
    )


def test_a_description_states_size_colours_things_and_prompt() -> None:
    said = vision.describe_bytes(ours())
    assert "two red cars and a blue cat" in said
    assert "a beach at sunset" in said
    assert f'"{CARS}"' in said
    assert "320x320" in said
    assert "red circle" in vision.describe_bytes(shapes())
    assert "mostly white" in vision.describe_bytes(shapes())


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many cars are there?", "2"),
        ("how many animals", "1"),
        ("How many things do you see?", "3"),
        ("How many dogs?", "0"),
        ("What colour is the cat?", "Blue."),
        ("What color are the cars?", "Red."),
        ("Is there a dog?", "No, I see two red cars and a blue cat."),
        ("Do you see a green car?", "No, I see two red cars and a blue cat."),
        ("How large is the image?", "320x320 pixels."),
        ("Which prompt was used?", CARS),
    ],
)
def test_questions_about_our_pictures_are_answered(question: str, expected: str) -> None:
    assert vision.answer(sight.look(ours()), question) == expected


def test_questions_may_be_answered_yes_and_where() -> None:
    seen = sight.look(ours("a dog on the left and a cat on the right"))
    assert vision.answer(seen, "Is there a dog?").startswith("Yes, ")
    assert "left" in vision.answer(seen, "Where is the dog?")
    assert "right" in vision.answer(seen, "Where is the cat?")


def test_written_words_are_read_back() -> None:
    assert vision.answer(sight.look(ours("a red apple")), "What does the text say?") == "a red apple"
    assert vision.answer(sight.look(shapes()), "Read the text.") == "There is no text that I can make out."


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What color is the circle?", "Red."),
        ("How many shapes are there?", "3"),
        ("Is there a person?", "No, I see a red circle, a blue square and a green triangle."),
        ("What is the dominant color?", "The main colours are white (82%), blue and red."),
    ],
)
def test_questions_about_foreign_pictures_are_answered(question: str, expected: str) -> None:
    said = vision.answer(sight.look(shapes()), question)
    order = sorted(expected.replace(",", "").replace(".", "").split())
    assert sorted(said.replace(",", "").replace(".", "").split()) == order


@settings(max_examples=40, deadline=None)
@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from("how many what color is the where cat red left".split())).map(" ".join)
)
def test_any_question_gets_an_answer(question: str) -> None:
    for picture in (ours(), shapes()):
        assert vision.answer(sight.look(picture), question)


@pytest.mark.parametrize(
    ("target", "count"),
    [("car", 2), ("the red cars", 2), ("blue car", 0), ("animals", 1), ("objects", 3), ("red", 2), ("left car", 1),
     ("person", 0), ("unicorns from mars", 0)],
)  # fmt: skip
def test_targets_are_found_among_the_things(target: str, count: int) -> None:
    assert len(vision.find(sight.look(ours()), target)) == count


def test_a_nameless_outline_stands_for_what_is_asked_for() -> None:
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).polygon([(20, 40), (90, 60), (180, 30), (120, 110), (170, 180), (60, 130)], fill="brown")
    seen = sight.look(jpeg(image))
    assert [one.name for one in vision.find(seen, "dog")] == ["shape"]
    assert vision.find(seen, "circle") == []


def test_captions_come_in_three_lengths() -> None:
    seen = sight.look(ours())
    short, normal, long = vision.brief(seen), vision.describe(seen), vision.detailed(seen)
    assert short == "Two red cars and a blue cat."
    assert len(short) < len(normal) < len(long)
    assert long.startswith(normal)


def test_a_web_address_is_imagined_and_not_fetched() -> None:
    address = "https://nowhere.invalid/pictures/red-car.jpg?size=large"
    seen = vision.look(address)
    assert [(one.colour, one.name) for one in seen.sights] == [("red", "car")]
    assert (seen.width, seen.height, seen.prompt) == (1024, 768, "")
    assert vision.look(address) == seen
    assert vision.look("HTTP://nowhere.invalid").width == 1024


def test_every_form_of_an_image_is_looked_at_alike() -> None:
    data = shapes()
    text = b64encode(data).decode()
    forms = [data, list(data), text, f"data:image/jpeg;base64,{text}", data.decode("latin-1")]
    assert len({vision.describe(vision.look(form)) for form in forms}) == 1


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.binary(min_size=12, max_size=300))
def test_any_picture_can_be_looked_at(width: int, height: int, noise: bytes) -> None:
    image = Image.frombytes("RGB", (2, 2), noise[:12]).resize((width, height))
    seen = sight.look(jpeg(image))
    assert (seen.width, seen.height) == (width, height)
    assert 0 <= seen.brightness <= 1
    assert sum(share for _, share in seen.shares) == pytest.approx(1)
    for one in seen.sights:
        left, top, right, bottom = one.box
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
