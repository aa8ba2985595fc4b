"""`serve --tls on` on real sockets, its forward proxy, and the commands that point clients at it."""

import json
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from harness import ACCOUNT, BEARER, TOKEN
from secure import Served, serving
from websockets.sync.client import connect

from mock_server.cli import main

pytest.importorskip("trustme", reason='the extra "tls" is not installed')

MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8"
FLUX = "@cf/deepgram/flux?encoding=linear16&sample_rate=16000"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of HTTP and HTTPS with a forward proxy, and a name of its own."""
    with serving(tmp_path_factory.mktemp("ca"), "--tls-names", "mine.example, other.example") as found:
        yield found


def command(*words: str) -> Result:
    return CliRunner(env={name: None for name in os.environ if name.startswith("WORKERS_AI_MOCK_")}).invoke(main, words)


def run_path(account: str = ACCOUNT) -> str:
    return f"/client/v4/accounts/{account}/ai/run/{MODEL}"


def test_the_same_emulator_answers_over_http_and_https(served: Served) -> None:
    with httpx.Client(verify=served.trust, headers=BEARER, trust_env=False) as client:
        plain = client.post(f"http://127.0.0.1:{served.http}{run_path()}", json={"prompt": "Say hello"})
        secure = client.post(f"https://localhost:{served.https}{run_path()}", json={"prompt": "Say hello"})
    assert plain.json()["success"] is True
    assert secure.json() == plain.json()


def test_streams_come_over_tls(served: Served) -> None:
    with httpx.Client(verify=served.trust, headers=BEARER, trust_env=False) as client:
        url = f"https://127.0.0.1:{served.https}{run_path()}"
        with client.stream("POST", url, json={"prompt": "Say hello", "stream": True}) as response:
            lines = [line for line in response.iter_lines() if line]
    assert response.headers["content-type"] == "text/event-stream"
    assert lines[-1] == "data: [DONE]"


def test_who_does_not_trust_the_authority_does_not_get_through(served: Served) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://localhost:{served.https}/_mock/health", trust_env=False)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("api.cloudflare.com", True),
        ("gateway.ai.cloudflare.com", True),
        ("mine.example", True),
        ("other.example", True),
        ("example.com", False),
        ("dash.cloudflare.com", False),
    ],
)
def test_the_certificate_is_for_cloudflares_hosts_and_given_names_only(served: Served, name: str, good: bool) -> None:
    with socket.create_connection(("127.0.0.1", served.https)) as raw:
        if good:
            with served.trust.wrap_socket(raw, server_hostname=name) as secure:
                assert secure.version() == "TLSv1.3"
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                served.trust.wrap_socket(raw, server_hostname=name)


def test_a_websocket_opens_over_tls(served: Served) -> None:
    url = f"wss://localhost:{served.https}/client/v4/accounts/{ACCOUNT}/ai/run/{FLUX}"
    with connect(url, additional_headers=BEARER, ssl=served.trust, proxy=None) as socket_:
        assert json.loads(socket_.recv(timeout=10))["type"] == "Connected"


def test_the_proxy_leads_the_built_in_addresses_here(served: Served) -> None:
    with served.by_proxy as client:
        answer = client.post(f"https://api.cloudflare.com{run_path()}", json={"prompt": "Say hello"}, headers=BEARER)
        gateway = f"https://gateway.ai.cloudflare.com/v1/{ACCOUNT}/default/workers-ai/{MODEL}"
        through = client.post(gateway, json={"prompt": "Say hello"}, headers=BEARER)
    assert answer.json()["success"] is True
    assert through.json()["result"] == answer.json()["result"]


def test_a_websocket_opens_through_the_proxy(served: Served) -> None:
    url = f"wss://api.cloudflare.com/client/v4/accounts/{ACCOUNT}/ai/run/{FLUX}"
    proxy = f"http://127.0.0.1:{served.proxy}"
    with connect(url, additional_headers=BEARER, ssl=served.trust, proxy=proxy) as socket_:
        assert json.loads(socket_.recv(timeout=10))["type"] == "Connected"


def test_the_proxy_leads_nowhere_else(served: Served) -> None:
    with served.by_proxy as client:
        with pytest.raises(httpx.ProxyError, match="403"):
            client.get("https://example.com/")
        plain = client.get("http://example.com/")
    assert plain.status_code == 403
    assert "this proxy leads nowhere but to api.cloudflare.com" in plain.text


def test_the_greeting_says_where_https_and_the_proxy_are(served: Served) -> None:
    assert f"HTTPS                port {served.https}; `workers-ai-mock ca` says what to trust\n" in served.greeting
    assert f"HTTPS_PROXY          http://127.0.0.1:{served.proxy}\n" in served.greeting


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process in other ways")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_stops_all_of_it_in_good_order_whatever_is_open(tmp_path: Path, name: str) -> None:
    with serving(tmp_path) as served, served.by_proxy as client:
        client.get(f"https://api.cloudflare.com{run_path()}")  # its connection through the tunnel stays open
        with socket.create_connection(("127.0.0.1", served.proxy)):  # and here nothing is said yet
            served.process.send_signal(getattr(signal, name))
            _, errors = served.process.communicate(timeout=15)
            assert (served.process.returncode, errors) == (0, "")


def test_the_authority_outlives_the_server(tmp_path: Path) -> None:
    told = command("ca", "--ca", str(tmp_path), "--json")
    before = (tmp_path / "ca.pem").read_bytes()
    assert json.loads(told.stdout)["NODE_EXTRA_CA_CERTS"] == str(tmp_path / "ca.pem")
    with serving(tmp_path) as served:
        assert httpx.get(f"https://localhost:{served.https}/_mock/health", verify=served.trust).status_code == 200
    assert (tmp_path / "ca.pem").read_bytes() == before


def test_a_proxy_without_tls_is_refused_before_anybody_is_greeted() -> None:
    told = command("serve", "--port", "0", "--proxy-port", "8788")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "start with --tls on" in told.stderr


@pytest.mark.parametrize("flag", ["--tls-port", "--proxy-port"])
def test_a_port_in_use_is_told_with_the_flag_that_sets_it(tmp_path: Path, flag: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = ["serve", "--port", "0", "--tls", "on", "--tls-port", "0", "--ca", str(tmp_path)]
        told = command(*words, flag, str(taken.getsockname()[1]))
    assert (told.exit_code, told.stdout) == (1, "")
    assert f"choose another with {flag}" in told.stderr


def shell(script: str) -> dict[str, str]:
    """The variables that a POSIX shell has after the script."""
    found = subprocess.run(
        ["sh", "-c", f"{script}\nenv -0"], env={"PATH": os.environ["PATH"]}, check=True, capture_output=True
    )
    return dict(item.split("=", 1) for item in found.stdout.decode().split("\0") if item)


@pytest.mark.skipif(os.name != "posix", reason="there is no sh")
@pytest.mark.parametrize("words", [["ca", "--ca", "a folder"], ["env", "http://127.0.0.1:9000/"]])
def test_the_same_variables_come_as_json_for_a_shell_and_as_a_dotenv_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a folder").mkdir()
    found = json.loads(command(*words, "--json").stdout)
    exported = shell(command(*words).stdout)
    assert command(*words, "--shell").stdout == command(*words).stdout
    assert {name: exported[name] for name in found} == found
    dotenv = shell("set -a\n" + command(*words, "--dotenv").stdout)
    assert {name: dotenv[name] for name in found} == found


def test_env_names_the_server_that_the_settings_would_start() -> None:
    found = json.loads(command("env", "--host", "0.0.0.0", "--port", "9001", "--json").stdout)
    assert found["CLOUDFLARE_BASE_URL"] == "http://127.0.0.1:9001/client/v4"
    assert found["OPENAI_BASE_URL"] == f"http://127.0.0.1:9001/client/v4/accounts/{ACCOUNT}/ai/v1"
    assert (found["CLOUDFLARE_ACCOUNT_ID"], found["CLOUDFLARE_API_TOKEN"]) == (ACCOUNT, TOKEN)


def test_env_names_the_server_at_an_url() -> None:
    found = json.loads(command("env", "http://emulator:8787/", "--json").stdout)
    assert found["CLOUDFLARE_BASE_URL"] == "http://emulator:8787/client/v4"
