"""Finding the sentence that answers a question in what was said before, and turning it to the listener.

Lexical: sentences are scored by the meaningful words that they share with the question, rare ones counting more.
Only sentences around a hit are looked at, so a context of a hundred thousand characters costs little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mock_server.text.words import SYNONYMS, terms

_SPANS = 80  # sentences looked at in one source, those around its rarest words first
_REACH = 600  # characters to either side of a hit within which a sentence must begin and end
_ENOUGH = 0.34  # share of a question's weight that a sentence must carry to count as an answer
_ENDS = (". ", "! ", "? ", "\n", ".\t", "。")
_KINDS_OF_ANSWER = (
    (
        re.compile(r"\bwhen\b|what (?:time|date|day|year)", re.I),
        re.compile(
            r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|tomorrow|today|morning|noon|"
            r"evening|january|february|march|april|\bmay\b|june|july|august|september|october|"
            r"november|december",
            re.I,
        ),
    ),
    (
        re.compile(r"\bhow (?:many|much|long|old|far|often|tall|big)\b|what (?:number|percent|price)", re.I),
        re.compile(
            r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|" r"million)\b", re.I
        ),
    ),
    (
        re.compile(r"\bname\b", re.I),
        re.compile(r"\b(?:name is|named|called|call me|I'm|I am|[Yy]ou are|[Tt]his is) [A-Z]"),
    ),
    (re.compile(r"\bwhere\b", re.I), re.compile(r"\b(?:in|at|on|near|from|to|behind|under|inside)\s+\S", re.I)),
    (
        re.compile(r"\bwho(?:se|m)?\b", re.I),
        re.compile(r"[a-z,] [A-Z][a-z]+|^[A-Z][a-z]+ (?:[A-Z]|is|was|wrote|leads)"),
    ),
)
_LEAD = re.compile(
    r"^(?:(?:hi|hello|hey|ok|okay|well|so|also|please|and|but|by the way|btw|fyi|note|"
    r"thanks)\b[ ,!:.]*(?:there\b[ ,!.]*)?)+"
    r"|^(?:please )?(?:remember|note|know|keep in mind|don't forget|for the record|the "
    r"user says?|facts?)\b[ ,:]*(?:that )?",
    re.I,
)
_ORDER = re.compile(
    r"(?:you|your|always|never|do not|don't|answer|use|keep|be|if|when|respond|reply|act|only|please|follow|call)\b",
    re.I,
)  # such sentences of a system prompt tell the model what to do, not how things are
_MARKS = re.compile(r"^(?:[-*•#>]+|\[\w+\]|\(?\d{1,2}[.)])\s+")
_TURNED = {
    "i": "you",
    "i'm": "you're",
    "i've": "you've",
    "i'll": "you'll",
    "i'd": "you'd",
    "my": "your",
    "me": "you",
    "mine": "yours",
    "myself": "yourself",
    "am": "are",
}
_TURNED_BACK = {
    "you": "I",
    "you're": "I'm",
    "you've": "I've",
    "you'll": "I'll",
    "your": "my",
    "yours": "mine",
    "yourself": "myself",
}
_PRONOUN = re.compile(r"\b(?:i was|i'm|i've|i'll|i'd|i|my|me|mine|myself|am)\b", re.I)
_ADDRESS = re.compile(r"\b(?:you are|you were|you're|you've|you'll|yourself|yours|your|you)\b", re.I)


class Source(NamedTuple):
    """A text that may hold the answer. kind: user, system, assistant, tool or context."""

    text: str
    kind: str


class Passage(NamedTuple):
    """A sentence that answers. score: the share of the question's weight that it carries, 0 to 1 and a little more."""

    text: str
    kind: str
    score: float


