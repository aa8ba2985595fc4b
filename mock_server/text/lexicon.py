"""What English words mean to each other: groups of near synonyms, topics, and how much a word says at all."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from mock_server.text.stemming import stem

# Words that say little about what a text is about.
STOPWORDS = frozenset(
    """a about above across after again against all along also although always am among an and any are around as at away
    be because been before being below between both but by can cannot could did do does doing done down during each
    either else ever every few for from further get gets given had has have having he her here hers herself him himself
    his how i if in into is it its itself just let like may me might mine more most much must my myself near neither no
    nor not now of off often on once one only onto or other our ours out over own per please quite rather same shall
    she should since so some such than that the their theirs them themselves then there these they this those though
    through thus to too toward towards under until up upon us very via was we well were what whatever when where
    whether which while who whom whose why will with within without would yes yet you your yours yourself
    'll 's 'd 've 're 'm it's i'm don't doesn't didn't isn't aren't wasn't weren't won't can't couldn't wouldn't
    shouldn't i've you're we're they're that's there's what's let's""".split()
)
# Words that say something, but are found everywhere.
COMMON = frozenset(
    stem(word)
    for word in """able add ask become begin big bring call change come day different do end find first follow give go
    good great group hand happen have help include keep kind know large last leave long look lot make man many mean
    move need new next number old open part people place play point put run say see seem set show side small start
    still stop take talk tell thing think time try turn two three use used usually want way week word work world year
    hour half several""".split()
)


class Concepts(NamedTuple):
    """groups and topics: by stem, the numbers of the synonym groups and topics that it belongs to."""

    groups: dict[str, tuple[int, ...]]
    topics: dict[str, tuple[int, ...]]


@cache
def concepts() -> Concepts:
    """The concept file, read once."""
    text = files("mock_server.text").joinpath("data", "concepts.txt").read_text("utf-8")
    groups: dict[str, list[int]] = {}
    topics: dict[str, list[int]] = {}
    group = topic = 0
    topical = True
    names: dict[str, int] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if re.fullmatch(r"-?\w+:", line):
            topic = names.setdefault(line, len(names))
            topical = not line.startswith("-")
            continue
        for part in line.split("|"):
            group += 1
            for word in dict.fromkeys(map(stem, part.split())):
                groups.setdefault(word, []).append(group)
                if topical and topic not in topics.setdefault(word, []):
                    topics[word].append(topic)
    return Concepts(
        {word: tuple(numbers) for word, numbers in groups.items()},
        {word: tuple(numbers) for word, numbers in topics.items() if numbers},
    )


def importance(word: str) -> float:
    """How much a word (not a stem) says about the text it is in: 0.2 ("the") to 1 (a word the lexicon has not)."""
    if word in STOPWORDS:
        return 0.2
    base = stem(word)
    if base in COMMON:
        return 0.43
    if base in concepts().topics:
        return 0.65
    return 0.55 if base in concepts().groups else 1.0
