"""Recordings: lengths, rates, channels, loudness and transcripts as they are read from real files."""

from __future__ import annotations

import struct
import wave
from array import array
from fractions import Fraction
from io import BytesIO
from math import pi, sin
from typing import Any

import av as pyav
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mock_server.errors import INVALID_INPUT, ApiError
from mock_server.media import encoding
from mock_server.media.audio import Sound, kind_of, listen
from mock_server.media.payload import bytes_of
from mock_server.media.speech import speak, voice
from mock_server.media.wav import write

av: Any = pyav  # its annotations know no writable streams
RATE = 16000


def tone(seconds: float, rate: int = RATE, channels: int = 1, peak: float = 0.5) -> array[int]:
    count = round(seconds * rate)
    wanted = [round(32767 * peak * sin(2 * pi * 440 * at / rate)) for at in range(count)]
    return array("h", [sample for sample in wanted for _ in range(channels)])


def wav(samples: array[int], rate: int = RATE, channels: int = 1) -> bytes:
    file = BytesIO()
    with wave.open(file, "wb") as opened:
        opened.setnchannels(channels)
        opened.setsampwidth(2)
        opened.setframerate(rate)
        opened.writeframes(samples.tobytes())
    return file.getvalue()


def riff(form: int, bits: int, data: bytes, rate: int = RATE, channels: int = 1, extra: bytes = b"") -> bytes:
    width = channels * bits // 8
    fmt = struct.pack("<HHIIHH", form, channels, rate, rate * width, width, bits) + extra
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def made(container: str, codec: str, rate: int, channels: int = 1, tags: dict[str, str] | None = None) -> bytes:
    """A second of tone as FFmpeg writes it."""
    file = BytesIO()
    with av.open(file, "w", format=container) as opened:
        opened.metadata.update(tags or {})
        layout = "stereo" if channels == 2 else "mono"
        stream = opened.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame(format="s16", layout=layout, samples=rate, align=True)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
        frame.planes[0].update(tone(1, rate, channels))
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            opened.mux(packet)
    return file.getvalue()


def level(sound: Sound) -> float:
    return sorted(sound.levels)[len(sound.levels) // 2]


@pytest.mark.parametrize(
    ("container", "codec", "rate", "channels"),
    [
        ("mp3", "libmp3lame", 44100, 2), ("mp3", "libmp3lame", 16000, 1), ("flac", "flac", 22050, 1),
        ("ogg", "libopus", 48000, 2), ("ogg", "flac", 32000, 1), ("ipod", "aac", 44100, 2), ("mp4", "aac", 24000, 1),
        ("webm", "libopus", 48000, 1), ("matroska", "flac", 16000, 2), ("adts", "aac", 22050, 1),
        ("aiff", "pcm_s16be", 44100, 1), ("au", "pcm_s16be", 8000, 1), ("caf", "pcm_s16le", 16000, 1),
        ("wav", "adpcm_ms", 22050, 1), ("wav", "pcm_s24le", 48000, 2),
    ],
)  # fmt: skip
def test_formats_of_every_kind_are_read(container: str, codec: str, rate: int, channels: int) -> None:
    sound = listen(made(container, codec, rate, channels))
    assert (sound.rate, sound.channels) == (rate, channels)
    assert sound.duration == pytest.approx(1, abs=0.13)
    assert level(sound) == pytest.approx(0.5, abs=0.1)
    assert not sound.silent


@pytest.mark.parametrize(
    ("form", "bits", "data"),
    [
        (1, 8, bytes(128 + (n >> 8) for n in tone(1))),
        (1, 16, tone(1).tobytes()),
        (1, 24, b"".join(struct.pack("<i", n << 8)[:3] for n in tone(1))),
        (1, 32, b"".join(struct.pack("<i", n << 16) for n in tone(1))),
        (3, 32, array("f", [n / 32768 for n in tone(1)]).tobytes()),
        (3, 64, array("d", [n / 32768 for n in tone(1)]).tobytes()),
    ],
)
def test_wav_samples_of_every_width_are_equally_loud(form: int, bits: int, data: bytes) -> None:
    plain = listen(riff(form, bits, data))
    extensible = listen(riff(0xFFFE, bits, data, extra=struct.pack("<HHIH", 22, bits, 4, form) + bytes(14)))
    for sound in (plain, extensible):
        assert (sound.rate, sound.channels, sound.duration) == (RATE, 1, 1.0)
        assert level(sound) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("name", ["mulaw", "alaw"])
def test_g711_is_read_as_loud_as_it_was(name: str) -> None:
    data = encoding.encode(tone(1).tobytes(), encoding.choose(name, None, RATE, None), "")
    assert level(listen(data)) == pytest.approx(0.5, abs=0.03)
    raw = encoding.encode(tone(1).tobytes(), encoding.choose(name, "none", RATE, None), "")
    assert level(listen(raw, name, RATE, 1)) == pytest.approx(0.5, abs=0.03)


def test_silence_in_mu_law_is_not_taken_for_mp3() -> None:
    sound = listen(b"\xff" * 8000, "mulaw", 8000, 1)
    assert (sound.silent, sound.duration) == (True, 1.0)


def test_a_header_wins_over_what_is_said_about_samples() -> None:
    sound = listen(made("flac", "flac", 22050), "linear16", 8000, 2)
    assert (sound.rate, sound.channels) == (22050, 1)


def test_stereo_counts_its_frames_once() -> None:
    sound = listen(wav(tone(2, 8000, 2), 8000, 2))
    assert (sound.channels, sound.duration) == (2, 2.0)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 10**9])
