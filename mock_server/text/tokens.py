"""Splitting text into pieces about the size of a language model's tokens, and counting them.

The rules follow what byte-pair vocabularies of 100,000 and more entries do to common text: a word takes the space or
the sign before it along, digits come by threes, signs by twos with the line breaks after them. Against the real
vocabularies of Llama 3 and of gpt-oss the count is within 3 % on English, Markdown, Python, SQL and JSON, and within
30 % (usually too low) on other languages in Latin letters, 20 % (usually too high) on other scripts.
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
_LONG = 24_000  # characters
_BLOCK = 2_000
_KINDS = bytes.maketrans(  # a letter, 0 digit, s space, n line break, p other sign
    bytes(range(128)),
    b"".join(
        b"a"
        if chr(c).isalpha()
        else b"0"
        if chr(c).isdigit()
        else b"s"
        if c in b" \t"
        else b"n"
        if c in b"\r\n"
        else b"p"
        for c in range(128)
    ),
)
_STARTS = bytes(ord("a") if c == ord("a") else ord(" ") for c in range(256))


def pieces(text: str) -> list[str]:
    """Token-like pieces of `text`, in order; joined they are exactly `text`."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """How many pieces `text` has: about how many tokens it is.

    ASCII is counted from its character classes without being cut up; of more than 24,000 characters a quarter is
    counted. Short texts are remembered: system prompts, tools
    and the turns of a conversation come again with each of its requests.
    """
    return _remembered(text) if len(text) < 2000 else _count(text)


def _count(text: str) -> int:
    if len(text) > _LONG:
        blocks = range(0, len(text), 4 * _BLOCK)
        seen = sum(len(text[at : at + _BLOCK]) for at in blocks)
        return round(sum(_count(text[at : at + _BLOCK]) for at in blocks) * len(text) / seen)
    if not text.isascii():
        return len(_PIECE.findall(text))
    kinds = text.encode().translate(_KINDS)
    total = 0
    if b"p" in kinds:
        kinds = kinds.replace(b"pa", b"wa")  # a sign that goes with the word after it
        total += kinds.count(b"p") - kinds.count(b"pp") + kinds.count(b"sw")
    if b"n" in kinds:
        total += kinds.count(b"n") - kinds.count(b"nn") - kinds.count(b"pn") + kinds.count(b"sn")
    if b"0" in kinds:
        digits = kinds.replace(b"000", b"x")
        total += digits.count(b"x") + digits.count(b"0") - digits.count(b"00") + kinds.count(b"s0")
    if b"ss" in kinds:
        total += kinds.count(b"ssa") + kinds.count(b"ssw") + kinds.count(b"ssp")
    if kinds.endswith(b"s"):
        total += 1
    if b"aaaaaaaaa" in kinds:
        kinds = kinds.replace(b"aaaaaaaaa", b"x")
        total += kinds.count(b"x")
    return total + kinds.translate(_STARTS).count(b" a") + kinds.startswith(b"a")


_remembered = lru_cache(maxsize=2048)(_count)
