"""Numbers as precise as the floats that models compute with."""

from __future__ import annotations

import struct

_SINGLE = struct.Struct("<f")
_HALF = struct.Struct("<e")


def single(value: float) -> float:
    """The nearest 32-bit float."""
    rounded: float = _SINGLE.unpack(_SINGLE.pack(value))[0]
    return rounded


def half(value: float) -> float:
    """The nearest 16-bit float."""
    rounded: float = _HALF.unpack(_HALF.pack(value))[0]
    return rounded
