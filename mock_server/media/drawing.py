"""Drawing pictures: the scene that a prompt asks for, in flat colours, at any size, with the prompt's words below."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from mock_server.media import brush, colours, lettering, scene
from mock_server.media.brush import Box, Point
from mock_server.media.colours import RGB
from mock_server.media.images import Mark
from mock_server.media.scene import HORIZON, Item, Scene

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

DOUBLED = 400_000  # pixels: smaller pictures are drawn whole at twice the size and reduced; of larger ones, just edges

SKY: dict[str, tuple[RGB, ...]] = {
    "day": ((92, 166, 232), (150, 203, 243), (222, 240, 250)),
    "sunset": ((62, 54, 122), (196, 84, 116), (252, 148, 92), (255, 208, 130)),
    "night": ((9, 14, 42), (24, 36, 82), (58, 76, 128)),
    "space": ((5, 5, 18), (22, 14, 52), (50, 26, 84)),
    "storm": ((74, 84, 100), (120, 130, 144), (172, 180, 188)),
    "neon": ((16, 8, 44), (86, 22, 116), (232, 72, 146)),
}
DUSK: dict[str, tuple[RGB, float]] = {  # what the light of a sky does to the colours below it
    "sunset": ((96, 44, 74), 0.34),
    "night": ((10, 16, 46), 0.58),
    "space": ((10, 8, 30), 0.35),
    "storm": ((84, 92, 104), 0.34),
    "neon": ((30, 12, 66), 0.62),
}


class Canvas:
    """A picture being painted. Lengths are fractions of its sides until they reach Pillow."""

    def __init__(self, image: Image, plan: Scene, random: Random, *, doubled: bool) -> None:
        from PIL import ImageDraw

        self.doubled = doubled  # the whole picture is reduced in the end, so that edges need no care
        self.image = image
        self.draw: ImageDraw = ImageDraw.Draw(image)
        self.glass: ImageDraw = ImageDraw.Draw(image, "RGBA")  # paints translucently
        self.width, self.height = image.size
        self.plan = plan
        self.random = random

    def lit(self, colour: RGB) -> RGB:
        """`colour` in the light of the scene's sky, with some of the prompt's tint."""
        if self.plan.tint:
            colour = colours.mix(colour, self.plan.tint, 0.3)
        shadow, share = DUSK.get(self.plan.sky, ((0, 0, 0), 0.0))
        return colours.mix(colour, shadow, share)

    def gradient(self, stops: tuple[RGB, ...], top: float = 0.0, bottom: float = 1.0) -> None:
        """Fill a band of the picture with colours that run from the first stop down to the last."""
        first, last = round(top * self.height), round(bottom * self.height)
        if last > first:
            self.image.paste(gradient((self.width, last - first), stops), (0, first))

    def finely(self, area: Box, paint: Callable[[ImageDraw, Callable[[float, float], Point]], None]) -> None:
        """Let `paint` draw inside `area` with smooth edges; it is given what to draw on and how to place a point."""
        from PIL import Image, ImageDraw

        left, top = max(0, int(area[0])), max(0, int(area[1]))
        right, bottom = min(self.width, math.ceil(area[2])), min(self.height, math.ceil(area[3]))
        if self.doubled:
            paint(self.draw, lambda x, y: (x, y))
        elif right > left and bottom > top:
            part = self.image.crop((left, top, right, bottom))
            part = part.resize((2 * part.width, 2 * part.height), Image.Resampling.NEAREST)
            paint(ImageDraw.Draw(part), lambda x, y: (2 * (x - left), 2 * (y - top)))
            self.image.paste(part.reduce(2), (left, top))

    def hills(self, colour: RGB, base: float, swing: float, waves: float) -> None:
        """Everything below a wavy line around `base`."""
        phase = self.random.uniform(0, 6.28)
        steps = 40
        line = [
            (
                self.width * step / steps,
                self.height
                * (base + swing * math.sin(phase + waves * step / steps * 6.28) * math.cos(phase + 2.1 * step / steps)),
            )
            for step in range(steps + 1)
        ]
        low = self.height * (base + swing)

        def crest(draw: ImageDraw, place: Callable[[float, float], Point]) -> None:
            draw.polygon([place(x, y) for x, y in [(0, low + 1), *line, (self.width, low + 1)]], fill=colour)

        self.finely((0, self.height * (base - swing) - 1, self.width, low + 1), crest)
        self.draw.rectangle((0, low, self.width, self.height), fill=colour)

    def band(self, colour: RGB, top: float, bottom: float = 1.0) -> None:
        self.draw.rectangle((0, top * self.height, self.width, bottom * self.height), fill=colour)

    def ellipse(self, x: float, y: float, radius: float, colour: tuple[int, ...], squash: float = 1.0) -> None:
        """An ellipse `radius` (of the shorter side) wide around a point; a fourth colour channel makes it glassy."""
        r = radius * min(self.width, self.height)
        x, y = x * self.width, y * self.height
        draw = self.glass if len(colour) == 4 else self.draw
        draw.ellipse((x - r, y - r * squash, x + r, y + r * squash), fill=colour)

    def thing(self, item: Item) -> None:
        left, top, right, bottom = (
            side * length for side, length in zip(item.box, (self.width, self.height) * 2, strict=True)
        )
        slack = (bottom - top) * 0.04  # round line ends reach out of the box

        def whole(draw: ImageDraw, place: Callable[[float, float], Point]) -> None:
            box = (*place(left, top), *place(right, bottom))
            brush.paint(draw, item.thing, item.shade, box, mirrored=item.mirrored)

        self.finely((left - slack, top - slack, right + slack, bottom + slack), whole)

    def shadow(self, item: Item) -> None:
        """A soft dark spot where a thing stands."""
        left, _, right, bottom = item.box
        w, high = (right - left) * self.width, 0.012 * min(self.width, self.height)
        x, y = left * self.width, bottom * self.height
        self.glass.ellipse((x + w * 0.06, y - high, x + w * 0.94, y + high), fill=(0, 0, 20, 60))


def gradient(size: tuple[int, int], stops: tuple[RGB, ...]) -> Image:
    """A picture whose colour runs through `stops` from top to bottom."""
    from PIL import Image

    width, height = size
    column = Image.new("RGB", (1, len(stops)))
    column.putdata(stops)
    column = column.resize((1, height), Image.Resampling.BICUBIC, box=(0, 0.5, 1, len(stops) - 0.5))
    return column.resize(size, Image.Resampling.NEAREST)


# --- the sky ----------------------------------------------------------------------------------------------------------
def _sky(canvas: Canvas, bottom: float) -> None:
    plan, random = canvas.plan, canvas.random
    stops = SKY[plan.sky]
    if plan.tint:
        stops = tuple(colours.mix(stop, plan.tint, 0.45) for stop in stops)
    canvas.gradient(stops, 0.0, bottom)
    has = {item.thing.name for item in plan.items}
    if plan.sky in ("night", "space", "neon"):
        for _ in range(90 if plan.sky == "space" else 45):
            canvas.ellipse(
                random.random(), random.random() ** 1.4 * bottom, random.uniform(0.0012, 0.0034), (255, 250, 225)
            )
    if plan.sky == "night" and "moon" not in has:
        x = random.uniform(0.15, 0.85)
        canvas.ellipse(x, 0.16, 0.085, (245, 240, 210, 40))
        canvas.ellipse(x, 0.16, 0.06, (244, 238, 212))
    if plan.sky == "space":
        for _ in range(5):
            hue = random.choice(((150, 60, 170), (60, 90, 190), (190, 70, 120)))
            canvas.ellipse(
                random.random(),
                random.random() * bottom,
                random.uniform(0.1, 0.28),
                (*hue, 26),
                random.uniform(0.4, 0.8),
            )
    if plan.sky in ("sunset", "neon") and not has & {"sun", "moon"}:
        x = random.uniform(0.3, 0.7)
        for radius, glass in ((0.24, 36), (0.19, 60), (0.14, 255)):
            canvas.ellipse(
                x, HORIZON - 0.07, radius, (255, 226, 150, glass) if plan.sky == "sunset" else (255, 120, 190, glass)
            )
    if plan.sky in ("day", "sunset", "storm") and not has & {"cloud", "rainbow"}:
        shade = {"day": "white", "sunset": "pink", "storm": "grey"}[plan.sky]
        for item in scene.scatter(
            random, 6 if plan.sky == "storm" else 3, "cloud", shade, bottom=(0.1, 0.34), size=0.085
        ):
            left, top, right, low = item.box
            # Clouds keep their shape on wide and on high pictures.
            stretch = canvas.height / canvas.width
            faint = colours.mix(item.shade, stops[1], 0.45)
            canvas.thing(Item(item.thing, item.colour, faint, (left, top, left + (right - left) * stretch, low)))


# --- the ground -------------------------------------------------------------------------------------------------------
def _meadow(canvas: Canvas) -> None:
    canvas.hills(canvas.lit((150, 200, 120)), HORIZON - 0.03, 0.045, 0.9)
    canvas.hills(canvas.lit((116, 182, 92)), HORIZON + 0.03, 0.03, 0.7)
    canvas.hills(canvas.lit((90, 160, 74)), HORIZON + 0.12, 0.02, 0.5)
    for _ in range(26):
        x, y = canvas.random.random(), canvas.random.uniform(HORIZON + 0.1, 0.99)
        canvas.ellipse(
            x, y, 0.005, canvas.lit(canvas.random.choice(((255, 250, 235), (250, 214, 92), (240, 140, 170))))
        )


def _forest(canvas: Canvas) -> None:
    canvas.hills(canvas.lit((96, 150, 96)), HORIZON - 0.06, 0.02, 0.8)
    for depth, (low, size, light) in enumerate(((HORIZON - 0.02, 0.26, 0.45), (HORIZON + 0.05, 0.34, 0.2))):
        _stand(canvas, 9 - 2 * depth, low, size, light)
    canvas.hills(canvas.lit((92, 146, 74)), HORIZON + 0.06, 0.015, 0.6)


def _stand(canvas: Canvas, count: int, low: float, size: float, light: float) -> None:
    """A row of trees that the distance makes pale."""
    stretch = canvas.height / canvas.width
    for index in range(count):
        name = canvas.random.choice(("pine tree", "pine tree", "tree"))
        for item in scene.scatter(canvas.random, 1, name, "green", bottom=(low, low + 0.02), size=size):
            left = (index + canvas.random.uniform(0, 0.6)) / count - 0.04
            wide = (item.box[2] - item.box[0]) * stretch
            shade = canvas.lit(colours.mix((52, 122, 66), (190, 216, 206), light))
            canvas.thing(Item(item.thing, "green", shade, (left, item.box[1], left + wide, item.box[3])))


def _water(canvas: Canvas, bottom: float) -> None:
    shallow, deep = canvas.lit((92, 178, 214)), canvas.lit((24, 92, 158))
    if canvas.plan.sky == "sunset":
        shallow = colours.mix(shallow, (255, 180, 130), 0.5)
    canvas.gradient((shallow, deep), HORIZON, bottom)
    unit = min(canvas.width, canvas.height)
    for _ in range(34):
        y = canvas.random.uniform(HORIZON + 0.01, bottom)
        near = (y - HORIZON) / max(0.01, bottom - HORIZON)
        x, long = canvas.random.random() * canvas.width, (0.02 + 0.07 * near) * unit
        canvas.glass.line(
            (x, y * canvas.height, x + long, y * canvas.height),
            fill=(255, 255, 255, 70),
            width=max(1, round(unit * 0.003)),
        )


def _sea(canvas: Canvas) -> None:
    _water(canvas, 1.0)


def _beach(canvas: Canvas) -> None:
    _water(canvas, 0.8)
    canvas.hills(canvas.lit((246, 244, 236)), HORIZON + 0.105, 0.012, 1.1)
    canvas.hills(canvas.lit((238, 214, 164)), HORIZON + 0.125, 0.012, 1.1)


def _desert(canvas: Canvas) -> None:
    for colour, base, swing in (
        ((244, 212, 150), -0.05, 0.05),
        ((236, 192, 120), 0.03, 0.05),
        ((224, 172, 98), 0.12, 0.03),
    ):
        canvas.hills(canvas.lit(colour), HORIZON + base, swing, 0.8)


def _snow(canvas: Canvas) -> None:
    for colour, base in (((214, 228, 240), -0.04), ((232, 240, 247), 0.03), ((248, 251, 253), 0.11)):
        canvas.hills(canvas.lit(colour), HORIZON + base, 0.035, 0.8)
    for _ in range(70):
        canvas.ellipse(
            canvas.random.random(), canvas.random.random(), canvas.random.uniform(0.002, 0.006), (255, 255, 255)
        )


def _city(canvas: Canvas) -> None:
    random, dark = canvas.random, canvas.plan.sky in ("night", "neon", "sunset", "space")
    canvas.band(canvas.lit((112, 122, 142)), HORIZON + 0.05)
    for depth, (low, high) in enumerate(((0.22, 0.5), (0.12, 0.34))):
        x = -0.02
        while x < 1.0:
            wide, tall = random.uniform(0.06, 0.13), random.uniform(low, high)
            wall = canvas.lit(random.choice(((120, 136, 160), (150, 140, 150), (104, 122, 150), (164, 158, 160))))
            wall = colours.mix(wall, SKY[canvas.plan.sky][-1], 0.4 - 0.3 * depth)
            top = HORIZON + 0.14 - tall
            x0, y0, x1 = x * canvas.width, top * canvas.height, (x + wide) * canvas.width
            canvas.draw.rectangle((x0, y0, x1, 0.82 * canvas.height), fill=wall)
            if depth:
                _windows(canvas, x0, y0, x1, 0.78 * canvas.height, colours.darker(wall, 0.2), dark)
            x += wide + random.uniform(0.0, 0.012)
    canvas.band(canvas.lit((170, 170, 172)), 0.775, 0.79)
    _street(canvas)


def _windows(canvas: Canvas, x0: float, y0: float, x1: float, y1: float, unlit: RGB, dark: bool) -> None:
    pitch = (x1 - x0) / 4
    glow = ((255, 224, 140), (120, 240, 250), (255, 140, 210)) if canvas.plan.sky == "neon" else ((255, 224, 140),)
    y = y0 + pitch * 0.5
    while y + pitch < y1:
        for column in range(3):
            x = x0 + pitch * (column + 0.65)
            fill = canvas.random.choice(glow) if canvas.random.random() < (0.55 if dark else 0.12) else unlit
            canvas.draw.rectangle((x, y, x + pitch * 0.6, y + pitch * 0.6), fill=fill)
        y += pitch * 1.1


def _street(canvas: Canvas) -> None:
    canvas.band(canvas.lit((84, 88, 96)), 0.79)
    for dash in range(-1, 8):
        x = (dash / 7 + 0.03) * canvas.width
        canvas.draw.rectangle(
            (x, 0.895 * canvas.height, x + 0.07 * canvas.width, 0.905 * canvas.height), fill=canvas.lit((240, 232, 190))
        )


def _road(canvas: Canvas) -> None:
    _meadow(canvas)
    canvas.band(canvas.lit((226, 222, 210)), 0.782, 0.79)
    _street(canvas)


def _moonscape(canvas: Canvas) -> None:
    canvas.hills((126, 128, 138), HORIZON - 0.01, 0.025, 0.8)
    canvas.hills((150, 152, 160), HORIZON + 0.07, 0.015, 0.6)
    for _ in range(14):
        x, y = canvas.random.random(), canvas.random.uniform(HORIZON + 0.09, 0.99)
        r = canvas.random.uniform(0.01, 0.045)
        canvas.ellipse(x, y, r, (120, 122, 132), 0.35)
        canvas.ellipse(x, y + r * 0.08, r * 0.86, (134, 136, 146), 0.33)


def _underwater(canvas: Canvas) -> None:
    canvas.gradient(tuple(canvas.lit(c) for c in ((96, 200, 220), (34, 128, 186), (14, 66, 124))))
    for ray in range(4):
        x = (0.1 + ray * 0.25 + canvas.random.uniform(-0.05, 0.05)) * canvas.width
        w, slant = 0.07 * canvas.width, 0.22 * canvas.width
        canvas.glass.polygon(
            [(x, 0), (x + w, 0), (x + w * 1.6 - slant, canvas.height * 0.8), (x - slant, canvas.height * 0.8)],
            fill=(255, 255, 255, 22),
        )
    canvas.hills(canvas.lit((222, 200, 150)), 0.86, 0.02, 0.8)
    for _ in range(6):
        x, tall = canvas.random.random(), canvas.random.uniform(0.08, 0.2)
        weed = [
            ((x + 0.012 * math.sin(k * 1.3)) * canvas.width, (0.9 - tall * k / 6) * canvas.height) for k in range(7)
        ]
        brush.line(canvas.draw, weed, canvas.lit((46, 140, 90)), 0.014 * min(canvas.width, canvas.height))
    for _ in range(22):
        canvas.ellipse(
            canvas.random.random(),
            canvas.random.random() * 0.85,
            canvas.random.uniform(0.003, 0.011),
            (255, 255, 255, 90),
        )


def _room(canvas: Canvas) -> None:
    wall = canvas.plan.tint or canvas.random.choice(
        ((222, 214, 200), (200, 218, 222), (226, 206, 202), (208, 216, 200))
    )
    canvas.gradient((colours.lighter(wall, 0.35), wall), 0.0, 0.72)
    canvas.band(colours.darker(wall, 0.25), 0.715, 0.725)
    canvas.gradient(((186, 140, 96), (150, 106, 68)), 0.725)


def _plain(canvas: Canvas) -> None:
    paper = canvas.plan.tint or canvas.random.choice(
        ((238, 238, 232), (226, 234, 240), (240, 232, 224), (230, 238, 230))
    )
    canvas.gradient((colours.lighter(paper, 0.5), paper))


def _air(canvas: Canvas) -> None:
    _sky(canvas, 1.0)


def _abstract(canvas: Canvas) -> None:
    """Soft overlapping discs on a gradient, in three hues that the prompt's hash or its colour chooses."""
    random = canvas.random
    chosen = random.sample(("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink"), 3)
    first, second, third = (colours.PAINTS[name] for name in chosen)
    if canvas.plan.tint:
        first, second = canvas.plan.tint, colours.mix(second, canvas.plan.tint, 0.5)
    canvas.gradient((colours.lighter(first, 0.25), colours.mix(first, second, 0.5), colours.darker(second, 0.25)))
    for _ in range(9):
        shade = colours.lighter(random.choice((first, second, third)), random.random() * 0.5)
        canvas.ellipse(random.random(), random.random(), random.uniform(0.06, 0.26), (*shade, 110))
    for step in range(3):
        canvas.hills(colours.mix(third, colours.darker(second), step / 2.5), 0.66 + step * 0.09, 0.05, 0.9)


