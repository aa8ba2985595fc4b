"""Translation by a small dictionary; what it does not know is spelled in the target's script, and marked."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from mock_server.text.languages import Language
from mock_server.text.lexicon import STOPWORDS
from mock_server.text.scripts import SCRIPTS, written

_LONGEST = 5  # words of a phrase
_ENOUGH = 0.5  # share of words that must be known for a translation without a mark
_KEPT = (  # what every translation leaves as it is
    r"https?://\S+[^\s.,;:!?)]|www\.\S+[^\s.,;:!?)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\{\{[^{}]*\}\}|\$?\{[^{}]*\}|%\(\w+\)[a-z]|%(?:\d+\$)?[-+0-9.]*[sdifxqv@](?!\w)|</?[a-zA-Z][^<>]*>|`[^`]*`"
    r"|(?<!\w)[#@:]\w+:?|__\w+__|\[\[[^\]]*\]\]|&\w+;|[$€£]?\d[\d.,:/%-]*\d%?|\d+%?"
)
_PARTS = re.compile(rf"(?P<kept>{_KEPT})|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)|(?P<other>.)", re.S)
_AGREEING = {  # masculine, feminine, neuter, plural
    "fr": {"the": "le la le les", "a": "un une un des", "my": "mon ma mon mes", "this": "ce cette ce ces"},
    "es": {"the": "el la el los", "a": "un una un unos", "my": "mi mi mi mis", "this": "este esta este estos"},
    "de": {"the": "der die das die", "a": "ein eine ein", "my": "mein meine mein meine",
           "this": "dieser diese dieses diese"},
    "pt": {"the": "o a o os", "a": "um uma um uns", "my": "meu minha meu meus", "this": "este esta este estes"},
}  # fmt: skip
_CONTRACTED = {
    "fr": [(r"\b([lL])[ea] (?=[aeiouhàâéèêîôœ])", r"\1'"), (r"\b([jdJD])e (?=[aeiouhàâéèêîôœ])", r"\1'"),
           (r"\bde les\b", "des"), (r"\bde le\b", "du"), (r"\bà le\b", "au"), (r"\bà les\b", "aux")],
    "es": [(r"\bde el\b", "del"), (r"\ba el\b", "al")],
    "pt": [(r"\bde o\b", "do"), (r"\bde a\b", "da"), (r"\bem o\b", "no"), (r"\bem a\b", "na")],
    "de": [(r"\bin dem\b", "im"), (r"\bzu dem\b", "zum")],
}  # fmt: skip
_SIGNS = {
    "zh": str.maketrans({".": "。", ",": "，", "?": "？", "!": "！", ":": "：", ";": "；"}),
    "ja": str.maketrans({".": "。", ",": "、", "?": "？", "!": "！"}),
    "ar": str.maketrans({",": "،", "?": "؟", ";": "؛"}),
    "ur": str.maketrans({",": "،", "?": "؟", ".": "۔"}),
    "hi": str.maketrans({".": "।"}),
    "bn": str.maketrans({".": "।"}),
    "as": str.maketrans({".": "।"}),
    "or": str.maketrans({".": "।"}),
    "pa": str.maketrans({".": "।"}),
    "ne": str.maketrans({".": "।"}),
}
_ACCENTS = str.maketrans("aeiouAEIOUcns", "áéîöûÁÉÎÖÛçñš")
_UNSPACED = ("zh", "ja")
_ARTICLES = {
    "en": {"the": "the", "a": "a", "an": "a"},
    "fr": dict.fromkeys(("le", "la", "les"), "the") | dict.fromkeys(("un", "une", "des"), "a"),
    "es": dict.fromkeys(("el", "la", "los", "las"), "the") | dict.fromkeys(("un", "una", "unos", "unas"), "a"),
    "de": dict.fromkeys(("der", "die", "das", "den", "dem"), "the") | dict.fromkeys(("ein", "eine", "einen"), "a"),
    "pt": dict.fromkeys(("o", "a", "os", "as"), "the") | dict.fromkeys(("um", "uma", "uns", "umas"), "a"),
}
_WESTERN = str.maketrans({"。": ". ", "，": ", ", "、": ", ", "？": "? ", "！": "! ", "：": ": ", "；": "; "})


class _Word(NamedTuple):
    text: str
    gender: str = ""


@cache
def _columns() -> dict[str, dict[str, _Word]]:
    """By language, English phrase to word."""
    columns: dict[str, dict[str, _Word]] = {"en": {}}
    for name in ("dictionary.tsv", "dictionary_indic.tsv"):
        lines = files("mock_server.text").joinpath("data", name).read_text("utf-8").splitlines()
        _, header, *rows = (line.split("\t") for line in lines)
        for row in rows:
            columns["en"][row[0]] = _Word(row[0])
            for language, entry in zip(header[1:], row[1:], strict=True):
                text, _, gender = entry.partition("_")
                columns.setdefault(language, {})[row[0]] = _Word(text, gender)
    return columns


@cache
def _table(source: str, target: str) -> dict[str, _Word]:
    """Phrases of `source`, in lower case, to words of `target`."""
    columns = _columns()
    there = columns.get(target, {})
    table: dict[str, _Word] = {}
    for english, word in columns.get(source, {}).items():
        if english in there:
            table.setdefault(word.text.lower(), there[english])
    return table


def translate(text: str, source: Language, target: Language) -> str:
    """`text` in another language.

    Words and phrases of the dictionary are translated, with articles and contractions that agree. Where they are half
    of the words or more, others stay as they are, or are spelled by sound in the target's script; where they are
    fewer, the whole is marked, as in "[fr] Thé qûîçk", and its unknown words bear accents. Placeholders, numbers,
    links, tags and code are never touched.
    """
    if source.code == target.code or (source.words and source.words == target.words) or not text.strip():
        return text
    if source.words in _UNSPACED:
        text = _spaced(text, source.words)
    tokens = [(match.lastgroup or "", match.group()) for match in _PARTS.finditer(text)]
    work = _Work(tokens, _table(source.words, target.words), source.words, target)
    known = total = 0.0
    parts: list[tuple[str, str]] = []
    capital = False  # that an article had, which has no counterpart
    at = 0
    while at < len(tokens):
        kind, token = tokens[at]
        if kind != "word":
            parts.append((kind, token))
            at += 1
            continue
        word, length = work.phrase(at)
        weight = 0.2 if token.lower() in STOPWORDS and length == 1 else (length + 1) / 2
        total += weight
        if capital:
            token, capital = token[:1].upper() + token[1:], False
        if word is None:
            known += weight if token[0].isupper() and not work.begins(at) else 0
            parts.append(("unknown", token))
        else:
            known += weight
            capital = not word.text and token[0].isupper()
            parts.append(("found", _capital_of(token, word.text) if work.begins(at) or token[0] != "I" else word.text))
        at += length
    sure = known >= _ENOUGH * total
    result = _joined(parts, target, accents=not sure)
    return result if sure else f"[{target.code}] {result}"


class _Work(NamedTuple):
    """What is translated: kinds and texts of its parts, the table of words, the source's code, the target."""

    tokens: list[tuple[str, str]]
    table: dict[str, _Word]
    source: str
    target: Language

    def begins(self, at: int) -> bool:
        """Whether a sentence begins there."""
        before = "".join(token for _, token in self.tokens[max(0, at - 3) : at]).rstrip()
        return not before or before[-1] in ".!?:\n"

    def phrase(self, at: int) -> tuple[_Word | None, int]:
        """What the longest known phrase at a place means, and how many tokens it is long; (None, 1) for none."""
        for length in range(2 * _LONGEST - 1, 0, -2):
            piece = self.tokens[at : at + length]
            if len(piece) == length and all(
                kind == "word" if n % 2 == 0 else said == " " for n, (kind, said) in enumerate(piece)
            ):
                said = "".join(token for _, token in piece).lower().replace("’", "'")
                word = self.table.get(said) or (self._word(said, at) if length == 1 else None)
                if word is not None:
                    return (self._agreeing(said, at) or word if length == 1 else word), length
        return None, 1

    def _word(self, said: str, at: int) -> _Word | None:
        if (article := self._agreeing(said, at)) is not None:
            return article
        singular = self.table.get(said.removesuffix("s")) if self.source == "en" and said.endswith("s") else None
        if singular is None:
            return None
        ending = "s" if singular.gender and self.target.words in ("fr", "es", "pt") else ""
        return _Word(singular.text + ending, f"{singular.gender}p")

    def _agreeing(self, said: str, at: int) -> _Word | None:
        """An article or the like in the form that the noun after it asks for; nothing in languages without articles."""
        if not self.table:
            return None
        said = _ARTICLES.get(self.source, {}).get(said, said)
        forms = _AGREEING.get(self.target.words)
        if forms is None:
            return _Word(said if self.target.words == "en" else "") if said in ("the", "a") else None
        if said not in forms:
            return None
        gender = self._gender(at + 2)
        choices = forms[said].split()
        return _Word(choices[min(3 if "p" in gender else "mfn".index(gender[0]), len(choices) - 1)])

    def _gender(self, at: int) -> str:
        for _ in range(3):
            if at >= len(self.tokens) or self.tokens[at][0] != "word" or self.tokens[at][1].lower() in STOPWORDS:
                break
            word, length = self.phrase(at)
            if word is not None and word.gender:
                return word.gender
            at += length + 1
        return "m"


