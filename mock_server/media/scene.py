"""What a prompt asks to see: the things it names, with number, colour and place, and the scenery around them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from mock_server.media import colours
from mock_server.media.brush import Box
from mock_server.media.colours import RGB
from mock_server.media.things import Thing, by_name, named

MOST_OF_A_KIND = 6
MOST_OF_ALL = 12
HORIZON = 0.64  # of the height
FLOOR = 0.86  # where the nearest things stand; the caption is below

NUMBERS = {
    word: count
    for count, words in enumerate(("", "a an one single 1", "two 2 pair couple both", "three 3 several few some", "four 4",
                                   "five 5 many", "six 6", "seven 7", "eight 8", "nine 9", "ten 10 dozen"))
    for word in words.split()
}  # fmt: skip

SKIES = {
    "night": "night midnight nighttime starry stars nightsky aurora",
    "space": "space galaxy cosmos nebula universe orbit cosmic",
    "sunset": "sunset sunrise dusk dawn evening twilight golden-hour",
    "storm": "storm stormy rain rainy thunder lightning cloudy overcast foggy fog mist misty gloomy",
    "neon": "cyberpunk neon synthwave vaporwave futuristic",
    "day": "sky day sunny daylight morning noon summer spring",
}
GROUNDS = {
    "underwater": "underwater coral reef aquarium",
    "beach": "beach shore coast seaside sand tropical",
    "sea": "sea ocean water lake river waves pond harbour harbor bay",
    "desert": "desert dunes sahara canyon",
    "snow": "snow snowy winter ice icy arctic frozen christmas glacier",
    "city": "city skyline street downtown urban town metropolis tokyo york london paris cyberpunk",
    "forest": "forest woods jungle woodland rainforest park",
    "road": "road highway racetrack",
    "moonscape": "lunar moonscape crater",
    "meadow": "meadow field grass garden farm hill hills valley countryside landscape nature savanna lawn",
    "room": "room kitchen indoors inside interior table desk office studio cafe bedroom shelf wall",
}
STYLES = {
    "grey": "monochrome grayscale greyscale charcoal noir black-and-white",
    "sepia": "sepia vintage antique retro",
    "pixel": "pixel pixelated 8-bit 8bit",
    "soft": "watercolor watercolour pastel dreamy",
}
GARMENTS = "dress shirt coat suit jacket sweater hoodie hat uniform clothes t-shirt".split()
COMES_WITH = {"ground": "meadow", "water": "sea", "still": "room", "shape": "plain"}


def _words(table: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in table.items() for word in words.split()}


SKY_WORDS, GROUND_WORDS, STYLE_WORDS = _words(SKIES), _words(GROUNDS), _words(STYLES)


class Wish(NamedTuple):
    """A thing that a prompt names: how many of it, in which colour (a name and a shade), on which side ("", left ...)."""

    thing: Thing
    count: int
    colour: str
    shade: RGB
    side: str


@dataclass(frozen=True, slots=True)
class Item:
    """A thing of a scene. box: fractions of width and height, inside the picture. back: it is part of the scenery."""

    thing: Thing
    colour: str
    shade: RGB
    box: Box
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """sky, ground: names of SKIES and GROUNDS, or "plain" and "abstract" grounds. style: of STYLES, or "".

    tint: a colour that the prompt gives to nothing in particular. items: in the order to paint them.
    """

    sky: str
    ground: str
    style: str
    tint: RGB | None
    items: tuple[Item, ...]


def read(prompt: str, unwanted: str = "") -> tuple[list[Wish], str, str, str, RGB | None]:
    """The wishes of a prompt and its sky, ground, style and tint ("" and None where it says nothing).

    Things and scenery that `unwanted` (a negative prompt) names are left out.
    """
    refused = {thing.name for word in _split(unwanted) if (thing := named(word))}
    refused_words = set(_split(unwanted))
    wishes: list[Wish] = []
    sky = ground = style = ""
    tint: RGB | None = None
    count, colour, dark = 0, "", 0.0
    words = _split(prompt)
    skip = False
    for position, word in enumerate(words):
        following = words[position + 1] if position + 1 < len(words) else ""
        if skip:
            skip = False
            continue
        sky = sky or SKY_WORDS.get(word, "")
        ground = ground or GROUND_WORDS.get(word, "")
        style = style or STYLE_WORDS.get(word, "")
        if word in NUMBERS:
            count = NUMBERS[word]
        elif word in ("dark", "deep"):
            dark = 0.3
        elif word in ("light", "pale", "bright"):
            dark = -0.3
        elif word in colours.SHADES and (word != "orange" or _means_colour(following)):
            colour = word
        elif colour and word in GARMENTS and wishes and wishes[-1].thing.name in ("person", "woman"):
            wishes[-1] = wishes[-1]._replace(colour=colours.SHADES[colour][0], shade=colours.SHADES[colour][1])
            colour = ""
        elif thing := named(f"{word} {following}") or named(word):
            skip = named(f"{word} {following}") is not None
            if thing.name in refused:
                continue
            plural = word not in (thing.name, *thing.words.split()) and not skip
            name, shade = colours.SHADES[colour or _later_colour(words[position + 1 : position + 4]) or thing.colour]
            if dark:
                shade = colours.darker(shade, dark) if dark > 0 else colours.lighter(shade, -dark)
            if plural and count < 2:
                count = 3
            number = min(count or 1, MOST_OF_A_KIND)
            wishes.append(Wish(thing, number, name, shade, _side(words[position + 1 : position + 6])))
            count, colour, dark = 0, "", 0.0
        elif colour and word in ("and", "with", "at", "on", "in", "over"):
            tint, colour = tint or colours.SHADES[colour][1], ""
    if colour:
        tint = tint or colours.SHADES[colour][1]
    refused_scenery = {SKY_WORDS.get(word) for word in refused_words} | {GROUND_WORDS.get(word) for word in refused_words}
    sky = "" if sky in refused_scenery else sky
    ground = "" if ground in refused_scenery else ground
    return _merged(wishes), sky, ground, style, tint


def compose(prompt: str, unwanted: str, aspect: float, random: Random) -> Scene:
    """Lay out what `prompt` asks for on a canvas of the given width / height.

    The same generator state gives the same scene. A prompt that names nothing known becomes an abstract composition.
    """
    wishes, sky, ground, style, tint = read(prompt, unwanted)
    if not wishes and not sky and not ground:
        return Scene("", "abstract", style, tint, ())
    if not ground:
        ground = _ground_for(wishes, sky)
    if ground == "sea" and any(wish.thing.place in ("ground", "still") and wish.thing.name != "mountain" for wish in wishes):
        ground = "beach"
    if not sky:
        kinds = {wish.thing.name for wish in wishes}
        sky = "night" if "moon" in kinds and "sun" not in kinds else "space" if "planet" in kinds else "day"
    if sky == "space" and ground == "meadow":
        ground = "moonscape"
    if ground == "sea" and any(wish.thing.name in ("fish", "whale") for wish in wishes):
        ground = "underwater" if not any(wish.thing.name in ("boat", "duck", "bridge") for wish in wishes) else ground
    return Scene(sky, ground, style, tint, tuple(_placed(wishes, ground, aspect, random)))


def _split(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:[-'][^\W_]+)*", text.lower())[:200]


def _means_colour(following: str) -> bool:
    """Whether "orange" is a colour here: something that has a colour comes next."""
    return bool(named(following)) or following in GROUND_WORDS or following in SKY_WORDS


def _later_colour(words: list[str]) -> str:
    """The colour of "... is red", "... painted blue", "... in green"."""
    if len(words) >= 2 and words[0] in ("is", "are", "in", "painted", "coloured", "colored") and words[1] in colours.SHADES:
        follower = words[2] if len(words) > 2 else ""
        return "" if named(follower) else words[1]
    return ""


def _side(words: list[str]) -> str:
    """The side that the words after a noun put it on, unless another noun comes before."""
    for word in words:
        if word in ("left", "right"):
            return word
        if named(word):
            return ""
    return ""


def _merged(wishes: list[Wish]) -> list[Wish]:
    """Wishes for the same thing in the same colour are one; the total is limited."""
    found: dict[tuple[str, str], Wish] = {}
    room = MOST_OF_ALL
    for wish in wishes:
        if (wish.thing.name, wish.colour) not in found and room > 0:
            found[wish.thing.name, wish.colour] = wish._replace(count=min(wish.count, room))
            room -= min(wish.count, room)
    return list(found.values())


def _ground_for(wishes: list[Wish], sky: str) -> str:
    places = [wish.thing.place for wish in wishes if wish.thing.place != "sky"]
    if sky and (not places or places[0] in ("still", "shape")):
        return "moonscape" if sky == "space" else "city" if sky == "neon" else "meadow"
    if not places:
        return "air"
    if places[0] != "water" and "water" in places:
        return "sea" if "ground" not in places else "beach"
    if any(wish.thing.name in ("car", "bus", "truck", "bicycle", "train") for wish in wishes) and "still" not in places[:1]:
        return "road"
    if {wish.thing.name for wish in wishes} & {"astronaut", "planet"}:
        return "moonscape"
    return COMES_WITH[places[0]]


def _placed(wishes: list[Wish], ground: str, aspect: float, random: Random) -> Iterable[Item]:
    """Every wished thing with its box: those far away first, then the row of those in front."""
    height = min(1.0, aspect)  # of the shorter side, as a fraction of the height
    floating = ground in ("plain", "underwater", "air", "abstract")
    far = [wish for wish in wishes if wish.thing.place == "sky" and not (floating and len(wishes) == 1)]
    peaks = [wish for wish in wishes if wish.thing.name in ("mountain", "island") and len(wishes) > 1 and not floating]
    near = [wish for wish in wishes if wish not in far and wish not in peaks]
    yield from _row(far, height, aspect, random, top=0.05, bottom=0.5 if near else 0.62)
    if peaks:
        yield from _row(peaks, height, aspect, random, bottom=HORIZON + 0.02, shrink=1.0)
    if floating:
        yield from _row(near, height, aspect, random, top=0.04, bottom=0.85)
    elif ground in ("sea", "beach"):
        afloat = [wish for wish in near if wish.thing.place == "water"]
        ashore = [wish for wish in near if wish.thing.place != "water"]
        yield from _row(afloat, height, aspect, random, bottom=HORIZON + (0.09 if ashore else 0.14))
        yield from _row(ashore, height, aspect, random, bottom=FLOOR)
    else:
        yield from _row(near, height, aspect, random, bottom=FLOOR)


def _row(
    wishes: list[Wish], height: float, aspect: float, random: Random, *,
    bottom: float, top: float | None = None, shrink: float = 1.0,
) -> Iterable[Item]:  # fmt: skip
    """Things side by side, each in its own share of the width.

    They stand on `bottom`, or, when there is a `top`, hang anywhere between the two.
    """
    ones = [wish for wish in wishes for _ in range(wish.count)]
    if not ones:
        return
    ones = [*_sided(ones, "left", random), *_sided(ones, "", random), *_sided(ones, "right", random)]
    many = 1.0 if len(ones) == 1 else 0.9 if len(ones) == 2 else 0.8
    wanted = [one.thing.size * height * many * shrink * random.uniform(0.92, 1.08) for one in ones]
    room = (bottom - top) if top is not None else bottom - 0.04
    wanted = [min(high, room) for high in wanted]
    widths = [high * one.thing.aspect / aspect for one, high in zip(ones, wanted, strict=True)]
    scale = min(1.0, 0.94 / (sum(widths) * 1.12))
    wanted = [high * scale for high in wanted]
    widths = [wide * scale for wide in widths]
    gap = (1.0 - sum(widths)) / (len(ones) + 1)
    x = 0.0
    for one, high, wide in zip(ones, wanted, widths, strict=True):
        x += gap
        left = x + random.uniform(-0.35, 0.35) * gap
        x += wide
        if top is None:
            low = bottom - (random.uniform(0, 0.03) if len(ones) > 1 else 0.0)
        else:
            free = max(0.0, room - high)
            middling = 0.5 if len(ones) == 1 and room > 0.7 else random.random()
            low = top + high + free * middling
        left, low = min(max(left, 0.01), 0.99 - wide), min(low, 0.99)
        mirrored = random.random() < 0.5 and one.thing.place != "shape" and one.thing.name not in ("clock", "book", "computer")
        yield Item(one.thing, one.colour, one.shade, (left, low - high, left + wide, low), mirrored)


def _sided(ones: list[Wish], side: str, random: Random) -> list[Wish]:
    chosen = [one for one in ones if one.side == side]
    if side == "" and any(one.thing.place != ones[0].thing.place for one in chosen):
        random.shuffle(chosen)
    return chosen


def scatter(random: Random, count: int, name: str, colour: str, *, bottom: tuple[float, float], size: float) -> list[Item]:
    """`count` small copies of a thing, as scenery; the ones farther up come first."""
    thing = by_name()[name]
    shade = colours.PAINTS[colour]
    found = []
    for _ in range(count):
        low = random.uniform(*bottom)
        high = size * random.uniform(0.7, 1.2)
        left = random.uniform(-0.05, 1.0)
        found.append(Item(thing, colour, shade, (left, low - high, left + high * thing.aspect, low)))
    return sorted(found, key=lambda item: item.box[3])
