"""Where a text's sentences end."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?…])[\"')\]”’]*\s+(?=[\"'(\[“‘]*[^\sa-z])|(?<=[。！？।॥؟])\s*|\n+")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|vs|etc|no|vol|inc|ltd|co|corp|jr|sr|gen|sen|rep|fig|approx|dept|est|"
    r"e\.g|i\.e|u\.s|u\.k|a\.m|p\.m|[a-z])\.$",
    re.I,
)


def sentences(text: str) -> list[str]:
    """The sentences of a text, trimmed; line breaks end one, abbreviations ("Dr.") do not."""
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        before = text[start : match.end()]
        if "\n" not in match.group() and _ABBREVIATION.search(before.rstrip()[-10:]):
            continue
        found.append(before.strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]
