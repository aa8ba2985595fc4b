"""Summarization: the sentences of a text that say most of it."""

from __future__ import annotations

from mock_server.catalog import Model
from mock_server.exchange import Inputs, Result, Tokens
from mock_server.text.embedding import features, likeness
from mock_server.text.sentences import sentences
from mock_server.text.tokens import count, pieces

READ = 1024  # tokens of the text that the model takes in
SENTENCES = 100  # looked at
LONGEST, SHORTEST = 142, 40  # tokens of a summary, where the request does not ask for less


def respond(model: Model, inputs: Inputs, seed: int) -> Result:
    """``{"summary"}``: sentences of ``input_text`` in their order, at most ``max_length`` tokens of them.

    About a third of the text, between 40 and 142 tokens. A first sentence longer than max_length is cut at a word.
    """
    text = str(inputs.get("input_text", ""))
    read = pieces(text)[:READ] if len(text) > READ else [text]
    used = len(read) if len(text) > READ else count(text)
    limit: int = inputs.get("max_length", READ)
    summary = _summary("".join(read), max(0, min(limit, LONGEST, max(SHORTEST, used // 3))), limit)
    return Result({"summary": summary}, Tokens(used, count(summary)))


def _summary(text: str, wanted: int, limit: int) -> str:
    parts = sentences(text)[:SENTENCES]
    bags = [features(part) for part in parts]
    whole: dict[str, int] = {}
    for bag in bags:
        for feature, weight in bag.items():
            whole[feature] = whole.get(feature, 0) + weight
    merit = [likeness(bag, whole) * (1.25 if at == 0 else 1.1 if at < 3 else 1.0) for at, bag in enumerate(bags)]
    said = [0.0] * len(parts)  # how much of a sentence those chosen say already
    left = list(range(len(parts)))
    chosen: list[int] = []
    while left:
        best = max(left, key=lambda at: merit[at] - 0.6 * said[at])
        wanted -= count(parts[best]) + 1
        if wanted < 0 and chosen:
            break
        chosen.append(best)
        left.remove(best)
        for at in left:
            said[at] = max(said[at], likeness(bags[at], bags[best]))
    summary = " ".join(parts[at] for at in sorted(chosen))
    if count(summary) > limit:
        cut = "".join(pieces(summary)[: max(0, limit)])
        summary = cut.rpartition(" ")[0] or cut
    return summary
