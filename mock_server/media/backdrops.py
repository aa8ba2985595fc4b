"""What is behind the things of a picture: skies by day, at sunset and at night, and the grounds below them."""

from __future__ import annotations

import math
from collections.abc import Callable

from mock_server.media import brush, colours, scene
from mock_server.media.canvas import Canvas
from mock_server.media.colours import RGB
from mock_server.media.scene import HORIZON, Item

SKY: dict[str, tuple[RGB, ...]] = {
    "day": ((92, 166, 232), (150, 203, 243), (222, 240, 250)),
    "sunset": ((62, 54, 122), (196, 84, 116), (252, 148, 92), (255, 208, 130)),
    "night": ((9, 14, 42), (24, 36, 82), (58, 76, 128)),
    "space": ((5, 5, 18), (22, 14, 52), (50, 26, 84)),
    "storm": ((74, 84, 100), (120, 130, 144), (172, 180, 188)),
    "neon": ((16, 8, 44), (86, 22, 116), (232, 72, 146)),
}
CLOUDS = {"day": (3, "white"), "sunset": (3, "pink"), "storm": (6, "grey")}
WHITE: RGB = (255, 255, 255)


# --- the sky ----------------------------------------------------------------------------------------------------------
def paint_sky(canvas: Canvas, bottom: float) -> None:
    """The sky of the scene down to `bottom`, with the lights and clouds that the prompt did not name."""
    plan = canvas.plan
    stops = SKY[plan.sky]
    if plan.tint:
        stops = tuple(colours.mix(stop, plan.tint, 0.45) for stop in stops)
    canvas.gradient(stops, 0.0, bottom)
    named = {item.thing.name for item in plan.items}
    if plan.sky in ("night", "space", "neon"):
        _stars(canvas, 90 if plan.sky == "space" else 45, bottom)
    if plan.sky == "space":
        _nebulae(canvas, bottom)
    if plan.sky == "night" and "moon" not in named:
        _glow(canvas, canvas.random.uniform(0.15, 0.85), 0.16, (244, 238, 212), ((0.085, 40), (0.06, 255)))
    if plan.sky in ("sunset", "neon") and not named & {"sun", "moon"}:
        light = (255, 226, 150) if plan.sky == "sunset" else (255, 120, 190)
        _glow(canvas, canvas.random.uniform(0.3, 0.7), HORIZON - 0.07, light, ((0.24, 36), (0.19, 60), (0.14, 255)))
    if plan.sky in CLOUDS and not named & {"cloud", "rainbow"}:
        _clouds(canvas, *CLOUDS[plan.sky], stops[1])


def _stars(canvas: Canvas, count: int, bottom: float) -> None:
    random = canvas.random
    for _ in range(count):
        x, y, size = random.random(), random.random() ** 1.4 * bottom, random.uniform(0.0012, 0.0034)
        canvas.ellipse(x, y, size, (255, 250, 225))


def _nebulae(canvas: Canvas, bottom: float) -> None:
    random = canvas.random
    for _ in range(5):
        hue = random.choice(((150, 60, 170), (60, 90, 190), (190, 70, 120)))
        x, y, size = random.random(), random.random() * bottom, random.uniform(0.1, 0.28)
        canvas.ellipse(x, y, size, (*hue, 26), random.uniform(0.4, 0.8))


def _glow(canvas: Canvas, x: float, y: float, light: RGB, rings: tuple[tuple[float, int], ...]) -> None:
    """A shining disc: rings are radius and opacity, from the outside in; the innermost is opaque."""
    for radius, opacity in rings[:-1]:
        canvas.ellipse(x, y, radius, (*light, opacity))
    canvas.ellipse(x, y, rings[-1][0], light)


def _clouds(canvas: Canvas, count: int, colour: str, behind: RGB) -> None:
    for item in scene.scatter(canvas.random, count, "cloud", colour, 0.085, 0.1, 0.34):
        faint = colours.mix(item.shade, behind, 0.45)
        canvas.thing(_undistorted(canvas, item, item.box[0], faint))


def _undistorted(canvas: Canvas, item: Item, left: float, shade: RGB) -> Item:
    """An item laid out for a square picture, narrower on wide ones so that it keeps its shape."""
    wide = (item.box[2] - item.box[0]) * canvas.height / canvas.width
    return Item(item.thing, item.colour, shade, (left, item.box[1], left + wide, item.box[3]))


# --- the ground -------------------------------------------------------------------------------------------------------
def _meadow(canvas: Canvas) -> None:
    random = canvas.random
    canvas.hills(canvas.lit((150, 200, 120)), HORIZON - 0.03, 0.045, 0.9)
    canvas.hills(canvas.lit((116, 182, 92)), HORIZON + 0.03, 0.03, 0.7)
    canvas.hills(canvas.lit((90, 160, 74)), HORIZON + 0.12, 0.02, 0.5)
    for _ in range(26):
        petals = random.choice(((255, 250, 235), (250, 214, 92), (240, 140, 170)))
        canvas.ellipse(random.random(), random.uniform(HORIZON + 0.1, 0.99), 0.005, canvas.lit(petals))


