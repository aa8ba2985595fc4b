"""WAV files, and the sample formats inside them, read and written without any library."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from mock_server import errors
from mock_server.errors import ApiError

PCM, FLOAT, ALAW, MULAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
SLOWEST, FASTEST = 1000, 768_000  # Hz: a header that says anything else is not a recording's

# Names and codes of the raw encodings: (format tag, bits per sample).
RAW = {"linear16": (PCM, 16), "mulaw": (MULAW, 8), "alaw": (ALAW, 8)}


class Wav(NamedTuple):
    """A WAV file's contents. data: the samples as they are, of `form` and `bits`. tags: RIFF INFO, such as ICMT."""

    form: int
    bits: int
    channels: int
    rate: int
    data: memoryview
    tags: dict[str, str]

    @property
    def width(self) -> int:
        """Bytes of one sample of one channel."""
        return (self.bits + 7) // 8

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.data) // (self.width * self.channels) / self.rate

    @property
    def plain(self) -> bool:
        """Whether `blocks` can read it: compressed WAVs need a library."""
        widths = {PCM: (1, 2, 3, 4), FLOAT: (4, 8), ALAW: (1,), MULAW: (1,)}
        return self.width in widths.get(self.form, ())


def read(file: bytes) -> Wav:
    """The parts of a WAV file. A data size of 0 or of all ones, as streams have it, means up to the end.

    Raises ApiError 400/8001 for a file without a format, without samples, or with an impossible format.
    """
    view = memoryview(file)
    form = bits = channels = rate = 0
    data: memoryview | None = None
    tags: dict[str, str] = {}
    at = 12
    while at + 8 <= len(file):
        name, size = file[at : at + 4], int.from_bytes(file[at + 4 : at + 8], "little")
        if name == b"data" and size in (0, 0xFFFFFFFF):
            size = len(file) - at - 8
        part = view[at + 8 : at + 8 + size]
        if name == b"fmt " and len(part) >= 16:
            form, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", part)
            if form == EXTENSIBLE and len(part) >= 26:
                form = int.from_bytes(part[24:26], "little")
        elif name == b"data" and data is None:
            data = part
        elif name == b"LIST" and bytes(part[:4]) == b"INFO":
            tags |= _info(bytes(part[4:]))
        at += 8 + size + size % 2
    if not data or not channels or not bits or not SLOWEST <= rate <= FASTEST:
        raise ApiError(errors.INVALID_INPUT, hint="a WAV file without a format or without samples")
    return Wav(form, bits, channels, rate, data, tags)


def raw(data: bytes, encoding: str, rate: int, channels: int) -> Wav:
    """Samples without a header, of an encoding in RAW."""
    form, bits = RAW[encoding]
    return Wav(form, bits, channels, rate, memoryview(data), {})


def _info(chunk: bytes) -> dict[str, str]:
    tags = {}
    at = 0
    while at + 8 <= len(chunk):
        size = int.from_bytes(chunk[at + 4 : at + 8], "little")
        text = chunk[at + 8 : at + 8 + size].rstrip(b"\0")
        tags[chunk[at : at + 4].decode("latin-1")] = text.decode("utf-8", "replace")
        at += 8 + size + size % 2
    return tags


def blocks(wav: Wav) -> Iterator[array[int]]:
    """The samples of a plain `wav` as 16-bit, channels interleaved, about a second at a time."""
    step = wav.rate * wav.channels * wav.width
    whole = len(wav.data) - len(wav.data) % (wav.channels * wav.width)
    for at in range(0, whole, step):
        yield samples(bytes(wav.data[at : min(at + step, whole)]), wav.form, wav.width)


def samples(data: bytes, form: int, width: int) -> array[int]:
    """Little-endian samples of any plain format as 16-bit ones; not-a-number counts as zero."""
    if form == FLOAT:
        numbers: array[float] = array("f" if width == 4 else "d", data)
        if sys.byteorder == "big":
            numbers.byteswap()
        return array("h", [round(32767 * max(-1.0, min(1.0, n))) if n == n else 0 for n in numbers])  # noqa: PLR0124
    if width == 1:
        low, high = _widening(form)
        pairs = bytearray(2 * len(data))
        pairs[0::2] = data.translate(low)
        pairs[1::2] = data.translate(high)
    elif width == 2:
        pairs = bytearray(data)
    else:  # the upper two bytes of each
        pairs = bytearray(2 * (len(data) // width))
        pairs[0::2] = data[width - 2 :: width]
        pairs[1::2] = data[width - 1 :: width]
    return native(bytes(pairs))


def native(pcm: bytes) -> array[int]:
    """16-bit little-endian samples as numbers."""
    numbers = array("h", pcm)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


@cache
def _widening(form: int) -> tuple[bytes, bytes]:
    """For `bytes.translate`: the lower and the upper byte of the 16-bit sample that an 8-bit one means."""
    wide = _expansion(form) if form in (ALAW, MULAW) else [(code - 128) << 8 for code in range(256)]
    return bytes(n & 255 for n in wide), bytes(n >> 8 & 255 for n in wide)


@cache
def _expansion(form: int) -> list[int]:
    """What each of the 256 codes of G.711 means, on a 16-bit scale."""
    wide = []
    for code in range(256):
        bits = code ^ (0xFF if form == MULAW else 0x55)
        exponent, mantissa = bits >> 4 & 7, bits & 15
        if form == MULAW:
            size = (((mantissa << 3) + 0x84) << exponent) - 0x84
            wide.append(-size if bits & 0x80 else size)
        else:
            size = (mantissa << 4) + 8
            if exponent:
                size = (size + 0x100) << exponent - 1
            wide.append(size if bits & 0x80 else -size)
    return wide


@cache
def _compression(form: int) -> bytes:
    """The code of each of the 65,536 samples, by its bits read as an unsigned number: the nearest in meaning."""
    wide = _expansion(form)
    # Both zeros of µ-law mean 0; the positive one is written.
    codes = sorted({wide[code]: code for code in range(256)}.items())
    table = bytearray()
    for (size, code), (above, _) in zip(codes, [*codes[1:], (65535 + 32767, 0)], strict=True):
        until = min(32768, (size + above + 1) // 2)
        table += bytes([code]) * (until + 32768 - len(table))
    return bytes(table[32768:] + table[:32768])


def compress(pcm: bytes, encoding: str) -> bytes:
    """16-bit little-endian samples in µ-law or A-law, one byte each; linear16 stays as it is."""
    if encoding == "linear16":
        return pcm
    table = _compression(RAW[encoding][0])
    numbers = array("H", pcm)
    if sys.byteorder == "big":
        numbers.byteswap()
    return bytes(map(table.__getitem__, numbers))


def write(data: bytes, encoding: str, rate: int, tags: dict[str, str]) -> bytes:
    """A mono WAV file of `data`, samples in one of the encodings of RAW, with RIFF INFO `tags`."""
    form, bits = RAW[encoding]
    width = bits // 8
    info = b"INFO" + b"".join(_chunk(name.encode(), text.encode() + b"\0") for name, text in tags.items())
    body = b"WAVE"
    body += _chunk(b"fmt ", struct.pack("<HHIIHH", form, 1, rate, rate * width, width, bits))
    if form != PCM:
        body += _chunk(b"fact", len(data).to_bytes(4, "little"))
    return _chunk(b"RIFF", body + _chunk(b"LIST", info) + _chunk(b"data", data))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
