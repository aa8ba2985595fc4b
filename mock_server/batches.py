"""Asynchronous batches: jobs of an account that wait in a queue, run, and are fetched by their id.

Documented are the three answers (queued, in work, done) with their keys, and that a batch is under 10 MB. What became
of an item that failed was never published: it is told as the error of the same request sent alone.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from mock_server import errors
from mock_server.catalog import Model
from mock_server.errors import ApiError, MockError
from mock_server.exchange import Binary, Call, Inputs, Tokens, Usage
from mock_server.usage import single

LARGEST = 10 * 1024 * 1024  # bytes of a batch
KEPT = 1000  # jobs
ROOM = 256 * 1024 * 1024  # bytes of all jobs' requests
TURN = 16  # items, after which others have their turn
ACCEPTED = "0, one duration such as 2s or 500ms, or two: <in the queue>,<running>, such as 1s,3s"

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|)").fullmatch

KINDS: dict[type, str] = {  # as the service's validator names what JSON gives
    type(None): "'null'",
    bool: "'boolean'",
    str: "'string'",
    int: "'number','integer'",
    float: "'number'",
    list: "'array'",
}

State = Literal["queued", "running", "done"]
Entries = tuple[list[dict[str, Any]], Usage]
Ask = Callable[[Call], Awaitable[tuple[Any, Usage]]]


class Durations(NamedTuple):
    """Seconds in the queue, and seconds of work after that."""

    queued: float
    running: float


def parse(text: str, where: str = "--batch-duration") -> Durations:
    """Durations from their text; one is halved, bare numbers are seconds. MockError names `where`."""
    found = [_DURATION(part.strip()) for part in text.split(",")]
    seconds = [float(one[1]) / (1000 if one[2] == "ms" else 1) for one in found if one is not None]
    if len(seconds) != len(found) or len(seconds) > 2:
        raise MockError(f"{where}: {text!r} is not accepted, only {ACCEPTED}", status=422)
    return Durations(seconds[0] / 2, seconds[0] / 2) if len(seconds) == 1 else Durations(*seconds)


@dataclass(slots=True, eq=False)
class Job:
    """One batch. submitted: by the emulator's clock. size: bytes of its requests.

    requests: what is asked, one item of JSON each; raw: the input that the one item is, when it came as bytes.
    outcome: the entries of a job that was worked off, and what they cost; its requests are let go then.
    """

    id: str
    account: str
    model: Model
    submitted: float
    size: int
    requests: list[Any]
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    raw: str | None = None
    outcome: Entries | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def work(self, now: float, ask: Ask) -> Entries:
        """What became of every item, each asked by itself, and the sum of their bills; the first time it is found out.

        now: by the emulator's clock. ask: answers one call by a JSON value or Binary, and its bill.
        """
        async with self.lock:  # two polls at once do the work once
            if self.outcome is None:
                entries, bills = [], []
                for number, item in enumerate(self.requests):
                    if number % TURN == TURN - 1:
                        await asyncio.sleep(0)
                    reference = item.get("external_reference") if isinstance(item, dict) else None
                    try:
                        value, bill = await ask(self._call(item, now))
                    except ApiError as error:
                        entries.append(_failed(number, error, self.id, reference))
                    else:
                        entries.append(_succeeded(number, value, reference))
                        bills.append(bill)
                self.outcome, self.requests, self.headers = (entries, _total(bills)), [], {}
            return self.outcome

    def _call(self, item: Any, now: float) -> Call:
        if not isinstance(item, dict):
            raise ApiError(errors.BAD_INPUT, reason=f"Type mismatch of '/', 'object' not in {KINDS[type(item)]}")
        # As at the top of a body, a null stands for "not given".
        inputs: Inputs = {key: value for key, value in item.items() if value is not None}
        inputs.pop("external_reference", None)
        return Call(self.account, self.model, inputs, self.id, now, "batch", self.headers, raw=self.raw)


class Batches:
    """The jobs of every account, the latest of them: no more than KEPT, and no more than ROOM bytes of requests."""

    def __init__(self, duration: str) -> None:
        self._durations = parse(duration)
        self._jobs: dict[tuple[str, str], Job] = {}
        self._size = 0

    def submit(self, job: Job) -> None:
        """Queue a job; where there is no room for it, the oldest ones go."""
        self._jobs[job.account, job.id] = job
        self._size += job.size
        while len(self._jobs) > KEPT or (self._size > ROOM and len(self._jobs) > 1):
            self._size -= self._jobs.pop(next(iter(self._jobs))).size

    def find(self, account: str, job_id: object) -> Job | None:
        """The job of that id, if it is one of `account`."""
        return self._jobs.get((account, job_id)) if isinstance(job_id, str) else None

    def state(self, job: Job, now: float) -> State:
        """Where a job stands: it waits, it is worked on, or its time is over."""
        waited = now - job.submitted
        if job.outcome is not None or waited >= sum(self._durations):
            return "done"
        return "queued" if waited < self._durations.queued else "running"

    def forget(self, account: str | None = None) -> None:
        """Forget the jobs of an account, or all of them."""
        kept = {key: job for key, job in self._jobs.items() if account is not None and job.account != account}
        self._jobs, self._size = kept, sum(job.size for job in kept.values())


def takes(model: Model, schema: Any) -> bool:
    """Whether a model takes batches: it says so (property ``async_queue``), or its input schema lists `requests`.

    Both together are the models that are documented to take them and more. What the others do is not known; here their
    own schema refuses a batch, as it refuses any other body that it does not describe.
    """
    if model.has("async_queue"):
        return True
    branches = [schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    return any("requests" in branch.get("properties", ()) for branch in branches)


def told(job: Job, state: State, surface: str) -> dict[str, Any]:
    """What submitting and polling say of a job that is not done. A Worker's binding has its keys in another order."""
    if surface == "binding":
        return {"status": state, "model": job.model.name, "request_id": job.id}
    return {"status": state, "request_id": job.id, "model": job.model.name}


def _succeeded(number: int, value: Any, reference: Any) -> dict[str, Any]:
    """The entry of an item that was answered. Bytes, which nobody has seen in a batch, become base64 in an object."""
    if isinstance(value, Binary):
        value = {value.media_type.partition("/")[0]: b64encode(value.body).decode()}
    return {"id": number, "result": value, "success": True, "external_reference": reference}


def _failed(number: int, error: ApiError, job_id: str, reference: Any) -> dict[str, Any]:
    """The entry of an item that was refused, with the error that the request alone would have met."""
    details = {"message": error.message(job_id), "code": error.row.code}
    return {"id": number, "success": False, "error": details, "external_reference": reference}


def _total(bills: Iterable[Usage]) -> Usage:
    """The bills of all items as one."""
    prompt = completion = cached = 0
    neurons = 0.0
    for bill in bills:
        neurons += bill.neurons
        if bill.tokens is not None:
            prompt += bill.tokens.prompt
            completion += bill.tokens.completion
            cached += bill.tokens.cached
    return Usage(Tokens(prompt, completion, cached), single(neurons))
