"""Was it sent: requests of the journal that a match speaks for, counted or in order, and what came nearest if not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mock_server.exchange import Kept
from mock_server.journal import Entry, lightened
from mock_server.matching import ABSENT, BadMatch, Match, Miss, compile_match

NEAREST = 3  # entries that a failure names
COUNTS = ("exactly", "at_least", "at_most")


class Count(NamedTuple):
    """How often something is wanted. most: None for any number."""

    least: int
    most: int | None

    def __str__(self) -> str:
        if self.least == self.most:
            return f"exactly {self.least}"
        if self.most is None:
            return f"at least {self.least}"
        return f"{self.least} to {self.most}" if self.least else f"at most {self.most}"

    def accepts(self, number: int) -> bool:
        """Whether `number` is as wanted."""
        return self.least <= number and (self.most is None or number <= self.most)


class Wanted(NamedTuple):
    """What a request of the journal is to be like. status, error: HTTP status and code of its answer; None for any."""

    match: Match
    status: int | None
    error: int | None

    def misses(self, entry: Entry) -> list[Miss]:
        """What does not hold for a request of the journal; empty when it is one that is wanted."""
        found = []
        if self.status is not None and entry.status != self.status:
            found.append(Miss("status", self.status, entry.status))
        code = entry.error[0] if entry.error else None
        if self.error is not None and code != self.error:
            found.append(Miss("error", self.error, ABSENT if code is None else code))
        if entry.call is None:
            found.append(Miss("inputs", "a request that was read", ABSENT))
        else:
            found += self.match.misses(entry.call, anywhere=True)
        return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether what was wanted is there. found: numbers of the entries that are as wanted. message: what is the matter.
    nearest: the entries that came closest, and what missed."""

    verified: bool
    found: tuple[int, ...]
    message: str
    nearest: tuple[tuple[int, tuple[Miss, ...]], ...] = ()

    def json(self) -> dict[str, Any]:
        """As JSON: verified, count, entries, message, nearest."""
        return {
            "verified": self.verified,
            "count": len(self.found),
            "entries": self.found,
            "message": self.message,
            "nearest": [
                {"entry": number, "misses": [_miss(miss) for miss in misses]} for number, misses in self.nearest
            ],
        }


def read_count(document: Any) -> Count:
    """A count: a whole number, or an object with exactly, at_least, at_most. BadMatch for anything else."""
    if document is None:
        return Count(1, None)
    if type(document) is int and document >= 0:
        return Count(document, document)
    if not isinstance(document, dict) or not document:
        raise BadMatch("/count", f"{document!r}; accepted: a whole number, or an object with {', '.join(COUNTS)}")
    for name, value in document.items():
        if name not in COUNTS:
            raise BadMatch(f"/count/{name}", f"unknown field; accepted: {', '.join(COUNTS)}")
        if type(value) is not int or value < 0:
            raise BadMatch(f"/count/{name}", f"{value!r}; accepted: a whole number from 0")
    if "exactly" in document:
        if len(document) > 1:
            raise BadMatch("/count", "exactly stands alone")
        return Count(document["exactly"], document["exactly"])
    return Count(document.get("at_least", 0), document.get("at_most"))


def read_wanted(document: Mapping[str, Any], pointer: str = "") -> Wanted:
    """What is wanted: `match`, and `status` and `error` where they matter. BadMatch says what is not understood."""
    try:
        match = compile_match(document.get("match", {}))
    except BadMatch as error:
        raise BadMatch(f"{pointer}/match{error.pointer}", str(error)) from None
    for name in ("status", "error"):
        value = document.get(name)
        if value is not None and type(value) is not int:
            raise BadMatch(f"{pointer}/{name}", f"{value!r}; accepted: a whole number")
    return Wanted(match, document.get("status"), document.get("error"))


def verify(entries: Iterable[Entry], wanted: Wanted, count: Count) -> Verdict:
    """Whether as many of `entries` as `count` says are as wanted."""
    missed = [(entry, wanted.misses(entry)) for entry in entries]
    found = tuple(entry.number for entry, misses in missed if not misses)
    message = f"expected {count} matching, found {len(found)} among {len(missed)} requests"
    if count.accepts(len(found)):
        return Verdict(True, found, message)
    near = [(entry, misses) for entry, misses in missed if misses] if len(found) < count.least else []
    return Verdict(False, found, message, _nearest(near))


def verify_order(entries: Iterable[Entry], wanted: Sequence[Wanted]) -> Verdict:
    """Whether `entries` have requests as wanted in this order, others perhaps between them."""
    kept = list(entries)
    found: list[int] = []
    start = 0
    for step, one in enumerate(wanted):
        at = next((index for index in range(start, len(kept)) if not one.misses(kept[index])), None)
        if at is None:
            before = next((entry.number for entry in kept[:start] if not one.misses(entry)), None)
            words = f"step {step + 1} of {len(wanted)} was not sent"
            words += f" after entry {found[-1]}" if found else ""
            words += f"; entry {before}, before it, would have been it" if before is not None else ""
            near = [(entry, one.misses(entry)) for entry in kept[start:]]
            return Verdict(False, tuple(found), words, _nearest(near))
        found.append(kept[at].number)
        start = at + 1
    return Verdict(True, tuple(found), f"all {len(wanted)} steps were sent in order")


def _nearest(missed: list[tuple[Entry, list[Miss]]]) -> tuple[tuple[int, tuple[Miss, ...]], ...]:
    # The later of two that are equally close: it is the one that was just sent.
    ranked = sorted(missed, key=lambda pair: (len(pair[1]), -pair[0].number))
    return tuple((entry.number, tuple(misses)) for entry, misses in ranked[:NEAREST])


def _miss(miss: Miss) -> dict[str, Any]:
    return {"field": miss.field, "wanted": _plain(miss.wanted), "actual": _plain(miss.actual)}


def _plain(value: Any) -> Any:
    """JSON of one side of a miss; None where there was nothing."""
    if value is ABSENT:
        return None
    value = lightened(value)
    if isinstance(value, Kept):
        return f"{value.size} bytes, sha256 {value.sha256}"
    return value
