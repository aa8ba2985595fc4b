"""Reranking: how well passages answer a query, best first."""

from __future__ import annotations

import math

from mock_server.catalog import Model
from mock_server.exchange import Inputs, Result, Tokens
from mock_server.tasks.embeddings import passages
from mock_server.text.embedding import features, relevance
from mock_server.text.precision import single
from mock_server.text.tokens import count

LOWEST, STEEPNESS = -10.2, 18.0  # of the logit: 3.7e-05 for a passage that has nothing in common with the query


def respond(model: Model, inputs: Inputs, seed: int) -> Result:
    """``{"response": [{"id", "score"}], "usage"}``: at most top_k contexts by index, best first.

    Scores are sigmoids, as captured: near 0 for what does not matter, near 1 for what answers. Every pair of query
    and context is billed.
    """
    query, contexts = str(inputs.get("query", "")), passages(inputs)
    asked = features(query)
    scores = [single(1 / (1 + math.exp(-LOWEST - STEEPNESS * relevance(asked, features(text))))) for text in contexts]
    best = min(int(inputs.get("top_k", len(contexts))), len(contexts))
    order = sorted(range(len(contexts)), key=lambda at: -scores[at])[:best]
    tokens = Tokens(len(contexts) * count(query) + sum(map(count, contexts)))
    return Result({"response": [{"id": at, "score": scores[at]} for at in order]}, tokens, shows_usage=True)
