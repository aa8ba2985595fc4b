"""The official Python client over the catalog and the identity routes, on a real socket."""

import pytest
from cloudflare import BadRequestError, Cloudflare, PermissionDeniedError
from harness import ACCOUNT, TOKEN

from mock_server.catalog import Catalog

WRANGLER = "mock-token-for-wrangler-0000000000000000"
MODEL = "@cf/meta/llama-3.2-1b-instruct"


@pytest.fixture
def client(base_url: str) -> Cloudflare:
    return Cloudflare(api_token=TOKEN, base_url=base_url, max_retries=0)


@pytest.mark.parametrize("size", [10, 37, 1000])
def test_the_pages_of_models_end(client: Cloudflare, size: int) -> None:
    found = list(client.ai.models.list(account_id=ACCOUNT, per_page=size))
    assert [model["name"] for model in found] == [  # type: ignore[index]
        model["name"]  # type: ignore[index]
        for model in client.ai.models.list(account_id=ACCOUNT)
    ]


def test_models_are_filtered(client: Cloudflare) -> None:
    found = list(client.ai.models.list(account_id=ACCOUNT, author="meta", task="Text Generation", search="3.2"))
    assert {model["name"] for model in found} >= {MODEL}  # type: ignore[index]


def test_the_schema_of_a_model_is_read(client: Cloudflare) -> None:
    schema = client.ai.models.schema.get(account_id=ACCOUNT, model=MODEL)
    catalog = Catalog.load()
    model = catalog.find(MODEL)
    assert model is not None
    assert schema.to_dict()["input"] == catalog.schema(model, "input")
    with pytest.raises(BadRequestError) as caught:
        client.ai.models.schema.get(account_id=ACCOUNT, model="@cf/no/such")
    assert caught.value.errors[0].code == 5007


def test_tasks_and_authors_are_listed(client: Cloudflare) -> None:
    assert "Text Generation" in [task["name"] for task in client.ai.tasks.list(account_id=ACCOUNT)]  # type: ignore[index]
    assert "meta" in [author["name"] for author in client.ai.authors.list(account_id=ACCOUNT)]  # type: ignore[index]


def test_a_token_is_verified(client: Cloudflare) -> None:
    verified = client.user.tokens.verify()
    assert verified is not None
    assert verified.status == "active"


def test_accounts_are_listed_as_the_token_may_see_them(client: Cloudflare, base_url: str) -> None:
    assert list(client.accounts.list()) == []
    with pytest.raises(PermissionDeniedError):
        client.accounts.get(account_id=ACCOUNT)
    allowed = Cloudflare(api_token=WRANGLER, base_url=base_url, max_retries=0)
    assert [(account.id, account.name) for account in allowed.accounts.list()] == [(ACCOUNT, "Demo")]
    user = allowed.user.get()
    assert user is not None
    assert user.email == "user@example.com"
    memberships = list(allowed.memberships.list())
    assert [membership.account.id for membership in memberships if membership.account] == [ACCOUNT]
    groups = list(allowed.user.tokens.permission_groups.list())
    assert "Workers AI Read" in [group.name for group in groups]
