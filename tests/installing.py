"""What tests of clients install: pinned, outside the checkout, kept for the next run, and only if asked to."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

FAILED: dict[Path, str] = {}  # so that what cannot be had is tried once in a run


def wanted() -> None:
    """Skips the test unless ``CLIENTS=all`` says that packages may be installed for it, as ``make clients`` does."""
    if os.environ.get("CLIENTS") != "all":
        pytest.skip("installs packages; run `make clients`")


def installed(pins: Path, command: Callable[[Path], list[list[str]]]) -> Path:
    """A folder with what the file `pins` lists; `command` gives the programs that fill it, each with its arguments.

    The folder's name holds a digest of the file, so that other pins get another folder. The test is skipped where
    the programs fail, as they do where no registry can be reached.
    """
    wanted()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "workers-ai-mock-tests"
    place = cache / f"{pins.parent.name}-{sha256(pins.read_bytes()).hexdigest()[:12]}"
    if pins in FAILED:
        pytest.skip(FAILED[pins])
    if not (place / "done").exists():
        shutil.rmtree(place, ignore_errors=True)  # what a run left that was broken off
        place.mkdir(parents=True)
        shutil.copy(pins, place)
        try:
            for each in command(place):
                subprocess.run(each, cwd=place, check=True, capture_output=True, timeout=240)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or b""
            FAILED[pins] = f"{pins} cannot be installed: {error} {said.decode(errors='replace')[-500:]}".strip()
            pytest.skip(FAILED[pins])
        (place / "done").touch()
    return place
