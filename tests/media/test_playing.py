"""Recordings where PyAV is not installed, which the tests have beside miniaudio."""

import math
from array import array
from importlib import util
from io import BytesIO

import pytest

from mock_server.errors import ApiError, MockError
from mock_server.media import audio, encoding, playing
from mock_server.media.audio import Sound, listen

av = pytest.importorskip("av")
pytest.importorskip("miniaudio")
RATE = 24000
TONE = array("h", [round(16384 * math.sin(n / 10)) for n in range(RATE)])


def written(name: str, text: str = "") -> bytes:
    return encoding.encode(TONE.tobytes(), encoding.choose(name, None, RATE, None), text)


def vorbis() -> bytes:
    file = BytesIO()
    with av.open(file, "w", format="ogg") as opened:
        # FFmpeg's own encoder, which knows only two channels
        stream = opened.add_stream("vorbis", rate=RATE, layout="stereo", options={"strict": "experimental"})
        frame = av.AudioFrame(format="s16", layout="stereo", samples=RATE, align=True)
        frame.sample_rate, frame.pts = RATE, 0
        frame.planes[0].update(array("h", [each for each in TONE for _ in range(2)]).tobytes())
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            opened.mux(packet)
    return file.getvalue()


@pytest.fixture
def without_av(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyAV is not there."""
    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == "av" else find(name))

    def library(name: str) -> object:
        raise MockError(f"no {name}")

    monkeypatch.setattr(audio, "library", library)


@pytest.fixture(params=["mp3", "flac", "vorbis"])
def file(request: pytest.FixtureRequest) -> bytes:
    """A second of tone."""
    return vorbis() if request.param == "vorbis" else written(request.param)


@pytest.fixture
def heard(file: bytes) -> Sound:
    """What PyAV hears."""
    return listen(file)


@pytest.mark.usefixtures("without_av")
def test_the_same_is_heard_without_pyav(heard: Sound, file: bytes) -> None:
    found = listen(file)
    assert (found.rate, found.channels) == (heard.rate, heard.channels)
    assert found.duration == pytest.approx(heard.duration, abs=0.05)
    assert list(found.levels) == pytest.approx(list(heard.levels)[: len(found.levels)], abs=0.02)


@pytest.mark.usefixtures("without_av")
def test_an_mp3_still_says_what_it_was_made_to_say() -> None:
    assert listen(written("mp3", "Grüezi, wörld")).transcript == "Grüezi, wörld"


@pytest.mark.parametrize("name", ["opus", "aac"])
def test_what_only_pyav_reads_names_it(request: pytest.FixtureRequest, name: str) -> None:
    data = written(name)
    request.getfixturevalue("without_av")
    with pytest.raises(MockError, match="no av"):
        listen(data)


@pytest.mark.usefixtures("without_av")
@pytest.mark.parametrize("data", [b"fLaC" + bytes(100), b"ID3\x04\0\0\x7f\x7f\x7f\x7fTXXX", b"\xff\xfb" + bytes(2000)])
def test_what_is_no_recording_is_refused_as_ever(data: bytes) -> None:
    with pytest.raises(ApiError, match="8001"):
        listen(data)


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (4, b"\x03transcript\0said so"),
        (3, b"\x00transcript\0said so"),
        (3, b"\x01" + "transcript\0said so".encode("utf-16")),
        (4, b"\x02" + "transcript\0said so".encode("utf-16-be")),
    ],
)
def test_texts_of_id3_are_read_in_every_encoding(version: int, text: bytes) -> None:
    frame = b"TXXX" + len(text).to_bytes(4) + b"\0\0" + text
    tag = b"TIT2" + (2).to_bytes(4) + b"\0\0\x03x" + frame + bytes(20)
    assert playing.id3_texts(b"ID3" + bytes([version, 0, 0, 0, 0, 0, len(tag)]) + tag) == {"transcript": "said so"}


@pytest.mark.parametrize(
    "data", [b"", b"ID3", b"ID3\x04\0\0\0\0\0\x7fTXXX", b"ID3\x04\0\0\0\0\0\x7fTXXX\0\0\0\x09\0\0\x09"]
)
def test_a_tag_that_is_broken_off_says_nothing(data: bytes) -> None:
    assert playing.id3_texts(data) == {}
