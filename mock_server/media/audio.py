"""Listening: what a recording is (length, rate, channels, loudness over time) and the transcript it may carry."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import Any

from mock_server import errors
from mock_server.errors import ApiError
from mock_server.media import playing, undertone, wav
from mock_server.media.encoding import SPOKEN, library

WINDOW = 0.02  # seconds between two looks at the loudness
SILENCE = 0.005  # of full scale: peaks below are silence (-46 dB)
BREATH = 0.15  # seconds: shorter gaps do not interrupt an utterance
LONGEST = 4 * 3600  # seconds of a compressed recording that are listened to
LISTENING_RATE = 16000  # Hz to which compressed recordings are brought before their loudness is measured

# How the formats that a library has to decode begin, and what that library calls them. Nothing is guessed beyond these:
# probing would also find formats, such as playlists, that name other files to open.
SIGNATURES = (
    (0, b"fLaC", "flac"), (0, b"OggS", "ogg"), (0, b"\x1aE\xdf\xa3", "matroska"), (4, b"ftyp", "mov"),
    (0, b"caff", "caf"), (0, b"#!AMR", "amr"), (0, b".snd", "au"), (0, b"RF64", "wav"), (0, b"wvpk", "wv"),
    (0, b"\x30\x26\xb2\x75", "asf"), (8, b"AIFF", "aiff"), (8, b"AIFC", "aiff"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording.

    rate: Hz. channels: how many. duration: seconds. levels: peak of each WINDOW, 0 to 1. transcript: the words that it
    carries in a tag or in its samples, None when it carries none.
    """

    rate: int
    channels: int
    duration: float
    levels: array[float]
    transcript: str | None = None

    @property
    def silent(self) -> bool:
        """Whether nothing in it rises above SILENCE."""
        return max(self.levels, default=0.0) < SILENCE

    def utterances(self, breath: float = BREATH) -> list[tuple[float, float]]:
        """Where there is sound: (start, end) in seconds, in order, at least `breath` apart. Empty when silent.

        Sound is what reaches a twelfth of the loud passages.
        """
        if self.silent:
            return []
        loud = sorted(self.levels)[int(0.98 * len(self.levels))]
        threshold = max(SILENCE, loud / 12)
        spans: list[tuple[float, float]] = []
        at = 0
        for voiced, group in groupby(self.levels, lambda level: level >= threshold):
            count = sum(1 for _ in group)
            if voiced:
                start, end = at * WINDOW, min(self.duration, (at + count) * WINDOW)
                if spans and start - spans[-1][1] < breath:
                    start = spans.pop()[0]
                spans.append((start, end))
            at += count
        return spans

    def trailing_silence(self) -> float:
        """Seconds after the last sound; the whole length of a silence."""
        spans = self.utterances()
        return self.duration - spans[-1][1] if spans else self.duration


