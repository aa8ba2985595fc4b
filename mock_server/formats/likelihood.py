"""How likely the tokens of an answer were: the ``logprobs`` of a chat completion, made up from the seed.

The keys are those that the schemas publish; nobody captured an answer with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from random import Random
from typing import Any

from mock_server.exchange import Call

# What might have been said instead: one more than `top_logprobs` may ask for, so that the chosen token can be among it.
INSTEAD = (
    " the", " a", ".", ",", " and", " of", " to", " in", " is", " that", " it", " for",
    " as", " with", " this", " on", " can", " be", "\n", " which", " an",
)  # fmt: skip


def is_wanted(call: Call) -> bool:
    """Whether the request asks for ``logprobs``; ``top_logprobs`` alone asks for nothing."""
    return call.inputs.get("logprobs") is True


def entries(texts: Sequence[str], index: int, call: Call) -> list[dict[str, Any]]:
    """An entry for each of the tokens `texts` of choice `index`: {token, logprob, bytes, top_logprobs}.

    `top_logprobs` has as many tokens as the request asks for (0 to 20), the most likely first and the chosen one among
    them: the first at temperature 0, now and then the second otherwise. Streamed and whole answers get the same.
    """
    top = min(int(call.inputs.get("top_logprobs") or 0), 20)
    greedy = call.inputs.get("temperature") == 0
    random = Random(f"{call.seed} {index}")
    return [_entry(token, top, greedy, random) for token in texts]


def _entry(token: str, top: int, greedy: bool, random: Random) -> dict[str, Any]:
    first, ratio, turn = random.uniform(0.45, 0.9999), random.uniform(0.4, 0.6), random.randrange(len(INSTEAD))
    chosen = 1 if random.random() < 0.08 and not greedy and top > 1 else 0
    left = (1 - first) * (1 - ratio)
    likelihoods = [first, *(left * ratio**number for number in range(max(top, 2) - 1))]
    others = [other for other in INSTEAD[turn:] + INSTEAD[:turn] if other != token]
    ranked = [*others[:chosen], token, *others[chosen:]][:top]
    best = [_rated(each, likelihood) for each, likelihood in zip(ranked, likelihoods, strict=False)]
    return {**_rated(token, likelihoods[chosen]), "top_logprobs": best}


def _rated(token: str, likelihood: float) -> dict[str, Any]:
    return {"token": token, "logprob": log(likelihood), "bytes": list(token.encode())}
