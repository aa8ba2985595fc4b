"""Numbers, dates, times and durations in a text, and where they stand."""

from datetime import date

import pytest

from mock_server.text import quantities

TODAY = date(2026, 12, 1)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "value", "where"),
    [
        ("dated 2026-03-03.", "2026-03-03", "2026-03-03"),
        ("on March 5, 2026", "2026-03-05", "March 5, 2026"),
        ("the 5th of March 2026", "2026-03-05", "5th of March 2026"),
        ("03/04/2026", "2026-03-04", "03/04/2026"),
        ("25/12/2026", "2026-12-25", "25/12/2026"),
        ("1.2.2026", "2026-02-01", "1.2.2026"),
        ("visit December 4 please", "2026-12-04", "December 4"),
        ("on January 3", "2027-01-03", "January 3"),
        ("tomorrow", "2026-12-02", "tomorrow"),
        ("next Friday", "2026-12-04", "next Friday"),
        ("in 30 days", "2026-12-31", "in 30 days"),
        ("2 months ago", "2026-10-01", "2 months ago"),
    ],
)
def test_dates(text: str, value: str, where: str) -> None:
    [mention] = quantities.dates(text, TODAY)
    assert (mention.value, text[mention.start : mention.end]) == (value, where)


@pytest.mark.parametrize("text", ["31.02.2026", "2026-13-01", "version 1.2.3", "7/8", "may I", "call 555-1234"])
def test_what_is_no_date(text: str) -> None:
    assert quantities.dates(text, TODAY) == []


def test_days_without_a_year_need_a_day_to_count_from() -> None:
    assert quantities.dates("December 4, or tomorrow") == []


@pytest.mark.parametrize(
    ("text", "values"),
    [("at 3pm", ["15:00"]), ("12 a.m.", ["00:00"]), ("from 09:15 to 10:45", ["09:15", "10:45"]), ("noon", ["12:00"]),
     ("25:10", [])],
)  # fmt: skip
def test_times(text: str, values: list[str]) -> None:
    assert [mention.value for mention in quantities.times(text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("recorded at 2026-11-30T16:20:00Z.", ["2026-11-30T16:20:00Z"]),
        ("December 4, from 09:15", ["2026-12-04T09:15:00"]),
        ("December 4. Open at 9am", []),
    ],
)
def test_datetimes(text: str, values: list[str]) -> None:
    assert [mention.value for mention in quantities.datetimes(text, TODAY)] == values


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30 days", [2592000]), ("1 hour and 30 minutes", [5400]), ("from 09:15 to 10:45", [5400]),
     ("half an hour", [3600]), ("a week", [604800]), ("90 mins", [5400]), ("$30 hours", [])],
)  # fmt: skip
def test_durations(text: str, seconds: list[float]) -> None:
    assert [mention.value for mention in quantities.durations(text)] == seconds


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Total $1,234.50", [(1234.5, "$")]),
        ("about 1.5 million users", [(1500000, "users")]),
        ("45% off", [(45, "%")]),
        ("-3 degrees", [(-3, "degrees")]),
        ("three people and 2 dogs", [(3, "people"), (2, "dogs")]),
        ("INV-2291 of 2026-01-01 at 10:30", []),
    ],
)
def test_numbers(text: str, found: list[tuple[float, str]]) -> None:
    assert [(mention.value, mention.unit) for mention in quantities.numbers(text)] == found


@pytest.mark.parametrize(
    ("amount", "unit", "day"), [(1, "month", "2028-02-29"), (-1, "year", "2027-01-31"), (2, "week", "2028-02-14")]
)
def test_later_stays_within_the_calendar(amount: int, unit: str, day: str) -> None:
    assert quantities.later(date(2028, 1, 31), amount, unit).isoformat() == day
    assert quantities.later(date(9999, 12, 31), 5000, unit) <= date.max
