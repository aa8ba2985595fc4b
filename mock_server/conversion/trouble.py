"""What keeps a document from being converted."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

LARGEST = 20 * 1024 * 1024  # bytes of markup


class Unreadable(Exception):
    """A document cannot be converted; the words say why."""


def library(name: str) -> Any:
    """A module of the extra `markdown`. Unreadable, naming the extra, when it is not installed."""
    package = name.partition(".")[0]
    logging.getLogger(package).setLevel(logging.CRITICAL)  # what is wrong with a file is told in its result
    try:
        return import_module(name)
    except ImportError:
        raise Unreadable(f'this format needs {package}: pip install "workers-ai-mock[markdown]"') from None


def bound(data: bytes, elements: int) -> None:
    """Unreadable for markup of more than 20 MB, or with more tags than `elements`: a tree is many times its size."""
    if len(data) > LARGEST:
        raise Unreadable(f"the file has {len(data)} bytes, {LARGEST} are converted at most")
    tags = data.count(b"<")
    if tags > elements:
        raise Unreadable(f"the file has {tags} tags, {elements} are converted at most")