GROUNDS: dict[str, Callable[[Canvas], None]] = {
    "meadow": _meadow, "forest": _forest, "sea": _sea, "beach": _beach, "desert": _desert, "snow": _snow,
    "city": _city, "road": _road, "moonscape": _moonscape, "underwater": _underwater, "room": _room,
    "plain": _plain, "air": _air, "abstract": _abstract,
}  # fmt: skip
WITHOUT_SKY = {"underwater", "room", "plain", "air", "abstract"}


def picture(plan: Scene, width: int, height: int, random: Random) -> Image:
    """Paint a scene, `width` x `height` pixels, mode RGB."""
    from PIL import Image

    times = 2 if width * height <= DOUBLED else 1
    canvas = Canvas(Image.new("RGB", (width * times, height * times)), plan, random, doubled=times == 2)
    if plan.ground not in WITHOUT_SKY:
        _sky(canvas, HORIZON + 0.06)
    shown = list(plan.items)
    behind = [item for item in shown if item.box[3] <= HORIZON + 0.03 and plan.ground not in WITHOUT_SKY]
    for item in behind:
        canvas.thing(item)
    GROUNDS[plan.ground](canvas)
    for item in shown:
        if item in behind and item.thing.place == "sky":
            continue
        if item.thing.place in ("ground", "still") and plan.ground not in ("plain", "underwater", "air", "sea"):
            canvas.shadow(item)
        canvas.thing(item)
    image = canvas.image.reduce(times) if times > 1 else canvas.image
    return _styled(image, plan.style)


