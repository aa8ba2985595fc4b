"""Automatic Speech Recognition: what a recording says, in the shape of the model's family.

Recordings that carry a transcript (every one that this emulator's own voices made, bare samples included, and any
other with such a tag) are heard word for word; in others everyday sentences are heard, as long as the voiced parts
last and always the same for the same bytes. Silence is answered as observed: with a Whisper model's "you".
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from hashlib import blake2b
from math import floor
from random import Random
from struct import pack, unpack
from typing import Any, NamedTuple

from mock_server.catalog import Model
from mock_server.exchange import Inputs, Result
from mock_server.media import phrases
from mock_server.media.audio import Sound, listen
from mock_server.media.payload import bytes_of
from mock_server.media.transcript import Word, floored, joined, sentences, timed, vtt
from mock_server.tasks import deepgram

PACE = 2.8  # words a second of voiced sound
GRID = 0.02  # seconds: the steps of Whisper's word times (observed)
HOLD = 1.2  # seconds that a word is stretched over the pause behind it, as Whisper does (observed)
SILENT_END = 0.98  # seconds: where the "you" heard in silence ends (observed)
UNSURE = 0.55  # how likely that "you" is no speech at all: below the 0.6 from which Whisper leaves words out


class Heard(NamedTuple):
    """A recording and the words in it. sure: the probability of `language`. random: for figures nobody can check."""

    sound: Sound
    words: list[Word]
    language: str
    sure: float
    random: Random

    @property
    def text(self) -> str:
        """All of the words."""
        return joined(self.words)


def respond(model: Model, inputs: Inputs, seed: int) -> Result:
    """The transcript of ``inputs["audio"]`` in the shape that the model's fact ``result`` names.

    audio: bytes, numbers, base64, a data URL or {body, contentType}; encoding, sample_rate, channels describe samples
    without a header. Raises ApiError: 400/5004 for what is no base64, 400/8001 for bytes that are no recording.
    """
    data = bytes_of(inputs.get("audio"))
    encoding = inputs.get("encoding")
    sound = listen(
        data,
        encoding if isinstance(encoding, str) else None,
        _integer(inputs.get("sample_rate"), 16000),
        _integer(inputs.get("channels"), 1),
    )
    shape = RESULTS[model.facts["result"]]
    value = shape(hear(sound, inputs, Random(blake2b(data, digest_size=8).digest())), inputs)
    return Result(value, units={"per audio minute": sound.duration / 60})


def _integer(value: Any, default: int) -> int:
    """A number that may have come through a query string."""
    try:
        return max(1, int(float(value)))
    except (TypeError, ValueError, OverflowError):
        return default


def hear(sound: Sound, inputs: Inputs, random: Random) -> Heard:
    """The words in `sound`; none when it is silent.

    language, source_lang: what is spoken; otherwise it is told from the words. task "translate" turns what has no
    transcript into English, but leaves the words of a transcript as they are. prefix: put before the words unless they
    begin so.
    """
    asked = inputs.get("language") or inputs.get("source_lang")
    language = phrases.code(asked) if isinstance(asked, str) and asked != "multi" else ""
    utterances = sound.utterances()
    text = " ".join((sound.transcript or "").split())
    if not text and utterances:
        spoken = "en" if inputs.get("task") == "translate" else language or "en"
        voiced = sum(end - start for start, end in utterances)
        text = phrases.plausible(spoken, round(voiced * PACE * (1 if spoken not in ("ja", "zh") else 2)), random)
    prefix = inputs.get("prefix")
    if text and isinstance(prefix, str) and not text.lower().startswith(prefix.strip().lower()):
        text = f"{' '.join(prefix.split())} {text}"
    sure = 1.0 if language else round(0.9 + 0.099 * random.random(), 4)
    language = language or (phrases.language_of(text) if text else "en")
    return Heard(sound, timed(text, utterances, sound.duration), language, sure, random)


# --- Whisper ----------------------------------------------------------------------------------------------------------


def whisper(heard: Heard, inputs: Inputs) -> dict[str, Any]:
    """{text, word_count, vtt, words}: keys in this order, cues of five words, 32-bit times, as observed."""
    words = _held(heard.words or _imagined(heard.sound), heard.sound.duration)
    cues = [words[at : at + 5] for at in range(0, len(words), 5)]
    return {
        "text": joined(words),
        "word_count": len(words),
        "vtt": vtt((cue[0].start, cue[-1].end, joined(cue)) for cue in cues),
        "words": [{"word": word.text, "start": single(word.start), "end": single(word.end)} for word in words],
    }


def _imagined(sound: Sound) -> list[Word]:
    """What Whisper hears in silence."""
    return [Word("you", 0.0, min(SILENT_END, sound.duration))]


def _held(words: Sequence[Word], duration: float) -> list[Word]:
    """Words on Whisper's grid, each until the next one begins when that is soon."""
    last = floor(duration / GRID + 1e-6)
    starts = [min(last, floor(word.start / GRID + 1e-6)) for word in words]
    ends = [min(last, max(start, round(word.end / GRID))) for start, word in zip(starts, words, strict=True)]
    held = []
    for at, word in enumerate(words):
        end = ends[at]
        if at + 1 < len(words) and starts[at + 1] - end <= HOLD / GRID:
            end = starts[at + 1]
        held.append(word._replace(start=starts[at] * GRID, end=end * GRID))
    return held


