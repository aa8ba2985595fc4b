"""The control routes can be locked or turned off."""

from collections.abc import Callable

import pytest
from harness import ACCOUNT, BEARER, Emulator

from mock_server.settings import Settings
from mock_server.testing import MockServer

CHAT = "@cf/meta/llama-3.1-8b-instruct-fp8"
SECRET = "a-token-for-the-control-routes"
KEY = {"authorization": f"Bearer {SECRET}"}
ROUTES = [
    ("GET", "/_mock/journal"),
    ("GET", "/_mock/journal/1"),
    ("DELETE", "/_mock/journal"),
    ("POST", "/_mock/verify"),
    ("POST", "/_mock/reset"),
    ("GET", "/_mock/stubs"),
    ("POST", "/_mock/stubs"),
    ("POST", "/_mock/faults"),
    ("GET", "/_mock/usage"),
    ("GET", "/_mock/verdict"),
    ("PUT", "/_mock/clock"),
]
WRONG = [
    {},
    BEARER,
    {"authorization": SECRET},
    {"authorization": f"Basic {SECRET}"},
    {"authorization": f"Bearer {SECRET}x"},
    {"authorization": f"Bearer {SECRET[:-1]}"},
    {"authorization": "Bearer \xff"},
]


@pytest.fixture(scope="module")
def locked() -> Emulator:
    return Emulator(control_token=SECRET)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_locked_route_wants_its_token(locked: Emulator, method: str, path: str) -> None:
    assert locked.ask(method, path, b"{}", KEY).status != 401
    for headers in WRONG:
        response = locked.ask(method, path, b"no json", headers)
        assert (response.status, "locked" in response.json["mock_error"]) == (401, True)


def test_who_brings_the_token_may(locked: Emulator) -> None:
    stub = b'{"match": {"inputs.prompt": "x"}, "reply": {"text": "stubbed"}}'
    assert locked.ask("POST", "/_mock/stubs", stub, KEY).status == 201
    assert locked.run(CHAT, {"prompt": "x"}).result["response"] == "stubbed"
    assert locked.ask("GET", "/_mock/stubs", b"", {"authorization": f"bearer  {SECRET}"}).status == 200


@pytest.mark.parametrize("settings", [{"control_token": SECRET}, {"control": "off"}])
def test_health_the_binding_and_the_api_stay_open(
    make_emulator: Callable[..., Emulator], settings: dict[str, str]
) -> None:
    emulator = make_emulator(**settings)
    assert emulator.ask("GET", "/_mock/health").json["ready"] is True
    assert emulator.ask("GET", "/_mock/media/none").status == 404
    assert emulator.run(CHAT, {"prompt": "x"}).status == 200
    headers = {"cf-consn-model-id": CHAT}
    body = b'{"inputs": {"prompt": "x"}, "options": {}}'
    response = emulator.ask("POST", f"/_mock/binding/{ACCOUNT}/run?version=3", body, headers)
    assert (response.status, "response" in response.json) == (200, True)


def test_turned_off_a_route_is_like_any_that_is_not_there(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator(control="off", control_token=SECRET)
    for method, path in ROUTES:
        response = emulator.ask(method, path, b"{}", KEY)
        assert (response.status, "there is no /_mock" in response.json["mock_error"]) == (404, True)


def test_the_token_is_in_no_log_and_no_description(capfd: pytest.CaptureFixture[str]) -> None:
    emulator = Emulator(control_token=SECRET, log="on")
    emulator.ask("GET", "/_mock/journal", b"", KEY)
    emulator.ask("GET", "/_mock/journal", b"", {"authorization": f"Bearer {SECRET}{SECRET}"})
    logged = capfd.readouterr().err
    assert "/_mock/journal 200" in logged
    assert SECRET[-4:] not in logged
    assert SECRET not in repr(Settings(control_token=SECRET))
    assert SECRET not in emulator.ask("GET", "/openapi.json").body.decode()


@pytest.mark.parametrize("socket", [True, False])
def test_the_testing_kit_knows_the_token_of_its_own_server(socket: bool) -> None:
    with MockServer(socket=socket, control_token=SECRET) as server:
        account = server.account()
        account.stub({}, "stubbed")
        assert len(account.stubs()) == 1
