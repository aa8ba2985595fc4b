"""What was said in earlier responses, for requests that go on from one by ``previous_response_id``."""

from __future__ import annotations

from typing import Any, NamedTuple

RESPONSES = 4096  # remembered at most
BYTES = 64 * 1024 * 1024  # of what they were asked and said


class Said(NamedTuple):
    """items: of the conversation up to and with a response, oldest first. size: bytes of what the response added."""

    items: list[Any]
    size: int


class Conversations:
    """The newest responses, by account and id; the oldest are forgotten when there are too many."""

    def __init__(self, responses: int = RESPONSES, size: int = BYTES) -> None:
        self._most, self._largest = responses, size
        self._said: dict[tuple[str, str], Said] = {}
        self._size = 0

    def remember(self, account: str, response_id: str, items: list[Any], size: int) -> None:
        """Keep the items of a conversation that ends with a response; `size`: bytes of those that are new."""
        self._said[account, response_id] = Said(items, size)
        self._size += size
        while len(self._said) > self._most or self._size > self._largest:
            self._drop(next(iter(self._said)))

    def find(self, account: str, response_id: str) -> list[Any] | None:
        """The items up to and with the response of that id; None when the account has none such."""
        said = self._said.get((account, response_id))
        return None if said is None else said.items

    def forget(self, account: str | None = None) -> None:
        """Forget the responses of an account, or of all of them."""
        for key in [key for key in self._said if account in (None, key[0])]:
            self._drop(key)

    def _drop(self, key: tuple[str, str]) -> None:
        self._size -= self._said.pop(key).size
