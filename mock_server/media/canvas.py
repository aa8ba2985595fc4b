"""A picture being painted: fills and strokes with smooth edges at any size, in the light of its scene."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from mock_server.media import brush, colours
from mock_server.media.brush import Box, Point
from mock_server.media.colours import RGB
from mock_server.media.scene import Item, Scene

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

Place: TypeAlias = Callable[[float, float], Point]

DUSK: dict[str, tuple[RGB, float]] = {  # what the light of a sky does to the colours below it
    "sunset": ((96, 44, 74), 0.34),
    "night": ((10, 16, 46), 0.58),
    "space": ((10, 8, 30), 0.35),
    "storm": ((84, 92, 104), 0.34),
    "neon": ((30, 12, 66), 0.62),
}
SPOT = 3.0  # pixels: discs with a smaller radius need no smooth edges


class Canvas:
    """A picture being painted. Lengths are fractions of its sides until they reach Pillow."""

    def __init__(self, image: Image, plan: Scene, random: Random, *, doubled: bool) -> None:
        from PIL.ImageDraw import Draw

        self.doubled = doubled  # the whole picture is reduced in the end, so that edges need no care
        self.image = image
        self.draw: ImageDraw = Draw(image)
        self.glass: ImageDraw = Draw(image, "RGBA")  # paints translucently
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

    def finely(self, area: Box, paint: Callable[[ImageDraw, Place], None]) -> None:
        """Let `paint` draw inside `area` with smooth edges; it is given what to draw on and how to place a point."""
        from PIL.Image import Resampling
        from PIL.ImageDraw import Draw

        left, top = max(0, int(area[0])), max(0, int(area[1]))
        right, bottom = min(self.width, math.ceil(area[2])), min(self.height, math.ceil(area[3]))
        if self.doubled:
            paint(self.draw, lambda x, y: (x, y))
        elif right > left and bottom > top:
            part = self.image.crop((left, top, right, bottom))
            part = part.resize((2 * part.width, 2 * part.height), Resampling.NEAREST)
            paint(Draw(part), lambda x, y: (2 * (x - left), 2 * (y - top)))
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

        def crest(draw: ImageDraw, place: Place) -> None:
            draw.polygon([place(x, y) for x, y in [(0, low + 1), *line, (self.width, low + 1)]], fill=colour)

        self.finely((0, self.height * (base - swing) - 1, self.width, low + 1), crest)
        self.draw.rectangle((0, low, self.width, self.height), fill=colour)

    def band(self, colour: RGB, top: float, bottom: float = 1.0) -> None:
        """Fill the picture from `top` to `bottom`."""
        self.draw.rectangle((0, top * self.height, self.width, bottom * self.height), fill=colour)

    def ellipse(self, x: float, y: float, radius: float, colour: tuple[int, ...], squash: float = 1.0) -> None:
        """An ellipse `radius` (of the shorter side) wide around a point; a fourth colour channel makes it glassy."""
        r = radius * min(self.width, self.height)
        x, y = x * self.width, y * self.height
        box = (x - r, y - r * squash, x + r, y + r * squash)

        def disc(draw: ImageDraw, place: Place) -> None:
            draw.ellipse((*place(box[0], box[1]), *place(box[2], box[3])), fill=colour)

        if len(colour) == 4:  # its edge is faint
            self.glass.ellipse(box, fill=colour)
        elif r < SPOT:
            self.draw.ellipse(box, fill=colour)
        else:
            self.finely((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1), disc)

    def thing(self, item: Item, *, rough: bool = False) -> None:
        """Paint a thing into its box; rough: quicker, for one that stands out so little that its edges do not show."""
        left, top, right, bottom = item.box
        left, top, right, bottom = left * self.width, top * self.height, right * self.width, bottom * self.height

        def whole(draw: ImageDraw, place: Place) -> None:
            box = (*place(left, top), *place(right, bottom))
            brush.paint(draw, item.thing, item.shade, box, mirrored=item.mirrored)

        if rough:
            whole(self.draw, lambda x, y: (x, y))
        else:
            slack = (bottom - top) * 0.04  # round line ends reach out of the box
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

    column = Image.new("RGB", (1, len(stops)))
    column.putdata(stops)
    column = column.resize((1, size[1]), Image.Resampling.BICUBIC, box=(0, 0.5, 1, len(stops) - 0.5))
    return column.resize(size, Image.Resampling.NEAREST)
