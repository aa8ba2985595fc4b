"""Fixture files: read, and read again when they change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import orjson

from mock_server.errors import MockError
from mock_server.matching import BadMatch
from mock_server.stubs.reading import Stub, read


class Broken(NamedTuple):
    """A file that cannot be understood. pointer: where in it, None where it cannot even be read."""

    file: Path
    pointer: str | None
    message: str

    def __str__(self) -> str:
        where = "" if self.pointer is None else f"#{self.pointer}"
        return f"{self.file}{where}: {self.message}"


class Known(NamedTuple):
    """A file as it was when it was read. stub: what it said, or said last if it is broken now."""

    state: tuple[int, int, int]
    stub: Stub | None
    broken: Broken | None


class Files:
    """The fixture files of some folders; the last folder's come first, those of a folder by path.

    took: seconds that the last look took.
    """

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._known: dict[str, Known] = {}
        self.stubs: list[Stub] = []
        self.broken: tuple[Broken, ...] = ()
        self.took = 0.0

    def look(self) -> bool:
        """Read what is new or has changed since the last look; whether that changed anything.

        A file that cannot be understood any more still says what it said last; a folder that is gone, too.
        """
        began = perf_counter()
        seen: dict[str, Known] = {}
        broken = []
        for folder in reversed(self._folders):
            try:
                for entry, name in _listed(str(folder), ""):
                    seen[entry.path] = self._read(entry, name, folder)
            except OSError as error:
                broken.append(Broken(folder, None, f"cannot be read: {error.strerror or error}"))
                inside = str(folder) + os.sep
                seen |= {path: known for path, known in self._known.items() if path.startswith(inside)}
        broken += [known.broken for known in seen.values() if known.broken is not None]
        before, self.stubs = self.stubs, [known.stub for known in seen.values() if known.stub is not None]
        changed = before != self.stubs or broken != [*self.broken]
        self._known, self.broken = seen, tuple(broken)
        self.took = perf_counter() - began
        return changed

    def _read(self, entry: os.DirEntry[str], name: str, folder: Path) -> Known:
        stat = entry.stat()
        state = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        known = self._known.get(entry.path)
        # What is broken is tried again: it may lack a file that has come since.
        if known is not None and known.state == state and known.broken is None:
            return known
        path = Path(entry.path)
        try:
            with open(entry.path, "rb") as file:  # noqa: PTH123 - ten thousand of them
                document = orjson.loads(file.read())
            return Known(state, read(document, name, folder, file=path), None)
        except OSError as error:
            broken = Broken(path, None, f"cannot be read: {error.strerror}")
        except orjson.JSONDecodeError as error:
            broken = Broken(path, None, f"not JSON: {error}")
        except BadMatch as error:
            broken = Broken(path, error.pointer, str(error))
        return Known(state, known.stub if known else None, broken)


def read_folder(folder: Path) -> Iterator[Stub]:
    """Every fixture file of a folder, by path; ``accounts.json`` and ``assets/`` are not fixtures, nor what starts
    with a dot.

    MockError names the file and the JSON pointer of what is wrong, and what is accepted.
    """
    files = Files((folder,))
    if not folder.is_dir():
        raise MockError(f"{folder}: no such folder of fixtures")
    files.look()
    for broken in files.broken:
        raise MockError(str(broken))
    yield from files.stubs


def _listed(folder: str, under: str) -> Iterator[tuple[os.DirEntry[str], str]]:
    """The fixture files below a folder, by path, each with its id. OSError when it cannot be read."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        name = entry.name
        if name.startswith("."):
            continue
        if name.endswith(".json"):
            if (under or name != "accounts.json") and entry.is_file():
                yield entry, under + name[:-5]
        elif not (name == "assets" and not under) and entry.is_dir(follow_symlinks=False):
            yield from _listed(entry.path, f"{under}{name}/")
