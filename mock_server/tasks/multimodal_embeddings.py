"""Multimodal embeddings: texts and a picture as vectors of one space."""

from __future__ import annotations

from mock_server.catalog import Model
from mock_server.exchange import Inputs, Result
from mock_server.text.embedding import embed


def respond(model: Model, inputs: Inputs, seed: int) -> Result:
    """{"data", "shape"} for ``inputs["image"]`` and the texts of ``inputs["text"]``.

    The public API reference names the two keys and does not say what the rows are: here one for each text, in their
    order, and a last one for the picture. A picture lies where the words for it lie: what can be seen on it, and the
    prompt it carries when it is one of ours. Raises ApiError 400/5004 and 400/8001 for a picture that cannot be read.
    """
    from mock_server.media import vision

    seen = vision.look(inputs["image"])
    words = f"{seen.prompt} {vision.brief(seen)}".strip()
    dimensions = int(model.facts["dimensions"])
    data = [embed(text, model.name, dimensions) for text in (*inputs["text"], words)]
    return Result({"data": data, "shape": [len(data), dimensions]})
