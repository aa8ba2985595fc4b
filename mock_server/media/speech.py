"""Speaking: text becomes voiced-sounding sound, by formant synthesis out of tiled single pitch periods.

A voice is a train of short damped ringings, one per opening of the glottis, at the formant frequencies of the vowel. So
one such period per (voice, phone, pitch, loudness) is computed once and speech is those periods laid end to end:
bytes are copied, not samples computed, which makes plain Python quick enough.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from array import array
from cmath import exp, pi
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate, pairwise
from math import log2
from random import Random
from typing import NamedTuple

from mock_server.media import undertone

MAX_SPOKEN = 5000  # characters, about five minutes: the rest of a longer text is not spoken, so that memory stays small

LEVELS = 16  # loudness steps of the periods
GLIDE = 0.22  # how much loudness may change from one period to the next
PITCHES = 24  # pitch steps to an octave

# Voices that their makers describe as masculine; every other name gets a higher pitch and a shorter vocal tract.
LOW_VOICES = {
    "alvaro", "angus", "apollo", "aquila", "arcas", "aries", "atlas", "draco", "helios", "hermes", "hyperion",
    "janus", "javier", "jupiter", "mars", "neptune", "nestor", "odysseus", "orion", "orpheus", "perseus", "pluto",
    "saturn", "sirio", "zeus",
}  # fmt: skip


class Phone(NamedTuple):
    """A speech sound. formants: Hz of the first three. loudness: 0 to 1. noise: 0 none, 1 a hiss, 2 a softer one.

    seconds: at an even pace. stop: a closure comes first, silent, or humming for the voiced.
    """

    formants: tuple[int, int, int] = (0, 0, 0)
    loudness: float = 1.0
    seconds: float = 0.1
    noise: int = 0
    stop: bool = False


PHONES = {
    "a": Phone((750, 1250, 2550), 1.0, 0.105),
    "e": Phone((530, 1840, 2480), 0.9, 0.095),
    "i": Phone((390, 1990, 2550), 0.8, 0.085),
    "o": Phone((570, 840, 2410), 1.0, 0.105),
    "u": Phone((440, 1020, 2240), 0.9, 0.09),
    "I": Phone((270, 2290, 3010), 0.8, 0.125),
    "U": Phone((300, 870, 2240), 0.8, 0.12),
    "m": Phone((250, 1100, 2200), 0.4, 0.065),
    "n": Phone((250, 1500, 2500), 0.4, 0.06),
    "l": Phone((360, 1300, 2700), 0.55, 0.06),
    "r": Phone((350, 1100, 1600), 0.55, 0.06),
    "w": Phone((300, 700, 2200), 0.5, 0.06),
    "y": Phone((280, 2200, 2900), 0.5, 0.055),
    "v": Phone((250, 1200, 2500), 0.3, 0.06),
    "z": Phone((250, 1700, 2600), 0.3, 0.07),
    "b": Phone((250, 900, 2200), 0.3, 0.06, stop=True),
    "d": Phone((250, 1700, 2600), 0.3, 0.06, stop=True),
    "g": Phone((250, 1900, 2400), 0.3, 0.065, stop=True),
    "s": Phone(loudness=0.6, seconds=0.095, noise=1),
    "S": Phone(loudness=0.7, seconds=0.095, noise=2),
    "f": Phone(loudness=0.3, seconds=0.08, noise=1),
    "h": Phone(loudness=0.25, seconds=0.055, noise=2),
    "p": Phone(loudness=0.4, seconds=0.075, noise=2, stop=True),
    "t": Phone(loudness=0.5, seconds=0.07, noise=1, stop=True),
    "k": Phone(loudness=0.5, seconds=0.075, noise=2, stop=True),
}
CLOSURE = 0.045  # seconds of a stop before its burst
RING = 0.35  # of full scale: the peak of the loudest period

# Letters to phones, longest spelling first: near enough to English and Spanish to give words their rhythm.
SPELLINGS = {
    "igh": "aI", "sch": "S", "tch": "tS", "ai": "eI", "au": "o", "aw": "o", "ay": "eI", "ch": "tS", "ck": "k",
    "ea": "I", "ee": "I", "oi": "oI", "oo": "U", "ou": "aU", "ow": "aU", "oy": "oI", "ph": "f", "qu": "kw", "sh": "S",
    "th": "v", "c": "k", "j": "dz", "q": "k", "x": "ks",
}  # fmt: skip
SPELLING = re.compile("|".join(sorted(SPELLINGS, key=len, reverse=True)) + "|.", re.DOTALL)
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SIGNS = {"&": "and", "%": "percent", "+": "plus", "@": "at", "$": "dollars", "=": "equals", "#": "number", "€": "euro"}

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\s\w]|_|\n")
GAP = 0.03  # seconds between words
PAUSES = {
    ",": 0.2, ";": 0.26, ":": 0.26, ".": 0.42, "!": 0.42, "?": 0.42, "…": 0.5, "\n": 0.42, "-": 0.0, "(": 0.12,
    ")": 0.12, "—": 0.26, "–": 0.2, "。": 0.42, "！": 0.42, "？": 0.42, "、": 0.2, "，": 0.2, "¿": 0.0, "¡": 0.0,
}  # fmt: skip
QUESTIONS = frozenset("?？")
FULL_STOPS = QUESTIONS | frozenset(".!…。！")
LEAD = 0.08  # seconds of silence before the first word
TAIL = 0.1  # after the last word of a text that stops in the middle
ENDED = 0.6  # after a sentence that was brought to its end


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks. pitch: Hz. tract: factor on formants. pace: factor on durations. bright: of the upper formants."""

    pitch: float
    tract: float
    pace: float
    bright: float


