"""Decoding MP3, FLAC and Vorbis where PyAV is not installed, by miniaudio, which is a fiftieth of its size."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from importlib import import_module, util
from typing import Any, NamedTuple

CODECS = ("latin-1", "utf-16", "utf-16-be", "utf-8")  # by the number that a text in ID3 begins with


class Played(NamedTuple):
    """A recording that is being decoded. rate: Hz, of the file; duration: seconds; blocks: mono samples."""

    rate: int
    channels: int
    duration: float
    blocks: Iterator[array[int]]
    tags: dict[str, str]


def can(data: bytes, kind: str) -> bool:
    """Whether `play` is what there is for a file of this kind ("mp3", "flac", "ogg")."""
    if kind == "ogg" and b"\x01vorbis" not in data[:64]:
        return False
    return kind in ("mp3", "flac", "ogg") and util.find_spec("av") is None and util.find_spec("miniaudio") is not None


def play(data: bytes, kind: str, rate: int) -> Played:
    """Decode `data`, whose blocks come at `rate`; of tags only the texts that a user defined in ID3 are read.

    Raises ValueError for what cannot be decoded.
    """
    miniaudio: Any = import_module("miniaudio")
    inform = {"mp3": miniaudio.mp3_get_info, "flac": miniaudio.flac_get_info, "ogg": miniaudio.vorbis_get_info}[kind]
    try:
        about = inform(data)
        blocks = miniaudio.stream_memory(data, nchannels=1, sample_rate=rate, frames_to_read=rate)
    except miniaudio.MiniaudioError as error:
        raise ValueError(f"miniaudio: {error}") from error
    return Played(about.sample_rate, about.nchannels, about.duration, blocks, id3_texts(data))


def id3_texts(data: bytes) -> dict[str, str]:
    """The TXXX frames of an ID3v2 tag at the start, by their names."""
    found: dict[str, str] = {}
    if data[:3] != b"ID3" or len(data) < 10:
        return found
    at, end = 10, min(len(data), 10 + _synchsafe(data[6:10]))
    while at + 10 < end and data[at]:
        name, size = data[at : at + 4], data[at + 4 : at + 8]
        at += 10
        length = _synchsafe(size) if data[3] > 3 else int.from_bytes(size)
        frame = data[at : at + length]
        at += length
        if name == b"TXXX" and frame and frame[0] < len(CODECS):
            key, _, text = frame[1:].decode(CODECS[frame[0]], "replace").partition("\0")
            found[key] = text.strip("\0\ufeff")
    return found


def _synchsafe(size: bytes) -> int:
    number = 0
    for byte in size:
        number = number << 7 | byte & 127
    return number
