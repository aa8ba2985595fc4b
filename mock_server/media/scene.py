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
TONES = {"dark": 0.3, "deep": 0.3, "light": -0.3, "pale": -0.3, "bright": -0.15}
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


class Asked(NamedTuple):
    """What a prompt says: things, and names of SKIES, GROUNDS and STYLES ("" where it says nothing)."""

    wishes: list[Wish]
    sky: str
    ground: str
    style: str
    tint: RGB | None


def read(prompt: str, unwanted: str = "") -> Asked:
    """What a prompt asks for, without the things and the scenery that `unwanted` (a negative prompt) names."""
    words, refused = _split(prompt), _split(unwanted)
    wishes, used = _wishes(words, {thing.name for word in refused if (thing := named(word))})
    loose = (place for place, word in enumerate(words) if word in colours.SHADES and place not in used)
    tint = next((colours.SHADES[words[place]][1] for place in loose), None)
    sky, ground, style = (_first(words, table, refused) for table in (SKY_WORDS, GROUND_WORDS, STYLE_WORDS))
    return Asked(wishes, sky, ground, style, tint)


def compose(prompt: str, unwanted: str, aspect: float, random: Random) -> Scene:
    """Lay out what `prompt` asks for on a canvas of the given width / height.

    The same generator state gives the same scene. A prompt that names nothing known becomes an abstract composition.
    """
    wishes, sky, ground, style, tint = read(prompt, unwanted)
    if not wishes and not sky and not ground:
        return Scene("", "abstract", style, tint, ())
    names = {wish.thing.name for wish in wishes}
    ground = _settled(ground or _ground_for(wishes, sky), wishes)
    if not sky:
        sky = "night" if "moon" in names and "sun" not in names else "space" if "planet" in names else "day"
    if sky == "space" and ground == "meadow":
        ground = "moonscape"
    return Scene(sky, ground, style, tint, tuple(_placed(wishes, ground, aspect, random)))


def _wishes(words: list[str], refused: set[str]) -> tuple[list[Wish], set[int]]:
    """The things that words name, and the places of the colour words that belong to them."""
    wishes: list[Wish] = []
    used: set[int] = set()
    count, dark, painted = 0, 0.0, -1  # what was said of the noun to come; `painted` is the place of its colour
    passed = -1
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if place == passed:
            continue
        if painted >= 0 and place - painted > 3:
            painted = -1
        if word in NUMBERS:
            count = NUMBERS[word]
        elif word in TONES:
            dark = TONES[word]
        elif word in colours.SHADES and (word != "orange" or _means_colour(following)):
            painted = place
        elif word in GARMENTS and painted >= 0 and wishes and wishes[-1].thing.name in ("person", "woman"):
            name, shade = colours.SHADES[words[painted]]
            wishes[-1] = wishes[-1]._replace(colour=name, shade=shade)
            used.add(painted)
            painted = -1
        elif thing := named(f"{word} {following}") or named(word):
            double = named(f"{word} {following}") is not None
            passed = place + 1 if double else -1
            after = place + 1 + double
            if painted < 0:
                painted = _later_colour(words, after)
            used.add(painted)
            name, shade = colours.SHADES[words[painted] if painted >= 0 else thing.colour]
            plural = (words[after - 1]) not in _singulars(thing)
            count = 3 if plural and count < 2 else count or 1
            wish = Wish(thing, min(count, MOST_OF_A_KIND), name, _toned(shade, dark), _side(words[after : after + 5]))
            if thing.name not in refused:
                wishes.append(wish)
            count, dark, painted = 0, 0.0, -1
    return _merged(wishes), used


def _singulars(thing: Thing) -> list[str]:
    return [*thing.name.split(), *thing.words.split()]


def _toned(shade: RGB, dark: float) -> RGB:
    return colours.darker(shade, dark) if dark > 0 else colours.lighter(shade, -dark)


def _first(words: list[str], table: dict[str, str], refused: list[str]) -> str:
    """The first name of `table` that words mean and that is not refused."""
    no = {table[word] for word in refused if word in table}
    return next((table[word] for word in words if word in table and table[word] not in no), "")


def _settled(ground: str, wishes: list[Wish]) -> str:
    """The ground on which the things can be: a shore for those that cannot swim, the deep for fish."""
    if ground != "sea":
        return ground
    if any(wish.thing.place in ("ground", "still") and wish.thing.name != "mountain" for wish in wishes):
        return "beach"
    names = {wish.thing.name for wish in wishes}
    return "underwater" if names & {"fish", "whale"} and not names & {"boat", "duck", "bridge", "island"} else ground


def _split(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:[-'][^\W_]+)*", text.lower())[:200]


def _means_colour(following: str) -> bool:
    """Whether "orange" is a colour here: something that has a colour comes next."""
    return bool(named(following)) or following in GROUND_WORDS or following in SKY_WORDS


def _later_colour(words: list[str], after: int) -> int:
    """The place of the colour in "... is red", "... painted blue", "... in green"; -1 if there is none."""
    link, colour, then = (*words[after : after + 3], "", "", "")[:3]
    fits = link in ("is", "are", "in", "painted", "coloured", "colored") and colour in colours.SHADES
    return after + 1 if fits and not named(then) else -1


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
    if (
        any(wish.thing.name in ("car", "bus", "truck", "bicycle", "train") for wish in wishes)
        and "still" not in places[:1]
    ):
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
        mirrored = (
            random.random() < 0.5 and one.thing.place != "shape" and one.thing.name not in ("clock", "book", "computer")
        )
        yield Item(one.thing, one.colour, one.shade, (left, low - high, left + wide, low), mirrored)


def _sided(ones: list[Wish], side: str, random: Random) -> list[Wish]:
    chosen = [one for one in ones if one.side == side]
    if side == "" and any(one.thing.place != ones[0].thing.place for one in chosen):
        random.shuffle(chosen)
    return chosen


def scatter(
    random: Random, count: int, name: str, colour: str, *, bottom: tuple[float, float], size: float
) -> list[Item]:
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
