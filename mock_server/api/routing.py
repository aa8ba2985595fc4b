"""Which route a path is, and what the router of the real API says when it is none.

Sources: captured exchanges. A wrong account id on a known route is 404/7003 with the path as it was sent; a path that
is no route at all is 400 with 7003 and 7000, slashes escaped and without /client/v4; a wrong method is 405/7001.
"""

from __future__ import annotations

from typing import NamedTuple

from mock_server import errors
from mock_server.accounts import ACCOUNT_ID
from mock_server.api.asgi import Scope
from mock_server.errors import ApiError

PREFIX = "/client/v4"


class Run(NamedTuple):
    """A path of ``/accounts/{account}/ai/run/{model}``."""

    account: str
    model: str


def run(path: str) -> Run | None:
    """The account and model of an ``ai/run`` path (percent-decoded, with or without /client/v4); None for others."""
    path = path.removeprefix(PREFIX)
    if not path.startswith("/accounts/"):
        return None
    account, _, rest = path[10:].partition("/")
    if not rest.startswith("ai/run/") or len(rest) == 7:
        return None
    return Run(account, rest[7:])


def check_account(account: str, scope: Scope) -> None:
    """404/7003 unless `account` is 32 hex digits."""
    if not ACCOUNT_ID(account):
        raise ApiError(
            errors.BAD_ACCOUNT,
            path=as_sent(scope),
            hint=f"an account id has 32 hex digits, this one has {len(account)} characters",
        )


def wrong_method(scope: Scope) -> ApiError:
    """The refusal of a method that a known route does not take."""
    return ApiError(errors.METHOD_NOT_ALLOWED, method=scope["method"])


def unknown(scope: Scope) -> ApiError:
    """The refusal of a path that is no route here."""
    path = as_sent(scope)
    hint = "this emulator has no such route; /docs lists those it has"
    return ApiError(errors.UNKNOWN_PATH, path=path.removeprefix(PREFIX) or "/", hint=hint)


def as_sent(scope: Scope) -> str:
    """The path as it stood in the request line, percent-encoded."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")
