"""What was asked, who answered, what it cost: the last requests of every account, bounded by number and bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from mock_server.exchange import Answer, Call


@dataclass(slots=True)
class Entry:
    """One request, filled in while it is answered.

    number: 1, 2 ... in the order of arrival. at: seconds since the epoch by the emulator's clock. path: as sent, with
    its query. surface: as in Call; "" for routes that run no model. account: "" where the path names none. size: bytes
    of the body. status: of the answer; 499 when the client went away. seconds: real time from request to answer.
    error: code and message of a refusal. hint: our own words about it. advice: ids of what the caller should know.
    fault: the kind of deliberate trouble it met.
    """

    number: int
    at: float
    method: str
    path: str
    headers: Mapping[bytes, bytes]
    account: str = ""
    surface: str = ""
    model: str = ""
    size: int = 0
    call: Call | None = None
    answer: Answer | None = None
    status: int = 0
    seconds: float = 0.0
    error: tuple[int, str] | None = None
    hint: str = ""
    advice: list[str] = field(default_factory=list)
    fault: str = ""


class Journal:
    """The last requests: at most `entries` of them, and at most `size` bytes of bodies."""

    def __init__(self, entries: int = 1000, size: int = 32 * 1024 * 1024) -> None:
        self._entries: deque[Entry] = deque()
        self._limit = entries
        self._room = size
        self._bytes = 0
        self._numbers = count(1)
        self.listeners: list[Callable[[Entry], None]] = []

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def number(self) -> int:
        """The number of the next request."""
        return next(self._numbers)

    def enter(self, entry: Entry) -> None:
        """Keep a request that was answered; the oldest go where there is no room for it."""
        self._entries.append(entry)
        self._bytes += entry.size
        while len(self._entries) > self._limit or (self._bytes > self._room and len(self._entries) > 1):
            self._bytes -= self._entries.popleft().size
        for listener in self.listeners:
            listener(entry)

    def forget(self, account: str | None = None) -> None:
        """Forget the requests of an account, or all of them."""
        kept = [entry for entry in self._entries if account is not None and entry.account != account]
        self._entries = deque(kept)
        self._bytes = sum(entry.size for entry in kept)
