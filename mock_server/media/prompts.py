"""Reading a prompt: the things it names with number, colour and side, the scenery, and the style."""

from __future__ import annotations

import re
from typing import NamedTuple

from mock_server.media import colours
from mock_server.media.colours import RGB
from mock_server.media.things import Thing, named

MOST_OF_A_KIND = 6
MOST_OF_ALL = 12

NUMBERS = {
    word: count
    for count, words in {
        1: "a an one single 1",
        2: "two 2 pair couple both",
        3: "three 3 several few some",
        4: "four 4",
        5: "five 5 many",
        6: "six 6 seven 7 eight 8 nine 9 ten 10 dozen",
    }.items()
    for word in words.split()
}

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


def _words(table: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in table.items() for word in words.split()}


SKY_WORDS, GROUND_WORDS, STYLE_WORDS = _words(SKIES), _words(GROUNDS), _words(STYLES)


class Wish(NamedTuple):
    """A thing that a prompt names: how many, in which colour (name and shade), on which side ("", "left", "right")."""

    thing: Thing
    number: int
    colour: str
    shade: RGB
    side: str


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
            found[wish.thing.name, wish.colour] = wish._replace(number=min(wish.number, room))
            room -= min(wish.number, room)
    return list(found.values())
