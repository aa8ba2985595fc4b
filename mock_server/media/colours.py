"""Colours by name: the paint that a word of a prompt asks for, and the name that a pixel goes by."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from functools import cache

RGB = tuple[int, int, int]

PAINTS: dict[str, RGB] = {
    "red": (217, 54, 50),
    "orange": (240, 138, 36),
    "yellow": (247, 205, 52),
    "green": (67, 160, 71),
    "cyan": (38, 178, 186),
    "blue": (48, 108, 214),
    "purple": (126, 66, 178),
    "pink": (240, 120, 170),
    "brown": (131, 84, 49),
    "beige": (232, 212, 176),
    "black": (34, 34, 38),
    "grey": (136, 140, 146),
    "white": (246, 246, 244),
}

# Words of prompts that mean one of the paints, some with their own shade.
SHADES: dict[str, tuple[str, RGB]] = {
    **{name: (name, rgb) for name, rgb in PAINTS.items()},
    "gray": ("grey", PAINTS["grey"]),
    "silver": ("grey", (184, 190, 198)),
    "crimson": ("red", (190, 28, 56)),
    "scarlet": ("red", (226, 50, 36)),
    "maroon": ("red", (136, 22, 34)),
    "golden": ("yellow", (236, 186, 44)),
    "gold": ("yellow", (236, 186, 44)),
    "lime": ("green", (140, 205, 52)),
    "emerald": ("green", (24, 150, 98)),
    "olive": ("green", (104, 124, 48)),
    "teal": ("cyan", (20, 142, 148)),
    "turquoise": ("cyan", (48, 194, 190)),
    "azure": ("blue", (66, 146, 238)),
    "navy": ("blue", (28, 48, 112)),
    "indigo": ("purple", (88, 50, 162)),
    "violet": ("purple", (142, 84, 206)),
    "lavender": ("purple", (184, 152, 226)),
    "magenta": ("pink", (214, 44, 160)),
    "rosy": ("pink", PAINTS["pink"]),
    "tan": ("beige", (214, 184, 140)),
    "cream": ("beige", (240, 226, 192)),
    "ginger": ("orange", (222, 124, 48)),
}


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """`one` with `share` (0..1) of `other` in it."""
    return (
        round(one[0] + (other[0] - one[0]) * share),
        round(one[1] + (other[1] - one[1]) * share),
        round(one[2] + (other[2] - one[2]) * share),
    )


def lighter(colour: RGB, share: float = 0.3) -> RGB:
    """`colour` with `share` of white in it."""
    return mix(colour, (255, 255, 255), share)


def darker(colour: RGB, share: float = 0.3) -> RGB:
    """`colour` with `share` of a bluish black in it."""
    return mix(colour, (16, 16, 32), share)


def parse(code: str) -> RGB:
    """The colour that three hex digits ("fc0") or six ("ffcc00") mean."""
    if len(code) == 3:
        code = "".join(digit * 2 for digit in code)
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def name(colour: RGB) -> str:
    """What people call it: one of the thirteen names of PAINTS."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
    hue *= 360
    if value < 0.2:
        return "black"
    if 18 <= hue < 62 and 0.08 < saturation < 0.42 and value > 0.7:
        return "beige"
    if saturation < 0.13 or (saturation < 0.2 and value < 0.4):
        return "white" if value > 0.86 else "black" if value < 0.25 else "grey"
    return next(hue_name(saturation, value) for end, hue_name in _HUES if hue < end)


# What the hues up to an angle are called, which may depend on saturation and value.
_HUES: tuple[tuple[float, Callable[[float, float], str]], ...] = (
    (14, lambda s, v: "pink" if s < 0.5 and v > 0.75 else "brown" if s < 0.78 and v < 0.68 else "red"),
    (43, lambda s, v: "brown" if v < 0.68 else "orange"),
    (52, lambda s, v: "brown" if v < 0.45 else "yellow"),
    (66, lambda s, v: "green" if v < 0.55 else "yellow"),
    (163, lambda s, v: "green"),
    (192, lambda s, v: "cyan"),
    (254, lambda s, v: "blue"),
    (288, lambda s, v: "purple"),
    (318, lambda s, v: "pink" if v > 0.75 else "purple"),
    (345, lambda s, v: "pink" if v > 0.5 else "purple"),
    (361, lambda s, v: "pink" if s < 0.5 and v > 0.75 else "brown" if s < 0.6 and v < 0.68 else "red"),
)


@cache
def names_by_cell() -> list[str]:
    """`name` of the middle of every cell of a 16 x 16 x 16 colour cube; the index is rrrrggggbbbb."""
    return [name(((i >> 8) * 17, (i >> 4 & 15) * 17, (i & 15) * 17)) for i in range(4096)]