def test_a_wav_that_does_not_know_its_length_goes_to_its_end(size: int) -> None:
    file = wav(tone(1))
    streamed = file.replace(b"data" + struct.pack("<I", 32000), b"data" + struct.pack("<I", size))
    assert streamed != file or size == 32000
    assert listen(streamed).duration == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("peak", [0, 0.002])
def test_silence_is_silent(peak: float) -> None:
    sound = listen(wav(tone(1, peak=peak)))
    assert sound.silent
    assert sound.utterances() == []
    assert sound.trailing_silence() == 1


def test_utterances_are_where_the_sound_is() -> None:
    quiet = array("h", bytes(2 * RATE))
    sound = listen(wav(quiet + tone(1) + quiet + tone(0.5) + quiet[:8000]))
    assert sound.utterances() == [pytest.approx((1, 2), abs=0.03), pytest.approx((3, 3.5), abs=0.03)]
    assert sound.trailing_silence() == pytest.approx(0.5, abs=0.03)


def test_a_gap_shorter_than_a_breath_does_not_interrupt() -> None:
    gap = array("h", bytes(2 * RATE // 10))
    assert len(listen(wav(tone(1) + gap + tone(1))).utterances()) == 1


@pytest.mark.parametrize(
    ("container", "codec", "tags"),
    [
        ("mp3", "libmp3lame", {"transcript": "said so"}), ("flac", "flac", {"TRANSCRIPT": "said so"}),
        ("ogg", "libopus", {"lyrics": "said so"}), ("ipod", "aac", {"lyrics": "said so"}),
        ("mp4", "aac", {"comment": "Transcript: said so"}), ("webm", "libopus", {"transcript": "said so"}),
        ("wav", "pcm_s16le", {"comment": "transcript: said so"}),
    ],
)  # fmt: skip
def test_a_transcript_that_somebody_else_wrote_is_found(container: str, codec: str, tags: dict[str, str]) -> None:
    assert listen(made(container, codec, 48000, tags=tags)).transcript == "said so"


def test_other_comments_are_no_transcripts() -> None:
    assert listen(made("mp3", "libmp3lame", 44100, tags={"comment": "Recorded in Bern: take 2"})).transcript is None
    assert listen(write(tone(1).tobytes(), "linear16", RATE, {"ICMT": "my dog"})).transcript is None


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0", b"RIFF", b"RIFF\0\0\0\0WAVE", b"ID3", b"ID3\4\0\0\0\0\0\x05abcde", b"OggS" + bytes(60),
        b"fLaC" + bytes(60), b"\xff\xfb" + bytes(500), b"\xff\xf1" + bytes(500), b"\0\0\0\x18ftypM4A " + bytes(40),
        b"\x1aE\xdf\xa3" + bytes(60), b"<html>", b"\x89PNG\r\n\x1a\n",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        riff(1, 16, b""), riff(1, 16, b"\0"), riff(1, 16, b"\0\0", rate=0),
        riff(1, 16, bytes(9), channels=0), riff(1, 0, bytes(9)), riff(85, 16, bytes(99)),
    ],
)  # fmt: skip
def test_what_is_no_recording_is_refused(data: bytes) -> None:
    with pytest.raises(ApiError) as refusal:
        listen(data)
    assert refusal.value.row is INVALID_INPUT


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"RIFF____WAVE", b"ID3\4", b"OggS", b"fLaC", b"\xff\xfb\x90", b"\xff\xf1"]),
)
@example(b"fmt \x10\0\0\0\3\0\1\0\x80>\0\0\0\xfa\0\0\4\0 \0data\4\0\0\0\0\0\xc0\x7f", b"RIFF____WAVE")  # a NaN
@settings(max_examples=300, deadline=None)
def test_garbage_is_refused_or_read_but_never_a_crash(rest: bytes, start: bytes) -> None:
    try:
        sound = listen(start + rest)
    except ApiError as refusal:
        if refusal.row is not INVALID_INPUT:
            raise
    else:
        assert sound.duration > 0


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_damaged_files_are_refused_or_read_but_never_a_crash(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["mp3", "flac", "opus", "aac", "linear16"]))
    form = encoding.choose(name, None, 8000, None)
    file = bytearray(encoding.encode(speak("Hello.", voice("luna"), form.rate), form, "Hello."))
    for _ in range(data.draw(st.integers(1, 20))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        sound = listen(bytes(file[: data.draw(st.integers(1, len(file)))]))
    except ApiError as refusal:
        if refusal.row is not INVALID_INPUT:
            raise
    else:
        assert all(0 <= start <= end <= sound.duration for start, end in sound.utterances())


@pytest.mark.parametrize(
    ("start", "kind"), [(b"\xff\xfb\x90\x00\0", "mp3"), (b"\xff\xf1\x50\x80\0", "aac"), (b"hello", None)]
)
def test_a_format_is_told_by_its_first_bytes(start: bytes, kind: str | None) -> None:
    assert kind_of(start) == kind


@pytest.mark.parametrize(
    "value",
    [
        b"RIFF\xfb\xff\xfe", [82, 73, 70, 70, 251, 255, 254], [338.0, 73, 70, 70, -5, 255, 254], "UklGRvv//g==",
        "UklGRvv//g", "UklG Rvv/\n/g==", "UklGRvv__g", "data:audio/wav;base64,UklGRvv//g==",
        {"body": "UklGRvv//g==", "contentType": "audio/wav"},
        {"body": b"RIFF\xfb\xff\xfe", "contentType": "audio/wav"}, {"body": [82, 73, 70, 70, 251, 255, 254]},
        {"type": "Buffer", "data": [82, 73, 70, 70, 251, 255, 254]},
    ],
)  # fmt: skip
def test_bytes_come_in_many_forms(value: object) -> None:
    assert bytes_of(value) == b"RIFF\xfb\xff\xfe"


@pytest.mark.parametrize(
    ("value", "kind"),
    [("not base64!", "string"), ("a", "string"), ("data:audio/wav,abc", "string"), (["x"], "array"), ({}, "object"),
     ({"url": "x"}, "object"), (None, "null"), (3, "number"), ([1e999], "array"),
     ("https://example.com/a.wav", "string")],
)  # fmt: skip
def test_what_means_no_bytes_is_a_5004(value: object, kind: str) -> None:
    with pytest.raises(ApiError) as refusal:
        bytes_of(value)
    assert refusal.value.row.code == 5004
    assert refusal.value.values == {"type": kind}
