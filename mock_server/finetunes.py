"""Fine-tunes: the LoRA adapters of an account, the checks that their files must pass, and the public ones.

Documented are the two files, their size, the rank, the number of adapters, and that a file is not edited once it is
there. What the service says to a file that is none was never published: the words here are ours, in its two shapes.
The tensors themselves are kept only in the data folder, where there is one: no route reads them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from math import prod
from pathlib import Path
from time import gmtime, strftime
from typing import IO, Any

import orjson

from mock_server import errors
from mock_server.catalog import HERE
from mock_server.errors import ApiError, MockError

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
FILES = (CONFIG, WEIGHTS)
LARGEST = {CONFIG: 1024 * 1024, WEIGHTS: 300 * 1024 * 1024}  # bytes
LONGEST_HEADER = 16 * 1024 * 1024  # bytes of a safetensors header
MOST_PER_ACCOUNT = 100
HIGHEST_RANK = 32
RESERVED = "cf-public-"  # names of the public ones begin so
COLUMNS = ("id", "model", "name", "description", "public", "created_at", "modified_at")
ABOUT = "finetune.json"  # what the data folder keeps beside the files

BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a fine-tune. size: bytes."""

    id: str
    file_name: str
    size: int
    sha256: str
    created_at: str


@dataclass(slots=True)
class Finetune:
    """One adapter; the keys that the API shows come first, in its order. assets: by file name."""

    id: str
    model: str
    name: str
    public: bool
    description: str | None
    created_at: str
    modified_at: str
    assets: dict[str, Asset] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """As creating it and the public list show it."""
        return {key: value for key, value in asdict(self).items() if key != "assets"}

    def listed(self) -> dict[str, Any]:
        """As the account's list shows it: without `public`, and without a description that was not given."""
        return {key: value for key, value in self.shown().items() if key != "public" and value is not None}

    @property
    def ready(self) -> bool:
        """Whether both files are there."""
        return all(name in self.assets for name in FILES)


