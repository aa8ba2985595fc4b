"""The access log: a line per request on stderr, written without the logging machinery because every request pays it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from mock_server.api.asgi import Scope
from mock_server.exchange import Answer
from mock_server.settings import Settings


class Log:
    """Writes a line per request, or nothing when the setting `log` is off."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.log == "on"
        self._second = 0
        self._stamp = ""

    def line(
        self, scope: Scope, headers: Mapping[bytes, bytes], status: int, seconds: float, answer: Answer | None = None
    ) -> None:
        """`time METHOD path status duration [tokens, neurons] credential`; of a token, its last four characters."""
        if not self._on:
            return
        second = int(time.time())
        if second != self._second:
            self._second, self._stamp = second, time.strftime("%H:%M:%S", time.localtime(second))
        cost = ""
        if answer is not None:
            tokens, bill = answer.usage.tokens, answer.usage.neurons
            counted = f"{tokens.prompt}+{tokens.completion} tokens " if tokens else ""
            cost = f" {counted}{bill:.2f} neurons"
        path = scope["path"].encode("ascii", "backslashreplace").decode()
        if not path.isprintable():
            path = repr(path)
        sys.stderr.write(
            f"{self._stamp} {scope['method']} {path} {status} {seconds * 1000:.1f}ms{cost} {_credential(headers)}\n"
        )


def _credential(headers: Mapping[bytes, bytes]) -> str:
    secret = headers.get(b"authorization") or headers.get(b"x-auth-key")
    if secret is None:
        return "-"
    # Of a short secret four characters would be most of it.
    return "…" + secret[-4:].decode("ascii", "replace") if len(secret) >= 20 else "…"
