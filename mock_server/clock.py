"""What time it is for the emulator: a clock that tests and operators can set, freeze and move."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from threading import Lock


class Clock:
    """Seconds since the epoch, starting at `start` (None: the real time) and running from there.

    Safe to share between threads: reading takes one consistent state, and changes wait for each other.
    """

    def __init__(self, start: float | None = None) -> None:
        self._lock = Lock()
        # What the clock showed, and the real time it was then; None while it stands still.
        self._state: tuple[float, float | None] = (0.0, 0.0) if start is None else (start, time.time())

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
