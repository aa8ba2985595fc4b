"""XML and JSON as Markdown."""

from __future__ import annotations

from typing import Any

import orjson

from mock_server.conversion.options import Options
from mock_server.conversion.trouble import Unreadable, bound, library

MOST_TAGS = 1_000_000
DEEPEST = 50  # levels that are indented


def xml(data: bytes, name: str, options: Options) -> str:
    """Nested lists: an item for every element, with its attributes and its text. Entities are not unfolded."""
    reading = library("defusedxml.ElementTree")
    bound(data, MOST_TAGS)
    try:
        root = reading.fromstring(data)
    except reading.ParseError as error:
        raise Unreadable(f"not well-formed XML: {error}") from None
    except library("defusedxml").DefusedXmlException as error:
        raise Unreadable(f"entities and external references are not followed: {error}") from None
    lines: list[str] = []
    waiting: list[tuple[Any, int]] = [(root, 0)]
    while waiting:
        element, level = waiting.pop()
        attributes = " ".join(f'{_local(key)}="{value}"' for key, value in element.attrib.items())
        words = " ".join((element.text or "").split())
        told = f"**{_local(element.tag)}**" + (f" ({attributes})" if attributes else "")
        lines.append(f"{'  ' * min(level, DEEPEST)}- {told}{': ' if words else ''}{words}")
        waiting += [(child, level + 1) for child in reversed(element)]
        if element.tail and element.tail.strip() and level:
            lines.append(f"{'  ' * min(level, DEEPEST)}- {' '.join(element.tail.split())}")
    return "\n".join(lines) + "\n"


def json(data: bytes, name: str, options: Options) -> str:
    """The document, indented, in a block of code."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"not JSON: {error}") from None
    return f"```json\n{orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()}\n```\n"


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
