"""What a client did after trouble: a verdict on it, from nothing but the journal's entries.

The same request again is one of the same account, method, path and body. Times are real ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from mock_server.exchange import Completion
from mock_server.journal import Entry

TOO_FAST = 0.1  # seconds; the official SDKs wait for at least 0.375
LATER = 60.0  # seconds after which the same request is no retry any more
MANY = 10  # requests without success in a row
PATIENCE = 10.0  # seconds that a client may wait for a server that says nothing
SLACK = 0.01  # seconds that clocks and networks may take
QUOTED = 8  # characters of an answer that are no coincidence

FINAL: dict[int, str | None] = {
    4006: "the day's neurons are spent until 00:00 UTC",
    3036: "the day's neurons are spent until 00:00 UTC",
    5016: None,  # the terms of a model: once agreed to, the same request is answered
}
FINAL_STATUSES = {
    400: "the request itself is wrong",
    401: "the credentials stay wrong",
    402: "there is no credit",
    403: "it stays forbidden",
    404: "there is no such thing",
    405: "the method or the parameter stays wrong",
    410: "the model is gone",
    413: "the request stays too large",
    422: "the request itself is wrong",
}
BROKEN = ("cut", "stall", "truncate", "end", "no-done", "malformed", "error-frame")
QUIET = ("cut", "stall", "no-done")  # seen by every HTTP client, or without a loss
SILENT = ("hang", "stall")
UNANSWERED = ("close", "reset", "cut", "truncate", "empty", "garbage", "malformed")

FINDINGS: dict[str, str] = {
    "retried-too-fast": "warning: the same request again less than 100 ms after a refusal that asked for no time",
    "ignored-retry-after": "error: the same request again before the time was over that the refusal asked to wait",
    "retried-in-vain": "error: the same request again after a refusal that no retry can change",
    "never-gives-up": "error: ten times the same request without success",
    "accepted-truncated-stream": "error: the text of a broken stream stands as the model's words in a later request",
    "broken-stream-not-repeated": "warning: nothing shows that the missing end was noticed (info where the "
    "connection itself broke, or where no text was lost)",
    "no-timeout": "error: still waiting for an answer that does not come, after 10 seconds",
    "timed-out": "info: how long it waited for an answer that did not come",
    "gave-up-at-once": "info: no second try after trouble that passes",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a client did. id: a key of FINDINGS. severity: error, warning or info. entries: their numbers."""

    id: str
    severity: str
    entries: tuple[int, ...]
    explanation: str

    def json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "severity": self.severity,
            "entries": list(self.entries),
            "explanation": self.explanation,
        }


def of(entries: Iterable[Entry], now: float | None = None, patience: float = PATIENCE) -> list[Finding]:
    """What was found, in the order of the requests.

    entries: of the journal, and those that are still under way (no `seconds` yet). now: of
    ``time.perf_counter``, None for the present. patience: seconds that a client may wait for nothing.
    """
    present = perf_counter() if now is None else now
    asked = sorted((entry for entry in entries if entry.surface), key=lambda entry: entry.number)
    alike: dict[tuple[str, str, str, int], list[Entry]] = {}
    for entry in asked:
        key = (entry.account, entry.method, entry.path, entry.fingerprint)
        alike.setdefault(key, []).append(entry)
    found: list[Finding] = []
    for same in alike.values():
        for entry, again in zip(same, [*same[1:], None], strict=True):
            found += _judged(entry, again, same, asked, present, patience)
        found += _never(same)
    return sorted(found, key=lambda finding: finding.entries)


def _judged(
    entry: Entry, again: Entry | None, same: Sequence[Entry], asked: Sequence[Entry], now: float, patience: float
) -> list[Finding]:
    """What there is to say about one request. again: the next of the same; same: all of them; asked: all requests."""
    kind = entry.fault.partition(":")[0]
    ended = entry.started + entry.seconds
    gap = again.started - ended if again is not None else LATER
    if again is not None and gap >= LATER:
        again = None
    if kind in SILENT:
        return _silent(entry, now, patience)
    if entry.status == 200 and kind in BROKEN and entry.call is not None and entry.call.stream:
        return _broken(entry, kind, again, asked)
    if not _failed(entry, kind):
        return []
    if again is not None:
        return _retried(entry, again, gap)
    passes = entry.status in (408, 409, 429) or entry.status >= 500 or kind in UNANSWERED
    if passes and _final(entry) is None and len(same) == 1:
        what = _refusal(entry) if entry.error else f"the fault {entry.fault}"
        told = f"After {what} the request was not sent again; this would have been worth a second try."
        return [Finding("gave-up-at-once", "info", (entry.number,), told)]
    return []


