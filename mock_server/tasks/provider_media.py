"""Pictures, films, speech, music and transcripts of other providers' models.

Their options go by many names; those that change what is seen or heard are read under all of them. Media are data
URLs here: the surface that answers knows where they can be fetched. Nothing is ever fetched to answer: a picture that
is given by its address is passed over, a recording that is, is answered with sentences that are always the same for it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import blake2b
from html import escape
from io import BytesIO
from random import Random
from typing import Any

import orjson

from mock_server.catalog import Model
from mock_server.exchange import Binary, Inputs, Reply, Result
from mock_server.media import encoding, images, music, phrases, video
from mock_server.media.audio import listen
from mock_server.media.payload import bytes_of
from mock_server.media.transcript import Word, timed
from mock_server.tasks import speech_recognition, text_to_image, text_to_speech

ADDRESS = re.compile(r"https?://", re.IGNORECASE).match
LARGEST = 2496  # pixels: the longest side that is drawn
FILM = 480  # pixels: the longer side of a film
LONGEST_FILM, LONGEST_TUNE = 15.0, 60.0  # seconds
PACE = 2.5  # words a second of a recording that nobody hears
SIDES = {"1k": 1024, "2k": 2048, "4k": LARGEST}
PICTURES = ("image", "images", "image_input", "input_image", "input_images", "image_url", "image_urls", "start_image")
FORMATS = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
SAMPLES = {"pcm": "linear16", "ulaw": "mulaw"}
WAITED = 5.0  # seconds of a film that says no duration
PLAYED = 10.0  # and of music


def respond(model: Model, inputs: Inputs, seed: int) -> Reply:
    """What the fact `makes` says: {"image"}, {"video"} or {"audio"} with a data URL, or a transcript with {"text"}.

    Read: prompt, text; size, width and height, aspect_ratio, resolution; duration in seconds or as "6s",
    music_length_ms; voice and voice_id; output_format and response_format; images as base64 and data URLs; seed.
    Raises ApiError 400/5004 and 400/8001 for media that cannot be read; MockError when a library is not installed.
    """
    return MAKERS[model.facts["makes"]](model, inputs)


def _image(model: Model, inputs: Inputs) -> Result:
    wanted = str(inputs.get("output_format") or "").lower()
    media_type = model.facts["media_type"]
    if media_type != "image/svg+xml":
        media_type = FORMATS.get(wanted, media_type)
    drawn = _drawn(model, inputs, _size(inputs, 1024), "image/jpeg" if media_type == "image/jpeg" else "image/png")
    if media_type == "image/webp":
        out = BytesIO()
        images.decode(drawn).image.save(out, "WEBP", quality=88)
        drawn = out.getvalue()
    elif media_type == "image/svg+xml":
        width, height = images.decode(drawn).size
        drawn = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}"><title>{escape(_prompt(inputs))}</title>'
            f'<image width="{width}" height="{height}" href="{_url(drawn, "image/png")}"/></svg>'
        ).encode()
    return Result({"image": _url(drawn, media_type)}, units={"per image": 1.0})


def _drawn(model: Model, inputs: Inputs, size: tuple[int, int], media_type: str) -> bytes:
    fields: Inputs = {"prompt": _prompt(inputs), "width": size[0], "height": size[1], "seed": inputs.get("seed")}
    given = [each for key in PICTURES for each in _listed(inputs.get(key)) if not ADDRESS(each)]
    fields |= {f"input_image_{index}": each for index, each in enumerate(given)}
    painter = replace(model, facts={"media_type": media_type, "delivery": "binary"})
    reply = text_to_image.respond(painter, fields, 0)
    assert isinstance(reply, Binary)
    return reply.body


def _cutout(model: Model, inputs: Inputs) -> Result:
    """The picture without what has the colour of its corners, which is transparent in the PNG."""
    given = inputs["image"]
    if ADDRESS(given):
        words = " ".join(re.findall(r"[a-z]+", given.rpartition("/")[2].rpartition(".")[0].lower()))
        data = _drawn(model, {"prompt": words or "a picture"}, (768, 768), "image/png")
    else:
        data = images.octets(given)
    picture = images.decode(data).image
    from PIL import Image, ImageChops

    right, bottom = picture.width - 1, picture.height - 1
    corners = [picture.getpixel(at) for at in ((0, 0), (right, 0), (0, bottom), (right, bottom))]
    alpha = Image.new("L", picture.size, 255)
    for colour in corners:
        apart = ImageChops.difference(picture, Image.new("RGB", picture.size, colour)).convert("L")
        alpha = ImageChops.darker(alpha, apart.point(lambda value: 255 if value > 24 else 0))
    picture.putalpha(alpha)
    out = BytesIO()
    picture.save(out, "PNG")
    return Result({"image": _url(out.getvalue(), "image/png")}, units={"per image": 1.0})


def _video(model: Model, inputs: Inputs) -> Result:
    width, height = _size(inputs, FILM, wide=True)
    scale = FILM / max(width, height)
    across, down = (max(16, round(side * scale / 2) * 2) for side in (width, height))
    drawn = images.decode(_drawn(model, inputs, (across, down), "image/png")).image
    seconds = _seconds(inputs, WAITED, LONGEST_FILM)
    body = video.film(drawn, across, down, seconds, _prompt(inputs))
    return Result({"video": _url(body, "video/mp4")}, units={"per second of video": seconds})


def _speech(model: Model, inputs: Inputs) -> Result:
    text = inputs.get("text") or inputs.get("prompt") or ""
    wanted = str(inputs.get("response_format") or inputs.get("output_format") or inputs.get("format") or "")
    if not wanted and model.facts["provider"] == "google":
        wanted = "wav"  # documented
    name, _, rest = wanted.partition("_")
    rate, _, kbits = rest.partition("_")
    fields: Inputs = {"text": text, "encoding": SAMPLES.get(name, name) or None}
    if name == "pcm":
        fields["container"] = "none"
    if rate.isdecimal():
        fields["sample_rate"] = int(rate)
    if kbits.isdecimal():
        fields["bit_rate"] = int(kbits) * 1000
    fields["speaker"] = next((inputs[key] for key in ("voice", "voice_id", "speaker") if inputs.get(key)), None)
    spoken = text_to_speech.respond(replace(model, facts={"default_voice": model.name}), fields, 0)
    assert isinstance(spoken, Binary)
    return Result({"audio": _url(spoken.body, spoken.media_type)}, units=spoken.units)


def _music(model: Model, inputs: Inputs) -> Result:
    seconds = _seconds(inputs, PLAYED, LONGEST_TUNE)
    pcm = music.tune(seconds, Random(repr((model.name, _prompt(inputs), inputs.get("seed")))))
    name = str(inputs.get("output_format") or "").partition("_")[0]
    form = encoding.choose(name if name in encoding.ENCODINGS else "mp3", None, music.RATE, None)
    body = encoding.encode(pcm, form, "")
    return Result({"audio": _url(body, form.media_type)}, units={"per second of audio": seconds})


def _transcript(model: Model, inputs: Inputs) -> Result:
    given = inputs.get("file") or inputs.get("audio") or inputs.get("audio_url")
    asked = inputs.get("language_code") or inputs.get("language")
    language, sure = str(asked or "en"), 0.9998
    words: list[Word]
    if isinstance(given, str) and ADDRESS(given):
        text = phrases.plausible(phrases.code(language), 20, Random(given))
        duration = len(text.split()) / PACE
        words = timed(text, [(0.0, duration)], duration)
    else:
        data = bytes_of(given)
        sound = listen(data)
        heard = speech_recognition.hear(
            sound, {"language": asked} if asked else {}, Random(blake2b(data, digest_size=8).digest())
        )
        text, words, duration, language, sure = heard.text, heard.words, sound.duration, heard.language, heard.sure
    value: dict[str, Any] = {"text": text}
    if model.facts.get("words"):
        random = Random(text)
        sure_of = [round(0.95 + 0.05 * random.random(), 8) for _ in words]
        said = [
            {
                "text": word.text,
                "start": round(word.start * 1000),
                "end": round(word.end * 1000),
                "confidence": each,
                "speaker": None,
            }
            for word, each in zip(words, sure_of, strict=True)
        ]
        value |= {
            "words": said,
            "utterances": None,
            "confidence": round(sum(sure_of) / len(sure_of), 7) if sure_of else None,
            "language_code": language,
            "language_confidence": None if asked else sure,
        }
    if "backed_by" in model.facts:
        value["model"] = model.facts["backed_by"]
    return Result(value, units={"per audio minute": duration / 60})


MAKERS: Mapping[str, Callable[[Model, Inputs], Result]] = {
    "image": _image,
    "cutout": _cutout,
    "video": _video,
    "speech": _speech,
    "music": _music,
    "transcript": _transcript,
}


def _prompt(inputs: Inputs) -> str:
    """The words that say what is wanted; a structured prompt is read as its JSON."""
    said = next((inputs[key] for key in ("prompt", "instruction", "structured_prompt", "text") if inputs.get(key)), "")
    if not said:
        plan = inputs.get("composition_plan")
        return orjson.dumps(plan).decode() if plan else "a film"
    return said if isinstance(said, str) else orjson.dumps(said).decode()


def _size(inputs: Inputs, usual: int, *, wide: bool = False) -> tuple[int, int]:
    """Width and height in pixels: as asked, by a size, by a ratio and a resolution, or the usual ones."""
    width, height = (_number(inputs.get(side)) for side in ("width", "height"))
    written = re.fullmatch(r"(\d+)\s*[x*:]\s*(\d+)", str(inputs.get("size") or inputs.get("ratio") or ""))
    if written and int(written[1]) > 64:
        width, height = float(written[1]), float(written[2])
    if width and height:
        scale = min(1.0, LARGEST / max(width, height))
        return max(16, round(width * scale)), max(16, round(height * scale))
    side = SIDES.get(str(inputs.get("resolution") or "").lower(), usual)
    ratio = re.fullmatch(
        r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)", str(inputs.get("aspect_ratio") or inputs.get("ratio") or "")
    )
    part = float(ratio[1]) / float(ratio[2]) if ratio and float(ratio[2]) else 16 / 9 if wide else 1.0
    part = min(4.0, max(0.25, part))
    return (side, round(side / part)) if part >= 1 else (round(side * part), side)


def _seconds(inputs: Inputs, usual: float, most: float) -> float:
    """How long: a number, or text like "6s"; `music_length_ms` in milliseconds."""
    length = _number(inputs.get("music_length_ms"))
    asked = length / 1000 if length else _number(str(inputs.get("duration") or inputs.get("seconds") or "").rstrip("s"))
    return min(most, max(1.0, asked or usual))


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < 1e9 else None


def _listed(value: Any) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str) and each]


def _url(data: bytes, media_type: str) -> str:
    return f"data:{media_type.partition(';')[0]};base64,{b64encode(data).decode()}"
