"""Writing words into a picture, in any script."""

from __future__ import annotations

import gzip
import re
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

FONTS = Path(__file__).parent / "fonts"
DOTS = 16  # the height of the bitmap font's characters

# What the subset of DejaVu Sans Bold that ships with us has glyphs for: Latin, Greek, Cyrillic, punctuation, signs.
OUTLINED = re.compile(
    "[\u0020-\u007e\u00a0-\u017f\u0218-\u021b\u0370-\u03ff\u0400-\u045f\u0490\u0491\u1e9e\u1ea0-\u1ef9"
    "\u2010-\u2026\u2032\u2033\u2039\u203a\u20ac\u2116\u2122\u2190-\u2193\u2212]*"
)


@lru_cache(maxsize=64)
def _outlines(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(FONTS / "DejaVuSans-Bold.ttf"), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _bitmaps() -> FreeTypeFont:
    """GNU Unifont, 16 dots high: a glyph for every character of Unicode's basic plane."""
    from PIL import ImageFont

    plain = gzip.decompress((FONTS / "unifont.pcf.gz").read_bytes())  # read in place it is slow to jump about in
    return ImageFont.truetype(BytesIO(plain), DOTS, layout_engine=ImageFont.Layout.BASIC)


def stencil(text: str, size: int) -> Image:
    """One line of text as a mask (mode L), about `size` pixels high; its width is the line's."""
    from PIL import Image, ImageDraw

    outlined = OUTLINED.fullmatch(text) is not None
    font = _outlines(max(size, 4)) if outlined else _bitmaps()
    high = round(max(size, 4) * 1.25) if outlined else DOTS
    mask = Image.new("L", (max(1, round(font.getlength(text))), high))
    ImageDraw.Draw(mask).text((0, 0), text, fill=255, font=font)
    if outlined:
        return mask
    times = max(1, round(size * 1.1 / DOTS))
    return mask.resize((mask.width * times, mask.height * times), Image.Resampling.NEAREST)


def length(text: str, size: int) -> float:
    """The width of a line in pixels."""
    if OUTLINED.fullmatch(text):
        return _outlines(max(size, 4)).getlength(text)
    return _bitmaps().getlength(text) * max(1, round(size * 1.1 / DOTS))


def wrap(text: str, size: int, width: float, lines: int) -> list[str]:
    """The first words of `text` that fit into `lines` lines of `width` pixels, with an ellipsis where it goes on.

    Scripts without spaces are broken between characters.
    """
    text = " ".join(text.split())[:400]
    if length(text, size) <= width:
        return [text]
    words = text.split(" ")
    pieces = [part for word in words for part in ([word] if length(word, size) <= width else word)]
    found: list[str] = [""]
    for index, piece in enumerate(pieces):
        gap = "" if not found[-1] or (len(piece) == 1 and index and len(pieces[index - 1]) == 1) else " "
        if length(found[-1] + gap + piece, size) <= width:
            found[-1] += gap + piece
        elif len(found) < lines and found[-1]:
            found.append(piece)
        else:
            while found[-1] and length(found[-1] + "…", size) > width:
                found[-1] = found[-1][:-1]
            found[-1] = found[-1].rstrip(" ,.;:") + "…"
            break
    return [line for line in found if line and line != "…"]
