"""Translation: both families, their shapes and bills."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from mock_server.catalog import Catalog, Model
from mock_server.exchange import Tokens
from mock_server.tasks.translation import respond
from mock_server.text.tokens import count

CATALOG = Catalog.load()


def model(name: str) -> Model:
    found = CATALOG.find(name)
    assert found is not None
    return found


M2M = model("@cf/meta/m2m100-1.2b")
INDIC = model("@cf/ai4bharat/indictrans2-en-indic-1B")


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"text": "Hello world", "target_lang": "french"}, "Bonjour le monde"),
        ({"text": "Hello world", "target_lang": "fr", "source_lang": "en"}, "Bonjour le monde"),
        ({"text": "Bonjour le monde", "target_lang": "es", "source_lang": "french"}, "Hola mundo"),
        ({"text": "Hello world", "target_lang": "fr", "source_lang": None}, "Bonjour le monde"),
    ],
)
def test_m2m100_takes_codes_and_names(inputs: dict[str, Any], text: str) -> None:
    reply = respond(M2M, inputs, 1)
    assert reply.value == {"translated_text": text}
    assert reply.tokens == Tokens(count(inputs["text"]), count(text))
    jsonschema.validate(reply.value, CATALOG.schema(M2M, "output"))


def test_indictrans_answers_a_list_for_one_text_or_several() -> None:
    one = respond(INDIC, {"text": "Hello", "target_language": "hin_Deva"}, 1).value
    several = respond(INDIC, {"text": ["Hello", "Thank you"], "target_language": "tam_Taml"}, 1).value
    assert one == {"translations": ["नमस्ते"]}
    assert several == {"translations": ["வணக்கம்", "நன்றி"]}
    assert respond(INDIC, {"text": [], "target_language": "tam_Taml"}, 1).value == {"translations": []}
    jsonschema.validate(several, CATALOG.schema(INDIC, "output"))


@pytest.mark.parametrize("code", CATALOG.schema(INDIC, "input")["properties"]["target_language"]["enum"])
def test_every_target_of_the_schema_is_answered(code: str) -> None:
    [translated] = respond(INDIC, {"text": "Good morning, friend 42", "target_language": code}, 1).value["translations"]
    assert "42" in translated
    assert (translated == "Good morning, friend 42") == (code == "eng_Latn")
