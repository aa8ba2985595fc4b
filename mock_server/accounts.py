"""Who there is: accounts, tokens and keys, read from a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import orjson

from mock_server.errors import MockError

READ, WRITE = "Workers AI Read", "Workers AI Write"
EMAIL_OF_THE_USER = "user@example.com"  # whom all tokens belong to
ACCOUNT_ID = re.compile(r"[0-9a-f]{32}").fullmatch
# 40 characters, or the scannable formats of 2026: a prefix, 40 characters and a checksum of 8 hex digits.
TOKEN = re.compile(r"[A-Za-z0-9_-]{40}|cf[ua]t_[A-Za-z0-9]{40}[0-9a-f]{8}").fullmatch
# 37 hex digits; 32 as in the public API reference's example; or the scannable format.
KEY = re.compile(r"[0-9a-f]{37}|[0-9a-f]{32}|cfk_[A-Za-z0-9]{40}[0-9a-f]{8}").fullmatch


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant. plan: "paid" or "free", None for the server's setting. private_models: may use gated models.
    agreed: has agreed to model terms already. blocked: refused with 3023. credits: can pay for models of other
    providers, which otherwise answer 402/2021."""

    id: str
    name: str = ""
    plan: str | None = None
    private_models: bool = True
    agreed: bool = False
    blocked: bool = False
    credits: bool = True
    about: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A credential. kind: "user" or "account". accounts: the ids it may use. status: "active" or "disabled".
    expires_on, not_before: ISO 8601 instants."""

    value: str
    kind: str = "user"
    permissions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    status: str = "active"
    expires_on: str | None = None
    not_before: str | None = None
    about: str = ""

    @property
    def id(self) -> str:
        """The token's id: 32 hex digits, the same for the same value."""
        return blake2b(self.value.encode(), digest_size=16).hexdigest()

    def state(self, now: float) -> str:
        """active, disabled, expired, or pending before `not_before`."""
        if self.status != "active":
            return self.status
        if self.expires_on and now >= _instant(self.expires_on):
            return "expired"
        if self.not_before and now < _instant(self.not_before):
            return "pending"
        return "active"


@dataclass(frozen=True, slots=True)
class Key:
    """A global API key with its e-mail address; it may do everything on `accounts`."""

    email: str
    key: str
    accounts: tuple[str, ...] = ()
    about: str = ""


class Group(NamedTuple):
    """A permission as it is listed. of_a_user: it is about the user behind a token rather than about accounts."""

    id: str
    name: str
    of_a_user: bool = False


# The permissions that mean something here, with their published ids.
GROUPS = (
    Group("a92d2450e05d4e7bb7d0a64968f83d11", READ),
    Group("bacc64e0f6c34fc0883a1223f938a104", WRITE),
    Group("b89a480218d04ceb98b4fe57ca29dc1f", "Account Analytics Read"),
    Group("c1fde68c7bcc44588cbb6ddbc16d6480", "Account Settings Read"),
    Group("eb56a6953c034b9d97dd838155666f06", "Account API Tokens Read"),
    Group("0cc3a61731504c89b99ec1be78b77aa0", "API Tokens Read", of_a_user=True),
    Group("3518d0f75557482e952c6762d3e64903", "Memberships Read", of_a_user=True),
    Group("8acbe5bb0d54464ab867149d7f7cf8ac", "User Details Read", of_a_user=True),
)


def demo(path: Path) -> tuple[str, str]:
    """A usable account id and token of an accounts file: its first account, and the first token that may write there.

    MockError when the file has no such pair.
    """
    accounts, tokens, _ = read_accounts(path)
    for account in accounts:
        for token in tokens:
            if account.id in token.accounts and WRITE in token.permissions and token.state(0) == "active":
                return account.id, token.value
    raise MockError(f"{path}: no account has an active token with {WRITE}")


Record = TypeVar("Record", Account, Token, Key)


def read_accounts(path: Path) -> tuple[list[Account], list[Token], list[Key]]:
    """The accounts, tokens and keys of a JSON file; MockError names file, JSON pointer and what is accepted."""
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise MockError(f"{path}: cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise MockError(f"{path}: not JSON: {error}") from error
    _refuse_unknown(path, "", document, {"accounts", "tokens", "keys"})
    accounts = _records(path, document, "accounts", Account)
    tokens = _records(path, document, "tokens", Token)
    keys = _records(path, document, "keys", Key)
    for index, account in enumerate(accounts):
        if not ACCOUNT_ID(account.id):
            raise MockError(f"{path}#/accounts/{index}/id: {account.id!r} is not 32 lower-case hex digits")
        if account.plan not in (None, "paid", "free"):
            raise MockError(f"{path}#/accounts/{index}/plan: {account.plan!r}; accepted: paid, free")
    for index, token in enumerate(tokens):
        if not TOKEN(token.value):
            raise MockError(
                f"{path}#/tokens/{index}/value: {len(token.value)} characters; accepted: 40 of A-Z a-z 0-9 _ -, "
                "or cfut_/cfat_ with 40 letters and digits and 8 hex digits"
            )
        if token.status not in ("active", "disabled"):
            raise MockError(f"{path}#/tokens/{index}/status: {token.status!r}; accepted: active, disabled")
        if token.kind not in ("user", "account"):
            raise MockError(f"{path}#/tokens/{index}/kind: {token.kind!r}; accepted: user, account")
        for name in ("expires_on", "not_before"):
            value = getattr(token, name)
            try:
                if value is not None:
                    _instant(value)
            except ValueError:
                raise MockError(f"{path}#/tokens/{index}/{name}: {value!r} is not an ISO 8601 instant") from None
    return accounts, tokens, keys


def _records(path: Path, document: dict[str, Any], name: str, kind: type[Record]) -> list[Record]:
    records = document.get(name, [])
    if not isinstance(records, list):
        raise MockError(f"{path}#/{name}: accepted: a list of objects")
    found = []
    known = {field.name: str(field.type) for field in fields(kind)}
    for index, record in enumerate(records):
        pointer = f"/{name}/{index}"
        _refuse_unknown(path, pointer, record, set(known))
        values: dict[str, Any] = {}
        for key, value in record.items():
            accepted = _accepted(known[key], value)
            if accepted:
                raise MockError(f"{path}#{pointer}/{key}: {value!r}; accepted: {accepted}")
            values[key] = tuple(value) if isinstance(value, list) else value
        try:
            found.append(kind(**values))
        except TypeError as error:
            raise MockError(f"{path}#{pointer}: {str(error).partition(' ')[2]}") from None
    return found


def _accepted(wanted: str, value: Any) -> str:
    """What a field of the type `wanted` accepts when it is not `value`; nothing when it is."""
    if wanted == "bool":
        return "" if isinstance(value, bool) else "true or false"
    if wanted.startswith("tuple"):
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return "" if good else "a list of strings"
    return "" if isinstance(value, str) else "a string"


def _refuse_unknown(path: Path, pointer: str, record: Any, known: set[str]) -> None:
    if not isinstance(record, dict):
        raise MockError(f"{path}#{pointer}: accepted: an object with {', '.join(sorted(known))}")
    for key in record:
        if key not in known:
            raise MockError(f"{path}#{pointer}/{key}: unknown field; accepted: {', '.join(sorted(known))}")


def _instant(text: str) -> float:
    instant = datetime.fromisoformat(text)
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()
