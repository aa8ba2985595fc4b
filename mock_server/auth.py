"""Who is asking, and may they: accounts, tokens and keys from a file, and the refusals the real front door gives.

Formats and bodies follow captured exchanges. Where captures disagree, the newest decides; ``--auth-variant older``
gives the other reading:

==================================  ======================  =====================
case                                newest                  older
==================================  ======================  =====================
no credentials                      401 10000               400 9106
malformed Authorization             400 6003 (chain 6111)   400 9106
token of another account            401 10000               403 10000
token without the permission        401 10000               403 10000
Workers AI Read runs a model        yes                     no, 403 10000
tokens/verify of an unknown token   401 1000                400 1000
==================================  ======================  =====================

Nobody captured an expired, disabled or not yet valid token on an AI route: they are answered like an unknown one, and
``tokens/verify`` tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import orjson

from mock_server import errors
from mock_server.errors import ApiError, MockError, Row
from mock_server.settings import Settings

REMEMBERED = 10_000  # credentials that need not be looked at again
READ, WRITE = "Workers AI Read", "Workers AI Write"
ACCOUNT_ID = re.compile(r"[0-9a-f]{32}").fullmatch
# 40 characters, or the scannable formats of 2026: a prefix, 40 characters and a checksum of 8 hex digits.
TOKEN = re.compile(r"[A-Za-z0-9_-]{40}|cf[ua]t_[A-Za-z0-9]{40}[0-9a-f]{8}").fullmatch
# 37 hex digits; 32 as in the public API reference's example; or the scannable format.
KEY = re.compile(r"[0-9a-f]{37}|[0-9a-f]{32}|cfk_[A-Za-z0-9]{40}[0-9a-f]{8}").fullmatch
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant. plan: "paid" or "free", None for the server's setting. private_models: may use gated models.
    agreed: has agreed to model terms already. blocked: refused with 3023."""

    id: str
    name: str = ""
    plan: str | None = None
    private_models: bool = True
    agreed: bool = False
    blocked: bool = False
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


