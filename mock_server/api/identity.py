"""Who asks, and what they may see of themselves: users, accounts, memberships, tokens and their permission groups.

Bodies of ``tokens/verify``, of the empty list of accounts and of the refusals are observed; the others have the
documented keys. Users and memberships follow from the accounts file: all of its tokens belong to one user.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from mock_server import auth, errors
from mock_server.accounts import GROUPS, Account, Group, Key, Token
from mock_server.api import answering, paging, routing
from mock_server.api.documentation.refusing import CORE, refusals
from mock_server.api.documentation.settling import SECURITY
from mock_server.api.entrance import headers_of, identify
from mock_server.api.serving import Serving
from mock_server.errors import ApiError

VALID = (
    b',"success":true,"errors":[],"messages":'
    b'[{"code":10000,"message":"This API Token is valid and active","type":null}]}'
)
OTHER = b',"success":true,"errors":[],"messages":[]}'
JOINED = "2026-01-01T00:00:00Z"  # since when users and accounts are there
USER, MEMBERSHIPS = "User Details Read", "Memberships Read"
TOKENS, ACCOUNT_TOKENS = "API Tokens Read", "Account API Tokens Read"
SECURED: dict[str, Any] = {"security": SECURITY}
OF_AN_ACCOUNT = CORE | {"malformed account": (errors.BAD_ACCOUNT, {"path": "/client/v4/accounts/1"})}
VERIFYING = CORE | {
    "not this kind of token": (errors.INVALID_TOKEN, {}),
    "a key": (errors.MISSING_AUTHORIZATION, {}),
}


def router(serving: Serving) -> APIRouter:
    """The identity routes, without a prefix."""
    routes = APIRouter(tags=["Identity"])
    pipeline = serving.pipeline
    accounts = pipeline.accounts

    def verified(request: Request, account_id: str | None) -> Response:
        result = accounts.verify(headers_of(request), pipeline.clock.now(), account_id)
        return answering.written(
            b'{"result":' + orjson.dumps(result) + (VALID if result["status"] == "active" else OTHER)
        )

    def holder(request: Request, permission: str, *, user: bool = False) -> Token | Key | None:
        """Who asks, if they hold a permission and, where it is wanted, are a user."""
        credential = identify(pipeline, request)
        if user and isinstance(credential, Token) and credential.kind == "account":
            raise ApiError(errors.UNAUTHORIZED, hint="this token belongs to an account, not to a user")
        if not auth.may(credential, permission):
            raise ApiError(errors.UNAUTHORIZED, hint=auth.lacks(credential, permission))
        return credential

    def inside(request: Request, permission: str, account_id: str) -> None:
        """Let those pass who hold a permission on an account."""
        routing.check_account(account_id, request.scope)
        credential = holder(request, permission)
        if credential is not None and account_id not in credential.accounts:
            raise ApiError(errors.UNAUTHORIZED, hint=f"it may use {', '.join(credential.accounts)}")

    @routes.get(
        "/user/tokens/verify",
        summary="Verify a user's token",
        response_model=None,
        responses=refusals(VERIFYING),
        openapi_extra=SECURED,
    )
    async def user_token(request: Request) -> Response:
        """Whether the token is active; nothing about what it may do. Tokens of accounts are unknown here."""
        return verified(request, None)

    @routes.get(
        "/accounts/{account_id}/tokens/verify",
        summary="Verify a token that an account owns",
        response_model=None,
        responses=refusals(VERIFYING | OF_AN_ACCOUNT),
        openapi_extra=SECURED,
    )
    async def account_token(request: Request, account_id: str) -> Response:
        """Whether the token is active; nothing about what it may do. Tokens of users are unknown here."""
        routing.check_account(account_id, request.scope)
        return verified(request, account_id)

    @routes.get(
        "/user",
        summary="The user behind a token",
        response_model=None,
        responses=refusals(CORE),
        openapi_extra=SECURED,
    )
    async def user(request: Request) -> Response:
        """Needs User Details Read."""
        return answering.success(_user(auth.user_of(holder(request, USER, user=True))))

    @routes.get(
        "/accounts",
        summary="List the accounts that a token may see",
        response_model=None,
        responses=refusals(CORE | {"an account's token (older)": (errors.NO_ACCOUNT_TOKENS, {})}),
        openapi_extra=SECURED | {"parameters": paging.PARAMETERS},
    )
    async def every_account(request: Request) -> Response:
        """Those on which it has Account Settings Read: none for a token that may only use Workers AI."""
        seen = accounts.seen_by(identify(pipeline, request))
        return _listed(request, [_account(account) for account in seen])

    @routes.get(
        "/accounts/{account_id}",
        summary="An account",
        response_model=None,
        responses=refusals(OF_AN_ACCOUNT),
        openapi_extra=SECURED,
    )
    async def account(request: Request, account_id: str) -> Response:
        """Needs Account Settings Read."""
        inside(request, auth.SETTINGS, account_id)
        return answering.success(_account(accounts.find(account_id)))

    @routes.get(
        "/memberships",
        summary="List the user's memberships of accounts",
        response_model=None,
        responses=refusals(CORE | {"an account's token": (errors.NOT_AUTHENTICATED, {})}),
        openapi_extra=SECURED | {"parameters": paging.PARAMETERS},
    )
    async def memberships(request: Request) -> Response:
        """Needs Memberships Read."""
        credential = identify(pipeline, request)
        # The two codes that wrangler takes for "may not see them".
        if isinstance(credential, Token) and credential.kind == "account":
            raise ApiError(errors.NOT_AUTHENTICATED, hint="this token belongs to an account, not to a user")
        if not auth.may(credential, MEMBERSHIPS):
            raise ApiError(errors.FORBIDDEN, hint=auth.lacks(credential, MEMBERSHIPS))
        email = auth.user_of(credential)
        return _listed(request, [_membership(email, account) for account in accounts.joined_by(credential)])

    @routes.get(
        "/user/tokens/permission_groups",
        summary="List the permissions that a user's tokens can have",
        response_model=None,
        responses=refusals(CORE),
        openapi_extra=SECURED,
    )
    async def user_groups(request: Request) -> Response:
        """Needs API Tokens Read. Those that this emulator knows."""
        holder(request, TOKENS, user=True)
        return answering.success([_group(group) for group in GROUPS])

    @routes.get(
        "/accounts/{account_id}/tokens/permission_groups",
        summary="List the permissions that an account's tokens can have",
        response_model=None,
        responses=refusals(OF_AN_ACCOUNT),
        openapi_extra=SECURED,
    )
    async def account_groups(request: Request, account_id: str) -> Response:
        """Needs Account API Tokens Read. Those that this emulator knows, without those about users."""
        inside(request, ACCOUNT_TOKENS, account_id)
        return answering.success([_group(group) for group in GROUPS if not group.of_a_user])

    return routes


def _user(email: str) -> dict[str, Any]:
    return {
        "id": _id("user", email),
        "email": email,
        "username": _id("username", email),
        "first_name": None,
        "last_name": None,
        "telephone": None,
        "country": None,
        "zipcode": None,
        "two_factor_authentication_enabled": False,
        "two_factor_authentication_locked": False,
        "created_on": JOINED,
        "modified_on": JOINED,
        "organizations": [],
        "has_pro_zones": False,
        "has_business_zones": False,
        "has_enterprise_zones": False,
        "suspended": False,
        "betas": [],
    }


def _account(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name or account.id,
        "type": "standard",
        "settings": {"enforce_twofactor": False, "abuse_contact_email": None},
        "created_on": JOINED,
    }


def _membership(email: str, account: Account) -> dict[str, Any]:
    return {
        "id": _id("membership", f"{email} {account.id}"),
        "code": _id("code", f"{email} {account.id}"),
        "status": "accepted",
        "account": _account(account),
        "api_access_enabled": None,
        "permissions": {},
        "roles": ["Super Administrator - All Privileges"],
    }


def _group(group: Group) -> dict[str, Any]:
    scope = "com.cloudflare.api.user" if group.of_a_user else "com.cloudflare.api.account"
    return {"id": group.id, "name": group.name, "scopes": [scope]}


def _id(kind: str, name: str) -> str:
    """32 hex digits, the same for the same name."""
    return blake2b(f"{kind} {name}".encode(), digest_size=16).hexdigest()


def _listed(request: Request, items: Sequence[Any]) -> Response:
    page = paging.asked(request.query_params, 20)
    info = orjson.dumps(page.info(len(items)))
    return answering.written(b'{"result":' + orjson.dumps(page.of(items)) + b',"result_info":' + info + OTHER)
