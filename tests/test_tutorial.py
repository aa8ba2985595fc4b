"""The README's "In your tests" does what it says: its examples are run as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def example(name: str) -> str:
    """The code block that follows the comment naming it."""
    found = re.search(rf"<!-- (?:tutorial|example): {re.escape(name)} -->\n```\w+\n(.*?)^```", README, re.S | re.M)
    assert found, name
    return found[1]


def test_the_tutorial_passes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    code = example("test_support_bot.py")
    pytester.makepyfile(test_support_bot=code)
    run = pytester.runpytest_subprocess("-p", "mock_server.pytest_plugin")
    run.assert_outcomes(passed=code.count("\ndef test_"))


def test_the_javascript_example_passes(base_url: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    file = tmp_path / "workers-ai.test.mjs"
    file.write_text(example("workers-ai.test.mjs"), "utf-8")
    environment = os.environ | {"WORKERS_AI_MOCK_URL": base_url.removesuffix("/client/v4"), "NO_PROXY": "*"}
    run = subprocess.run(
        [node, "--test", str(file)], check=False, env=environment, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "# pass 2" in run.stdout or "pass 2" in run.stdout
