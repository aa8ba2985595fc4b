"""How fast an answer comes: the time to its first token and the time between tokens."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mock_server.catalog import Model
from mock_server.errors import MockError
from mock_server.exchange import Call

ACCEPTED = (
    "none, realistic, recorded, or two durations: <time to first token>ms,<time between tokens>ms, such as 200ms,15ms"
)
RECORDED = "recorded"
_DURATIONS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*ms\s*,\s*(\d+(?:\.\d+)?)\s*ms\s*").fullmatch
JITTER = 0.3  # of every duration, up or down


@dataclass(frozen=True, slots=True)
class Pacing:
    """first: seconds to the first token. between: seconds from one token to the next."""

    first: float
    between: float

    def delays(self, seed: int) -> Iterator[float]:
        """Seconds to wait before each token, without end; the same for the same seed."""
        vary = random.Random(seed).uniform
        yield self.first * vary(1 - JITTER, 1 + JITTER)
        while True:
            yield self.between * vary(1 - JITTER, 1 + JITTER)

    def whole(self, seed: int, tokens: int) -> float:
        """Seconds until an answer of so many tokens is there whole."""
        delays = self.delays(seed)
        return sum(next(delays) for _ in range(max(tokens, 1)))


def parse(text: str, where: str) -> Pacing | str | None:
    """A pacing from its text: None for none, realistic and recorded as they are. MockError names `where`."""
    if text == "none":
        return None
    if text in ("realistic", RECORDED):
        return text
    durations = _DURATIONS(text)
    if durations is None:
        raise MockError(f"{where}: {text!r} is not accepted, only {ACCEPTED}", status=422)
    return Pacing(float(durations[1]) / 1000, float(durations[2]) / 1000)


def of(call: Call, default: Pacing | str | None, said: str = "") -> Pacing | None:
    """The pacing of a call: its header ``x-mock-pacing``, what the stub `said` that answers it, or the server's.

    As recorded comes only what was recorded; anything else comes at once then.
    """
    chosen = _chosen(call, default, said)
    if chosen == RECORDED:
        return None
    return realistic(call.model) if isinstance(chosen, str) else chosen


def is_recorded(call: Call, default: Pacing | str | None, said: str = "") -> bool:
    """Whether the parts of a recorded answer come at the times they were recorded with; see ``of``."""
    return _chosen(call, default, said) == RECORDED


def _chosen(call: Call, default: Pacing | str | None, said: str) -> Pacing | str | None:
    header = call.headers.get(b"x-mock-pacing")
    if header is not None:
        return parse(header.decode("latin-1"), "x-mock-pacing")
    return parse(said, "pacing") if said else default


def realistic(model: Model) -> Pacing:
    """What a model of this price takes: dearer ones are larger and slower.

    Nobody publishes these figures. They are estimates from the price of output tokens (5 ms a token for the cheapest,
    30 ms for those of 4 USD per million and more), and 0.2 to 0.7 s to the first; 0.8 s for models that are no
    language models.
    """
    price = model.prices.get("per M output tokens")
    if price is None:
        return Pacing(0.8, 0.0)
    size = min(price / 4.0, 1.0)
    return Pacing(0.2 + 0.5 * size, 0.005 + 0.025 * size)
