"""What is found in the catalog: models by the filters of ``models/search``, and the tasks and authors there are.

Items are typed as captured ones. Nobody published a whole response, so how a filter compares is chosen here where its
function says so.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from mock_server.catalog import HERE, Catalog, Model

MONTHS = 3  # for which a deprecated model can still be listed
OPENING = "2023-09-27 00:00:00.000"  # of Workers AI; stands for the moments that nobody published


@dataclass(frozen=True, slots=True)
class Filters:
    """Which models are wanted; None for any.

    author: the part of a name between its slashes, in any case. task: the name of a task, exactly (observed). search:
    a part of name or description, in any case. source: a number. hide_experimental: without those that are in beta.
    include_deprecated: with those that were deprecated in the last three months (documented).
    """

    author: str | None = None
    task: str | None = None
    search: str | None = None
    source: float | None = None
    hide_experimental: bool = False
    include_deprecated: bool = False


def find(catalog: Catalog, wanted: Filters, now: float) -> list[Model]:
    """The listed models that are as wanted, by name; now: seconds since the epoch."""
    today = datetime.fromtimestamp(now, UTC).date()
    return [model for model in catalog if _is_listed(model, wanted, today) and _fits(model, wanted)]


def _is_listed(model: Model, wanted: Filters, today: date) -> bool:
    if model.hidden:
        return False
    if model.deprecated_on is None:
        return True
    deprecated = date.fromisoformat(model.deprecated_on)
    return today < deprecated or (wanted.include_deprecated and today <= _months_later(deprecated))


def _months_later(day: date) -> date:
    years, month = divmod(day.month - 1 + MONTHS, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _fits(model: Model, wanted: Filters) -> bool:
    if wanted.author is not None and wanted.author.lower() != author_of(model).lower():
        return False
    if wanted.task is not None and wanted.task != model.task:
        return False
    if wanted.source is not None and wanted.source != model.source:
        return False
    if wanted.hide_experimental and model.has("beta"):
        return False
    return wanted.search is None or wanted.search.lower() in f"{model.name}\n{model.description}".lower()


def author_of(model: Model) -> str:
    """The author in a model's name: meta of @cf/meta/llama-3.2-1b-instruct."""
    return model.name.split("/")[1]


def item(model: Model) -> dict[str, Any]:
    """A model as ``models/search`` shows it."""
    return {
        "id": model.id or _made_up("model", model.name),
        "source": model.source,
        "name": model.name,
        "description": model.description,
        "task": task(model.task),
        "created_at": _created_at(model),
        "tags": list(model.tags),
        "properties": [{"property_id": key, "value": value} for key, value in model.properties.items()],
    }


def is_for_the_marketplace(model: Model) -> bool:
    """Whether ``format=openrouter`` shows a model: one that generates text and says how much it can attend to."""
    return model.task == "Text Generation" and model.context_window is not None


def marketplace_item(model: Model) -> dict[str, Any]:
    """A model as ``format=openrouter`` shows it: keys as a public client reads them, prices per token as captured."""
    prices = model.prices
    pricing = {"prompt": "per M input tokens", "completion": "per M output tokens"}
    if "per M cached input tokens" in prices:
        pricing["input_cache_read"] = "per M cached input tokens"
    has = {"tools": "function_calling", "reasoning": "reasoning"}
    return {
        "id": model.name,
        "name": model.name.rpartition("/")[2],
        "created": int(datetime.fromisoformat(f"{_created_at(model)}+00:00").timestamp()),
        "hugging_face_id": model.name.partition("/")[2],
        "context_length": model.context_window,
        "max_output_length": model.context_window,
        "input_modalities": ["text", "image"] if model.has("vision") else ["text"],
        "output_modalities": ["text"],
        "pricing": {key: f"{prices.get(unit, 0) / 1_000_000:.10f}" for key, unit in pricing.items()},
        "supported_features": [feature for feature, property_id in has.items() if model.has(property_id)],
        "supported_sampling_parameters": ["temperature", "top_p", "seed", "frequency_penalty", "presence_penalty"],
    }


def _created_at(model: Model) -> str:
    """To the millisecond, also where a date alone is known."""
    known = model.created_at or OPENING
    return known if " " in known else f"{known} 00:00:00.000"


def task(name: str) -> dict[str, str]:
    """A task as it is listed, and as it stands in a model's item: id, name, description."""
    known = _tasks().get(name) or {"id": _made_up("task", name), "description": ""}
    return {"id": known["id"], "name": name, "description": known["description"]}


def tasks(catalog: Iterable[Model]) -> list[dict[str, str]]:
    """Every task that a listed model is of, by name."""
    return [task(name) for name in sorted({model.task for model in catalog if not model.hidden})]


def authors(catalog: Iterable[Model]) -> list[dict[str, str]]:
    """Every author of a listed model, by name. Keys are like those of tasks: nobody published an author's."""
    names = sorted({author_of(model) for model in catalog if not model.hidden})
    return [{"id": _made_up("author", name), "name": name, "description": ""} for name in names]


@cache
def _tasks() -> dict[str, dict[str, str]]:
    tasks: dict[str, dict[str, str]] = orjson.loads((HERE / "tasks.json").read_bytes())
    return tasks


def _made_up(kind: str, name: str) -> str:
    """A uuid where none was published, the same for the same name: clients read its length."""
    return str(uuid5(NAMESPACE_URL, f"workers-ai/{kind}/{name}"))
