"""Packages of PyPI for tests of Python clients that the project itself must not depend on."""

from __future__ import annotations

import sys
from pathlib import Path

from installing import installed


def interpreter(folder: Path) -> Path:
    """The Python of an environment with what the requirements.txt in `folder` pins, kept for the next run."""

    def commands(place: Path) -> list[list[str]]:
        pip = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        return [
            [sys.executable, "-m", "venv", str(place)],
            [*pip, "install", "--retries=1", "--no-compile", "--requirement", "requirements.txt"],
        ]

    return installed(folder / "requirements.txt", commands) / "bin" / "python"
