"""The official JavaScript client of OpenAI, pointed here; skipped where Node or the package cannot be had."""

import json
from pathlib import Path

import pytest
from harness import ACCOUNT, TOKEN
from node import packages, told

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


@pytest.fixture(scope="module")
def found(base_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """What became of each claim of client.mjs: None where it held."""
    place = tmp_path_factory.mktemp("openai")
    output = told(FOLDER / "client.mjs", packages(FOLDER), place, f"{base_url}/accounts/{ACCOUNT}/ai/v1", TOKEN)
    result: dict[str, str | None] = json.loads(output)
    return result


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_javascript_client_does_what_it_can(found: dict[str, str | None], claim: str) -> None:
    assert found[claim] is None, found[claim]


def test_every_claim_of_the_script_is_listed(found: dict[str, str | None]) -> None:
    assert set(found) == set(CLAIMS)
