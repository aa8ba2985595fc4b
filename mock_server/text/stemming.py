"""Words of a text, and the stems they are compared by."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_CJK = r"\u2e80-\u9fff\uf900-\ufaff"
_MARKS = r"\u0900-\u0963\u0966-\u0dff\u0e00-\u0e7f"  # Indic and Thai vowel signs are no letters to `re`
_WORD = re.compile(rf"[{_CJK}]|(?:[^\W_{_CJK}]|[{_MARKS}])+(?:'[a-z]+)?")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_VOWEL = re.compile(r"[aeiouy]")
_SHORT = re.compile(r"[^aeiouy]*[aeiouy][^aeiouwxy]")  # one vowel and one consonant: a final e makes another word
_SHORT = re.compile(r"[^aeiouy]*[aeiouy][^aeiouwxy]")  # one vowel and one consonant: a final e makes another word

_IRREGULAR = {
    form: base
    for base, forms in {
        "be": "am is are was were been being 'm 're",
        "begin": "began begun",
        "break": "broke broken",
        "bring": "brought",
        "build": "built",
        "buy": "bought",
        "catch": "caught",
        "child": "children",
        "choose": "chose chosen",
        "come": "came",
        "cut": "cutting",
        "die": "dying died",
        "do": "did does done doing",
        "draw": "drew drawn",
        "drink": "drank drunk",
        "drive": "drove driven",
        "eat": "ate eaten",
        "fall": "fell fallen",
        "feel": "felt",
        "fight": "fought",
        "find": "found",
        "fly": "flew flown flies flight",
        "foot": "feet",
        "forget": "forgot forgotten",
        "freeze": "froze frozen",
        "get": "got gotten",
        "give": "gave given",
        "go": "went gone goes going",
        "goose": "geese",
        "grow": "grew grown",
        "have": "has had having",
        "hear": "heard",
        "hide": "hid hidden",
        "hold": "held",
        "keep": "kept",
        "know": "knew known",
        "leaf": "leaves",
        "leave": "left leaving",
        "lend": "lent",
        "lie": "lay lain lying",
        "life": "lives",
        "lose": "lost",
        "make": "made",
        "man": "men",
        "mean": "meant",
        "meet": "met",
        "mouse": "mice",
        "pay": "paid",
        "person": "persons",
        "ride": "rode ridden",
        "ring": "rang rung",
        "rise": "rose risen",
        "run": "ran running",
        "say": "said",
        "see": "saw seen",
        "sell": "sold",
        "send": "sent",
        "shake": "shook shaken",
        "sing": "sang sung",
        "sink": "sank sunk",
        "sit": "sat",
        "sleep": "slept",
        "speak": "spoke spoken",
        "spend": "spent",
        "stand": "stood",
        "steal": "stole stolen",
        "swim": "swam swum",
        "take": "took taken",
        "teach": "taught",
        "tell": "told",
        "think": "thought",
        "throw": "threw thrown",
        "tooth": "teeth",
        "understand": "understood",
        "use": "using used uses",
        "wear": "wore worn",
        "wife": "wives",
        "win": "won",
        "wolf": "wolves",
        "woman": "women",
        "write": "wrote written",
    }.items()
    for form in forms.split()
}
_SUFFIXES = (  # (ending, what it leaves, shortest rest)
    ("ization", "ize", 3),
    ("isation", "ize", 3),
    ("fulness", "ful", 3),
    ("ously", "ous", 3),
    ("ation", "ate", 3),
    ("ition", "ite", 3),
    ("ments", "", 4),
    ("ment", "", 4),
    ("ness", "", 3),
    ("ings", "", 3),
    ("ing", "", 3),
    ("edly", "", 3),
    ("ied", "y", 2),
    ("ed", "", 3),
    ("ly", "", 3),
)
_NOT_COMPARED = frozenset(  # words whose "er" and "est" is their own
    """another brother butter chapter charter christmas conquer consider corner counter cover daughter deliver discover
    dinner disaster encounter enter father finger flower former forest forever gather ginger hammer harvest honest
    however hunger interest invest ladder later latter letter litter lobster manager master matter member mother number
    offer order oyster pepper poster protest quarter rather register remember request river rooster rubber semester
    shelter shower silver sister slaughter soccer spider suggest summer super supper temper together tower transfer
    trigger under wander weather whether winter wonder""".split()
)


def words(text: str) -> list[str]:
    """The words of `text` in order: lower case, Latin accents dropped; of scripts without spaces, single characters."""
    text = text.lower().replace("\u2019", "'")
    if text.isascii():
        return _ASCII_WORD.findall(text)
    return _WORD.findall(unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text))))


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """What an English word has in common with its other forms ("studies", "studying": "studi"); others as they are."""
    word = _IRREGULAR.get(word, word)
    if len(word) < 3 or not word.isascii() or not word.isalpha():
        return word.removesuffix("'s") if "'" in word else word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "zes", "ches", "shes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, left, shortest in _SUFFIXES:
        rest = word[: -len(ending)]
        if word.endswith(ending) and len(rest) >= shortest and _VOWEL.search(rest):
            word = rest + left if left else _base(rest)
            break
    if word.endswith(("er", "est")) and word not in _NOT_COMPARED:
        rest = word.removesuffix("est") if word.endswith("est") else word[:-2]
        if len(rest) > 3:
            word = _base(rest)
    if len(word) > 3 and word.endswith("e") and not _SHORT.fullmatch(word[:-1]):
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 2 and word[-1] == "y" and word[-2] not in "aeou" else word


def _base(rest: str) -> str:
    """The verb or adjective that an ending was put to: "runn" is run, "mak" is make."""
    if len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz":
        return rest[:-1]
    return rest + "e" if _SHORT.fullmatch(rest) else rest
