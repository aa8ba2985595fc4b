"""What kind of document a file is: by its first bytes where they are plain, else by its name, else by its type."""

from __future__ import annotations

import zipfile
from io import BytesIO

EXTENSIONS: dict[str, str] = {
    "pdf": "application/pdf",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "svg": "image/svg+xml",
    "html": "text/html",
    "htm": "text/html",
    "xml": "application/xml",
    "csv": "text/csv",
    "json": "application/json",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "md": "text/markdown",
    "txt": "text/plain",
}
OTHER_NAMES = {"text/xml": "application/xml", "image/jpg": "image/jpeg", "application/xhtml+xml": "text/html"}
KINDS = frozenset(EXTENSIONS.values())
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
INSIDE = {  # a file of an archive -> what the archive is
    "word/document.xml": EXTENSIONS["docx"],
    "xl/workbook.xml": EXTENSIONS["xlsx"],
}


def kind_of(name: str, media_type: str, data: bytes) -> str:
    """The media type of a file; ``application/octet-stream`` for one that nothing tells about."""
    named = EXTENSIONS.get(name.rpartition(".")[2].lower())
    for magic, kind in MAGIC:
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"PK\x03\x04"):
        return named if named == EXTENSIONS["xlsm"] else _of_archive(data) or named or "application/zip"
    said = media_type.partition(";")[0].strip().lower()
    said = OTHER_NAMES.get(said, said)
    if named is not None:
        return named
    if said in KINDS:
        return said
    return _of_text(data) or said or "application/octet-stream"


def _of_archive(data: bytes) -> str | None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
            if "mimetype" in names:
                with archive.open("mimetype") as file:
                    said = file.read(100).decode("ascii", "replace").strip()
                return said if said in KINDS else None
            return next((kind for inside, kind in INSIDE.items() if inside in names), None)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None


def _of_text(data: bytes) -> str | None:
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "text/html"
    if b"<svg" in start:
        return "image/svg+xml"
    if start.startswith(b"<?xml"):
        return "application/xml"
    if start.startswith((b"{", b"[")):
        return "application/json"
    if start.startswith(b"bm") and b"\0" in data[:20]:
        return "image/bmp"
    return "text/plain" if data and b"\0" not in data[:4000] else None
