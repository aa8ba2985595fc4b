"""Turn detection: whether a speaker has finished, told from the silence at the end."""

from __future__ import annotations

from array import array
from math import exp
from typing import Any

from mock_server.catalog import Model
from mock_server.exchange import Inputs, Result
from mock_server.media.audio import Sound, kind_of, listen, listen_to_samples, undecodable
from mock_server.media.payload import bytes_of

RATE = 16000  # Hz of raw samples: what the model listens at
ENOUGH = 0.3  # seconds of silence after which a turn is as likely over as not
STEEP = 14.0  # how quickly doubt ends before and after


def respond(model: Model, inputs: Inputs, seed: int) -> Result:  # noqa: ARG001 - only the sound decides
    """{"is_complete", "probability"} of ``inputs["audio"]``: complete from a probability of one half on.

    audio: bytes, base64 or {body, contentType}: a recording, or mono samples at 16 kHz of the ``dtype`` uint8, float32
    (assumed when it is not given) or float64. Raises ApiError: 400/5004 for what is no base64, 400/8001 for what is
    neither a recording nor one sample long.
    """
    sound = _heard(bytes_of(inputs.get("audio")), inputs.get("dtype"))
    probability = 1 / (1 + exp(STEEP * (ENOUGH - min(sound.trailing_silence(), 2.0))))
    value = {"is_complete": probability >= 0.5, "probability": round(probability, 6)}
    return Result(value, units={"per audio minute": sound.duration / 60})


def _heard(data: bytes, dtype: Any) -> Sound:
    if data[:4] == b"RIFF" or (kind_of(data) is not None and dtype is None):
        return listen(data)
    if dtype == "uint8":
        return listen_to_samples(((n - 128) / 128 for n in data), RATE)
    code, width = ("d", 8) if dtype == "float64" else ("f", 4)
    samples: array[float] = array(code, data[: len(data) // width * width])
    if not samples:
        raise undecodable(f"not one sample of {dtype or 'float32'}")
    return listen_to_samples(samples, RATE)