def listen(data: bytes, encoding: str | None = None, rate: int = 16000, channels: int = 1) -> Sound:
    """The recording in `data`: WAV by our own reader; MP3, AAC, FLAC, Ogg, WebM, MP4, AIFF, CAF, AU, AMR, ASF by PyAV;
    without that, MP3, FLAC and Vorbis by miniaudio.

    encoding, rate, channels: of samples without a header ("linear16", "mulaw", "alaw"); a header wins. Raises ApiError
    400/8001 for what is no recording, MockError when the library that a format needs is not installed.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        file = wav.read(data)
        return _plain(file) if file.plain else _decoded(data, "wav")
    kind = kind_of(data)
    # The two bytes that MP3 and AAC begin with are no proof against who says that these are samples: µ-law silence is
    # all of them.
    if kind is not None and not (encoding in wav.RAW and data[0] == 0xFF):
        return _decoded(data, kind)
    if encoding in wav.RAW and data and channels > 0:
        return _plain(wav.raw(data, encoding, min(max(rate, wav.SLOWEST), wav.FASTEST), channels))
    raise undecodable("these bytes are no audio format that is known here")


def listen_to_samples(numbers: Iterable[float], rate: int) -> Sound:
    """Mono samples, -1 to 1, as a recording; not-a-number counts as silence."""
    samples = array("h", [round(32767 * max(-1.0, min(1.0, n))) if n == n else 0 for n in numbers])  # noqa: PLR0124
    if not samples:
        raise undecodable("no samples")
    return Sound(rate, 1, len(samples) / rate, _levels([samples], round(rate * WINDOW)))


def kind_of(data: bytes) -> str | None:
    """The name of the compressed format that `data` begins as; None for none that is known."""
    if data[:3] == b"ID3" and len(data) > 10:
        size = (data[6] & 127) << 21 | (data[7] & 127) << 14 | (data[8] & 127) << 7 | data[9] & 127
        return kind_of(data[10 + size : 10 + size + 16]) or "mp3"
    for at, mark, kind in SIGNATURES:
        if data[at : at + len(mark)] == mark:
            return kind
    if len(data) > 4 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "mp3" if data[1] & 0x06 else "aac"
    return None


def undecodable(why: str) -> ApiError:
    """The error for bytes that are no recording."""
    return ApiError(errors.INVALID_INPUT, hint=why)


def _plain(file: wav.Wav) -> Sound:
    if not file.duration:
        raise undecodable("less than one sample")
    levels = _levels(wav.blocks(file), max(1, round(file.rate * WINDOW)) * file.channels)
    said = transcript_of(file.tags)
    if said is None and file.width <= 2:
        marks = undertone.Reader().read(undertone.bits(file.data, file.width * file.channels))
        said = " ".join(mark.word for mark in marks) or None
    return Sound(file.rate, file.channels, file.duration, levels, said)


def _decoded(data: bytes, kind: str) -> Sound:
    if playing.can(data, kind):
        return _played(data, kind)
    av = library("av")
    try:
        with av.open(BytesIO(data), format=kind, metadata_errors="replace") as container:
            if not container.streams.audio:
                raise undecodable("no audio stream")
            stream = container.streams.audio[0]
            heard = _Heard()
            levels = _levels(heard.blocks(av, container, stream), round(LISTENING_RATE * WINDOW))
            if not heard.duration:
                raise undecodable("nothing of it could be decoded")
            tags = {**container.metadata, **stream.metadata}
            return Sound(heard.rate, heard.channels, heard.duration, levels, transcript_of(tags))
    except (av.FFmpegError, ValueError) as error:
        raise undecodable(f"PyAV cannot read it as {kind}: {error}") from None


def _played(data: bytes, kind: str) -> Sound:
    try:
        found = playing.play(data, kind, LISTENING_RATE)
    except ValueError as error:
        raise undecodable(f"it cannot be read as {kind}: {error}") from None
    levels = _levels(found.blocks, round(LISTENING_RATE * WINDOW))
    if not levels or not found.duration:
        raise undecodable("nothing of it could be decoded")
    return Sound(found.rate, found.channels, found.duration, levels, transcript_of(found.tags))


class _Heard:
    """What is learned of a recording while it is decoded."""

    def __init__(self) -> None:
        self.rate = 0
        self.channels = 0
        self.duration = 0.0

    def blocks(self, av: Any, container: Any, stream: Any) -> Iterator[array[int]]:
        """Samples at LISTENING_RATE, mixed to mono; packets that cannot be decoded are left out."""
        resampler = av.AudioResampler(format="s16", layout="mono", rate=LISTENING_RATE)
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                self.rate, self.channels = frame.sample_rate, frame.layout.nb_channels
                self.duration += frame.samples / frame.sample_rate
                for mono in resampler.resample(frame):
                    yield array("h", bytes(mono.planes[0])[: 2 * mono.samples])
            if self.duration > LONGEST:
                break


def _levels(blocks: Iterable[array[int]], window: int) -> array[float]:
    """The peak of every `window` numbers, 0 to 1; the last window may be shorter."""
    levels = array("f")
    rest: array[int] = array("h")
    for block in blocks:
        samples = rest + block if rest else block
        whole = len(samples) - len(samples) % window
        for at in range(0, whole, window):
            part = samples[at : at + window]
            levels.append(_peak(part))
        rest = samples[whole:]
    if rest:
        levels.append(_peak(rest))
    return levels


def _peak(samples: array[int]) -> float:
    highest, lowest = max(samples), min(samples)
    return max(highest, -lowest) / 32768


def transcript_of(tags: Mapping[str, str]) -> str | None:
    """The words among `tags`: "transcript" or lyrics, or a comment that begins with "transcript:"."""
    for name, text in tags.items():
        key = name.lower()
        if key in (SPOKEN, "unsyncedlyrics") or key.partition("-")[0] == "lyrics":
            return text
        head, colon, tail = text.partition(":")
        if colon and key in ("comment", "icmt", "description") and head.strip().lower() == SPOKEN:
            return tail.strip()
    return None
