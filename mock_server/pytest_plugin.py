"""The pytest plugin of the installed package: the fixture ``workers_ai``, an account of an emulator for every test.

One emulator serves the whole run, started with the first test that asks for it. Under pytest-xdist all workers share
the one of the main process. It can also be one that runs already, named by ``WORKERS_AI_MOCK_URL``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_httpx import HTTPXMock

    from mock_server.testing import Account, MockServer, Remote

URL = "WORKERS_AI_MOCK_URL"
CONTROL_TOKEN = "WORKERS_AI_MOCK_CONTROL_TOKEN"  # noqa: S105 - the name of a variable
ADVICE = pytest.StashKey[dict[str, int]]()
SHARED = pytest.StashKey["Any"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Pytest: what can be set in its configuration file."""
    parser.addini(
        "workers_ai",
        "Settings of the Workers AI emulator, one per line, such as `limits=real` or `fixtures=tests/fixtures`.",
        type="linelist",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Pytest: begin to count advice."""
    config.stash[ADVICE] = {}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist, in the main process: tell a worker where the emulator is."""
    config: pytest.Config = node.config
    if SHARED not in config.stash:
        config.stash[SHARED] = None if URL in os.environ else _Waiting(_settings(config))
    shared = config.stash[SHARED]
    if shared is not None:
        node.workerinput["workers_ai_url"] = shared.url


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """pytest-xdist, in the main process: take over what a worker counted."""
    for advice, times in getattr(node, "workeroutput", {}).get("workers_ai_advice", {}).items():
        _count(node.config, advice, times)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pytest: a worker hands over what it counted."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["workers_ai_advice"] = session.config.stash[ADVICE]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Pytest: end the emulator that workers shared."""
    shared = config.stash.get(SHARED, None)
    if shared is not None:
        shared.stop()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Pytest: say what would surprise the tested code on the real service."""
    counted = config.stash.get(ADVICE, {})
    if not counted:
        return
    from mock_server.advice import ADVICE as SENTENCES

    terminalreporter.section("Workers AI: what the real service would do differently")
    for advice, times in sorted(counted.items(), key=lambda item: -item[1]):
        terminalreporter.write_line(f"{advice} ({times}x): {SENTENCES.get(advice, '')}")


@pytest.fixture(scope="session")
def workers_ai_server(request: pytest.FixtureRequest) -> Iterator[MockServer | Remote]:
    """The emulator of this run."""
    from mock_server.testing import MockServer, Remote

    config = request.config
    url = getattr(config, "workerinput", {}).get("workers_ai_url") or os.environ.get(URL)
    if url:
        yield Remote(url, os.environ.get(CONTROL_TOKEN))
        return
    with MockServer(**_settings(config)) as server:
        yield server


@pytest.fixture
def workers_ai(request: pytest.FixtureRequest, workers_ai_server: MockServer | Remote) -> Iterator[Account]:
    """An account of the emulator that no other test uses: where to send, what to answer, what was sent."""
    account = workers_ai_server.account()
    yield account
    for advice, times in account.advice().items():
        _count(request.config, advice, times)
    account.reset()


@pytest.fixture
def workers_ai_httpx(
    request: pytest.FixtureRequest,
    workers_ai: Account,
    workers_ai_server: MockServer | Remote,
    httpx_mock: HTTPXMock,
) -> Iterator[Account]:
    """The same, and what httpx sends to Cloudflare's hosts is answered by the emulator (needs pytest-httpx).

    The tested code keeps its addresses; its account id and token are those of the fixture.
    """
    answer = getattr(workers_ai_server, "answer_httpx", None)
    if answer is not None:
        answer(httpx_mock)
        yield workers_ai
        return
    # The shared server is in another process, and httpx is not to reach any: an emulator of this process answers.
    from mock_server.testing import MockServer

    with MockServer(socket=False, **_settings(request.config)) as server:
        server.answer_httpx(httpx_mock)
        yield server.account(workers_ai.id)


def _settings(config: pytest.Config) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for line in config.getini("workers_ai"):
        name, equals, value = line.partition("=")
        if not equals:
            raise pytest.UsageError(f"workers_ai: {line!r}; accepted: setting=value, such as limits=real")
        name, value = name.strip().replace("-", "_"), value.strip()
        if name == "fixtures":
            settings[name] = (*settings.get(name, ()), str(config.rootpath / value))
        else:
            settings[name] = value
    return settings


def _count(config: pytest.Config, advice: str, times: int) -> None:
    counted = config.stash[ADVICE]
    counted[advice] = counted.get(advice, 0) + times


class _Waiting:
    """An address that workers can be told, and behind it an emulator that starts when the first of them asks."""

    def __init__(self, settings: dict[str, Any]) -> None:
        import threading

        from mock_server.listening import listen

        self._settings = settings
        self._listener = listen("127.0.0.1", 0)
        self._server: MockServer | None = None
        self._ended = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._wait, name="workers-ai-mock", daemon=True)
        self._thread.start()

    def _wait(self) -> None:
        import select

        while not self._ended.is_set():
            if select.select([self._listener], [], [], 0.2)[0]:
                break
        else:
            return
        from mock_server.testing import MockServer

        self._server = MockServer(**self._settings).start(self._listener)

    def stop(self) -> None:
        """End the emulator, started or not."""
        self._ended.set()
        self._thread.join(10)
        if self._server is not None:
            self._server.stop()
        self._listener.close()
