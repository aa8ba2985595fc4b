"""Painting a thing of the table into a box of a picture."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mock_server.media import colours
from mock_server.media.colours import RGB
from mock_server.media.things import Thing

if TYPE_CHECKING:
    from PIL import ImageDraw

Box = tuple[float, float, float, float]  # left, top, right, bottom
Point = tuple[float, float]
Points = list[Point]


class Stroke(NamedTuple):
    """One line of a drawing. numbers: width, radius or angles, as the kind has them; points: the coordinates."""

    kind: str
    colour: str
    numbers: tuple[float, ...]
    points: tuple[float, ...]


LEADING = {"e": 0, "r": 1, "p": 0, "s": 0, "l": 1, "a": 2, "c": 3}  # how many numbers come before the coordinates


@lru_cache(maxsize=256)
def strokes(drawing: str) -> tuple[Stroke, ...]:
    """The lines of a drawing, read."""
    found = []
    for line in drawing.strip().splitlines():
        kind, colour, *rest = line.split()
        numbers = tuple(map(float, rest))
        found.append(Stroke(kind, colour, numbers[: LEADING[kind]], numbers[LEADING[kind] :]))
    return tuple(found)


@lru_cache(maxsize=1024)
def shade(code: str, main: RGB) -> RGB:
    """The colour that a stroke's code means for a thing of the colour `main`."""
    match code:
        case "m":
            return main
        case "l":
            return colours.lighter(main, 0.28)
        case "L":
            return colours.lighter(main, 0.62)
        case "d":
            return colours.darker(main, 0.2)
        case "D":
            return colours.darker(main, 0.45)
        case _:
            return colours.parse(code)


def smooth(points: Points, parts: int = 5) -> Points:
    """A closed Catmull-Rom curve through `points`, as a polygon with `parts` sides from each point to the next."""
    curve = []
    count = len(points)
    for i in range(count):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = (points[(i + k - 1) % count] for k in range(4))
        for part in range(parts):
            t = part / parts
            a, b = t * (t * (2 - t) - 1) / 2, (t * t * (3 * t - 5) + 2) / 2  # the weights of the four points at t
            c, d = t * (t * (4 - 3 * t) + 1) / 2, t * t * (t - 1) / 2
            curve.append((a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy))
    return curve


def paint(draw: ImageDraw.ImageDraw, thing: Thing, main: RGB, box: Box, *, mirrored: bool = False) -> None:
    """Draw `thing`, coloured `main`, so that its space fills `box` (pixels)."""
    left, top, right, bottom = box
    sx, sy = (right - left) / (100 * thing.aspect), (bottom - top) / 100
    if mirrored:
        left, sx = right, -sx
    for kind, code, numbers, coordinates in strokes(thing.drawing):
        fill = shade(code, main)
        points = [(left + x * sx, top + y * sy) for x, y in zip(coordinates[::2], coordinates[1::2], strict=True)]
        if kind in "pl":
            if kind == "p":
                draw.polygon(points, fill=fill)
            else:
                line(draw, points, fill, numbers[0] * abs(sy))
            continue
        if kind == "s":
            draw.polygon(smooth(points), fill=fill)
            continue
        (x0, y0), (x1, y1) = points
        corners = (min(x0, x1), y0, max(x0, x1), y1)
        if kind == "e":
            draw.ellipse(corners, fill=fill)
        elif kind == "r":
            if numbers[0]:
                draw.rounded_rectangle(corners, radius=numbers[0] * abs(sy), fill=fill)
            else:
                draw.rectangle(corners, fill=fill)
        else:
            start, end = numbers[-2:]
            if mirrored:
                start, end = 180 - end, 180 - start
            if kind == "a":
                draw.pieslice(corners, start, end, fill=fill)
            else:
                draw.arc(corners, start, end, fill=fill, width=max(1, round(numbers[0] * abs(sy))))


def line(draw: ImageDraw.ImageDraw, points: Points, fill: RGB, width: float) -> None:
    """A line with round joints and ends, `width` pixels wide."""
    pixels = max(1, round(width))
    draw.line(points, fill=fill, width=pixels, joint="curve")
    if pixels > 3:
        radius = width / 2
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
