"""Decisions: the formulas, the contract's refusals, the bill, and pictures."""

from __future__ import annotations

import json
from base64 import b64encode
from io import BytesIO
from typing import Any

import jsonschema
import pytest
from harness import Emulator
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mock_server.catalog import Catalog, Model
from mock_server.errors import ApiError
from mock_server.tasks.decision import respond

CATALOG = Catalog.load()
MODELS = [model for model in CATALOG if model.responder == "decision"]
CLEF = next(model for model in MODELS if model.name.endswith("/clef"))
STATE = "Checkout has been failing for every customer for the last hour."
QUESTIONS: dict[str, Any] = {
    "urgent": {"type": "noul", "instructions": "Is this support request urgent?"},
    "team": {
        "type": "choice",
        "instructions": "Which team should handle this request?",
        "criteria": {
            "billing": "Payments, invoices, and refunds",
            "technical": "Outages, errors, and configuration",
            "sales": "Plans and upgrades",
        },
    },
    "severity": {
        "type": "score",
        "instructions": "How severe is the customer impact?",
        "criteria": ["No impact", "Minor", "Major", "Critical"],
    },
}
NOUL = {"type": "noul", "instructions": "Is it so?"}


def short(model: Model) -> str:
    return model.name.rpartition("/")[2]


def ask(asked: Model = CLEF, seed: int = 1, **inputs: Any) -> Any:
    given_inputs = {"model": short(asked), "state": STATE, "questions": QUESTIONS} | inputs
    reply = respond(asked, given_inputs, seed)
    jsonschema.validate(reply.value, CATALOG.schema(asked, "output"))
    return reply.value


def image(colour: str, size: tuple[int, int] = (64, 64), form: str = "PNG") -> str:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, form)
    return f"data:image/{form.lower()};base64,{b64encode(file.getvalue()).decode()}"


def four_decimals(value: float) -> bool:
    return round(value, 4) == value


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_captured_request_is_answered_in_the_captured_form(model: Model) -> None:
    value = ask(model)
    assert list(value) == ["model", "answers", "usage"]
    assert value["model"] == short(model)
    assert list(value["answers"]) == ["urgent", "team", "severity"]
    urgent, team, severity = value["answers"].values()
    assert list(urgent) == ["type", "noul"]
    assert urgent["noul"] > 0.9
    assert list(team) == ["type", "choice", "probabilities", "confidence"]
    assert team["choice"] == "technical"
    assert list(team["probabilities"]) == ["billing", "technical", "sales"]
    assert list(severity) == ["type", "score", "legend", "probabilities", "confidence"]
    assert severity["legend"] == {"0": "No impact", "1": "Minor", "2": "Major", "3": "Critical"}
    assert severity["score"] > 2.5
    assert value["usage"] == {"input_tokens": 346, "output_tokens": 0}


@settings(max_examples=60, deadline=None)
@given(
    state=st.one_of(st.text(max_size=80), st.dictionaries(st.text(max_size=8), st.integers(), max_size=4)),
    options=st.dictionaries(st.text(min_size=1, max_size=12), st.text(max_size=20), min_size=2, max_size=255),
    levels=st.lists(st.text(max_size=12), min_size=2, max_size=10),
    seed=st.integers(0, 2**64),
)
def test_every_answer_obeys_its_formulas(state: Any, options: dict[str, str], levels: list[str], seed: int) -> None:
    questions = {
        "c": {"type": "choice", "instructions": "Which?", "criteria": options},
        "s": {"type": "score", "instructions": {"ask": "How much?"}, "criteria": levels},
        "n": NOUL,
    }
    answers = ask(state=state, questions=questions, seed=seed)["answers"]
    assert 0 <= answers["n"]["noul"] <= 1
    assert four_decimals(answers["n"]["noul"])
    for answer in (answers["c"], answers["s"]):
        shares = list(answer["probabilities"].values())
        assert all(map(four_decimals, shares))
        assert sum(shares) == pytest.approx(1, abs=1e-9)
        even = 1 / len(shares)
        assert answer["confidence"] == pytest.approx((sum(s * s for s in shares) - even) / (1 - even), abs=1e-4)
    assert answers["c"]["probabilities"][answers["c"]["choice"]] == max(answers["c"]["probabilities"].values())
    score = sum(int(level) * share for level, share in answers["s"]["probabilities"].items())
    assert answers["s"]["score"] == pytest.approx(score, abs=1e-4)
    assert list(answers["c"]["probabilities"]) == list(options)


