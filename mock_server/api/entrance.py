"""The entrance of routes that run no model: is the account id one, and may whoever asks come in."""

from __future__ import annotations

from starlette.requests import Request

from mock_server.accounts import READ, Account
from mock_server.api import routing
from mock_server.pipeline import Pipeline


def enter(pipeline: Pipeline, request: Request, account_id: str, permission: str = READ) -> Account:
    """The account that a request is for.

    Raises ApiError: 404/7003 unless `account_id` has the form of one; 400 6003, 401 or 403 10000 for the credentials.
    """
    routing.check_account(account_id, request.scope)
    headers: dict[bytes, bytes] = dict(request.scope["headers"])
    pipeline.accounts.check(headers, account_id, pipeline.clock.now(), permission)
    return pipeline.accounts.find(account_id)
