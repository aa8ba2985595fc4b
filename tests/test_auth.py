"""Who may ask: every seeded case, in both readings of contradicting observations, byte for byte."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import ACCOUNT, BEARER, TOKEN, Emulator

from mock_server.accounts import demo, read_accounts
from mock_server.errors import MockError
from mock_server.settings import Settings, fixtures_folder

MODEL = "@cf/meta/llama-3.2-1b-instruct"
RUN = f"/client/v4/accounts/{ACCOUNT}/ai/run/{MODEL}"
ASK = b'{"prompt":"hi"}'
UNAUTHENTICATED = (
    b'{"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[]}'
)
MISSING = (
    b'{"success":false,"errors":[{"code":9106,"message":"Missing X-Auth-Key, X-Auth-Email or Authorization headers"}]}'
)
MALFORMED = (
    b'{"success":false,"errors":[{"code":6003,"message":"Invalid request headers","error_chain":'
    b'[{"code":6111,"message":"Invalid format for Authorization header"}]}],"messages":[],"result":null}'
)
UNLISTED = "Bearer " + "x" * 40


def bearer(value: str) -> dict[str, str]:
    return {"authorization": f"Bearer {value}"}


def key(email: str, secret: str) -> dict[str, str]:
    return {"x-auth-email": email, "x-auth-key": secret}


@pytest.mark.parametrize(
    ("headers", "newest", "older"),
    [
        ({}, (401, UNAUTHENTICATED), (400, MISSING)),
        (bearer("abcd"), (400, MALFORMED), (400, MISSING)),
        (bearer(""), (400, MALFORMED), (400, MISSING)),
        ({"authorization": f"Basic {TOKEN}"}, (400, MALFORMED), (400, MISSING)),
        (bearer("mock-token-expired-000000000000000000000"), (401, UNAUTHENTICATED), (401, UNAUTHENTICATED)),
        (bearer("mock-token-disabled-00000000000000000000"), (401, UNAUTHENTICATED), (401, UNAUTHENTICATED)),
        (bearer("mock-token-not-yet-valid-000000000000000"), (401, UNAUTHENTICATED), (401, UNAUTHENTICATED)),
        (bearer("mock-token-of-another-account-0000000000"), (401, UNAUTHENTICATED), (403, UNAUTHENTICATED)),
        (bearer("mock-token-no-workers-ai-permission-0000"), (401, UNAUTHENTICATED), (403, UNAUTHENTICATED)),
        (bearer("mock-token-workers-ai-read-0000000000000"), (200, None), (403, UNAUTHENTICATED)),
        (BEARER, (200, None), (200, None)),
        ({"authorization": UNLISTED}, (200, None), (200, None)),
        (bearer("cfut_mockuser0000000000000000000000000000000600000000"), (200, None), (200, None)),
        (bearer("cfat_mockaccount0000000000000000000000000000300000000"), (200, None), (200, None)),
        (key("user@example.com", "144c9defac04969c7bfad8efaa8ea194"), (200, None), (200, None)),
        (key("a@b.co", "0" * 37), (200, None), (200, None)),
    ],
)
def test_credentials_get_what_the_front_door_gives(
    make_emulator: Callable[..., Emulator],
    headers: dict[str, str],
    newest: tuple[int, bytes | None],
    older: tuple[int, bytes | None],
) -> None:
    for variant, (status, body) in (("newest", newest), ("older", older)):
        answer = make_emulator(auth_variant=variant).ask("POST", RUN, ASK, headers)
        assert answer.status == status
        if body is not None:
            assert answer.body == body
            assert "cf-ai-req-id" not in answer.headers
            assert answer.headers["x-mock-hint"]


@pytest.mark.parametrize(
    ("headers", "codes"),
    [
        (key("nobody", "0" * 37), [6102]),
        (key("a@b.co", TOKEN), [6103]),
        (key("nobody", "zz"), [6102, 6103]),
    ],
)
def test_malformed_keys_name_their_headers(emulator: Emulator, headers: dict[str, str], codes: list[int]) -> None:
    answer = emulator.ask("POST", RUN, ASK, headers)
    assert answer.error == (400, 6003, "Invalid request headers")
    assert [entry["code"] for entry in answer.json["errors"][0]["error_chain"]] == codes


def test_strict_knows_only_what_is_listed(make_emulator: Callable[..., Emulator]) -> None:
    strict = make_emulator(auth="strict")
    assert strict.ask("POST", RUN, ASK, {"authorization": UNLISTED}).body == UNAUTHENTICATED
    assert strict.ask("POST", RUN, ASK, BEARER).status == 200
    assert strict.ask("POST", RUN, ASK, key("a@b.co", "0" * 37)).error[:2] == (403, 9103)


def test_off_checks_nothing(make_emulator: Callable[..., Emulator]) -> None:
    off = make_emulator(auth="off")
    assert off.ask("POST", RUN, ASK).status == 200
    assert off.ask("POST", RUN, ASK, bearer("abcd")).status == 200


def test_a_four_character_token_is_told_what_a_token_is(emulator: Emulator) -> None:
    hint = emulator.ask("POST", RUN, ASK, bearer("abcd")).headers["x-mock-hint"]
    assert "40 characters" in hint
    assert "this one has 4" in hint


@pytest.mark.parametrize(
    ("account", "model", "expected"),
    [
        ("0a1b2c3d4e5f60718293a4b5c6d7e8f0", "@cf/zai-org/glm-5.2", (403, 5035)),
        ("1a1b2c3d4e5f60718293a4b5c6d7e8f1", "@cf/utter-project/eurollm-9b-it", (403, 5018)),
        ("3a1b2c3d4e5f60718293a4b5c6d7e8f3", MODEL, (403, 3023)),
    ],
)
def test_seeded_accounts_show_their_case(
    emulator: Emulator, account: str, model: str, expected: tuple[int, int]
) -> None:
    assert emulator.run(model, {"prompt": "hi"}, account=account).error[:2] == expected


VALID = b'{"code":10000,"message":"This API Token is valid and active","type":null}'


@pytest.mark.parametrize(
    ("path", "token", "status", "expected"),
    [
        ("/user/tokens/verify", TOKEN, 200, VALID),
        ("/user/tokens/verify", "x" * 40, 200, VALID),
        ("/user/tokens/verify", "mock-token-expired-000000000000000000000", 200, b'"status":"expired"'),
        ("/user/tokens/verify", "mock-token-disabled-00000000000000000000", 200, b'"status":"disabled"'),
        ("/user/tokens/verify", "mock-token-not-yet-valid-000000000000000", 200, b'"not_before":"2099'),
        ("/user/tokens/verify", "cfat_mockaccount0000000000000000000000000000300000000", 401, b'"code":1000'),
        (
            f"/accounts/{ACCOUNT}/tokens/verify",
            "cfat_mockaccount0000000000000000000000000000300000000",
            200,
            VALID,
        ),
        (f"/accounts/{ACCOUNT}/tokens/verify", TOKEN, 401, b'"message":"Invalid API Token"'),
        ("/accounts/nonsense/tokens/verify", TOKEN, 404, b'"code":7003'),
        ("/user/tokens/verify", "abcd", 400, MALFORMED),
    ],
)
def test_tokens_verify_agrees(emulator: Emulator, path: str, token: str, status: int, expected: bytes) -> None:
    for prefix in ("", "/client/v4"):
        answer = emulator.ask("GET", prefix + path, headers=bearer(token))
        assert answer.status == status
        assert expected in answer.body


def test_tokens_verify_does_not_take_keys(emulator: Emulator) -> None:
    answer = emulator.ask(
        "GET", "/user/tokens/verify", headers=key("user@example.com", "144c9defac04969c7bfad8efaa8ea194")
    )
    assert answer.body == (
        b'{"success":false,"errors":[{"code":1001,"message":"Missing \\"Authorization\\" header"}],'
        b'"messages":[],"result":null}'
    )


def test_every_seeded_entry_says_what_it_is_for() -> None:
    for entries in read_accounts(fixtures_folder() / "accounts.json"):
        assert entries
        assert all(entry.about for entry in entries)


def test_the_demo_account_may_write() -> None:
    assert demo(Settings().accounts) == (ACCOUNT, TOKEN)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"tokenz": []}, "/tokenz: unknown field"),
        ({"tokens": {}}, "#/tokens: accepted: a list"),
        ({"tokens": [{"value": "short"}]}, "#/tokens/0/value: 5 characters"),
        ({"tokens": [{"value": "x" * 40, "status": "gone"}]}, "#/tokens/0/status: 'gone'; accepted: active, disabled"),
        ({"tokens": [{"value": "x" * 40, "expires_on": "soon"}]}, "#/tokens/0/expires_on"),
        ({"tokens": [{"value": 3}]}, "#/tokens/0/value: 3; accepted: a string"),
        ({"tokens": [{"permissions": []}]}, "#/tokens/0: missing"),
        ({"accounts": [{"id": "ABC"}]}, "#/accounts/0/id"),
        ({"accounts": [{"id": "0" * 32, "plan": "gold"}]}, "accepted: paid, free"),
        ({"accounts": [{"id": "0" * 32, "agreed": "yes"}]}, "accepted: true or false"),
        ([], "accepted: an object"),
    ],
)
def test_a_wrong_accounts_file_is_refused_by_file_and_pointer(tmp_path: Path, document: object, complaint: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(document))
    with pytest.raises(MockError) as caught:
        read_accounts(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)


def test_an_own_accounts_file_is_used(tmp_path: Path, make_emulator: Callable[..., Emulator]) -> None:
    path = tmp_path / "mine.json"
    path.write_text(
        json.dumps({"tokens": [{"value": "m" * 40, "permissions": ["Workers AI Write"], "accounts": ["f" * 32]}]})
    )
    mine = make_emulator(auth="strict", accounts=path)
    own = f"/client/v4/accounts/{'f' * 32}/ai/run/{MODEL}"
    assert mine.ask("POST", own, ASK, bearer("m" * 40)).status == 200
    assert mine.ask("POST", RUN, ASK, BEARER).status == 401