def refused(**inputs: Any) -> tuple[int, int, Any]:
    with pytest.raises(ApiError) as caught:
        ask(**inputs)
    row, message = caught.value.row, caught.value.message()
    detail = json.loads(message.removeprefix("AiError: AiError: ")) if row.status == 422 else message
    return row.status, row.code, detail


MANY = {str(number): "x" for number in range(256)}
BAD_IMAGE = "data:image/png;base64,AAAA"


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"model": "clef-flash"}, "model"),
        ({"questions": {f"q{number}": NOUL for number in range(65)}}, "questions"),
        ({"questions": {}}, "questions"),
        ({"questions": {"a b": NOUL}}, "questions"),
        ({"questions": {"a" * 101: NOUL}}, "questions"),
        ({"questions": {"a": {"type": "noul", "instructions": " "}}}, "questions"),
        ({"questions": {"a": {**NOUL, "weight": 1}}}, "questions"),
        ({"questions": {"a": {"type": "choice", "instructions": "?", "criteria": {"one": "x"}}}}, "questions"),
        ({"questions": {"a": {"type": "choice", "instructions": "?", "criteria": MANY}}}, "questions"),
        ({"questions": {"a": {"type": "score", "instructions": "?", "criteria": ["x"]}}}, "questions"),
        ({"questions": {"a": {"type": "score", "instructions": "?", "criteria": ["x"] * 11}}}, "questions"),
        ({"images": [image("red")] * 5}, "images"),
        ({"images": [BAD_IMAGE]}, "images"),
        ({"images": ["data:image/png;base64,not base64"]}, "images"),
        ({"images": ["https://example.com/cat.png"]}, "images"),
        ({"images": [{"content_type": "image/png", "base64": "AAAA"}]}, "images"),
        ({"images": [image("red", (4096, 4000))]}, "images"),
        ({"audio": []}, None),
        ({"temperature": 0}, None),
    ],
)  # fmt: skip
def test_what_the_contract_excludes_is_refused(inputs: dict[str, Any], field: str | None) -> None:
    status, code, body = refused(**inputs)
    assert (status, code) == (422, 5012)
    assert body["error"]["type"] == "invalid_request"
    assert body["error"]["message"] == "Request body failed validation"
    details = body["error"]["details"]
    assert list(details) == ["formErrors", "fieldErrors"]
    assert list(details["fieldErrors"]) == ([field] if field else [])
    assert bool(details["formErrors"]) == (field is None)


def test_the_refusal_of_an_image_is_the_captured_one(emulator: Emulator) -> None:
    body = {"model": "clef", "state": STATE, "questions": {"a": NOUL}, "images": [BAD_IMAGE]}
    status, code, message = emulator.run(CLEF.name, body).error
    detail = (
        '{"error":{"type":"invalid_request","message":"Request body failed validation",'
        '"details":{"formErrors":[],"fieldErrors":{"images":["image payload is invalid"]}}}}'
    )
    assert (status, code) == (422, 5012)
    assert message.startswith(f"AiError: AiError: {detail} (")


def test_a_body_over_the_window_is_refused_by_its_bytes() -> None:
    limit = CLEF.facts.get("request_tokens", CLEF.context_window)
    status, code, message = refused(state="x" * (4 * limit))
    assert (status, code) == (413, 5021)
    assert message.startswith("AiError: Ai: The estimated number of input and maximum output tokens (")
    assert f"context window limit ({CLEF.context_window})" in message


@pytest.mark.parametrize(("colour", "form"), [("blue", "PNG"), ("red", "JPEG"), ("green", "WEBP")])
def test_pictures_are_looked_at_and_billed(colour: str, form: str) -> None:
    question = {
        "type": "choice",
        "instructions": "What colour is the image?",
        "criteria": {name: name for name in ("red", "blue", "green")},
    }
    asked: dict[str, Any] = {"state": "Look at the attached image.", "questions": {"colour": question}}
    blind = ask(**asked)["usage"]["input_tokens"]
    url = image(colour, (512, 512), form)
    for given_image in (url, {"content_type": f"image/{form.lower()}", "base64": url.partition(",")[2]}):
        value = ask(**asked, images=[given_image])
        assert value["answers"]["colour"]["choice"] == colour
        assert value["usage"]["input_tokens"] == blind + 256
    assert ask(**asked, images=[image(colour, (2000, 2000), form)])["usage"]["input_tokens"] == blind + 1024


def test_the_wobble_of_a_seed_changes_no_plain_answer() -> None:
    answers = [ask(seed=seed)["answers"] for seed in range(5)]
    assert {answer["team"]["choice"] for answer in answers} == {"technical"}
    assert len({answer["urgent"]["noul"] for answer in answers}) > 1
