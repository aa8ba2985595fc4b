"""Short tunes: chords and a melody, always the same for the same random state."""

from __future__ import annotations

import sys
from array import array
from math import pi, sin
from random import Random

RATE = 22050  # Hz
BEATS = 4  # of a bar
CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))  # semitones above the key: I, vi, IV, V
LEVEL = 5000


def tune(seconds: float, random: Random) -> bytes:
    """16-bit little-endian mono samples at RATE: the four chords in turn, a melody above, until the time is over."""
    key = 220.0 * 2 ** (random.randrange(-3, 6) / 12)
    beat = round(RATE * random.choice((0.4, 0.5, 0.6)))
    total = round(seconds * RATE)
    phrase: array[int] = array("h")
    for chord in CHORDS:
        low = [_tone(key * 2 ** (step / 12), beat * BEATS, LEVEL) for step in chord]
        high = array("h")
        for _ in range(BEATS):
            high += _tone(key * 2 ** (1 + random.choice(chord) / 12), beat, LEVEL)
        phrase += array("h", map(sum, zip(high, *low, strict=True)))
    times = -(-total // len(phrase))
    samples = (phrase * times)[:total]
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _tone(pitch: float, length: int, level: int) -> array[int]:
    """A tone that fades, in whole waves so that it can be made of copies of one."""
    period = max(2, round(RATE / pitch))
    wave = [sin(2 * pi * at / period) + 0.3 * sin(4 * pi * at / period) for at in range(period)]
    out: array[int] = array("h")
    for start in range(0, length, period):
        loud = level * (1 - start / length)
        out.extend(int(loud * value) for value in wave[: min(period, length - start)])
    return out
