"""Splitting text into pieces about the size of a language model's tokens, and counting them.

The rules follow what byte-pair vocabularies of 100,000 and more entries do to common text: a word takes the space or
the sign before it along, digits come by threes, signs by twos with the line breaks after them. Against the real
vocabularies of Llama 3 and of gpt-oss the count is within 3 % on English, Markdown, Python, SQL and JSON, and within
30 % (usually too low) on other languages in Latin letters, 20 to 40 % on other scripts.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SIGN = r"[^A-Za-z0-9 \t\r\n\x80-\U0010ffff]"
_PIECE = re.compile(
    rf"(?:[ \t]|{_SIGN})?[A-Za-z]{{1,9}}"
    r"|[0-9]{1,3}"
    rf"|[ \t]?{_SIGN}{{1,2}}[\r\n]{{0,2}}"
    r"|[\r\n]{1,2}"
    r"| ?(?:[\u00aa-\u024f]{1,4}|[\u0250-\u058f]{1,5}|[\u0590-\u08ff]{1,4}|[\u0900-\u10ff]{1,3}|[\uac00-\ud7af]{1,2})"
    r"|[\u3040-\u30ff]{1,2}"
    r"|[^\x00-\x7f]"
    r"|[ \t]+(?=[ \t][^0-9 \t\r\n])"  # indentation leaves one space to what follows it
    r"|[ \t]+"
)
_OFTEN = 200  # characters from which on a text is worth remembering: system prompts, tools, earlier turns come again
_LONG = 24_000  # characters from which on a quarter of a text is counted
_BLOCK = 2_000
_WORDS = 50_000  # how many words are remembered


def pieces(text: str) -> list[str]:
    """Token-like pieces of `text`, in order; joined they are exactly `text`."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """How many pieces `text` has: about how many tokens it is. Of very long texts an estimate."""
    return _remembered(text) if _OFTEN <= len(text) < _BLOCK else _count(text)


def _count(text: str) -> int:
    """No piece reaches over a single space, so a text has as many as its words, and words come again and again."""
    if len(text) > _LONG:
        blocks = [text[at : at + _BLOCK] for at in range(0, len(text), 4 * _BLOCK)]
        return round(sum(map(_count, blocks)) * len(text) / sum(map(len, blocks)))
    if "  " in text or "\t" in text:
        return len(_PIECE.findall(text))
    first, *rest = text.split(" ")
    return sum(map(_of_word, rest), len(_PIECE.findall(first)))


class _Words(dict[str, int]):
    """The pieces of words with the space before them."""

    def __missing__(self, word: str) -> int:
        number = len(_PIECE.findall(f" {word}"))
        if len(word) < 32:
            if len(self) >= _WORDS:
                self.clear()
            self[word] = number
        return number


_of_word = _Words().__getitem__
_remembered = lru_cache(maxsize=2048)(_count)
