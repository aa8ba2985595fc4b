import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mock_server import __version__
from mock_server.cli import main
from mock_server.settings import Option, options

ROOT = Path(__file__).parent.parent
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def run(*words: str) -> Result:
    return CliRunner(env={name: None for name in os.environ if name.startswith("WORKERS_AI_MOCK_")}).invoke(main, words)


@contextmanager
def serving(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "mock_server", *words]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def greeting(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    assert process.stderr
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "curl" in line:
            return "".join(lines)
    raise AssertionError(process.stderr.read())


def listed(*words: str) -> list[dict[str, object]]:
    result = run("models", "--json", *words)
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout))


def test_the_version_is_told() -> None:
    assert __version__ in run("--version").output


def test_every_setting_is_a_flag_of_serve() -> None:
    words = run("serve", "--help").output
    assert all(Option.flag(name) in words for name in options())


def test_the_greeting_names_base_url_account_and_token_and_its_curl_line_works_when_pasted() -> None:
    with serving("serve", "--port", "0") as process:
        words = greeting(process)
        base = re.search(r"Cloudflare base URL +(http://127\.0\.0\.1:\d+/client/v4)\n", words)
        account = re.search(r"Account id +([0-9a-f]{32})\n", words)
        token = re.search(r"API token +(\S+)\n", words)
        assert base
        assert account
        assert token
        curl, url, _, header, _, body = shlex.split(words.splitlines()[-1])
        assert curl == "curl"
        assert url.startswith(f"{base[1]}/accounts/{account[1]}/ai/run/@cf/")
        assert header == f"Authorization: Bearer {token[1]}"
        request = urllib.request.Request(url, body.encode(), dict([header.split(": ")]))
        with DIRECT.open(request, timeout=10) as response:
            answer = json.load(response)
        assert answer["success"] is True
        assert answer["result"]["response"]


def test_an_accounts_file_without_a_token_that_may_write_is_greeted_with_what_would_do(tmp_path: Path) -> None:
    own = tmp_path / "own.json"
    own.write_text("{}")
    with serving("serve", "--port", "0", "--accounts", str(own)) as process:
        _, url, _, header, _, body = shlex.split(greeting(process).splitlines()[-1])
        request = urllib.request.Request(url, body.encode(), dict([header.split(": ")]))
        with DIRECT.open(request, timeout=10) as response:
            assert json.load(response)["success"] is True


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process in other ways")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_stops_the_server_in_good_order(name: str) -> None:
    with serving("serve", "--port", "0") as process:
        greeting(process)
        process.send_signal(getattr(signal, name))
        _, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, "")


def test_without_arguments_the_module_serves() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environ = os.environ | {"WORKERS_AI_MOCK_PORT": str(taken.getsockname()[1])}
        done = subprocess.run(
            [sys.executable, "-m", "mock_server"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1" in done.stderr


def test_a_port_in_use_is_named_together_with_the_flag_and_nobody_is_greeted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"cannot listen on 127.0.0.1 port {port}" in result.stderr
    assert "--port" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--auth", "never"], "Error: --auth: 'never' is not accepted, only lenient, strict or off\n"),
        (["--host", "no such host"], "Error: cannot listen on no such host port 8787: "),
    ],
)
def test_a_bad_setting_ends_serve_with_a_sentence(words: list[str], message: str) -> None:
    result = run("serve", *words)
    assert result.exit_code == 1
    assert result.stderr.startswith(message)


def test_the_table_of_models_has_a_line_for_every_model_listed_as_json() -> None:
    lines = run("models").stdout.splitlines()
    assert lines[0].split() == ["MODEL", "TASK", "NOTES"]
    assert [line.split()[0] for line in lines[1:]] == [model["name"] for model in listed()]


def test_models_are_chosen_by_task_whatever_its_case() -> None:
    assert {model["task"] for model in listed("--task", "text embeddings")} == {"Text Embeddings"}


def test_models_are_chosen_by_text_in_name_or_description() -> None:
    found = listed("--search", "LLAMA")
    assert 0 < len(found) < len(listed())
    assert all("llama" in f"{model['name']} {model['description']}".lower() for model in found)


def test_deprecated_and_hidden_models_are_listed_on_demand() -> None:
    usual = {model["name"] for model in listed()}
    more = [model for model in listed("--all") if model["name"] not in usual]
    assert more
    assert all(model["hidden"] or model["deprecated_on"] for model in more)


def test_an_unknown_task_is_answered_with_the_tasks_there_are() -> None:
    result = run("models", "--task", "Text Generatoin")
    assert result.exit_code == 2
    assert "'Text Generatoin' is no task of the catalog" in result.stderr
    assert "Text Generation" in result.stderr