@lru_cache(maxsize=256)
def voice(name: str) -> Voice:
    """The voice of that name: the same name always sounds the same, and all four properties follow from it."""
    a, b, c, d = (byte / 255 for byte in blake2b(name.encode("utf-8", "replace"), digest_size=4).digest())
    low = name in LOW_VOICES
    return Voice(
        pitch=92 + 42 * a if low else 168 + 62 * a,
        tract=0.94 + 0.1 * b if low else 1.1 + 0.14 * b,
        pace=0.84 + 0.13 * c,
        bright=0.5 + 0.6 * d,
    )


def speak(text: str, who: Voice, rate: int) -> bytes:
    """`text` spoken: 16-bit little-endian mono samples at `rate` Hz, about 150 to 180 English words a minute.

    Words are bounded by short gaps, punctuation by pauses. Of texts over MAX_SPOKEN characters the beginning is
    spoken. A text without a word gives a silence. Each word is written into its samples (see ``undertone``).
    """
    said = list(WORD.finditer(text[:MAX_SPOKEN]))
    pieces = [match.group() for match in said]
    spoken = _Spoken(who, rate)
    spoken.rest(LEAD)
    ends = _sentence_ends(pieces)
    begin, stop = 0, next(ends)
    for at, piece in enumerate(pieces):
        if at > stop:
            begin, stop = at, next(ends)
        if piece in PAUSES:
            spoken.rest(PAUSES[piece])
        elif piece in SIGNS or piece[0].isalnum():
            question = stop < len(pieces) and pieces[stop] in QUESTIONS
            first = len(spoken.parts)
            spoken.word(phones(SIGNS.get(piece, piece)), (at - begin) / max(1, stop - begin), question=question)
            spoken.places.append((said[at].start(), first, len(spoken.parts)))
    spoken.rest(ENDED - PAUSES["."] if pieces and pieces[-1] in FULL_STOPS else TAIL)
    return undertone.inscribed(spoken.sound(), spoken.words(text[:MAX_SPOKEN]), rate)


def _sentence_ends(pieces: list[str]) -> Iterator[int]:
    for at, piece in enumerate(pieces):
        if piece in FULL_STOPS or piece == "\n":
            yield at
    yield len(pieces)


