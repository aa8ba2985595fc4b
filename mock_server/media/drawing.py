"""Drawing pictures: the scene that a prompt asks for, in flat colours, at any size, with the prompt's words below."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from mock_server.media import lettering
from mock_server.media.backdrops import GROUNDS, WITHOUT_SKY, paint_sky
from mock_server.media.canvas import Canvas
from mock_server.media.images import Mark, Note
from mock_server.media.scene import HORIZON, Scene

if TYPE_CHECKING:
    from PIL.Image import Image

DOUBLED = 100_000  # pixels: smaller pictures are drawn whole at twice the size and reduced; of larger ones, just edges


def picture(plan: Scene, width: int, height: int, random: Random) -> Image:
    """Paint a scene, `width` x `height` pixels, mode RGB."""
    from PIL import Image

    times = 2 if width * height <= DOUBLED else 1
    canvas = Canvas(Image.new("RGB", (width * times, height * times), None), plan, random, doubled=times == 2)
    if plan.ground not in WITHOUT_SKY:
        paint_sky(canvas, HORIZON + 0.06)
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
    image.paste(strip.point(lambda value: value * 0.38 + 10), (0, top))
    y = top + pad
    for mask in masks:
        image.paste((255, 255, 255), ((width - mask.width) // 2, y), mask)
        y += mask.height
    return " ".join(lines)


def note(plan: Scene, prompt: str, caption: str) -> Note:
    """What a picture of a scene says about itself; its things with the largest first."""
    large = sorted(plan.items, key=lambda item: (item.box[0] - item.box[2]) * (item.box[3] - item.box[1]))
    marks = tuple(Mark(item.thing.name, item.colour, item.box) for item in large)
    bare = plan.ground in ("plain", "abstract")
    under = plan.ground not in WITHOUT_SKY or plan.ground == "air"
    return Note(prompt, caption, marks, plan.sky if under else "", "" if bare else plan.ground)
