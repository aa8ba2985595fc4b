"""Values that a text states for a described field."""

from __future__ import annotations

from datetime import date

import pytest

from mock_server.text import fields
from mock_server.text.fields import Wanted

VISIT = """Customer: Morgan Chen.
Service visit: December 4, from 09:15 to 10:45, all times UTC.
Confirmation recorded at 2026-11-30T16:20:00Z.
Labor is $120 per hour. Parts will be invoiced separately.
No technician has been assigned yet."""
INVOICE = (
    "Invoice INV-4417 from Larkspur Studio, issued 2026-10-14, payment terms net 45. Bill to: Harbor & Pine LLC. "
    "Contacts: Dana Ruiz (dana@harborpine.example), Priya Shah. Line items: brand audit 2,400.00; icon set 1,150.00; "
    "rush fee 300.00. Total due $3,850.00. Late payments accrue 1.5% per month."
)
TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("text", "name", "instructions", "value"),
    [
        (VISIT, "customer", "Customer name", "Morgan Chen"),
        (VISIT, "technician", "Assigned technician name; null when not stated", None),
        (INVOICE, "invoice_number", "", "INV-4417"),
        (INVOICE, "po_number", "", None),
        (INVOICE, "vendor", "Who sent the invoice?", "Larkspur Studio"),
        (INVOICE, "email", "", "dana@harborpine.example"),
        (INVOICE, "bill_to", "", "Harbor & Pine LLC"),
        ("Order 77 ships to 12 Main St, Springfield.", "address", "", "12 Main St, Springfield"),
        ("Call +49 30 1234567 for help", "phone", "", "+49 30 1234567"),
        ("Dear Dr. Miller, the results are in.", "recipient", "Name of the recipient", "Dr. Miller"),
        ("The venue is in Lisbon.", "city", "", "Lisbon"),
        ("The colour of the car is dark red.", "colour", "", "dark red"),
        ("", "anything", "", None),
    ],
)
def test_texts(text: str, name: str, instructions: str, value: str | None) -> None:
    found = fields.text_span(text, Wanted(name, instructions, ""))
    if value is None:
        assert found is None or found.certainty < 0.5
        return
    assert found is not None
    assert found.value == value
    assert found.span is not None
    assert text[found.span[0] : found.span[1]] == value


@pytest.mark.parametrize(
    ("text", "kind", "name", "instructions", "value"),
    [
        (INVOICE, "number", "total", "", 3850),
        (INVOICE, "number", "rate", "late payment percentage per month", 1.5),
        (INVOICE, "date", "issued", "", "2026-10-14"),
        (VISIT, "date", "appointment", "Date of the service visit", "2026-12-04"),
        (VISIT, "time", "start_time", "Scheduled start time", "09:15"),
        (VISIT, "time", "end_time", "Scheduled end time", "10:45"),
        (VISIT, "datetime", "confirmed_at", "Confirmation timestamp in UTC", "2026-11-30T16:20:00Z"),
        (VISIT, "duration", "visit_minutes", "Elapsed time between the scheduled start and end", 5400),
        ("12 hammers and 3 saws. Total $174.", "number", "saws", "How many saws?", 3),
    ],
)
def test_mentions(text: str, kind: str, name: str, instructions: str, value: object) -> None:
    found = fields.best_mention(text, Wanted(name, instructions, ""), kind, TODAY)
    assert found is not None
    assert found.value == value
    assert found.certainty > 0.5


def test_what_is_worked_out_has_no_span() -> None:
    due = fields.date_computed(INVOICE, Wanted("due_date", "Issue date plus the net payment days", ""), None)
    assert due is not None
    assert (due.value, due.span) == ("2026-11-28", None)
    text = "4 pallets at $250.00 each, shipping $80.00."
    total = fields.number_computed(text, Wanted("total", "Pallets plus shipping", "USD"))
    assert total is not None
    assert (total.value, total.span) == (1080, None)
    labor = fields.number_computed(
        VISIT, Wanted("labor", "Visit duration in hours multiplied by hourly labor rate", "USD")
    )
    assert labor is not None
    assert labor.value == 180
    assert fields.date_computed("Nothing here.", Wanted("due_date", "", ""), None) is None


@pytest.mark.parametrize(
    ("text", "name", "instructions", "values"),
    [
        (INVOICE, "contacts", "", ["Dana Ruiz", "Priya Shah"]),
        ("12 hammers and 3 saws. Total $174.", "items", "What was bought?", ["hammers", "saws"]),
        ("To do:\n- buy milk\n- call Anna\n", "tasks", "", ["buy milk", "call Anna"]),
        ("Colours: red, green and blue.", "colours", "", ["red", "green", "blue"]),
        ("Write to a@b.co or c@d.org", "emails", "e-mail addresses", ["a@b.co", "c@d.org"]),
        ("", "colours", "", []),
    ],
)
def test_lists(text: str, name: str, instructions: str, values: list[str]) -> None:
    found = fields.text_list(text, Wanted(name, instructions, ""))
    assert [item.value for item in found] == values
    assert [text[item.span[0] : item.span[1]] for item in found if item.span] == values


def test_a_series_is_the_listing_that_fits() -> None:
    text = "Its six previous invoices were paid 25, 28, 30, 30, 32,\nand 35 days after issue."
    text += "\n\nRepairs cost $85, $120 and $150."
    assert fields.series(text, Wanted("days_to_pay", "", "")) == [25, 28, 30, 30, 32, 35]
    assert fields.series(text, Wanted("repair_cost", "", "USD")) == [85, 120, 150]
    assert fields.series("no numbers", Wanted("x", "", "")) == []
