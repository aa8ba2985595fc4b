"""What time it is for the emulator: a clock that tests and operators can set, freeze and move."""

from __future__ import annotations

import math
import re
import time
from datetime import UTC, datetime
from threading import Lock

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
DURATION = "seconds, or amounts with units, such as 200ms, 1.5s or 1d2h"
LAST = 253_370_764_800.0  # the year 9999, in seconds since the epoch: a year that follows can still be written
_AMOUNTS = re.compile(r"(?:\s*\d+(?:\.\d+)?\s*(?:ms|s|m|h|d|w))+\s*").fullmatch
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)").findall


def duration(value: str | float) -> float:
    """Seconds of a number of them, or of a text with units (see ``DURATION``), below zero after a minus.

    Raises ValueError for anything else.
    """
    if isinstance(value, str):
        text = value.strip()
        if _AMOUNTS(text.removeprefix("-")):
            value = sum(float(amount) * UNITS[unit] for amount, unit in _AMOUNT(text))
            value = -value if text.startswith("-") else value
        else:
            value = float(text)
    seconds = float(value)
    if isinstance(value, bool) or not math.isfinite(seconds):
        raise ValueError(f"not a duration: {value!r}")
    return seconds


class Clock:
    """Seconds since the epoch, starting at `start` (None: the real time) and running from there.

    Safe to share between threads: reading takes one consistent state, and changes wait for each other.
    """

    def __init__(self, start: float | None = None) -> None:
        self._lock = Lock()
        # What the clock showed, and the real time it was then; None while it stands still.
        self._state: tuple[float, float | None] = (0.0, 0.0) if start is None else (start, time.time())
        self._first = self._state
        self._own: dict[str, Clock] = {}

    @staticmethod
    def parse(value: str | float) -> float:
        """Epoch seconds of an ISO 8601 date or instant (UTC where it names no zone), or of a number of seconds.

        Raises ValueError for anything else, and for numbers that are no point in time.
        """
        if isinstance(value, str):
            instant = datetime.fromisoformat(value)
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
        if isinstance(value, bool) or not math.isfinite(value):
            raise ValueError(f"not a number of seconds: {value!r}")
        return float(value)

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._state[1] is None

    def of(self, account: str) -> Clock:
        """The clock of an account: its own one where it has one, else this one, which all others share."""
        return self._own.get(account, self) if self._own else self

    def own(self, account: str) -> Clock:
        """The own clock of an account, for whoever moves it; a new one goes on from what this one shows."""
        found = self._own.get(account)
        if found is None:
            found = self._own[account] = Clock()
            found._state = self._state
        return found

    def forget(self, account: str | None = None) -> None:
        """Forget the own clock of an account; or all of them, and that this one was ever moved."""
        if account is not None:
            self._own.pop(account, None)
            return
        self._own.clear()
        with self._lock:
            self._state = self._first

    def now(self) -> float:
        """What the clock shows, in seconds since the epoch."""
        shown, since = self._state
        return shown if since is None else shown + (time.time() - since)

    def set(self, value: str | float) -> None:
        """Show `value` (see ``parse``) from now on; a frozen clock stays frozen."""
        shown = self.parse(value)
        with self._lock:
            self._show(shown, frozen=self.frozen)

    def advance(self, seconds: float) -> None:
        """Move forward, or back where `seconds` is negative; a frozen clock stays frozen."""
        step = self.parse(seconds)
        with self._lock:
            self._show(self.now() + step, frozen=self.frozen)

    def freeze(self) -> None:
        """Stand still at what the clock shows."""
        with self._lock:
            self._show(self.now(), frozen=True)

    def resume(self) -> None:
        """Run on from what the clock shows."""
        with self._lock:
            self._show(self.now(), frozen=False)

    def _show(self, shown: float, *, frozen: bool) -> None:
        self._state = (shown, None if frozen else time.time())
