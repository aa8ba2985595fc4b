"""Automatic Speech Recognition: what was said comes back, in every result shape, and its parts agree."""

from __future__ import annotations

import json
import re
import struct
import wave
from array import array
from base64 import b64encode
from functools import cache
from io import BytesIO
from itertools import pairwise
from math import pi, sin
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.catalog import Catalog, Model
from mock_server.errors import INVALID_BASE64, INVALID_INPUT, ApiError
from mock_server.exchange import Binary
from mock_server.media.audio import listen
from mock_server.media.encoding import ENCODINGS
from mock_server.tasks import TASKS, text_to_speech
from mock_server.tasks.speech_recognition import respond, single

CATALOG = Catalog.load()
MODELS = [model for model in CATALOG if model.responder == "speech_recognition"]
WHISPER, TURBO, NOVA, NEMOTRON = (
    "@cf/openai/whisper",
    "@cf/openai/whisper-large-v3-turbo",
    "@cf/deepgram/nova-3",
    "@cf/nvidia/nemotron-speech-streaming-en-0.6b",
)
TEXT = "Hello there, this is a test. I'd like to book a table for four people, please! Is that all right now?"
CUE = re.compile(r"((?:\d\d:){0,2}\d\d\.\d{3}) --> ((?:\d\d:){0,2}\d\d\.\d{3})\n(.+)")


def model(name: str) -> Model:
    found = CATALOG.find(name)
    assert found is not None
    return found


def ask(name: str, audio: object, **inputs: object) -> Any:
    return respond(model(name), {"audio": audio, **inputs}, 0).value


@cache
def speech(text: str = TEXT, **options: object) -> bytes:
    reply = text_to_speech.respond(model("@cf/deepgram/aura-1"), {"text": text, **options}, 0)
    assert isinstance(reply, Binary)
    return reply.body


def recording(*parts: tuple[float, float], rate: int = 16000, channels: int = 1) -> bytes:
    """A WAV of (seconds, peak) parts of tone."""
    samples = array("h")
    for seconds, peak in parts:
        wave_length = [round(32767 * peak * sin(2 * pi * at / 40)) for at in range(40)]
        samples.extend(
            array("h", [sample for sample in wave_length for _ in range(channels)]) * round(seconds * rate / 40)
        )
    file = BytesIO()
    with wave.open(file, "wb") as opened:
        opened.setnchannels(channels)
        opened.setsampwidth(2)
        opened.setframerate(rate)
        opened.writeframes(samples.tobytes())
    return file.getvalue()


TALK = recording((0.5, 0), (3, 0.5), (1.5, 0), (4, 0.4), (1, 0))
SILENCE = recording((1, 0))


def seconds(stamp: str) -> float:
    hours, minutes, rest = ("00:00:" + stamp).split(":")[-3:]
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


def cues(vtt: str) -> list[tuple[float, float, str]]:
    header, *blocks = vtt.split("\n\n")
    assert header == "WEBVTT"
    matches = [CUE.fullmatch(block) for block in blocks]
    assert all(matches)
    return [(seconds(match[1]), seconds(match[2]), match[3]) for match in matches if match]


def spoken(value: Any) -> tuple[str, list[dict[str, Any]]]:
    """Text and words of any result that has them."""
    if "results" in value:
        best = value["results"]["channels"][0]["alternatives"][0]
        return best["transcript"], best["words"]
    if "segments" in value:
        return value["text"], [word for segment in value["segments"] for word in segment["words"]]
    return value["text"], value["words"]


def test_there_are_models_and_they_leave_the_event_loop() -> None:
    assert len(MODELS) >= 5
    assert TASKS["speech_recognition"].heavy


# --- what was said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_our_own_speech_comes_back_word_for_word(encoding: str) -> None:
    for name in (WHISPER, TURBO, NEMOTRON):
        assert ask(name, speech(encoding=encoding))["text"] == TEXT
    assert spoken(ask(NOVA, speech(encoding=encoding), punctuate=True))[0] == TEXT


