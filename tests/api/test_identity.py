"""What a token of each kind sees of users, accounts, memberships and permission groups."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import ACCOUNT, BEARER, TOKEN, Emulator

from mock_server.accounts import read_accounts
from mock_server.settings import fixtures_folder

WRANGLER = "mock-token-for-wrangler-0000000000000000"
OWNED = "cfat_mockaccount0000000000000000000000000000300000000"
UNLISTED = "x" * 40
OTHER = "f" * 32
EMPTY = (
    b'{"result":[],"result_info":{"page":1,"per_page":20,"total_pages":0,"count":0,"total_count":0},'
    b'"success":true,"errors":[],"messages":[]}'
)
UNAUTHORIZED = (
    b'{"success":false,"errors":[{"code":9109,"message":"Unauthorized to access requested resource"}],'
    b'"messages":[],"result":null}'
)
ALL = len(read_accounts(fixtures_folder() / "accounts.json")[0])
ROUTES = [
    "/user", "/accounts", f"/accounts/{ACCOUNT}", "/memberships", "/user/tokens/permission_groups",
    f"/accounts/{ACCOUNT}/tokens/permission_groups",
]  # fmt: skip


def bearer(value: str) -> dict[str, str]:
    return {"authorization": f"Bearer {value}"}


def test_a_token_for_workers_ai_alone_sees_no_account(emulator: Emulator) -> None:
    for prefix in ("", "/client/v4"):
        assert emulator.ask("GET", f"{prefix}/accounts", headers=BEARER).body == EMPTY
        one = emulator.ask("GET", f"{prefix}/accounts/{ACCOUNT}", headers=BEARER)
        assert (one.status, one.body) == (403, UNAUTHORIZED)
        assert "Account Settings Read" in one.headers["x-mock-hint"]


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (TOKEN, [(403, 9109), 0, (403, 9109), (403, 10000), (403, 9109), (403, 9109)]),
        (WRANGLER, [200, 1, 200, 1, 200, 200]),
        (UNLISTED, [200, ALL, 200, ALL, 200, 200]),
        (OWNED, [(403, 9109), 0, (403, 9109), (400, 9106), (403, 9109), (403, 9109)]),
        ("mock-token-expired-000000000000000000000", [(403, 9109)] * 6),
        ("junk", [(400, 6003)] * 6),
        (None, [(400, 9106)] * 6),
    ],
)
def test_a_token_sees_what_its_permissions_show(
    emulator: Emulator, token: str | None, expected: list[int | tuple[int, int]]
) -> None:
    for path, wanted in zip(ROUTES, expected, strict=True):
        answer = emulator.ask("GET", path, headers=bearer(token) if token else {})
        if isinstance(wanted, tuple):
            assert answer.error[:2] == wanted, path
        elif wanted == 200:
            assert answer.result, path
        else:
            assert len(answer.result) == answer.json["result_info"]["total_count"] == wanted, path


def test_a_global_key_sees_its_user_and_accounts(emulator: Emulator) -> None:
    key = {"x-auth-email": "user@example.com", "x-auth-key": "144c9defac04969c7bfad8efaa8ea194"}
    assert emulator.ask("GET", "/user", headers=key).result["email"] == "user@example.com"
    assert [account["id"] for account in emulator.ask("GET", "/accounts", headers=key).result] == [ACCOUNT]
    assert emulator.ask("GET", f"/accounts/{OTHER}", headers=key).error[:2] == (403, 9109)


def test_strict_knows_no_other_token_and_off_asks_for_none(make_emulator: Callable[..., Emulator]) -> None:
    strict, off = make_emulator(auth="strict"), make_emulator(auth="off")
    for path in ROUTES:
        assert strict.ask("GET", path, headers=bearer(UNLISTED)).error == (403, 9109, "Invalid access token")
        for headers in ({}, BEARER, bearer("junk")):
            assert off.ask("GET", path, headers=headers).result


def test_user_account_and_membership_belong_together(emulator: Emulator) -> None:
    asked = {path: emulator.ask("GET", path, headers=bearer(WRANGLER)).result for path in ROUTES}
    account = asked[f"/accounts/{ACCOUNT}"]
    assert asked["/accounts"] == [account]
    assert (account["id"], account["name"], account["type"]) == (ACCOUNT, "Demo", "standard")
    assert asked["/memberships"][0]["account"] == account
    assert asked["/memberships"][0]["status"] == "accepted"
    assert asked["/user"]["email"] == "user@example.com"
    assert len(asked["/user"]["id"]) == 32


def test_lists_of_accounts_are_paged(emulator: Emulator) -> None:
    pages = [
        emulator.ask("GET", f"/accounts?per_page=4&page={page}", headers=bearer(UNLISTED)) for page in range(1, ALL)
    ]
    assert {page.json["result_info"]["total_pages"] for page in pages} == {-(-ALL // 4)}
    assert pages[-1].result == []
    found = [account["id"] for page in pages for account in page.result]
    assert len(set(found)) == len(found) == ALL


def test_permission_groups_have_the_published_ids(emulator: Emulator) -> None:
    of_users = emulator.ask("GET", "/user/tokens/permission_groups", headers=bearer(WRANGLER)).result
    ids = {group["name"]: group["id"] for group in of_users}
    assert ids["Workers AI Read"] == "a92d2450e05d4e7bb7d0a64968f83d11"
    assert ids["Workers AI Write"] == "bacc64e0f6c34fc0883a1223f938a104"
    assert all(list(group) == ["id", "name", "scopes"] for group in of_users)
    path = f"/accounts/{ACCOUNT}/tokens/permission_groups"
    of_accounts = emulator.ask("GET", path, headers=bearer(WRANGLER)).result
    assert {scope for group in of_accounts for scope in group["scopes"]} == {"com.cloudflare.api.account"}
    assert "Memberships Read" not in {group["name"] for group in of_accounts}


def test_a_malformed_account_is_no_route(emulator: Emulator) -> None:
    for path in ("/accounts/x", "/accounts/x/tokens/permission_groups"):
        assert emulator.ask("GET", path).error[:2] == (404, 7003)


def test_accounts_for_a_token_that_an_account_owns(tmp_path: Path, make_emulator: Callable[..., Emulator]) -> None:
    path = tmp_path / "mine.json"
    token = {"value": OWNED, "kind": "account", "accounts": [OTHER], "permissions": ["Account Settings Write"]}
    path.write_text(json.dumps({"tokens": [token]}))
    newest = make_emulator(accounts=path).ask("GET", "/accounts", headers=bearer(OWNED))
    assert [(account["id"], account["name"]) for account in newest.result] == [(OTHER, OTHER)]
    older = make_emulator(accounts=path, auth_variant="older").ask("GET", "/accounts", headers=bearer(OWNED))
    assert older.error == (400, 1001, "List accounts endpoint does not support account owned tokens.")
