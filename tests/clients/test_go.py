"""Cloudflare's Go client against a live server; `go/main.go` tells which claims hold."""

import json
import os
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest
from harness import ACCOUNT, TOKEN
from installing import wanted

FOLDER = Path(__file__).parent / "go"
SAMPLES = Path(__file__).parents[2] / "fixtures" / "assets"
CLAIMS = (
    "TextClassification", "UnionString", "Audio", "TextEmbeddings", "AutomaticSpeechRecognition", "ImageClassification",
    "ObjectDetection", "Object", "Object, tool calls", "Translation", "Summarization", "ImageToText", "ImageTextToText",
    "MultimodalEmbeddings", "stream", "picture", "catalog", "WithBaseURL", "refusals",
)  # fmt: skip


@pytest.fixture(scope="module")
def found(inferring_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """What became of each claim of main.go: None where it held."""
    wanted()
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed")
    if subprocess.run([go, "mod", "download"], cwd=FOLDER, check=False, capture_output=True, timeout=240).returncode:
        pytest.skip("the modules of go/go.mod cannot be downloaded")
    program = tmp_path_factory.mktemp("go") / "clients"
    try:  # Go compiles the client for minutes the first time, and keeps what it compiled
        subprocess.run([go, "build", "-o", program, "."], cwd=FOLDER, check=True, timeout=420)
    except subprocess.TimeoutExpired:
        pytest.skip("Go is not done compiling the client after seven minutes; the next run goes on from there")
    stub = {"match": {"inputs.prompt": "only a string, please"}, "reply": {"result": "A string."}}
    url = f"{inferring_url.removesuffix('/client/v4')}/_mock/stubs?account={ACCOUNT}"
    urllib.request.urlopen(url, data=json.dumps(stub).encode(), timeout=10).close()
    ran = subprocess.run(
        [program, ACCOUNT, SAMPLES],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"CLOUDFLARE_BASE_URL": inferring_url, "CLOUDFLARE_API_TOKEN": TOKEN},
    )
    assert ran.returncode == 0, ran.stderr
    result: dict[str, str | None] = json.loads(ran.stdout)
    return result


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_go_client_does_what_it_can(found: dict[str, str | None], claim: str) -> None:
    assert found[claim] is None, found[claim]


def test_every_claim_of_the_program_is_listed(found: dict[str, str | None]) -> None:
    assert set(found) == set(CLAIMS)