def _styled(image: Image, style: str) -> Image:
    from PIL import Image, ImageOps

    match style:
        case "grey":
            return image.convert("L").convert("RGB")
        case "sepia":
            return ImageOps.colorize(image.convert("L"), (40, 26, 14), (252, 240, 214))
        case "pixel":
            small = (max(1, image.width // 10), max(1, image.height // 10))
            return image.resize(small, Image.Resampling.BOX).resize(image.size, Image.Resampling.NEAREST)
        case "soft":
            return Image.blend(image, Image.new("RGB", image.size, (255, 252, 244)), 0.24)
        case _:
            return image


def caption(image: Image, text: str) -> str:
    """Write the first words of `text` into a dark strip at the bottom, in place. Returns the words that found room.

    Pictures too small for legible letters stay as they are.
    """
    from PIL import Image

    width, height = image.size
    size = round(min(width, height) * 0.042)
    if min(width, height) < 96 or not text.strip():
        return ""
    size = max(size, 11)
    lines = lettering.wrap(text, size, width * 0.94, 2)
    masks = [lettering.stencil(line, size) for line in lines]
    pad = round(size * 0.5)
    tall = sum(mask.height for mask in masks) + 2 * pad
    top = max(0, height - tall)
    strip = image.crop((0, top, width, height))
    image.paste(Image.blend(strip, Image.new("RGB", strip.size, (14, 16, 26)), 0.62), (0, top))
    y = top + pad
    for mask in masks:
        image.paste((255, 255, 255), ((width - mask.width) // 2, y), mask)
        y += mask.height
    return " ".join(lines)


def marks(plan: Scene) -> tuple[Mark, ...]:
    """The things of a scene as a note names them, the largest first."""
    large = sorted(plan.items, key=lambda item: (item.box[0] - item.box[2]) * (item.box[3] - item.box[1]))
    return tuple(Mark(item.thing.name, item.colour, item.box) for item in large)
