"""Dates and times in what was said. No clock is asked: "tomorrow" is a date only where the day of today is told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

_YEAR = 2026  # of days without a year, where nothing else is said
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATES = (
    re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b"),
    re.compile(rf"\b{_MONTH}\.? (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?\b", re.I),
    re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?{_MONTH}(?:,? (\d{{4}}))?\b", re.I),
    re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b"),
)
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_RELATIVE = re.compile(
    r"\b(today|tonight|tomorrow|yesterday|the day after tomorrow|(?:(?:this|next|on|coming) )?(?:"
    + "|".join(_WEEKDAYS)
    + r")|next (?:week|month|year)|this (?:week|month|weekend))\b",
    re.I,
)
_TODAY = re.compile(r"\b(?:today(?:'s date)? is|current date(?: is)?:?|date:|today:)\s*(?:[a-z]+day,? )?", re.I)
_TIME = re.compile(
    r"\b(\d{1,2}):(\d{2})(?::\d{2})?\s*(am|pm)?\b|\b(\d{1,2})\s*(am|pm|o'clock)\b|\b(noon|midnight)\b", re.I
)


def spans(text: str) -> list[tuple[int, int]]:
    """Where dates and times stand in a text."""
    return [match.span() for match in (*_dates_in(text), *_TIME.finditer(text))]


def days(text: str, texts: Sequence[str]) -> list[str]:
    """The days that a text names, as ISO dates. texts: all that was said, where the year or today may be told."""
    found = [day for match in _dates_in(text) if (day := _iso(match, _year(texts)))]
    return found or [day for match in _RELATIVE.finditer(text) if (day := _resolved(match.group(), texts))]


def times(text: str) -> list[str]:
    """The times of day that a text names, as HH:MM: "3pm" -> "15:00"."""
    return [_clock(match) for match in _TIME.finditer(text)]


def relative(text: str) -> str | None:
    """The first relative day in its own words: "next Friday"."""
    found = _RELATIVE.search(text)
    return re.sub(r"^on ", "", found.group(), flags=re.I) if found else None


def is_moment(text: str) -> bool:
    """Whether a text is nothing but a date or a time."""
    if any(pattern.fullmatch(text) for pattern in (*_DATES, _TIME)):
        return True
    return re.fullmatch(r"\d{1,2}(?:st|nd|rd|th|am|pm)", text, re.I) is not None


def _dates_in(text: str) -> Iterator[re.Match[str]]:
    for pattern in _DATES:
        yield from pattern.finditer(text)


def _iso(match: re.Match[str], year_told: int) -> str | None:
    a, b, c = match.groups()
    if a.isdigit() and len(a) == 4:
        year, month, day = int(a), int(b), int(c)
    elif not a.isdigit():
        year, month, day = int(c or year_told), _month(a), int(b)
    elif not b.isdigit():
        year, month, day = int(c or year_told), _month(b), int(a)
    else:
        year, month, day = int(c), int(a), int(b)
        if month > 12:
            month, day = day, month
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _month(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name.lower()[:3]))


def _today(texts: Sequence[str]) -> date | None:
    for text in texts:
        for mark in _TODAY.finditer(text):
            for pattern in _DATES:
                if (found := pattern.match(text, mark.end())) and (day := _iso(found, _YEAR)):
                    return date.fromisoformat(day)
    return None


def _year(texts: Sequence[str]) -> int:
    if today := _today(texts):
        return today.year
    return next((int(found.group()) for text in texts for found in re.finditer(r"\b20\d\d\b", text)), _YEAR)


def _resolved(relative: str, texts: Sequence[str]) -> str | None:
    today = _today(texts)
    if today is None:
        return None
    wanted = relative.lower()
    days = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2, "next week": 7}
    if wanted in days:
        return (today + timedelta(days[wanted])).isoformat()
    weekday = next((i for i, name in enumerate(_WEEKDAYS) if name in wanted), None)
    return None if weekday is None else (today + timedelta((weekday - today.weekday() - 1) % 7 + 1)).isoformat()


def _clock(match: re.Match[str]) -> str:
    hour, minute, half, alone, other_half, word = match.groups()
    if word:
        return "12:00" if word.lower() == "noon" else "00:00"
    hours, half = int(hour or alone), (half or other_half or "").lower()
    if half == "pm" and hours < 12:
        hours += 12
    if half == "am" and hours == 12:
        hours = 0
    return f"{hours % 24:02d}:{minute or '00'}"
