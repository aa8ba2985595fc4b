"""Words inside bare samples: they survive whatever leaves the samples as they are, and nobody hears them."""

from __future__ import annotations

from array import array

import pytest

from mock_server.media import encoding, speech, undertone, wav
from mock_server.media.audio import listen

TEXT = "Hello there, my friend! It costs 10% more — isn't that odd? 你好，世界。 (Really.)"
WORDS = [
    "Hello", "there,", "my", "friend!", "It", "costs", "10%", "more", "isn't", "that", "odd?", "你好，世界。",
    "(Really.)",
]  # fmt: skip


def words_of(data: bytes, step: int, piece: int = 10_000_000) -> list[undertone.Mark]:
    reader = undertone.Reader()
    low = undertone.bits(data, step)
    return [mark for at in range(0, len(low), piece) for mark in reader.read(low[at : at + piece])]


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 48000])
def test_what_is_spoken_stands_in_its_samples(rate: int) -> None:
    marks = words_of(speech.speak(TEXT, speech.voice("luna"), rate), 2)
    assert [mark.word for mark in marks] == WORDS
    ends = [mark.at / rate + mark.milliseconds / 1000 for mark in marks]
    assert all(mark.at / rate >= end - 0.001 for mark, end in zip(marks[1:], ends, strict=False))


@pytest.mark.parametrize("codec", ["mulaw", "alaw"])
def test_one_byte_codes_carry_the_words_too(codec: str) -> None:
    pcm = speech.speak(TEXT, speech.voice("zeus"), 8000)
    codes = encoding.encode(pcm, encoding.choose(codec, "none", 8000, None), TEXT)
    assert [mark.word for mark in words_of(codes, 1)] == WORDS


@pytest.mark.parametrize("piece", [1, 37, 999])
def test_it_does_not_matter_how_the_samples_are_cut(piece: int) -> None:
    pcm = speech.speak(TEXT, speech.voice("luna"), 16000)
    assert words_of(pcm, 2, piece) == words_of(pcm, 2)


def test_nobody_hears_it() -> None:
    pcm = speech.speak(TEXT, speech.voice("luna"), 16000)
    silent = bytearray(pcm)
    silent[::2] = bytes(code & 0xFE for code in pcm[::2])
    differences = zip(wav.native(pcm), wav.native(bytes(silent)), strict=True)
    assert max(abs(a - b) for a, b in differences) == 1


def test_a_cut_recording_tells_the_words_that_are_left() -> None:
    pcm = speech.speak(TEXT, speech.voice("luna"), 16000)
    marks = words_of(pcm, 2)
    assert [mark.word for mark in words_of(pcm[2 * marks[4].at - 200 :], 2)] == WORDS[4:]


def test_damage_costs_the_damaged_word_alone() -> None:
    pcm = bytearray(speech.speak(TEXT, speech.voice("luna"), 16000))
    at = words_of(bytes(pcm), 2)[2].at
    pcm[2 * (at + 40)] ^= 1
    assert [mark.word for mark in words_of(bytes(pcm), 2)] == [*WORDS[:2], *WORDS[3:]]


def test_other_sound_tells_nothing() -> None:
    from random import Random

    assert words_of(Random(1).randbytes(1_000_000), 2) == []
    assert words_of(array("h", [0] * 10_000).tobytes(), 2) == []


def test_a_word_too_long_for_its_sound_is_left_out() -> None:
    pcm = bytes(2000)
    assert undertone.inscribed(pcm, [("a" * 200, 0, 1000), ("b" * 300, 0, 1000)], 16000) == pcm


def test_recordings_without_a_tag_are_read_so_too() -> None:
    pcm = speech.speak("Hello there.", speech.voice("luna"), 16000)
    assert listen(pcm, "linear16", 16000).transcript == "Hello there."
    assert listen(wav.write(pcm, "linear16", 16000, {})).transcript == "Hello there."
    assert listen(bytes(32000), "linear16", 16000).transcript is None