def _failed(entry: Entry, kind: str) -> bool:
    """Whether there was no good answer; the emulator's own complaints (no error of the API, no fault) do not count."""
    return kind in UNANSWERED or (entry.status >= 400 and entry.error is not None)


def _retried(entry: Entry, again: Entry, gap: float) -> list[Finding]:
    numbers = (entry.number, again.number)
    final = _final(entry)
    if final is not None:
        told = f"{_refusal(entry)} was followed by the same request: {final}."
        return [Finding("retried-in-vain", "error", numbers, told)]
    if entry.retry_after is not None:
        if gap < entry.retry_after - SLACK:
            told = f"{_refusal(entry)} asked to wait {entry.retry_after:g} s; the same request came after {gap:.3f} s."
            return [Finding("ignored-retry-after", "error", numbers, told)]
    elif gap < TOO_FAST:
        what = _refusal(entry) if entry.error else f"the fault {entry.fault}"
        told = f"The same request came {gap * 1000:.0f} ms after {what}; wait longer, and longer each time."
        return [Finding("retried-too-fast", "warning", numbers, told)]
    return []


def _final(entry: Entry) -> str | None:
    """Why the same request cannot succeed; None where it may."""
    if entry.error is not None and entry.error[0] in FINAL:
        return FINAL[entry.error[0]]
    return FINAL_STATUSES.get(entry.status)


def _broken(entry: Entry, kind: str, again: Entry | None, asked: Sequence[Entry]) -> list[Finding]:
    quoting = _quoting(entry, asked)
    if quoting is not None:
        told = f"The stream was broken off ({entry.fault}), and what had come of it was sent back as the model's words."
        return [Finding("accepted-truncated-stream", "error", (entry.number, quoting.number), told)]
    if again is not None:
        return []
    told = f"The stream was broken ({entry.fault}), and the request was not sent again: it gave up or took what it had."
    severity = "info" if kind in QUIET else "warning"
    return [Finding("broken-stream-not-repeated", severity, (entry.number,), told)]


def _quoting(entry: Entry, asked: Sequence[Entry]) -> Entry | None:
    """The later request that has a part of the answer, but not all of it, among what it says the model said."""
    if entry.answer is None or not isinstance(entry.answer.reply, Completion):
        return None
    text = entry.answer.reply.choices[0].text.strip()
    for later in asked:
        if later.number <= entry.number or later.account != entry.account or later.call is None:
            continue
        messages = later.call.inputs.get("messages")
        for message in messages if isinstance(messages, list) else ():
            if not isinstance(message, dict) or message.get("role") != "assistant":
                continue
            said = message.get("content")
            said = said.strip() if isinstance(said, str) else ""
            if QUOTED <= len(said) < len(text) and text.startswith(said):
                return later
    return None


def _silent(entry: Entry, now: float, patience: float) -> list[Finding]:
    under_way = not entry.seconds
    waited = now - entry.started if under_way else entry.seconds
    if waited >= patience:
        how = "has waited" if under_way else "waited"
        told = f"It {how} {waited:.1f} s for a server that says nothing ({entry.fault}); set a timeout."
        return [Finding("no-timeout", "error", (entry.number,), told)]
    if under_way:
        return []
    told = f"It went away after {waited:.2f} s without an answer ({entry.fault})."
    return [Finding("timed-out", "info", (entry.number,), told)]


def _never(same: Sequence[Entry]) -> list[Finding]:
    run: list[Entry] = []
    longest: list[Entry] = []
    for entry in same:
        failed = _failed(entry, entry.fault.partition(":")[0])
        near = not run or entry.started - run[-1].started < LATER
        run = [*run, entry] if failed and near else [entry] if failed else []
        longest = max(longest, run, key=len)
    if len(longest) < MANY:
        return []
    told = f"The same request came {len(longest)} times in a row without success."
    return [Finding("never-gives-up", "error", tuple(entry.number for entry in longest), told)]


def _refusal(entry: Entry) -> str:
    return f"{entry.status}/{entry.error[0]}" if entry.error else f"HTTP {entry.status}"