class Accounts:
    """The accounts and credentials that a server knows, and the checks against them."""

    def __init__(self, settings: Settings) -> None:
        accounts, tokens, keys = read_accounts(Path(settings.accounts))
        self._mode = settings.auth
        self._older = settings.auth_variant == "older"
        self._plan = settings.plan
        self._agreements_given = settings.agreements == "given"
        self._accounts = {account.id: account for account in accounts}
        self._tokens = {token.value: token for token in tokens}
        self._keys = {(key.email, key.key): key for key in keys}
        self._agreed: set[tuple[str, str]] = set()
        # What passed once and always will: neither mode nor list changes while the server runs.
        self._passed: set[tuple[bytes | None, str, str]] = set()

    def find(self, account_id: str) -> Account:
        """The account of that id; one nobody listed has the server's plan and no restrictions."""
        return self._accounts.get(account_id) or Account(account_id)

    def on_free_plan(self, account: Account) -> bool:
        return (account.plan or self._plan) == "free"

    def has_agreed(self, account: Account, model: str) -> bool:
        """Whether the account has agreed to the terms of `model`: once is enough, until the server stops."""
        return self._agreements_given or account.agreed or (account.id, model) in self._agreed

    def agree(self, account: Account, model: str) -> None:
        self._agreed.add((account.id, model))

    def check(self, headers: Mapping[bytes, bytes], account_id: str, now: float, permission: str = READ) -> None:
        """Raise the refusal that a request with these headers gets on `account_id`; return when it may pass.

        permission: what the route needs; Workers AI Write includes Read.
        """
        if self._mode == "off":
            return
        passed = (headers.get(b"authorization"), account_id, permission)
        if passed in self._passed:
            return
        credential = self._credential(headers)
        if isinstance(credential, Token):
            if credential.state(now) != "active":
                raise ApiError(errors.AUTHENTICATION, hint=f"this seeded token is {credential.state(now)}")
            if account_id not in credential.accounts:
                raise ApiError(
                    self._either(errors.AUTHENTICATION, errors.FORBIDDEN),
                    hint=f"this token may not use account {account_id}; it may use {', '.join(credential.accounts)}",
                )
            held = set(credential.permissions)
            sufficient = {WRITE} if permission == WRITE or self._older else {READ, WRITE}
            if not held & sufficient:
                raise ApiError(
                    self._either(errors.AUTHENTICATION, errors.FORBIDDEN),
                    hint=f"this token lacks {' or '.join(sorted(sufficient))}; it has {', '.join(sorted(held))}",
                )
        elif isinstance(credential, Key) and account_id not in credential.accounts:
            raise ApiError(
                self._either(errors.AUTHENTICATION, errors.FORBIDDEN),
                hint=f"this key may not use account {account_id}; it may use {', '.join(credential.accounts)}",
            )
        lasting = credential is None or (isinstance(credential, Token) and not (credential.expires_on or credential.not_before))
        if lasting and passed[0] is not None:
            if len(self._passed) >= REMEMBERED:
                self._passed.clear()
            self._passed.add(passed)

    def verify(self, headers: Mapping[bytes, bytes], now: float, account_id: str | None) -> dict[str, Any]:
        """The `result` of ``tokens/verify``: of the user's tokens, or of the tokens owned by `account_id`.

        Like the real one it says nothing about permissions. An unlisted token passes unless the mode is strict.
        """
        header = headers.get(b"authorization")
        if header is None and b"x-auth-key" in headers:
            raise ApiError(errors.MISSING_AUTHORIZATION)
        if header is None and self._mode == "off":
            return {"id": "0" * 32, "status": "active"}
        token = self._bearer(header, unknown=self._unknown_token_row()) if header is not None else None
        if header is None:
            raise ApiError(errors.MISSING_HEADERS, hint="send Authorization: Bearer <token>")
        if token is None:
            value = header.split(b" ", 1)[-1]
            return {"id": blake2b(value, digest_size=16).hexdigest(), "status": "active"}
        owned = token.kind == "account"
        if owned != (account_id is not None) or (account_id is not None and account_id not in token.accounts):
            raise ApiError(
                self._unknown_token_row(),
                hint="account-owned tokens are verified at /accounts/{id}/tokens/verify, user tokens at /user/…",
            )
        state = token.state(now)
        result: dict[str, Any] = {"id": token.id, "status": "active" if state == "pending" else state}
        if token.not_before:
            result["not_before"] = token.not_before
        if token.expires_on:
            result["expires_on"] = token.expires_on
        return result

    def _credential(self, headers: Mapping[bytes, bytes]) -> Token | Key | None:
        """What the headers carry: a listed credential, or None for an unlisted one that the mode lets pass."""
        header = headers.get(b"authorization")
        if header is not None:
            return self._bearer(header, unknown=errors.AUTHENTICATION)
        email, key = headers.get(b"x-auth-email"), headers.get(b"x-auth-key")
        if email is None or key is None:
            raise ApiError(
                self._either(errors.AUTHENTICATION, errors.MISSING_HEADERS),
                hint="send Authorization: Bearer <token>, or start with --auth off",
            )
        return self._key(email.decode("latin-1"), key.decode("latin-1"))

    def _bearer(self, header: bytes, unknown: Row) -> Token | None:
        scheme, _, raw = header.partition(b" ")
        value = raw.strip().decode("latin-1")
        if scheme.lower() != b"bearer" or not TOKEN(value):
            if self._mode == "off":
                return None
            raise ApiError(
                self._either(errors.BAD_AUTHORIZATION, errors.MISSING_HEADERS),
                hint=f"a token has 40 characters (or is cfut_/cfat_ with 48 more), this one has {len(value)}; "
                "--auth off accepts anything",
            )
        token = self._tokens.get(value)
        if token is None and self._mode == "strict":
            raise ApiError(unknown, hint="--auth strict knows only the tokens of the accounts file")
        return token

    def _key(self, email: str, key: str) -> Key | None:
        email_ok, key_ok = bool(EMAIL(email)), bool(KEY(key))
        hint = "a global key has 37 hex digits (or is cfk_ with 48 characters more) and goes with an e-mail address"
        if not email_ok and not key_ok:
            raise ApiError(errors.BAD_AUTH_EMAIL_AND_KEY, hint=hint)
        if not email_ok:
            raise ApiError(errors.BAD_AUTH_EMAIL, hint=hint)
        if not key_ok:
            raise ApiError(errors.BAD_AUTH_KEY, hint=hint)
        found = self._keys.get((email, key))
        if found is None and self._mode == "strict":
            raise ApiError(errors.UNKNOWN_KEY, hint="--auth strict knows only the keys of the accounts file")
        return found

    def _either(self, newest: Row, older: Row) -> Row:
        return older if self._older else newest

    def _unknown_token_row(self) -> Row:
        return errors.INVALID_TOKEN._replace(status=400) if self._older else errors.INVALID_TOKEN


def demo(settings: Settings) -> tuple[str, str]:
    """A usable account id and token of the accounts file: its first account, and the first token that may write there.

    MockError when the file has no such pair.
    """
    accounts, tokens, _ = read_accounts(Path(settings.accounts))
    for account in accounts:
        for token in tokens:
            if account.id in token.accounts and WRITE in token.permissions and token.state(0) == "active":
                return account.id, token.value
    raise MockError(f"{settings.accounts}: no account has an active token with {WRITE}")


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
    known = {field.name: field for field in fields(kind)}
    for index, record in enumerate(records):
        pointer = f"/{name}/{index}"
        _refuse_unknown(path, pointer, record, set(known))
        values = {}
        for key, value in record.items():
            expected: type | tuple[type, ...] = str
            if known[key].type == "bool":
                expected = bool
            elif str(known[key].type).startswith("tuple"):
                expected = list
            if not isinstance(value, expected) or (expected is list and not all(isinstance(v, str) for v in value)):
                accepted = {str: "a string", bool: "true or false", list: "a list of strings"}[expected]  # type: ignore[index]
                raise MockError(f"{path}#{pointer}/{key}: {value!r}; accepted: {accepted}")
            values[key] = tuple(value) if expected is list else value
        try:
            found.append(kind(**values))
        except TypeError as error:
            raise MockError(f"{path}#{pointer}: {str(error).partition(' ')[2]}") from None
    return found


def _refuse_unknown(path: Path, pointer: str, record: Any, known: set[str]) -> None:
    if not isinstance(record, dict):
        raise MockError(f"{path}#{pointer}: accepted: an object with {', '.join(sorted(known))}")
    for key in record:
        if key not in known:
            raise MockError(f"{path}#{pointer}/{key}: unknown field; accepted: {', '.join(sorted(known))}")


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
