"""Saying what is on a picture: descriptions, answers to questions about it, and where its things are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from mock_server.media import colours, drawing, images, scene, sight
from mock_server.media.sight import Seen, Sight
from mock_server.media.things import named

KINDS: dict[str, tuple[str, ...]] = {  # words for several kinds of things
    "animal": tuple("cat dog rabbit fox bear elephant horse cow bird duck owl fish whale butterfly".split()),
    "pet": ("cat", "dog", "rabbit", "fish", "bird"),
    "vehicle": ("car", "bus", "truck", "train", "bicycle", "boat", "airplane", "rocket"),
    "fruit": ("apple", "orange", "banana"),
    "food": ("apple", "orange", "banana", "pizza", "cake", "ice cream"),
    "plant": ("tree", "pine tree", "palm tree", "flower", "cactus", "mushroom"),
    "tree": ("tree", "pine tree", "palm tree"),
    "building": ("house", "castle", "lighthouse", "tower", "windmill"),
    "person": ("person", "woman", "astronaut"),
    "people": ("person", "woman", "astronaut"),
    "human": ("person", "woman"),
    "shape": tuple("circle ring square rectangle triangle diamond hexagon star cross arrow heart shape".split()),
}
ANYTHING = {"object", "thing", "item", "everything", "anything", "subject", "element"}
SHAPES = frozenset(KINDS["shape"])
EXTENSIONS = frozenset("jpg jpeg png webp gif avif images image static media uploads assets public files".split())
PLURALS = {
    "person": "people",
    "woman": "women",
    "snowman": "snowmen",
    "fish": "fish",
    "bus": "buses",
    "cactus": "cacti",
    "butterfly": "butterflies",
    "cross": "crosses",
    "fox": "foxes",
}
PLACES = {
    "meadow": "a meadow",
    "forest": "a forest",
    "sea": "the sea",
    "beach": "a beach",
    "desert": "a desert",
    "snow": "a snowy landscape",
    "city": "a city",
    "road": "a road",
    "moonscape": "the surface of a moon",
    "underwater": "the bottom of the sea",
    "room": "a room",
    "air": "the sky",
}
TIMES = {
    "sunset": "at sunset",
    "night": "at night",
    "space": "under the stars",
    "storm": "under dark clouds",
    "neon": "in neon light",
}
LIGHTS = ("very dark", "dark", "of medium brightness", "bright", "very bright")
COUNTED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def look(value: Any) -> Seen:
    """What is on the image input `value`: bytes, an array of numbers, base64, a data URL, or an http(s) address.

    Nothing is ever fetched: an address stands for the picture that the words of its path draw, always the same for
    the same address. ApiError 5004 or 8001 for what cannot be read (``images.octets``, ``images.decode``).
    """
    if isinstance(value, str) and re.match(r"https?://", value, re.IGNORECASE):
        return imagined(value)
    return sight.look(images.octets(value))


@lru_cache(maxsize=64)
def imagined(address: str) -> Seen:
    """The picture that a web address stands for: 1024 x 768 pixels, drawn from the words of its path."""
    path = re.match(r"https?://[^/?#]*([^?#]*)", address, re.IGNORECASE)
    found = re.findall(r"[a-z]{3,}", path.group(1).lower()) if path else []
    words = " ".join(word for word in found if word not in EXTENSIONS)
    random = Random(address)
    plan = scene.compose(words, "", 4 / 3, random)
    images.pillow()
    picture = drawing.picture(plan, 1024, 768, random)
    return sight.see(images.Picture(picture, picture.size, "JPEG", drawing.note(plan, "", "")))


def describe_bytes(data: bytes) -> str:
    """True facts of a picture in a sentence or three, for models that are shown one. ApiError 8001 if undecodable."""
    return describe(sight.look(data))


def describe(seen: Seen) -> str:
    """What is on a picture, its colours, brightness and size; the prompt that drew it, when it carries one."""
    around = setting(seen)
    if seen.sights:
        said = [f"The image shows {things(seen)}.", *([f"The setting is {around}."] if around else [])]
    else:
        said = [f"The image shows {around or 'no clear objects'}."]
    if seen.prompt:
        said.append(f'It carries the prompt "{_short(seen.prompt)}".')
    said.append(f"It is {light(seen)}, mostly {palette(seen)}, and {seen.width}x{seen.height} pixels large.")
    return " ".join(said)


def brief(seen: Seen) -> str:
    """A caption of a few words."""
    what = things(seen) if seen.sights else setting(seen) or f"{_some(1, seen.shares[0][0], 'picture')}"
    return f"{what[0].upper()}{what[1:]}."


def detailed(seen: Seen) -> str:
    """A caption of several sentences: the description, and where each thing is."""
    places = [f"{_some(1, one.colour, one.name)} is {where(one)}" for one in seen.sights[:8]]
    told = ". ".join(place[0].upper() + place[1:] for place in places)
    caption = f' The words "{seen.caption}" can be read at the bottom.' if seen.caption else ""
    return f"{describe(seen)}{' ' + told + '.' if told else ''}{caption}"


def things(seen: Seen) -> str:
    """ "a red car and two trees": everything seen, counted by kind and colour, the most prominent first."""
    counts = list(Counter((one.colour, one.name) for one in seen.sights).items())
    return _listed([_some(count, colour, name) for (colour, name), count in counts[:6]])


def setting(seen: Seen) -> str:
    """ "a beach at sunset": the scenery of a picture of ours, "" where there is none or nobody knows."""
    return " ".join(word for word in (PLACES.get(seen.ground, ""), TIMES.get(seen.sky, "")) if word)


def palette(seen: Seen) -> str:
    """The names of the colours that matter, with the share of the first: "blue (54%), green and white"."""
    main = [(name, share) for name, share in seen.shares if share >= 0.06][:3] or [*seen.shares[:1]]
    return _listed([f"{main[0][0]} ({main[0][1]:.0%})", *(name for name, _ in main[1:])])


def light(seen: Seen) -> str:
    """The brightness in words."""
    return LIGHTS[min(4, int(seen.brightness * 5))]


def where(one: Sight) -> str:
    """The part of the picture a thing is in."""
    x, y = (one.box[0] + one.box[2]) / 2, (one.box[1] + one.box[3]) / 2
    across = "left" if x < 0.36 else "right" if x > 0.64 else ""
    down = "top" if y < 0.34 else "bottom" if y > 0.72 else ""
    if across and down:
        return f"at the {down} {across}"
    return f"on the {across}" if across else f"at the {down}" if down else "in the middle"


class Target(NamedTuple):
    """What words of a question mean: names of things and of colours, anything at all, one side of the picture."""

    names: frozenset[str]
    colours: frozenset[str]
    anything: bool
    side: str


def target_of(text: str) -> Target:
    """What "person", "the red cars" or "objects on the left" mean."""
    words = re.findall(r"[a-z]+", text.lower())
    names: set[str] = set()
    for word, following in zip(words, [*words[1:], ""], strict=False):
        kind = KINDS.get(word) or KINDS.get(word.removesuffix("s"), ())
        names.update(kind)
        if not kind and (thing := named(f"{word} {following}") or named(word)):
            names.add(thing.name)
    tints = {colours.SHADES[word][0] for word in words if word in colours.SHADES and word not in names}
    anything = any(word.removesuffix("s") in ANYTHING for word in words)
    sides = [side for side in ("left", "right") if side in words]
    return Target(frozenset(names), frozenset(tints), anything, sides[0] if len(sides) == 1 else "")


def find(seen: Seen, text: str) -> list[Sight]:
    """The things of a picture that a target means, the most prominent first.

    An outline without a name may be anything, so it stands for a thing that is asked for and not found otherwise.
    """
    target = target_of(text)
    every = target.anything or (target.colours and not target.names)
    found = [one for one in seen.sights if every or one.name in target.names]
    if target.colours:
        found = [one for one in found if one.colour in target.colours]
    elif not found and not target.names <= SHAPES:
        found = [one for one in seen.sights if one.thing is None][:1]
    found.sort(key=lambda one: -one.area)
    if target.side and len(found) > 1:
        found = [(min if target.side == "left" else max)(found, key=lambda one: one.box[0])]
    return found


def answer(seen: Seen, question: str) -> str:
    """Answer a question about a picture from what was seen; one that is not understood gets the description."""
    asked = question.lower()
    for pattern, reply in QUESTIONS:
        if re.search(pattern, asked) and (said := reply(seen, asked)):
            return said
    return describe(seen)


def _count(seen: Seen, asked: str) -> str:
    return f"{len(find(seen, asked))}"


def _colours(seen: Seen, asked: str) -> str:
    tints = list(dict.fromkeys(one.colour for one in find(seen, asked))) if target_of(asked).names else []
    return f"{_listed(tints).capitalize()}." if tints else f"The main colours are {palette(seen)}."


def _where(seen: Seen, asked: str) -> str:
    places = [f"the {one.colour} {one.name} is {where(one)}" for one in find(seen, asked)[:4]]
    return f"{_listed(places).capitalize()}." if places else ""


def _whether(seen: Seen, asked: str) -> str:
    target = target_of(asked)
    if not (target.names or target.colours or target.anything):
        return ""
    found = find(seen, asked)
    if found:
        return f"Yes, {where(found[0])}."
    return f"No, I see {things(seen)}." if seen.sights else "No."


# The first pattern that is in a question decides, unless its answer is empty.
QUESTIONS: tuple[tuple[str, Callable[[Seen, str], str]], ...] = (
    (r"\bhow many\b|\bcount\b|\bnumber of\b", _count),
    (r"\b(what|which) colou?rs?\b|\bcolou?r (is|are|of)\b|\bdominant colou?r|\bmain colou?r", _colours),
    (
        r"\b((?<!alt )text|words?|written|say|says|read|transcribe|ocr|letters?)\b",
        lambda seen, _: seen.caption or "There is no text that I can make out.",
    ),
    (r"\bprompt\b", lambda seen, _: seen.prompt or "The image does not say what prompt it was made from."),
    (
        r"\b(size|dimensions?|resolution|pixels|width|height|how (wide|high|tall|large|big))\b",
        lambda seen, _: f"{seen.width}x{seen.height} pixels.",
    ),
    (r"\b(brightness|lighting|exposure|how (bright|dark))\b", lambda seen, _: f"The image is {light(seen)}."),
    (r"\bwhere\b|\blocated\b|\bposition\b", _where),
    (r"^\W*(is|are|does|do|can|has|have|was)\b", _whether),
)


def number(count: int) -> str:
    """A small number as a word."""
    return COUNTED[count] if count < len(COUNTED) else str(count)


def plural(name: str) -> str:
    """The plural of a thing's name."""
    return PLURALS.get(name, name + "s")


def _some(count: int, colour: str, name: str) -> str:
    """ "an orange cat", "two red cars"."""
    if count > 1:
        return f"{number(count)} {colour} {plural(name)}"
    return f"{'an' if colour[0] in 'aeiou' else 'a'} {colour} {name}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _short(text: str, most: int = 300) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"
