"""What `wrangler` asks of Workers AI from a terminal; CLOUDFLARE_API_BASE_URL points it at a live server."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import ACCOUNT
from node import node_22, packages

FOLDER = Path(__file__).parent / "js" / "wrangler"
TOKEN = "mock-token-for-wrangler-0000000000000000"
MODEL = "@cf/meta/llama-3.2-1b-instruct"


@pytest.fixture
def wrangler(base_url: str, tmp_path: Path) -> Callable[..., str]:
    """Runs a command of wrangler in an empty folder and gives what it prints."""
    program = packages(FOLDER) / "wrangler" / "bin" / "wrangler.js"
    node = node_22()

    def run(*arguments: str, status: int = 0, **environment: str) -> str:
        told = subprocess.run(
            [node, program, *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "CI": "true",
                "WRANGLER_SEND_METRICS": "false",
                "WRANGLER_HIDE_BANNER": "true",
                "CLOUDFLARE_API_BASE_URL": base_url,
                "CLOUDFLARE_API_TOKEN": TOKEN,
                "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
                **environment,
            },
        )
        assert told.returncode == status, told.stdout + told.stderr
        return told.stdout + told.stderr * (status != 0)

    return run


def test_whoami_tells_the_account(wrangler: Callable[..., str]) -> None:
    said = wrangler("whoami")
    assert ACCOUNT in said
    assert "Demo" in said


def test_models_are_listed_and_searched(wrangler: Callable[..., str]) -> None:
    assert MODEL in wrangler("ai", "models")
    names = [model["name"] for model in json.loads(wrangler("ai", "models", "list", "--json"))]
    assert MODEL in names
    assert len(names) > 50
    found = json.loads(wrangler("ai", "models", "list", "--json", "--search", "llama-3.2", "--task", "Text Generation"))
    assert MODEL in [model["name"] for model in found]
    assert len(found) < len(names)


def test_a_schema_is_shown(wrangler: Callable[..., str]) -> None:
    schema = json.loads(wrangler("ai", "models", "schema", MODEL))
    assert "max_tokens" in json.dumps(schema["input"])
    assert "No such model" in wrangler("ai", "models", "schema", "@cf/nobody/nothing", status=1)


def test_a_finetune_is_made_and_listed(wrangler: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text('{"model_type": "mistral", "r": 8}')
    (tmp_path / "adapter_model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    wrangler("ai", "finetune", "create", "@cf/mistral/mistral-7b-instruct-v0.2-lora", "of-wrangler", ".")
    assert "of-wrangler" in wrangler("ai", "finetune", "list")


def test_without_an_account_it_finds_the_only_one(wrangler: Callable[..., str]) -> None:
    assert MODEL in wrangler("ai", "models", CLOUDFLARE_ACCOUNT_ID="")
