"""The management routes of AI Gateway, below ``/accounts/{account_id}/ai-gateway``: gateways and their URLs.

Published: paths, parameters and fields (the API reference). What the routes refuse follows one observation (a create
without fields: 7001, "Required", and the path of each) in the grammar of the validator that says so.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from mock_server.api import answering, gateway_logs, paging
from mock_server.api.entrance import enter
from mock_server.api.gateway_settings import (
    FIELDS,
    PER_PAGE,
    READ,
    WRITE,
    Field,
    check,
    described,
    document_of,
    find,
    invalid,
    iso,
    known,
)
from mock_server.api.serving import Serving
from mock_server.gateways import Gateway

LIST = "/accounts/{account_id}/ai-gateway/gateways"
HOST = "gateway.ai.cloudflare.com"
REAL_HOSTS = ("api.cloudflare.com", "workers-binding.ai")  # who asks these finds the gateway at its own
EXAMPLE = {
    "id": "my-gateway",
    "cache_invalidate_on_update": True,
    "cache_ttl": 300,
    "collect_logs": True,
    "rate_limiting_interval": 0,
    "rate_limiting_limit": 0,
}


def router(serving: Serving) -> APIRouter:
    """The routes, without a prefix."""
    routes = APIRouter(tags=["AI Gateway"])
    pipeline, state = serving.pipeline, serving.pipeline.gateways

    @routes.get(LIST, **described("List gateways", query=("search",), paged=True))
    async def listed(request: Request, account_id: str) -> Response:
        """Those whose id has `search` in it, a page at a time."""
        enter(pipeline, request, account_id, READ)
        query = request.query_params
        named = [gateway for gateway in state.of(account_id) if query.get("search", "") in gateway.id]
        page = paging.asked(query, PER_PAGE)
        return answering.listing([_shown(gateway) for gateway in page.of(named)], page.info(len(named)))

    @routes.post(LIST, **described("Create a gateway", body=EXAMPLE))
    async def create(request: Request, account_id: str) -> Response:
        """A gateway of a new `id`: lower-case letters, digits, `_` and single `-`, 64 at most."""
        enter(pipeline, request, account_id, WRITE)
        document = await document_of(request)
        check(document, {"id": Field("string", required=True), **FIELDS})
        name = document.pop("id")
        gateway = state.create(account_id, name, known(document), pipeline.clock.of(account_id).now())
        if gateway is None:  # nobody captured what the service says
            many = state.find(account_id, name) is None
            raise invalid([("Too many gateways" if many else "Already exists", ["body", "id"])])
        return answering.success(_shown(gateway))

    @routes.get(LIST + "/{gateway_id}", **described("A gateway", missing=True))
    async def one(request: Request, account_id: str, gateway_id: str) -> Response:
        return answering.success(_shown(find(serving, request, account_id, gateway_id, READ)))

    @routes.put(LIST + "/{gateway_id}", **described("Change a gateway", body=EXAMPLE, missing=True))
    async def update(request: Request, account_id: str, gateway_id: str) -> Response:
        """Every setting anew: those that the body leaves out are as in a new gateway."""
        gateway = find(serving, request, account_id, gateway_id, WRITE)
        document = await document_of(request)
        check(document, FIELDS)
        state.update(gateway, known(document), pipeline.clock.of(account_id).now())
        return answering.success(_shown(gateway))

    @routes.delete(LIST + "/{gateway_id}", **described("Delete a gateway", missing=True))
    async def delete(request: Request, account_id: str, gateway_id: str) -> Response:
        """With its logs and what it cached; answers with what it was."""
        gateway = find(serving, request, account_id, gateway_id, WRITE)
        state.delete(gateway)
        return answering.success(_shown(gateway))

    @routes.get(LIST + "/{gateway_id}/url/{provider}", **described("The URL of a gateway", missing=True))
    async def url(request: Request, account_id: str, gateway_id: str, provider: str) -> Response:
        """Where requests to `provider` go (`universal`: to any): on this server, unless Cloudflare's host was asked."""
        gateway = find(serving, request, account_id, gateway_id, READ)
        host = request.url.netloc
        base = f"https://{HOST}" if request.url.hostname in REAL_HOSTS else f"{request.url.scheme}://{host}/gateway"
        tail = "" if provider == "universal" else f"/{provider}"
        return answering.success(f"{base}/v1/{account_id}/{gateway.id}{tail}")

    routes.include_router(gateway_logs.router(serving))
    return routes


def _shown(gateway: Gateway) -> dict[str, Any]:
    settings = {name: value for name, value in gateway.settings.items() if name != "is_default"}
    return {
        "id": gateway.id,
        **settings,
        "is_default": bool(gateway.settings.get("is_default")),
        "created_at": iso(gateway.created),
        "modified_at": iso(gateway.modified),
    }
