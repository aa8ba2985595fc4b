"""Tables as Markdown: CSV files and workbooks, every sheet a table under its name."""

from __future__ import annotations

import csv as csv_reader
import warnings
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from io import BytesIO, StringIO
from itertools import islice
from typing import Any

from mock_server.conversion import archives
from mock_server.conversion.options import Options
from mock_server.conversion.plain import decoded
from mock_server.conversion.trouble import Unreadable, library

ROWS, COLUMNS = 10_000, 256  # of one table
SEPARATORS = (",", ";", "\t", "|")
SEEN = 10_000  # characters that tell the separator


def csv(data: bytes, name: str, options: Options) -> str:
    """A table of the first rows. The separator is the one that makes the most cells of them."""
    text = decoded(data)
    try:
        separator = max(SEPARATORS, key=lambda sign: _width(text, sign))
        return table(csv_reader.reader(StringIO(text, newline=""), delimiter=separator))
    except csv_reader.Error as error:
        raise Unreadable(f"not a table: {error}") from None


def _width(text: str, separator: str) -> tuple[bool, int]:
    """Whether every one of the first rows falls into as many cells, more than one; and how many the first one has."""
    rows = csv_reader.reader(StringIO(text[:SEEN], newline=""), delimiter=separator)
    widths = [len(row) for row in islice(rows, 10) if row] or [0]
    return widths[0] > 1 and len(set(widths)) == 1, widths[0]


def xlsx(data: bytes, name: str, options: Options) -> str:
    """Every sheet of a workbook; of formulas, the values that were saved with them."""
    openpyxl = library("openpyxl")
    archives.check(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions that it does not read
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return sheets((sheet.title, _rows(sheet)) for sheet in book.worksheets)
        finally:
            book.close()


def _rows(sheet: Any) -> Iterable[Sequence[Any]]:
    """The rows of a sheet, no more than it says to have, which may be what filling it took: it is cut."""
    rows: Iterable[Sequence[Any]] = sheet.iter_rows(
        values_only=True, max_row=min(sheet.max_row or ROWS, ROWS), max_col=min(sheet.max_column or COLUMNS, COLUMNS)
    )
    return rows


def sheets(found: Iterable[tuple[str, Iterable[Sequence[Any]]]]) -> str:
    """Named tables, one after the other."""
    return "\n".join(f"## {name}\n\n{table(rows)}" for name, rows in found)


def table(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as a Markdown table whose head is the first of them; empty rows and columns at the end are left out."""
    cells = [[_cell(value) for value in row[:COLUMNS]] for row in islice(rows, ROWS)]
    while cells and not any(cells[-1]):
        cells.pop()
    width = max((column for row in cells for column, cell in enumerate(row, 1) if cell), default=0)
    if not width:
        return ""
    lines = [f"| {' | '.join([*row[:width], *[''] * (width - len(row))])} |" for row in cells]
    lines.insert(1, f"| {' | '.join(['---'] * width)} |")
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
    return " ".join(str(value).split()).replace("|", "\\|")
