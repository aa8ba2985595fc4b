"""Translation by a small dictionary; what it does not know is spelled in the target's script, and marked."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from mock_server.text.languages import Language
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
    if source.code == target.code or not text.strip():
        return text
    table = _table(source.words, target.words)
    if source.words in _UNSPACED:
        text = _spaced(text, source.words)
    tokens = [(match.lastgroup or "", match.group()) for match in _PARTS.finditer(text)]
    known = total = 0
    parts: list[tuple[str, str]] = []
    at = 0
    while at < len(tokens):
        kind, token = tokens[at]
        if kind != "word":
            parts.append((kind, token))
            at += 1
            continue
        found, length = _phrase(tokens, at, table, target, source)
        total += (length + 1) // 2
        if found is None:
            named = token[0].isupper() and any(kind == "word" for kind, _ in tokens[:at])
            known += named
            parts.append(("unknown", token))
        else:
            known += (length + 1) // 2
            parts.append(("found", found.text[:1].upper() + found.text[1:] if token[0].isupper() else found.text))
        at += length
    sure = known >= _ENOUGH * total
    result = _joined(parts, target, accents=not sure)
    return result if sure else f"[{target.code}] {result}"


def _phrase(
    tokens: list[tuple[str, str]], at: int, table: dict[str, _Word], target: Language, source: Language
) -> tuple[_Word | None, int]:
    """The longest phrase of the table at a place, and how many tokens it is long; (None, 1) when there is none."""
    for length in range(2 * _LONGEST - 1, 0, -2):
        piece = tokens[at : at + length]
        if len(piece) == length and all(
            kind == "word" if n % 2 == 0 else token == " " for n, (kind, token) in enumerate(piece)
        ):
            said = "".join(token for _, token in piece).lower().replace("’", "'")
            if length == 1 and source.words == "en" and (article := _article(said, tokens, at, table, target)):
                return article, 1
            if said in table:
                return table[said], length
            singular = said.removesuffix("s")
            if length == 1 and source.words == "en" and singular != said and singular in table:
                word = table[singular]
                plural = word.text + "s" if target.words in _AGREEING and target.words != "de" and word.gender else word.text
                return _Word(plural, "p"), 1
    return None, 1


def _article(
    said: str, tokens: list[tuple[str, str]], at: int, table: dict[str, _Word], target: Language
) -> _Word | None:
    """What agrees with the noun that follows; articles vanish in languages without them."""
    said = "a" if said == "an" else said
    forms = _AGREEING.get(target.words)
    if forms is None:
        return _Word("") if said in ("the", "a") and target.words != "en" and target.words else None
    if said not in forms:
        return None
    following = [token.lower() for kind, token in tokens[at + 1 : at + 8] if kind == "word"][:3]
    words = [table.get(word) or table.get(word.removesuffix("s")) for word in following]
    gender = next((word.gender for word in words if word and word.gender), "m")
    if following and following[0].endswith("s") and following[0] not in table:
        gender = "p"
    choices = forms[said].split()
    at = 3 if "p" in gender else "mfn".index(gender[0])
    return _Word(choices[at] if at < len(choices) else choices[0])


def _joined(parts: list[tuple[str, str]], target: Language, *, accents: bool) -> str:
    unspaced = target.words in _UNSPACED
    signs = _SIGNS.get(target.words, {})
    result = ""
    for kind, token in parts:
        if kind == "unknown":
            if target.script in SCRIPTS:
                token = written(token, target.script) if token.isascii() or target.script != "Jpan" else token
            elif accents:
                token = token.translate(_ACCENTS)
        elif kind == "other":
            token = token.translate(signs)
        if unspaced and kind == "other" and token == " ":
            continue
        if unspaced and token and result and token[0].isascii() and token[0].isalnum() and result[-1].isascii():
            result += "" if result[-1].isspace() else " "
        if not token and result.endswith(" "):
            result = result[:-1]
        result += token
    for pattern, replacement in _CONTRACTED.get(target.words, ()):
        result = re.sub(pattern, replacement, result)
    if target.words == "es":
        result = re.sub(r"(?<![¿\w])([^\s.!?¿][^.!?¿]*\?)", r"¿\1", result)
    return result.lstrip() if parts and parts[0][1][:1] != " " else result


def _spaced(text: str, language: str) -> str:
    """A text without spaces, cut where the dictionary's words end."""
    known = sorted(_table(language, "en"), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, known)))
    return re.sub(r"\s+(?=[.,!?。，！？])", "", pattern.sub(lambda match: f"{match.group()} ", text)).strip()
