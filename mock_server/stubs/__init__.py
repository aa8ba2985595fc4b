"""Answers that somebody wrote down: fixture files, and stubs given while the server runs.

Both are a match and a reply (see README, "Fixtures and stubs"). Order: priority; then the account's own stubs, then
those given for all accounts, the newest first; then files, folders as given (the last first, the shipped one at the
end), by path. The first without a miss speaks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from heapq import nsmallest
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from mock_server.catalog import Model
from mock_server.errors import ApiError, MockError
from mock_server.exchange import Call, Reply
from mock_server.matching import BadMatch, Index, Miss
from mock_server.stubs.files import Broken, Files, read_folder
from mock_server.stubs.reading import Stub, read
from mock_server.stubs.templates import Scene

__all__ = ["Broken", "Found", "NearMiss", "Stub", "Stubs", "in_order", "read_folder"]

OFTEN, SHARE = 0.1, 0.01  # seconds between looks at the files at least, and the share of time that looking may take
MODELS = 1000  # of which it is remembered; names outside the catalog can be any number
ALL = ""  # stands for all accounts

log = logging.getLogger("mock_server")


class Found(NamedTuple):
    """What a stub says to a call. source: its id. delay: seconds before the answer. pacing: as ``x-mock-pacing``."""

    reply: Reply
    source: str
    delay: float
    pacing: str


class NearMiss(NamedTuple):
    """A stub that nearly spoke, and what missed; of a stub that is used up, ``times`` did."""

    stub: Stub
    misses: list[Miss]


def in_order(stubs: Iterable[Stub]) -> list[Stub]:
    """Stubs in the order in which they are asked: by priority, else as they are."""
    return sorted(stubs, key=lambda stub: -stub.priority)


@dataclass(slots=True)
class Tier:
    """Stubs of one origin, in the order in which they are asked."""

    stubs: list[Stub] = field(default_factory=list)
    counted: list[Stub] = field(default_factory=list)  # those that want to know the number of the call
    unsettled: list[Stub] = field(default_factory=list)
    unsettled_for: dict[str, bool] = field(default_factory=dict)
    _index: Index[Stub] | None = None

    @property
    def index(self) -> Index[Stub]:
        """What finds them; made when it is first asked, so that giving many stubs one by one stays quick."""
        if self._index is None:
            self._index = Index((stub.match, stub) for stub in self.stubs)
        return self._index

    def set(self, stubs: Iterable[Stub]) -> None:
        """Take these stubs, in order but for their priority."""
        self.stubs = in_order(stubs)
        self._index = None
        self.counted = [stub for stub in self.stubs if stub.match.nth is not None]
        self.unsettled = [stub for stub in self.stubs if not stub.is_settled]
        self.unsettled_for = {}

    def is_settled(self, model: Model) -> bool:
        """Whether none of its stubs may speak later for a call of `model` that it does not speak for now."""
        if not self.unsettled:
            return True
        found = self.unsettled_for.get(model.name)
        if found is None:
            if len(self.unsettled_for) >= MODELS:
                self.unsettled_for.clear()
            found = any(stub.match.concerns(model.name, model.task) for stub in self.unsettled)
            self.unsettled_for[model.name] = found
        return not found


class Stubs:
    """The rules a server knows, and the one that speaks for a call.

    version: another number each time the files have changed.
    """

    def __init__(self, folders: tuple[Path, ...]) -> None:
        """Read the fixtures. MockError names the file and JSON pointer of what is wrong, and what is accepted."""
        for folder in folders:
            if not folder.is_dir():
                raise MockError(f"{folder}: no such folder of fixtures")
        self._files = Files(folders)
        self._files.look()
        for broken in self._files.broken:
            raise MockError(str(broken))
        self._fixtures = Tier()
        self._fixtures.set(self._files.stubs)
        self._own: dict[str, Tier] = {}  # by account, ALL among them; the newest stub first
        self._answered: dict[str, dict[Stub, int]] = {}
        self._called: dict[str, dict[Stub, int]] = {}
        self._numbers = count(1)
        self._look_at = 0.0
        self.version = 0
        self._wait()

    def reply(self, call: Call) -> Found | None:
        """What the first stub that speaks for `call` says, or None.

        ApiError, with source and delay, when that is an error; MockError when it cannot be said by this model.
        """
        self._keep_up()
        tiers = self._tiers(call.account)
        numbers = self._count(tiers, call)
        stub = self._first(tiers, call, numbers)
        if stub is None:
            return None
        answered = self._answered.setdefault(call.account, {})
        turn = answered[stub] = answered.get(stub, 0) + 1
        reply = stub.replies[min(turn, len(stub.replies)) - 1]
        try:
            made = reply.make(Scene(call, turn))
        except ApiError as error:
            error.source, error.delay = stub.id, reply.delay
            raise
        except MockError as error:
            raise MockError(f"{stub.id}: {error}", status=error.status) from None
        return Found(made, stub.id, reply.delay, reply.pacing)

    def is_settled(self, account: str, model: Model) -> bool:
        """Whether a call of `account` to which no stub speaks is one to which none will, however often it comes."""
        self._keep_up()
        if self._own and (account in self._own or ALL in self._own):
            return False
        return self._fixtures.is_settled(model)

    def nearest(self, call: Call, number: int = 3) -> list[NearMiss]:
        """The stubs that came nearest to speaking for `call`, the best first, each with what missed.

        Fewer misses are nearer; among equals, those whose text is more like what was sent. `call` has inputs that
        were found to be good, as after ``reply``. Fixtures of other models are among them, with the model as a miss.
        """
        called = self._called.get(call.account, {})
        answered = self._answered.get(call.account, {})
        near = []
        for tier in self._tiers(call.account):
            for stub in tier.stubs:
                misses = stub.match.misses(call, anywhere=True, number=called.get(stub))
                if stub.times is not None and answered.get(stub, 0) >= stub.times:
                    misses.append(Miss("times", stub.times, answered[stub]))
                near.append(NearMiss(stub, misses))
        fewest = nsmallest(max(number * 8, 64), near, key=lambda miss: len(miss.misses))
        return nsmallest(number, fewest, key=lambda miss: (len(miss.misses), _strangeness(miss.misses)))

    def add(self, account: str | None, documents: list[tuple[str | None, Any]]) -> list[Stub]:
        """Stubs of an account, or None for all accounts; the first goes first, and all go before those given before.

        documents: each with its id, None for a new one; a stub of the same id and account is replaced. BadMatch says
        what cannot be understood, with the number of the stub before its pointer; nothing is added then.
        """
        added = []
        for index, (name, document) in enumerate(documents):
            try:
                added.append(read(document, name or f"own/{next(self._numbers)}", account=account))
            except BadMatch as error:
                raise BadMatch(f"/{index}{error.pointer}", str(error)) from None
        names = [stub.id for stub in added]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise BadMatch(f"/{index}/id", f"{name!r} stands twice")
        for name in names:
            self.remove(account or ALL, name)
        tier = self._own.setdefault(account or ALL, Tier())
        tier.set([*added, *tier.stubs])
        return added

    def remove(self, account: str | None = None, name: str | None = None) -> int:
        """Drop stubs that were added, and say how many: of an account (None for whosever, "" for those of all
        accounts), of a name (None for whichever). Fixtures stay."""
        gone = 0
        for owner, tier in [*self._own.items()]:
            if account not in (None, owner):
                continue
            dropped = [stub for stub in tier.stubs if name is None or stub.id == name]
            if not dropped:
                continue
            left = [stub for stub in tier.stubs if name is not None and stub.id != name]
            gone += len(dropped)
            for counts in (*self._answered.values(), *self._called.values()):
                for stub in dropped:
                    counts.pop(stub, None)
            if left:
                tier.set(left)
            else:
                del self._own[owner]
        return gone

    def listed(self, account: str | None = None) -> Iterator[Stub]:
        """Every stub that may speak for an account, or for any: those added, then fixtures, in order."""
        self.look()
        owners = [*self._own] if account is None else [owner for owner in (account, ALL) if owner in self._own]
        for tier in (*(self._own[owner] for owner in owners), self._fixtures):
            yield from tier.stubs

    def answered(self, stub: Stub, account: str | None = None) -> int:
        """How often a stub has answered: an account, or all of them."""
        accounts = self._answered if account is None else {account}
        return sum(self._answered.get(one, {}).get(stub, 0) for one in accounts)

    @property
    def broken(self) -> tuple[Broken, ...]:
        """The files that cannot be understood at the moment; what they said before still holds."""
        self._keep_up()
        return self._files.broken

    def look(self) -> None:
        """Look now whether fixtures have changed."""
        before = self._files.broken
        if self._files.look():
            self.version += 1
            self._fixtures.set(self._files.stubs)
            here = {*self._files.stubs}
            for counts in (*self._answered.values(), *self._called.values()):
                for stub in [stub for stub in counts if stub.file is not None and stub not in here]:
                    del counts[stub]
            for broken in self._files.broken:
                if broken not in before:
                    log.warning("%s; what it said before still holds", broken)
        self._wait()

    def forget(self, account: str | None = None) -> None:
        """Forget the stubs given for an account, and what fixtures have said to it; of all accounts, everything."""
        for state in (self._own, self._answered, self._called):
            if account is None:
                state.clear()
            else:
                state.pop(account, None)

    def _keep_up(self) -> None:
        if monotonic() >= self._look_at:
            self.look()

    def _wait(self) -> None:
        self._look_at = monotonic() + max(OFTEN, self._files.took / SHARE)

    def _tiers(self, account: str) -> tuple[Tier, ...]:
        if not self._own:
            return (self._fixtures,)
        own = (self._own[owner] for owner in (account, ALL) if owner in self._own)
        return (*own, self._fixtures)

    def _count(self, tiers: tuple[Tier, ...], call: Call) -> dict[Stub, int]:
        """The number of this call for each stub that wants to know it, whoever will answer it."""
        numbers = {}
        for tier in tiers:
            for stub in tier.counted:
                if stub.match.concerns(call.model.name, call.model.task) and stub.match.speaks(call):
                    called = self._called.setdefault(call.account, {})
                    numbers[stub] = called[stub] = called.get(stub, 0) + 1
        return numbers

    def _first(self, tiers: tuple[Tier, ...], call: Call, numbers: dict[Stub, int]) -> Stub | None:
        answered = self._answered.get(call.account, {})
        best: Stub | None = None
        for tier in tiers:
            for stub in tier.index.speaking(call):
                if stub.times is not None and answered.get(stub, 0) >= stub.times:
                    continue
                if stub.match.nth is not None and not stub.match.nth(numbers[stub]):
                    continue
                if best is None or stub.priority > best.priority:
                    best = stub
                break
        return best


def _strangeness(misses: list[Miss]) -> float:
    """How unlike the texts that were wanted and those that came are: 0 for none."""
    strange = 0.0
    for miss in misses:
        wanted, actual = (str(side)[:500] for side in (miss.wanted, miss.actual))
        strange += 1 - SequenceMatcher(None, wanted, actual, autojunk=False).ratio()
    return strange
