"""Programs with Cloudflare's address built in, led here by environment variables alone: a proxy, and whom to trust."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import ACCOUNT, TOKEN
from node import node_22
from secure import Served, serving

from mock_server.certificates import trusting

pytest.importorskip("trustme", reason='the extra "tls" is not installed')

FOLDER = Path(__file__).parent / "tls"
UNWANTED = ("all_proxy", "http_proxy", "https_proxy", "no_proxy")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over TLS with a proxy."""
    with serving(tmp_path_factory.mktemp("ca")) as found:
        yield found


def told(served: Served, *command: str, **more: str) -> str:
    """What a program prints that is led to the emulator by its environment."""
    environment = {name: value for name, value in os.environ.items() if name.lower() not in UNWANTED}
    environment |= trusting(served.ca) | {"HTTPS_PROXY": f"http://127.0.0.1:{served.proxy}"} | more
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, env=environment)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_node_program_with_the_address_built_in_is_answered(served: Served) -> None:
    found = json.loads(told(served, node_22(), str(FOLDER / "ask.mjs"), ACCOUNT, TOKEN, NODE_USE_ENV_PROXY="1"))
    said = found["said"]
    assert said
    assert found == {"success": True, "said": said, "streamed": True, "gateway": said, "elsewhere": "refused"}


@pytest.mark.parametrize("library", ["httpx", "requests"])
def test_a_python_program_with_the_address_built_in_is_answered(served: Served, library: str) -> None:
    pytest.importorskip(library)
    assert told(served, sys.executable, str(FOLDER / "ask.py"), library, ACCOUNT, TOKEN).strip()


def test_curl_with_the_address_built_in_is_answered(served: Served) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    url = f"https://api.cloudflare.com/client/v4/accounts/{ACCOUNT}/ai/run/@cf/meta/llama-3.1-8b-instruct-fp8"
    words = ["-sS", url, "-H", f"Authorization: Bearer {TOKEN}", "-d", '{"prompt": "Say hello"}']
    assert json.loads(told(served, curl, *words))["success"] is True


def test_a_java_program_with_the_address_built_in_is_answered(served: Served) -> None:
    java = shutil.which("java")
    if java is None or shutil.which("javac") is None:
        pytest.skip("no Java development kit is installed")
    # Java knows no HTTPS_PROXY, but the same as properties.
    proxy = ["-Dhttps.proxyHost=127.0.0.1", f"-Dhttps.proxyPort={served.proxy}"]
    assert told(served, java, *proxy, str(FOLDER / "Ask.java"), ACCOUNT, TOKEN) == "200\n"
