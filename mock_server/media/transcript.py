"""Words in time: a transcript laid along the sound of a recording, and written as VTT."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from math import floor
from typing import NamedTuple

from mock_server.media.speech import seconds

# Scripts that write no spaces between words: each character stands for one.
UNSPACED = "\u0e00-\u0e7f\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
TOKEN = re.compile(rf"\s*(?:[{UNSPACED}][^\w\s]*|[^\s{UNSPACED}]+)")
ENDS = (".", "?", "!", "。", "？", "！", "…")
QUOTES = "\"'»”’)"
LONGEST = 24  # words of a sentence that never ends


class Word(NamedTuple):
    """A word and when it is said, in seconds. spaced: whether a space stands before it."""

    text: str
    start: float
    end: float
    spaced: bool = True


Span = tuple[float, float]


def timed(text: str, utterances: Sequence[Span], duration: float) -> list[Word]:
    """The words of `text` laid along the `utterances`, in order, inside the recording.

    Each word takes the part of the voiced time that it would take when spoken. Pauses fall between words while there
    are words enough.
    """
    tokens = TOKEN.findall(text)
    if not tokens:
        return []
    spans = list(utterances) or [(0.0, duration)]
    heard = list(accumulate(end - start for start, end in spans))  # voiced seconds until the end of each utterance
    weights = list(accumulate(seconds(token) for token in tokens))
    bounds = [0.0, *(weight / weights[-1] * heard[-1] for weight in weights)]
    _snap(bounds, heard[:-1])
    clock = _Clock(spans, heard)
    return [
        Word(token.strip(), clock.start(begin), clock.end(end), token[0].isspace())
        for token, (begin, end) in zip(tokens, pairwise(bounds), strict=True)
    ]


def _snap(bounds: list[float], pauses: Iterable[float]) -> None:
    """Move the nearest inner bound to each pause, both in voiced seconds; a bound moves once."""
    at, last = 1, len(bounds) - 1
    for pause in pauses:
        if at >= last:
            return
        nearest = min(bisect_left(bounds, pause, at, last), last - 1)
        if nearest > at and pause - bounds[nearest - 1] < bounds[nearest] - pause:
            nearest -= 1
        bounds[nearest] = pause
        at = nearest + 1


class _Clock:
    """From voiced seconds to seconds of the recording."""

    def __init__(self, spans: list[Span], heard: list[float]) -> None:
        self.spans = spans
        self.heard = heard
        self.until = 0
        self.since = 0

    def start(self, voiced: float) -> float:
        """A moment at a pause is the end of it. Moments must be asked for in order."""
        while self.since < len(self.spans) - 1 and voiced >= self.heard[self.since] - 1e-9:
            self.since += 1
        begin, end = self.spans[self.since]
        return min(end, max(begin, end - (self.heard[self.since] - voiced)))

    def end(self, voiced: float) -> float:
        """A moment at a pause is its beginning. Moments must be asked for in order."""
        while self.until < len(self.spans) - 1 and voiced > self.heard[self.until] + 1e-9:
            self.until += 1
        begin, end = self.spans[self.until]
        return min(end, max(begin, end - (self.heard[self.until] - voiced)))


def floored(moment: float, places: int) -> float:
    """`moment` with so many decimal places, never later: rounding up could leave the recording or pass a word."""
    scale = float(10**places)
    return floor(moment * scale + 1e-6) / scale


def joined(words: Iterable[Word]) -> str:
    """The words as they were written."""
    return "".join(f" {word.text}" if word.spaced else word.text for word in words).strip()


def sentences(words: Sequence[Word], pause: float = 1.0) -> Iterator[list[Word]]:
    """Runs of words: up to the end of a sentence, a pause of more than `pause` seconds, or LONGEST words."""
    run: list[Word] = []
    for word in words:
        if run and (word.start - run[-1].end > pause or len(run) >= LONGEST):
            yield run
            run = []
        run.append(word)
        if word.text.rstrip(QUOTES).endswith(ENDS):
            yield run
            run = []
    if run:
        yield run


def vtt(cues: Iterable[tuple[float, float, str]]) -> str:
    """(start, end, text) as WebVTT, in the service's form: times as short as they can be, no newline at the end."""
    return "\n\n".join(
        ["WEBVTT", *(f"{stamp(start)} --> {stamp(end)}\n{text.replace('-->', '->')}" for start, end, text in cues)]
    )


def stamp(moment: float) -> str:
    """A time as cues show it: 01.460 (observed); from a minute on 01:01.460, from an hour on 01:00:01.460."""
    whole, milliseconds = divmod(round(moment * 1000), 1000)
    minutes, whole = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{whole:02}.{milliseconds:03}"
    if hours or minutes:
        text = f"{minutes:02}:{text}"
    return f"{hours:02}:{text}" if hours else text
