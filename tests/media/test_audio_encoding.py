"""Formats: what is written is read back by decoders that are not ours, at the rate and with the text that was asked."""

from __future__ import annotations

import wave
from array import array
from functools import cache
from io import BytesIO
from typing import Any

import av as pyav
import mutagen
import mutagen.aac
import mutagen.flac
import mutagen.id3
import mutagen.mp3
import mutagen.oggflac
import mutagen.oggopus
import mutagen.wave
import pytest

from mock_server.errors import MockError
from mock_server.media import encoding
from mock_server.media.encoding import ENCODINGS, Format, choose, encode
from mock_server.media.speech import speak, voice
from mock_server.media.wav import compress

WAVE: Any = mutagen.wave.WAVE
AAC: Any = mutagen.aac.AAC
FLAC: Any = mutagen.flac.FLAC
ID3: Any = mutagen.id3.ID3
MP3: Any = mutagen.mp3.MP3
OggFLAC: Any = mutagen.oggflac.OggFLAC
OggOpus: Any = mutagen.oggopus.OggOpus
av: Any = pyav  # its annotations know no writable streams
TEXT = "Grüße! The wave carries its words, “all” of them."


@cache
def spoken(form: Format) -> tuple[bytes, bytes]:
    pcm = speak(TEXT, voice("luna"), form.rate)
    return pcm, encode(pcm, form, TEXT)


def decoded(file: bytes) -> tuple[int, int, array[int], dict[str, str]]:
    """Rate, channels, samples and tags by FFmpeg."""
    with av.open(BytesIO(file)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout="mono", rate=stream.codec_context.sample_rate)
        samples = array("h")
        for frame in container.decode(stream):
            for each in resampler.resample(frame):
                samples.frombytes(bytes(each.planes[0])[: 2 * each.samples])
        tags = {**container.metadata, **stream.metadata}
        return stream.codec_context.sample_rate, stream.codec_context.channels, samples, tags


@pytest.mark.parametrize("container", [None, "none", "wav", "ogg"])
@pytest.mark.parametrize("name", ENCODINGS)
def test_every_encoding_in_every_container_is_decoded_elsewhere(name: str, container: str | None) -> None:
    form = choose(name, container, None, None)
    pcm, file = spoken(form)
    if form.container == "none" and name in ("linear16", "mulaw", "alaw"):
        assert len(file) == len(pcm) // (2 if name != "linear16" else 1)
        return
    rate, channels, samples, tags = decoded(file)
    assert rate == (48000 if name == "opus" else form.rate)
    assert channels == 1
    assert len(samples) / rate == pytest.approx(len(pcm) / 2 / form.rate, abs=0.15)
    assert max(samples) == pytest.approx(max(array("h", pcm)), rel=0.25)
    assert TEXT in tags.get("transcript", tags.get("comment", ""))


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_same_speech_is_the_same_bytes(name: str) -> None:
    form = choose(name, None, None, None)
    pcm, file = spoken(form)
    assert encode(pcm, form, TEXT) == file


@pytest.mark.parametrize(
    ("name", "container", "media_type", "start"),
    [
        ("mp3", None, "audio/mpeg", b"ID3"),
        ("aac", None, "audio/aac", b"ID3"),
        ("opus", None, "audio/ogg;codecs=opus", b"OggS"),
        ("flac", None, "audio/flac", b"fLaC"),
        ("flac", "ogg", "audio/ogg;codecs=flac", b"OggS"),
        ("linear16", None, "audio/wav", b"RIFF"),
        ("mulaw", "wav", "audio/wav", b"RIFF"),
        ("linear16", "none", "audio/l16;rate=24000;channels=1", b"\0"),
        ("alaw", "none", "audio/alaw;rate=8000;channels=1", b"\xd5"),
        ("mulaw", "none", "audio/mulaw;rate=8000;channels=1", b"\xff"),
    ],
)
def test_media_types_and_first_bytes(name: str, container: str | None, media_type: str, start: bytes) -> None:
    form = choose(name, container, None, None)
    assert form.media_type == media_type
    assert spoken(form)[1].startswith(start)