class _Spoken:
    """Sound while it is being laid down."""

    def __init__(self, who: Voice, rate: int) -> None:
        self.who = who
        self.rate = rate
        self.parts: list[bytes] = []
        self.places: list[tuple[int, int, int]] = []  # of what is spoken: where in the text, its parts (from, until)
        self.loudness = 0.0  # of the period laid down last
        self.breath = 0  # where the next hiss starts in the noise, so that no two are alike

    def rest(self, seconds: float) -> None:
        self.loudness = 0.0
        self.parts.append(bytes(2 * round(seconds * self.who.pace * self.rate)))

    def word(self, sounds: str, progress: float, *, question: bool) -> None:
        """Lay down a word. progress: 0 to 1, where in its sentence it stands; pitch falls with it, or rises to ask."""
        last = len(sounds) - 1
        fall = 1.1 - 0.2 * progress
        if question and progress > 0.7:
            fall += 1.1 * (progress - 0.7)
        for at, sound in enumerate(sounds):
            phone = PHONES[sound]
            accent = 1.05 if at <= 1 else 1.0
            seconds = phone.seconds * self.who.pace * (1.15 if at == last and progress >= 0.99 else 1.0)
            if phone.noise:
                self._hiss(phone, seconds)
            else:
                self._hum(phone, seconds, fall * accent, final=at == last)
        self.rest(GAP)

    def _hum(self, phone: Phone, seconds: float, pitch: float, *, final: bool) -> None:
        length = _period(self.rate, self.who.pitch * pitch)
        count = max(2, round(seconds * self.rate / length))
        for at in range(count):
            aim = phone.loudness
            if phone.stop and at < count / 2:
                aim *= 0.3
            if final:
                aim *= min(1.0, (count - at) / 5)
            self.loudness += min(GLIDE, max(-GLIDE, aim - self.loudness))
            self.parts.append(_cycle(self.who, phone, self.rate, length, max(1, round(self.loudness * LEVELS))))

    def _hiss(self, phone: Phone, seconds: float) -> None:
        if phone.stop:
            self.rest(CLOSURE)
            seconds -= CLOSURE
        count = round(seconds * self.rate)
        self.loudness = phone.loudness / 2
        noise = _noise(phone, self.rate)
        room = len(noise) // 2 - count
        self.breath = (self.breath + 977) % max(1, room)
        self.parts.append(noise[2 * self.breath : 2 * (self.breath + count)])

    def sound(self) -> bytes:
        return b"".join(self.parts)

    def words(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Words as written, up to a space, each with its first sample and the one after its last."""
        samples = [0, *accumulate(len(part) // 2 for part in self.parts)]
        places = deque(self.places)
        for match in re.finditer(r"\S+", text):
            of_word = []
            while places and places[0][0] < match.end():
                of_word.append(places.popleft())
            if of_word:
                yield match.group(), samples[of_word[0][1]], samples[of_word[-1][2]]


def phones(word: str) -> str:
    """The sounds of a word, one letter of PHONES each. Letters of other scripts become syllables; digits are named."""
    if word.isdecimal():
        return "".join(phones(DIGITS[unicodedata.decimal(digit)]) for digit in word)
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(mark))
    if len(plain) > 3 and plain.endswith("e") and plain[-2] not in "aeiou":
        plain = plain[:-1]
    return "".join(_sounds(plain)) or "u"


def seconds(word: str) -> float:
    """How long a word takes at an even pace, the gap after it included."""
    pieces = [piece for piece in WORD.findall(word) if piece in SIGNS or piece[0].isalnum()]
    return GAP + sum(PHONES[sound].seconds for piece in pieces for sound in phones(SIGNS.get(piece, piece)))


def _sounds(word: str) -> Iterator[str]:
    for match in SPELLING.finditer(word):
        letters = match.group()
        if letters in SPELLINGS:
            yield SPELLINGS[letters]
        elif letters in PHONES:
            yield letters
        elif letters.isdecimal():
            yield phones(letters)
        elif letters.isalpha():
            place = ord(letters)
            yield "kstnhmyrwgzdbp"[place % 14] + "aieou"[place // 14 % 5]


def _period(rate: int, pitch: float) -> int:
    """Samples in one period, of the nearest of PITCHES steps to an octave: fewer different periods to compute."""
    return round(rate / 2 ** (round(log2(pitch) * PITCHES) / PITCHES))


@lru_cache(maxsize=1024)
def _ringing(who: Voice, phone: Phone, rate: int) -> array[float]:
    """One opening of the glottis: damped ringing at the formants, -1 to 1, as long as the lowest pitch needs."""
    count = round(rate / (who.pitch * 0.8))
    total = [0.0] * count
    for formant, width, weight in zip(phone.formants, (70, 100, 150), (1.0, 0.55, 0.35), strict=True):
        frequency = formant * who.tract
        if frequency > 0.47 * rate:
            continue
        turn = exp(complex(-pi * width / rate, 2 * pi * frequency / rate))
        state = complex(weight * (who.bright if width > 70 else 1.0))
        for at in range(count):
            total[at] += state.imag
            state *= turn
    peak = max(map(abs, total)) or 1.0
    return array("d", [sample / peak for sample in total])


@lru_cache(maxsize=8192)
def _cycle(who: Voice, phone: Phone, rate: int, length: int, level: int) -> bytes:
    """One period of `length` samples at loudness `level`, its end faded so that the next one joins without a click."""
    ringing = _ringing(who, phone, rate)[:length]
    peak = 32767 * RING * level / LEVELS
    samples = [round(sample * peak) for sample in ringing]
    samples += [0] * (length - len(samples))
    fade = max(1, length // 8)
    for at in range(fade):
        samples[-1 - at] = samples[-1 - at] * at // fade
    return _little_endian(array("h", samples))


@lru_cache(maxsize=64)
def _noise(phone: Phone, rate: int) -> bytes:
    """A third of a second of the phone's hiss."""
    count = rate // 3
    white = array("h", Random(phone.noise).randbytes(2 * count + 2))
    peak = RING * phone.loudness / 2
    if phone.noise == 1:
        samples = array("h", [round((a - b) * peak / 2) for a, b in pairwise(white)])
    else:
        samples = array("h", [round((a + b) * peak / 2) for a, b in pairwise(white)])
    return _little_endian(samples)


def _little_endian(samples: array[int]) -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()
