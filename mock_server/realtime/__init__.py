"""What is said over a WebSocket: sessions that turn what comes in into what goes out, without I/O of their own.

A session is given messages (``open``, ``text``, ``audio``) and yields frames. ``api.realtime`` carries both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import orjson


class Audio(NamedTuple):
    """Sound, in a binary frame or inside a message, and the seconds that it plays."""

    data: bytes | dict[str, Any]
    seconds: float


class Hush(NamedTuple):
    """Audio that has not been sent yet is not to be sent any more."""


class Close(NamedTuple):
    """The end of the connection."""

    code: int = 1000
    reason: str = ""


Frame = dict[str, Any] | Audio | Hush | Close


class Session(Protocol):
    """One conversation.

    patience: seconds without a frame that it waits; None for as long as it takes.
    """

    patience: float | None

    @property
    def heavy(self) -> bool:
        """Whether its next step may take longer than the event loop should wait."""

    def open(self) -> Iterator[Frame]:
        """What is said before anything is asked."""

    def text(self, message: str) -> Iterator[Frame]:
        """The answer to a text frame."""

    def audio(self, data: bytes) -> Iterator[Frame]:
        """The answer to a binary frame."""

    def silent(self) -> Iterator[Frame]:
        """What is said when nothing came for too long; it ends with Close."""

    def units(self) -> Mapping[str, float]:
        """What is to be billed so far, by the catalog's price unit."""


def command(message: str) -> dict[str, Any] | None:
    """A text frame that is a JSON object with a `type`; None for any other."""
    try:
        document = orjson.loads(message)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) and isinstance(document.get("type"), str) else None


def number(value: Any) -> float | None:
    """A number, which a query string has as text; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if abs(found) < float("inf") else None  # not-a-number is not less either


def uuid_of(model_name: str) -> str:
    """A UUID for a model that nobody published one of: always the same."""
    from hashlib import blake2b

    digits = blake2b(model_name.encode(), digest_size=16).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
