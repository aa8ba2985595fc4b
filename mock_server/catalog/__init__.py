"""What exists: the models of Workers AI, one JSON file each (path below ``models/`` = model id), and their schemas.

A file says everything that code needs to know about its model; adding one touches no code. See ``Model`` for its keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from mock_server.catalog.validation import Validator
from mock_server.errors import MockError

if TYPE_CHECKING:
    from mock_server.catalog.third_party import ThirdParty

HERE = Path(__file__).parent
NAME = re.compile(r"@(?:cf|hf)/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+").fullmatch
# Facts of what was observed of a model and nobody wants.
QUIRKS = frozenset({"streams_tools_as_text", "tools_as_text_unless_required", "closes_without_choices"})
KINDS: dict[str, type | tuple[type, ...]] = {"any": object, "string": str, "list": list, "object": dict}


@dataclass(frozen=True, eq=False)  # each is itself: a model is a key of caches
class Model:
    """One entry of the catalog. The keys of its file:

    id: uuid, null when nobody published it. task: as Cloudflare spells it. description, created_at, source, tags and
    properties (property id -> value, typed as the service types them: strings, but for price and reasoning_effort):
    as ``models/search`` shows them.
    responder: which function of ``mock_server.tasks`` answers. schema: names below ``schemas/input`` and ``/output``.
    formats: input key -> how a completion to it is written; the first key that is among the inputs decides; empty
    for models whose answer is not a language model's.
    facts: what responder and format need to know of this model (dimensions, engine, media type ...).
    deprecated_on: date from which it answers 410/5028. hidden: answers, but is not listed. alias_of: another model
    that answers in its place. internal_name: the id that errors show. gated: only allowed accounts (5018).
    agreement: wants 'agree' first (5016).
    """

    name: str
    task: str
    responder: str
    schema: Mapping[str, str]
    id: str | None = None
    description: str = ""
    created_at: str | None = None
    source: int = 1
    tags: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    deprecated_on: str | None = None
    hidden: bool = False
    alias_of: str | None = None
    internal_name: str | None = None
    gated: bool = False
    agreement: bool = False

    def has(self, property_id: str) -> bool:
        """Whether a yes/no property (``lora``, ``vision``, ``require_workers_paid`` ...) is "true"."""
        return self.properties.get(property_id) == "true"

    @cached_property
    def context_window(self) -> int | None:
        """Tokens the model can attend to, or None where the catalog does not say."""
        value = self.properties.get("context_window")
        return int(value) if value else None

    @cached_property
    def prices(self) -> Mapping[str, float]:
        """USD by unit, such as {"per M input tokens": 0.1}; empty for models without a published price."""
        return {row["unit"]: row["price"] for row in self.properties.get("price", ())}


class Catalog:
    """All models, found by name; schemas are read and compiled when first asked for."""

    def __init__(self, models: Mapping[str, Model], schemas: Path) -> None:
        self._models = models
        self._schemas = schemas
        self._loaded: dict[str, Any] = {}
        self._validators: dict[str, Validator] = {}
        self._inference: list[dict[str, Any]] | None = None

    @classmethod
    def load(cls, folder: Path = HERE, *, quirks: bool = True) -> Catalog:
        """Read every model file below `folder`/models; without `quirks`, models do as they should (see QUIRKS).

        MockError names the file that cannot be read.
        """
        models = {}
        root = folder / "models"
        for path in sorted(root.rglob("*.json")):
            name = path.relative_to(root).as_posix().removesuffix(".json")
            try:
                model = Model(name=name, **orjson.loads(path.read_bytes()))
            except (orjson.JSONDecodeError, TypeError) as error:
                raise MockError(f"{path}: not a model file: {error}") from error
            if not quirks and not QUIRKS.isdisjoint(model.facts):
                facts = {fact: value for fact, value in model.facts.items() if fact not in QUIRKS}
                model = replace(model, facts=facts)
            models[name] = model
        return cls(models, folder / "schemas")

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def __len__(self) -> int:
        return len(self._models)

    def find(self, name: str) -> Model | None:
        """The model of that name, as written or with its alias still unresolved; None when there is none."""
        return self._models.get(name)

    def third_party(self, name: str) -> Model | None:
        """The model of another provider (``author/model``) that AI Gateway leads to; None when there is none.

        They are read when first asked for, and are no part of the catalog that is listed and counted.
        """
        return self.others.find(name)

    @cached_property
    def others(self) -> ThirdParty:
        """The models of other providers."""
        from mock_server.catalog.third_party import ThirdParty

        found = ThirdParty()
        self._loaded.update(found.schemas)
        return found

    def resolve(self, model: Model) -> Model:
        """The model that answers for this one: itself, or what its alias names, under the name that was asked for.

        Observed: an answer through an alias names the alias.
        """
        if model.alias_of is None:
            return model
        return replace(self._models[model.alias_of], name=model.name)

    @staticmethod
    def is_name(text: str) -> bool:
        """Whether `text` has the form of a model's id: @cf/author/name or @hf/author/name."""
        return NAME(text) is not None

    def suggestion(self, name: str) -> str:
        """ "did you mean …; " with the nearest listed name, or nothing."""
        from difflib import get_close_matches

        nearest = get_close_matches(name, [model.name for model in self if not model.hidden], n=1, cutoff=0.6)
        return f"did you mean {nearest[0]}?; " if nearest else ""

    def infer(self, name: str, inputs: Mapping[str, Any]) -> Model | None:
        """A stand-in for a model outside the catalog: like the one that takes such inputs, without its price.

        The rules are in ``inferred.json``, the first that fits decides: a pattern for the name, inputs that must be
        there by kind (any, string, list, object), and further inputs of which one must be. None when no rule fits.
        """
        if self._inference is None:
            self._inference = orjson.loads((HERE / "inferred.json").read_bytes())
        for rule in self._inference:
            if not re.search(rule.get("name", ""), name, re.IGNORECASE):
                continue
            if not all(key in inputs and isinstance(inputs[key], KINDS[kind]) for key, kind in rule["inputs"].items()):
                continue
            if "and_one_of" in rule and not any(key in inputs for key in rule["and_one_of"]):
                continue
            if "model" in rule:  # no model of the catalog answers so
                return Model(name=name, **rule["model"])
            like = self._models[rule["like"]]
            return replace(
                like, name=name, id=None, description="", properties={}, deprecated_on=None, alias_of=None,
                agreement=False, gated=False,
            )  # fmt: skip
        return None

    def schema(self, model: Model, side: str) -> Any:
        """The JSON Schema of a model's `side`: "input", "output", or "form" (the fields of a multipart form)."""
        folder = "output" if side == "output" else "input"
        key = f"{folder}/{model.schema[side]}"
        if key not in self._loaded:
            self._loaded[key] = orjson.loads((self._schemas / f"{key}.json").read_bytes())
        return self._loaded[key]

    def typed(self, model: Model, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a form with numbers and booleans where the schema wants them: a form knows only text."""
        wanted = self.schema(model, "form" if "form" in model.schema else "input").get("properties", {})
        return {key: _typed(value, wanted.get(key, {}).get("type")) for key, value in fields.items()}

    def validator(self, model: Model, form: bool = False) -> Validator:
        """The compiled check of a model's inputs, or of the fields of a form; models that share a schema share it."""
        side = "form" if form and "form" in model.schema else "input"
        key = model.schema[side]
        found = self._validators.get(key)
        if found is None:
            found = self._validators[key] = Validator(self.schema(model, side))
        return found


def _typed(value: Any, kind: Any) -> Any:
    if not isinstance(value, str) or kind not in ("integer", "number", "boolean"):
        return value
    try:
        read = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    return read if isinstance(read, int | float) else value
