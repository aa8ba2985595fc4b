"""The official Python SDK against a live server: sync, async, raw, streaming, and its errors."""

import asyncio

import cloudflare
import pytest
from cloudflare import AsyncCloudflare, Cloudflare
from harness import ACCOUNT, TOKEN

MODEL = "@cf/meta/llama-3.2-1b-instruct"


@pytest.fixture
def client(base_url: str) -> Cloudflare:
    return Cloudflare(base_url=base_url, api_token=TOKEN, max_retries=0)


def test_text_generation(client: Cloudflare) -> None:
    answer = client.ai.run(MODEL, account_id=ACCOUNT, messages=[{"role": "user", "content": "What is a cloud?"}])
    assert isinstance(answer, dict)
    assert answer["response"]
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"]


def test_embeddings_and_classification(client: Cloudflare) -> None:
    vectors = client.ai.run("@cf/baai/bge-base-en-v1.5", account_id=ACCOUNT, text=["a cloud", "a llama"])
    assert isinstance(vectors, dict)
    assert vectors["shape"] == [2, 768]
    labels = client.ai.run("@cf/huggingface/distilbert-sst-2-int8", account_id=ACCOUNT, text="What a great day")
    assert isinstance(labels, list)
    assert {label.label for label in labels} == {"POSITIVE", "NEGATIVE"}


def test_the_asynchronous_client(base_url: str) -> None:
    async def ask() -> object:
        async with AsyncCloudflare(base_url=base_url, api_token=TOKEN) as client:
            return await client.ai.run(MODEL, account_id=ACCOUNT, prompt="hi")

    answer = asyncio.run(ask())
    assert isinstance(answer, dict)
    assert answer["response"]


def test_raw_and_streaming_responses(client: Cloudflare) -> None:
    raw = client.ai.with_raw_response.run(MODEL, account_id=ACCOUNT, prompt="hi")
    assert raw.headers["cf-ai-neurons"]
    with client.ai.with_streaming_response.run(MODEL, account_id=ACCOUNT, prompt="hi", stream=True) as streamed:
        lines = [line for line in streamed.iter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"


@pytest.mark.parametrize(
    ("model", "inputs", "kind", "code"),
    [
        (MODEL, {"prompt": ""}, cloudflare.BadRequestError, 5006),
        ("@cf/meta/no-such-model", {"prompt": "hi"}, cloudflare.BadRequestError, 7000),
        ("@cf/microsoft/phi-2", {"prompt": "hi"}, cloudflare.APIStatusError, 5028),
    ],
)
def test_errors_arrive_with_their_code(
    client: Cloudflare, model: str, inputs: dict[str, str], kind: type[cloudflare.APIStatusError], code: int
) -> None:
    with pytest.raises(kind) as caught:
        client.ai.run(model, account_id=ACCOUNT, **inputs)  # type: ignore[call-overload]
    assert caught.value.errors[0].code == code


def test_an_expired_token_is_an_authentication_error(base_url: str) -> None:
    client = Cloudflare(base_url=base_url, api_token="mock-token-expired-000000000000000000000", max_retries=0)
    with pytest.raises(cloudflare.AuthenticationError) as caught:
        client.ai.run(MODEL, account_id=ACCOUNT, prompt="hi")
    assert caught.value.errors[0].code == 10000


def test_the_global_key_of_the_public_reference(base_url: str) -> None:
    client = Cloudflare(base_url=base_url, api_email="user@example.com", api_key="144c9defac04969c7bfad8efaa8ea194")
    assert client.ai.run(MODEL, account_id=ACCOUNT, prompt="hi")


def test_the_token_is_verified(client: Cloudflare) -> None:
    verified = client.user.tokens.verify()
    assert verified is not None
    assert verified.status == "active"
