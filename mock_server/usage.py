"""What was used and what it costs: tokens and other units as neurons, and the totals of every account.

Captured ``usage.neurons`` carry the rounding of 32-bit floats: every rate, product and sum is rounded to one. A model
whose captures show plain doubles says so in its facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from struct import Struct

from mock_server.catalog import Model
from mock_server.exchange import Tokens, Usage

USD_PER_NEURON = 0.000011  # published: $0.011 per 1,000 neurons
MILLION = 1_000_000
DAY = 86_400  # seconds; allowances start anew at 00:00 UTC
FREE = 10_000.0  # neurons a day that every plan includes

_SINGLE = Struct("<f")
_PAIR = Struct("<ff")


def neurons(model: Model, tokens: Tokens | None, units: Mapping[str, float]) -> float:
    """Neurons of an answer of `model`.

    tokens: what is billed by token; cached prompt tokens cost the model's cached price, or the full one where it has
    none. units: amounts of everything else by the unit of the catalog's prices, such as {"per audio minute": 0.05};
    units without a price are free.
    """
    read, written, cached, rounded = _rates(model)
    if tokens is not None and rounded is single and not tokens.cached and not units:  # the usual case, in fewer steps
        return single(sum(_PAIR.unpack(_PAIR.pack(read * tokens.prompt, written * tokens.completion))))
    total = 0.0
    if tokens is not None:
        if tokens.cached:
            fresh = rounded(read * (tokens.prompt - tokens.cached))
            total = rounded(fresh + rounded(cached * tokens.cached))
        else:
            total = rounded(read * tokens.prompt)
        if tokens.completion:
            total = rounded(total + rounded(written * tokens.completion))
    for unit, amount in units.items():
        total = rounded(total + rounded(rounded(_price(model, unit)) * amount))
    return total


def rate(model: Model) -> tuple[float, float]:
    """Neurons per input token and per output token."""
    read, written, _, _ = _rates(model)
    return read, written


def single(value: float) -> float:
    """`value` rounded to the nearest 32-bit float."""
    rounded: float = _SINGLE.unpack(_SINGLE.pack(value))[0]
    return rounded


@cache
def _rates(model: Model) -> tuple[float, float, float, Callable[[float], float]]:
    """Neurons per input, output and cached input token, and how the model's figures are rounded."""
    rounded: Callable[[float], float] = float if model.facts.get("neurons_bits") == 64 else single
    read = rounded(_price(model, "per M input tokens") / MILLION)
    written = rounded(_price(model, "per M output tokens") / MILLION)
    cached = _price(model, "per M cached input tokens")
    return read, written, rounded(cached / MILLION) if cached else read, rounded


def _price(model: Model, unit: str) -> float:
    """Neurons per `unit`: as the facts know it more precisely, or else from the catalog's price in USD."""
    known: Mapping[str, float] = model.facts.get("neurons", {})
    return known[unit] if unit in known else model.prices.get(unit, 0.0) / USD_PER_NEURON


@dataclass(slots=True)
class Line:
    """Totals of one model on one account."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    neurons: float = 0.0

    def add(self, other: Line) -> None:
        """Add another line to this one."""
        self.requests += other.requests
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.neurons += other.neurons


def day_of(now: float) -> int:
    """The day of UTC that an instant is in, counted from 1970-01-01."""
    return int(now // DAY)


class Ledger:
    """What every account used since the server started, by day (of UTC, by the emulator's clock) and model name."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[int, dict[str, Line]]] = {}

    def enter(self, account: str, model: str, bill: Usage, now: float) -> None:
        """Add one answer, given at `now` (seconds since the epoch)."""
        days = self._lines.get(account)
        if days is None:
            days = self._lines[account] = {}
        day = int(now // DAY)
        lines = days.get(day)
        if lines is None:
            lines = days[day] = {}
        line = lines.get(model)
        if line is None:
            line = lines[model] = Line()
        line.requests += 1
        line.neurons += bill.neurons
        if bill.tokens is not None:
            line.prompt_tokens += bill.tokens.prompt
            line.completion_tokens += bill.tokens.completion

    def accounts(self) -> list[str]:
        """Accounts that asked something."""
        return sorted(self._lines)

    def of(self, account: str) -> Mapping[str, Line]:
        """Lines of all days by model name; empty for an account that asked nothing."""
        total: dict[str, Line] = {}
        for lines in self._lines.get(account, {}).values():
            for model, line in lines.items():
                total.setdefault(model, Line()).add(line)
        return total

    def days(self, account: str) -> Mapping[int, Mapping[str, Line]]:
        """Lines by day (see ``day_of``) and model name."""
        return self._lines.get(account, {})

    def spent(self, account: str, day: int) -> float:
        """Neurons of one day."""
        return sum(line.neurons for line in self._lines.get(account, {}).get(day, {}).values())

    def forget(self, account: str | None = None) -> None:
        """Forget the lines of an account, or all of them."""
        if account is None:
            self._lines.clear()
        else:
            self._lines.pop(account, None)
