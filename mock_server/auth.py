"""Who is asking, and may they: the refusals that the real front door gives.

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
from hashlib import blake2b
from typing import Any

from mock_server import errors
from mock_server.accounts import KEY, READ, TOKEN, WRITE, Account, Key, Token, read_accounts
from mock_server.errors import ApiError, Row
from mock_server.settings import Settings

REMEMBERED = 10_000  # credentials that need not be looked at again
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch


class Accounts:
    """The accounts and credentials that a server knows, and the checks against them."""

    def __init__(self, settings: Settings) -> None:
        accounts, tokens, keys = read_accounts(settings.accounts)
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
        """Whether the account, or the server where it has no plan of its own, is on the Workers Free plan."""
        return (account.plan or self._plan) == "free"

    def has_agreed(self, account: Account, model: str) -> bool:
        """Whether the account has agreed to the terms of `model`: once is enough, until the server stops."""
        return self._agreements_given or account.agreed or (account.id, model) in self._agreed

    def agree(self, account: Account, model: str) -> None:
        """Remember that the account has agreed to the terms of `model`."""
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
        lasting = credential is None or (
            isinstance(credential, Token) and not (credential.expires_on or credential.not_before)
        )
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
