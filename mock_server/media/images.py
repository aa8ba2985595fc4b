"""Pictures as bytes: reading what a caller sends in any of its forms, and writing pictures that say what is on them.

Our own pictures carry a note: the prompt, the words of the caption, and every drawn thing with its box. It travels in
a text chunk of PNG and in the comment of JPEG, as JSON; the prompt alone also stands where other programs look for it
(PNG text "prompt", EXIF ImageDescription).
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from mock_server.errors import INVALID_INPUT, ApiError, MockError
from mock_server.media.payload import bytes_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from mock_server.media.brush import Box

READ = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "ICO", "PPM")
MOST_PIXELS = 40_000_000  # larger pictures are refused from their header, before they take memory
NOTE = "workers-ai-mock"
LONGEST = 6000  # characters of a prompt that a note keeps
MAGIC = ("\x89PNG", "\xff\xd8\xff", "GIF8", "RIFF", "BM", "II*\0", "MM\0*")


class Mark(NamedTuple):
    """A thing on a picture: its plain name, its colour's, and its box as fractions of width and height."""

    name: str
    colour: str
    box: Box


@dataclass(frozen=True, slots=True)
class Note:
    """What a picture of ours says about itself.

    caption: the words that can be read on it. sky, ground: names of the scenery, "" where there is none.
    """

    prompt: str
    caption: str = ""
    marks: tuple[Mark, ...] = ()
    sky: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture. image: mode RGB, possibly smaller than `size`, which is the real one in pixels."""

    image: Image
    size: tuple[int, int]
    format: str
    note: Note | None


def pillow() -> ModuleType:
    """The package that reads and writes pictures. MockError says how to get it when it is not installed."""
    try:
        import PIL.Image
    except ImportError as error:
        raise MockError('pictures need Pillow: pip install "workers-ai-mock[images]"') from error
    return PIL.Image


def undecodable(hint: str) -> ApiError:
    """The refusal of bytes that are no picture: 8001, as observed for undecodable media of other tasks."""
    return ApiError(INVALID_INPUT, hint=hint)


def octets(value: Any) -> bytes:
    """The bytes of an image input: everything that ``payload.bytes_of`` takes, and a binary string.

    A binary string has a byte in every character; it is told from base64 by the first bytes of picture formats.
    Raises ApiError: 400/5004 for text that is neither, 400/8001 for a binary string that was damaged on its way.
    """
    if isinstance(value, str) and value.startswith(MAGIC):
        try:
            return value.encode("latin-1")
        except UnicodeEncodeError:
            raise undecodable("the binary string has characters above 255") from None
    return bytes_of(value)


def decode(data: bytes, *, within: int = 0) -> Picture:
    """Read a picture: the first frame, upright, on white where it is transparent.

    within: a smaller copy will do, whose sides need not be longer than this (quicker for JPEG). ApiError 8001 for
    what cannot be decoded and for pictures of more than 40 million pixels.
    """
    pil = pillow()
    try:
        return _read(pil.open(BytesIO(data), formats=READ), within)
    except Exception as error:  # broken bytes make Pillow's readers raise nearly anything
        raise undecodable(f"not a picture that can be decoded, or one of over {MOST_PIXELS} pixels") from error


def _read(image: Image, within: int) -> Picture:
    """ValueError before anything is decoded when there would be too many pixels."""
    size = image.size
    if size[0] * size[1] > MOST_PIXELS:
        raise ValueError(size)
    if within:
        image.draft("RGB", (within, within))
    image.load()
    turned = image.getexif().get(0x0112, 1)
    upright = size[::-1] if turned >= 5 else size
    return Picture(_upright(_opaque(image), turned), upright, image.format or "", _note(image))


def _opaque(image: Image) -> Image:
    from PIL.Image import new

    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = new("RGB", image.size, (255, 255, 255))
        paper.paste(image, mask=image.getchannel("A"))
        return paper
    return image.convert("RGB")


def _upright(image: Image, turned: int) -> Image:
    from PIL.Image import Transpose

    ways = {2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM, 5: Transpose.TRANSPOSE,
            6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90}  # fmt: skip
    return image.transpose(ways[turned]) if turned in ways else image


def _note(image: Image) -> Note | None:
    """The note of a picture that we made, else None; of others the prompt that they carry as PNG text."""
    found = image.info.get("comment") if image.format == "JPEG" else image.info.get(NOTE)
    text = found.decode("utf-8", "replace") if isinstance(found, bytes) else found
    try:
        said = json.loads(text or "")
        if said.pop("by") != NOTE:
            return None
        marks = tuple(Mark(str(name), str(colour), _box(box)) for name, colour, box in said["marks"])
        return Note(str(said["prompt"]), str(said["caption"]), marks, str(said["sky"]), str(said["ground"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        prompt = image.info.get("prompt")
        return Note(prompt[:LONGEST]) if isinstance(prompt, str) and image.format == "PNG" else None


def _box(numbers: Any) -> Box:
    left, top, right, bottom = (min(1.0, max(0.0, float(number))) for number in numbers)
    return left, top, right, bottom


def encode(image: Image, media_type: str, note: Note) -> bytes:
    """A picture (mode RGB) as "image/png" or "image/jpeg" bytes that carry `note`."""
    said = json.dumps(
        {
            "by": NOTE,
            "prompt": note.prompt[:LONGEST],
            "caption": note.caption,
            "sky": note.sky,
            "ground": note.ground,
            "marks": [(mark.name, mark.colour, [round(side, 4) for side in mark.box]) for mark in note.marks],
        },
        ensure_ascii=False,
    )
    if media_type == "image/png":
        return _png(image, {"prompt": note.prompt[:LONGEST], NOTE: said})
    exif = pillow().Exif()
    exif[0x010E] = note.prompt[:LONGEST].encode("utf-8", "replace")  # ImageDescription
    exif[0x0131] = NOTE  # Software
    out = BytesIO()
    image.save(out, "JPEG", quality=88, exif=exif, comment=said.encode("utf-8", "replace"))
    return out.getvalue()


def _png(image: Image, texts: dict[str, str]) -> bytes:
    """PNG with every row but the first filtered by "up".

    Drawings are smooth downwards, so this filter is nearly the best for them, and one subtraction of whole pictures
    makes it: three times as fast as letting an encoder try all filters on each row.
    """
    from PIL import ImageChops

    width, height = image.size
    stride = 3 * width
    first = image.crop((0, 0, width, 1)).tobytes()
    rows = ImageChops.subtract_modulo(image, ImageChops.offset(image, 0, 1)).tobytes()
    filtered = [b"\0" + first, *(b"\2" + rows[start : start + stride] for start in range(stride, len(rows), stride))]
    chunks = [
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
        *(_text(key, text) for key, text in texts.items()),
        (b"IDAT", zlib.compress(b"".join(filtered), 3)),
        (b"IEND", b""),
    ]
    body = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def _text(key: str, text: str) -> tuple[bytes, bytes]:
    """A text chunk: Latin-1 where that can say it, else UTF-8."""
    try:
        return b"tEXt", key.encode() + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", key.encode() + b"\0\0\0\0\0" + text.encode("utf-8", "replace")
