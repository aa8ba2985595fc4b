"""Texts as vectors whose angles say how alike the texts are, made of words, their stems, synonyms, topics and letters.

A text is a bag of weighted features (``features``). For a vector, every feature gets a random direction; their
weighted sum keeps the angles between bags (Johnson and Lindenstrauss), within about 1/sqrt(dimensions).
Sums are made on whole vectors at once: a vector is one big integer with a 16-bit lane for each dimension.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from hashlib import shake_128
from itertools import pairwise, starmap
from operator import add
from zlib import crc32

from mock_server.text.lexicon import STOPWORDS, concepts, importance
from mock_server.text.precision import single
from mock_server.text.stemming import stem, words

WORD, GROUP, TOPIC, PAIR = 9.0, 24.0, 17.0, 12  # what a feature weighs in a word of importance 1
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


@lru_cache(maxsize=1 << 12)
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


@lru_cache(maxsize=1 << 12)
def _of_pair(first: str, second: str) -> tuple[tuple[str, int], ...]:
    """The features of two words that follow each other: of a compound ("log in"), those of the word it makes."""
    if first == "not":
        return ((f"not {stem(second)}", PAIR),)
    groups = concepts().groups.get(stem(first + second), ())
    return tuple((f"g{group}", round(GROUP * 0.5 / math.sqrt(len(groups)))) for group in groups)


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
_LANE = 2  # bytes
_HIGHEST = 15  # of the random numbers in a lane
_MIDDLE = _HIGHEST / 2
_MOST_WEIGHT = 65_535 // _HIGHEST  # that lanes hold for sure
_BANK = 1 << 16
_MAGIC = 1.5 * 2.0**23  # as a float32, its lower two bytes are zero, and what stands there is added to its value
_NARROW = 15  # bits of a sum that leave enough for the scale


@cache
def _bank(dimensions: int) -> bytes:
    """Random numbers, one in each lane; a feature's direction is a stretch of them."""
    lanes = bytearray((_BANK + dimensions) * _LANE)
    digest = shake_128(b"directions").digest(_BANK + dimensions)
    lanes[::_LANE] = digest.translate(bytes(byte & _HIGHEST for byte in range(256)))
    return bytes(lanes)


def _direction(feature: str, salt: int, dimensions: int) -> int:
    start = (crc32(feature.encode(), salt) * 0x9E3779B1 >> 16) % _BANK * _LANE
    return int.from_bytes(_bank(dimensions)[start : start + dimensions * _LANE], "little")


@lru_cache(maxsize=1 << 11)
def _word_vector(word: str, salt: int, dimensions: int) -> tuple[int, int]:
    """The sum of the directions of a word's features by their weights, and the sum of the weights."""
    parts = _of_word(word)
    total = sum(weight * _direction(feature, salt, dimensions) for feature, weight in parts)
    return total, sum(weight for _, weight in parts)


def _summed(text: str, role: str, salt: int, dimensions: int) -> tuple[Sequence[float], float]:
    """The sum of a text's directions by their weights, and what its numbers are around."""
    found = words(text)
    own = [(f"self {' '.join(found) or text}", SELF)]
    if role:
        own.append((f"role {role}", ROLE))
    if len(found) <= LONG:
        vectors = [_word_vector(word, salt, dimensions) for word in set(found)]
        rest = [feature for part in starmap(_of_pair, _pairs(found)) for feature in part]
        if _asks_or_has_number(found):
            rest.append(("number", NUMBER))
        weights = sum(weight for _, weight in vectors)
        rest = _odd([*own, *rest], weights)
        weights += sum(weight for _, weight in rest)
        if weights <= _MOST_WEIGHT:
            total = sum(vector for vector, _ in vectors)
            total += sum(weight * _direction(feature, salt, dimensions) for feature, weight in rest)
            return _floats(total, dimensions), _MAGIC + _MIDDLE * weights
    return _summed_in_blocks([*_bag(found).items(), *own], salt, dimensions)


def _summed_in_blocks(bag: list[tuple[str, int]], salt: int, dimensions: int) -> tuple[Sequence[float], float]:
    """The same for more weight than lanes hold."""
    sums: Sequence[float] = (0.0,) * dimensions
    total = block = weights = blocks = 0
    for feature, weight in _odd(bag, 0):
        if block + weight > _MOST_WEIGHT:
            sums = list(map(add, sums, _floats(total, dimensions)))
            total = block = 0
            blocks += 1
        total += weight * _direction(feature, salt, dimensions)
        block += weight
        weights += weight
    sums = list(map(add, sums, _floats(total, dimensions)))
    return sums, _MAGIC * (blocks + 1) + _MIDDLE * weights


def _odd(bag: list[tuple[str, int]], weights: int) -> list[tuple[str, int]]:
    """The same features with one more where all weights sum to an even number: half of an odd one is in no lane."""
    return bag if (sum(weight for _, weight in bag) + weights) % 2 else [*bag, ("odd", 1)]


@cache
def _frame(dimensions: int) -> tuple[bytes, struct.Struct]:
    return struct.pack("<f", _MAGIC) * dimensions, struct.Struct(f"<{dimensions}f")


def _floats(total: int, dimensions: int) -> tuple[float, ...]:
    """The lanes as floats, each greater by _MAGIC."""
    magic, lanes = _frame(dimensions)
    low = total.to_bytes(dimensions * _LANE, "little")
    floats = bytearray(magic)
    floats[::4] = low[::2]
    floats[1::4] = low[1::2]
    return lanes.unpack(floats)


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
    sums, middle = _summed(text, role, salt, dimensions)
    fixed = _outliers(salt, dimensions)
    length = math.dist(sums, (middle,) * dimensions) ** 2 - sum((sums[at] - middle) ** 2 for at, _ in fixed)
    scale = math.sqrt((1 - SHARED) / length)
    spread = math.frexp(16 * math.sqrt(length / dimensions))[1]
    if spread <= _NARROW:  # a scale of so few bits that each product is a float32 without rounding
        fraction, exponent = math.frexp(scale)
        scale = math.ldexp(math.floor(math.ldexp(fraction, 24 - spread)), exponent - 24 + spread)
        values = [(number - middle) * scale for number in sums]
    else:
        lanes = _frame(dimensions)[1]
        values = list(lanes.unpack(lanes.pack(*[(number - middle) * scale for number in sums])))
    for at, value in fixed:
        values[at] = value
    at, value = fixed[0]  # takes what the scale lacks for unit length
    last = math.sqrt(max(0.0, value * value + 1 - SHARED - length * scale * scale))
    values[at] = single(math.copysign(last, value))
    return values


_remembered = lru_cache(maxsize=128)(_embed)
