"""What tests share: an emulator in this process, and some on real sockets for real clients."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import hypothesis
import pytest
from harness import ACCOUNT, Emulator, rooms

from mock_server.app import light
from mock_server.settings import Settings

pytest_plugins = ["pytester"]

# No test depends on how busy the machine is, or fails one time in a hundred.
hypothesis.settings.register_profile("untimed", deadline=None, derandomize=True)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def emulator() -> Emulator:
    """An emulator with default settings; tests that change state make their own."""
    return Emulator(agreements="given")


@pytest.fixture
def fresh(emulator: Emulator) -> Emulator:
    """The shared emulator, with nothing remembered of the account."""
    rooms(emulator).forget(ACCOUNT)
    return emulator


@pytest.fixture(scope="session")
def make_emulator() -> Callable[..., Emulator]:
    """Makes an emulator with the given settings."""
    return Emulator


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """The base URL of an emulator on a free port of this machine."""
    with serving(Settings(log="off", agreements="given")) as url:
        yield url


@pytest.fixture(scope="session")
def inferring_url() -> Iterator[str]:
    """The same for one that answers for models that nobody knows."""
    with serving(Settings(log="off", agreements="given", unknown_models="infer")) as url:
        yield url


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    import uvicorn

    from mock_server.gathering import GatheringProtocol

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(
        light(settings), host="127.0.0.1", port=port, log_level="error", lifespan="off", http=GatheringProtocol
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/client/v4"
    server.should_exit = True
    thread.join()
