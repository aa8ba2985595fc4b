from typing import Any

import pytest

from mock_server.text.extraction import Extractor, flattened
from mock_server.text.moments import days, times
from mock_server.text.schema_data import NOTHING
from mock_server.text.text_values import coordinated, people

TEXT, WHOLE, NUMBER = {"type": ["string"]}, {"type": ["integer"]}, {"type": ["number"]}


@pytest.mark.parametrize(
    ("name", "schema", "text", "value"),
    [
        ("city", TEXT, "Show me hotels in Lisbon", "Lisbon"),
        ("city", TEXT, "city exactly Ulm.", "Ulm"),
        ("destination", TEXT, "from Rome to Oslo", "Oslo"),
        ("country", TEXT, "We went to Paris in France", "France"),
        ("email", TEXT, "write to a.b@c.org please", "a.b@c.org"),
        ("url", TEXT, "open https://example.com/a?b=1.", "https://example.com/a?b=1"),
        ("order_id", TEXT, "my order number is A-17", "A-17"),
        ("user_id", WHOLE, "show user 42 and 7 more", 42),
        ("age", WHOLE, "in 2 weeks she is 36 years old", 36),
        ("num_days", WHOLE, "4 people for 3 days", 3),
        ("price", NUMBER, "it costs 12.50 dollars", 12.5),
        ("amount", NUMBER, "send 1,250.75 euros", 1250.75),
        ("budget", NUMBER, "a budget of 20k", 20000),
        ("when", TEXT, "see you next Friday", "next Friday"),
        ("time", TEXT, "at 3:30pm sharp", "15:30"),
        ("start_time", {"type": ["string"], "format": "time"}, "at noon", "12:00:00Z"),
        ("starts_at", {"type": ["string"], "format": "date-time"}, "2026-03-05 at 9am", "2026-03-05T09:00:00Z"),
        ("date", {"type": ["string"], "format": "date"}, "on the 5th of March 2027", "2027-03-05"),
        ("language", TEXT, "say it in German", "German"),
        ("language_code", {"type": ["string"], "description": "ISO code"}, "say it in German", "de"),
        ("to_currency", TEXT, "100 dollars to euros", "EUR"),
        ("color", TEXT, "a large red box", "red"),
        ("size", {"type": ["string"], "enum": ["small", "large"]}, "a large red box", "large"),
        ("status", {"type": ["string"], "enum": ["in_progress", "done"]}, "all that is in progress", "in_progress"),
        ("path", TEXT, "open src/main.py now", "src/main.py"),
        ("expression", TEXT, "what is 3*(4+5)?", "3 * (4 + 5)"),
        ("message", TEXT, "tell him 'see you soon'", "see you soon"),
        ("message", TEXT, "post a note saying dinner is ready.", "dinner is ready"),
        ("query", TEXT, "search for cheap flights", "cheap flights"),
        ("title", TEXT, "create a task called Water the plants", "Water the plants"),
        ("name", TEXT, "Please call Ada Lovelace.", "Ada Lovelace"),
        ("first_name", TEXT, "Please call Ada Lovelace.", "Ada"),
        ("company", TEXT, "she works at Acme", "Acme"),
        ("gift_wrap", {"type": ["boolean"]}, "with gift wrap please", True),
        ("gift_wrap", {"type": ["boolean"]}, "without gift wrap please", False),
        ("verbose", {"type": ["boolean"]}, "verbose: yes", True),
        ("cities", {"type": ["array"], "items": {"type": "string"}}, "from Rome to Oslo", ["Rome", "Oslo"]),
        ("numbers", {"type": ["array"], "items": {"type": "number"}}, "add 1, 2.5 and 3", [1, 2.5, 3]),
        (
            "tags",
            {"type": ["array"], "items": {"type": "string"}},
            "tags: red, green and blue",
            ["red", "green", "blue"],
        ),
        ("days", {"type": ["array"], "items": {"enum": ["mon", "tue", "wed"]}}, "on mon and wed", ["mon", "wed"]),
    ],
)
def test_a_property_finds_its_value(name: str, schema: dict[str, Any], text: str, value: Any) -> None:
    assert Extractor([text])((name,), schema) == value


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("city", TEXT),
        ("email", TEXT),
        ("age", WHOLE),
        ("size", {"type": ["string"], "enum": ["small"]}),
        ("date", TEXT),
    ],
)
def test_what_was_not_said_is_not_found(name: str, schema: dict[str, Any]) -> None:
    assert Extractor(["nothing of the kind"])((name,), schema) is NOTHING


def test_numbers_are_given_out_in_order_and_once() -> None:
    extract = Extractor(["add 2 and 3"])
    assert [extract((name,), NUMBER) for name in ("a", "b", "c")] == [2, 3, NOTHING]
    assert extract(("a",), NUMBER) == 2


def test_what_is_not_needed_is_not_guessed() -> None:
    extract = Extractor(["call me at 5, bring 2"], needed={"a"})
    assert extract(("b",), NUMBER) is NOTHING
    assert extract(("a",), NUMBER) is not NOTHING


def test_results_of_tools_are_known_by_name() -> None:
    known = flattened('{"user": {"id": 7, "displayName": "Ada"}, "orders": [{"orderId": "A-1"}]}')
    assert known["user_id"] == 7
    assert known["display_name"] == "Ada"
    assert known["order_id"] == "A-1"
    assert flattened("5") == {"result": 5}
    assert flattened("sunny") == {"result": "sunny"}
    assert Extractor(["list the orders"], known)(("user_id",), WHOLE) == 7


def test_enumerations_are_taken_apart() -> None:
    assert coordinated("the weather in Paris, Rome and Oslo") == ["Paris", "Rome", "Oslo"]
    assert coordinated("in Paris") == []


def test_people_are_not_places_or_days() -> None:
    assert people("On Monday we fly to Paris with Bob") == ["Bob"]


def test_relative_days_need_a_today() -> None:
    said = ["Today is Saturday, November 21, 2026."]
    assert days("tomorrow", said) == ["2026-11-22"]
    assert days("next Friday", said) == ["2026-11-27"]
    assert days("tomorrow", ["hello"]) == []
    assert days("May 4", said) == ["2026-05-04"]
    assert days("2026-02-31", said) == []
    assert times("from 9am to 17:45 or midnight") == ["09:00", "17:45", "00:00"]
