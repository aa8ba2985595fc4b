"""Clients of AI Gateway against a live server: OpenAI's SDK over ``compat``, Cloudflare's over the management routes,
and the gateway's own provider for the AI SDK, whose requests are universal ones."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import cloudflare
import openai
import pytest
from cloudflare import Cloudflare
from cloudflare.resources.ai_gateway import AIGatewayResource
from harness import ACCOUNT, TOKEN
from node import packages
from openai import OpenAI

MODEL = "@cf/meta/llama-3.2-1b-instruct"
FOLDER = Path(__file__).parent / "js" / "gateway"


@pytest.fixture
def compat(base_url: str) -> Iterator[Callable[..., OpenAI]]:
    """Makes clients of a gateway, and closes them."""
    made: list[OpenAI] = []

    def client(gateway: str = "default", token: str = TOKEN) -> OpenAI:
        origin = base_url.removesuffix("/client/v4")
        url = f"{origin}/gateway/v1/{ACCOUNT}/{gateway}/compat"
        made.append(OpenAI(base_url=url, api_key=token, max_retries=0))
        return made[-1]

    yield client
    for each in made:
        each.close()


def test_openais_client_asks_through_compat(compat: Callable[..., OpenAI]) -> None:
    client = compat()
    answer = client.chat.completions.with_raw_response.create(
        model=f"workers-ai/{MODEL}", messages=[{"role": "user", "content": "What is a cloud?"}]
    )
    assert answer.headers["cf-aig-cache-status"] == "MISS"
    whole = answer.parse().choices[0].message.content
    stream = client.chat.completions.create(
        model=f"workers-ai/{MODEL}", messages=[{"role": "user", "content": "What is a cloud?"}], stream=True
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == whole


@pytest.mark.parametrize(
    ("gateway", "token", "kind", "code"),
    [("none", TOKEN, openai.BadRequestError, 2001), ("default", "made-up", openai.AuthenticationError, 2009)],
)
def test_openais_client_raises_the_gateways_refusals(
    compat: Callable[..., OpenAI], gateway: str, token: str, kind: type[openai.APIStatusError], code: int
) -> None:
    with pytest.raises(kind) as caught:
        compat(gateway, token).chat.completions.create(model=MODEL, messages=[])
    assert caught.value.response.json()["internalCode"] == code


@pytest.fixture
def gateways(base_url: str) -> Iterator[AIGatewayResource]:
    with Cloudflare(base_url=base_url, api_token=TOKEN, max_retries=0) as client:
        yield client.ai_gateway


def test_cloudflares_client_manages_gateways(gateways: AIGatewayResource, compat: Callable[..., OpenAI]) -> None:
    made = gateways.create(
        account_id=ACCOUNT,
        id="managed",
        cache_invalidate_on_update=True,
        cache_ttl=60,
        collect_logs=True,
        rate_limiting_interval=0,
        rate_limiting_limit=0,
    )
    assert (made.id, made.cache_ttl) == ("managed", 60)
    assert "managed" in [gateway.id for gateway in gateways.list(account_id=ACCOUNT, per_page=1)]
    assert gateways.get("managed", account_id=ACCOUNT).created_at == made.created_at
    url = gateways.urls.get("workers-ai", account_id=ACCOUNT, gateway_id="managed")
    assert url.endswith(f"/gateway/v1/{ACCOUNT}/managed/workers-ai")
    for _ in range(2):
        compat("managed").chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "hi"}])
    logs = list(gateways.logs.list(account_id=ACCOUNT, gateway_id="managed"))
    assert [log.cached for log in logs] == [True, False]
    detail = gateways.logs.get(logs[0].id, account_id=ACCOUNT, gateway_id="managed")
    assert json.loads(detail.request_head or "")["model"] == MODEL
    assert gateways.logs.request(logs[0].id, account_id=ACCOUNT, gateway_id="managed") == json.loads(
        detail.request_head or ""
    )
    gateways.logs.edit(logs[0].id, account_id=ACCOUNT, gateway_id="managed", feedback=1)
    assert gateways.logs.delete(account_id=ACCOUNT, gateway_id="managed").success
    assert not list(gateways.logs.list(account_id=ACCOUNT, gateway_id="managed"))
    gateways.delete("managed", account_id=ACCOUNT)
    with pytest.raises(cloudflare.NotFoundError) as caught:
        gateways.get("managed", account_id=ACCOUNT)
    assert caught.value.errors[0].code == 7002


@pytest.mark.parametrize(("gateway", "said"), [("default", "text"), ("none", "error")])
def test_the_gateways_provider_falls_back_to_the_model_that_there_is(
    base_url: str, tmp_path: Path, gateway: str, said: str
) -> None:
    (tmp_path / "node_modules").symlink_to(packages(FOLDER))
    shutil.copy(FOLDER / "ask.mjs", tmp_path)
    origin = base_url.removesuffix("/client/v4") + "/gateway"
    environment = os.environ | {"ORIGIN": origin, "ACCOUNT": ACCOUNT, "TOKEN": TOKEN, "GATEWAY": gateway}
    ran = subprocess.run(
        ["node", "ask.mjs"], cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=True
    )
    told = json.loads(ran.stdout)
    assert told.get(said), told
    if said == "error":
        assert told["error"] == "This AI gateway does not exist"
