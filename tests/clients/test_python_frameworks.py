"""Frameworks for Python against a live server, each in an environment of its own; their scripts are in `py/`."""

import ast
import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from harness import ACCOUNT, TOKEN
from pypi import interpreter

FOLDER = Path(__file__).parent / "py"


def claims(script: Path) -> list[str]:
    functions = ast.parse(script.read_text("utf-8")).body
    return [each.name for each in functions if isinstance(each, ast.FunctionDef) and each.name.startswith("can_")]


CLAIMS = [(script.parent.name, name) for script in sorted(FOLDER.glob("*/client.py")) for name in claims(script)]


@pytest.fixture(scope="module")
def judged(base_url: str) -> Callable[[str], dict[str, str | None]]:
    """Tells what became of each claim of a framework's script: None where it held."""

    @cache
    def judge(framework: str) -> dict[str, str | None]:
        folder = FOLDER / framework
        environment = {
            "CLOUDFLARE_BASE_URL": base_url,
            "CLOUDFLARE_API_TOKEN": TOKEN,
            "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
            "PYTHONWARNINGS": "ignore",
        }
        ran = subprocess.run(
            [interpreter(folder), FOLDER / "judge.py", folder / "client.py"],
            check=False,
            capture_output=True,
            text=True,
            timeout=240,
            env=os.environ | environment,
        )
        assert ran.returncode == 0, ran.stderr
        found: dict[str, str | None] = json.loads(ran.stdout.splitlines()[-1])
        return found

    return judge


@pytest.mark.parametrize(("framework", "claim"), CLAIMS)
def test_a_framework(judged: Callable[[str], dict[str, str | None]], framework: str, claim: str) -> None:
    assert judged(framework)[claim] is None, judged(framework)[claim]
