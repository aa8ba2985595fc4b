"""Object Detection: what stands on the picture, with a score and a box in pixels."""

from __future__ import annotations

from random import Random

from mock_server.catalog import Model
from mock_server.errors import INCOMPLETE, ApiError
from mock_server.exchange import Inputs, Reply, Result
from mock_server.media import vision
from mock_server.media.sight import Sight
from mock_server.usage import single

NAMELESS = (("person", 0.6), ("vase", 0.85), ("sports ball", 1.2), ("car", 2.2), ("bench", 99.0))  # by width / height


def respond(model: Model, inputs: Inputs, seed: int) -> Reply:
    """[{"label", "score", "box": {xmin, ymin, xmax, ymax}}] for ``inputs["image"]``, scores falling; [] if there is
    nothing. Boxes are whole pixels inside the picture.

    Labels are plain nouns; an outline that has no name gets the likeliest class for its proportions, and a low score.
    Raises ApiError: 400/3003 without an image, 400/5004 and 400/8001 for one that cannot be read.
    """
    image = inputs.get("image")
    if not image:
        raise ApiError(INCOMPLETE, what="image")
    seen = vision.look(image)
    random = Random(repr((seen.shares, [one.box for one in seen.sights])))  # the same in whatever form it came
    found = []
    for one in sorted(seen.sights, key=lambda one: (one.thing is None, -one.area)):
        left, top, right, bottom = one.box
        score = random.uniform(0.9, 0.998) if one.thing else random.uniform(0.4, 0.7)
        box = {
            "xmin": int(left * seen.width),
            "ymin": int(top * seen.height),
            "xmax": min(seen.width, -int(-right * seen.width // 1)),
            "ymax": min(seen.height, -int(-bottom * seen.height // 1)),
        }
        found.append({"label": _label(one, seen.width / seen.height), "score": single(score), "box": box})
    found.sort(key=lambda answer: -float(answer["score"]))  # type: ignore[arg-type]
    return Result(found, units={"per inference request": 1})


def _label(one: Sight, aspect: float) -> str:
    if one.thing:
        return one.name
    left, top, right, bottom = one.box
    shape = (right - left) * aspect / max(bottom - top, 1e-6)
    return next(label for label, most in NAMELESS if shape <= most or label == "bench")
