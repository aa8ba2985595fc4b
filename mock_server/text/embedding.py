"""Texts as vectors whose angles say how alike the texts are, made of words, their stems, synonyms, topics and letters.

A text is a bag of weighted features (``features``). For a vector, every feature gets a random direction; their
weighted sum keeps the angles between bags (Johnson and Lindenstrauss), within about 1/sqrt(dimensions).
Sums are made on whole vectors at once: a vector is one big integer with a 32-bit lane for each dimension.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import shake_128
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

from mock_server.text.lexicon import STOPWORDS, concepts, importance
from mock_server.text.precision import single
from mock_server.text.stemming import stem, words

WORD, GROUP, TOPIC, PAIR = 9.0, 24.0, 17.0, 2.0  # what a feature weighs in a word of importance 1
LETTERS = 9.0  # of a word that the lexicon has not
ALONE = 0.2  # of GROUP, for a word without synonyms
NUMBER = 14  # that a text has a number, or asks for one
SELF = 20  # what no other text has: keeps short texts from being near to everything
ROLE = 20
LONG, MOST = 100, 3000  # words of a text that is no paragraph any more, and different words that are looked at
SHARED = 0.45  # part of every vector's square that is the same for all texts of a space, as in trained models
OUTLIERS = 6  # dimensions that hold that part

_FILLERS = STOPWORDS - {"in", "not", "off", "out", "up"}
_HOW = frozenset("big deep far fast hot cold heavy high large long many much often old tall wide".split())
_NUMERALS = frozenset(
    """two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty hundred thousand
    million billion dozen half""".split()
)


@lru_cache(maxsize=1 << 13)
def _of_word(word: str) -> tuple[tuple[str, int], ...]:
    """The features of one word with their weights."""
    base = stem(word)
    weight = importance(word)
    found = {f"w{base}": WORD * weight}
    if word not in STOPWORDS:
        groups = concepts().groups.get(base, ())
        topics = concepts().topics.get(base, ())
        if not groups:
            found[f"w{base}"] += GROUP * weight * ALONE
        found |= {f"g{group}": GROUP * weight / math.sqrt(len(groups)) for group in groups}
        found |= {f"t{topic}": TOPIC * weight / math.sqrt(len(topics)) for topic in topics}
        if len(base) > 3 and not groups:
            marked = f"^{base}$"
            letters = dict.fromkeys(marked[at : at + 3] for at in range(len(marked) - 2))
            found |= {f"l{three}": LETTERS * weight / math.sqrt(len(letters)) for three in letters}
    return tuple((feature, max(1, round(value))) for feature, value in found.items())


@lru_cache(maxsize=1 << 13)
def _of_pair(first: str, second: str) -> tuple[tuple[str, int], ...]:
    """The features of two words that follow each other; of a compound ("log in"), those of the word it makes too."""
    groups = concepts().groups.get(stem(first + second), ())
    found = [(f"g{group}", round(GROUP * 0.5 / math.sqrt(len(groups)))) for group in groups]
    return (*found, (f"p{stem(first)} {stem(second)}", round(PAIR)))


def _pairs(found: list[str]) -> set[tuple[str, str]]:
    """Neighbours, fillers left out."""
    rest = [word for word in found if word not in _FILLERS]
    return set(pairwise(rest))


def _asks_or_has_number(found: list[str]) -> bool:
    if not _NUMERALS.isdisjoint(found) or any(map(str.isdigit, found)):
        return True
    return "how" in found and not _HOW.isdisjoint(after for before, after in pairwise(found) if before == "how")


def features(text: str) -> dict[str, int]:
    """The bag of a text: feature to weight. Words count once, however often they occur."""
    return _bag(words(text))


def _bag(found: list[str]) -> dict[str, int]:
    bag: dict[str, int] = {}
    if len(found) <= LONG:
        for part in [*map(_of_word, set(found)), *(_of_pair(*pair) for pair in _pairs(found))]:
            for feature, weight in part:
                bag[feature] = bag.get(feature, 0) + weight
    else:
        once: dict[str, int] = {}
        for word in list(dict.fromkeys(found))[:MOST]:
            for feature, weight in _of_word(word):
                if feature[0] != "l":  # letters tell short texts apart
                    bag[feature] = bag.get(feature, 0) + weight
                    once[feature] = max(weight, once.get(feature, 0))
        # A topic that many words share would drown everything else.
        bag = {feature: math.isqrt(weight * once[feature]) for feature, weight in bag.items()}
    if _asks_or_has_number(found):
        bag["number"] = NUMBER
    return bag


def likeness(first: Mapping[str, int], second: Mapping[str, int]) -> float:
    """The cosine of two bags, 0 to 1."""
    if len(first) > len(second):
        first, second = second, first
    common = sum(weight * second[feature] for feature, weight in first.items() if feature in second)
    return common / math.sqrt(_energy(first) * _energy(second)) if common else 0.0


def relevance(query: Mapping[str, int], text: Mapping[str, int]) -> float:
    """How well `text` answers `query`, 0 to 1: how alike they are, and how much of the query the text covers.

    The second is what counts when a passage is much longer than a question.
    """
    shared = sum(weight * min(weight, text[feature]) for feature, weight in query.items() if feature in text)
    return 0.3 * likeness(query, text) + 0.7 * shared / _energy(query) if shared else 0.0


def _energy(bag: Mapping[str, int]) -> int:
    return sum(weight * weight for weight in bag.values())


# --- vectors ----------------------------------------------------------------------------------------------------------
_LANE = 4  # bytes
_BANK = 1 << 16
_NARROW = 14  # bits of a lane that leave enough for the scale
_MAGIC = 1.5 * 2.0**23  # as a float32, adding an integer to its bits adds that integer to its value


@cache
def _bank(dimensions: int) -> bytes:
    """Random numbers 0 to 15, one in each lane; a feature's direction is a stretch of them."""
    lanes = bytearray((_BANK + dimensions) * _LANE)
    digest = shake_128(b"directions").digest(_BANK + dimensions)
    lanes[::_LANE] = digest.translate(bytes(byte & 15 for byte in range(256)))
    return bytes(lanes)


