"""What tests share: an emulator in this process, and one on a real socket for real clients."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from harness import Emulator

from mock_server.app import light
from mock_server.settings import Settings


@pytest.fixture(scope="session")
def emulator() -> Emulator:
    """An emulator with default settings; tests that change state make their own."""
    return Emulator(agreements="given")


@pytest.fixture(scope="session")
def make_emulator() -> Callable[..., Emulator]:
    """Makes an emulator with the given settings."""
    return Emulator


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """The base URL of an emulator on a free port of this machine."""
    import uvicorn

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(
        light(Settings(log="off", agreements="given")), host="127.0.0.1", port=port, log_level="error", lifespan="off"
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
