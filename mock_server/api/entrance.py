"""The entrance of routes that run no model: is the account id one, and may whoever asks come in."""

from __future__ import annotations

from starlette.requests import Request

from mock_server.accounts import READ, Account, Key, Token
from mock_server.api import routing
from mock_server.auth import CORE, MANAGING, Refusals
from mock_server.pipeline import Pipeline


def enter(pipeline: Pipeline, request: Request, account_id: str, permission: str = READ) -> Account:
    """The account that a request is for.

    Raises ApiError: 404/7003 unless `account_id` has the form of one; for the credentials 400 9106 where they are
    missing or have not the form of any, 401 10000 where they are unknown, 403 10000 where they are good for another
    account or without the permission. (Where a model runs, the last two are 401.)
    """
    routing.check_account(account_id, request.scope)
    pipeline.accounts.check(headers_of(request), account_id, pipeline.clock.of(account_id).now(), permission, MANAGING)
    return pipeline.accounts.find(account_id)


def identify(pipeline: Pipeline, request: Request, refusals: Refusals = CORE) -> Token | Key | None:
    """Who asks, on a route that needs no account; see ``Accounts.identify``."""
    return pipeline.accounts.identify(headers_of(request), pipeline.clock.now(), refusals)


def headers_of(request: Request) -> dict[bytes, bytes]:
    """The headers of a request, names in lower case."""
    return dict(request.scope["headers"])
