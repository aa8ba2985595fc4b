"""Decisions: Clef's typed questions about a state, answered with probabilities."""

from __future__ import annotations

import math
import re
from typing import Any
from zlib import crc32

from mock_server.catalog import Model
from mock_server.exchange import Inputs, Result, Tokens
from mock_server.tasks.system_one import check_fields, check_size, media, pictures, refusal, written
from mock_server.text import judging
from mock_server.text.tokens import count

FIELDS = frozenset(("model", "state", "questions", "images"))
QUESTION_FIELDS = frozenset(("type", "instructions", "criteria"))
MOST_QUESTIONS = 64
OPTIONS, LEVELS = (2, 255), (2, 10)
TEMPLATE, PER_QUESTION, PER_OPTION = 37, 51, 13  # tokens around what is asked, fitted to captured counts (346, 389)
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def respond(model: Model, inputs: Inputs, seed: int) -> Result:
    """``{"model", "answers", "usage"}``, one answer for each question.

    noul: the probability of a yes. choice: the likeliest option, all probabilities (4 decimals, sum 1) and the
    confidence, (sum of squares - 1/n) / (1 - 1/n). score: the levels' mean, weighted by their probabilities, the same
    and the legend. Facts: media, what it takes besides images (audio, videos); request_tokens (see ``check_size``).

    Raises ApiError 413/5021 for a body over the window, 422/5012 for a model other than the one that was asked, more
    than 64 questions, ids, options or levels out of bounds, empty instructions, unknown fields, and media it cannot
    read (observed: images, counts, unknown fields, instructions, model).
    """
    check_size(model, inputs)
    name = model.name.rpartition("/")[2]
    takes = model.facts.get("media", ())
    check_fields(inputs, FIELDS.union(takes))
    if str(inputs.get("model", name)).strip() != name:
        raise refusal("model", f"model must be {name}")
    questions = inputs.get("questions")
    if not isinstance(questions, dict) or not 1 <= len(questions) <= MOST_QUESTIONS:
        raise refusal("questions", f"1 to {MOST_QUESTIONS} questions are accepted")
    for key, question in questions.items():
        _check(key, question)
    seen = pictures(inputs)
    tokens = TEMPLATE + seen.tokens
    for kind, most in (("audio", 4), ("videos", 2)):
        if kind in takes:
            tokens += sum(math.ceil(len(file) / 2000) for file in media(inputs, kind, most))
    state = inputs.get("state")
    text = f"{_said(state)}\n{seen.words}".strip()
    answers = {}
    for key, question in questions.items():
        wobble = crc32(key.encode(), seed & 0xFFFFFFFF) / 0xFFFFFFFF - 0.5
        answers[key] = _answer(text, question, wobble)
        criteria = question.get("criteria") or ()
        tokens += (
            PER_QUESTION + PER_OPTION * len(criteria) + count(_said(question["instructions"])) + count(_said(criteria))
        )
    tokens += count(state if isinstance(state, str) else written(state))
    return Result(
        {"model": name, "answers": answers, "usage": {"input_tokens": tokens, "output_tokens": 0}}, Tokens(tokens)
    )


def _check(key: str, question: Any) -> None:
    if not isinstance(question, dict) or question.get("type") not in ("noul", "choice", "score"):
        raise refusal("questions", f"{key[:120]}: type must be noul, choice or score")
    if not _NAME.fullmatch(key):
        raise refusal("questions", f"{key[:120]}: ids have up to 100 letters, digits, _ . or -")
    check_fields(question, QUESTION_FIELDS, "questions")
    if not _said(question.get("instructions")).strip():
        raise refusal("questions", f"{key}: instructions must not be empty")
    criteria = question.get("criteria")
    for kind, (least, most), form in (("choice", OPTIONS, dict), ("score", LEVELS, list)):
        if question["type"] == kind and not (isinstance(criteria, form) and least <= len(criteria) <= most):
            raise refusal("questions", f"{key}: a {kind} has {least} to {most} criteria")


def _answer(text: str, question: dict[str, Any], wobble: float) -> dict[str, Any]:
    asked = _said(question["instructions"])
    criteria: Any = question.get("criteria")
    if question["type"] == "choice":
        options = [(option, _said(description)) for option, description in criteria.items()]
        shares = _shares(judging.preference(text, asked, options), wobble)
        best = max(range(len(shares)), key=shares.__getitem__)
        probabilities = dict(zip(criteria, shares, strict=True))
        return {
            "type": "choice",
            "choice": options[best][0],
            "probabilities": probabilities,
            "confidence": _confidence(shares),
        }
    if question["type"] == "score":
        shares = _shares(judging.degree(text, asked, [_said(level) for level in criteria]), wobble)
        return {
            "type": "score",
            "score": round(sum(at * share for at, share in enumerate(shares)), 4),
            "legend": {str(at): level for at, level in enumerate(criteria)},
            "probabilities": {str(at): share for at, share in enumerate(shares)},
            "confidence": _confidence(shares),
        }
    criteria = criteria if isinstance(criteria, dict) else {}
    leaning = judging.truth(text, asked, _said(criteria.get("true")), _said(criteria.get("false"))) + 0.4 * wobble
    return {"type": "noul", "noul": round(1 / (1 + math.exp(-leaning)), 4)}


def _shares(leanings: list[float], wobble: float) -> list[float]:
    """Probabilities of 4 decimals that sum to 1."""
    top = max(leanings)
    weights = [math.exp((1 + 0.2 * wobble) * (leaning - top)) for leaning in leanings]
    total = sum(weights)
    exact = [10_000 * weight / total for weight in weights]
    parts = [math.floor(part) for part in exact]
    for at in sorted(range(len(parts)), key=lambda at: parts[at] - exact[at])[: 10_000 - sum(parts)]:
        parts[at] += 1
    return [part / 10_000 for part in parts]


def _confidence(shares: list[float]) -> float:
    even = 1 / len(shares)
    return round((sum(share * share for share in shares) - even) / (1 - even), 4)


def _said(value: Any) -> str:
    """What a string, a list or an object says, keys included."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "\n".join(f"{key.replace('_', ' ')}: {_said(item)}" for key, item in value.items())
    if isinstance(value, list):
        return "\n".join(map(_said, value))
    return "" if value is None else written(value)
