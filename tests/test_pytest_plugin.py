"""The pytest plugin, in test runs of its own."""

from __future__ import annotations

from importlib.metadata import entry_points
from importlib.util import find_spec

import pytest

PLUGIN = "mock_server.pytest_plugin"
OTHERS = ["xdist.plugin", "pytest_httpx"]
# Only what the runs need: what else is installed here would take longer to load than they take.
LOADED = ["-p", PLUGIN, *(word for name in OTHERS if find_spec(name) for word in ("-p", name))]


@pytest.fixture(autouse=True)
def _nothing_else_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def test_an_installed_package_brings_the_plugin() -> None:
    found = [point.value for point in entry_points(group="pytest11") if point.name == "workers_ai_mock"]
    if not found:
        pytest.skip("the package is not installed here")
    assert found == [PLUGIN]


TESTS = """
    import httpx
    import pytest

    LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8"

    def ask(account, text):
        body = {"messages": [{"role": "user", "content": text}]}
        return httpx.post(account.run_url(LLAMA), json=body, headers=account.headers).json()

    @pytest.mark.parametrize("number", range(12))
    def test_each_has_an_account_of_its_own(workers_ai, number):
        workers_ai.stub({"model": LLAMA}, f"answer {number}")
        for _ in range(3):
            assert ask(workers_ai, "hello")["result"]["response"] == f"answer {number}"
        assert len(workers_ai.verify({"model": LLAMA}, 3)) == 3

    def test_address(workers_ai):
        with open("addresses", "a") as file:
            print(workers_ai.url, file=file)

    def test_address_again(workers_ai):
        test_address(workers_ai)
"""


@pytest.fixture
def tests(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(TESTS)
    return pytester


def test_tests_get_accounts_of_one_server(tests: pytest.Pytester) -> None:
    run = tests.runpytest_subprocess(*LOADED)
    run.assert_outcomes(passed=14)
    assert len(set((tests.path / "addresses").read_text().split())) == 1


def test_workers_of_a_parallel_run_share_one_server(tests: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    run = tests.runpytest_subprocess(*LOADED, "-n", "2")
    run.assert_outcomes(passed=14)
    assert len(set((tests.path / "addresses").read_text().split())) == 1


def test_a_run_that_asks_nothing_starts_nothing(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        """
        import sys

        def test_nothing():
            assert "fastapi" not in sys.modules and "mock_server.app" not in sys.modules
        """
    )
    pytester.runpytest_subprocess(*LOADED, "-n", "1").assert_outcomes(passed=1)


def test_settings_come_from_the_configuration_of_the_run(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nworkers_ai =\n    plan=free\n    fixtures=answers\n")
    pytester.mkdir("answers").joinpath("hi.json").write_text('{"match": {}, "reply": {"text": "from a file"}}')
    pytester.makepyfile(
        """
        import httpx

        def test_plan_and_fixtures(workers_ai):
            body = {"prompt": "hello"}
            headers = workers_ai.headers
            said = httpx.post(workers_ai.run_url("@cf/meta/llama-3.2-1b-instruct"), json=body, headers=headers)
            assert said.json()["result"]["response"] == "from a file"
            refused = httpx.post(workers_ai.run_url("@cf/zai-org/glm-5.2"), json=body, headers=headers)
            assert refused.json()["errors"][0]["code"] == 5035
        """
    )
    pytester.runpytest_subprocess(*LOADED).assert_outcomes(passed=1)


def test_a_setting_that_is_none_is_named(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nworkers_ai = plan\n")
    pytester.makepyfile("def test_it(workers_ai): pass")
    run = pytester.runpytest_subprocess(*LOADED)
    run.stdout.fnmatch_lines(["*workers_ai: 'plan'; accepted: setting=value, such as limits=real*"])


def test_httpx_is_answered_in_the_process(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx

        def test_hard_coded_address(workers_ai_httpx):
            workers_ai_httpx.stub({}, "no network")
            account = f"https://api.cloudflare.com/client/v4/accounts/{workers_ai_httpx.id}"
            url = f"{account}/ai/run/@cf/meta/llama-3.2-1b-instruct"
            said = httpx.post(url, json={"prompt": "hello"}, headers=workers_ai_httpx.headers)
            assert said.json()["result"]["response"] == "no network"
            workers_ai_httpx.verify({"inputs.prompt": "hello"}, 1)
        """
    )
    pytester.runpytest_subprocess(*LOADED).assert_outcomes(passed=1)


def test_the_summary_says_what_would_surprise_on_the_real_service(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx

        def test_unknown_key(workers_ai):
            body = {"prompt": "hello", "temprature": 1}
            httpx.post(workers_ai.run_url("@cf/meta/llama-3.2-1b-instruct"), json=body, headers=workers_ai.headers)
        """
    )
    for arguments in ([], ["-n", "1"]):
        run = pytester.runpytest_subprocess(*LOADED, *arguments)
        run.stdout.fnmatch_lines(["*what the real service would do differently*", "unknown-keys (1x): *"])
