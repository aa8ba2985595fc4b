"""The official Python SDK against a live server: fine-tunes with their files, and documents to convert."""

import json
from collections.abc import Iterator
from typing import Any

import cloudflare
import pytest
from cloudflare import Cloudflare
from conftest import serving
from harness import ACCOUNT, TOKEN

from mock_server.settings import Settings

MODEL = "@cf/mistral/mistral-7b-instruct-v0.2-lora"
HEADER = json.dumps({"a.lora_A.weight": {"dtype": "F32", "shape": [8, 2], "data_offsets": [0, 64]}}).encode()
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(64)


@pytest.fixture(scope="module")
def client() -> Iterator[Cloudflare]:
    with serving(Settings(log="off")) as url:
        yield Cloudflare(base_url=url, api_token=TOKEN, max_retries=0)


def test_an_adapter_from_its_files_to_its_answer(client: Cloudflare) -> None:
    made = client.ai.finetunes.create(account_id=ACCOUNT, model=MODEL, name="sdk-adapter", description="by the SDK")
    assert (made.model, made.name, made.public, made.description) == (MODEL, "sdk-adapter", False, "by the SDK")
    for name, data in (("adapter_config.json", b'{"r": 8}'), ("adapter_model.safetensors", WEIGHTS)):
        told = client.ai.finetunes.assets.create(made.id, account_id=ACCOUNT, file=(name, data), file_name=name)
        assert told.success is True
    listed: Any = client.ai.finetunes.list(account_id=ACCOUNT)
    (mine,) = listed if isinstance(listed, list) else [listed]
    assert (mine.id if hasattr(mine, "id") else mine["id"]) == made.id
    answer = client.ai.run(MODEL, account_id=ACCOUNT, prompt="Hello", lora="sdk-adapter", raw=True)
    assert isinstance(answer, dict)
    assert answer["response"]


def test_public_adapters(client: Cloudflare) -> None:
    found = list(client.ai.finetunes.public.list(account_id=ACCOUNT, limit=2, offset=0, order_by="name"))
    assert [each.name for each in found] == ["cf-public-cnn-summarization", "cf-public-jigsaw-classification"]
    assert all(each.public for each in found)


def test_refusals_of_files_are_errors_of_the_sdk(client: Cloudflare) -> None:
    made = client.ai.finetunes.create(account_id=ACCOUNT, model=MODEL, name="bad-adapter")
    with pytest.raises(cloudflare.BadRequestError) as caught:
        client.ai.finetunes.assets.create(made.id, account_id=ACCOUNT, file=b"pickle", file_name="model.bin")
    body: Any = caught.value.body
    assert isinstance(body["errors"], str)
    with pytest.raises(cloudflare.BadRequestError):
        client.ai.run(MODEL, account_id=ACCOUNT, prompt="Hello", lora="bad-adapter")


def test_documents_are_converted(client: Cloudflare) -> None:
    """By the request that ``to_markdown.transform`` describes: itself it fails before it sends anything (5.9.0)."""
    path = f"/accounts/{ACCOUNT}/ai/tomarkdown"
    files = [("files", ("a.html", b"<h1>Hi</h1>", "text/html")), ("files", ("b.pdf", b"%PDF", "application/pdf"))]
    options = {"headers": {"Content-Type": "multipart/form-data"}}
    told: Any = client.post(path, cast_to=object, files=files, body={}, options=options)  # type: ignore[arg-type]
    assert [each["format"] for each in told["result"]] == ["markdown", "error"]
    assert told["result"][0]["data"] == "# Hi\n"


def test_supported_formats(client: Cloudflare) -> None:
    found = list(client.ai.to_markdown.supported(account_id=ACCOUNT))
    assert ".pdf" in {each.extension for each in found}
    assert "text/html" in {each.mime_type for each in found}
