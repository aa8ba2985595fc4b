"""Media that answers name by their address, kept for a while so that they can be fetched there."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b
from typing import NamedTuple

ROOM = 64 * 1024 * 1024  # bytes
ENDINGS = {
    "audio/aac": "aac", "audio/flac": "flac", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav",
    "image/jpeg": "jpg", "image/png": "png", "image/svg+xml": "svg", "image/webp": "webp", "video/mp4": "mp4",
}  # fmt: skip


class Kept(NamedTuple):
    """One file. account: whose answer it belongs to."""

    account: str
    body: bytes
    media_type: str


class Shelf:
    """The last files, at most `room` bytes of them."""

    def __init__(self, room: int = ROOM) -> None:
        self._files: OrderedDict[str, Kept] = OrderedDict()
        self._room = room
        self._size = 0

    def put(self, account: str, body: bytes, media_type: str) -> str:
        """Keep a file; the name to get it by, the same for the same bytes of the same account."""
        digest = blake2b(body, digest_size=16, key=account.encode()[:64]).hexdigest()
        name = f"{digest}.{ENDINGS.get(media_type, 'bin')}"
        if name in self._files:
            self._files.move_to_end(name)
            return name
        self._files[name] = Kept(account, body, media_type)
        self._size += len(body)
        while self._size > self._room and len(self._files) > 1:
            self._size -= len(self._files.popitem(last=False)[1].body)
        return name

    def get(self, name: str) -> Kept | None:
        """The file of that name; None when there is none, or no longer."""
        return self._files.get(name)

    def forget(self, account: str | None = None) -> None:
        """Forget the files of an account, or all of them."""
        kept = [(name, file) for name, file in self._files.items() if account is not None and file.account != account]
        self._files = OrderedDict(kept)
        self._size = sum(len(file.body) for _, file in kept)