def _forest(canvas: Canvas) -> None:
    canvas.hills(canvas.lit((96, 150, 96)), HORIZON - 0.06, 0.02, 0.8)
    _trees(canvas, 7, HORIZON - 0.02, 0.26, 0.45)
    _trees(canvas, 4, HORIZON + 0.05, 0.34, 0.2)
    canvas.hills(canvas.lit((92, 146, 74)), HORIZON + 0.06, 0.015, 0.6)


def _trees(canvas: Canvas, count: int, low: float, size: float, pale: float) -> None:
    """A row of trees, as pale as their distance makes them."""
    random = canvas.random
    shade = canvas.lit(colours.mix((52, 122, 66), (190, 216, 206), pale))
    for place in range(count):
        name = random.choice(("pine tree", "pine tree", "tree"))
        (item,) = scene.scatter(random, 1, name, "green", size, low, low + 0.02)
        left = (place + random.uniform(0, 0.6)) / count - 0.04
        canvas.thing(_undistorted(canvas, item, left, shade), rough=True)


def _water(canvas: Canvas, bottom: float) -> None:
    random, unit = canvas.random, min(canvas.width, canvas.height)
    shallow, deep = canvas.lit((92, 178, 214)), canvas.lit((24, 92, 158))
    if canvas.plan.sky == "sunset":
        shallow = colours.mix(shallow, (255, 180, 130), 0.5)
    canvas.gradient((shallow, deep), HORIZON, bottom)
    for _ in range(34):
        depth = random.uniform(0.01, bottom - HORIZON)
        x, y = random.random() * canvas.width, (HORIZON + depth) * canvas.height
        long = (0.02 + 0.07 * depth / (bottom - HORIZON)) * unit
        canvas.glass.line((x, y, x + long, y), fill=(*WHITE, 70), width=max(1, round(unit * 0.003)))


def _sea(canvas: Canvas) -> None:
    _water(canvas, 1.0)


def _beach(canvas: Canvas) -> None:
    _water(canvas, 0.8)
    canvas.hills(canvas.lit((246, 244, 236)), HORIZON + 0.105, 0.012, 1.1)
    canvas.hills(canvas.lit((238, 214, 164)), HORIZON + 0.125, 0.012, 1.1)


def _desert(canvas: Canvas) -> None:
    canvas.hills(canvas.lit((244, 212, 150)), HORIZON - 0.05, 0.05, 0.8)
    canvas.hills(canvas.lit((236, 192, 120)), HORIZON + 0.03, 0.05, 0.8)
    canvas.hills(canvas.lit((224, 172, 98)), HORIZON + 0.12, 0.03, 0.8)


def _snow(canvas: Canvas) -> None:
    random = canvas.random
    canvas.hills(canvas.lit((214, 228, 240)), HORIZON - 0.04, 0.035, 0.8)
    canvas.hills(canvas.lit((232, 240, 247)), HORIZON + 0.03, 0.035, 0.8)
    canvas.hills(canvas.lit((248, 251, 253)), HORIZON + 0.11, 0.035, 0.8)
    for _ in range(70):
        canvas.ellipse(random.random(), random.random(), random.uniform(0.002, 0.006), WHITE)


def _city(canvas: Canvas) -> None:
    haze = SKY[canvas.plan.sky][-1]
    canvas.band(canvas.lit((112, 122, 142)), HORIZON + 0.05)
    _houses(canvas, 0.22, 0.5, haze, 0.4, windows=False)
    _houses(canvas, 0.12, 0.34, haze, 0.1, windows=True)
    canvas.band(canvas.lit((170, 170, 172)), 0.775, 0.79)
    _street(canvas)


def _houses(canvas: Canvas, least: float, most: float, haze: RGB, hazy: float, *, windows: bool) -> None:
    """A row of high houses from edge to edge."""
    random = canvas.random
    x = -0.02
    while x < 1.0:
        wide, tall = random.uniform(0.06, 0.13), random.uniform(least, most)
        wall = canvas.lit(random.choice(((120, 136, 160), (150, 140, 150), (104, 122, 150), (164, 158, 160))))
        wall = colours.mix(wall, haze, hazy)
        left, top, right = x * canvas.width, (HORIZON + 0.14 - tall) * canvas.height, (x + wide) * canvas.width
        canvas.draw.rectangle((left, top, right, 0.82 * canvas.height), fill=wall)
        if windows:
            _windows(canvas, left, top, right, colours.darker(wall, 0.2))
        x += wide + random.uniform(0.0, 0.012)


def _windows(canvas: Canvas, left: float, top: float, right: float, unlit: RGB) -> None:
    random = canvas.random
    glow = ((255, 224, 140), (120, 240, 250), (255, 140, 210)) if canvas.plan.sky == "neon" else ((255, 224, 140),)
    lit = 0.12 if canvas.plan.sky in ("day", "storm") else 0.55
    pitch = max(2.0, (right - left) / 4)
    y = top + pitch * 0.5
    while y + pitch < 0.78 * canvas.height:
        for column in range(3):
            x = left + pitch * (column + 0.65)
            fill = random.choice(glow) if random.random() < lit else unlit
            canvas.draw.rectangle((x, y, x + pitch * 0.6, y + pitch * 0.6), fill=fill)
        y += pitch * 1.1