def find(question: str, sources: Sequence[Source]) -> list[Passage]:
    """Sentences of `sources` that answer `question`, best first; of equals the one said last. Empty when none does."""
    wanted = terms(question)
    forms = [(term, form) for term in wanted for form in (term, *SYNONYMS.get(term, ()))]
    texts = [source.text.lower() for source in sources]
    if not any(form in text for text in texts for _, form in forms):
        return []
    found: dict[tuple[int, int, int], set[str]] = {}
    for number, lowered in enumerate(texts):
        spans: set[tuple[int, int]] = set()
        for _, _, form in sorted((lowered.count(form), term, form) for term, form in forms):
            spans.update(_spans(lowered, form, _SPANS - len(spans)))
        for start, end in spans:
            sentence = " " + lowered[start:end]
            hits = {term for term, form in forms if _begins_word(sentence, form)}
            if hits:
                found[number, start, end] = hits
    if not found:
        return []
    spread = {term: sum(term in hits for hits in found.values()) for term in wanted}
    weights = {term: 1 / (1 + 0.35 * max(0, n - 1)) if n else 0.7 for term, n in spread.items()}
    whole = sum(weights.values())
    expected = [answer for asked, answer in _KINDS_OF_ANSWER if asked.search(question)]
    addressed = re.search(r"\byou(?:r|rs|rself)?\b", question, re.I)
    own = re.search(r"\b(?:my|i|me|mine)\b", question, re.I)
    ranked = []
    for (number, start, end), hits in found.items():
        source = sources[number]
        text = source.text[start:end].strip()
        share = sum(weights[term] for term in hits) / whole
        if text.endswith("?") or (source.kind == "system" and not addressed and _ORDER.match(text)):
            continue
        score = share + 0.15 * sum(1 for answer in expected if answer.search(text)) - min(len(text), 900) / 9000
        score += 0.2 if own and source.kind == "user" else 0
        ranked.append((share, score + number * 0.001, Passage(text, source.kind, score)))
    ranked.sort(key=lambda row: -row[1])
    return [passage for share, _, passage in ranked if share >= _ENOUGH and passage.text][:5]


def turned(passage: Passage) -> str:
    """The passage as the model would say it: "My name is Ada" of the user becomes "Your name is Ada.", "You are Nova"
    of the system prompt "I am Nova."; anything else stays as it is."""
    text = _LEAD.sub("", passage.text).strip() or passage.text
    if passage.kind == "user":
        text = _PRONOUN.sub(_turn, text)
    elif passage.kind == "system":
        text = _ADDRESS.sub(_turn_back, text)
    text = _MARKS.sub("", text).strip()
    text = text[:1].upper() + text[1:]
    return text if text[-1:] in ".!?。\"'”)" else text + "."


def sentences(text: str) -> list[str]:
    """The sentences of a text, lines counting as ends."""
    return [part.strip() for part in re.split(r"(?<=[.!?。])\s+|\n+", text) if part.strip()]


def _begins_word(sentence: str, form: str) -> bool:
    at = sentence.find(form)
    while at > 0 and sentence[at - 1].isalnum() and form[0].isalnum():
        at = sentence.find(form, at + 1)
    return at > 0


def _spans(lowered: str, form: str, limit: int) -> Iterator[tuple[int, int]]:
    """Where the sentences around the first `limit` occurrences of `form` begin and end."""
    at = -1
    for _ in range(limit):
        at = lowered.find(form, at + 1)
        if at < 0:
            return
        begins = [start + len(mark) for mark in _ENDS if (start := lowered.rfind(mark, max(0, at - _REACH), at)) >= 0]
        ends = [end for mark in _ENDS if (end := lowered.find(mark, at, at + _REACH)) >= 0]
        end = min(ends) + 1 if ends else min(len(lowered), at + _REACH)
        yield (max(begins) if begins else max(0, at - _REACH)), end
        at = end - 1


def _turn(match: re.Match[str]) -> str:
    word = match.group().lower()
    return "you were" if word == "i was" else _TURNED[word]


def _turn_back(match: re.Match[str]) -> str:
    word = match.group().lower()
    return {"you are": "I am", "you were": "I was"}.get(word) or _TURNED_BACK[word]
