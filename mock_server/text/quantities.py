"""Numbers, dates, times and durations in a text, with where they stand."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, NamedTuple

Kind = Literal["number", "date", "time", "datetime", "duration"]
SECONDS = {
    "second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2629800, "quarter": 7889400,
    "year": 31557600,
}  # fmt: skip


class Mention(NamedTuple):
    """Something said. value: a number, an ISO date, HH:MM, an ISO datetime, or seconds. unit: $, % or the next word."""

    kind: Kind
    value: float | str
    start: int
    end: int
    unit: str = ""


_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_DATES = (
    re.compile(r"(?<![\d-])(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})(?![\d-])"),
    re.compile(rf"\b{_MONTH} {_DAY}(?:,? {_YEAR})?\b", re.I),
    re.compile(rf"\b{_DAY}\.? (?:of )?{_MONTH}(?:,? {_YEAR})?\b", re.I),
    re.compile(r"(?<![\d/])(?P<number>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})(?![\d/])"),
    re.compile(r"(?<![\d.])(?P<day>\d{1,2})\.(?P<number>\d{1,2})\.(?P<year>\d{4})(?![\d.])"),
)
_SOME_DAY = date(2000, 1, 1)
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_RELATIVE = re.compile(
    r"\b(?:(?P<plain>today|tonight|tomorrow|yesterday|the day after tomorrow)|in (?P<count>\d+|a|one|two|three) "
    r"(?P<unit>day|week|month|year)s?|(?P<ago>\d+) (?P<past>day|week|month|year)s? ago|(?:(?:next|this|on|coming) )?"
    r"(?P<weekday>" + "|".join(_WEEKDAYS) + r"))\b",
    re.I,
)
_CLOCK = (
    r"(?:(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?(?:\s?(?P<half>[ap]\.?m\.?))?|(?P<h2>\d{1,2})\s?(?P<half2>[ap]\.?m\b\.?)|"
    r"(?P<word>noon|midnight))"
)
_TIME = re.compile(rf"(?<![\d:T]){_CLOCK}(?![\d:])", re.I)
_DATETIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_COUNTED = "zero one two three four five six seven eight nine ten eleven twelve".split()
_WORDS = {word: number for number, word in enumerate(_COUNTED)} | {"dozen": 12, "half": 0.5, "a": 1, "an": 1}
_LENGTH = re.compile(
    r"(?<![\w.$€£])(?P<count>\d+(?:[.,]\d+)?|" + "|".join(_WORDS) + r")(?:\s|-)?"
    r"(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?|h|days?|weeks?|months?|quarters?|years?|yrs?)\b",
    re.I,
)
_NUMBER = re.compile(
    r"(?<![\w.,-])(?P<sign>[-−](?=[\d$€£¥]))?(?P<currency>[$€£¥]|usd |eur )?\s?"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<times>\s?(?:k|thousand|m|mn|million|bn|billion)\b)?(?P<percent>\s?%|\spercent\b)?(?![\w-]|,\d|\.\d|:\d)",
    re.I,
)
_NUMERAL = re.compile(r"\b(" + "|".join(word for word in _WORDS if len(word) > 2 and word != "half") + r")\b", re.I)
_TIMES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}


def dates(text: str, today: date | None = None) -> list[Mention]:
    """Days that a text names. today: what years that are not said, and "tomorrow", are counted from."""
    found: dict[tuple[int, int], Mention] = {}
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if day := _day(match.groupdict(), today, iso=pattern is _DATES[0]):
                found.setdefault(match.span(), Mention("date", day.isoformat(), *match.span()))
    if today is not None:
        for match in _RELATIVE.finditer(text):
            found.setdefault(match.span(), Mention("date", _relative(match, today).isoformat(), *match.span()))
    return sorted(found.values(), key=lambda mention: mention.start)


def times(text: str) -> list[Mention]:
    """Times of day, as HH:MM."""
    found = []
    for match in _TIME.finditer(text):
        if match["word"]:
            value = "12:00" if match["word"].lower() == "noon" else "00:00"
        else:
            hour, half = int(match["h"] or match["h2"]), (match["half"] or match["half2"] or "")[:1].lower()
            hour += 12 if half == "p" and hour < 12 else -12 if half == "a" and hour == 12 else 0
            if hour > 23 or int(match["m"] or 0) > 59:
                continue
            value = f"{hour:02d}:{match['m'] or '00'}"
        found.append(Mention("time", value, *match.span()))
    return found


def datetimes(text: str, today: date | None = None) -> list[Mention]:
    """Days with a time, as ISO 8601: written so, or a day and a time in the same clause."""
    found = []
    for match in _DATETIME.finditer(text):
        clock = match["time"] if match["time"].count(":") == 2 else f"{match['time']}:00"
        found.append(Mention("datetime", f"{match['date']}T{clock}{match['zone'] or ''}", *match.span()))
    clocks = times(text)
    for day in dates(text, today):
        if any(mention.start <= day.start < mention.end for mention in found):
            continue
        near = [clock for clock in clocks if 0 <= clock.start - day.end <= 24 or 0 <= day.start - clock.end <= 12]
        between = text[min(day.end, near[0].end) : max(day.start, near[0].start)] if near else ";"
        if not re.search(r"[\n;!?]|\. ", between):
            span = min(day.start, near[0].start), max(day.end, near[0].end)
            found.append(Mention("datetime", f"{day.value}T{near[0].value}:00", *span))
    return sorted(found, key=lambda mention: mention.start)


def durations(text: str) -> list[Mention]:
    """Lengths of time in seconds: said ("1 hour 30 minutes"), or between two times ("from 09:15 to 10:45")."""
    found: list[Mention] = []
    for match in _LENGTH.finditer(text):
        count = _WORDS.get(match["count"].lower())
        seconds = (float(match["count"].replace(",", ".")) if count is None else count) * SECONDS[_unit(match["unit"])]
        joined = found and re.fullmatch(r",?\s*(?:and\s+)?", text[found[-1].end : match.start()])
        if joined and isinstance(found[-1].value, float):
            last = found.pop()
            found.append(Mention("duration", float(last.value) + seconds, last.start, match.end(), last.unit))
        else:
            found.append(Mention("duration", seconds, *match.span(), _unit(match["unit"])))
    clocks = times(text)
    for first, second in itertools.pairwise(clocks):
        if re.fullmatch(r"\s*(?:to|until|till|-|–|and)\s*", text[first.end : second.start]):
            minutes = [int(part[:2]) * 60 + int(part[3:]) for part in (str(first.value), str(second.value))]
            seconds = float((minutes[1] - minutes[0]) % 1440 * 60)
            found.append(Mention("duration", seconds, first.start, second.end, "minute"))
    return sorted(found, key=lambda mention: mention.start)


def numbers(text: str) -> list[Mention]:
    """Numbers that are no part of a date, a time or a code."""
    moments = (*dates(text, _SOME_DAY), *times(text), *datetimes(text))
    taken = [(moment.start, moment.end) for moment in moments if not text[moment.start :].lower().startswith("in ")]
    found = []
    for match in (*_NUMBER.finditer(text), *_NUMERAL.finditer(text)):
        start, end = match.span()
        if any(start < other_end and other_start < end for other_start, other_end in taken):
            continue
        if match.re is _NUMERAL:
            value: float = _WORDS[match[1].lower()]
            unit = ""
        else:
            value = float(match["number"].replace(",", "")) * _TIMES.get((match["times"] or "").strip().lower(), 1)
            value = -value if match["sign"] else value
            unit = (match["currency"] or match["percent"] or "").strip()
        follows = re.match(r"\s?-?([A-Za-z]+)", text[end : end + 24])
        unit = unit or (follows[1].lower() if follows else "")
        while start < end and text[start] == " ":
            start += 1
        found.append(Mention("number", value, start, end, unit))
    return sorted(found, key=lambda mention: mention.start)


def _unit(word: str) -> str:
    word = word.lower()
    if word.startswith(("h", "y")):
        return "hour" if word[0] == "h" else "year"
    return next(unit for unit in SECONDS if unit.startswith(word[:2]))


def unit_of(word: str) -> str | None:
    """The unit of time that a word means: "mins" -> "minute"."""
    return _unit(word) if _LENGTH.fullmatch(f"1 {word.strip()}") else None


def _day(parts: dict[str, str | None], today: date | None, *, iso: bool) -> date | None:
    month = parts.get("month")
    number = int(parts["number"] or 0) if "number" in parts else _MONTHS.index(str(month)[:3].lower()) + 1
    day, year = int(parts["day"] or 0), parts.get("year")
    if "number" in parts and not iso and number > 12 >= day:
        number, day = day, number
    try:
        if year:
            return date(int(year), number, day)
        if today is None:
            return None
        guesses = [date(today.year + shift, number, day) for shift in (-1, 0, 1)]
        return min(guesses, key=lambda guess: abs((guess - today).days))
    except ValueError:
        return None


def _relative(match: re.Match[str], today: date) -> date:
    plain = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2}
    if match["plain"]:
        return today + timedelta(plain[match["plain"].lower()])
    if match["weekday"]:
        return today + timedelta((_WEEKDAYS.index(match["weekday"].lower()) - today.weekday() - 1) % 7 + 1)
    count = match["count"] or match["ago"]
    amount = int(count) if count.isdigit() else int(_WORDS[count.lower()])
    unit = (match["unit"] or match["past"]).lower()
    return later(today, amount if match["count"] else -amount, unit)


def later(day: date, amount: int, unit: str) -> date:
    """`amount` days, weeks, months, quarters or years after a day, within the calendar."""
    if unit in ("month", "quarter", "year"):
        months = day.year * 12 + day.month - 1 + amount * {"month": 1, "quarter": 3, "year": 12}[unit]
        year, month = max(1, min(9999, months // 12)), months % 12 + 1
        for last in (day.day, 30, 29, 28):
            try:
                return date(year, month, last)
            except ValueError:
                continue
    days = amount * {"day": 1, "week": 7}.get(unit, 1)
    return date.fromordinal(max(1, min(date.max.toordinal(), day.toordinal() + days)))


def all_of(kind: str, text: str, today: date | None) -> Iterator[Mention]:
    """The mentions of a kind."""
    match kind:
        case "date":
            yield from dates(text, today)
        case "time":
            yield from times(text)
        case "datetime":
            yield from datetimes(text, today)
        case "duration":
            yield from durations(text)
        case _:
            yield from numbers(text)
