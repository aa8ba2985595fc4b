"""Turn detection: whether a speaker has finished, told from the silence at the end."""

from __future__ import annotations

from array import array
from math import exp
from typing import Any

from mock_server.catalog import Model
from mock_server.errors import ApiError
from mock_server.exchange import Inputs, Result
from mock_server.media.audio import kind_of, listen, listen_to_samples, undecodable
from mock_server.media.payload import bytes_of

RATE = 16000  # Hz of raw samples: what the model listens at
LISTENS = 8  # seconds of raw samples, from the end, that are looked at
ENOUGH = 0.3  # seconds of silence after which a turn is as likely over as not
STEEP = 14.0  # how quickly doubt ends before and after


def respond(model: Model, inputs: Inputs, seed: int) -> Result:
    """{"is_complete", "probability"} of ``inputs["audio"]``: complete from a probability of one half on.

    audio: bytes, base64 or {body, contentType}: a recording, or mono samples at 16 kHz of the ``dtype`` uint8, float32
    (assumed when it is not given) or float64. Raises ApiError: 400/5004 for what is no base64, 400/8001 for what is
    neither a recording nor one sample long.
    """
    trailing, seconds = _end_of(bytes_of(inputs.get("audio")), inputs.get("dtype"))
    probability = 1 / (1 + exp(STEEP * (ENOUGH - min(trailing, 2.0))))
    value = {"is_complete": probability >= 0.5, "probability": round(probability, 6)}
    return Result(value, units={"per audio minute": seconds / 60})


def _end_of(data: bytes, dtype: Any) -> tuple[float, float]:
    """Seconds of silence at the end, and seconds in all."""
    if data[:4] == b"RIFF" or (dtype is None and kind_of(data) is not None):
        try:
            sound = listen(data)
        except ApiError:  # samples can begin with the very bytes that MP3 begins with
            if data[0] != 0xFF:
                raise
        else:
            return sound.trailing_silence(), sound.duration
    code, width = {"uint8": ("B", 1), "float64": ("d", 8)}.get(dtype, ("f", 4))
    count = len(data) // width
    if not count:
        raise undecodable(f"not one sample of {dtype or 'float32'}")
    last = min(count, LISTENS * RATE)
    samples: array[float] = array(code, data[(count - last) * width : count * width])
    numbers = ((n - 128) / 128 for n in samples) if code == "B" else samples
    return listen_to_samples(numbers, RATE).trailing_silence(), count / RATE
