"""Extraction: every type of field, nulls, distributions, pictures, refusals and the bill."""

from __future__ import annotations

import json
from typing import Any

import pytest
from harness import Emulator
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.catalog import Catalog
from mock_server.errors import ApiError
from mock_server.tasks.extraction import respond

MODEL = next(model for model in Catalog.load() if model.responder == "extraction")
INVOICE = "Invoice #4471 from Acme Tools, dated 2026-03-03. 12 hammers. Total $174. Payment due in 30 days."


def ask(state: str, fields: dict[str, Any], **more: Any) -> Any:
    return respond(MODEL, {"state": state, "fields": fields, **more}, 1).value


def answer(state: str, name: str, spec: dict[str, Any], **more: Any) -> Any:
    return ask(state, {name: spec}, **more)["answers"][name]


def test_the_example_of_the_public_schema_is_read_right() -> None:
    fields = {
        "vendor": {"type": "text", "instructions": "Who sent the invoice?"},
        "invoice_date": {"type": "date"},
        "total": {"type": "number", "unit": "USD"},
        "items": {"type": "list", "items": "text", "instructions": "What was bought?"},
        "days_to_pay": {"type": "estimate", "min": 0, "max": 90},
    }
    value = ask(INVOICE, fields)
    assert list(value) == ["model", "answers", "truncated", "usage"]
    assert value["model"] == MODEL.name.rpartition("/")[2]
    assert value["truncated"] is False
    answers = value["answers"]
    assert list(answers) == list(fields)
    assert {name: found["value"] for name, found in answers.items()} == {
        "vendor": "Acme Tools",
        "invoice_date": "2026-03-03",
        "total": 174,
        "items": ["hammers"],
        "days_to_pay": 30,
    }
    assert list(answers["vendor"]) == ["type", "value", "p_null", "confidence", "span"]
    start, end = answers["vendor"]["span"]
    assert INVOICE[start:end] == "Acme Tools"
    assert [INVOICE[start:end] for start, end in answers["items"]["spans"]] == ["hammers"]
    usage = value["usage"]
    assert usage["input_tokens"] == usage["state_tokens"] + usage["image_tokens"] + usage["schema_tokens"]
    assert usage["output_tokens"] == 0


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ({"type": "duration", "unit": "minutes", "integer": True}, 90),
        ({"type": "duration", "unit": "hours"}, 1.5),
        ({"type": "duration"}, 5400),
        ({"type": "duration", "unit": "days", "decimals": 2}, 0.06),
        ({"type": "time", "instructions": "When does it start?"}, "09:15"),
        ({"type": "date"}, "2026-12-04"),
        ({"type": "list", "items": "date"}, ["2026-12-04"]),
    ],
)
def test_times_and_durations(spec: dict[str, Any], value: Any) -> None:
    found = answer("Service visit: December 4, from 09:15 to 10:45.", "visit", spec, reference_date="2026-12-01")
    assert found["value"] == value


def test_dates_without_a_year_are_null_without_a_day_to_count_from() -> None:
    assert answer("Service visit: December 4.", "visit", {"type": "date"})["value"] is None


def test_the_null_threshold_decides_between_value_and_guess() -> None:
    spec = {"type": "number", "instructions": "weight in kilograms"}
    state = "There are 3 dogs, 4 cats and 5 birds."
    doubtful = answer(state, "weight", spec)
    p_null = doubtful["p_null"]
    assert 0 < p_null < 1
    strict = answer(state, "weight", {**spec, "null_threshold": p_null - 0.01})
    lenient = answer(state, "weight", {**spec, "null_threshold": p_null + 0.01})
    assert (strict["value"], strict["guess"]) == (None, lenient["value"])
    assert "guess" not in lenient
    missing = answer("Nothing to see.", "iban", {"type": "text"})
    assert missing["value"] is None
    assert missing["p_null"] > 0.9


def test_estimates_have_a_distribution_within_their_bounds() -> None:
    state = "Its six previous invoices were paid 25, 28, 30, 30, 32, and 35 days after issue."
    spec = {"type": "estimate", "min": 0, "max": 90, "step": 1}
    found = answer(state, "days_to_pay", spec, options={"include_quantiles": True})
    keys = ["type", "value", "p_null", "confidence", "mean", "median", "p10", "p90", "p_below", "p_above", "quantiles"]
    assert list(found) == keys
    assert found["value"] == found["median"] == 30
    assert 20 <= found["p10"] < 30 < found["p90"] <= 40
    assert len(found["quantiles"]) == 99
    assert found["quantiles"] == sorted(found["quantiles"])
    assert "quantiles" not in answer(state, "days_to_pay", spec)


def test_estimates_take_days_and_logarithms() -> None:
    spec = {"type": "estimate", "min": "2026-10-21", "max": "2027-01-18", "step": 1}
    found = answer("Issued 2026-10-20, net 30.", "payment_date", spec)
    assert "2026-10-21" <= found["p10"] <= found["median"] <= found["p90"] <= "2027-01-18"
    monthly = answer("", "launch", {**spec, "step": "month"}, images=[PICTURE])
    assert monthly["median"].endswith("-21")
    cost = answer("Similar repairs cost $85, $120, $150, $190, and $260.", "repair_cost",
                  {"type": "estimate", "min": 10, "max": 10000, "scale": "log", "unit": "USD"})  # fmt: skip
    assert 100 < cost["median"] < 220


