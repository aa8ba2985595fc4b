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


class Route(NamedTuple):
    """Where a path leads. account: as written, "" where the path names none. door: the room of ``mock_server.api``
    that answers. rest: what is left of the path for it."""

    account: str
    door: str
    rest: str


# Paths below /accounts/{account}/ai/ that run models. What stands below run/ is the name of one.
DOORS: dict[str, str] = {
    "run": "universal",
    "run/": "native",
    "run/proxy": "binding",
    "v1/chat/completions": "openai",
    "v1/completions": "openai",
    "v1/embeddings": "openai",
    "v1/responses": "openai",
    "v1/messages": "anthropic",
}
# Paths of the host that answers a Worker's binding.
BINDING = ("/run", "/ai-gateway/", "/ai-api/", "/to-everything/", "/autorag/")
GATEWAY_HOST = b"gateway.ai.cloudflare.com"


def find(scope: Scope) -> Route | None:
    """The door of a request for a model (percent-decoded path, with or without /client/v4); None for others."""
    path: str = scope["path"]
    path = path.removeprefix(PREFIX)
    if path.startswith("/accounts/"):
        account, area, rest = path[10:].partition("/ai/")
        if not area or "/" in account:
            return None
        if rest.startswith("run/") and len(rest) > 4 and rest != "run/proxy":
            if scope["type"] == "websocket":
                return Route(account, "realtime", rest[4:])
            return Route(account, "native", rest[4:])
        if rest == "run" and scope["type"] == "websocket":
            return Route(account, "realtime", "")
        door = DOORS.get(rest)
        return None if door is None else Route(account, door, rest)
    if path.startswith("/gateway/v1/"):
        return Route("", "gateway", path[12:])
    if path.startswith("/v1/") and _host(scope) == GATEWAY_HOST:
        return Route("", "gateway", path[4:])
    if path.startswith("/_mock/binding/"):
        account, _, rest = path[15:].partition("/")
        return Route(account, "binding", "/" + rest)
    if path == "/" and any(name == b"mf-url" for name, _ in scope["headers"]):
        return Route("", "binding", path)
    if path == "/" and scope["type"] == "websocket":
        return Route("", "binding", path)
    return Route("", "binding", path) if path.startswith(BINDING) else None


def account_of(path: str) -> str:
    """The account that a path names, as written; "" when it names none."""
    path = path.removeprefix(PREFIX)
    return path[10:].partition("/")[0] if path.startswith("/accounts/") else ""


def _host(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"host":
            return bytes(value).partition(b":")[0].lower()
    return b""


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