def single(number: float) -> float:
    """A number as a 32-bit float prints when it is read as a double, whole ones without a point (observed)."""
    near: float = unpack("f", pack("f", number))[0]
    return int(near) if near.is_integer() else near


def whisper_turbo(heard: Heard, inputs: Inputs) -> dict[str, Any]:
    """{transcription_info, text, word_count, segments, vtt}, as the model's schema and faster-whisper have them.

    One segment a sentence, one cue a segment. vad_filter: silence is left out, so it is answered with nothing, and so
    it is by thresholds that say so. The key order is the schema's; no answer of the model was captured.
    """
    random = heard.random
    words = heard.words
    silent = not words
    if silent and not _skips_silence(heard.sound, inputs):
        words = _imagined(heard.sound)
    segments: list[dict[str, Any]] = []
    for run in sentences(words):
        text = joined(run)
        raw = text.encode()
        segments.append(
            {
                "start": floored(run[0].start, 2),
                "end": floored(run[-1].end, 2),
                "text": text,
                "temperature": 0,
                "avg_logprob": -round(0.9 + 0.2 * random.random() if silent else 0.08 + 0.3 * random.random(), 6),
                "compression_ratio": round(len(raw) / len(zlib.compress(raw)), 6),
                "no_speech_prob": UNSURE if silent else round(0.001 + 0.05 * random.random(), 6),
                "words": [
                    {"word": word.text, "start": floored(word.start, 2), "end": floored(word.end, 2)} for word in run
                ],
            }
        )
    duration = heard.sound.duration
    voiced = sum(end - start for start, end in heard.sound.utterances())
    return {
        "transcription_info": {
            "language": heard.language,
            "language_probability": heard.sure,
            "duration": round(duration, 6),
            "duration_after_vad": round(voiced if inputs.get("vad_filter") else duration, 6),
        },
        "text": joined(words),
        "word_count": len(words),
        "segments": segments,
        "vtt": vtt((segment["start"], segment["end"], segment["text"]) for segment in segments),
    }


def _skips_silence(sound: Sound, inputs: Inputs) -> bool:
    unsure, quiet = inputs.get("no_speech_threshold"), inputs.get("hallucination_silence_threshold")
    return bool(
        inputs.get("vad_filter")
        or (isinstance(unsure, int | float) and unsure < UNSURE)
        or (isinstance(quiet, int | float) and quiet < sound.duration)
    )


# --- the others -------------------------------------------------------------------------------------------------------


def nova(heard: Heard, inputs: Inputs) -> dict[str, Any]:
    """Deepgram's {results: {channels: …}}."""
    spoken = deepgram.Spoken(heard.words, heard.sound.channels, heard.language, heard.sure)
    return deepgram.results(spoken, heard.random, inputs)


def plain(heard: Heard, inputs: Inputs) -> dict[str, Any]:
    """{text, duration}: the words, none of silence, and the seconds of the recording."""
    return {"text": heard.text, "duration": round(heard.sound.duration, 6)}


RESULTS: dict[str, Callable[[Heard, Inputs], dict[str, Any]]] = {
    "whisper": whisper,
    "whisper-turbo": whisper_turbo,
    "deepgram": nova,
    "nemotron": plain,
}
