"""Markdown conversion: documents of many kinds become Markdown or plain text, each by the converter of its kind.

Documented are the options, the kinds, the shape of a result, and what happens to HTML and PDF; what the text of a
document looks like beyond that follows captured results where there are any. Nothing is fetched, and what a small file
can unfold to is bounded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mock_server.conversion import plain, recognition
from mock_server.conversion.options import Options
from mock_server.conversion.trouble import Unreadable
from mock_server.errors import ApiError, MockError
from mock_server.text import tokens

__all__ = ["Converted", "Document", "Options", "Unreadable", "convert", "supported"]

log = logging.getLogger("mock_server")

Converter = Callable[[bytes, str, Options], str]


@dataclass(frozen=True, slots=True)
class Document:
    """A file to convert. media_type: as its sender says, "" where nothing is said."""

    name: str
    data: bytes
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a document: `text`, or the `error` that prevented it. format: markdown, text or error."""

    name: str
    media_type: str
    format: str
    text: str = ""
    error: str = ""

    def shown(self, result_id: str) -> dict[str, Any]:
        """As the API shows it: id, name, mimeType, format, and tokens with data, or an error."""
        shown = {"id": result_id, "name": self.name, "mimeType": self.media_type, "format": self.format}
        if self.format == "error":
            return shown | {"error": self.error}
        return shown | {"tokens": tokens.count(self.text), "data": self.text}


# Media type -> the module here that converts it, and its function. The order is that of `supported`.
CONVERTERS: dict[str, tuple[str, str]] = {
    "application/pdf": ("papers", "pdf"),
    "image/jpeg": ("pictures", "picture"),
    "image/png": ("pictures", "picture"),
    "image/webp": ("pictures", "picture"),
    "image/gif": ("pictures", "picture"),
    "image/bmp": ("pictures", "picture"),
    "image/svg+xml": ("pictures", "svg"),
    "text/html": ("pages", "html"),
    "application/xml": ("markup", "xml"),
    "text/csv": ("tables", "csv"),
    "application/json": ("markup", "json"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("papers", "docx"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("tables", "xlsx"),
    "application/vnd.ms-excel.sheet.macroenabled.12": ("tables", "xlsx"),
    "application/vnd.oasis.opendocument.spreadsheet": ("opendocument", "ods"),
    "application/vnd.oasis.opendocument.text": ("opendocument", "odt"),
    "text/markdown": ("plain", "unchanged"),
    "text/plain": ("plain", "unchanged"),
}


def supported() -> list[dict[str, str]]:
    """What can be converted, as the API lists it: extension (with its dot) and mimeType."""
    return [
        {"extension": f".{extension}", "mimeType": kind}
        for kind in CONVERTERS
        for extension, its in recognition.EXTENSIONS.items()
        if its == kind
    ]


def convert(document: Document, options: Options) -> Converted:
    """One document as Markdown, or as text where the options say so. What prevents it is told in the result."""
    kind = recognition.kind_of(document.name, document.media_type, document.data)
    try:
        if kind not in CONVERTERS:
            raise Unreadable(f"{kind} is not among the supported formats")
        room, function = CONVERTERS[kind]
        converter: Converter = getattr(import_module(f"{__name__}.{room}"), function)
        text = converter(document.data, document.name, options)
        if options.text:
            return Converted(document.name, kind, "text", plain.without_marks(text))
        return Converted(document.name, kind, "markdown", text)
    except Unreadable as trouble:
        return Converted(document.name, kind, "error", error=str(trouble))
    except (ApiError, MockError) as trouble:
        hint = trouble.hint if isinstance(trouble, ApiError) else ""
        return Converted(document.name, kind, "error", error=hint or str(trouble))
    except Exception as trouble:  # the readers of formats raise anything when a file is broken
        log.debug("%s could not be converted", document.name, exc_info=True)
        return Converted(document.name, kind, "error", error=f"the file cannot be read as {kind}: {trouble!r}"[:500])
