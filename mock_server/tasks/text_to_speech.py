"""Text-to-Speech: the text spoken by a synthesised voice, and carried inside the recording."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from mock_server.catalog import Model
from mock_server.exchange import Binary, Inputs, Result
from mock_server.media.encoding import ENCODINGS, choose, encode
from mock_server.media.speech import speak, voice

USUAL = {"wav": "linear16", "ogg": "opus"}  # the encoding that is meant when only a container is named


def respond(model: Model, inputs: Inputs, seed: int) -> Binary | Result:
    """``inputs["text"]`` or ``["prompt"]`` as speech, in the form that encoding, container, sample_rate, bit_rate say.

    The voice is ``speaker``'s, else that of the fact ``default_voice``, another one for each ``lang``.
    Facts: delivery "base64" gives {"audio": …} (observed: a WAV file), "binary" the bytes under their media type;
    default_encoding and sample_rate are what the model speaks when not asked. Billed by the character or by the minute,
    as the model's price says. Raises MockError when the format needs a library that is not installed.
    """
    text = str(inputs.get("text", inputs.get("prompt", "")))
    facts = model.facts
    speaker = inputs.get("speaker") or f"{facts.get('default_voice', model.name)}{inputs.get('lang', '')}"
    container = inputs.get("container")
    encoding = inputs.get("encoding") or USUAL.get(str(container)) or facts.get("default_encoding", "mp3")
    form = choose(
        USUAL.get(encoding, encoding if encoding in ENCODINGS else "mp3"),
        container,
        _number(inputs.get("sample_rate", facts.get("sample_rate"))),
        _number(inputs.get("bit_rate")),
    )
    pcm = speak(text, voice(str(speaker)), form.rate)
    body = encode(pcm, form, text)
    units = (
        {"per audio minute": len(pcm) / 2 / form.rate / 60}
        if "per audio minute" in model.prices
        else {"per 1k characters": len(text) / 1000}
    )
    if facts.get("delivery") == "base64":
        return Result({"audio": b64encode(body).decode()}, units=units)
    return Binary(body, form.media_type, units=units)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) else None
