"""The models of other providers: all that are known are there, and each answers by its kind."""

import re
from collections import Counter
from typing import Any

import pytest

from mock_server import formats, usage
from mock_server.catalog import Catalog, Model
from mock_server.exchange import Tokens
from mock_server.tasks import TASKS

CATALOG = Catalog.load()
NAMES = CATALOG.others.names
EXAMPLES: dict[str, dict[str, Any]] = {  # inputs by what a model makes
    "": {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], "tools": [{"name": "x"}]},
    "decision": {"state": "It is late.", "questions": {"late": {"type": "noul", "instructions": "Is it late?"}}},
    "image": {"prompt": "a lighthouse", "aspect_ratio": "16:9", "images": ["iVBORw0KGgo="], "controls": {"a": [1]}},
    "cutout": {"image": "https://example.com/cup.png", "preserve_alpha": False},
    "video": {"prompt": "a lighthouse", "duration": "6s", "generate_audio": True},
    "speech": {"text": "Hello", "voice_settings": {"stability": 0.5}},
    "music": {"prompt": "calm", "composition_plan": {"chunks": [{"text": "la"}]}},
    "transcript": {"audio_url": "https://example.com/said.wav", "keyterms_prompt": ["one", "two"]},
}


def found(name: str) -> Model:
    model = CATALOG.third_party(name)
    assert model is not None
    return model


def test_all_150_known_models_are_there() -> None:
    assert len(NAMES) == len(set(NAMES)) == 151
    assert all(re.fullmatch(r"[a-z-]+/[a-z0-9.-]+", name) for name in NAMES)
    providers = Counter(name.partition("/")[0] for name in NAMES)
    assert (providers["openai"], providers["google"], providers["anthropic"], providers["cloudflare"]) == (
        26,
        25,
        14,
        7,
    )


def test_they_are_no_part_of_the_catalog_that_is_listed() -> None:
    assert not any("provider" in model.facts for model in CATALOG)
    assert CATALOG.find("openai/gpt-4.1") is None
    assert CATALOG.third_party("openai/no-such-model") is None
    assert CATALOG.third_party("@cf/meta/llama-3.1-8b-instruct-fp8") is None


@pytest.mark.parametrize("name", NAMES)
def test_a_model_takes_the_inputs_of_its_kind_and_refuses_others(name: str) -> None:
    model = found(name)
    assert model is CATALOG.third_party(name)
    assert model.responder in TASKS
    assert bool(model.formats) == (model.responder == "messages")
    assert set(model.formats.values()) <= set(formats.FORMATS)
    assert model.facts["provider"] == name.partition("/")[0]
    validator = CATALOG.validator(model)
    makes = model.facts.get("makes", "" if model.formats else "decision")
    assert validator.error(EXAMPLES[makes]) is None
    if makes not in ("video", "music"):
        assert validator.error({"nonsense": 1})
    assert CATALOG.schema(model, "output")["type"] == "object"


@pytest.mark.parametrize(
    ("name", "prices"),
    [
        ("bria/remove-background", {"per image": 0.018}),
        ("anthropic/claude-opus-5.5", {"per M input tokens": 4, "per M output tokens": 20}),
        ("openai/gpt-4.1", {}),
    ],
)
def test_prices_are_in_dollars_and_cost_no_neurons(name: str, prices: dict[str, float]) -> None:
    model = found(name)
    assert prices.items() <= model.prices.items()
    assert bool(prices) == bool(model.prices)
    assert usage.neurons(model, Tokens(1000, 1000), {"per image": 1.0}) == 0


def test_a_model_says_how_it_is_spoken_to() -> None:
    spoken = {name: found(name).facts["request_formats"] for name in NAMES if found(name).formats}
    assert all("anthropic-messages" in formats for name, formats in spoken.items() if name.startswith("anthropic/"))
    assert spoken["minimax/m3"] == ["chat-completions", "anthropic-messages"]
    assert spoken["openai/gpt-5.4-pro"] == ["responses"]
    assert found("anthropic/claude-opus-4.5").facts["echo_model"] == "claude-opus-4-5"
