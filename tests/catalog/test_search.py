"""What models/search finds, and how it shows it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from mock_server.catalog import HERE, Catalog, Model, search
from mock_server.catalog.search import Filters

CATALOG = Catalog.load()
NOW = datetime(2026, 11, 21, tzinfo=UTC).timestamp()
LISTED = [model for model in CATALOG if not model.hidden]


def at(day: str) -> float:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()


def names(now: float = NOW, **filters: Any) -> set[str]:
    return {model.name for model in search.find(CATALOG, Filters(**filters), now)}


def known(name: str) -> Model:
    found = CATALOG.find(name)
    assert found is not None
    return found


def test_hidden_and_deprecated_models_are_not_listed() -> None:
    hidden = {model.name for model in CATALOG if model.hidden}
    deprecated = {model.name for model in CATALOG if model.deprecated_on}
    assert hidden
    assert deprecated
    assert names() == {model.name for model in CATALOG} - hidden - deprecated


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"author": "meta"}, lambda model: model.name.startswith("@cf/meta/")),
        ({"author": "META"}, lambda model: model.name.startswith("@cf/meta/")),
        ({"task": "Text-to-Image"}, lambda model: model.task == "Text-to-Image"),
        ({"search": "LLAMA-3.2"}, lambda model: "llama-3.2" in model.name),
        ({"search": "image generator"}, lambda model: "image generator" in model.description),
        ({"hide_experimental": True}, lambda model: not model.has("beta")),
        ({"author": "qwen", "task": "Text Embeddings"}, lambda model: "qwen3-embedding" in model.name),
        ({"source": 1}, lambda model: True),
        ({"source": 1.0}, lambda model: True),
    ],
)
def test_a_filter_finds_those_and_no_others(filters: dict[str, Any], holds: Any) -> None:
    found = names(**filters)
    assert found
    assert found == {name for name in names() if holds(known(name))}


@pytest.mark.parametrize(
    "filters", [{"task": "text-to-image"}, {"task": "Text"}, {"search": "no such"}, {"source": 2}, {"author": "met"}]
)
def test_a_filter_that_nothing_meets_finds_nothing(filters: dict[str, Any]) -> None:
    assert names(**filters) == set()


@pytest.mark.parametrize(
    ("day", "plain", "included"),
    [
        ("2026-05-29", True, True),
        ("2026-05-30", False, True),
        ("2026-08-30", False, True),
        ("2026-08-31", False, False),
    ],
)
def test_a_deprecated_model_can_be_listed_for_three_months(day: str, plain: bool, included: bool) -> None:
    name = "@cf/meta/llama-3.1-8b-instruct"
    assert known(name).deprecated_on == "2026-05-30"
    assert (name in names(at(day))) is plain
    assert (name in names(at(day), include_deprecated=True)) is included


def test_three_months_after_the_end_of_november_are_the_end_of_february() -> None:
    model = replace(known("@cf/meta/llama-3.1-8b-instruct"), deprecated_on="2026-11-30")
    catalog = Catalog({model.name: model}, HERE)
    wanted = Filters(include_deprecated=True)
    assert search.find(catalog, wanted, at("2027-02-28")) == [model]
    assert search.find(catalog, wanted, at("2027-03-01")) == []


@pytest.mark.parametrize("model", LISTED, ids=lambda model: model.name)
def test_every_item_is_typed_as_observed(model: Model) -> None:
    item = search.item(model)
    assert list(item) == ["id", "source", "name", "description", "task", "created_at", "tags", "properties"]
    assert str(UUID(item["id"])) == item["id"]
    assert item["source"] == 1
    assert list(item["task"]) == ["id", "name", "description"]
    assert str(UUID(item["task"]["id"])) == item["task"]["id"]
    assert item["task"]["description"]
    datetime.strptime(item["created_at"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
    assert all(isinstance(tag, str) for tag in item["tags"])
    for entry in item["properties"]:
        assert list(entry) == ["property_id", "value"]
        kind = {"price": list, "reasoning_effort": dict}.get(entry["property_id"], str)
        assert isinstance(entry["value"], kind)


def test_ids_are_told_apart_and_the_published_ones_are_kept() -> None:
    ids = [search.item(model)["id"] for model in LISTED]
    assert len(set(ids)) == len(ids)
    assert search.item(known("@cf/deepgram/nova-3"))["id"] == "a226909f-eef8-4265-a3a0-90db0422762e"
    assert known("@cf/zai-org/glm-5.3").id is None  # its id is made up, and stays
    assert search.item(known("@cf/zai-org/glm-5.3"))["id"] == "3f0d7102-4449-5f10-9620-5df6ce22f4c3"


def test_the_marketplace_shows_prices_per_token_as_text() -> None:
    item = search.marketplace_item(known("@cf/zai-org/glm-5.2"))
    assert item["id"] == "@cf/zai-org/glm-5.2"
    assert item["hugging_face_id"] == "zai-org/glm-5.2"
    assert (item["context_length"], item["max_output_length"]) == (262144, 262144)
    assert item["pricing"]["prompt"] == "0.0000014000"
    assert item["pricing"]["completion"] == "0.0000044000"


def test_the_marketplace_shows_what_generates_text() -> None:
    shown = {model.name for model in LISTED if search.is_for_the_marketplace(model)}
    assert "@cf/openai/gpt-oss-20b" in shown
    assert "@cf/baai/bge-m3" not in shown


def test_every_task_and_author_of_a_listed_model_is_there() -> None:
    assert {task["name"] for task in search.tasks(CATALOG)} == {model.task for model in LISTED}
    ids = {task["name"]: task["id"] for task in search.tasks(CATALOG)}
    assert ids["Text Generation"] == "c329a1f9-323d-4e91-b2aa-582dd4188d34"
    authors = [author["name"] for author in search.authors(CATALOG)]
    assert authors == sorted(authors)
    assert set(authors) == {search.author_of(model) for model in LISTED}
