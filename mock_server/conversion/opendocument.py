"""OpenDocument files as Markdown: texts by way of HTML, spreadsheets as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import islice, repeat
from typing import Any

from mock_server.conversion import archives, pages, tables
from mock_server.conversion.options import Images, Options
from mock_server.conversion.trouble import Unreadable, bound, library

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
FORMAT = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
LINK = "{http://www.w3.org/1999/xlink}href"
MOST_TAGS = 1_000_000
DEEPEST = 100  # levels of elements
WRAPPED = {  # element -> HTML around what is in it
    f"{TEXT}p": "p",
    f"{TEXT}list": "ul",
    f"{TEXT}list-item": "li",
    f"{TABLE}table": "table",
    f"{TABLE}table-row": "tr",
    f"{TABLE}table-cell": "td",
}
LEFT_OUT = {f"{TEXT}tracked-changes", f"{TEXT}note", f"{OFFICE}annotation", f"{TEXT}sequence-decls"}
BLANKS = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "<br>"}


def odt(data: bytes, name: str, options: Options) -> str:
    """Headings, paragraphs, lists, tables and links, bold and italic."""
    root = _content(data)
    body = root.find(f"{OFFICE}body/{OFFICE}text")
    if body is None:
        raise Unreadable("there is no text in it")
    page = "".join(_html(body, _emphases(root), 0))
    return pages.markdown_of(pages.parsed(page), Images()) + "\n"


def ods(data: bytes, name: str, options: Options) -> str:
    """Every sheet as a table."""
    found = _content(data).iter(f"{TABLE}table")
    return tables.sheets((sheet.get(f"{TABLE}name", ""), _rows(sheet)) for sheet in found)


def _content(data: bytes) -> Any:
    reading = library("defusedxml.ElementTree")
    content = archives.member(data, "content.xml")
    bound(content, MOST_TAGS)
    return reading.fromstring(content)


def _emphases(root: Any) -> dict[str, str]:
    """Names of styles that are bold or italic -> the elements of HTML for it."""
    found = {}
    for style in root.iter(f"{STYLE}style"):
        look = style.find(f"{STYLE}text-properties")
        if look is not None:
            bold = "strong " if look.get(f"{FORMAT}font-weight") == "bold" else ""
            italic = "em" if look.get(f"{FORMAT}font-style") == "italic" else ""
            found[style.get(f"{STYLE}name", "")] = (bold + italic).strip()
    return found


def _html(element: Any, emphases: dict[str, str], level: int) -> Iterator[str]:
    if level > DEEPEST:
        raise Unreadable("the elements of the document are nested too deeply")
    tag = element.tag
    around = ""
    opening = ""
    if tag == f"{TEXT}h":
        outline = element.get(f"{TEXT}outline-level", "1")
        around = f"h{min(int(outline), 6) if outline.isdigit() else 1}"
    elif tag == f"{TEXT}span":
        around = emphases.get(element.get(f"{TEXT}style-name", ""), "")
    elif tag == f"{TEXT}a":
        around, opening = "a", f' href="{escape(element.get(LINK, ""))}"'
    elif tag == f"{TEXT}s":
        yield " " * min(_count(element, f"{TEXT}c"), 100)
    elif tag in BLANKS:
        yield BLANKS[tag]
    elif tag not in LEFT_OUT:
        around = WRAPPED.get(tag, "")
    names = around.split()
    yield "".join(f"<{name}{opening}>" for name in names)
    if tag not in LEFT_OUT:
        yield escape(element.text or "")
        for child in element:
            yield from _html(child, emphases, level + 1)
            yield escape(child.tail or "")
    yield "".join(f"</{name}>" for name in reversed(names))


def _rows(sheet: Any) -> Iterator[Sequence[str]]:
    """The rows of a sheet; what is repeated to fill it is cut where tables are."""
    for row in sheet.iter(f"{TABLE}table-row"):
        cells = [cell for cell in row if cell.tag in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")]
        read = [(_text(cell), _count(cell, f"{TABLE}number-columns-repeated")) for cell in cells]
        while read and not read[-1][0]:
            read.pop()  # what fills the row
        values = list(islice((text for text, times in read for text in repeat(text, times)), tables.COLUMNS))
        yield from repeat(values, min(_count(row, f"{TABLE}number-rows-repeated"), tables.ROWS))


def _text(cell: Any) -> str:
    return "\n".join("".join(line.itertext()) for line in cell.findall(f"{TEXT}p"))


def _count(element: Any, attribute: str) -> int:
    text = element.get(attribute, "1")
    return int(text) if text.isdigit() and len(text) < 9 else 1
