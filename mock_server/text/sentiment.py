"""How a text feels about what it speaks of, from a lexicon, with negation, emphasis and turns ("but")."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from mock_server.text.stemming import stem, words

_CLAUSE = re.compile(r"[.;:!?\n]+|,\s+(?=but|and|yet|though)|\s[-–—]\s")
_REACH = 3  # words that a negation governs


class _Lexicon(NamedTuple):
    feelings: dict[str, int]
    phrases: dict[str, int]
    negations: frozenset[str]
    more: frozenset[str]
    less: frozenset[str]
    turns: frozenset[str]
    signs: dict[str, int]


@cache
def _lexicon() -> _Lexicon:
    feelings: dict[str, int] = {}
    phrases: dict[str, int] = {}
    others: dict[str, frozenset[str]] = {}
    for line in files("mock_server.text").joinpath("data", "sentiment.txt").read_text("utf-8").splitlines():
        name, _, listed = line.partition(": ")
        if line.startswith("#"):
            continue
        if re.fullmatch(r"-?\d", name):
            for word in listed.split():
                if re.fullmatch(r"[a-z']+", word):
                    feelings.setdefault(stem(word), int(name))
                else:
                    phrases[re.sub(r"[-_/]", " ", word)] = int(name)
        else:
            others[name] = frozenset(word.replace("_", " ") for word in listed.split())
    signs = dict.fromkeys(others["ups"], 2) | dict.fromkeys(others["downs"], -2)
    return _Lexicon(feelings, phrases, others["not"], others["more"], others["less"], others["but"], signs)


def feeling(text: str) -> float:
    """From about -8 (dreadful) over 0 (nothing, or as much good as bad) to about 8 (wonderful)."""
    lexicon = _lexicon()
    total = 0.0
    for clause in _CLAUSE.split(text):
        found = words(clause)
        if not found:
            continue
        said = _clause(found, lexicon)
        if found[0] in lexicon.turns:  # what comes after "but" is what is meant
            total = total * 0.5 + said * 1.5
        else:
            total += said
    total += sum(value * text.count(sign) for sign, value in lexicon.signs.items() if sign in text)
    if "!" in text:
        total *= 1.15
    return total


def _clause(found: list[str], lexicon: _Lexicon) -> float:
    total, at = 0.0, 0
    negated = -_REACH - 1  # where the last negation stands
    emphasis = 1.0
    turned = False
    while at < len(found):
        word = found[at]
        phrase = next((p for n in (3, 2) if (p := " ".join(found[at : at + n])) in lexicon.phrases), "")
        value = lexicon.phrases[phrase] if phrase else lexicon.feelings.get(stem(word), 0)
        if phrase and not value:
            pass
        elif word in lexicon.turns and at and not turned:
            total, turned, negated = total * 0.5, True, -_REACH - 1
        elif word in lexicon.negations and not phrase:
            negated = at
        elif word in lexicon.more:
            emphasis = 1.4
        elif word in lexicon.less or " ".join(found[at : at + 2]) in lexicon.less:
            emphasis = 0.7
        elif value:
            said = value * emphasis
            if at - negated <= _REACH and not _praises(found, negated, word):
                said = -0.75 * said if said > 0 else max(-0.5 * said, 0.8)  # "not bad" is less than good
            total += said * (1.5 if turned else 1.0)
            emphasis = 1.0
        at += len(phrase.split()) if phrase else 1
    return total


def _praises(found: list[str], negated: int, word: str) -> bool:
    """Whether a negation makes a word stronger: "can't praise it enough", "never been happier"."""
    return "enough" in found[negated:] or (found[negated] == "never" and word.endswith("er"))
