"""Pages of a list, as ``page`` and ``per_page`` ask for them, and the ``result_info`` that tells which one it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

Item = TypeVar("Item")

# What the documentation says of the two.
PARAMETERS: list[dict[str, Any]] = [
    {"name": "page", "in": "query", "schema": {"type": "integer"}},
    {"name": "per_page", "in": "query", "schema": {"type": "integer"}},
]


class Page(NamedTuple):
    """Which page of how many items each; both count from 1."""

    number: int
    size: int

    def of(self, items: Sequence[Item]) -> list[Item]:
        """The items of the page: none past the end, which is how clients know that they have seen all."""
        start = (self.number - 1) * self.size
        return list(items[start : start + self.size])

    def info(self, total: int) -> dict[str, int]:
        """``result_info`` of the page of a list with `total` items."""
        start = (self.number - 1) * self.size
        return {
            "page": self.number,
            "per_page": self.size,
            "total_pages": -(-total // self.size),
            "count": max(0, min(self.size, total - start)),
            "total_count": total,
        }


def asked(query: Mapping[str, str], size: int) -> Page:
    """The page that a query asks for; what is no positive number is not given, since nobody saw it refused.

    size: items of a page where the query does not say.
    """
    return Page(_positive(query.get("page"), 1), _positive(query.get("per_page"), size))


def _positive(text: str | None, default: int) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return default
    return int(text) or default
