"""Text-to-Image: a drawing of what the prompt asks for, at exactly the asked size, in the model's own media type.

The same prompt and `seed` give the same picture (without a seed too, as observed); `steps` and `guidance` change the
bill at most. Where nothing is known about the service, this is chosen: every model that is given an `image` starts from
it, whatever the model is made for; a picture made from one keeps its size when none is asked for; and even at full
`strength` a trace of it is left, which shows that it arrived.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import isfinite, nan
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_server.catalog import Model
from mock_server.errors import BAD_INPUT, ApiError
from mock_server.exchange import Binary, Inputs, Reply, Result
from mock_server.media import drawing, images, scene
from mock_server.media.brush import Box
from mock_server.media.images import Mark, Note, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

TILE = 512 * 512
LARGEST = 2500  # pixels: the longest side that any model's schema allows; forms have no schema that says so
SMALLEST_COPY, LARGEST_COPY = 256, 2048  # sides of a picture whose size comes from the given image
REFERENCE = 0.55  # how much of a picture with reference images is drawn, and not the first of them
TRACE = 0.12  # how much of a given image is left at full strength
CARD = 0.24  # of the shorter side: the height of further reference images


class Work(NamedTuple):
    """A picture in the making, and what is to be noted of it."""

    image: Image
    note: Note


class Order(NamedTuple):
    """What is to be drawn. random: the state that the prompt, the model and the asked seed begin with."""

    prompt: str
    unwanted: str
    width: int
    height: int
    random: Random


def respond(model: Model, inputs: Inputs, seed: int) -> Reply:
    """The picture that ``inputs["prompt"]`` asks for: Binary, or {"image": base64} where the fact `delivery` says so.

    Inputs: negative_prompt, width, height, seed; image or image_b64 with strength, and mask (white is repainted); of
    forms input_image_0 and further, also below "multipart". Billed: steps, and tiles of 512 x 512 pixels by area.
    Raises ApiError: 400/5004, 400/8001 for images that cannot be read, 400/5006 for fields of a form that mean nothing.
    """
    facts = model.facts
    nested = inputs.get("multipart")
    fields: Mapping[str, Any] = nested if isinstance(nested, Mapping) else inputs
    prompt = fields.get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise ApiError(BAD_INPUT, reason="required properties at '/' are 'prompt'")
    prompt = prompt.encode("utf-8", "replace").decode()  # half a surrogate pair has no bytes
    start, mask, references = _given(fields)
    width, height = _size(fields, facts, start)
    unwanted = str(fields.get("negative_prompt") or "")
    random = Random(repr((model.name, prompt, unwanted, fields.get("seed"))))
    order = Order(prompt, unwanted, width, height, random)

    images.pillow()
    if start and mask:
        work = _repainted(order, start, mask)
    elif start:
        work = _redrawn(order, start, min(1.0, max(0.0, _number(fields, "strength", 1.0))))
    elif references:
        work = _after(order, references)
    else:
        work = _drawn(order)
    body = images.encode(work.image, facts["media_type"], work.note)
    units = _units(model, fields, (width, height), references)
    if facts["delivery"] == "binary":
        return Binary(body, facts["media_type"], units=units)
    return Result({"image": b64encode(body).decode()}, units=units)


def _given(fields: Mapping[str, Any]) -> tuple[Picture | None, Picture | None, list[Picture]]:
    """The image to start from, the mask and the reference images that came along."""
    first = fields.get("image") or fields.get("image_b64")
    mask = fields.get("mask")
    names = sorted(name for name in fields if name.startswith("input_image") and fields[name])
    files = (file for name in names for file in (fields[name] if isinstance(fields[name], list) else [fields[name]]))
    return (
        images.decode(images.octets(first)) if first else None,
        images.decode(images.octets(mask)) if mask else None,
        [images.decode(images.octets(file)) for file in files],
    )


def _size(fields: Mapping[str, Any], facts: Mapping[str, Any], start: Picture | None) -> tuple[int, int]:
    """Width and height in pixels: as asked, of the given image, or the model's usual ones; down to its multiple."""
    width, height = (_side(fields, name) for name in ("width", "height"))
    if start and not (width or height):
        scale = min(LARGEST_COPY / max(start.size), max(1.0, SMALLEST_COPY / min(start.size)))
        width, height = (max(1, round(side * scale)) for side in start.size)
    multiple = facts.get("multiple", 1)
    sides = (width or facts.get("width", 1024), height or facts.get("height", 1024))
    across, down = (max(multiple, side // multiple * multiple) for side in sides)
    return across, down


def _side(fields: Mapping[str, Any], name: str) -> int:
    """A side that was asked for, 0 for none."""
    side = int(_number(fields, name, 0))
    if side < 0:
        raise ApiError(BAD_INPUT, reason=f"'/{name}' must be >= 0")
    if side > LARGEST:
        raise ApiError(BAD_INPUT, reason=f"'/{name}' must be <= {LARGEST}")
    return side


def _number(fields: Mapping[str, Any], name: str, usual: float) -> float:
    """A number that was asked for; forms may send it as text. 400/5006 in the validator's words for other text."""
    value = fields.get(name)
    if value is None or value == "":
        return usual
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = nan
    if not isfinite(number):
        raise ApiError(BAD_INPUT, reason=f"Type mismatch of '/{name}', 'number' not in 'string'")
    return number


def _drawn(order: Order) -> Work:
    plan = scene.compose(order.prompt, order.unwanted, order.width / order.height, order.random)
    image = drawing.picture(plan, order.width, order.height, order.random)
    caption = drawing.caption(image, order.prompt)
    return Work(image, drawing.note(plan, order.prompt, caption))


def _redrawn(order: Order, start: Picture, strength: float) -> Work:
    """The drawing laid over the given image, as thickly as `strength` says; what is seen more of is noted."""
    from PIL import Image

    drawn = _drawn(order)
    below = _fitted(start.image, order.width, order.height)
    note = drawn.note if strength >= 0.5 else replace(start.note or Note(""), prompt=order.prompt, caption="")
    return Work(Image.blend(below, drawn.image, strength * (1 - TRACE)), note)


def _repainted(order: Order, start: Picture, mask: Picture) -> Work:
    """The given image with the drawing where the mask is white; what is black stays as it is, to the pixel."""
    below = _fitted(start.image, order.width, order.height)
    hole = _fitted(mask.image, order.width, order.height).convert("L")
    bounds = hole.point(lambda value: value >= 128 and 255).getbbox()
    old = start.note or Note("")
    if bounds is None:
        return Work(below, replace(old, prompt=order.prompt))
    left, top, right, bottom = bounds
    drawn = _drawn(order._replace(width=right - left, height=bottom - top))
    image = below.copy()
    image.paste(drawn.image, (left, top), hole.crop(bounds))
    kept = [mark for mark in old.marks if not _covered(mark, hole)]
    new = [mark._replace(box=_moved(mark.box, bounds, image.size)) for mark in drawn.note.marks]
    return Work(image, replace(old, prompt=order.prompt, caption=drawn.note.caption, marks=(*new, *kept)))


def _after(order: Order, references: list[Picture]) -> Work:
    """The drawing over the first reference image; further ones as cards along the upper edge."""
    from PIL import Image, ImageOps

    drawn = _drawn(order)
    below = _fitted(references[0].image, order.width, order.height)
    image = Image.blend(below, drawn.image, REFERENCE)
    edge = max(1, round(min(image.size) * 0.008))
    tall = max(1, round(min(image.size) * CARD))
    right = image.width - 3 * edge
    for reference in references[1:]:
        wide = max(1, min(2 * tall, round(tall * reference.size[0] / reference.size[1])))
        card = ImageOps.expand(_fitted(reference.image, wide, tall), edge, (255, 255, 255))
        right -= card.width + edge
        image.paste(card, (right, 3 * edge))
    return Work(image, drawn.note)


def _fitted(image: Image, width: int, height: int) -> Image:
    """The middle of an image at another size, undistorted."""
    from PIL import ImageOps

    return image if image.size == (width, height) else ImageOps.fit(image, (width, height))


def _covered(mark: Mark, hole: Image) -> bool:
    """Whether the middle of a thing lies in the part that is repainted."""
    left, top, right, bottom = mark.box
    x, y = int((left + right) / 2 * (hole.width - 1)), int((top + bottom) / 2 * (hole.height - 1))
    return hole.crop((x, y, x + 1, y + 1)).tobytes() >= b"\x80"


def _moved(box: Box, bounds: tuple[int, int, int, int], size: tuple[int, int]) -> Box:
    """A box inside `bounds` (pixels) as fractions of the whole picture."""
    x, y, wide, high = bounds[0], bounds[1], bounds[2] - bounds[0], bounds[3] - bounds[1]
    left, top, right, bottom = box
    return (
        (x + left * wide) / size[0],
        (y + top * high) / size[1],
        (x + right * wide) / size[0],
        (y + bottom * high) / size[1],
    )


def _units(
    model: Model, fields: Mapping[str, Any], size: tuple[int, int], references: Iterable[Picture]
) -> dict[str, float]:
    """The billed amounts, by the model's own price units; "... tile, per step" is their product.

    Tiles are counted by area, parts of one too: the neurons seen for 1024 x 1280 pixels are those of five tiles.
    """
    steps = _number(fields, "num_steps", 0) or _number(fields, "steps", 0) or model.facts.get("steps", 1)
    output = size[0] * size[1] / TILE
    given = sum(reference.size[0] * reference.size[1] / TILE for reference in references)
    amounts = {}
    for unit in {**model.prices, **model.facts.get("neurons", {})}:
        amount = 1.0
        if "tile" in unit:
            amount *= given if "input" in unit else output
        if "step" in unit:
            amount *= steps
        amounts[unit] = amount
    return amounts