@pytest.mark.parametrize(
    ("name", "asked", "given"),
    [
        ("linear16", 44100, 44100), ("linear16", 1, 8000), ("linear16", 1e9, 48000), ("linear16", 16000.4, 16000),
        ("mulaw", 16000, 16000), ("flac", 32000, 32000), ("mp3", 16000, 16000), ("mp3", 23000, 22050),
        ("mp3", 48000, 48000), ("mp3", 8000, 8000), ("aac", 44100, 44100), ("aac", -5, 8000),
    ],
)  # fmt: skip
def test_sample_rates_are_what_was_asked_or_the_nearest_there_is(name: str, asked: float, given: int) -> None:
    form = choose(name, None, asked, None)
    assert form.rate == given
    assert decoded(spoken(form)[1])[0] == given


@pytest.mark.parametrize(
    ("rate", "asked", "given"),
    [(None, None, 48000), (None, 32000, 32000), (None, 33000, 32000), (None, 9e9, 160000), (48000, 200000, 192000)],
)
def test_mp3_bit_rates(rate: int | None, asked: float | None, given: int) -> None:
    file = spoken(choose("mp3", None, rate, asked))[1]
    info = MP3(BytesIO(file)).info
    assert info.bitrate == given
    assert info.channels == 1


@pytest.mark.parametrize("name", ["aac", "opus"])
def test_other_bit_rates_change_the_size(name: str) -> None:
    sizes = [len(spoken(choose(name, None, None, bits))[1]) for bits in (8000, 32000, 96000)]
    assert sizes == sorted(sizes)
    assert sizes[2] > 1.5 * sizes[0]


def test_opus_does_not_lose_the_beginning_or_the_end() -> None:
    form = choose("opus", None, 16000, None)
    pcm, file = spoken(form)
    assert OggOpus(BytesIO(file)).info.length == pytest.approx(len(pcm) / 2 / 16000, abs=0.02)


def test_the_text_is_a_tag_that_others_know() -> None:
    assert ID3(BytesIO(spoken(choose("mp3", None, None, None))[1])).getall("TXXX:transcript")[0].text == [TEXT]
    assert ID3(BytesIO(spoken(choose("aac", None, None, None))[1])).getall("TXXX:transcript")[0].text == [TEXT]
    for kind, form in (
        (FLAC, choose("flac", None, None, None)),
        (OggFLAC, choose("flac", "ogg", None, None)),
        (OggOpus, choose("opus", None, None, None)),
    ):
        assert kind(BytesIO(spoken(form)[1]))["transcript"] == [TEXT]


def test_mutagen_finds_the_lengths_that_ffmpeg_finds() -> None:
    for name, kind in (("flac", FLAC), ("opus", OggOpus), ("mp3", MP3), ("aac", AAC)):
        file = spoken(choose(name, None, None, None))[1]
        rate, _, samples, _ = decoded(file)
        assert kind(BytesIO(file)).info.length == pytest.approx(len(samples) / rate, abs=0.1)
    wav = spoken(choose("linear16", None, None, None))[1]
    assert WAVE(BytesIO(wav)).info.length == pytest.approx(len(wav) / 48000, abs=0.01)


def test_wav_is_read_by_the_standard_library() -> None:
    pcm, file = spoken(choose("linear16", "wav", 22050, None))
    with wave.open(BytesIO(file)) as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate()) == (1, 2, 22050)
        assert opened.readframes(opened.getnframes()) == pcm


@pytest.mark.parametrize(("name", "codec"), [("mulaw", "pcm_mulaw"), ("alaw", "pcm_alaw")])
def test_g711_is_what_ffmpeg_makes_of_it(name: str, codec: str) -> None:
    numbers = array("h", range(-32768, 32768, 7))
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(numbers), align=True)
    frame.planes[0].update(numbers)
    frame.sample_rate = 8000
    context = av.CodecContext.create(codec, "w")
    context.sample_rate, context.layout, context.format = 8000, "mono", "s16"
    theirs = b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])
    ours = compress(numbers.tobytes(), name)
    # Where two codes are as near, either is right; a step between codes is at most 1/16 of the value.
    assert sum(a != b for a, b in zip(ours, theirs, strict=True)) < len(ours) / 50


def test_texts_that_no_tag_can_hold_as_they_are_do_no_harm() -> None:
    for name in ENCODINGS:
        form = choose(name, None, None, None)
        assert encode(bytes(2000), form, "a\0b \ud800 c")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(encoding, "import_module", missing)
    for name in ("mp3", "flac", "opus", "aac"):
        with pytest.raises(MockError, match=r'pip install "workers-ai-mock\[audio\]"'):
            encode(bytes(2000), choose(name, None, None, None), "text")
    for name in ("linear16", "mulaw", "alaw"):
        assert encode(bytes(2000), choose(name, None, None, None), "text")
