"""Deliberate trouble: what it is called, when it strikes, and the refusals that it makes.

A fault is an object, or the same in short: ``{"cut": 3, "latency": "200ms"}`` is ``cut:3,latency:200ms``, and
``{"error": 4006}`` is ``4006``. It strikes by a rule (a match, how often, with which probability), or where a request
asks for it in its header ``x-mock-fault``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, NamedTuple

from mock_server import errors
from mock_server.clock import DURATION, duration
from mock_server.errors import ApiError, Envelope, MockError, Row
from mock_server.exchange import Call
from mock_server.matching import BadMatch, Match, compile_match, near

HEADER = b"x-mock-fault"
WHOLE = re.compile(r"[0-9]{1,15}").fullmatch
COUNTED = 10_000  # requests whose header says how often; the first are forgotten when there are more


class Kind(NamedTuple):
    """One kind of fault. takes: what its value may be. streams: whether only streams can have it."""

    takes: str
    streams: bool
    about: str


EVENTS, NOTHING = "events", "nothing"
KINDS: dict[str, Kind] = {
    "error": Kind("error", False, "Refuses, with an error of the API; nothing is counted or billed."),
    "hang": Kind(NOTHING, False, "Never answers: waits until the client goes away."),
    "close": Kind(NOTHING, False, "Closes the connection without an answer."),
    "reset": Kind(NOTHING, False, "Resets the connection (TCP RST) without an answer."),
    "stall": Kind(EVENTS, False, "After n events nothing more, the connection open; of a whole answer, after half."),
    "cut": Kind(EVENTS, False, "After n events the connection is closed; of a whole answer, after half."),
    "truncate": Kind(EVENTS, False, "After n events half of the next, then the proper end; of a whole answer, half."),
    "end": Kind(EVENTS, True, "After n events the proper end of the body, without what ends a stream."),
    "no_done": Kind(NOTHING, True, "Every event but the last, `data: [DONE]` or what else ends the stream."),
    "malformed": Kind(EVENTS, False, "After n events one whose JSON is broken, then the rest; or a broken whole body."),
    "error_frame": Kind(EVENTS, True, "After n events one that is an error (500/3043), then the end of the body."),
    "empty": Kind(NOTHING, False, "Status and headers of the answer, and no body."),
    "garbage": Kind(NOTHING, False, "Status and headers of the answer, and 256 random bytes."),
    "content_type": Kind("media type", False, "The answer under a wrong content type (`text/html` unless given)."),
}
WITH = ("latency", "retry_after")  # what a fault may have beside its kind; latency may stand alone
BY_RULE = ("match", "fault", "times", "probability", "seed")

NAMED = errors.named()
CODED: dict[int, Row] = {}
# What an HTTP status alone stands for: the row of it that clients meet most.
STATUSES: dict[int, Row] = {
    400: errors.INVALID_INPUT,
    401: errors.AUTHENTICATION,
    403: errors.NOT_ALLOWED,
    404: errors.INVALID_MODEL_ID,
    405: errors.METHOD_NOT_ALLOWED,
    408: errors.REQUEST_TIMEOUT,
    410: errors.DEPRECATED,
    413: errors.TOO_LARGE,
    422: errors.UNPROCESSABLE,
    429: errors.OUT_OF_CAPACITY,
    500: errors.INTERNAL,
    502: errors.UPSTREAM_UNAVAILABLE,
    503: errors.RETRIES_EXHAUSTED,
    529: errors.INFERENCE_FAILED,
}
# Of rows that share a code, the one that a status stands for, or else the first; the others go by their name.
for _known in reversed((*STATUSES.values(), *NAMED.values())):
    CODED[_known.code] = _known
CODED.pop(0, None)  # rows whose bodies have no code


@dataclass(frozen=True, slots=True)
class Fault:
    """Trouble for one request.

    kind: a key of KINDS, or "latency" when it is late and nothing else. events: how many pass before it strikes. row:
    of an error. media_type: the wrong one. latency: seconds before anything is sent. retry_after: seconds that the
    refusal asks to wait, None for no such header (the real service sends none).
    """

    kind: str
    events: int = 1
    row: Row | None = None
    media_type: str = ""
    latency: float = 0.0
    retry_after: float | None = None

    @property
    def name(self) -> str:
        """The fault in short, without what stands beside its kind."""
        if self.row is not None:
            return f"error:{self.row.code}"
        kind = KINDS.get(self.kind)
        value = f":{self.events}" if kind is not None and kind.takes == EVENTS else ""
        return self.kind.replace("_", "-") + value

    @property
    def streams(self) -> bool:
        """Whether only streams can have it."""
        return self.kind in KINDS and KINDS[self.kind].streams


class _Filling(dict[str, Any]):
    """What fills the placeholders of a row that no real cause filled."""

    def __missing__(self, key: str) -> str:
        return f"({key})"


class Struck(ApiError):
    """The refusal that a fault is."""

    def __init__(self, fault: Fault, call: Call) -> None:
        assert fault.row is not None
        super().__init__(fault.row, hint=f"a fault on purpose: {fault.name}")
        self.fault, self.delay, self.source = fault, fault.latency, "fault"
        limit = call.model.context_window or 4096
        self.values = _Filling(
            model=call.model.name,
            date=call.model.deprecated_on or "2026-05-30",
            method=call.sent.method if call.sent else "POST",
            path=call.sent.path if call.sent else "/",
            limit=limit,
            tokens=limit + 1,
            what="body",
            type="object",
            reason="required properties at '/' are 'prompt'",
            detail='{"error":{"message":"refused on purpose","type":"BadRequestError","param":null,"code":400}}',
        )


@dataclass(slots=True)
class Rule:
    """When a fault strikes.

    account: whose calls; None for every account's. times: how often at most. probability: of each call that matches,
    drawn in the order of arrival from a generator with this seed. met: how often it struck.
    """

    id: str
    account: str | None
    document: Mapping[str, Any]
    match: Match
    fault: Fault
    times: int | None
    probability: float
    random: Random
    met: int = 0

    def strikes(self, call: Call) -> bool:
        """Whether it is the turn of `call`; counted when it is."""
        if self.times is not None and self.met >= self.times:
            return False
        if not concerns(self.fault, call) or (self.fault.streams and not call.stream):
            return False
        if not (self.match.concerns(call.model.name, call.model.task) and self.match.speaks(call)):
            return False
        if self.probability < 1 and self.random.random() >= self.probability:
            return False
        self.met += 1
        return True

    def json(self) -> dict[str, Any]:
        """The rule as it was given, with what became of it."""
        left = None if self.times is None else self.times - self.met
        return {"id": self.id, "account": self.account, **self.document, "met": self.met, "left": left}


@dataclass(slots=True)
class Faults:
    """The rules of every account, newest first, and what headers asked for."""

    rules: list[Rule] = field(default_factory=list)
    _read: dict[bytes, tuple[Fault, int | None]] = field(default_factory=dict)
    _counted: dict[tuple[str, bytes, str, int], int] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def meet(self, call: Call) -> Fault | None:
        """The fault that strikes `call`: what its header asks for, or else the newest rule whose turn it is.

        MockError (422) for a header that is not understood, or that no answer to this call could have.
        """
        text = call.headers.get(HEADER)
        if text is not None:
            return self._asked(text, call)
        for rule in self.rules:
            if rule.account in (None, call.account) and rule.strikes(call):
                return rule.fault
        return None

    def add(self, document: Any, account: str | None = None) -> Rule:
        """A new rule for an account, or for all. BadMatch says where and what is wrong, and what is accepted."""
        if not isinstance(document, dict) or "fault" not in document:
            raise BadMatch("", f"accepted: an object with fault, and with {', '.join(BY_RULE)} as wanted")
        for name in document:
            if name not in BY_RULE:
                raise BadMatch(f"/{name}", f"unknown field{near(name, BY_RULE)}; accepted: {', '.join(BY_RULE)}")
        times, probability = document.get("times"), document.get("probability", 1)
        seed = document.get("seed", 0)
        if times is not None and (type(times) is not int or times < 1):
            raise BadMatch("/times", f"{times!r}; accepted: a whole number from 1")
        if type(probability) not in (int, float) or not 0 <= probability <= 1:
            raise BadMatch("/probability", f"{probability!r}; accepted: a number from 0 to 1")
        if type(seed) not in (int, str):
            raise BadMatch("/seed", f"{seed!r}; accepted: a whole number or a string")
        try:
            match = compile_match(document.get("match", {}))
        except BadMatch as error:
            raise BadMatch(f"/match{error.pointer}", str(error)) from None
        fault = compile_fault(document["fault"], "/fault")
        name = f"fault-{next(self._numbers)}"
        rule = Rule(name, account, document, match, fault, times, float(probability), Random(seed))
        self.rules.insert(0, rule)
        return rule

    def add_all(self, documents: list[Any], account: str | None = None) -> list[Rule]:
        """New rules, of which the first goes first; all of them, or none where one is wrong (BadMatch)."""
        before = self.rules
        self.rules = list(before)
        try:
            added: list[Rule] = []
            for index in reversed(range(len(documents))):
                try:
                    added.insert(0, self.add(documents[index], account))
                except BadMatch as error:
                    raise BadMatch(f"/faults/{index}{error.pointer}", str(error)) from None
        except BadMatch:
            self.rules = before
            raise
        return added

    def of(self, account: str | None) -> list[Rule]:
        """The rules that concern an account, newest first; None: all rules."""
        return [rule for rule in self.rules if account is None or rule.account in (None, account)]

    def remove(self, name: str) -> bool:
        """Take a rule away; False when there is none of that id."""
        kept = [rule for rule in self.rules if rule.id != name]
        gone = len(kept) < len(self.rules)
        self.rules = kept
        return gone

    def forget(self, account: str | None = None) -> None:
        """Forget the rules made for an account, and what its headers counted; or all."""
        self.rules = [rule for rule in self.rules if account is not None and rule.account != account]
        self._counted = {
            key: number for key, number in self._counted.items() if account is not None and key[0] != account
        }

    def _asked(self, text: bytes, call: Call) -> Fault | None:
        found = self._read.get(text)
        if found is None:
            if len(self._read) >= COUNTED:
                self._read.clear()
            found = self._read[text] = read_header(text)
        fault, times = found
        if not concerns(fault, call):
            return None
        if fault.streams and not call.stream:
            raise MockError(f"x-mock-fault: {fault.name} is for streams, and this is none", status=422)
        if times is not None:
            key = (call.account, text, call.model.name, call.seed)
            met = self._counted.get(key, 0)
            if met >= times:
                return None
            if len(self._counted) >= COUNTED:
                del self._counted[next(iter(self._counted))]
            self._counted[key] = met + 1
        return fault


def concerns(fault: Fault, call: Call) -> bool:
    """Whether `call` can have it: an item of a batch or a turn over a WebSocket is no answer of its own to break."""
    return fault.kind == "error" or call.surface not in ("batch", "realtime")


def read_header(text: bytes) -> tuple[Fault, int | None]:
    """The fault of a header, and how often the same request meets it (`times`; None for always). MockError (422)."""
    try:
        document = expand(text.decode("latin-1"))
        times = document.pop("times", None)
        if times is not None:
            if not WHOLE(str(times)) or int(times) < 1:
                raise BadMatch("/times", f"{times!r}; accepted: a whole number from 1")
            times = int(times)
        return compile_fault(document), times
    except BadMatch as error:
        raise MockError(f"x-mock-fault: {error}", status=422) from None


def expand(text: str) -> dict[str, Any]:
    """A fault in short as an object: ``429,retry-after:1`` is ``{"error": "429", "retry_after": "1"}``."""
    document: dict[str, Any] = {}
    for word in text.split(","):
        name, colon, value = (part.strip() for part in word.partition(":"))
        key = name.lower().replace("-", "_")
        if not colon and (key.isdecimal() or key in NAMED) and key not in KINDS:
            key, value = "error", key
        document[key] = value if colon or key == "error" else True
    return document


def compile_fault(document: Any, pointer: str = "") -> Fault:
    """A fault from its JSON, or from its short form. BadMatch says where and what is wrong, and what is accepted."""
    if isinstance(document, str):
        document = expand(document)
    if not isinstance(document, dict):
        raise BadMatch(pointer, "accepted: an object, or a fault in short such as cut:3")
    values = {str(name).replace("-", "_"): value for name, value in document.items()}
    accepted = (*KINDS, *WITH)
    for name in values:
        if name not in accepted:
            what = f"{name!r} is no fault{near(name, accepted)}"
            raise BadMatch(f"{pointer}/{name}", f"{what}; accepted: {', '.join(accepted)}, a code or an HTTP status")
    kinds = [name for name in values if name in KINDS]
    if len(kinds) > 1 or not (kinds or "latency" in values):
        raise BadMatch(pointer, f"a fault is one of: {', '.join(KINDS)}; latency may stand beside it or alone")
    kind = kinds[0] if kinds else "latency"
    if "retry_after" in values and kind != "error":
        raise BadMatch(f"{pointer}/retry_after", "only an error asks to wait")
    latency = _seconds(values["latency"], f"{pointer}/latency") if "latency" in values else 0.0
    wait = values.get("retry_after")
    retry_after = None if wait is None else _seconds(wait, f"{pointer}/retry_after")
    value, where = values.get(kind), f"{pointer}/{kind}"
    if kind == "error":
        return Fault(kind, row=_row(value, where), latency=latency, retry_after=retry_after)
    takes = KINDS[kind].takes if kinds else NOTHING
    if takes == EVENTS:
        return Fault(kind, _events(value, where), latency=latency)
    if takes == "media type":
        media_type = "text/html" if value is True else value
        if not isinstance(media_type, str) or not re.fullmatch(r"[\w.+-]+/[\w.+-]+( *;[ -~]*)?", media_type):
            raise BadMatch(where, f"{value!r}; accepted: a media type, or true for text/html")
        return Fault(kind, media_type=media_type, latency=latency)
    if kinds and value is not True:
        raise BadMatch(where, f"{value!r}; accepted: true (in short, the word alone)")
    return Fault(kind, latency=latency)


def _events(value: Any, pointer: str) -> int:
    if value is True:
        return 1
    if isinstance(value, str) and WHOLE(value):
        value = int(value)
    if type(value) is not int or value < 0:
        raise BadMatch(pointer, f"{value!r}; accepted: a number of events, or true for 1")
    return int(value)


def _seconds(value: Any, pointer: str) -> float:
    try:
        seconds = duration(value)
    except (ValueError, TypeError):
        seconds = -1.0
    if not 0 <= seconds <= 86400:
        raise BadMatch(pointer, f"{value!r}; accepted: {DURATION}, up to a day")
    return seconds


def _row(value: Any, pointer: str) -> Row:
    """The row of an error: by code, HTTP status or name, or with words of one's own."""
    if isinstance(value, dict):
        return _own_row(value, pointer)
    if isinstance(value, str) and WHOLE(value):
        value = int(value)
    if isinstance(value, str):
        row = NAMED.get(value.lower().replace("-", "_"))
        if row is not None:
            return row
    elif type(value) is int:
        if value in CODED:
            return CODED[value]
        if value in STATUSES:
            return STATUSES[value]
        if 400 <= value <= 599:  # a status that nobody captured: the words are ours
            return Row(value, value, f"HTTP {value}, made on purpose")
    close = near(value, NAMED) if isinstance(value, str) else ""
    listed = ", ".join(map(str, sorted(CODED)))
    what = f"{value!r} is no error{close}; accepted: an HTTP status from 400 to 599, a code ({listed}) or its name"
    raise BadMatch(pointer, f'{what}; or an object such as {{"status": 500, "code": 3043, "message": "..."}}')


def _own_row(document: dict[str, Any], pointer: str) -> Row:
    fields = ("code", "status", "message")
    for name in document:
        if name not in fields:
            raise BadMatch(f"{pointer}/{name}", f"unknown field{near(name, fields)}; accepted: {', '.join(fields)}")
    code, status, message = (document.get(name) for name in fields)
    if code is not None and type(code) is not int:
        raise BadMatch(f"{pointer}/code", f"{code!r}; accepted: a whole number")
    if status is not None and (type(status) is not int or not 400 <= status <= 599):
        raise BadMatch(f"{pointer}/status", f"{status!r}; accepted: an HTTP status from 400 to 599")
    if message is not None and not isinstance(message, str):
        raise BadMatch(f"{pointer}/message", f"{message!r}; accepted: a string")
    if code is None and status is None:
        raise BadMatch(pointer, "accepted: an object with code or status, and message as wanted")
    known = CODED.get(code) if code is not None else _row(status, pointer)
    row = known or Row(code or 0, status or 500, "An error made on purpose", Envelope.SERVICE)
    row = row._replace(code=row.code if code is None else code, status=row.status if status is None else status)
    return row if message is None else row._replace(text=message.replace("{", "{{").replace("}", "}}"), title="")
