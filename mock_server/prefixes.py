"""Prompt caching: which part of a prompt the last one of its session had already."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import orjson

from mock_server.exchange import Call, Completion

BLOCK = 64  # tokens; the captured figure is this and multiples of it fit documentation of such caches
KEPT = 1000  # sessions


class Prefixes:
    """The last prompt of each session (header ``x-session-affinity``) by account and model; old ones are forgotten."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, str, bytes], bytes] = OrderedDict()

    def applied(self, call: Call, completion: Completion) -> Completion:
        """`completion` with the prompt tokens that the session's last prompt began with, in whole blocks, as cached."""
        session = call.headers.get(b"x-session-affinity")
        if not session:
            return completion
        prompt = orjson.dumps([call.inputs.get(key) for key in ("tools", "messages", "prompt", "input")], default=str)
        key = (call.account, call.model.name, session)
        last = self._last.pop(key, b"")
        self._last[key] = prompt
        if len(self._last) > KEPT:
            self._last.popitem(last=False)
        # A message that was the last one ends its list; the next prompt goes on where the bracket stood.
        shared = _common(last, prompt) / len(prompt)
        cached = int(completion.tokens.prompt * shared) // BLOCK * BLOCK
        return replace(completion, tokens=replace(completion.tokens, cached=cached)) if cached else completion

    def forget(self, account: str | None = None) -> None:
        """Forget the sessions of an account, or all of them."""
        for key in [key for key in self._last if account in (None, key[0])]:
            del self._last[key]


def _common(first: bytes, second: bytes) -> int:
    """How many bytes both begin with."""
    if second.startswith(first):
        return len(first)
    return next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), len(second))