class _Frame(NamedTuple):
    """What vectors of one length need: all lanes 1, all 15, all magic, the same as floats, and their reader."""

    ones: int
    fifteens: int
    magic: int
    origin: tuple[float, ...]
    lanes: struct.Struct


@cache
def _frame(dimensions: int) -> _Frame:
    return _Frame(
        ones=int.from_bytes(struct.pack("<I", 1) * dimensions, "little"),
        fifteens=int.from_bytes(struct.pack("<I", 15) * dimensions, "little"),
        magic=int.from_bytes(struct.pack("<f", _MAGIC) * dimensions, "little"),
        origin=(_MAGIC,) * dimensions,
        lanes=struct.Struct(f"<{dimensions}f"),
    )


def _stretch(feature: str, salt: int, dimensions: int) -> int:
    """Numbers from 0 to 15 for a feature."""
    start = (crc32(feature.encode(), salt) * 0x9E3779B1 >> 16) % _BANK * _LANE
    return int.from_bytes(_bank(dimensions)[start : start + dimensions * _LANE], "little")


@lru_cache(maxsize=1 << 9)
def _direction(feature: str, salt: int, dimensions: int) -> int:
    """Odd numbers from -15 to 15 for a feature."""
    return 2 * _stretch(feature, salt, dimensions) - _frame(dimensions).fifteens


@lru_cache(maxsize=1 << 9)
def _word_vector(word: str, salt: int, dimensions: int) -> int:
    return sum(weight * _direction(feature, salt, dimensions) for feature, weight in _of_word(word))


@lru_cache(maxsize=1 << 8)
def _pair_vector(first: str, second: str, salt: int, dimensions: int) -> int:
    return sum(weight * _direction(feature, salt, dimensions) for feature, weight in _of_pair(first, second))


def _summed(text: str, role: str, salt: int, dimensions: int) -> int:
    """The sum of a text's directions by their weights."""
    found = words(text)
    own: dict[str, int] = {f"self {' '.join(found) or text}": SELF} | ({f"role {role}": ROLE} if role else {})
    if len(found) > LONG:
        own |= _bag(found)
        vectors = []
    else:  # words come again in other texts
        vectors = [_word_vector(word, salt, dimensions) for word in set(found)]
        vectors += [_pair_vector(*pair, salt, dimensions) for pair in _pairs(found)]
        if _asks_or_has_number(found):
            own["number"] = NUMBER
    stretches = sum(weight * _stretch(feature, salt, dimensions) for feature, weight in own.items())
    return sum(vectors, 2 * stretches - sum(own.values()) * _frame(dimensions).fifteens)


@cache
def _outliers(salt: int, dimensions: int) -> tuple[tuple[int, float], ...]:
    """Dimensions with the same value in every vector of a space, and that value (a float32)."""
    size = single(math.sqrt(SHARED / OUTLIERS))
    return tuple(
        ((salt >> 3 * at) % (dimensions // OUTLIERS) + at * (dimensions // OUTLIERS), -size if salt >> at & 1 else size)
        for at in range(OUTLIERS)
    )


def embed(text: str, space: str, dimensions: int, role: str = "") -> list[float]:
    """The vector of `text`: unit length, each value a float32.

    space: what vectors must share to be comparable (a model's name); role: what the text is for, as an instruction;
    vectors of one role lie a little closer to each other than to those of another.
    """
    return list(
        _remembered(text, space, dimensions, role) if len(text) < 400 else _embed(text, space, dimensions, role)
    )


def _embed(text: str, space: str, dimensions: int, role: str) -> list[float]:
    salt = crc32(space.encode())
    frame = _frame(dimensions)
    total = _summed(text, role, salt, dimensions)
    if not total & 1:  # all lanes are odd or all are even: odd ones are never zero
        total += frame.ones
    lanes = frame.lanes.unpack((total + frame.magic).to_bytes(dimensions * _LANE, "little"))
    fixed = _outliers(salt, dimensions)
    length = math.dist(lanes, frame.origin) ** 2 - sum((lanes[at] - _MAGIC) ** 2 for at, _ in fixed)
    scale = math.sqrt((1 - SHARED) / length)
    spread = math.frexp(8 * math.sqrt(length / dimensions))[1]
    if spread <= _NARROW:  # a scale of so few bits that each product is a float32 without rounding
        fraction, exponent = math.frexp(scale)
        scale = math.ldexp(math.floor(math.ldexp(fraction, 24 - spread)), exponent - 24 + spread)
        values = [(lane - _MAGIC) * scale for lane in lanes]
    else:
        values = list(frame.lanes.unpack(frame.lanes.pack(*[(lane - _MAGIC) * scale for lane in lanes])))
    for at, value in fixed:
        values[at] = value
    at, value = fixed[0]  # takes what the scale lacks for unit length
    last = math.sqrt(max(0.0, value * value + 1 - SHARED - length * scale * scale))
    values[at] = single(math.copysign(last, value))
    return values


_remembered = lru_cache(maxsize=128)(_embed)