class Finetunes:
    """The fine-tunes of every account. folder: where files and facts of them are kept, None to forget them at the end.

    MockError names a file of the folder that cannot be read.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder / "finetunes" if folder else None
        self._owned: dict[str, dict[str, Finetune]] = {}
        shipped: list[dict[str, str]] = orjson.loads((HERE / "finetunes.json").read_bytes())
        self._shipped = [Finetune(public=True, modified_at=row["created_at"], **row) for row in shipped]  # type: ignore[arg-type]
        if self._folder:
            found = [(path.parent.parent.name, _remembered(path)) for path in self._folder.glob(f"*/*/{ABOUT}")]
            for account, finetune in sorted(found, key=lambda each: each[1].created_at):
                self._owned.setdefault(account, {})[finetune.id] = finetune

    def of(self, account: str) -> list[Finetune]:
        """The account's own, the oldest first."""
        return list(self._owned.get(account, {}).values())

    def public(self, account: str, order_by: str = "", offset: int = 0, limit: int | None = None) -> list[Finetune]:
        """Those that everybody may use, and the account's own that are called public.

        Those of other accounts stay out, so that tests on different accounts do not see each other. order_by: a column,
        as in COLUMNS; without one the shipped ones come first.
        """
        found = [*self._shipped, *(finetune for finetune in self.of(account) if finetune.public)]
        if order_by:
            found.sort(key=lambda finetune: str(getattr(finetune, order_by) or ""))
        return found[offset:][:limit]

    def find(self, account: str, name_or_id: str) -> Finetune | None:
        """The fine-tune of that id or name: the account's own first, of several with one name the newest."""
        for finetune in (*reversed(self.of(account)), *self._shipped):
            if name_or_id in (finetune.id, finetune.name):
                return finetune
        return None

    def usable(self, account: str, name_or_id: str) -> bool:
        """Whether `account` may name it as the LoRA of a request: there it is, and its files with it."""
        finetune = self.find(account, name_or_id)
        return finetune is not None and (finetune.ready or finetune in self._shipped)

    def create(self, account: str, finetune_id: str, now: float, given: Mapping[str, Any]) -> Finetune:
        """A new fine-tune of `given` model and name (description, public), without its files yet.

        ApiError BAD_FINETUNE where that is not enough, too much, or the account has all it may have.
        """
        for key in ("model", "name"):
            if not isinstance(given.get(key), str) or not given[key]:
                raise _bad(f"{key}: a string is required, this is {given.get(key)!r}")
        description, public = given.get("description"), given.get("public")
        if not isinstance(description, str | None):
            raise _bad(f"description: {description!r} is no string")
        if not isinstance(public, bool | None):
            raise _bad(f"public: {public!r} is neither true nor false")
        if given["name"].startswith(RESERVED):
            raise _bad(f"name: {given['name']!r}: the prefix {RESERVED} is reserved")
        owned = self._owned.setdefault(account, {})
        if len(owned) >= MOST_PER_ACCOUNT:
            raise _bad(f"an account has {MOST_PER_ACCOUNT} fine-tunes at most")
        at = instant(now)
        finetune = Finetune(finetune_id, given["model"], given["name"], bool(public), description, at, at)
        owned[finetune_id] = finetune
        self._write(account, finetune)
        return finetune

    def intake(self, account: str, finetune_id: str) -> Intake:
        """Where a file of an account's fine-tune is taken in. ApiError BAD_FINETUNE when there is no such fine-tune."""
        finetune = self._owned.get(account, {}).get(finetune_id)
        if finetune is None:
            raise _bad(f"{finetune_id}: this account has no such fine-tune")
        return Intake(finetune, self._place(account, finetune_id))

    def attach(self, account: str, intake: Intake, file_name: str, asset_id: str, now: float) -> Asset:
        """The file that was taken in becomes the fine-tune's. ApiError BAD_FINETUNE for one that it cannot use."""
        finetune = intake.finetune
        size, digest = intake.checked(file_name)
        there = finetune.assets.get(file_name)
        if there is not None:
            intake.discard()
            if there.sha256 == digest:  # sent again, as clients do that missed the answer
                return there
            raise _bad(f"{file_name}: the fine-tune has this file, and files are not edited; create another one")
        intake.keep(file_name)
        at = instant(now)
        finetune.assets[file_name] = asset = Asset(asset_id, file_name, size, digest, at)
        finetune.modified_at = at
        self._write(account, finetune)
        return asset

    def forget(self, account: str | None = None) -> None:
        """Forget the fine-tunes of an account, or all of them, their files in the data folder too."""
        for owner in [account] if account is not None else list(self._owned):
            for finetune_id in self._owned.pop(owner, {}):
                place = self._place(owner, finetune_id)
                if place is not None and place.is_dir():
                    for name in (*FILES, ABOUT):
                        (place / name).unlink(missing_ok=True)
                    if not any(place.iterdir()):
                        place.rmdir()

    def _place(self, account: str, finetune_id: str) -> Path | None:
        return self._folder / account / finetune_id if self._folder else None

    def _write(self, account: str, finetune: Finetune) -> None:
        place = self._place(account, finetune.id)
        if place is not None:
            place.mkdir(parents=True, exist_ok=True)
            (place / ABOUT).write_bytes(orjson.dumps(asdict(finetune), option=orjson.OPT_INDENT_2))


class Intake:
    """A file while it comes in, part by part: what must be looked at is kept, the rest goes to the data folder."""

    def __init__(self, finetune: Finetune, place: Path | None) -> None:
        self.finetune = finetune
        self._place = place
        self._head = bytearray()
        self._size = 0
        self._digest = sha256()
        self._file: IO[bytes] | None = None
        self._path: Path | None = None

    def write(self, data: bytes) -> None:
        """The next part. ApiError BAD_FINETUNE when the file is larger than any may be."""
        self._size += len(data)
        if self._size > LARGEST[WEIGHTS]:
            raise _bad(f"a file has {LARGEST[WEIGHTS]} bytes at most")
        self._digest.update(data)
        self._head += data[: max(0, 8 + LONGEST_HEADER - len(self._head))]
        if self._place is not None:
            if self._file is None:
                self._path = self._place / f".coming-{id(self):x}"
                self._file = self._path.open("wb")
            self._file.write(data)

    def checked(self, file_name: str) -> tuple[int, str]:
        """Size and SHA-256 of the whole file. ApiError BAD_FINETUNE unless it is what its name says."""
        if file_name not in FILES:
            raise _bad(f"file_name: {file_name!r} is not accepted, only {' or '.join(FILES)}")
        if self._size > LARGEST[file_name]:
            raise _bad(f"{file_name}: {self._size} bytes are too many, it has {LARGEST[file_name]} at most")
        if file_name == CONFIG:
            check_config(bytes(self._head))
        else:
            check_weights(bytes(self._head), self._size)
        return self._size, self._digest.hexdigest()

    def keep(self, file_name: str) -> None:
        """The file gets its name in the data folder."""
        if self._file is not None and self._path is not None and self._place is not None:
            self._file.close()
            self._path.replace(self._place / file_name)
            self._file = None

    def discard(self) -> None:
        """Leave nothing behind of a file that was not kept."""
        if self._file is not None and self._path is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)
            self._file = None


