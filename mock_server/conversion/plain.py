"""Text as it is, and Markdown without its marks."""

from __future__ import annotations

import codecs
import re

from mock_server.conversion.options import Options

MARKS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"\A---\n(.*?\n)---\n", r"\1"),
        (r"^ {0,3}(?:```|~~~)[^\n]*\n?", ""),
        (r"^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]{1,9}#{1,9})?$", r"\1"),
        (r"^ {0,3}(?:[-*_][ \t]*){3,}$", ""),
        (r"^\|(?:[ \t]*:?-+:?[ \t]*\|)+\n?", ""),
        (r"^\|[ \t]?(.*?)[ \t]?\|$", r"\1"),
        (r"^([ \t]*)[-*+][ \t]+", r"\1"),
        (r"^[ \t]*>[ \t]?", ""),
        (r"!?\[([^\[\]\n]*)\]\([^()\n]*\)", r"\1"),
        (r"(\*\*|__)(?=\S)([^\n]+?)(?<=\S)\1", r"\2"),
        (r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])", r"\1"),
        (r"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)", r"\1"),
        (r"`([^`\n]+)`", r"\1"),
        (r"\\([\\`*_{}\[\]()#+\-.!|<>~])", r"\1"),
        (r"\n{3,}", "\n\n"),
    )
)


def unchanged(data: bytes, name: str, options: Options) -> str:
    """A text file, as it is."""
    return decoded(data)


def decoded(data: bytes) -> str:
    """Text of a file in UTF-8, in UTF-16 with a byte order mark, or else in Latin-1."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def without_marks(text: str) -> str:
    """Markdown as plain text: what its marks stand around, cells of a table with a bar between them."""
    for mark, replacement in MARKS:
        text = mark.sub(replacement, text)
    text = "\n".join(line.rstrip() for line in text.split("\n")).strip()
    return f"{text}\n" if text else ""
