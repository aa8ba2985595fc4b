"""The lock of our own routes: a token that has nothing to do with the API's."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import Any

from starlette.requests import Request

from mock_server.errors import MockError

REFUSED: dict[int | str, dict[str, Any]] = {401: {"description": "The control routes are locked"}}


def lock(token: str) -> Callable[[Request], None]:
    """What raises MockError (401) for a request that does not bring `token` as its bearer."""
    wanted = token.encode()

    def check(request: Request) -> None:
        scheme, _, given = dict(request.scope["headers"]).get(b"authorization", b"").partition(b" ")
        # Compared in the same time wherever they differ, so that nobody finds the token letter by letter.
        if not compare_digest(given.strip(), wanted) or scheme.lower() != b"bearer":
            raise MockError("/_mock is locked: send Authorization: Bearer <the --control-token>", status=401)

    return check
