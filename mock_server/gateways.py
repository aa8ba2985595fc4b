"""AI gateways: the settings of every account's gateways, what they cache, count and log, all of it bounded.

Published: the fields of a gateway and of a log entry (the API reference), the cache's key and the headers that rule it
(the documentation of AI Gateway). A gateway called ``default`` is there from the first request on.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

DEFAULT = "default"
ID = re.compile(r"[a-z0-9_]+(?:-[a-z0-9_]+)*").fullmatch  # published
LONGEST_ID = 64
PER_ACCOUNT = 100  # gateways
ACCOUNTS = 2000  # that have gateways; beyond that, those of the account that came first go
CACHED = 2000  # answers
CACHED_BYTES = 64 * 1024 * 1024
LARGEST_CACHED = 25 * 1024 * 1024  # published
LONGEST_CACHED = 30 * 24 * 3600  # seconds; published as one month
COUNTED = 100_000  # requests of a window, for the limit on their rate
LOGGED = 20_000  # entries
LOGGED_BYTES = 64 * 1024 * 1024
LOGGED_BODY = 256 * 1024  # bytes kept of a body


@dataclass(slots=True)
class Gateway:
    """One gateway of an account.

    settings: every other field by its published name. created, modified: seconds since the epoch. asked: when requests
    of the running window came in, for the limit on their rate.
    """

    account: str
    id: str
    settings: dict[str, Any]
    created: float
    modified: float
    asked: deque[float] = field(default_factory=lambda: deque(maxlen=COUNTED))

    @property
    def authenticated(self) -> bool:
        """Whether it lets in only who may use the account."""
        return bool(self.settings.get("authentication"))

    def admits(self, now: float) -> bool:
        """Count a request; False when the gateway's limit on their rate is reached (a refused one does not count)."""
        limit, interval = self.settings.get("rate_limiting_limit"), self.settings.get("rate_limiting_interval")
        if not limit or not interval:
            return True
        if self.settings.get("rate_limiting_technique") == "sliding":
            start = now - interval
        else:
            start = math.floor(now / interval) * interval
        while self.asked and (self.asked[0] < start or self.asked[0] > now):
            self.asked.popleft()
        if len(self.asked) >= limit:
            return False
        self.asked.append(now)
        return True


@dataclass(frozen=True, slots=True)
class Cached:
    """A whole answer. until: seconds since the epoch. tokens: in and out."""

    until: float
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    tokens: tuple[int, int]
    model: str


@dataclass(slots=True)
class Log:
    """One request that went through a gateway.

    at: seconds since the epoch; duration: milliseconds; cost: USD. request, response: the first bytes of the bodies,
    whose whole sizes are request_size and response_size. step: which of a universal request's steps it was. feedback,
    score: what somebody said about it later.
    """

    id: str
    account: str
    gateway: str
    event_id: str
    at: float
    provider: str
    model: str
    path: str
    step: int
    request: bytes
    request_size: int
    request_content_type: str
    metadata: dict[str, Any]
    duration: int = 0
    status: int = 0
    cached: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    custom_cost: bool = False
    response: bytes = b""
    response_size: int = 0
    response_content_type: str = ""
    feedback: float | None = None
    score: float | None = None

    @property
    def success(self) -> bool:
        """Whether it was answered."""
        return 200 <= self.status < 400


