"""What was asked of the models of Workers AI, tallied by second, model and error code: what usage queries read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mock_server.journal import Entry

MOST = 50_000  # tallies of all accounts; the oldest go where there would be more


class Kind(NamedTuple):
    """What is tallied together. second: since the epoch, by the emulator's clock. error: code of a refusal, 0 for an
    answer."""

    account: str
    second: int
    model: str
    error: int


@dataclass(slots=True)
class Tally:
    """Sums of the requests of one kind. milliseconds: real time taken."""

    requests: int = 0
    neurons: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    milliseconds: float = 0.0


class Analytics:
    """The tallies of every account."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, int, str, int], Tally] = {}  # by what makes a Kind, made where it is read

    def enter(self, entry: Entry) -> None:
        """Count a request that has been answered or refused, if it came as far as a model of Workers AI."""
        call = entry.call
        if call is None or not call.model.name.startswith("@"):
            return
        kind = (call.account, int(entry.at), call.model.name, entry.error[0] if entry.error else 0)
        tally = self._tallies.get(kind)
        if tally is None:
            if len(self._tallies) >= MOST:
                del self._tallies[next(iter(self._tallies))]
            tally = self._tallies[kind] = Tally()
        tally.requests += 1
        tally.milliseconds += entry.seconds * 1000
        if entry.answer is not None:
            bill = entry.answer.usage
            tally.neurons += bill.neurons
            if bill.tokens is not None:
                tally.prompt_tokens += bill.tokens.prompt
                tally.completion_tokens += bill.tokens.completion

    def of(self, account: str) -> Iterator[tuple[Kind, Tally]]:
        """The tallies of an account, in the order in which their first requests came."""
        return ((Kind(*kind), tally) for kind, tally in list(self._tallies.items()) if kind[0] == account)

    def forget(self, account: str | None = None) -> None:
        """Forget the tallies of an account, or all of them."""
        self._tallies = {
            kind: tally for kind, tally in self._tallies.items() if account is not None and kind[0] != account
        }
