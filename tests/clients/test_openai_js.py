"""The official JavaScript client of OpenAI, pointed here; skipped where Node or the package cannot be had."""

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from harness import ACCOUNT, TOKEN

FOLDER = Path(__file__).parent / "js" / "openai"
CLAIMS = (
    "chat",
    "chunks",
    "chat.stream",
    "chat.parse",
    "runTools",
    "runTools, streamed",
    "completions",
    "embeddings",
    "responses",
    "responses.parse",
    "refusals",
)


def installed() -> Path:
    """A folder outside the checkout with the packages that the test's own package.json pins, kept for the next run."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node and npm are not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "workers-ai-mock-tests"
    pinned = (FOLDER / "package.json").read_bytes()
    folder = cache / f"openai-{sha256(pinned).hexdigest()[:12]}"
    if not (folder / "done").exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_bytes(pinned)
            command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"the packages of {FOLDER / 'package.json'} cannot be installed: {error}")
        (folder / "done").touch()
    return folder


@pytest.fixture(scope="module")
def found(base_url: str) -> dict[str, str | None]:
    """What became of each claim of client.mjs: None where it held."""
    folder = installed()
    script = shutil.copy(FOLDER / "client.mjs", folder)  # Node looks for packages beside the script
    command = ["node", script, f"{base_url}/accounts/{ACCOUNT}/ai/v1", TOKEN]
    told = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    result: dict[str, str | None] = json.loads(told.stdout)
    return result


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_javascript_client_does_what_it_can(found: dict[str, str | None], claim: str) -> None:
    assert found[claim] is None, found[claim]


def test_every_claim_of_the_script_is_listed(found: dict[str, str | None]) -> None:
    assert set(found) == set(CLAIMS)
