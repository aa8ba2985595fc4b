"""Words in time, VTT, and the everyday sentences of recordings that do not tell their words."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.media.phrases import SENTENCES, code, language_of, plausible
from mock_server.media.transcript import joined, sentences, stamp, timed, vtt


def test_words_are_laid_along_the_sound() -> None:
    words = timed("One two. Three four.", [(1.0, 2.0), (3.0, 4.0)], 5.0)
    assert [word.text for word in words] == ["One", "two.", "Three", "four."]
    assert words[0].start == 1.0
    assert words[1].end == 2.0
    assert words[2].start == 3.0
    assert words[3].end == 4.0


def test_longer_words_take_longer() -> None:
    short, long = timed("a extraordinarily", [(0.0, 2.0)], 2.0)
    assert long.end - long.start > 3 * (short.end - short.start)


@given(
    st.text(max_size=80),
    st.lists(st.floats(0.01, 3), max_size=12),
    st.floats(0, 2),
)
@settings(max_examples=200, deadline=None)
def test_words_stay_in_order_inside_the_recording(text: str, lengths: list[float], rest: float) -> None:
    edges = [sum(lengths[:at]) for at in range(len(lengths) + 1)]
    spans = list(zip(edges[::2], edges[1::2], strict=False))
    duration = edges[-1] + rest
    words = timed(text, spans, duration)
    assert joined(words).split() == text.split()
    assert all(0 <= word.start <= word.end <= duration for word in words)
    assert all(before.end <= after.start + 1e-9 for before, after in pairwise(words))


def test_scripts_without_spaces_are_timed_by_the_character() -> None:
    words = timed("会议明天开始。", [(0.0, 1.4)], 1.4)
    assert [word.text for word in words] == ["会", "议", "明", "天", "开", "始。"]
    assert joined(words) == "会议明天开始。"


def test_sentences_end_at_full_stops_pauses_and_when_they_get_too_long() -> None:
    words = timed("One. “Two?” three four", [(0.0, 2.0)], 2.0)
    assert [joined(run) for run in sentences(words)] == ["One.", "“Two?”", "three four"]
    parted = timed("one two", [(0.0, 0.5), (4.0, 4.5)], 5.0)
    assert len(list(sentences(parted))) == 2
    assert max(map(len, sentences(timed("word " * 100, [], 40)))) <= 24


@pytest.mark.parametrize(
    ("moment", "text"),
    [(0, "00.000"), (0.98, "00.980"), (59.9996, "01:00.000"), (61.46, "01:01.460"), (3661.5, "01:01:01.500")],
)
def test_cue_times_are_as_short_as_they_can_be(moment: float, text: str) -> None:
    assert stamp(moment) == text


def test_vtt_of_nothing_is_its_header() -> None:
    assert vtt([]) == "WEBVTT"


def test_an_arrow_in_the_text_does_not_break_a_cue() -> None:
    assert vtt([(0, 1, "a --> b")]) == "WEBVTT\n\n00.000 --> 01.000\na -> b"


@pytest.mark.parametrize("language", SENTENCES)
def test_everyday_sentences_are_recognised_as_their_language(language: str) -> None:
    text = plausible(language, 60, Random(1))
    assert language_of(text) == language


@pytest.mark.parametrize("count", [1, 2, 5, 13, 40, 200])
def test_as_many_words_as_there_is_time_for(count: int) -> None:
    for seed in range(20):
        text = plausible("en", count, Random(seed))
        assert count / 2 <= len(text.split()) <= count
        assert text == plausible("en", count, Random(seed))


@pytest.mark.parametrize(
    ("named", "is_code"),
    [("en-US", "en"), ("pt_BR", "pt"), ("German", "de"), ("FR", "fr"), (" ja ", "ja"), ("xx", "xx")],
)
def test_languages_are_known_by_many_names(named: str, is_code: str) -> None:
    assert code(named) == is_code
