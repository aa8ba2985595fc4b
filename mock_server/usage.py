"""What an answer costs: from tokens and other units to neurons, in the arithmetic of the service.

Captured ``usage.neurons`` carry the rounding of 32-bit floats: every rate, product and sum is rounded to one. A model
whose captures show plain doubles says so in its facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from struct import Struct

from mock_server.catalog import Model
from mock_server.exchange import Tokens

USD_PER_NEURON = 0.000011  # published: $0.011 per 1,000 neurons
MILLION = 1_000_000

_SINGLE = Struct("<f")


def neurons(model: Model, tokens: Tokens | None, units: Mapping[str, float]) -> float:
    """Neurons of an answer of `model`.

    tokens: what is billed by token; cached prompt tokens cost the model's cached price, or the full one where it has
    none. units: amounts of everything else by the unit of the catalog's prices, such as {"per audio minute": 0.05};
    units without a price are free.
    """
    rounded = _rounding(model)
    total = 0.0
    if tokens is not None:
        read, written = rate(model)
        if tokens.cached:
            fresh = rounded(read * (tokens.prompt - tokens.cached))
            total = rounded(fresh + rounded(_cached_rate(model, read) * tokens.cached))
        else:
            total = rounded(read * tokens.prompt)
        if tokens.completion:
            total = rounded(total + rounded(written * tokens.completion))
    for unit, amount in units.items():
        total = rounded(total + rounded(rounded(_price(model, unit)) * amount))
    return total


def rate(model: Model) -> tuple[float, float]:
    """Neurons per input token and per output token."""
    rounded = _rounding(model)
    read, written = _price(model, "per M input tokens"), _price(model, "per M output tokens")
    return rounded(read / MILLION), rounded(written / MILLION)


def single(value: float) -> float:
    """`value` rounded to the nearest 32-bit float."""
    rounded: float = _SINGLE.unpack(_SINGLE.pack(value))[0]
    return rounded


def _cached_rate(model: Model, read: float) -> float:
    price = _price(model, "per M cached input tokens")
    return _rounding(model)(price / MILLION) if price else read


def _price(model: Model, unit: str) -> float:
    """Neurons per `unit`: as the facts know it more precisely, or else from the catalog's price in USD."""
    known: Mapping[str, float] = model.facts.get("neurons", {})
    return known[unit] if unit in known else model.prices.get(unit, 0.0) / USD_PER_NEURON


def _rounding(model: Model) -> Callable[[float], float]:
    return float if model.facts.get("neurons_bits") == 64 else single
