"""Pictures as bytes: every form that a caller sends is read, what is no picture is refused, notes travel."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode, urlsafe_b64encode
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from mock_server.errors import ApiError
from mock_server.media import images
from mock_server.media.images import Mark, Note

NOTE = Note("a cat by the sea", "a cat", (Mark("cat", "orange", (0.1, 0.2, 0.5, 0.9)),), "day", "beach")


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def stripes() -> Image.Image:
    return Image.linear_gradient("L").resize((40, 30)).convert("RGB")


def refused(value: Any) -> tuple[int, int]:
    with pytest.raises(ApiError) as caught:
        images.decode(images.octets(value))
    return caught.value.row.status, caught.value.row.code


PNG = saved(stripes(), "PNG")
JPEG = saved(stripes(), "JPEG")


@pytest.mark.parametrize(
    "value",
    [
        PNG,
        list(PNG),
        [float(number) for number in PNG],
        PNG.decode("latin-1"),
        JPEG.decode("latin-1"),
        b64encode(PNG).decode(),
        urlsafe_b64encode(PNG).decode().rstrip("="),
        "data:image/png;base64," + b64encode(PNG).decode(),
        {"body": b64encode(PNG).decode(), "contentType": "image/png"},
    ],
    ids=["bytes", "array", "floats", "binary-png", "binary-jpeg", "base64", "url-safe", "data-url", "body"],
)
def test_every_form_of_an_image_is_read(value: Any) -> None:
    assert images.decode(images.octets(value)).size == (40, 30)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_usual_formats_are_decoded(kind: str) -> None:
    picture = images.decode(saved(stripes(), kind))
    assert (picture.size, picture.format, picture.image.mode) == ((40, 30), kind, "RGB")


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (4, 4), (255, 0, 0, 0)),
        Image.new("LA", (4, 4), (0, 0)),
    ],
)
def test_transparent_parts_are_white(image: Image.Image) -> None:
    assert images.decode(saved(image, "PNG")).image.getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "P", "I;16", "L", "CMYK"])
def test_other_colour_modes_become_rgb(mode: str) -> None:
    image = Image.new(mode, (6, 5))
    assert images.decode(saved(image, "TIFF" if mode == "CMYK" else "PNG")).image.mode == "RGB"


def test_pictures_are_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = images.decode(saved(stripes(), "JPEG", exif=exif))
    assert picture.size == picture.image.size == (30, 40)


@pytest.mark.parametrize("value", ["not base64!", "data:image/png;base64,%%%", {"a": 1}, None, True, 7])
def test_what_is_no_base64_is_5004(value: Any) -> None:
    assert refused(value) == (400, 5004)


@pytest.mark.parametrize(
    "value",
    [b"", b"hello", PNG[:60], JPEG[:200], [1, 2, 3], "AAAA", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", "\x89PNG\u0142"],
    ids=repr,
)
def test_what_is_no_picture_is_8001(value: Any) -> None:
    assert refused(value) == (400, 8001)


def test_a_bomb_is_refused_before_it_takes_memory() -> None:
    header = struct.pack(">2I5B", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    assert refused(b"\x89PNG\r\n\x1a\n" + chunk + PNG[33:]) == (400, 8001)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, len(PNG) - 1), st.sampled_from([PNG, JPEG, b""]))
def test_broken_bytes_are_refused_or_read_but_never_a_crash(noise: bytes, at: int, base: bytes) -> None:
    with suppress(ApiError):
        assert images.decode(base[:at] + noise + base[at + len(noise) :]).image.mode == "RGB"


@pytest.mark.parametrize(("media_type", "kind"), [("image/png", "PNG"), ("image/jpeg", "JPEG")])
@pytest.mark.parametrize("prompt", ["a cat", "ein Häuschen — größer", "夕日の海", "line\nbreak \"quotes\" 'n' \\ \0"])
def test_the_note_travels_with_the_picture(media_type: str, kind: str, prompt: str) -> None:
    note = Note(prompt, prompt[:3], NOTE.marks, "night", "sea")
    body = images.encode(stripes(), media_type, note)
    picture = images.decode(body)
    assert (picture.format, picture.note) == (kind, note)


def test_png_pixels_survive_our_encoder() -> None:
    noise = Image.effect_noise((61, 47), 90).convert("RGB")
    body = images.encode(noise, "image/png", NOTE)
    with Image.open(BytesIO(body)) as image:
        assert image.size == (61, 47)
        assert image.convert("RGB").tobytes() == noise.tobytes()


def test_other_programs_find_the_prompt() -> None:
    with Image.open(BytesIO(images.encode(stripes(), "image/png", NOTE))) as png:
        assert png.info["prompt"] == NOTE.prompt
    with Image.open(BytesIO(images.encode(stripes(), "image/jpeg", NOTE))) as jpeg:
        assert jpeg.getexif()[0x010E] == NOTE.prompt


def test_an_endless_prompt_is_cut_in_the_note() -> None:
    for media_type in ("image/png", "image/jpeg"):
        note = images.decode(images.encode(stripes(), media_type, Note("🙂" * 100_000))).note
        assert note is not None
        assert note.prompt == "🙂" * images.LONGEST


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"by": "workers-ai-mock"}', '{"by": "somebody"}', "\0", "[1"])
def test_a_foreign_note_is_no_note(text: str) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text(images.NOTE, text)
    assert images.decode(saved(stripes(), "PNG", pnginfo=info)).note is None


def test_a_foreign_prompt_is_read() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("prompt", "a foreign prompt")
    assert images.decode(saved(stripes(), "PNG", pnginfo=info)).note == Note("a foreign prompt")
