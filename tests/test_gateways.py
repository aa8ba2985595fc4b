from typing import Any

import pytest

from mock_server import gateways
from mock_server.gateways import Cached, Gateway, Gateways, Log, custom_cost

A, B = "a" * 32, "b" * 32


def made(state: Gateways, name: str = "one", account: str = A, **settings: Any) -> Gateway:
    gateway = state.create(account, name, {"collect_logs": True, **settings}, 0.0)
    assert gateway is not None
    return gateway


def answer(body: bytes = b"{}", until: float = 60.0) -> Cached:
    return Cached(until, 200, (), body, (1, 2), "model")


def entry(log_id: str, gateway: str = "one", account: str = A) -> Log:
    return Log(log_id, account, gateway, log_id, 0.0, "workers-ai", "model", "run/model", 0, b"{}", 2, "", {})


def test_the_default_gateway_is_made_when_it_is_first_asked() -> None:
    state = Gateways()
    assert state.find(A, "default") is None
    default = state.default(A, 5.0)
    assert default is state.default(A, 9.0) is state.find(A, "default")
    assert (default.created, default.authenticated) == (5.0, True)


def test_a_name_is_taken_once_in_an_account() -> None:
    state = Gateways()
    made(state)
    assert state.create(A, "one", {}, 0.0) is None
    assert made(state, account=B).account == B


def test_an_account_has_a_limit_of_gateways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "PER_ACCOUNT", 1)
    state = Gateways()
    made(state)
    assert state.create(A, "two", {}, 0.0) is None


def test_accounts_that_came_first_go_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "ACCOUNTS", 1)
    state = Gateways()
    made(state)
    made(state, account=B)
    assert (state.of(A), len(state.of(B))) == ([], 1)


@pytest.mark.parametrize(
    ("technique", "passes"),
    [("fixed", [True, True, False, True, True]), ("sliding", [True, True, False, True, False])],
)
def test_a_limit_counts_requests_of_its_window(technique: str, passes: list[bool]) -> None:
    gateway = made(Gateways(), rate_limiting_limit=2, rate_limiting_interval=60, rate_limiting_technique=technique)
    assert [gateway.admits(now) for now in (0.0, 30.0, 59.0, 61.0, 62.0)] == passes


def test_a_clock_that_goes_back_does_not_lock_a_gateway() -> None:
    gateway = made(Gateways(), rate_limiting_limit=1, rate_limiting_interval=60)
    assert gateway.admits(1000.0)
    assert gateway.admits(10.0)


@pytest.mark.parametrize("settings", [{}, {"rate_limiting_limit": 0, "rate_limiting_interval": 60}])
def test_without_a_limit_everything_passes(settings: dict[str, Any]) -> None:
    gateway = made(Gateways(), **settings)
    assert all(gateway.admits(0.0) for _ in range(50))


def test_an_answer_is_cached_until_its_time() -> None:
    state = Gateways()
    gateway = made(state)
    state.cache(gateway, "key", answer())
    assert state.cached(gateway, "key", 59.0)
    assert state.cached(made(state, "two"), "key", 0.0) is None
    assert state.cached(gateway, "key", 60.0) is None


def test_the_cache_is_bounded_by_number_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "CACHED", 2)
    monkeypatch.setattr(gateways, "CACHED_BYTES", 10)
    state = Gateways()
    gateway = made(state)
    for key in "abc":
        state.cache(gateway, key, answer())
    assert [key for key in "abc" if state.cached(gateway, key, 0.0)] == ["b", "c"]
    state.cache(gateway, "d", answer(b"x" * 9))
    assert [key for key in "abcd" if state.cached(gateway, key, 0.0)] == ["d"]


@pytest.mark.parametrize(("invalidates", "left"), [(True, False), (False, True)])
def test_an_update_empties_the_cache_where_the_settings_say_so(invalidates: bool, left: bool) -> None:
    state = Gateways()
    gateway = made(state)
    state.cache(gateway, "key", answer())
    state.update(gateway, {"cache_invalidate_on_update": invalidates}, 1.0)
    assert (state.cached(gateway, "key", 2.0) is not None) is left
    assert gateway.modified == 1.0


def test_a_full_log_drops_the_oldest_or_takes_no_more() -> None:
    state = Gateways()
    kept = {}
    for strategy in ("DELETE_OLDEST", "STOP_INSERTING"):
        gateway = made(state, strategy.lower(), log_management=2, log_management_strategy=strategy)
        for number in range(3):
            state.log(gateway, entry(f"{strategy}{number}", gateway.id))
        kept[strategy] = [log.id[-1] for log in state.logs(A, gateway.id)]
    assert kept == {"DELETE_OLDEST": ["1", "2"], "STOP_INSERTING": ["0", "1"]}


def test_logs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "LOGGED", 2)
    state = Gateways()
    gateway = made(state)
    for number in range(5):
        state.log(gateway, entry(str(number)))
    assert [log.id for log in state.logs(A, "one")] == ["3", "4"]


def test_an_entry_is_found_only_where_it_belongs() -> None:
    state = Gateways()
    state.log(made(state), entry("x"))
    assert state.entry(A, "one", "x")
    assert state.entry(A, "two", "x") is None
    assert state.entry(B, "one", "x") is None


def test_forgetting_an_account_leaves_the_others() -> None:
    state = Gateways()
    for account in (A, B):
        gateway = made(state, account=account)
        state.log(gateway, entry(account[0], account=account))
        state.cache(gateway, "key", answer())
    state.forget(A)
    assert (state.of(A), list(state.logs(A, "one"))) == ([], [])
    assert len(list(state.logs(B, "one"))) == 1
    state.forget()
    assert (state.of(B), list(state.logs(B, "one"))) == ([], [])
    assert state.cached(made(state, account=B), "key", 0.0) is None


def test_deleting_a_gateway_drops_what_it_kept() -> None:
    state = Gateways()
    gateway = made(state)
    state.log(gateway, entry("x"))
    state.cache(gateway, "key", answer())
    state.delete(gateway)
    assert (state.find(A, "one"), list(state.logs(A, "one"))) == (None, [])
    state.cache(gateway, "key", answer())  # of a request that was still under way
    assert state.cached(made(state), "key", 0.0) is None


@pytest.mark.parametrize(
    ("told", "cost"),
    [
        ({"total_cost": 0.5}, 0.5),
        ({"per_token_in": 0.1, "per_token_out": 0.01}, 1.2),
        ({"per_token_in": 0.1}, 1.0),
        ({}, None),
        ("free", None),
        (None, None),
        ({"total_cost": "much"}, None),
    ],
)
def test_a_caller_has_prices_of_its_own(told: object, cost: float | None) -> None:
    found = custom_cost(told, 10, 20)
    assert found == (None if cost is None else pytest.approx(cost))