def _joined(parts: list[tuple[str, str]], target: Language, *, accents: bool) -> str:
    pieces: list[str] = []
    start = 0  # of the sentence
    for kind, said in parts:
        if said == "?" and target.words == "es" and "¿" not in pieces[start:]:
            pieces.insert(start, "¿")
        if said != " ":
            pieces.append(_shown(kind, said, target, accents=accents))
        elif pieces and pieces[-1]:  # an article that vanished takes its space along
            pieces.append(said)
        if kind == "other" and said in (".", "!", "?"):
            start = len(pieces) + 1
    result = "".join(pieces)
    if target.words in _UNSPACED:
        result = re.sub(r"(?<=[\u2e80-\uffef]) | (?=[\u2e80-\uffef])", "", result)
    for pattern, replacement in _CONTRACTED.get(target.words, ()):
        result = re.sub(pattern, replacement, result)
    return result


def _shown(kind: str, said: str, target: Language, *, accents: bool) -> str:
    """A part as it stands in the translation."""
    if kind == "unknown" and target.script in SCRIPTS:
        return _capital_of(said, written(said, target.script)) if said.isascii() else said
    if kind == "unknown" and accents:
        return said.translate(_ACCENTS)
    return said.translate(_SIGNS.get(target.words, {})) if kind == "other" else said


def _capital_of(token: str, spelled: str) -> str:
    """`spelled` with a capital letter where `token` has one."""
    return spelled[:1].upper() + spelled[1:] if token[0].isupper() else spelled


def _spaced(text: str, language: str) -> str:
    """A text without spaces, cut where the dictionary's words end."""
    known = sorted(_table(language, "en"), key=len, reverse=True)
    spaced = re.sub("|".join(map(re.escape, known)), lambda match: f"{match.group()} ", text)
    return re.sub(r"\s+(?=[.,!?:;。、，！？：；])", "", spaced).translate(_WESTERN).strip()


def share_known(text: str, language: Language) -> float:
    """How many of a text's words are words of a language, 0 to 1: enough to tell languages apart."""
    if language.words in _UNSPACED or language.script not in ("Latn", "Cyrl", "Arab", "Deva"):
        return float(any("\u3040" <= letter <= "\u30ff" for letter in text)) if language.words == "ja" else 0.0
    table = _table(language.words, "en")
    found = [match.group().lower() for match in _PARTS.finditer(text) if match.lastgroup == "word"]
    articles = _ARTICLES.get(language.words, {})
    return sum(word in table or word in articles for word in found) / len(found) if found else 0.0
