"""Words inside bare samples: what a voice of this emulator says, written into the lowest bits of how it sounds.

Samples have no tags, so each word stands in the samples that are its sound, from the first on: SYNC, the number of
bytes, how long the word lasts, the word, a checksum; one bit a sample. Nobody hears it, cutting does it no harm, and
whoever listens knows each word when it has been said. Resampling and lossy codecs wipe it out.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterable
from typing import NamedTuple

SYNC = bytes(int(bit) for bit in f"{0xB5D36A29:032b}")
HEAD = 24  # bits after SYNC: bytes of the word (8), milliseconds (16)
CHECK = 16  # bits after the word
LONGEST = 255  # bytes of a word that can be written; longer ones are left out

_LOWEST = bytes(code & 1 for code in range(256))


class Mark(NamedTuple):
    """A word found. at: the sample it begins with. milliseconds: how long it lasts."""

    word: str
    at: int
    milliseconds: int


def bits(data: bytes | memoryview, step: int = 1) -> bytes:
    """The lowest bit of every `step`-th byte, each as a byte: of 16-bit little-endian samples, with a step of 2."""
    return bytes(data[::step]).translate(_LOWEST)


def inscribed(pcm: bytes, words: Iterable[tuple[str, int, int]], rate: int) -> bytes:
    """16-bit little-endian mono samples with `words` in them: (word, its first sample, the one after its last)."""
    low = bytearray(pcm[::2])
    written = False
    for word, start, end in words:
        raw = word.encode("utf-8", "replace")
        if len(raw) > LONGEST:
            continue
        pattern = _pattern(raw, min(65535, round((end - start) / rate * 1000)))
        if start + len(pattern) <= end:
            for at, bit in enumerate(pattern, start):
                low[at] = low[at] & 0xFE | bit
            written = True
    if not written:
        return pcm
    whole = bytearray(pcm)
    whole[::2] = low
    return bytes(whole)


def carried_over(pcm: bytes, codes: bytes) -> bytes:
    """One-byte codes of the samples of `pcm`, with the words that the samples carry."""
    low = bits(pcm, 2)
    whole = bytearray(codes)
    at = low.find(SYNC)
    while at >= 0:
        found = _read(low, at)
        until = at + (found[1] if found else len(SYNC))
        if found is not None and found[0] is not None:
            for place in range(at, until):
                whole[place] = whole[place] & 0xFE | low[place]
        at = low.find(SYNC, until)
    return bytes(whole)


class Reader:
    """Finds the words in samples that come in parts."""

    def __init__(self) -> None:
        self._rest = b""
        self._at = 0  # the sample that `_rest` begins with

    def read(self, low: bytes) -> list[Mark]:
        """The words that are complete with these further samples, given by their lowest `bits`."""
        low = self._rest + low
        found = []
        at = low.find(SYNC)
        keep = max(0, len(low) - len(SYNC) + 1)
        while at >= 0:
            read = _read(low, at)
            if read is None:
                keep = at
                break
            word, size = read
            if word is not None:
                milliseconds = _number(low[at + len(SYNC) + 8 : at + len(SYNC) + HEAD])
                found.append(Mark(word, self._at + at, milliseconds))
            at = low.find(SYNC, at + size)
        self._rest = low[keep:]
        self._at += keep
        return found


def _pattern(raw: bytes, milliseconds: int) -> bytes:
    body = bytes([len(raw)]) + milliseconds.to_bytes(2, "big") + raw
    body += crc_hqx(body, 0).to_bytes(2, "big")
    return SYNC + bytes(byte >> shift & 1 for byte in body for shift in range(7, -1, -1))


def _read(low: bytes, at: int) -> tuple[str | None, int] | None:
    """The word that stands at `at`, None if it is none, and its bits; None while its end is not there."""
    begin = at + len(SYNC)
    if len(low) < begin + HEAD:
        return None
    count = HEAD + 8 * _number(low[begin : begin + 8]) + CHECK
    if len(low) < begin + count:
        return None
    body = _number(low[begin : begin + count]).to_bytes(count // 8, "big")
    if crc_hqx(body[:-2], 0) != int.from_bytes(body[-2:], "big"):
        return None, len(SYNC)
    return body[3:-2].decode("utf-8", "replace"), len(SYNC) + count


def _number(pattern: bytes) -> int:
    return int(pattern.translate(_DIGITS), 2)


_DIGITS = bytes([48, 49]) + bytes(254)
