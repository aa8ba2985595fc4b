"""What was asked, who answered, what it cost: the last requests of every account, bounded by number and bytes."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from mock_server.exchange import Answer, Binary, Call, Completion, Kept, Raw, Reply, Result

LONG = 4096  # bytes from which a body is looked through for media
MANY = 64  # numbers in a row that are media, or a vector
SECRET = (
    "authorization", "x-auth-key", "cf-aig-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie",
    "proxy-authorization", "sec-websocket-protocol", "cf-access-client-secret",
)  # fmt: skip
SECRET_QUERY = re.compile(
    r"(?<=[?&])((?:access_token|api_?key|api_token|authorization|cf-aig-authorization|key|secret|token)=)[^&]+", re.I
)
DATA_URL = re.compile(r"data:([\w.+/-]*)(?:;[\w=.+-]+)*;base64,", re.ASCII).match
BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}\s*", re.ASCII).fullmatch


@dataclass(slots=True)
class Entry:
    """One request, filled in while it is answered.

    number: 1, 2 ... in the order of arrival. at: seconds since the epoch by the emulator's clock. path: as sent, with
    its query. surface: as in Call; "" for routes that run no model. account: "" where the path names none. size: bytes
    of the body. status: of the answer; 499 when the client went away. seconds: real time from request to answer.
    error: code and message of a refusal. hint: our own words about it. advice: ids of what the caller should know.
    fault: the kind of deliberate trouble it met. started: when it came in real time, on ``time.perf_counter``.
    fingerprint: equal for equal bodies, within this process. retry_after: seconds that the answer asked to wait.
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
    advice: Sequence[str] = ()
    fault: str = ""
    started: float = 0.0
    fingerprint: int = 0
    retry_after: float | None = None


# Answers that are given again are lightened once.
_light: WeakKeyDictionary[Answer, Answer] = WeakKeyDictionary()


