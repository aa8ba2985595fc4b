"""Models of other providers (``author/model``, no ``@``) that AI Gateway leads to, from ``third_party.json``.

``kinds`` says what all models of a kind have in common: task, responder, formats, facts and both schemas. ``models``
has a line for each id: its kind, and what is published of it. Of their own schemas, which differ in many options, only
what every model of a kind needs is asked for: options that one of them does not have are passed over.

Ids, kinds, formats and dates are those of the public catalog of models (May to October 2026); prices, in USD, are
known of few.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from mock_server.catalog import Model

FILE = Path(__file__).with_name("third_party.json")
SEEING = ("anthropic", "google", "openai")  # whose models all look at pictures
THINKING = {"style": "reasoning_content", "mandatory": False, "switch": "enable_thinking"}
# What these providers' models think stays with them, or is told when asked for only.
SILENT = ("google", "openai", "xai")
SPEAKS_MESSAGES = "anthropic-messages"  # one of the fact `request_formats`, of which the first is used on ai/run
SIDES = ("input", "output")


class ThirdParty:
    """All of them, read once. schemas: by the names that their models have for them (``input/third-party-chat``)."""

    def __init__(self) -> None:
        document = orjson.loads(FILE.read_bytes())
        self._kinds: dict[str, dict[str, Any]] = document["kinds"]
        self._lines: dict[str, dict[str, Any]] = document["models"]
        self._models: dict[str, Model] = {}
        self.schemas = {f"{side}/{_schema(name)}": kind[side] for name, kind in self._kinds.items() for side in SIDES}

    @property
    def names(self) -> tuple[str, ...]:
        """All ids, in alphabetical order."""
        return tuple(self._lines)

    def find(self, name: str) -> Model | None:
        """The model of that name, None when there is none; the same object each time."""
        found = self._models.get(name)
        if found is None and name in self._lines:
            found = self._models[name] = self._model(name, self._lines[name])
        return found

    def stand_in(self, name: str) -> Model:
        """A language model for an id that is not listed: its provider decides how it speaks."""
        return self._model(name, {"kind": "chat"})

    def _model(self, name: str, line: Mapping[str, Any]) -> Model:
        kind = self._kinds[line["kind"]]
        provider, _, own = name.partition("/")
        schema = _schema(line["kind"])
        properties: dict[str, Any] = {
            key: "true"
            for key in ("function_calling", "reasoning", "vision")
            if line.get(key) or (key == "vision" and line["kind"] == "chat" and provider in SEEING)
        }
        prices: Mapping[str, float] = line.get("price", {})
        if prices:
            properties["price"] = [{"unit": unit, "price": price, "currency": "USD"} for unit, price in prices.items()]
        if "context_window" in line:
            properties["context_window"] = str(line["context_window"])
        facts: dict[str, Any] = {
            **kind["facts"],
            "provider": provider,
            "echo_model": own.replace(".", "-") if provider == "anthropic" else own,
            "hides_neurons": True,
            "neurons": dict.fromkeys(prices, 0.0),  # paid for in credits, not in neurons
        }
        if line["kind"] == "chat":
            facts["request_formats"] = line.get("request_formats") or [
                SPEAKS_MESSAGES if provider == "anthropic" else "chat-completions"
            ]
            if provider == "anthropic":
                facts["reasoning"] = {**THINKING, "default": False}
            elif line.get("reasoning") and provider not in SILENT:
                facts["reasoning"] = {**THINKING, "default": True}
        if "backed_by" in line:
            facts["backed_by"] = line["backed_by"]
        return Model(
            name=name,
            task=line.get("task", kind["task"]),
            responder=kind["responder"],
            schema=dict.fromkeys(SIDES, schema),
            description=line.get("name", ""),
            created_at=line.get("created_at"),
            properties=properties,
            formats=kind.get("formats", {}),
            facts=facts,
        )


def _schema(kind: str) -> str:
    return f"third-party-{kind}"
