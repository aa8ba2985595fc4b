"""Answering questions about a text with yes or no, one of several options, or a level: how much speaks for each.

Everything is a leaning in logits: 0 is undecided, 2 is likely, 4 is sure. Evidence is what the words of the question
and of its options have in common with the text, and a few properties that questions often ask for: urgency, mood,
harm, language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from mock_server.text import embedding, sentiment
from mock_server.text.embedding import likeness, relevance
from mock_server.text.harm import hazards
from mock_server.text.languages import named
from mock_server.text.lexicon import STOPWORDS
from mock_server.text.sentences import sentences
from mock_server.text.stemming import stem, words
from mock_server.text.suspicion import looks_like_spam
from mock_server.text.translating import share_known

_URGENT = re.compile(
    r"\b(?:urgent\w*|asap|immediate\w*|emergency|critical|right (?:now|away)|at once|down|outage|can(?:'|no)?t (?:log|"
    r"work|access|pay|use|order)|cannot|failing|fails|failed|broken|blocked|stuck|not working|every (?:customer|user)|"
    r"all (?:customers|users)|nobody can|"
    r"everyone|production|losing (?:money|customers|data|sales)|data loss|security|breach|hacked|leak\w*|"
    r"deadline|today|tonight|within the hour|last hour|help!|hurry|overdue|fire|injur\w+|dying|bleeding|unconscious)\b",
    re.I,
)
_CALM = re.compile(
    r"\b(?:no (?:rush|hurry|impact|urgency)|whenever|not urgent|low priority|just (?:wondering|curious|a question)|"
    r"someday|when you (?:have|get) (?:time|a chance)|minor|cosmetic|typo|nice to have|"
    r"next (?:week|month|quarter|year)|thank(?:s| you))\b",
    re.I,
)
_ABOUT = {  # what a question asks for, by its stems
    "urgency": frozenset(map(stem, "urgent urgency priority critical emergency immediate escalate asap".split())),
    "severity": frozenset(map(stem, "severe severity impact serious seriousness risk risky danger dangerous".split())),
    "anger": frozenset(map(stem, "angry anger upset frustrated frustration annoyed dissatisfied unhappy negative "
                           "complaint complaining complain hostile rude disappointed".split())),
    "joy": frozenset(map(stem, "happy satisfied satisfaction positive pleased polite friendly praise like enjoy good "
                         "recommend sentiment mood quality delighted".split())),
    "harm": frozenset(map(stem, "harmful toxic unsafe hate violent violence abuse abusive dangerous offensive illegal "
                          "harassment".split())),
    "spam": frozenset(map(stem, "spam scam phishing promotional advertising fraudulent fraud".split())),
    "question": frozenset(map(stem, "question asking asks".split())),
}  # fmt: skip
_MENTIONS = re.compile(r"\b(?:about|mention|contain|include|refer|regard|concern|discuss|relat)", re.I)
_FEELERS = frozenset(
    map(stem, "customer review author user text tone sentiment message writer positive happy satisfied polite".split())
)
_NEGATIONS = frozenset(
    "not no never none nothing without isn't aren't doesn't don't didn't can't cannot hardly".split()
)
_YES, _NO = frozenset(("yes", "true", "y")), frozenset(("no", "false", "n"))


def truth(text: str, question: str, yes: str = "", no: str = "") -> float:
    """How much speaks for a yes. yes and no: what would make it one, where the question comes with criteria."""
    asked = _stems(question)
    leaning = None
    if asked & _ABOUT["urgency"] or asked & _ABOUT["severity"]:
        leaning = urgency(text)
    elif asked & _ABOUT["harm"]:
        leaning = 4.0 if hazards(text) else -3.0
    elif asked & _ABOUT["spam"]:
        leaning = 2 * looks_like_spam(text)
    elif asked & _ABOUT["anger"]:
        leaning = -0.2 - 1.3 * feeling(text)
    elif asked & _ABOUT["joy"] and asked & _FEELERS:
        leaning = 1.3 * feeling(text) - 0.2
    elif asked & _ABOUT["question"] and not asked & {"answer"}:
        leaning = 3.0 if "?" in text else -2.5
    if leaning is None:
        leaning = _found(text, question)
    elif _denied(question):
        leaning = -leaning
    if yes or no:
        whole = _whole(text)
        leaning += 6 * (relevance(_bag(yes), whole) - relevance(_bag(no), whole))
    return max(-5.0, min(5.0, leaning))


def _found(text: str, question: str) -> float:
    """Whether some sentence of the text says what the question asks, and does not deny it."""
    content = [word for word in words(question) if word not in STOPWORDS and word not in _FRAME]
    asked = _bag(" ".join(content))
    if not asked:
        return 0.0
    best, closest = 0.0, ""
    for sentence in [*_mentioning(text, content, 100), text[:2000]]:
        fit = relevance(asked, _bag(sentence))
        if fit > best:
            best, closest = fit, sentence
    leaning = 11 * best - 4.2
    if leaning > 0 and not _MENTIONS.search(question) and _denied(closest) != _denied(question):
        leaning = -0.7 * leaning
    return max(-4.0, min(4.0, leaning))


_bag = lru_cache(maxsize=512)(embedding.features)
_whole = lru_cache(maxsize=2)(embedding.features)
_sentences = lru_cache(maxsize=2)(sentences)


@lru_cache(maxsize=8)
def feeling(text: str) -> float:
    """How a text feels (``sentiment.feeling``); of a long one, its beginning and its end."""
    return sentiment.feeling(text if len(text) < 8000 else f"{text[:4000]}\n{text[-4000:]}")


def _mentioning(text: str, content: Sequence[str], most: int) -> list[str]:
    """Sentences that have the beginning of one of the words, wherever they stand; the first ones where none has."""
    parts = _sentences(text)
    if len(parts) <= most:
        return parts
    roots = [stem(word)[:5] for word in content]
    hits = [part for part in parts if any(root in part.lower() for root in roots)]
    return (hits or parts)[:most]


_FRAME = frozenset(
    """text state message customer user author writer say says mention mentions mentioned contain contains talk talks
    about discuss ask asks request support ticket email document article image picture show shows statement true
    false following person someone there any related regarding describe describes""".split()
)


def _denied(text: str) -> bool:
    return any(word in _NEGATIONS for word in words(text))


@lru_cache(maxsize=8)
def urgency(text: str) -> float:
    """How pressing and grave what a text tells is."""
    pressing = len({found.lower() for found in _URGENT.findall(text)})
    calm = len(_CALM.findall(text))
    loud = text.count("!") + sum(1 for word in text.split() if len(word) > 3 and word.isupper())
    mood = min(0.0, feeling(text))
    return max(-4.0, min(5.0, 1.9 * min(pressing, 4) + 0.4 * min(loud, 3) - 2.2 * calm - 0.25 * mood - 1.8))


def preference(text: str, question: str, options: Sequence[tuple[str, str]]) -> list[float]:
    """A leaning for each option (name, description)."""
    names = [" ".join(words(name)) for name, _ in options]
    if len(options) == 2 and set(names) <= _YES | _NO and names[0] != names[1]:
        descriptions = {name: description for name, (_, description) in zip(names, options, strict=True)}
        yes = next((descriptions[name] for name in names if name in _YES), "")
        no = next((descriptions[name] for name in names if name in _NO), "")
        leaning = truth(text, question, yes, no) / 2
        return [leaning if name in _YES else -leaning for name in names]
    whole = _whole(text)
    content = [word for option in options for part in option for word in words(part) if word not in STOPWORDS]
    parts = [_bag(part) for part in _mentioning(text, [*words(question), *content], max(5, 1000 // len(options)))]
    leanings = []
    for name, description in options:
        said = name.replace("_", " ").replace("-", " ")
        wanted = _bag(f"{said}. {description}")
        fit = max([relevance(wanted, whole), *(likeness(wanted, part) for part in parts)])
        fit += 0.35 * relevance(_bag(said), whole)
        leanings.append(9 * fit)
    feelings = [feeling(f"{name.replace('_', ' ')} {description}") for name, description in options]
    if max(feelings) >= 1.0 and min(feelings) <= -1.0:
        mood = max(-3.0, min(3.0, feeling(text)))
        for at, felt in enumerate(max(-3.0, min(3.0, felt)) for felt in feelings):
            leanings[at] = 0.5 * leanings[at] + (2.2 - abs(mood) if abs(felt) < 1.0 else mood * felt / 3)
    languages = [named(name) for name in names]
    if sum(bool(language.words) for language in languages) >= 2:
        for at, language in enumerate(languages):
            leanings[at] += 6 * share_known(text, language)
    return leanings


def degree(text: str, question: str, levels: Sequence[str]) -> list[float]:
    """A leaning for each level of an ordered scale, lowest first."""
    asked = _stems(question) | {base for level in levels for base in _stems(level)}
    top = len(levels) - 1
    if asked & (_ABOUT["severity"] | _ABOUT["urgency"] | {stem("critical"), stem("major")}):
        height = (urgency(text) + 2.5) / 6
    elif asked & (_ABOUT["joy"] | _ABOUT["anger"]):
        up = feeling(" ".join(levels[-1:])) >= feeling(levels[0])
        angry = asked & _ABOUT["anger"] and not asked & _ABOUT["joy"]
        mood = feeling(text) * (1 if up and not angry else -1)
        height = 0.5 + mood / 8
    else:
        height = 0.5
    height = max(0.0, min(1.0, height)) * top
    whole = _whole(text)
    fits = [relevance(_bag(level), whole) for level in levels]
    width = max(0.55, top / 5)
    return [4 * fit - (at - height) ** 2 / (2 * width**2) for at, fit in enumerate(fits)]


@lru_cache(maxsize=1024)
def _stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, words(text)))
