"""The words that every room shares: what came in (Call), what goes out (Reply), and a reply with its bill (Answer)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from mock_server.catalog import Model

Inputs = dict[str, Any]  # a model's inputs as JSON; raw bodies and files of a form are bytes under their field's name
EMPTY: Mapping[str, float] = {}
NO_ADVICE: Mapping[str, str] = {}
DEEPEST = 128  # lists and objects inside each other


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token counts of one answer; `cached` is the part of `prompt` that a prefix cache served."""

    prompt: int
    completion: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model asks for. `id` is used by the formats that show one."""

    name: str
    arguments: dict[str, Any]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a language model said.

    text: the answer, possibly empty. reasoning: thoughts before it. finish_reason: stop, length or tool_calls;
    of Messages also ``stop_sequence`` and, after a space, the one that ended it; of a fixture, whatever it says.
    value: of a JSON-mode answer, the parsed text (the native format writes it as an object); else None.
    """

    text: str
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    value: Any = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What a language model said, before a format writes it. `choices` has one entry unless `n` asked for more."""

    choices: tuple[Choice, ...]
    tokens: Tokens
    units: Mapping[str, float] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Result:
    """A JSON answer, as it stands in `result`.

    tokens: what is counted and billed by token. shows_usage: append the `usage` object to `value`.
    units: billed amounts by the catalog's price unit, such as {"per audio minute": 0.05}.
    verbatim: no format touches it.
    """

    value: Any
    tokens: Tokens | None = None
    units: Mapping[str, float] = field(default_factory=lambda: EMPTY)
    shows_usage: bool = False
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Binary:
    """Bytes sent as they are, without an envelope."""

    body: bytes
    media_type: str
    tokens: Tokens | None = None
    units: Mapping[str, float] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is passed on byte for byte: recorded, or just coming from upstream.

    headers: names in lower case. chunks: makes the parts of the body anew each time it is called; with True, each at
    its time. timed: whether its parts come at their times unless there is to be no pacing, or only with the pacing
    ``recorded``.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    chunks: Callable[[bool], AsyncGenerator[bytes, None]]
    timed: bool = False
    tokens: Tokens | None = None
    units: Mapping[str, float] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Kept:
    """Stands in the journal where media were: how many bytes, and the SHA-256 of them as hexadecimal digits.

    Where a vector was: how many numbers, "" and "numbers".
    """

    size: int
    sha256: str
    media_type: str = ""


Reply = Completion | Result | Binary | Raw


class Sent(NamedTuple):
    """A request as it came in. path: percent-encoded, as it stood in the request line; query: without the ?."""

    method: str
    path: str
    query: bytes
    body: bytes


@dataclass(slots=True)
class Call:
    """One request for an answer, whatever surface it came through.

    surface: native (ai/run), universal, openai, anthropic, gateway, binding, batch or realtime.
    now: seconds since the epoch by the emulator's clock. headers: as received, names in lower case. options: the
    body's `options` (rejectIfBusy ...). raw: the name of the input that the whole body is, when it is not JSON.
    form: whether the inputs are the fields of a multipart form. queued: whether they are to be answered later, as a
    batch (`queueRequest`). body: the JSON that the inputs were read from, where
    it is short; what was made of the same body before can be used again. sent: the request as it came in.
    stream, stream_options, seed: settled by the pipeline once the inputs are known to be good; the seed is derived
    from model and inputs, the same whether streamed or not. fault: the trouble (``faults.Fault``) that its answer is
    to have. holds: whether it takes a place among those that an account may have under way. advice: of question and
    answer, ids with what there is to say about this one.
    """

    account: str
    model: Model
    inputs: Inputs
    request_id: str
    now: float
    surface: str = "native"
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    raw: str | None = None
    form: bool = False
    queued: bool = False
    body: bytes = b""
    sent: Sent | None = None
    stream: bool = False
    stream_options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    fault: Any = None
    holds: bool = False
    advice: Mapping[str, str] = field(default_factory=lambda: NO_ADVICE)


@dataclass(frozen=True, slots=True)
class Usage:
    """The bill of one answer. neurons: price in USD / 0.000011, rounded as the service rounds (32-bit floats)."""

    tokens: Tokens | None
    neurons: float


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)  # each is itself: a key of what was written of it
class Answer:
    """A reply with where it came from (`responder`, or a stub's id) and what it cost.

    delay: seconds to wait before it is given. pacing: how fast it comes, as ``x-mock-pacing`` says it; "" for the
    server's own.
    """

    reply: Reply
    source: str
    usage: Usage
    delay: float = 0.0
    pacing: str = ""


def json_of(text: bytes | str) -> Any:
    """What JSON means. JSONDecodeError for what is none, and for what is nested more than DEEPEST deep.

    What is nested deeper could neither be looked through within Python's stack nor be written again by orjson. Where
    the real service draws the line is not known.
    """
    document = orjson.loads(text)
    opened = text.count(b"[") + text.count(b"{") if isinstance(text, bytes) else text.count("[") + text.count("{")
    if opened > DEEPEST and _is_deep(document):
        raise orjson.JSONDecodeError(f"nested more than {DEEPEST} deep", "", 0)
    return document


def _is_deep(document: Any) -> bool:
    level = [document]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
