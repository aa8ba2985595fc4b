"""Files that are archives of others: what they unfold to is bounded before anything is unfolded."""

from __future__ import annotations

import zipfile
from io import BytesIO

from mock_server.conversion.trouble import Unreadable

MOST = 10_000  # files
LARGEST = 200 * 1024 * 1024  # bytes of all of them, unfolded
LARGEST_TEXT = 30 * 1024 * 1024  # bytes of one that is XML, which becomes a tree many times its size


def check(data: bytes) -> None:
    """Unreadable for what is no archive, or one that unfolds to more than is converted."""
    with _opened(data):
        pass


def member(data: bytes, name: str) -> bytes:
    """One file of an archive. Unreadable as by ``check``, or where it is not in it."""
    with _opened(data) as archive:
        try:
            return archive.read(name)
        except KeyError:
            raise Unreadable(f"there is no {name} in it") from None


def _opened(data: bytes) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except zipfile.BadZipFile as error:
        raise Unreadable(f"not an archive: {error}") from None
    files = archive.infolist()
    size = sum(file.file_size for file in files)
    if len(files) > MOST or size > LARGEST:
        raise Unreadable(f"it unfolds to {size} bytes in {len(files)} files; {LARGEST} in {MOST} are converted at most")
    if any(file.file_size > LARGEST_TEXT for file in files if file.filename.endswith((".xml", ".rels"))):
        raise Unreadable(f"it unfolds to XML of more than {LARGEST_TEXT} bytes")
    return archive
