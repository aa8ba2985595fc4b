"""Composing a scene: which sky and ground what a prompt asks for has, and where each thing stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from mock_server.media import colours, prompts
from mock_server.media.brush import Box
from mock_server.media.colours import RGB
from mock_server.media.prompts import Wish
from mock_server.media.things import Thing, by_name

HORIZON = 0.64  # of the height
FLOOR = 0.85  # where the nearest things stand; the caption is below

ON_ROADS = {"car", "bus", "truck", "bicycle", "train"}
COMES_WITH = {"ground": "meadow", "water": "sea", "still": "room", "shape": "plain"}


@dataclass(frozen=True, slots=True)
class Item:
    """A thing of a scene, in the colour of that name and shade. box: fractions of width and height."""

    thing: Thing
    colour: str
    shade: RGB
    box: Box
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be painted.

    sky, ground, style: keys of ``prompts``; a ground may also be "plain", "abstract" or "air", a style "". tint: a
    colour that the prompt gives to nothing in particular. items: in the order to paint them.
    """

    sky: str
    ground: str
    style: str
    tint: RGB | None
    items: tuple[Item, ...]


def compose(prompt: str, unwanted: str, aspect: float, random: Random) -> Scene:
    """Lay out what `prompt` asks for on a canvas of the given width / height.

    The same generator state gives the same scene. A prompt that names nothing known becomes an abstract composition.
    """
    wishes, sky, ground, style, tint = prompts.read(prompt, unwanted)
    if not wishes and not sky and not ground:
        return Scene("", "abstract", style, tint, ())
    names = {wish.thing.name for wish in wishes}
    ground = _settled(ground or _ground_for(wishes, sky), wishes)
    if not sky:
        sky = "night" if "moon" in names and "sun" not in names else "space" if "planet" in names else "day"
    if sky == "space" and ground == "meadow":
        ground = "moonscape"
    return Scene(sky, ground, style, tint, tuple(_placed(wishes, ground, aspect, random)))


def _settled(ground: str, wishes: list[Wish]) -> str:
    """The ground on which the things can be: a shore for those that cannot swim, the deep for fish."""
    if ground != "sea":
        return ground
    if any(wish.thing.place in ("ground", "still") and wish.thing.name != "mountain" for wish in wishes):
        return "beach"
    names = {wish.thing.name for wish in wishes}
    return "underwater" if names & {"fish", "whale"} and not names & {"boat", "duck", "bridge", "island"} else ground


def _ground_for(wishes: list[Wish], sky: str) -> str:
    """The ground that goes with the things when the prompt names none."""
    places = [wish.thing.place for wish in wishes if wish.thing.place != "sky"]
    if sky and (not places or places[0] in ("still", "shape")):
        return "moonscape" if sky == "space" else "city" if sky == "neon" else "meadow"
    if not places:
        return "air"
    if places[0] != "water" and "water" in places:
        return "sea" if "ground" not in places else "beach"
    names = {wish.thing.name for wish in wishes}
    if names & ON_ROADS and places[0] != "still":
        return "road"
    if names & {"astronaut", "planet"}:
        return "moonscape"
    return COMES_WITH[places[0]]


def _placed(wishes: list[Wish], ground: str, aspect: float, random: Random) -> Iterator[Item]:
    """Every wished thing with its box: those far away first, then the row of those in front."""
    height = min(1.0, aspect)  # of the shorter side, as a fraction of the height
    floating = ground in ("plain", "underwater", "air", "abstract")
    far = [wish for wish in wishes if wish.thing.place == "sky" and not (floating and len(wishes) == 1)]
    peaks = [wish for wish in wishes if wish.thing.name in ("mountain", "island") and len(wishes) > 1 and not floating]
    near = [wish for wish in wishes if wish not in far and wish not in peaks]
    yield from _row(far, height, aspect, random, top=0.05, bottom=0.5 if near else 0.62)
    if peaks:
        yield from _row(peaks, height, aspect, random, bottom=HORIZON + 0.02)
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
    wishes: list[Wish], height: float, aspect: float, random: Random, *, bottom: float, top: float | None = None
) -> Iterator[Item]:
    """Things side by side, each in its own share of the width.

    They stand on `bottom`, or, when there is a `top`, hang anywhere between the two.
    """
    ones = [wish for wish in wishes for _ in range(wish.number)]
    if not ones:
        return
    ones = [*_sided(ones, "left", random), *_sided(ones, "", random), *_sided(ones, "right", random)]
    many = 1.0 if len(ones) == 1 else 0.9 if len(ones) == 2 else 0.8
    wanted = [one.thing.size * height * many * random.uniform(0.92, 1.08) for one in ones]
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
            if len(ones) == 1 and room < 0.6:  # beside what stands below, not behind it
                left = random.uniform(0.05, 0.25) if random.random() < 0.5 else random.uniform(0.75, 0.95) - wide
        left, low = min(max(left, 0.01), 0.99 - wide), min(low, 0.99)
        mirrored = random.random() < 0.5 and one.thing.place != "shape" and one.thing.name != "clock"
        yield Item(one.thing, one.colour, one.shade, (left, low - high, left + wide, low), mirrored)


def _sided(ones: list[Wish], side: str, random: Random) -> list[Wish]:
    """Those that belong on a side; those that may be anywhere are shuffled when they are of several kinds."""
    chosen = [one for one in ones if one.side == side]
    if side == "" and any(one.thing.place != ones[0].thing.place for one in chosen):
        random.shuffle(chosen)
    return chosen


def scatter(
    random: Random, count: int, name: str, colour: str, size: float, highest: float, lowest: float
) -> list[Item]:
    """`count` copies of a thing about `size` high that stand between two heights; the farther ones come first."""
    thing = by_name()[name]
    shade = colours.PAINTS[colour]
    found = []
    for _ in range(count):
        low = random.uniform(highest, lowest)
        high = size * random.uniform(0.7, 1.2)
        left = random.uniform(-0.05, 1.0)
        found.append(Item(thing, colour, shade, (left, low - high, left + high * thing.aspect, low)))
    return sorted(found, key=lambda item: item.box[3])
