"""Short films: a slow move over one picture, as an MP4 file that every player and browser plays."""

from __future__ import annotations

from fractions import Fraction
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from mock_server.errors import MockError

if TYPE_CHECKING:
    from PIL.Image import Image

RATE = 8  # frames a second
TRAVEL = 0.12  # of each side: how far the view moves


def film(image: Image, width: int, height: int, seconds: float, title: str) -> bytes:
    """H.264 in MP4 without sound, `width` x `height` pixels (even numbers), the same bytes for the same arguments.

    The view moves over `image` from its upper left to its lower right. Raises MockError when PyAV is not installed.
    """
    av = _library()
    file = BytesIO()
    wide, high = round(width * (1 + TRAVEL)), round(height * (1 + TRAVEL))
    large = image.resize((wide, high))
    count = max(2, round(seconds * RATE))
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        container.metadata["title"] = title[:500]
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        stream = container.add_stream(codec, rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        stream.codec_context.thread_count = 1  # more threads, other bytes
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "crf": "30"}
        for number in range(count):
            part = number / (count - 1)
            left, top = round((wide - width) * part), round((high - height) * part)
            view = large.crop((left, top, left + width, top + height))
            frame = av.VideoFrame.from_image(view)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _library() -> Any:
    try:
        return import_module("av")
    except ImportError as error:
        raise MockError('films need the package av: pip install "workers-ai-mock[audio]"') from error
