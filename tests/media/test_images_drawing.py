"""Drawing: prompts are understood, scenes stay inside the picture, sizes are exact, words are legible."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageColor

from mock_server.media import colours, drawing, lettering, prompts, scene
from mock_server.media.backdrops import GROUNDS
from mock_server.media.things import THINGS, Thing, by_word, named


def things(prompt: str, unwanted: str = "") -> list[tuple[int, str, str]]:
    return [(wish.number, wish.colour, wish.thing.name) for wish in prompts.read(prompt, unwanted).wishes]


def drawn(prompt: str, width: int = 128, height: int = 128, seed: int = 0) -> Image.Image:
    random = Random(seed)
    plan = scene.compose(prompt, "", width / height, random)
    return drawing.picture(plan, width, height, random)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", [(1, "orange", "cat")]),
        ("a red car", [(1, "red", "car")]),
        ("Two Blue Cars and a yellow dog", [(2, "blue", "car"), (1, "yellow", "dog")]),
        ("cats", [(3, "orange", "cat")]),
        ("a vase of flowers", [(3, "pink", "flower")]),
        ("three foxes", [(3, "orange", "fox")]),
        ("a house that is green", [(1, "beige", "house")]),
        ("a house painted green", [(1, "green", "house")]),
        ("the car is blue", [(1, "blue", "car")]),
        ("an orange on an orange table", [(1, "orange", "orange")]),
        ("an orange cat", [(1, "orange", "cat")]),
        ("a palm tree and a pine tree", [(1, "green", "palm tree"), (1, "green", "pine tree")]),
        ("a woman in a red dress", [(1, "red", "woman")]),
        ("portrait of a man in a green coat", [(1, "green", "person")]),
        ("100 balloons", [(3, "red", "balloon")]),
        ("quantum entanglement", []),
        ("", []),
    ],
)
def test_a_prompt_is_read(prompt: str, expected: list[tuple[int, str, str]]) -> None:
    assert things(prompt) == expected


def test_dark_and_light_make_shades_of_the_colour() -> None:
    (dark,), (plain,), (light,) = (prompts.read(f"a {tone} blue car").wishes for tone in ("dark", "", "light"))
    assert sum(dark.shade) < sum(plain.shade) < sum(light.shade)
    assert {dark.colour, plain.colour, light.colour} == {"blue"}


def test_a_negative_prompt_leaves_things_and_scenery_out() -> None:
    assert things("a cat and a dog", "dogs, blurry") == [(1, "orange", "cat")]
    assert prompts.read("a beach at night", "night").sky == ""


def test_sides_are_respected() -> None:
    for seed in range(8):
        plan = scene.compose("a dog on the right and a cat on the left", "", 1.0, Random(seed))
        left = {item.thing.name: item.box[0] for item in plan.items}
        assert left["cat"] < left["dog"]


@pytest.mark.parametrize(
    ("prompt", "sky", "ground"),
    [
        ("a sunset over the ocean", "sunset", "sea"),
        ("a car by the sea", "day", "beach"),
        ("a fish in the sea", "day", "underwater"),
        ("a sailboat on a lake at night", "night", "sea"),
        ("a cyberpunk cat", "neon", "city"),
        ("a rocket in space", "space", "moonscape"),
        ("an astronaut on the moon", "night", "moonscape"),
        ("a bus", "day", "road"),
        ("two apples", "day", "room"),
        ("a red circle", "day", "plain"),
        ("a balloon", "day", "air"),
        ("the meaning of it all", "", "abstract"),
    ],
)
def test_scenery_fits_the_prompt(prompt: str, sky: str, ground: str) -> None:
    plan = scene.compose(prompt, "", 1.0, Random(1))
    assert (plan.sky, plan.ground) == (sky, ground)


WORDS = st.sampled_from(
    [*by_word(), *colours.SHADES, *prompts.NUMBERS, *prompts.SKY_WORDS, *prompts.GROUND_WORDS, "on", "the", "left"]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(WORDS, max_size=14).map(" ".join), st.floats(0.05, 20), st.integers(0, 99))
def test_things_stay_inside_the_picture(prompt: str, aspect: float, seed: int) -> None:
    plan = scene.compose(prompt, "", aspect, Random(seed))
    assert plan.ground in GROUNDS
    assert len(plan.items) <= prompts.MOST_OF_ALL
    for item in plan.items:
        left, top, right, bottom = item.box
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
        wide, high = (right - left) * aspect, bottom - top
        assert wide / high == pytest.approx(item.thing.aspect, rel=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (37, 411), (256, 256), (512, 64), (1072, 720)])
def test_pictures_have_exactly_the_asked_size(size: tuple[int, int]) -> None:
    image = drawn("two cats and a dog in a forest at night", *size)
    drawing.caption(image, "two cats and a dog")
    assert (image.size, image.mode) == (size, "RGB")


@pytest.mark.parametrize("ground", sorted(GROUNDS))
def test_every_ground_is_painted_at_both_ways_of_smoothing(ground: str) -> None:
    for side in (64, 350):
        plan = scene.Scene("sunset", ground, "", None, ())
        image = drawing.picture(plan, side, side, Random(3))
        assert len(image.getcolors(1 << 24) or []) > 5


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name)
def test_a_thing_is_found_by_its_words_and_painted_in_its_box(thing: Thing) -> None:
    assert named(thing.name) == thing
    assert all(named(word) == thing for word in thing.words.split())
    assert len(thing.classes.split("|")) == 5
    assert colours.name(colours.PAINTS[thing.colour]) == thing.colour
    box = (0.2, 0.2, 0.8, 0.8)
    item = scene.Item(thing, thing.colour, colours.PAINTS[thing.colour], box)
    empty, full = (
        drawing.picture(scene.Scene("day", "plain", "", (10, 200, 190), items), 200, 200, Random(1))
        for items in ((), (item,))
    )
    painted = ImageChops.difference(empty, full).convert("L").point(lambda value: value > 12 and 255).getbbox()
    assert painted is not None
    left, top, right, bottom = painted
    assert 34 <= left < right <= 166
    assert 34 <= top < bottom <= 166
    assert (right - left) * (bottom - top) > 0.5 * 120 * 120


@pytest.mark.parametrize(("word", "expected"), [(word, name) for word, (name, _) in colours.SHADES.items()])
def test_a_colour_is_called_what_it_was_asked_for_as(word: str, expected: str) -> None:
    red, green, blue = colours.SHADES[word][1]
    assert colours.name((red, green, blue)) == expected
    assert colours.names_by_cell()[(red >> 4) << 8 | (green >> 4) << 4 | blue >> 4] == expected


@pytest.mark.parametrize(
    ("css", "expected"),
    [(name, name) for name in ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "brown", "beige")]
    + [(name, name) for name in ("black", "grey", "white")]
    + [("lime", "green"), ("navy", "blue"), ("teal", "cyan"), ("maroon", "red"), ("olive", "green"), ("gold", "yellow")]
    + [("skyblue", "blue"), ("indigo", "purple"), ("magenta", "pink"), ("saddlebrown", "brown"), ("silver", "grey")],
)
def test_the_colours_of_style_sheets_are_called_by_their_names(css: str, expected: str) -> None:
    red, green, blue = ImageColor.getrgb(css)[:3]
    assert colours.name((red, green, blue)) == expected


def test_seeds_make_different_pictures_and_the_same_seed_the_same() -> None:
    pictures = [drawn("a cat", seed=seed).tobytes() for seed in (1, 2, 1)]
    assert pictures[0] == pictures[2] != pictures[1]


@pytest.mark.parametrize("style", ["monochrome", "sepia", "pixel", "watercolor"])
def test_styles_change_the_picture(style: str) -> None:
    plain, styled = drawn("a cat"), drawn(f"a {style} cat")
    assert plain.tobytes() != styled.tobytes()
    if style == "monochrome":
        assert styled.convert("L").convert("RGB").tobytes() == styled.tobytes()


def test_the_caption_is_light_on_dark_at_the_bottom() -> None:
    before = drawn("a snowman in winter", 256, 256)
    image = before.copy()
    assert drawing.caption(image, "a snowman in winter") == "a snowman in winter"
    changed = ImageChops.difference(before, image).getbbox()
    assert changed is not None
    assert changed[1] > 256 * 0.8
    strip = image.crop((0, changed[1], 256, 256)).convert("L")
    assert strip.getextrema()[1] == 255  # letters
    assert sorted(strip.tobytes())[len(strip.tobytes()) // 2] < 130  # the strip around them


def test_a_long_prompt_shows_its_first_words() -> None:
    image = Image.new("RGB", (512, 512))
    shown = drawing.caption(image, "word " * 200)
    assert shown.startswith("word word")
    assert shown.endswith("…")
    assert len(shown) < 200


def test_tiny_pictures_have_no_caption() -> None:
    assert drawing.caption(Image.new("RGB", (80, 80)), "a cat") == ""


@pytest.mark.parametrize("text", ["a cat", "größer", "кот", "γάτα", "猫とカフェ", "고양이", "قطة", "🙂", "a\u0301"])
def test_every_script_leaves_ink(text: str) -> None:
    mask = lettering.stencil(text, 24)
    assert mask.mode == "L"
    assert mask.getbbox() is not None


def test_different_characters_of_other_scripts_look_different() -> None:
    assert lettering.stencil("猫", 24).tobytes() != lettering.stencil("犬", 24).tobytes()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.integers(60, 600))
def test_lines_fit_their_width(text: str, width: int) -> None:
    text = text.encode("utf-8", "replace").decode()
    lines = lettering.wrap(text, 16, width, 2)
    assert len(lines) <= 2
    assert all(lettering.length(line, 16) <= width for line in lines)
