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
GET /accounts for an account token  what it may see         400 1001
==================================  ======================  =====================

That is what runs models. The routes around it refuse in ways of their own (``MANAGING``, ``CORE``), in both readings:
there a wrong account was seen to be 403, and missing credentials 400.

Nobody captured an expired, disabled or not yet valid token on an AI route: they are answered like an unknown one, and
``tokens/verify`` tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from secrets import token_hex
from typing import Any, NamedTuple

from mock_server import errors
from mock_server.accounts import EMAIL_OF_THE_USER, KEY, READ, TOKEN, WRITE, Account, Key, Token, read_accounts
from mock_server.errors import ApiError, Row
from mock_server.settings import Settings

SETTINGS = "Account Settings Read"
REMEMBERED = 10_000  # credentials that need not be looked at again
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch


class Refusals(NamedTuple):
    """What a kind of route answers credentials that do not let in: none at all, such as have not the form of any,
    unknown ones, good ones for another account, and good ones without the permission."""

    missing: Row
    malformed: Row
    unknown: Row
    elsewhere: Row
    unpermitted: Row


RUNNING = Refusals(
    errors.AUTHENTICATION, errors.BAD_AUTHORIZATION, errors.AUTHENTICATION, errors.AUTHENTICATION, errors.AUTHENTICATION
)
RUNNING_OLDER = Refusals(
    errors.MISSING_HEADERS, errors.MISSING_HEADERS, errors.AUTHENTICATION, errors.FORBIDDEN, errors.FORBIDDEN
)
# Routes of an account that run no model. Observed of models/search: 400 9106, 401 and 403; of the products beside it
# the last two.
MANAGING = Refusals(
    errors.MISSING_HEADERS, errors.NOT_AUTHENTICATED, errors.AUTHENTICATION, errors.FORBIDDEN, errors.FORBIDDEN
)
# Routes of users and accounts themselves.
CORE = Refusals(
    errors.MISSING_HEADERS, errors.BAD_AUTHORIZATION, errors.INVALID_ACCESS_TOKEN,
    errors.UNAUTHORIZED, errors.UNAUTHORIZED,
)  # fmt: skip