class Journal:
    """The last requests: at most `entries` of them, and at most `size` bytes of bodies."""

    def __init__(self, entries: int = 1000, size: int = 32 * 1024 * 1024) -> None:
        self._entries: deque[Entry] = deque()
        self.limit = entries
        self._room = size
        self._bytes = 0
        self._numbers = count(1)
        self._listeners: set[Callable[[Entry], None]] = set()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def number(self) -> int:
        """The number of the next request."""
        return next(self._numbers)

    def enter(self, entry: Entry) -> None:
        """Keep a request that was answered; the oldest go where there is no room for it.

        Of media, size and hash are kept.
        """
        if entry.call is not None:
            _lighten(entry, entry.call)
        self._entries.append(entry)
        self._bytes += entry.size
        while len(self._entries) > self.limit or (self._bytes > self._room and len(self._entries) > 1):
            self._bytes -= self._entries.popleft().size
        for listener in tuple(self._listeners):
            listener(entry)

    def find(self, number: int) -> Entry | None:
        """The request of that number, or None when it is not kept."""
        return next((entry for entry in self._entries if entry.number == number), None)

    def listen(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Have `listener` called with every request from now on; what is returned ends it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def forget(self, account: str | None = None) -> None:
        """Forget the requests of an account, or all of them."""
        kept = [entry for entry in self._entries if account is not None and entry.account != account]
        self._entries = deque(kept)
        self._bytes = sum(entry.size for entry in kept)


def _lighten(entry: Entry, call: Call) -> None:
    """Let go of the bytes of a long request, and of an answer that is media."""
    if entry.size > LONG or call.raw is not None or call.form:
        inputs = lightened(call.inputs)
        entry.size = _size(inputs)
        sent = call.sent._replace(body=b"") if call.sent is not None else None
        entry.call = replace(call, inputs=inputs, body=b"", sent=sent)
    answer = entry.answer
    if answer is not None and not isinstance(answer.reply, Completion):
        light = _light.get(answer)
        if light is None:
            # Written out: every answer that is no completion comes by, and `replace` takes its time.
            light = Answer(_light_reply(answer.reply), answer.source, answer.usage, answer.delay, answer.pacing)
            _light[answer] = light
        entry.answer = light


def _light_reply(reply: Reply) -> Reply:
    if isinstance(reply, Binary):
        return Result(_kept(reply.body, reply.media_type), reply.tokens, reply.units)
    if isinstance(reply, Result):
        return Result(lightened(reply.value), reply.tokens, reply.units)
    return reply


def lightened(value: Any) -> Any:
    """JSON with media in it (bytes, data URLs, base64, lists of bytes) or vectors in it as Kept; the rest as it is."""
    if isinstance(value, bytes):
        return _kept(value, "")
    if isinstance(value, str):
        return _light_text(value) if len(value) > LONG else value
    if isinstance(value, dict):
        return {key: lightened(item) for key, item in value.items()}
    if isinstance(value, list) and value:
        if len(value) < MANY or not isinstance(value[0], int | float):
            return [lightened(item) for item in value]
        if all(type(item) is int and 0 <= item < 256 for item in value):
            return _kept(bytes(value), "")
        return Kept(len(value), "", "numbers")
    return value


def _light_text(text: str) -> Any:
    found = DATA_URL(text[:200])
    data = text[found.end() :] if found else text
    if found is None and not BASE64(data):
        return text
    try:
        return _kept(b64decode(data), found[1] if found else "")
    except (NotBase64, ValueError):
        return text


def _kept(data: bytes, media_type: str) -> Kept:
    return Kept(len(data), sha256(data).hexdigest(), media_type)


def _size(value: Any) -> int:
    """About how many bytes JSON of `value` has."""
    if isinstance(value, dict):
        return sum(len(key) + _size(item) + 6 for key, item in value.items())
    if isinstance(value, list):
        return sum(_size(item) + 2 for item in value)
    return len(value) if isinstance(value, str) else 8


def summary(entry: Entry) -> dict[str, Any]:
    """An entry in short, as JSON. seconds: real time. at: ISO 8601 by the emulator's clock."""
    answer = entry.answer
    tokens = answer.usage.tokens if answer else None
    return {
        "id": entry.number,
        "at": datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "account": entry.account,
        "surface": entry.surface,
        "method": entry.method,
        "path": SECRET_QUERY.sub(r"\1…", entry.path),
        "model": entry.model,
        "task": entry.call.model.task if entry.call else "",
        "stream": entry.call.stream if entry.call else False,
        "status": entry.status,
        "seconds": round(entry.seconds, 6),
        "source": answer.source if answer else "",
        "error": {"code": entry.error[0], "message": entry.error[1]} if entry.error else None,
        "hint": entry.hint,
        "advice": entry.advice,
        "fault": entry.fault,
        "tokens": {"prompt": tokens.prompt, "completion": tokens.completion, "cached": tokens.cached}
        if tokens
        else None,
        "neurons": answer.usage.neurons if answer else None,
    }


def whole(entry: Entry) -> dict[str, Any]:
    """An entry with its headers (of secrets, their last four characters), its inputs and what was answered."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in entry.headers.items()}
    for name in SECRET:
        if name in headers:
            headers[name] = "…" + headers[name][-4:] if len(headers[name]) >= 20 else "…"
    return {
        **summary(entry),
        "headers": headers,
        "inputs": _shown(entry.call.inputs) if entry.call else None,
        "reply": _reply(entry.answer.reply) if entry.answer else None,
    }


def _reply(reply: Reply) -> Any:
    """What was answered: of a completion its choices, before a format wrote them."""
    if isinstance(reply, Completion):
        return {
            "choices": [
                {
                    "text": choice.text,
                    "reasoning": choice.reasoning,
                    "tool_calls": [{"name": call.name, "arguments": call.arguments} for call in choice.tool_calls],
                    "finish_reason": choice.finish_reason,
                }
                for choice in reply.choices
            ]
        }
    if isinstance(reply, Raw):
        return {"status": reply.status, "recorded": True}
    return {"result": _shown(reply.value)} if isinstance(reply, Result) else None


def _shown(value: Any) -> Any:
    """JSON of what was kept."""
    if isinstance(value, Kept):
        if value.media_type == "numbers":
            return {"numbers": value.size}
        kept = {"size": value.size, "sha256": value.sha256}
        return {"media": {**kept, "type": value.media_type} if value.media_type else kept}
    if isinstance(value, bytes):
        return _shown(_kept(value, ""))
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value
