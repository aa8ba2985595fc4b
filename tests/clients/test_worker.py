"""A Worker with an ``ai`` binding in every tool that runs it on one's own machine, with no login and no token.

The Worker (clients/worker) uses all of env.AI and answers with what came of it; its configuration is as for production.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from harness import ACCOUNT, TOKEN
from node import node_22, packages

from mock_server.cli import main

pytestmark = pytest.mark.skipif(os.name != "posix", reason="ends the tools by their process group")

FOLDER = Path(__file__).parent / "worker"
LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8"
OTHER = "b" * 32
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ANSWERS = {
    "embeddings": {"shape": [2, 384]},
    "recording": {"transcript": "hello world"},
    "markdown": {"name": "weather.html", "format": "markdown", "data": "# Weather\n"},
    "models": {"tasks": ["Text Embeddings"]},
    "gateway": {"model": LLAMA},
    "socket": {"type": "Connected"},
    "error": {"name": "AiError", "message": "5007: No such model @cf/meta/llama-9 or task", "code": 5007},
}


class Project:
    """A copy of the Worker's folder, and Node's programs in it, which know of nobody's Cloudflare account."""

    def __init__(self, place: Path, base_url: str, pins: Path = FOLDER) -> None:
        self.place = place / "project"
        self.origin = base_url.removesuffix("/client/v4")
        self.node = node_22()
        shutil.copytree(FOLDER, self.place, ignore=shutil.ignore_patterns("node_modules"))
        (self.place / "node_modules").symlink_to(packages(pins))
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "CI": "1",
            "DO_NOT_TRACK": "1",
            "WRANGLER_HIDE_BANNER": "true",  # and with it the question whether there is a newer one
            "WRANGLER_SEND_METRICS": "false",
            "CLOUDFLARE_CF_FETCH_ENABLED": "false",
            "EMULATOR": self.origin,
        }

    def init(self) -> Project:
        """The project after ``binding init``."""
        words = ["binding", "init", str(self.place), "--address", self.origin.removeprefix("http://")]
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        return self

    def printed(self, *words: str, **environment: str) -> str:
        """What a program prints, once it has ended well."""
        log = self.place / "log"
        with self._started(words, environment, log) as process:
            try:
                code = process.wait(timeout=120)
            finally:
                end(process)
        assert code == 0, log.read_text()
        return log.read_text()

    def served(self, *words: str, **environment: str) -> Any:
        """What the Worker answers, served by a program whose last argument will be a port."""
        log = self.place / "log"
        port = free_port()
        with self._started([*words, str(port)], environment, log) as process:
            try:
                deadline = time.monotonic() + 120
                while True:
                    try:
                        with DIRECT.open(f"http://127.0.0.1:{port}/", timeout=60) as answer:
                            return json.load(answer)
                    except urllib.error.HTTPError as error:
                        raise AssertionError(f"{error.read().decode()}\n{log.read_text()}") from error
                    except OSError:
                        assert process.poll() is None, log.read_text()
                        assert time.monotonic() < deadline, log.read_text()
                        time.sleep(0.1)
            finally:
                end(process)

    def _started(self, words: Any, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            return subprocess.Popen(
                [self.node, *words],
                cwd=self.place,
                env=self.environment | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a program and those that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


WRANGLER = ("node_modules/wrangler/bin/wrangler.js", "dev", "--ip", "127.0.0.1", "--inspector-port", "0")
VITE = ("node_modules/vite/bin/vite.js", "dev", "--host", "127.0.0.1", "--strictPort")


def wrangler(place: Path, base_url: str) -> Any:
    project = Project(place, base_url).init()
    return project.served(*WRANGLER, "-c", "wrangler.offline.jsonc", "--port")


def vite(place: Path, base_url: str) -> Any:
    project = Project(place, base_url).init()
    return project.served(*VITE, "--port", CLOUDFLARE_VITE_WRANGLER_CONFIG_PATH="wrangler.offline.jsonc")


def platform_proxy(place: Path, base_url: str) -> Any:
    found = last_line(Project(place, base_url).init().printed("platform.mjs"))
    del found["socket"]  # the Response of Node has no WebSocket
    return found


def miniflare(place: Path, base_url: str) -> Any:
    return last_line(Project(place, base_url).printed("miniflare.mjs"))


def older_wrangler(place: Path, base_url: str) -> Any:
    variables = {
        "CLOUDFLARE_API_BASE_URL": base_url,
        "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        "CLOUDFLARE_API_TOKEN": TOKEN,
    }
    project = Project(place, base_url, FOLDER / "older")
    found = project.served(*WRANGLER, "--compatibility-date", "2025-01-01", "--port", **variables)
    del found["socket"]  # its runtime opens none
    return found


def last_line(text: str) -> Any:
    return json.loads(text.splitlines()[-1])


@pytest.mark.parametrize("way", [wrangler, vite, platform_proxy, miniflare, older_wrangler])
def test_env_ai_is_what_it_is_anywhere(way: Callable[[Path, str], Any], tmp_path: Path, base_url: str) -> None:
    pytest.importorskip("markdownify")
    found = way(tmp_path, base_url)
    text = asked(base_url, f"/accounts/{ACCOUNT}/ai/run/{LLAMA}", {"prompt": "What is a cloud?"})["result"]["response"]
    *events, done = [event.removeprefix("data: ") for event in found.pop("stream")["events"]]
    assert "".join(json.loads(event)["response"] for event in events) == text
    assert done == "[DONE]"
    assert bytes(found.pop("image")["begin"]) in (b"\x89PN", b"\xff\xd8\xff")
    assert found == {name: answer for name, answer in ANSWERS.items() if name in found} | {"run": {"response": text}}
    assert {*ANSWERS} - {*found} <= {"socket"}


def test_vitest_takes_the_configuration_of_production(tmp_path: Path, base_url: str) -> None:
    project = Project(tmp_path, base_url)
    assert "3 passed" in project.printed("node_modules/vitest/vitest.mjs", "run", NO_COLOR="1")


def test_an_address_chooses_the_account(tmp_path: Path, base_url: str) -> None:
    project = Project(tmp_path, base_url)
    project.printed("miniflare.mjs", EMULATOR=f"{project.origin}/_mock/binding/{OTHER}")
    with DIRECT.open(f"{project.origin}/_mock/journal") as answer:
        entries = json.load(answer)["entries"]
    assert {entry["model"] for entry in entries if entry["account"] == OTHER} > {LLAMA}


def test_what_is_deployed_stays_as_it_is(tmp_path: Path, base_url: str) -> None:
    words = ("node_modules/wrangler/bin/wrangler.js", "deploy", "--dry-run", "--outdir", "out")
    project = Project(tmp_path, base_url)
    assert project.printed(*words) == project.init().printed(*words)


def asked(base_url: str, path: str, inputs: Any) -> Any:
    headers = {"authorization": f"Bearer {TOKEN}"}
    request = urllib.request.Request(base_url + path, json.dumps(inputs).encode(), headers)
    with DIRECT.open(request, timeout=30) as answer:
        return json.load(answer)
