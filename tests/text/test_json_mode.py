import json
from typing import Any

import pytest

from mock_server import errors
from mock_server.errors import ApiError
from mock_server.text import json_mode
from mock_server.text.conversation import read
from mock_server.text.tokens import count

STATE = 0x123456789ABCDEF


def answer(request: str, schema: Any = None, *, system: str = "", limit: int | None = None, **inputs: Any) -> Any:
    if schema is not None:
        inputs["response_format"] = {"type": "json_schema", "json_schema": schema}
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": request})
    said, value = json_mode.respond(read({"messages": messages}), inputs, limit, STATE)
    assert said is not None
    assert json.loads(said.text) == value
    return value


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
PERSON = {
    "type": "object",
    "properties": {"name": TEXT, "age": WHOLE, "city": TEXT},
    "required": ["name", "age", "city"],
}
ADA = {"name": "Ada", "age": 36, "city": "Paris"}
OBJECT = {"type": "json_object"}


@pytest.mark.parametrize(
    "inputs",
    [
        {"response_format": {"type": "json_schema", "json_schema": PERSON}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "p", "schema": PERSON, "strict": True}}},
        {"response_format": {"type": "json_schema", "name": "p", "schema": PERSON}},
        {"guided_json": PERSON},
        {"guided_json": json.dumps(PERSON)},
        {"text": {"format": {"type": "json_schema", "name": "p", "schema": PERSON}}},
    ],
)
def test_a_schema_is_found_in_every_form(inputs: dict[str, Any]) -> None:
    assert answer("Ada is 36 years old and lives in Paris.", **inputs) == ADA


@pytest.mark.parametrize(
    "inputs",
    [{}, {"response_format": {"type": "text"}}, {"response_format": None}, {"text": {"format": {"type": "text"}}}],
)
def test_without_a_wish_for_json_there_is_none(inputs: dict[str, Any]) -> None:
    assert json_mode.respond(read({"prompt": "Hi"}), inputs, None, STATE) == (None, None)


def test_values_are_extracted_from_the_conversation() -> None:
    properties = {
        "full_name": TEXT,
        "email": {"type": "string", "format": "email"},
        "phone": TEXT,
        "company": TEXT,
        "start_date": {"type": "string", "format": "date"},
    }
    request = "Extract: John Smith, john@smith.org, +1 555 123 4567, works at Acme since 2019-04-01"
    assert answer(request, {"type": "object", "properties": properties}) == {
        "full_name": "John Smith",
        "email": "john@smith.org",
        "phone": "+1 555 123 4567",
        "company": "Acme",
        "start_date": "2019-04-01",
    }


def test_options_and_numbers_are_recognised() -> None:
    schema = {"properties": {"quantity": WHOLE, "size": {"enum": ["small", "medium", "large"]}}}
    assert answer("I want 2 pizzas, large please", schema) == {"quantity": 2, "size": "large"}


def test_a_sentiment_is_judged_and_prose_is_about_the_request() -> None:
    schema = {
        "properties": {
            "sentiment": {"enum": ["positive", "negative", "neutral"]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "summary": TEXT,
        }
    }
    made = answer("I hate this broken toaster", schema)
    assert made["sentiment"] == "negative"
    assert 0.7 <= made["confidence"] < 1
    assert "toaster" in made["summary"]


def test_a_list_of_things_lists_such_things() -> None:
    schema = {"properties": {"colors": {"type": "array", "items": TEXT}}}
    assert len(set(answer("List three colors", schema)["colors"])) == 3


def test_an_object_has_the_keys_that_the_conversation_names_or_shows() -> None:
    named = answer(
        "Give me a recipe for tomato soup as JSON with keys title, ingredients and steps", response_format=OBJECT
    )
    assert list(named) == ["title", "ingredients", "steps"]
    assert isinstance(named["steps"], list)
    shown = answer(
        "hello", system='Respond with JSON like {"reply": "...", "score": 1, "tags": []}', response_format=OBJECT
    )
    assert [type(value) for value in shown.values()] == [str, int, list]
    assert answer("What is 3 plus 4?", response_format=OBJECT) == {"answer": "7"}


@pytest.mark.parametrize(
    ("told", "keys"),
    [
        ("Answer with JSON that fits this schema:\n{}\nNo fences.", {"country", "capital"}),
        ('{{"title": "unfinished"\n```json\n{}\n```', {"country", "capital"}),
        ('Like {{"type": "city"}}', {"type"}),
        ('{{"properties": {{"a": {{"type": "no type"}}}}}}', {"properties", "a", "type"}),
    ],
)
def test_a_schema_that_an_instruction_shows_is_kept_to(told: str, keys: set[str]) -> None:
    schema = {"type": "object", "properties": {"country": TEXT, "capital": TEXT}, "required": ["country", "capital"]}
    system = told.format(json.dumps(schema))
    assert set(answer("What is the capital of France?", system=system, response_format=OBJECT)) == keys


def test_json_that_is_dictated_is_given_back() -> None:
    assert answer('Reply exactly with: {"a": [1, 2]}', response_format=OBJECT) == {"a": [1, 2]}
    assert answer('Reply exactly with: {"a": 1}', PERSON) != {"a": 1}


def test_what_is_optional_is_left_out_when_there_is_no_room() -> None:
    schema = {"type": "object", "properties": {"id": WHOLE, "summary": TEXT, "details": TEXT}, "required": ["id"]}
    assert set(answer("Tell me about bees", schema)) == {"id", "summary", "details"}
    short = answer("Tell me about bees", schema, limit=12)
    assert set(short) == {"id"}
    assert count(json.dumps(short)) <= 12


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"type": "string", "minLength": 3, "maxLength": 1},
        {"allOf": [{"type": "string"}, {"type": "number"}]},
        "name, age",
        ["name"],
    ],
)
def test_a_schema_that_is_none_or_cannot_be_met_gets_the_error_of_the_service(schema: Any) -> None:
    with pytest.raises(ApiError) as caught:
        answer("Hi", schema)
    assert caught.value.row is errors.JSON_MODE_FAILED


def test_guided_json_that_is_no_json_gets_the_same_error() -> None:
    with pytest.raises(ApiError):
        answer("Hi", guided_json="{not json")