class Gateways:
    """The gateways of every account."""

    def __init__(self) -> None:
        self._accounts: dict[str, dict[str, Gateway]] = {}
        self._cache: OrderedDict[tuple[str, str, str], Cached] = OrderedDict()
        self._cached_bytes = 0
        self._logs: OrderedDict[str, Log] = OrderedDict()
        self._logged_bytes = 0

    # --- gateways -----------------------------------------------------------------------------------------------------
    def find(self, account: str, name: str) -> Gateway | None:
        """The gateway of that name; None when the account has none."""
        return self._accounts.get(account, {}).get(name)

    def default(self, account: str, now: float) -> Gateway:
        """The account's default gateway, made now where nobody asked it before.

        Published: it is made with the first authenticated request and asks for authentication. Its other settings were
        never captured: nothing is cached or limited, everything is logged.
        """
        found = self.find(account, DEFAULT)
        if found is not None:
            return found
        settings = {
            "cache_invalidate_on_update": False,
            "cache_ttl": 0,
            "collect_logs": True,
            "rate_limiting_interval": 0,
            "rate_limiting_limit": 0,
            "authentication": True,
            "is_default": True,
        }
        return self._keep(Gateway(account, DEFAULT, settings, now, now))

    def of(self, account: str) -> list[Gateway]:
        """The account's gateways, in the order they were made."""
        return list(self._accounts.get(account, {}).values())

    def create(self, account: str, name: str, settings: dict[str, Any], now: float) -> Gateway | None:
        """A new gateway; None when the account has one of that name, or as many as it can have."""
        there = self._accounts.get(account, {})
        if name in there or len(there) >= PER_ACCOUNT:
            return None
        return self._keep(Gateway(account, name, settings, now, now))

    def update(self, gateway: Gateway, settings: dict[str, Any], now: float) -> None:
        """Give a gateway other settings; what it cached goes where its settings say so."""
        if gateway.settings.get("is_default"):
            settings["is_default"] = True
        gateway.settings, gateway.modified = settings, now
        gateway.asked.clear()
        if settings.get("cache_invalidate_on_update"):
            self._uncache(gateway.account, gateway.id)

    def delete(self, gateway: Gateway) -> None:
        """Drop a gateway with all that it cached and logged."""
        self._accounts.get(gateway.account, {}).pop(gateway.id, None)
        self._uncache(gateway.account, gateway.id)
        self.drop([log.id for log in self.logs(gateway.account, gateway.id)])

    def forget(self, account: str | None = None) -> None:
        """Forget the gateways of an account, or all of them."""
        for name in [account] if account is not None else list(self._accounts):
            self._accounts.pop(name, None)
        self._uncache(account)
        self.drop([log.id for log in self._logs.values() if account is None or log.account == account])

    def _keep(self, gateway: Gateway) -> Gateway:
        while gateway.account not in self._accounts and len(self._accounts) >= ACCOUNTS:
            self.forget(next(iter(self._accounts)))
        self._accounts.setdefault(gateway.account, {})[gateway.id] = gateway
        return gateway

    # --- cache --------------------------------------------------------------------------------------------------------
    def cached(self, gateway: Gateway, key: str, now: float) -> Cached | None:
        """The answer that is cached under `key`, while it lasts."""
        place = (gateway.account, gateway.id, key)
        found = self._cache.get(place)
        if found is None:
            return None
        if now >= found.until:
            self._drop_cached(place)
            return None
        self._cache.move_to_end(place)
        return found

    def cache(self, gateway: Gateway, key: str, answer: Cached) -> None:
        """Keep an answer under `key`; those that nobody asked for longest go where there is no room."""
        if len(answer.body) > LARGEST_CACHED or gateway is not self.find(gateway.account, gateway.id):
            return
        place = (gateway.account, gateway.id, key)
        self._drop_cached(place)
        self._cache[place] = answer
        self._cached_bytes += len(answer.body)
        while len(self._cache) > CACHED or self._cached_bytes > CACHED_BYTES:
            self._drop_cached(next(iter(self._cache)))

    def _drop_cached(self, place: tuple[str, str, str]) -> None:
        found = self._cache.pop(place, None)
        self._cached_bytes -= len(found.body) if found else 0

    def _uncache(self, account: str | None, gateway: str = "") -> None:
        for place in list(self._cache):
            if account is None or (place[0] == account and gateway in ("", place[1])):
                self._drop_cached(place)

    # --- logs ---------------------------------------------------------------------------------------------------------
    def log(self, gateway: Gateway, entry: Log) -> None:
        """Keep an entry; the oldest go where there is no room.

        ``log_management`` is how many a gateway keeps, and ``log_management_strategy`` whether the oldest of its own
        make room for a new one (published; the default strategy is that they do).
        """
        limit = gateway.settings.get("log_management")
        if limit:
            own = [log.id for log in self.logs(gateway.account, gateway.id)]
            if len(own) >= limit:
                if gateway.settings.get("log_management_strategy") == "STOP_INSERTING":
                    return
                self.drop(own[: len(own) - limit + 1])
        self._logs[entry.id] = entry
        self._logged_bytes += _weight(entry)
        while len(self._logs) > LOGGED or self._logged_bytes > LOGGED_BYTES:
            self.drop([next(iter(self._logs))])

    def logs(self, account: str, gateway: str) -> Iterator[Log]:
        """The entries of a gateway, oldest first."""
        return (log for log in self._logs.values() if log.account == account and log.gateway == gateway)

    def entry(self, account: str, gateway: str, log_id: str) -> Log | None:
        """The entry of that id."""
        found = self._logs.get(log_id)
        return found if found is not None and (found.account, found.gateway) == (account, gateway) else None

    def drop(self, ids: Iterable[str], limit: int | None = None) -> None:
        """Drop entries: the first `limit` of those named."""
        for log_id in islice(ids, limit):
            dropped = self._logs.pop(log_id, None)
            self._logged_bytes -= _weight(dropped) if dropped else 0


def custom_cost(told: Any, tokens_in: int, tokens_out: int) -> float | None:
    """What a request costs by the caller's own prices: ``{total_cost}``, or ``{per_token_in, per_token_out}`` in USD.

    None when `told` is neither.
    """
    if not isinstance(told, Mapping):
        return None
    prices = [told.get(name) for name in ("total_cost", "per_token_in", "per_token_out")]
    total, read, written = (price if isinstance(price, int | float) else None for price in prices)
    if total is not None:
        return float(total)
    if read is None and written is None:
        return None
    return float((read or 0) * tokens_in + (written or 0) * tokens_out)


def _weight(entry: Log) -> int:
    return len(entry.request) + len(entry.response) + 1000