def test_forecasts_have_a_distribution_for_every_step() -> None:
    state = "Daily orders, oldest first: 91, 98, 103, 112, 63, 57, 89, 95, 101, 108, 117, 67, 61, 94."
    spec = {"type": "forecast", "min": 0, "max": 250, "step": 1, "horizon": 7, "interval": "day"}
    found = answer(state, "daily_orders", spec)
    assert len(found["steps"]) == len(found["value"]) == 7
    assert [step["median"] for step in found["steps"]] == found["value"]
    assert found["value"][4] < 70  # the weekend comes again
    assert found["value"][0] > 90
    assert list(found["steps"][0]) == ["mean", "median", "p10", "p90", "p_below", "p_above"]
    assert len(answer("", "x", {"type": "forecast"}, images=[PICTURE])["steps"]) == 1


def _picture() -> str:
    from base64 import b64encode
    from pathlib import Path

    cat = Path(__file__).parents[2] / "fixtures" / "assets" / "cat.png"
    return f"data:image/png;base64,{b64encode(cat.read_bytes()).decode()}"


PICTURE = _picture()


def test_what_only_a_picture_shows_says_so() -> None:
    value = ask(
        "",
        {"animals": {"type": "list", "items": "text", "instructions": "What does the image show?"}},
        images=[PICTURE],
    )
    assert value["usage"]["image_tokens"] > 0
    found = value["answers"]["animals"]
    assert found["source"] == "image"
    assert found["spans"] is None
    assert "cat" in " ".join(found["value"] or found["guess"])


def test_the_state_comes_back_when_asked_for() -> None:
    value = ask(INVOICE, {"a": {"type": "text"}}, options={"return_state_text": True})
    assert value["state_text"] == INVOICE
    assert list(value) == ["model", "answers", "truncated", "state_text", "usage"]


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"fields": {}}, "fields"),
        ({"fields": {f"f{number}": {"type": "text"} for number in range(101)}}, "fields"),
        ({"fields": {"1st": {"type": "text"}}}, "fields"),
        ({"fields": {"a": {"type": "list"}}}, "fields"),
        ({"fields": {"a": {"type": "text", "colour": 1}}}, "fields"),
        ({"fields": {"a": {"type": "estimate", "min": 5, "max": 5}}}, "fields"),
        ({"fields": {"a": {"type": "estimate", "min": "soon"}}}, "fields"),
        ({"fields": {"a": {"type": "estimate", "min": 0, "scale": "log"}}}, "fields"),
        ({"fields": {"a": {"type": "forecast", "horizon": 65}}}, "fields"),
        ({"state": " "}, "state"),
        ({"reference_date": "2026-02-30"}, "reference_date"),
        ({"images": ["data:image/png;base64,AAAA"]}, "images"),
        ({"questions": {}}, None),
    ],
)
def test_what_the_contract_excludes_is_refused(inputs: dict[str, Any], field: str | None) -> None:
    with pytest.raises(ApiError) as caught:
        respond(MODEL, {"state": INVOICE, "fields": {"a": {"type": "text"}}} | inputs, 1)
    assert (caught.value.row.status, caught.value.row.code) == (422, 5012)
    details = json.loads(caught.value.message().removeprefix("AiError: AiError: "))["error"]["details"]
    assert list(details["fieldErrors"]) == ([field] if field else [])


BOUND = st.one_of(st.none(), st.integers(-1000, 1000), st.floats(-1e6, 1e6), st.just("2026-05-01"))
SPEC = st.fixed_dictionaries(
    {"type": st.sampled_from("text number date time datetime duration list estimate forecast".split())},
    optional={
        "instructions": st.text(max_size=30),
        "unit": st.sampled_from(["USD", "minutes", "days", "kg", ""]),
        "integer": st.booleans(),
        "decimals": st.integers(0, 6),
        "items": st.sampled_from(["text", "number", "date"]),
        "min": BOUND,
        "max": BOUND,
        "step": st.one_of(st.none(), st.floats(-1, 1e4), st.sampled_from(["month", "year", "day"])),
        "scale": st.sampled_from(["linear", "log"]),
        "null_threshold": st.floats(0, 1),
        "horizon": st.integers(1, 64),
        "interval": st.sampled_from(["step", "day", "month", "quarter", "hour", "decade"]),
    },
)


@settings(max_examples=150, deadline=None)
@given(
    state=st.one_of(st.text(min_size=1, max_size=120), st.just(INVOICE)),
    fields=st.dictionaries(
        st.sampled_from(["a", "total", "due_date", "customer_name", "days_to_pay"]), SPEC, min_size=1
    ),
    reference=st.sampled_from([None, "2026-12-01", "0001-01-01", "9999-12-31"]),
)
def test_any_request_is_answered_or_refused(state: str, fields: dict[str, Any], reference: str | None) -> None:
    inputs = {"state": state, "fields": fields, "options": {"include_quantiles": True}}
    if reference:
        inputs["reference_date"] = reference
    try:
        reply = respond(MODEL, inputs, 1)
    except ApiError:
        return
    assert reply == respond(MODEL, inputs, 1)
    for name, found in reply.value["answers"].items():
        assert 0 <= found["p_null"] <= 1
        assert 0 <= found["confidence"] <= 1
        if found.get("span"):
            start, end = found["span"]
            assert 0 <= start < end <= len(state)
            if fields[name]["type"] == "text":
                assert state[start:end] == found["value"]
    json.dumps(reply.value, allow_nan=False)


def test_the_service_sends_it_in_its_envelope(emulator: Emulator) -> None:
    inputs = {"state": INVOICE, "fields": {"total": {"type": "number"}}, "options": {"include_quantiles": False}}
    assert emulator.run(MODEL.name, inputs).result["answers"]["total"]["value"] == 174
