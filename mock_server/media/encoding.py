"""From samples to the audio formats that speech models are asked for, with the spoken text among the tags.

WAV and raw samples need nothing; MP3 needs lameenc, the others PyAV: the extra "audio". They are imported when first
used. That MP3 is the default and its media type audio/mpeg was observed; the other defaults, rates and media types are
those that Deepgram, who makes the models that offer a choice, or else the formats themselves document.
"""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import Any, NamedTuple

from mock_server.errors import MockError
from mock_server.media import undertone, wav

SOFTWARE = "workers-ai-mock"
SPOKEN = "transcript"  # name of the tag that holds the text; in RIFF INFO, which has no such tag, it begins the comment

ENCODINGS = ("linear16", "flac", "mulaw", "alaw", "mp3", "opus", "aac")

# Sample rates that exist in a format; raw samples and FLAC have any between 8 and 48 kHz.
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
DEFAULT_RATE = {"mulaw": 8000, "alaw": 8000, "mp3": 22050, "aac": 22050}  # of the others 24000

MPEG1_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # from 32 kHz up
MPEG2_KBITS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
DEFAULT_BITS = {"mp3": 48000, "aac": 48000, "opus": 12000}


class Format(NamedTuple):
    """How speech is written. rate: Hz. bit_rate: bits a second, 0 where the format has none of its own."""

    encoding: str
    container: str
    rate: int
    bit_rate: int
    media_type: str


def choose(encoding: str, container: str | None, rate: float | None, bit_rate: float | None) -> Format:
    """The format nearest to what is asked for.

    container: linear16, mulaw and alaw come in "wav" (their default) or "none"; flac in "none" or "ogg"; opus always in
    "ogg"; mp3 and aac are streams of their own. One that an encoding cannot be in counts as not given. Rates that a
    format does not have become the nearest that it has; Opus is always 48 kHz to its decoder. No refusal of a
    combination has been observed, so none is made up.
    """
    hertz = DEFAULT_RATE.get(encoding, 24000) if rate is None else rate
    bits = DEFAULT_BITS.get(encoding, 0) if bit_rate is None else bit_rate
    match encoding:
        case "mp3":
            sampling = _nearest(hertz, MP3_RATES)
            kbits = _nearest(bits / 1000, MPEG1_KBITS if sampling >= 32000 else MPEG2_KBITS)
            return Format("mp3", "none", sampling, 1000 * kbits, "audio/mpeg")
        case "aac":
            return Format("aac", "none", _nearest(hertz, AAC_RATES), _between(4000, bits, 192_000), "audio/aac")
        case "opus":
            speed = _between(4000, bits, 256_000)
            return Format("opus", "ogg", _nearest(hertz, OPUS_RATES), speed, "audio/ogg;codecs=opus")
        case "flac":
            sampling = _between(8000, hertz, 48000)
            if container == "ogg":
                return Format("flac", "ogg", sampling, 0, "audio/ogg;codecs=flac")
            return Format("flac", "none", sampling, 0, "audio/flac")
        case _:
            sampling = _between(8000, hertz, 48000)
            if container != "none":
                return Format(encoding, "wav", sampling, 0, "audio/wav")
            kind = "l16" if encoding == "linear16" else encoding
            return Format(encoding, "none", sampling, 0, f"audio/{kind};rate={sampling};channels=1")


def _nearest(wanted: float, among: tuple[int, ...]) -> int:
    return min(among, key=lambda each: abs(each - wanted))


def _between(low: int, wanted: float, high: int) -> int:
    return round(max(low, min(wanted, high)))


def encode(pcm: bytes, form: Format, text: str) -> bytes:
    """16-bit little-endian mono samples at `form.rate`, written in `form`; the same bytes for the same arguments.

    The text is the tag "transcript" (a TXXX frame of ID3, a Vorbis comment, a comment in RIFF INFO); samples without a
    container have no room for it. Raises MockError when the library for the format is not installed.
    """
    text = text.replace("\0", " ").encode("utf-8", "replace").decode()
    match form.encoding:
        case "mp3":
            return id3(text) + _mp3(pcm, form)
        case "aac":
            return id3(text) + _muxed(pcm, form, Muxer("adts", "aac", {"aac_coder": "fast"}))
        case "opus":
            return _muxed(pcm, form, Muxer("ogg", "libopus", {"compression_level": "0"}), text)
        case "flac":
            kind = "ogg" if form.container == "ogg" else "flac"
            return _muxed(pcm, form, Muxer(kind, "flac", {"compression_level": "2"}), text)
        case _:
            data = wav.compress(pcm, form.encoding)
            if len(data) < len(pcm):
                data = undertone.carried_over(pcm, data)
            if form.container == "none":
                return data
            return wav.write(data, form.encoding, form.rate, {"ISFT": SOFTWARE, "ICMT": f"{SPOKEN}: {text}"})


def library(name: str) -> Any:
    """A module of the extra "audio"; MockError when it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MockError(
            f'this audio format needs the package {name}: pip install "workers-ai-mock[audio]", '
            "or build the container image with every codec"
        ) from error


def _mp3(pcm: bytes, form: Format) -> bytes:
    encoder = library("lameenc").Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(form.rate)
    encoder.set_out_sample_rate(form.rate)
    encoder.set_bit_rate(form.bit_rate // 1000)
    encoder.set_quality(7)
    return bytes(encoder.encode(pcm) + encoder.flush())


class Muxer(NamedTuple):
    """FFmpeg's names for a container and a codec, and options that make the codec quick."""

    container: str
    codec: str
    options: dict[str, str]


def _muxed(pcm: bytes, form: Format, muxer: Muxer, tag: str = "") -> bytes:
    av = library("av")
    file = BytesIO()
    # Without "bitexact" an Ogg stream gets a random serial number, and with it 0, which some tools mistake for none.
    options = {"fflags": "+bitexact"} | ({"serial_offset": "1"} if muxer.container == "ogg" else {})
    with av.open(file, "w", format=muxer.container, options=options) as container:
        if tag:
            container.metadata[SPOKEN] = tag
        stream = container.add_stream(muxer.codec, rate=form.rate, options=muxer.options)
        stream.codec_context.layout = "mono"
        if form.bit_rate:
            stream.bit_rate = form.bit_rate
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2, align=True)
        frame.sample_rate = form.rate
        frame.pts = 0
        frame.planes[0].update(wav.native(pcm))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def id3(text: str) -> bytes:
    """An ID3v2.4 tag with one frame: TXXX "transcript"."""
    frame = b"\x03" + SPOKEN.encode() + b"\0" + text.encode()
    frame = b"TXXX" + _synchsafe(len(frame)) + b"\0\0" + frame
    return b"ID3\x04\0\0" + _synchsafe(len(frame)) + frame


def _synchsafe(size: int) -> bytes:
    return bytes(size >> shift & 127 for shift in (21, 14, 7, 0))
