"""``binding init``: what it writes beside a Worker's configuration, what it leaves alone, and what it refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mock_server import binding_project
from mock_server.cli import main
from mock_server.errors import MockError

CONFIG = """\
{
  // As it is deployed: "ai" is Cloudflare's.
  "name": "a", /* not "b",
  by any means */ "main": "src/index.js",
  "vars": { "URL": "https://example.com/*path*/", "SAID": "\\"// no comment,]\\"", },
  "ai": { "binding": "MODELS", "remote": true },
  "env": { "staging": { "ai": { "binding": "AI" } }, "bare": {} },
}
"""
TOML = """\
name = "a"
main = "src/index.js"
compatibility_date = 2026-07-01 # a date

[ai]
binding = "AI"

[[unsafe.bindings]]
name = "OWN"
type = "plain_text"
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["binding", "init", *map(str, words)])


def read(path: Path) -> Any:
    lines = path.read_text().splitlines()
    return json.loads("\n".join(line for line in lines if not line.startswith("//")))


def project(place: Path, config: str = CONFIG, name: str = "wrangler.jsonc") -> Path:
    (place / name).write_text(config)
    return place


def test_the_copy_has_the_plugins_bindings_in_place_of_every_ai(tmp_path: Path) -> None:
    result = run(project(tmp_path), "--address", "ai.test:9000")
    assert result.exit_code == 0, result.output
    copy, plugin = tmp_path / "wrangler.offline.jsonc", tmp_path / "wrangler.offline.cjs"
    assert {*tmp_path.iterdir()} == {copy, plugin, tmp_path / "wrangler.jsonc"}
    options = {
        "address": "ai.test:9000",
        "source": str(tmp_path / "wrangler.jsonc"),
        "sha256": sha256(CONFIG.encode()).hexdigest(),
    }
    dev = {"plugin": {"package": str(plugin), "name": "workers-ai-mock"}, "options": options}
    assert read(copy) == {
        "name": "a",
        "main": "src/index.js",
        "vars": {"URL": "https://example.com/*path*/", "SAID": '"// no comment,]"'},
        "unsafe": {"bindings": [{"name": "MODELS", "type": "ai", "dev": dev}]},
        "env": {"staging": {"unsafe": {"bindings": [{"name": "AI", "type": "ai", "dev": dev}]}}, "bare": {}},
    }


def test_the_configuration_stays_as_it_is(tmp_path: Path) -> None:
    run(project(tmp_path))
    assert (tmp_path / "wrangler.jsonc").read_text() == CONFIG


def test_toml_becomes_json_and_own_bindings_stay(tmp_path: Path) -> None:
    assert run(project(tmp_path, TOML, "wrangler.toml")).exit_code == 0
    copy = read(tmp_path / "wrangler.offline.jsonc")
    assert copy["compatibility_date"] == "2026-07-01"
    assert [binding["name"] for binding in copy["unsafe"]["bindings"]] == ["OWN", "AI"]


def test_the_configuration_is_the_one_that_wrangler_would_take(tmp_path: Path) -> None:
    project(tmp_path, TOML, "wrangler.toml")
    project(tmp_path, '{"name": "first", "ai": {"binding": "AI"}}', "wrangler.json")
    assert run(project(tmp_path)).exit_code == 0
    assert read(tmp_path / "wrangler.offline.jsonc")["name"] == "first"


def test_a_configuration_of_another_name_has_files_of_that_name(tmp_path: Path) -> None:
    project(tmp_path, TOML, "api.toml")
    assert run(tmp_path / "api.toml").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"api.toml", "api.offline.jsonc", "api.offline.cjs"}


def test_the_lines_to_go_on_with_name_file_binding_and_address(tmp_path: Path) -> None:
    said = run(project(tmp_path), "--address", "http://127.0.0.1:9000/").stdout
    assert "workers-ai-mock serve --port 9000" in said
    assert "npx wrangler dev -c wrangler.offline.jsonc" in said
    line = 'ai: { binding: "MODELS", remoteProxyConnectionString: new URL("http://127.0.0.1:9000") }'
    assert line in said


