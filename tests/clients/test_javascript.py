"""Clients for JavaScript and TypeScript against a live server; their scripts in `js/` tell which claims hold."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from harness import ACCOUNT, TOKEN
from node import node_22, packages, told

FOLDER = Path(__file__).parent / "js"
SAMPLES = Path(__file__).parents[2] / "fixtures" / "assets"
CLAIMS = {
    "cloudflare": (
        "text", "stream", "tools", "embeddings", "classification", "translation", "transcription", "image", "catalog",
        "toMarkdown", "refusals",
    ),
    "vercel": (
        "generateText", "streamText", "tools", "tools, streamed", "generateObject", "reasoning", "vision", "embed",
        "image", "transcription", "speech", "rerank", "refusals",
    ),
    "langchain": ("invoke", "stream", "prompt", "chain", "refusals"),
    "tanstack": (
        "chat", "chat, streamed", "tools", "structured output", "summarize", "image", "transcription", "speech",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def judged(base_url: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, str | None]]:
    """Tells what became of each claim of a client's script: None where it held."""

    @cache
    def judge(client: str) -> dict[str, str | None]:
        folder = FOLDER / client
        environment = {
            "CLOUDFLARE_BASE_URL": base_url,
            "CLOUDFLARE_API_TOKEN": TOKEN,
            "ORIGIN": base_url.removesuffix("/client/v4"),
        }
        node, modules, place = node_22(), packages(folder), tmp_path_factory.mktemp(client)
        output = told(folder / "client.mjs", modules, place, ACCOUNT, str(SAMPLES), node=node, **environment)
        found: dict[str, str | None] = json.loads(output.splitlines()[-1])  # a client may print its complaints before
        return found

    return judge


@pytest.mark.parametrize(("client", "claim"), [(client, claim) for client in CLAIMS for claim in CLAIMS[client]])
def test_a_client(judged: Callable[[str], dict[str, str | None]], client: str, claim: str) -> None:
    assert judged(client)[claim] is None, judged(client)[claim]


@pytest.mark.parametrize("client", CLAIMS)
def test_every_claim_of_a_script_is_listed(judged: Callable[[str], dict[str, str | None]], client: str) -> None:
    assert set(judged(client)) == set(CLAIMS[client])
