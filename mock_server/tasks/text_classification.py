"""Text classification: a score for every label of the model."""

from __future__ import annotations

import math

from mock_server.catalog import Model
from mock_server.exchange import Inputs, Result, Tokens
from mock_server.text.precision import single
from mock_server.text.sentiment import feeling
from mock_server.text.suspicion import looks_generated, looks_like_spam
from mock_server.text.tokens import count

LABELS = ("NEGATIVE", "POSITIVE")
_LEANINGS = {"sentiment": feeling, "spam": looks_like_spam, "generated-domain": looks_generated}


def respond(model: Model, inputs: Inputs, seed: int) -> Result:
    """``[{"label", "score"}]``, two labels whose scores sum to 1 (32-bit floats).

    Facts: labels, the one for less before the one for more; judges, of what (sentiment, spam, generated-domain).
    A text that says nothing either way leans a little to one side, always the same for the same text.
    """
    text = str(inputs.get("text", ""))
    less, more = model.facts.get("labels", LABELS)
    leaning = _LEANINGS[model.facts.get("judges", "sentiment")](text)
    logit = 2.3 * leaning if leaning else (seed % 2000 - 1000) / 1000
    score = 1 / (1 + math.exp(-max(-9.0, min(9.0, logit))))
    scores = [{"label": less, "score": single(1 - score)}, {"label": more, "score": single(score)}]
    return Result(scores, Tokens(count(text)))