class Accounts:
    """The accounts and credentials that a server knows, and the checks against them."""

    def __init__(self, settings: Settings) -> None:
        accounts, tokens, keys = read_accounts(settings.accounts)
        self._mode = settings.auth if settings.mode == "generate" else "off"  # others judge who may
        self._older = settings.auth_variant == "older"
        self._running = RUNNING_OLDER if self._older else RUNNING
        self._plan = settings.plan
        self._agreements_given = settings.agreements == "given"
        self._accounts = {account.id: account for account in accounts}
        self._tokens = {token.value: token for token in tokens}
        self._keys = {(key.email, key.key): key for key in keys}
        self.first = accounts[0].id if accounts else "0" * 32  # whose a request is that names no account
        self._agreed: set[tuple[str, str]] = set()
        # What the server itself asks with where another door let the request in: lets in everywhere, never leaves here.
        self.vouched = b"Bearer " + token_hex(32).encode()
        # What passed once and always will: neither mode nor list changes while the server runs.
        self._passed: set[tuple[bytes | None, str, str, bool]] = set()

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

    def forget(self, account_id: str | None = None) -> None:
        """Forget which terms an account agreed to, or all of them did."""
        self._agreed = {pair for pair in self._agreed if account_id is not None and pair[0] != account_id}

    def check(
        self,
        headers: Mapping[bytes, bytes],
        account_id: str,
        now: float,
        permission: str = READ,
        refusals: Refusals | None = None,
    ) -> None:
        """Raise the refusal that a request with these headers gets on `account_id`; return when it may pass.

        permission: what the route needs; a Write includes its Read. refusals: of the route's kind; None where models
        run.
        """
        if self._mode == "off":
            return
        passed = (headers.get(b"authorization"), account_id, permission, refusals is None)
        if passed in self._passed or passed[0] == self.vouched:
            return
        credential = self.identify(headers, now, refusals or self._running)
        if credential is not None:
            rows = refusals or self._running
            if account_id not in credential.accounts:
                raise ApiError(
                    rows.elsewhere,
                    hint=f"this {_kind(credential)} may not use account {account_id}; "
                    f"it may use {', '.join(credential.accounts)}",
                )
            if refusals is None and self._older and permission == READ:
                permission = WRITE
            if not may(credential, permission):
                raise ApiError(rows.unpermitted, hint=lacks(credential, permission))
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

    def identify(self, headers: Mapping[bytes, bytes], now: float, refusals: Refusals = CORE) -> Token | Key | None:
        """What the headers carry: a listed credential that is in force, or None for an unlisted one that the mode lets
        pass. Raises the refusal of missing, malformed, unknown, expired and disabled ones."""
        if self._mode == "off":
            return None
        header = headers.get(b"authorization")
        if header is not None:
            token = self._bearer(header, refusals.unknown, refusals.malformed)
            if token is not None and token.state(now) != "active":
                raise ApiError(refusals.unknown, hint=f"this seeded token is {token.state(now)}")
            return token
        email, key = headers.get(b"x-auth-email"), headers.get(b"x-auth-key")
        if email is None or key is None:
            raise ApiError(refusals.missing, hint="send Authorization: Bearer <token>, or start with --auth off")
        return self._key(email.decode("latin-1"), key.decode("latin-1"))

    def seen_by(self, credential: Token | Key | None) -> list[Account]:
        """The accounts that ``GET /accounts`` lists: those of a token that may read account settings (observed: none
        for a token that may only use Workers AI), all of the accounts file for an unlisted one that the mode lets pass.

        Raises ApiError: 400 1001 for a token that an account owns, in the older of two readings. The newer one follows
        from wrangler, which lists accounts for such tokens too.
        """
        if credential is None:
            return list(self._accounts.values())
        if isinstance(credential, Token) and credential.kind == "account" and self._older:
            raise ApiError(errors.NO_ACCOUNT_TOKENS)
        return [self.find(id_) for id_ in credential.accounts] if may(credential, SETTINGS) else []

    def joined_by(self, credential: Token | Key | None) -> list[Account]:
        """The accounts that the user behind a credential is a member of."""
        return list(self._accounts.values()) if credential is None else [self.find(id_) for id_ in credential.accounts]

    def _bearer(self, header: bytes, unknown: Row, malformed: Row | None = None) -> Token | None:
        scheme, _, raw = header.partition(b" ")
        value = raw.strip().decode("latin-1")
        if scheme.lower() != b"bearer" or not TOKEN(value):
            if self._mode == "off":
                return None
            raise ApiError(
                malformed or self._running.malformed,
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

    def _unknown_token_row(self) -> Row:
        return errors.INVALID_TOKEN._replace(status=400) if self._older else errors.INVALID_TOKEN


def may(credential: Token | Key | None, permission: str) -> bool:
    """Whether a credential holds a permission; a Write includes its Read. Global keys and unlisted ones hold all."""
    if not isinstance(credential, Token):
        return True
    return not _sufficient(permission).isdisjoint(credential.permissions)


def lacks(credential: Token | Key | None, permission: str) -> str:
    """Our own words about a permission that a token does not hold."""
    held = sorted(credential.permissions) if isinstance(credential, Token) else ()
    return f"this token lacks {' or '.join(sorted(_sufficient(permission)))}; it has {', '.join(held)}"


def user_of(credential: Token | Key | None) -> str:
    """The e-mail address of the user behind a credential."""
    return credential.email if isinstance(credential, Key) else EMAIL_OF_THE_USER


def _sufficient(permission: str) -> set[str]:
    noun, _, verb = permission.rpartition(" ")
    return {permission, f"{noun} Write"} if verb == "Read" else {permission}


def _kind(credential: Token | Key) -> str:
    return "token" if isinstance(credential, Token) else "key"