def _street(canvas: Canvas) -> None:
    canvas.band(canvas.lit((84, 88, 96)), 0.79)
    top, low, paint = 0.895 * canvas.height, 0.905 * canvas.height, canvas.lit((240, 232, 190))
    for dash in range(-1, 8):
        x = (dash / 7 + 0.03) * canvas.width
        canvas.draw.rectangle((x, top, x + 0.07 * canvas.width, low), fill=paint)


def _road(canvas: Canvas) -> None:
    _meadow(canvas)
    canvas.band(canvas.lit((226, 222, 210)), 0.782, 0.79)
    _street(canvas)


def _moonscape(canvas: Canvas) -> None:
    random = canvas.random
    canvas.hills((126, 128, 138), HORIZON - 0.01, 0.025, 0.8)
    canvas.hills((150, 152, 160), HORIZON + 0.07, 0.015, 0.6)
    for _ in range(14):
        x, y, size = random.random(), random.uniform(HORIZON + 0.09, 0.99), random.uniform(0.01, 0.045)
        canvas.ellipse(x, y, size, (120, 122, 132), 0.35)
        canvas.ellipse(x, y + size * 0.08, size * 0.86, (134, 136, 146), 0.33)


def _underwater(canvas: Canvas) -> None:
    random, width, height = canvas.random, canvas.width, canvas.height
    canvas.gradient((canvas.lit((96, 200, 220)), canvas.lit((34, 128, 186)), canvas.lit((14, 66, 124))))
    for ray in range(4):
        x, wide, slant = (0.1 + ray * 0.25 + random.uniform(-0.05, 0.05)) * width, 0.07 * width, 0.22 * width
        low = height * 0.8
        corners = [(x, 0), (x + wide, 0), (x + wide * 1.6 - slant, low), (x - slant, low)]
        canvas.glass.polygon(corners, fill=(*WHITE, 22))
    canvas.hills(canvas.lit((222, 200, 150)), 0.86, 0.02, 0.8)
    for _ in range(6):
        x, tall = random.random(), random.uniform(0.08, 0.2)
        weed = [((x + 0.012 * math.sin(k * 1.3)) * width, (0.9 - tall * k / 6) * height) for k in range(7)]
        brush.line(canvas.draw, weed, canvas.lit((46, 140, 90)), 0.014 * min(width, height))
    for _ in range(22):
        canvas.ellipse(random.random(), random.random() * 0.85, random.uniform(0.003, 0.011), (*WHITE, 90))


def _room(canvas: Canvas) -> None:
    walls = ((222, 214, 200), (200, 218, 222), (226, 206, 202), (208, 216, 200))
    wall = canvas.plan.tint or canvas.random.choice(walls)
    canvas.gradient((colours.lighter(wall, 0.35), wall), 0.0, 0.72)
    canvas.band(colours.darker(wall, 0.25), 0.715, 0.725)
    canvas.gradient(((186, 140, 96), (150, 106, 68)), 0.725)


def _plain(canvas: Canvas) -> None:
    papers = ((238, 238, 232), (226, 234, 240), (240, 232, 224), (230, 238, 230))
    paper = canvas.plan.tint or canvas.random.choice(papers)
    canvas.gradient((colours.lighter(paper, 0.5), paper))


def _air(canvas: Canvas) -> None:
    paint_sky(canvas, 1.0)


def _abstract(canvas: Canvas) -> None:
    """Soft overlapping discs and waves in three hues; the prompt's colour is one of them."""
    random = canvas.random
    hues = random.sample(("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink"), 3)
    first, second, third = (colours.PAINTS[hue] for hue in hues)
    if canvas.plan.tint:
        first, second = canvas.plan.tint, colours.mix(second, canvas.plan.tint, 0.5)
    canvas.gradient((colours.lighter(first, 0.25), colours.mix(first, second, 0.5), colours.darker(second, 0.25)))
    for _ in range(9):
        shade = colours.lighter(random.choice((first, second, third)), random.random() * 0.5)
        canvas.ellipse(random.random(), random.random(), random.uniform(0.06, 0.26), (*shade, 110))
    for step in range(3):
        canvas.hills(colours.mix(third, colours.darker(second), step / 2.5), 0.66 + step * 0.09, 0.05, 0.9)


GROUNDS: dict[str, Callable[[Canvas], None]] = {
    "meadow": _meadow,
    "forest": _forest,
    "sea": _sea,
    "beach": _beach,
    "desert": _desert,
    "snow": _snow,
    "city": _city,
    "road": _road,
    "moonscape": _moonscape,
    "underwater": _underwater,
    "room": _room,
    "plain": _plain,
    "air": _air,
    "abstract": _abstract,
}
WITHOUT_SKY = {"underwater", "room", "plain", "air", "abstract"}