def test_again_it_keeps_what_is_there_and_follows_what_has_changed(tmp_path: Path) -> None:
    run(project(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert run(tmp_path).stderr.count("kept ") == 2
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
    project(tmp_path, CONFIG.replace('"a"', '"b"'))
    assert f"replaced {tmp_path / 'wrangler.offline.jsonc'}" in run(tmp_path).stderr
    assert read(tmp_path / "wrangler.offline.jsonc")["name"] == "b"


def test_remove_takes_away_what_was_written_and_nothing_else(tmp_path: Path) -> None:
    run(project(tmp_path))
    assert run(tmp_path, "--remove").stderr.count("removed ") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["wrangler.jsonc"]
    again = run(tmp_path, "--remove")
    assert (again.exit_code, again.stderr) == (0, "there is nothing to remove\n")


@pytest.mark.parametrize("name", ["wrangler.offline.jsonc", "wrangler.offline.cjs"])
@pytest.mark.parametrize("words", [(), ("--remove",)])
@pytest.mark.parametrize("changed", [True, False])
def test_files_that_are_not_as_written_are_left_alone(
    tmp_path: Path, name: str, words: tuple[str, ...], changed: bool
) -> None:
    run(project(tmp_path))
    path = tmp_path / name
    path.write_text(path.read_text() + "// mine" if changed else "// mine")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    result = run(tmp_path, *words)
    said = "was changed since binding init wrote it" if changed else "was not written by binding init"
    assert (result.exit_code, result.stderr) == (1, f"Error: {path}: {said}; move it away first\n")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{}", 'ai: there is no such binding; for env.AI it is "ai": { "binding": "AI" }'),
        ('{"ai": "AI"}', 'ai: "AI" is not accepted, only {"binding": NAME}'),
        ('{"env": {"x": {"ai": {}}}}', 'env.x.ai: {} is not accepted, only {"binding": NAME}'),
        ('{"env": {"x": 1}}', "env.x: 1 is not accepted, only an object"),
        ('{"env": [1]}', "env: [1] is not accepted, only an object of environments"),
        ('{"ai": {"binding": "AI"}, "unsafe": 1}', 'unsafe: 1 is not accepted, only {"bindings": […]}'),
        ("[]", "is no object but []"),
        ('{ // "\n "a": x }', "cannot be read: Expecting value: line 2 column 7 (char 13)"),
    ],
)
def test_a_configuration_that_will_not_do_is_named_with_field_and_value(tmp_path: Path, config: str, said: str) -> None:
    result = run(project(tmp_path, config))
    assert (result.exit_code, result.stderr) == (1, f"Error: {tmp_path / 'wrangler.jsonc'}: {said}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["wrangler.jsonc"]


def test_without_a_configuration_the_names_that_were_looked_for_are_told(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path}: no configuration of a Worker; there is none of wrangler.json, " in result.stderr


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert run(tmp_path / "api.toml").stderr == f"Error: {tmp_path / 'api.toml'}: there is no such file\n"


@pytest.mark.parametrize("name", ["nothing", "wrangler.offline.jsonc"])
def test_what_is_no_project_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MockError, match="neither a folder nor a configuration of wrangler"):
        binding_project.Project.at(tmp_path / name)


@pytest.mark.parametrize("text", ["127.0.0.1:8787", "localhost:1", "[::1]:8787", "ai.test:65535"])
def test_addresses(text: str) -> None:
    assert binding_project.address(text) == text
    assert binding_project.address(f"http://{text}/") == text


@pytest.mark.parametrize("text", ["", "8787", "localhost", "a:0", "a:65536", "https://a:1", "::1:1", "a:1/path"])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(MockError, match=r"--address: .* only HOST:PORT"):
        binding_project.address(text)


ASK = """
const [path, dev, warnings] = process.argv.slice(1);
const plugin = require(path).plugins["workers-ai-mock"];
const told = { warnings: [] };
(async () => {
  const whole = { config: { env: { AI: { type: "unsafe:ai", dev: JSON.parse(dev) }, OTHER: { type: "text" } } } };
  told.whole = await plugin.getBindings(whole);
  told.list = await plugin.getBindings([{ name: "AI", type: "ai", ...JSON.parse(dev) }]);
  told.none = await plugin.getBindings(undefined);
  await new Promise(async (resolve) => {
    const enough = () => told.warnings.length === Number(warnings) && resolve();
    const log = { warn: (words) => enough(told.warnings.push(words)) };
    told.services = await plugin.getServices({ options: whole, log });
    enough();
  });
  console.log(JSON.stringify(told));
})();
"""


def asked(place: Path, warnings: int) -> Any:
    """What the plugin gives Miniflare, new (the whole Worker) and old (a list), once it has given so many warnings."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    (binding,) = read(place / "wrangler.offline.jsonc")["unsafe"]["bindings"]
    words = [node, "-e", ASK, str(place / "wrangler.offline.cjs"), json.dumps(binding["dev"]), str(warnings)]
    return json.loads(subprocess.run(words, check=True, capture_output=True, timeout=60).stdout)


def test_the_plugin_gives_the_runtimes_own_binding_over_the_emulator(tmp_path: Path, base_url: str) -> None:
    at = base_url.removeprefix("http://").removesuffix("/client/v4")
    run(project(tmp_path), "--address", at)
    inner = [{"name": "fetcher", "service": {"name": f"workers-ai-mock:{at}"}}]
    binding = {"name": "AI", "wrapped": {"moduleName": "cloudflare-internal:ai-api", "innerBindings": inner}}
    assert asked(tmp_path, warnings=0) == {
        "whole": [binding],
        "list": [binding],
        "none": [],
        "services": [{"name": f"workers-ai-mock:{at}", "external": {"address": at, "http": {}}}],
        "warnings": [],
    }


def test_the_plugin_warns_of_a_copy_that_is_stale_and_of_an_emulator_that_is_down(tmp_path: Path) -> None:
    run(project(tmp_path), "--address", "127.0.0.1:1")
    project(tmp_path, CONFIG + "\n")
    assert asked(tmp_path, warnings=2)["warnings"] == [
        "wrangler.jsonc has changed since `workers-ai-mock binding init` copied it; run that again.",
        "Nothing answers env.AI at 127.0.0.1:1; `workers-ai-mock serve` does.",
    ]
