"""Speech: length, words and pauses in the waveform, and voices that differ."""

from __future__ import annotations

from array import array
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.media.audio import listen_to_samples
from mock_server.media.speech import MAX_SPOKEN, PHONES, phones, seconds, speak, voice

RATE = 16000
NAMES = ("angus", "asteria", "luna", "orion", "zeus", "thalia", "aquila", "celeste")
TEXT = (
    "I would like to book a table for four people tomorrow evening, please. Is there anything free at seven? "
    "The capital of France is Paris, which lies on the river Seine and has about two million inhabitants."
)


def samples(text: str, name: str = "luna", rate: int = RATE) -> array[int]:
    return array("h", speak(text, voice(name), rate))


def pitch(name: str) -> float:
    """Hz at which a long vowel repeats itself most closely."""
    sound = samples("aaaaaa", name)[2000:6000]
    lags = range(RATE // 300, RATE // 70)
    best = max(lags, key=lambda lag: sum(a * b for a, b in zip(sound[:2000], sound[lag:], strict=False)))
    return RATE / best


@pytest.mark.parametrize("name", NAMES)
def test_voices_speak_150_to_185_words_a_minute(name: str) -> None:
    minutes = len(samples(TEXT, name)) / RATE / 60
    assert 145 <= len(TEXT.split()) / minutes <= 185


def test_longer_texts_take_longer() -> None:
    lengths = [len(samples(TEXT[:end])) for end in (20, 60, 120, 200)]
    assert all(a < b for a, b in pairwise(lengths))


def test_the_same_text_in_the_same_voice_is_the_same_sound() -> None:
    assert samples(TEXT) == samples(TEXT)


def test_voices_differ_in_sound_and_pace() -> None:
    sounds = {name: samples(TEXT, name).tobytes() for name in NAMES}
    assert len(set(sounds.values())) == len(NAMES)
    assert len({len(sound) for sound in sounds.values()}) == len(NAMES)


def test_a_voice_has_its_pitch() -> None:
    assert pitch("zeus") == pytest.approx(voice("zeus").pitch * 1.1, rel=0.15)
    assert pitch("luna") > 1.3 * pitch("zeus")


def test_pauses_stand_where_the_punctuation_is() -> None:
    sound = listen_to_samples([n / 32768 for n in samples("One two three. Four five six, seven eight nine.")], RATE)
    spans = sound.utterances()
    assert len(spans) == 3
    first, second = (after[0] - before[1] for before, after in pairwise(spans))
    assert first > second > 0.15


def test_an_unfinished_sentence_ends_with_less_silence() -> None:
    done, open_ended = (
        listen_to_samples([n / 32768 for n in samples(text)], RATE).trailing_silence()
        for text in ("I went home.", "I went home and")
    )
    assert done > 0.4
    assert open_ended < 0.2


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 48000])
def test_the_rate_changes_the_samples_not_the_length(rate: int) -> None:
    assert len(samples(TEXT, rate=rate)) / rate == pytest.approx(len(samples(TEXT)) / RATE, rel=0.02)


def test_nothing_clips() -> None:
    loudest = max(map(abs, samples(TEXT)))
    assert 8000 < loudest < 20000


@pytest.mark.parametrize("text", ["", " ", "...", "\n", "—", "***"])
def test_a_text_without_words_is_a_short_silence(text: str) -> None:
    sound = samples(text)
    assert set(sound) == {0}
    assert len(sound) < 3 * RATE


@pytest.mark.parametrize("text", ["你好世界", "Привет мир", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก", "こんにちは"])
def test_every_script_has_a_voice(text: str) -> None:
    assert max(samples(text)) > 5000


def test_digits_and_signs_are_said_by_name() -> None:
    assert phones("42") == phones("four") + phones("two")
    assert seconds("%") == seconds("percent")


def test_what_is_too_long_is_spoken_to_the_limit() -> None:
    assert speak("word " * MAX_SPOKEN, voice("luna"), 8000) == speak(
        ("word " * MAX_SPOKEN)[:MAX_SPOKEN], voice("luna"), 8000
    )


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_becomes_sound(text: str) -> None:
    assert set(phones(text) if text else "u") <= PHONES.keys()
    assert len(speak(text, voice("hera"), 8000)) % 2 == 0
