"""How much may be asked: neurons a day, requests a minute, requests at a time. Off, as published, or own numbers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from mock_server import errors
from mock_server.catalog import Model
from mock_server.errors import ApiError, MockError
from mock_server.exchange import Call
from mock_server.usage import FREE

ACCEPTED = "off, real, or numbers of your own such as rpm=5,neurons=100,concurrency=2 (any of the three)"
MINUTE = 60.0
# Seconds of real time that a call waits for a free place unless it says rejectIfBusy. Documentation says that others
# are queued, and not for how long.
PATIENCE = 10.0
# Published defaults, by task. A model that has its own says so in its facts: `requests_per_minute`, and
# `requests_per_minute_gateway` through AI Gateway. Tasks that the page does not name have none here.
PER_MINUTE: Mapping[str, int] = {
    "Automatic Speech Recognition": 720,
    "Image Classification": 3000,
    "Image-to-Text": 720,
    "Object Detection": 3000,
    "Summarization": 1500,
    "Text Classification": 2000,
    "Text Embeddings": 3000,
    "Text Generation": 300,
    "Text-to-Image": 720,
    "Translation": 720,
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What an account may ask. rpm: requests a minute of each model. neurons: a day. concurrency: requests at a time.

    None for no limit. real: rpm and neurons as published instead: by task and model, and for the free plan only.
    """

    rpm: int | None = None
    neurons: float | None = None
    concurrency: int | None = None
    real: bool = False

    def json(self) -> Any:
        """As `parse` reads it, in parts."""
        if self.real:
            return "real"
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "real"}


OFF = Numbers()
REAL = Numbers(real=True)


def parse(text: str, where: str) -> Numbers:
    """Limits from their text. MockError (422) names `where`, what is wrong, and what is accepted."""
    if text in ("off", "real"):
        return OFF if text == "off" else REAL
    found: dict[str, Any] = {}
    names = ("rpm", "neurons", "concurrency")
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if name not in names or not equals or name in found:
            close = get_close_matches(name, (*names, "off", "real"), 1)
            near = f", did you mean {close[0]}" if close and close[0] != name else ""
            raise MockError(f"{where}: {part.strip()!r} is not accepted{near}; accepted: {ACCEPTED}", status=422)
        try:
            number = float(value) if name == "neurons" else int(value)
        except ValueError:
            number = -1
        if not (1 if name == "concurrency" else 0) <= number < 1e15:
            kind = {"neurons": "a number from 0", "rpm": "a whole number from 0"}.get(name, "a whole number from 1")
            raise MockError(f"{where}: {name}={value} is not accepted; accepted: {kind}", status=422)
        found[name] = number
    return Numbers(**found)


@dataclass(slots=True)
class _Places:
    """Of one account: how many of its places are taken, and who waits for one."""

    taken: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)


class Limits:
    """The limits of a server and of accounts with their own, and what counts against them."""

    def __init__(self, text: str = "off") -> None:
        self._default = parse(text, "--limits")
        self._own: dict[str, Numbers] = {}
        self._asked: dict[tuple[str, str], deque[float]] = {}
        self._places: dict[str, _Places] = {}

    def of(self, account: str) -> Numbers:
        """The limits of an account."""
        return self._own.get(account, self._default) if self._own else self._default

    def set(self, numbers: Numbers, account: str | None) -> None:
        """Give an account its own limits, or the server others."""
        if account is None:
            self._default = numbers
        else:
            self._own[account] = numbers

    def allowance(self, account: str, *, free: bool) -> float | None:
        """Neurons that an account may spend a day; None for as many as it likes. free: is it on the free plan."""
        numbers = self.of(account)
        if numbers.real:
            return FREE if free else None
        return numbers.neurons

    async def admit(self, call: Call, *, free: bool, spent: float) -> None:
        """Let a call pass, count it, and give it a place until `leave`; it may have to wait for one.

        free: whether its account is on the free plan. spent: neurons that it has spent today. Raises ApiError:
        429 4006 where the day's neurons are spent, 429 3021 after the last request of the minute, 429 3040 without a
        free place: at once with the option `rejectIfBusy`, else after PATIENCE.
        """
        numbers = self.of(call.account)
        allowance = self.allowance(call.account, free=free)
        if allowance is not None and spent >= allowance:
            hint = f"{spent:.2f} of {allowance:g} neurons are spent; 00:00 UTC gives new ones, and the clock can be set"
            raise ApiError(errors.ALLOCATION_USED, hint=hint)
        rate = per_minute(call.model, call.surface) if numbers.real else numbers.rpm
        if rate is not None:
            self._count(call, rate)
        if numbers.concurrency is not None and not call.holds and call.surface not in ("batch", "realtime"):
            await self._take(call, numbers.concurrency)

    def leave(self, call: Call) -> None:
        """Give the place of a call that is over to the next."""
        if not call.holds:
            return
        call.holds = False
        places = self._places.get(call.account)
        if places is None:
            return
        while places.waiting:
            next_ = places.waiting.popleft()
            if not next_.done():
                next_.set_result(None)
                return
        places.taken = max(places.taken - 1, 0)

    def forget(self, account: str | None = None) -> None:
        """Forget the own limits of an account and the requests of its last minute, or those of all."""
        self._own = {key: own for key, own in self._own.items() if account is not None and key != account}
        self._asked = {key: asked for key, asked in self._asked.items() if account is not None and key[0] != account}

    def _count(self, call: Call, rate: int) -> None:
        """The window slides: how the service counts its minutes was never captured."""
        asked = self._asked.setdefault((call.account, call.model.name), deque())
        while asked and not call.now - MINUTE < asked[0] <= call.now:  # the clock may have been set back
            asked.popleft()
        if len(asked) >= rate:
            hint = f"{rate} requests a minute of this model; the clock can be advanced"
            raise ApiError(errors.RATE_LIMITED, hint=hint)
        asked.append(call.now)

    async def _take(self, call: Call, number: int) -> None:
        places = self._places.setdefault(call.account, _Places())
        if places.taken < number:
            places.taken += 1
        elif call.options.get("rejectIfBusy") is True:
            raise ApiError(errors.OUT_OF_CAPACITY, hint=f"{number} requests are under way, and this one will not wait")
        else:
            free = asyncio.get_running_loop().create_future()
            places.waiting.append(free)
            await asyncio.wait([free], timeout=PATIENCE)
            if not free.done():
                free.cancel()
                hint = f"{number} requests are under way; this one waited {PATIENCE:g} s"
                raise ApiError(errors.OUT_OF_CAPACITY, hint=hint)
        call.holds = True


def per_minute(model: Model, surface: str) -> int | None:
    """Requests a minute of a model that the service publishes, or None where it publishes none."""
    facts = model.facts
    if surface == "gateway" and "requests_per_minute_gateway" in facts:
        return int(facts["requests_per_minute_gateway"])
    own = facts.get("requests_per_minute")
    return int(own) if own is not None else PER_MINUTE.get(model.task)