def check_config(data: bytes) -> None:
    """ApiError BAD_FINETUNE unless `data` is an adapter_config.json: an object, of a rank that is supported."""
    try:
        config = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _bad(f"{CONFIG}: not JSON: {error}") from None
    if not isinstance(config, dict):
        raise _bad(f"{CONFIG}: not an object")
    rank = config.get("r")
    if rank is not None and (type(rank) is not int or not 1 <= rank <= HIGHEST_RANK):
        raise _bad(f"{CONFIG}: r is {rank!r}, a rank from 1 to {HIGHEST_RANK} is supported")


def check_weights(head: bytes, size: int) -> None:
    """ApiError BAD_FINETUNE unless a file is a safetensors file of an adapter whose rank is supported.

    head: its beginning, with the whole header. size: bytes of the file. The format: 8 bytes with the header's length
    (little-endian), the header, a JSON object of name -> dtype, shape, data_offsets (into what follows the header),
    then the tensors, one after the other without a gap.
    """
    length = int.from_bytes(head[:8], "little")
    if size < 8 or length > min(LONGEST_HEADER, size - 8):
        raise _bad(f"{WEIGHTS}: not a safetensors file: its header would have {length} bytes, the file has {size}")
    try:
        header = orjson.loads(head[8 : 8 + length])
    except orjson.JSONDecodeError:
        raise _bad(f"{WEIGHTS}: not a safetensors file: its header is not JSON") from None
    if not isinstance(header, dict):
        raise _bad(f"{WEIGHTS}: not a safetensors file: its header is no object")
    ends = [0]
    spans = sorted(_span(name, value) for name, value in header.items() if name != "__metadata__")
    for begin, end, name in spans:
        if begin != ends[-1]:
            raise _bad(f"{WEIGHTS}: {name}: begins at {begin}, the tensor before it ends at {ends[-1]}")
        ends.append(end)
    if ends[-1] != size - 8 - length:
        raise _bad(f"{WEIGHTS}: the tensors have {ends[-1]} bytes, the file has {size - 8 - length} for them")
    for name, value in header.items():
        rank = _rank(name, value["shape"]) if name != "__metadata__" else None
        if rank is not None and rank > HIGHEST_RANK:
            raise _bad(f"{WEIGHTS}: {name}: its rank is {rank}, ranks up to {HIGHEST_RANK} are supported")


def _span(name: str, value: Any) -> tuple[int, int, str]:
    match value:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(begin), int(end)]}:
            counts = all(type(count) is int and count >= 0 for count in shape)
            if counts and dtype in BITS and begin >= 0 and (end - begin) * 8 == prod(shape) * BITS[dtype]:
                return begin, end, name
    raise _bad(f"{WEIGHTS}: {name}: dtype, shape and data_offsets do not go together")


def _rank(name: str, shape: list[int]) -> int | None:
    """The rank that a tensor's shape shows: of lora_A the first side, of lora_B the last."""
    if len(shape) != 2:
        return None
    return shape[0] if "lora_A" in name else shape[1] if "lora_B" in name else None


def _remembered(path: Path) -> Finetune:
    try:
        found = Finetune(**orjson.loads(path.read_bytes()))
        found.assets = {name: Asset(**asset) for name, asset in found.assets.items()}  # type: ignore[arg-type]
    except (OSError, TypeError, AttributeError, orjson.JSONDecodeError) as error:
        raise MockError(f"{path}: not a fine-tune that was kept here: {error}") from error
    return found


def instant(now: float) -> str:
    """A point in time as the API writes it, to the millisecond."""
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


def _bad(reason: str) -> ApiError:
    return ApiError(errors.BAD_FINETUNE, reason=reason)
