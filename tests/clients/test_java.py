"""Java's own HTTP client against a live server, as a program of one file that needs nothing but a JDK."""

import shutil
import subprocess
from pathlib import Path

import pytest
from harness import ACCOUNT, TOKEN
from installing import wanted

PROGRAM = Path(__file__).parent / "java" / "Client.java"
SPEECH = Path(__file__).parents[2] / "fixtures" / "assets" / "talking-llama.mp3"


def test_java_asks_hears_and_is_refused(base_url: str) -> None:
    wanted()  # it installs nothing, but compiles for seconds
    java = shutil.which("java")
    if java is None:
        pytest.skip("Java is not installed")
    command = [java, str(PROGRAM), f"{base_url}/accounts/{ACCOUNT}/ai", TOKEN, str(SPEECH)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    if "release version" in ran.stderr or "Could not find or load main class" in ran.stderr:
        pytest.skip("this Java cannot run a source file")
    assert (ran.returncode, ran.stdout) == (0, "all of it holds\n"), ran.stderr
