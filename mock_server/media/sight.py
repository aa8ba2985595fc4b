"""Looking at pixels: size, colours, brightness, and plain shapes that stand out from the background."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from statistics import fmean, median_low
from typing import TYPE_CHECKING, NamedTuple

from mock_server.media import colours, images
from mock_server.media.brush import Box
from mock_server.media.images import Note, Picture
from mock_server.media.things import Thing, by_name

if TYPE_CHECKING:
    from PIL.Image import Image

GRID = 64  # cells along the longer side in which shapes are looked for
LEAST = 0.004  # of the picture: smaller spots are no shapes
MOST_SHAPES = 24
LEAST_NAMELESS, MOST_NAMELESS = 0.01, 6  # of outlines without a name, of which photographs are full
FORM = 24  # cells along the sides of the mask by which a form is told
APART = 24  # how far from the background's brightness a pixel of a shape is
EVEN = 20  # difference in red + green + blue that still counts as one colour
LOOKED_AT = 768  # pixels along the longer side that are enough to look at


class Sight(NamedTuple):
    """Something seen. name: a thing's, or "shape" for an outline that has no name. box: fractions of the sides.

    area: fraction of the picture. thing: its row of the table of things, None for a nameless shape.
    """

    name: str
    colour: str
    box: Box
    area: float
    thing: Thing | None


@dataclass(frozen=True, slots=True)
class Seen:
    """The facts of a picture. brightness: 0 black to 1 white. shares: colour names with their fraction of the picture,
    largest first. prompt, caption, sky, ground: of the note of one of our pictures, else "".
    """

    width: int
    height: int
    format: str
    brightness: float
    shares: tuple[tuple[str, float], ...]
    sights: tuple[Sight, ...]
    prompt: str = ""
    caption: str = ""
    sky: str = ""
    ground: str = ""


class _Patch(NamedTuple):
    """A connected area of one colour name on the grid: its colour, cells and bounds (inclusive)."""

    colour: str
    cells: list[int]
    left: int
    top: int
    right: int
    bottom: int


def look(data: bytes) -> Seen:
    """See what is on a picture. ApiError 8001 when it cannot be decoded."""
    return see(images.decode(data, within=LOOKED_AT))


def see(picture: Picture) -> Seen:
    """The facts of a decoded picture; what stands on one of ours is known from its note, of others from the pixels."""
    from PIL import Image

    longer = max(picture.image.size)
    columns, rows = (max(1, round(side * GRID / longer)) for side in picture.image.size)
    # One point in each cell of the grid: means of cells would have colours of their own along every edge.
    fine = picture.image.resize((4 * columns, 4 * rows), Image.Resampling.BOX)
    small = fine.resize((columns, rows), Image.Resampling.NEAREST)
    pixels = small.tobytes()
    table = colours.names_by_cell()
    names = [
        table[(red >> 4) << 8 | (green >> 4) << 4 | blue >> 4]
        for red, green, blue in zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
    ]
    total = len(names)
    shares = tuple((name, count / total) for name, count in Counter(names).most_common())
    (luma,) = fine.convert("L").resize((1, 1), Image.Resampling.BOX).tobytes()
    note = picture.note or Note("")
    if note.marks or note.ground:
        sights = tuple(
            Sight(name, colour, box, (box[2] - box[0]) * (box[3] - box[1]), by_name().get(name))
            for name, colour, box in note.marks
        )
    else:
        sights = tuple(_shapes(picture.image, names, pixels, columns))
    return Seen(
        *picture.size,
        picture.format,
        luma / 255,
        shares,
        sights,
        note.prompt,
        note.caption,
        note.sky,
        note.ground,
    )


def _shapes(image: Image, names: list[str], pixels: bytes, columns: int) -> list[Sight]:
    """Patches of colour that are not background and not a detail inside another, largest first."""
    total, rows = len(names), len(names) // columns
    rim = 2 * (columns + rows)
    chosen: list[_Patch] = []
    for patch in sorted(_patches(names, columns, rows), key=lambda patch: -len(patch.cells)):
        if len(patch.cells) < LEAST * total or len(chosen) == MOST_SHAPES:
            break
        at_rim = sum((cell % columns in (0, columns - 1)) + (cell // columns in (0, rows - 1)) for cell in patch.cells)
        spread = (patch.right - patch.left + 1 == columns) + (patch.bottom - patch.top + 1 == rows)
        if at_rim > 0.2 * rim or spread == 2 or (spread and at_rim > 0.12 * rim):
            continue
        if not any(_inside(patch, other) for other in chosen):
            chosen.append(patch)
    found = [_sight(image, patch, pixels, columns, rows) for patch in chosen]
    nameless = [one for one in found if one.thing is None and one.area > LEAST_NAMELESS]
    return [one for one in found if one.thing or one in nameless[:MOST_NAMELESS]]


def _patches(names: list[str], columns: int, rows: int) -> list[_Patch]:
    """The grid cut into areas of one colour name, connected by their sides."""
    seen = bytearray(columns * rows)
    found = []
    for start, name in enumerate(names):
        if seen[start]:
            continue
        seen[start] = 1
        cells, waiting = [], deque([start])
        while waiting:
            cell = waiting.pop()
            cells.append(cell)
            x = cell % columns
            for near in (
                cell - 1 if x else -1, cell + 1 if x < columns - 1 else -1, cell - columns, cell + columns
            ):  # fmt: skip
                if 0 <= near < len(names) and not seen[near] and names[near] == name:
                    seen[near] = 1
                    waiting.append(near)
        across = [cell % columns for cell in cells]
        found.append(_Patch(name, cells, min(across), min(cells) // columns, max(across), max(cells) // columns))
    return found


def _inside(patch: _Patch, other: _Patch) -> bool:
    """Whether `patch` is a detail of `other`, or the blurred edge around it."""
    across = other.left - 1 <= patch.left and patch.right <= other.right + 1
    return across and other.top - 1 <= patch.top and patch.bottom <= other.bottom + 1


def _sight(image: Image, patch: _Patch, pixels: bytes, columns: int, rows: int) -> Sight:
    """A patch as a thing: its bounds to the pixel and its form, where it lies on an even background."""
    box = (patch.left / columns, patch.top / rows, (patch.right + 1) / columns, (patch.bottom + 1) / rows)
    name = "shape"
    if (found := _cut_out(image, patch, columns, rows)) and _even(patch, pixels):
        box, mask = found
        name = _outline(mask, (box[2] - box[0]) * image.width / ((box[3] - box[1]) * image.height))
    return Sight(name, patch.colour, box, (box[2] - box[0]) * (box[3] - box[1]), by_name().get(name))


def _even(patch: _Patch, pixels: bytes) -> bool:
    """Whether most of a patch is of one colour, as in drawings and seldom in photographs. Its edges may be blurred."""
    sums = [sum(pixels[3 * cell : 3 * cell + 3]) for cell in patch.cells]
    middle = median_low(sums)
    return sum(abs(one - middle) < EVEN for one in sums) > len(sums) / 2


def _cut_out(image: Image, patch: _Patch, columns: int, rows: int) -> tuple[Box, bytes] | None:
    """The exact bounds of a patch and a FORM x FORM mask of what differs from the background inside them.

    None where the background around the patch is not of one colour.
    """
    from PIL import ImageChops
    from PIL.Image import Resampling, new

    width, height = image.size
    left, right = (int(edge * width / columns) for edge in (max(0, patch.left - 2), min(columns, patch.right + 3)))
    top, bottom = (int(edge * height / rows) for edge in (max(0, patch.top - 2), min(rows, patch.bottom + 3)))
    part = image.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    corners = [part.getpixel((x, y)) for x in (0, part.width - 1) for y in (0, part.height - 1)]
    paper = Counter(corners).most_common(1)[0][0]
    apart = ImageChops.difference(part, new("RGB", part.size, paper)).convert("L")
    mask = apart.point(lambda value: value > APART and 255)
    found = mask.getbbox()
    if found is None:
        return None
    box = ((left + found[0]) / width, (top + found[1]) / height, (left + found[2]) / width, (top + found[3]) / height)
    cells = (patch.left / columns, patch.top / rows, (patch.right + 1) / columns, (patch.bottom + 1) / rows)
    slack = (1.5 / columns, 1.5 / rows) * 2
    if any(abs(one - other) > most for one, other, most in zip(box, cells, slack, strict=True)):
        return None
    return box, mask.crop(found).resize((FORM, FORM), Resampling.BOX).point(lambda value: value > 127).tobytes()


def _outline(mask: bytes, aspect: float) -> str:
    """The name of a form, told from its width / height and from which part of its bounds it fills."""
    runs = [sum(mask[start : start + FORM]) / FORM for start in range(0, FORM * FORM, FORM)]
    filled = fmean(runs)
    corners = mask[0] + mask[FORM - 1] + mask[-FORM] + mask[-1]
    regular = 0.87 < aspect < 1.15
    third = FORM // 3
    upper, middle, lower = fmean(runs[:third]), fmean(runs[third:-third]), fmean(runs[-third:])
    if filled > 0.94 and corners >= 3:  # JPEG frays one at times
        return "square" if regular else "rectangle"
    if 0.72 < filled < 0.86 and not corners and regular:
        return "circle"
    if 0.4 < filled < 0.62 and (upper < 0.7 * middle < 0.6 * lower or lower < 0.7 * middle < 0.6 * upper):
        return "triangle"
    if 0.4 < filled < 0.62 and not corners and max(upper, lower) < 0.6 * middle:
        return "diamond"
    return "shape"
