"""Saying what is on a picture: descriptions, answers to questions about it, and where its things are."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from random import Random
from typing import Any

from mock_server.media import colours, drawing, images, scene, sight
from mock_server.media.sight import Seen, Sight
from mock_server.media.things import named

KINDS = {  # words for several kinds of things
    "animal": "cat dog rabbit fox bear elephant horse cow bird duck owl fish whale butterfly",
    "pet": "cat dog rabbit fish bird",
    "vehicle": "car bus truck train bicycle boat airplane rocket",
    "fruit": "apple orange banana",
    "food": "apple orange banana pizza cake ice-cream",
    "plant": "tree pine-tree palm-tree flower cactus mushroom",
    "building": "house castle lighthouse tower windmill",
    "person": "person woman astronaut",
    "people": "person woman astronaut",
    "human": "person woman",
    "shape": "circle ring square rectangle triangle diamond hexagon star cross arrow heart shape",
}
ANYTHING = {"object", "thing", "item", "everything", "anything", "subject", "element"}
SIZES = ("very dark", "dark", "of medium brightness", "bright", "very bright")
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
    path = re.sub(
        r"^https?://[^/]*", "", address.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0], flags=re.IGNORECASE
    )
    words = " ".join(word for word in re.findall(r"[a-z]+", path.lower()) if len(word) > 2 and word not in _EXTENSIONS)
    random = Random(address)
    plan = scene.compose(words, "", 4 / 3, random)
    images.pillow()
    picture = drawing.picture(plan, 1024, 768, random)
    return sight.see(images.Picture(picture, picture.size, "JPEG", images.Note("", "", drawing.marks(plan))))


_EXTENSIONS = {"jpg", "jpeg", "png", "webp", "gif", "avif", "images", "image", "static", "media", "uploads", "assets"}


def describe_bytes(data: bytes) -> str:
    """True facts of a picture in a sentence or three, for models that are shown one. ApiError 8001 if undecodable."""
    return describe(sight.look(data))


def describe(seen: Seen) -> str:
    """What is on a picture, its colours, brightness and size; the prompt that drew it, when it carries one."""
    said = [f"The image shows {things(seen)}." if seen.sights else "The image shows no clear objects."]
    if seen.prompt:
        said.append(f'It carries the prompt "{_short(seen.prompt)}".')
    said.append(f"It is {light(seen)}, mostly {palette(seen)}, and {seen.width}x{seen.height} pixels large.")
    return " ".join(said)


def brief(seen: Seen) -> str:
    """A caption of a few words."""
    what = things(seen) if seen.sights else f"a {light(seen).removeprefix('of ')} {seen.shares[0][0]} picture"
    return f"{what[0].upper()}{what[1:]}."


def detailed(seen: Seen) -> str:
    """A caption of several sentences: the description, and where each thing is."""
    places = [f"{_a(one)} is {where(one)}" for one in seen.sights[:8]]
    told = ". ".join(place[0].upper() + place[1:] for place in places)
    caption = f' The words "{seen.caption}" can be read at the bottom.' if seen.caption else ""
    return f"{describe(seen)}{' ' + told + '.' if told else ''}{caption}"


def things(seen: Seen) -> str:
    """ "a red car and two trees": everything seen, counted by kind and colour, the most prominent first."""
    counts = Counter((one.colour, one.name) for one in seen.sights)
    parts = [
        f"{colour} {name}" if count == 1 else f"{number(count)} {colour} {plural(name)}"
        for (colour, name), count in list(counts.items())[:6]
    ]
    parts = [
        f"{'an' if part[0] in 'aeiou' else 'a'} {part}" if part.split()[0] not in COUNTED else part for part in parts
    ]
    return _listed(parts)


def palette(seen: Seen) -> str:
    """The names of the colours that matter, with the share of the first: "blue (54%), green and white"."""
    main = [(name, share) for name, share in seen.shares if share >= 0.06][:3] or [*seen.shares[:1]]
    return _listed([f"{main[0][0]} ({main[0][1]:.0%})", *(name for name, _ in main[1:])])


def light(seen: Seen) -> str:
    return SIZES[min(4, int(seen.brightness * 5))]


def where(one: Sight) -> str:
    """The part of the picture a thing is in."""
    x, y = (one.box[0] + one.box[2]) / 2, (one.box[1] + one.box[3]) / 2
    across = "left" if x < 0.36 else "right" if x > 0.64 else ""
    down = "top" if y < 0.34 else "bottom" if y > 0.72 else ""
    if across and down:
        return f"at the {down} {across}"
    return f"on the {across}" if across else f"at the {down}" if down else "in the middle"


def find(seen: Seen, target: str) -> list[Sight]:
    """What `target` ("person", "the red cars", "objects") means among the things of a picture, most prominent first.

    An outline without a name may be anything, so it stands for a target that nothing else answers to.
    """
    words = re.findall(r"[a-z]+", target.lower())
    wanted = {colours.SHADES[word][0] for word in words if word in colours.SHADES and word != "orange"}
    names: set[str] = set()
    anything = False
    for word, following in zip(words, [*words[1:], ""], strict=True):
        single = word if word in KINDS else word.removesuffix("s")
        anything |= single in ANYTHING
        names.update(
            KINDS.get(single, "").replace("-", " ").split(" ") if "-" not in KINDS.get(single, "") else _kinds(single)
        )
        if thing := named(f"{word} {following}") or named(word):
            names.add(thing.name)
    names.discard("")
    found = [one for one in seen.sights if (one.name in names or anything or (wanted and not names))]
    if wanted:
        found = [one for one in found if one.colour in wanted]
    elif not found and not anything and not seen.prompt:
        found = [one for one in seen.sights if one.thing is None][:1]
    sides = [side for side in ("left", "right") if side in words]
    if len(sides) == 1 and len(found) > 1:
        found = [sorted(found, key=lambda one: one.box[0])[0 if sides == ["left"] else -1]]
    return sorted(found, key=lambda one: -one.area)


def _kinds(word: str) -> list[str]:
    return [name.replace("-", " ") for name in KINDS[word].split()]


def answer(seen: Seen, question: str) -> str:
    """Answer a question about a picture from what was seen; what is no question it knows gets the description."""
    asked = question.lower()
    about = find(seen, asked) if re.search(r"[a-z]", asked) else []
    told = seen.prompt != "" or all(one.thing for one in about)
    match asked:
        case _ if re.search(r"\bhow many\b|\bcount\b|\bnumber of\b", asked):
            return f"{len(about)}" if told or about else "I cannot make out any."
        case _ if re.search(r"\bwhat colou?r|\bwhich colou?r|\bcolou?rs?\b", asked):
            named_ones = [one for one in about if one.thing or not seen.prompt]
            if (named_ones and len(named_ones) < max(2, len(seen.sights))) or len(
                {one.colour for one in named_ones}
            ) == 1:
                return f"{_listed(list(dict.fromkeys(one.colour for one in named_ones))).capitalize()}."
            return f"The main colours are {palette(seen)}."
        case _ if re.search(r"\b(text|words?|written|say|says|read|transcribe|ocr|letters?|caption)\b", asked):
            return seen.caption or "There is no text that I can make out."
        case _ if re.search(r"\bprompt\b", asked):
            return seen.prompt or "The image does not say what prompt it was made from."
        case _ if re.search(
            r"\b(size|dimensions?|resolution|pixels|width|height|how (wide|high|tall|large|big))\b", asked
        ):
            return f"{seen.width}x{seen.height} pixels."
        case _ if re.search(r"\b(bright|brightness|dark|lighting|exposure)\b", asked):
            return f"The image is {light(seen)}."
        case _ if re.search(r"\bwhere\b|\blocated\b|\bposition\b", asked) and about:
            return f"{_listed([f'the {one.colour} {one.name} is {where(one)}' for one in about[:4]]).capitalize()}."
        case _ if re.match(r"\W*(is|are|does|do|can|has|have|was)\b", asked) and _names_something(asked):
            if not about:
                return f"No, I see {things(seen)}." if seen.sights else "No."
            return f"Yes, {where(about[0])}."
    return describe(seen)


def _names_something(asked: str) -> bool:
    words = re.findall(r"[a-z]+", asked)
    return any(named(word) or word.removesuffix("s") in KINDS or word in colours.SHADES for word in words)


def number(count: int) -> str:
    return COUNTED[count] if count < len(COUNTED) else str(count)


def plural(name: str) -> str:
    """The plural of a thing's name."""
    irregular = {"person": "people", "woman": "women", "fish": "fish", "box": "boxes", "bus": "buses", "cactus": "cacti",
                 "butterfly": "butterflies", "cross": "crosses", "fox": "foxes"}  # fmt: skip
    return irregular.get(name, name + "s")


def _a(one: Sight) -> str:
    return f"{'an' if one.colour[0] in 'aeiou' else 'a'} {one.colour} {one.name}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _short(text: str, most: int = 300) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"