@pytest.mark.parametrize(
    "text", ["Zwölf Boxkämpfer jagen Viktor.", "会议明天早上九点开始。", "Привет, мир!", "a " * 120, "3 + 4 = 7", "—"]
)
def test_any_text_makes_the_round_trip(text: str) -> None:
    assert ask(TURBO, b64encode(speech(text)).decode())["text"] == " ".join(text.split())


def test_samples_without_a_header_are_heard_by_their_description() -> None:
    data = speech(encoding="linear16", container="none", sample_rate=16000)
    value = ask(NEMOTRON, b64encode(data).decode(), encoding="linear16", sample_rate=16000, channels=1)
    assert value["duration"] == pytest.approx(len(data) / 32000, abs=1e-6)
    assert value["text"]
    assert ask(NEMOTRON, data, encoding="linear16", sample_rate="16000") == value
    with pytest.raises(ApiError):
        ask(NEMOTRON, data)


@pytest.mark.parametrize("each", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("data", [speech(), TALK, SILENCE], ids=["speech", "talk", "silence"])
def test_answers_fit_the_schema_and_repeat(each: Model, data: bytes) -> None:
    inputs = {"audio": {"body": data, "contentType": "audio/wav"}}
    reply = respond(each, inputs, 1)
    assert reply.value == respond(each, inputs, 2).value
    json.dumps(reply.value, allow_nan=False)
    jsonschema.validate(reply.value, CATALOG.schema(each, "output"))
    assert reply.units == {"per audio minute": pytest.approx(listen(data).duration / 60)}


def test_audio_is_taken_in_every_form() -> None:
    text = base = b64encode(TALK).decode()
    forms = [TALK, list(TALK), base, f"data:audio/wav;base64,{text}", {"body": TALK, "contentType": "audio/wav"}]
    assert len({ask(WHISPER, form)["text"] for form in forms}) == 1


@pytest.mark.parametrize("name", [WHISPER, TURBO, NOVA])
@pytest.mark.parametrize("data", [speech(), TALK, recording((0.3, 0.5)), recording((70, 0.3), rate=8000)])
def test_word_times_lie_in_order_inside_the_recording_and_cover_its_sound(name: str, data: bytes) -> None:
    sound = listen(data)
    text, words = spoken(ask(name, data))
    assert text
    assert all(0 <= word["start"] <= word["end"] <= sound.duration + 1e-6 for word in words)
    assert all(before["end"] <= after["start"] + 1e-6 for before, after in pairwise(words))
    spans = sound.utterances()
    assert words[0]["start"] == pytest.approx(spans[0][0], abs=0.03)
    assert words[-1]["end"] == pytest.approx(spans[-1][1], abs=0.03)
    for start, end in spans:
        assert any(word["start"] < end and word["end"] > start for word in words)


def test_other_recordings_get_as_many_words_as_they_have_time_for() -> None:
    for length in (1, 5, 30):
        data = recording((length, 0.4), rate=8000)
        count = ask(WHISPER, data)["word_count"]
        assert length * 1.2 <= count <= length * 3.5
    assert ask(WHISPER, recording((5, 0.4)))["text"] != ask(WHISPER, recording((5, 0.41)))["text"]


def test_every_model_hears_the_same_words_in_a_recording() -> None:
    texts = {ask(name, TALK)["text"] for name in (WHISPER, TURBO, NEMOTRON)}
    assert len(texts) == 1
    assert spoken(ask(NOVA, TALK, punctuate=True))[0] in texts


# --- Whisper ----------------------------------------------------------------------------------------------------------


def test_whisper_hears_you_in_silence() -> None:
    value = ask(WHISPER, SILENCE)
    assert list(value) == ["text", "word_count", "vtt", "words"]
    assert {key: value[key] for key in ("text", "word_count", "vtt")} == {
        "text": "you",
        "word_count": 1,
        "vtt": "WEBVTT\n\n00.000 --> 00.980\nyou",
    }
    assert json.dumps(value["words"]) == '[{"word": "you", "start": 0, "end": 0.9800000190734863}]'


def test_whisper_prints_times_as_32_bit_floats() -> None:
    assert [single(number) for number in (0.56, 1.0, 1.1, 1.22)] == [
        0.5600000023841858,
        1,
        1.100000023841858,
        1.2200000286102295,
    ]
    for word in ask(WHISPER, TALK)["words"]:
        for moment in (word["start"], word["end"]):
            assert struct.unpack("f", struct.pack("f", moment))[0] == moment
            assert isinstance(moment, int) == float(moment).is_integer()
            assert moment / 0.02 == pytest.approx(round(moment / 0.02), abs=1e-3)


def test_whisper_cues_have_five_words_each_and_their_times() -> None:
    value = ask(WHISPER, speech())
    words = value["words"]
    found = cues(value["vtt"])
    assert value["word_count"] == len(words) == len(TEXT.split())
    assert [len(text.split()) for _, _, text in found] == [5, 5, 5, 5, 1]
    assert " ".join(text for _, _, text in found) == value["text"]
    for at, (start, end, _) in enumerate(found):
        group = words[5 * at : 5 * at + 5]
        assert [start, end] == pytest.approx([group[0]["start"], group[-1]["end"]], abs=1e-3)


def test_whisper_stretches_words_over_short_pauses() -> None:
    words = ask(WHISPER, speech("One two. Three four."))["words"]
    assert words[1]["end"] == words[2]["start"]


# --- Whisper large v3 turbo -------------------------------------------------------------------------------------------


def test_turbo_parts_agree_with_each_other() -> None:
    value = ask(TURBO, b64encode(speech()).decode())
    assert list(value) == ["transcription_info", "text", "word_count", "segments", "vtt"]
    segments = value["segments"]
    assert [segment["text"] for segment in segments] == [
        "Hello there, this is a test.",
        "I'd like to book a table for four people, please!",
        "Is that all right now?",
    ]
    assert " ".join(segment["text"] for segment in segments) == value["text"]
    assert value["word_count"] == sum(len(segment["words"]) for segment in segments)
    for cue, segment in zip(cues(value["vtt"]), segments, strict=True):
        assert cue[:2] == pytest.approx((segment["start"], segment["end"]))
        assert cue[2] == segment["text"]
    for segment in segments:
        assert " ".join(word["word"] for word in segment["words"]) == segment["text"]
        assert segment["start"] == segment["words"][0]["start"]
        assert segment["end"] == segment["words"][-1]["end"]
        assert segment["avg_logprob"] < 0 < segment["no_speech_prob"] < 0.6
    info = value["transcription_info"]
    assert info["language"] == "en"
    assert info["duration"] == info["duration_after_vad"] == pytest.approx(listen(speech()).duration, abs=1e-5)


def test_turbo_without_voice_leaves_silence_out_when_told_to() -> None:
    assert ask(TURBO, SILENCE)["text"] == "you"
    for options in ({"vad_filter": True}, {"no_speech_threshold": 0.3}, {"hallucination_silence_threshold": 0.5}):
        value = ask(TURBO, SILENCE, **options)
        assert (value["text"], value["word_count"], value["segments"], value["vtt"]) == ("", 0, [], "WEBVTT")
    assert ask(TURBO, SILENCE, vad_filter=True)["transcription_info"]["duration_after_vad"] == 0
    filtered = ask(TURBO, TALK, vad_filter=True)["transcription_info"]
    assert filtered["duration"] == 10
    assert filtered["duration_after_vad"] == pytest.approx(7, abs=0.1)


@pytest.mark.parametrize("language", ["es", "fr", "de", "it", "pt", "nl", "ja", "zh"])
def test_a_language_that_is_named_is_heard(language: str) -> None:
    value = ask(TURBO, TALK, language=language)
    assert value["transcription_info"]["language"] == language
    assert value["transcription_info"]["language_probability"] == 1
    assert value["text"] != ask(TURBO, TALK)["text"]
    assert ask(TURBO, TALK, language=language, task="translate")["text"] == ask(TURBO, TALK)["text"]


def test_the_language_of_a_transcript_is_told_from_its_words() -> None:
    info = ask(TURBO, speech("Guten Tag, ich möchte bitte einen Tisch für vier Personen."))["transcription_info"]
    assert info["language"] == "de"
    assert 0.9 <= info["language_probability"] < 1


def test_a_prefix_begins_the_text_once() -> None:
    value = ask(TURBO, speech("and so on."), prefix="Once upon a time")
    assert value["text"] == "Once upon a time and so on."
    assert value["word_count"] == 7
    assert ask(TURBO, speech(), prefix="hello")["text"] == TEXT
    assert ask(TURBO, speech(), initial_prompt="A glossary.", beam_size=3)["text"] == TEXT


# --- nova-3 -----------------------------------------------------------------------------------------------------------


def nova(data: bytes, **options: object) -> Any:
    return ask(NOVA, {"body": data, "contentType": "audio/mpeg"}, **options)["results"]


def test_nova_is_bare_until_punctuation_is_asked_for() -> None:
    best = nova(speech())["channels"][0]["alternatives"][0]
    assert list(best) == ["confidence", "transcript", "words"]
    assert (
        best["transcript"]
        == "hello there this is a test i'd like to book a table for four people please is that all right now"
    )
    assert best["transcript"].split() == [word["word"] for word in best["words"]]
    assert all(set(word) == {"word", "start", "end", "confidence"} for word in best["words"])
    assert 0.9 < best["confidence"] < 1


@pytest.mark.parametrize("option", ["punctuate", "smart_format"])
@pytest.mark.parametrize("on", [True, "true"])
def test_nova_punctuates(option: str, on: object) -> None:
    best = nova(speech("Is it on? Yes, it is."), **{option: on})["channels"][0]["alternatives"][0]
    assert best["transcript"] == "Is it on? Yes, it is."
    assert [word["punctuated_word"] for word in best["words"]] == ["Is", "it", "on?", "Yes,", "it", "is."]


def test_nova_hears_nothing_in_silence() -> None:
    assert nova(SILENCE, paragraphs=True, summarize=True, sentiment=True, utterances=True, search="x") == {
        "channels": [
            {
                "search": [{"query": "x", "hits": []}],
                "alternatives": [
                    {
                        "confidence": 0,
                        "transcript": "",
                        "words": [],
                        "paragraphs": {"transcript": "\n", "paragraphs": []},
                    }
                ],
            }
        ],
        "utterances": [],
        "summary": {"result": "success", "short": ""},
        "sentiments": {"segments": [], "average": {"sentiment": "neutral", "sentiment_score": 0}},
    }


def test_nova_options_change_the_words() -> None:
    data = speech("I have four damn boxes, number 42, in colour.")
    options = {"numerals": True, "profanity_filter": True, "redact": "numbers", "replace": ["colour:color", "boxes"]}
    best = nova(data, punctuate=True, **options)["channels"][0]["alternatives"][0]
    assert best["transcript"] == "I have * d*** number **, in color."
    assert nova(data, numerals=True)["channels"][0]["alternatives"][0]["transcript"].startswith("i have 4 damn boxes")


def test_nova_parts_by_speaker_sentence_and_pause() -> None:
    found = nova(TALK, diarize=True, utterances=True, paragraphs=True, utt_split="1.2")
    best = found["channels"][0]["alternatives"][0]
    assert {word["speaker"] for word in best["words"]} == {0, 1}
    assert len(found["utterances"]) == 2
    assert [word for utterance in found["utterances"] for word in utterance["words"]] == best["words"]
    paragraphs = best["paragraphs"]["paragraphs"]
    assert sum(paragraph["num_words"] for paragraph in paragraphs) == len(best["words"])
    assert paragraphs[0]["end"] < 3.6
    assert paragraphs[1]["start"] > 4.9
    assert (
        nova(TALK, utterances=True, utt_split=5)["utterances"][0]["words"]
        == nova(TALK)["channels"][0]["alternatives"][0]["words"]
    )


def test_nova_detects_searches_sums_up_and_feels() -> None:
    data = speech("I love this wonderful place. The food was not good and the service was terrible. We sat outside.")
    found = nova(data, detect_language=True, search=["wonderful place", "soup"], summarize="v2", sentiment=True)
    channel = found["channels"][0]
    assert channel["detected_language"] == "en"
    assert channel["language_confidence"] > 0.9
    words = channel["alternatives"][0]["words"]
    assert [hit["hits"] for hit in channel["search"]] == [
        [{"confidence": 1, "start": words[3]["start"], "end": words[4]["end"], "snippet": "wonderful place"}],
        [],
    ]
    assert found["summary"]["short"].startswith("I love this wonderful place.")
    assert [each["sentiment"] for each in found["sentiments"]["segments"]] == ["positive", "negative", "neutral"]
    assert [(each["start_word"], each["end_word"]) for each in found["sentiments"]["segments"]] == [
        (0, 4),
        (5, 14),
        (15, 17),
    ]


def test_nova_answers_each_channel_when_asked() -> None:
    stereo = recording((2, 0.4), channels=2)
    assert len(nova(stereo)["channels"]) == 1
    assert len(nova(stereo, multichannel=True)["channels"]) == 2


# --- what cannot be heard ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [WHISPER, TURBO, NOVA, NEMOTRON])
def test_what_is_no_recording_is_an_8001(name: str) -> None:
    for audio in (b"", b"not audio", [], [1, 2, 3], b64encode(b"not audio").decode()):
        with pytest.raises(ApiError) as refusal:
            ask(name, audio)
        assert refusal.value.row is INVALID_INPUT


@pytest.mark.parametrize("audio", ["not base64!", None, {}, {"body": {}}, ["x"], 5])
def test_what_is_no_base64_is_a_5004(audio: object) -> None:
    with pytest.raises(ApiError) as refusal:
        ask(TURBO, audio)
    assert refusal.value.row is INVALID_BASE64


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.integers()
    | st.text(max_size=10)
    | st.binary(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["body", "data", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
OPTIONS = (
    "language", "task", "prefix", "encoding", "sample_rate", "channels", "punctuate", "replace", "search", "redact",
    "utt_split", "utterances", "diarize", "vad_filter", "no_speech_threshold", "multichannel",
)  # fmt: skip


@given(
    st.sampled_from([WHISPER, TURBO, NOVA, NEMOTRON]), JSON, st.dictionaries(st.sampled_from(OPTIONS), JSON, max_size=5)
)
@settings(max_examples=80, deadline=None)
def test_any_input_is_answered_or_refused(name: str, audio: object, options: dict[str, object]) -> None:
    try:
        ask(name, audio, **options)
    except ApiError as refusal:
        if refusal.row not in (INVALID_INPUT, INVALID_BASE64):
            raise


@given(st.dictionaries(st.sampled_from(OPTIONS), JSON, max_size=6))
@settings(max_examples=25, deadline=None)
def test_no_option_breaks_an_answer(options: dict[str, object]) -> None:
    for name in (WHISPER, TURBO, NOVA, NEMOTRON):
        json.dumps(ask(name, SHORT, **options))


SHORT = recording((0.4, 0.5), (0.2, 0), (0.4, 0.5), rate=8000)
