"""Hazards in what was said, by the categories S1 to S14 of the MLCommons taxonomy that Llama Guard judges by."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files

_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|not able)|i (?:can't|cannot|can not|won't|will not) (?:help|assist|provide|do|"
    r"support|give|answer|fulfil)|as an ai|against my guidelines|illegal and|please (?:seek|contact|call|reach out)|"
    r"lo siento|nao posso|no puedo|je ne peux pas|ich kann (?:dir|ihnen)? ?nicht)\b"
)


_SIDE = 3000


@cache
def _signs() -> tuple[dict[str, list[re.Pattern[str]]], list[re.Pattern[str]]]:
    """Patterns by category, and those of harmless phrases."""
    text = files("mock_server.text").joinpath("data", "harm.txt").read_text("utf-8")
    words: dict[str, str] = {}
    signs: dict[str, list[re.Pattern[str]]] = {}
    for line in text.splitlines():
        name, _, pattern = line.partition(": ")
        if line.startswith("{"):
            words[name] = pattern
        elif not line.startswith("#"):
            for placeholder, meaning in words.items():
                pattern = pattern.replace(placeholder, meaning)
            signs.setdefault(name, []).append(re.compile(pattern, re.S))
    return signs, signs.pop("!")


def hazards(text: str) -> list[str]:
    """The categories that a text falls into, "S1" before "S14"; empty for a harmless one.

    Of a long text the first and the last 3,000 characters are judged.
    """
    signs, harmless = _signs()
    if len(text) > 2 * _SIDE:
        text = f"{text[:_SIDE]}\n{text[-_SIDE:]}"
    plain = _plain(text)
    for pattern in harmless:
        plain = pattern.sub(" ", plain)
    found = [category for category, patterns in signs.items() if any(pattern.search(plain) for pattern in patterns)]
    return ["S4"] if "S4" in found else found


def is_refusal(text: str) -> bool:
    """Whether somebody declines to help."""
    return _REFUSAL.search(_plain(text)) is not None


def _plain(text: str) -> str:
    """Lower case, straight quotes, no accents, single spaces."""
    text = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    text = "".join(letter for letter in text if not "\u0300" <= letter <= "\u036f")
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
