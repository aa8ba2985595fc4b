"""Packages of npm for tests of JavaScript clients; tests are skipped where Node or the packages cannot be had."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from installing import installed, wanted

NODE_22 = Path(__file__).parent / "clients" / "js" / "node22"


def packages(folder: Path) -> Path:
    """The `node_modules` of what the package.json in `folder` pins, outside the checkout and kept for the next run."""
    wanted()
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node and npm are not installed")
    flags = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--fetch-retries=1"]
    return installed(folder / "package.json", lambda _: [[npm, "install", *flags]]) / "node_modules"


def node_22() -> str:
    """A Node of version 22 or newer: the one on the path, or one from npm."""
    wanted()
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node and npm are not installed")
    version = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout
    if int(version.removeprefix("v").partition(".")[0]) >= 22:
        return node
    found = sorted(packages(NODE_22).glob("node-*/bin/node"))
    if not found:
        pytest.skip(f"Node is {version.strip()}, 22 is needed, and npm has none for this machine")
    return str(found[0])


def told(script: Path, modules: Path, place: Path, *arguments: str, node: str = "node", **environment: str) -> str:
    """What the script prints, run in `place`, an empty folder, with `modules` beside it."""
    (place / "node_modules").symlink_to(modules)
    copy = shutil.copy(script, place)  # Node looks for packages beside the script
    command = [node, copy, *arguments]
    ran = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, cwd=place, env=os.environ | environment
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
