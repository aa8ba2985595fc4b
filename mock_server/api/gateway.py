"""The host of AI Gateway, ``gateway.ai.cloudflare.com/v1/{account}/{gateway}/…``, or here ``/gateway/v1/…``.

=================================  =================================================================================
path after the gateway             what is asked
=================================  =================================================================================
``workers-ai/{model}``             ``ai/run/{model}``; ``workers-ai/run/{model}`` is the same
``workers-ai/v1/…``                ``ai/v1/…``
``compat/…``                       ``ai/v1/…``, the model by its id, before which ``workers-ai/`` may stand
``{provider}/…``                   ``ai/v1/…`` with the provider's model
nothing                            a list of such requests (``provider``, ``endpoint``, ``headers``, ``query``): the
                                   first that is answered counts
=================================  =================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import orjson

from mock_server import errors
from mock_server.accounts import READ
from mock_server.api import passage, routing, writing
from mock_server.api.asgi import App, Disconnected, Headers, Receive, Scope, Send
from mock_server.api.passage import Step
from mock_server.api.road import Road
from mock_server.api.serving import Asked, Serving, Surface
from mock_server.errors import ApiError, Envelope
from mock_server.exchange import EMPTY, Answer, Call, json_of
from mock_server.gateways import Gateway

# Providers by their name in a path, and the author their models have in the catalog.
AUTHORS = {"openai": "openai", "anthropic": "anthropic", "google-ai-studio": "google", "grok": "xai"}
AUTHORS |= {name: name for name in ("groq", "deepseek", "mistral", "cerebras", "cohere", "openrouter", "bytedance")}
AUTHORS |= {"perplexity-ai": "perplexity"}
ENDPOINTS = ("chat/completions", "completions", "embeddings", "responses", "messages")
RUN = "AI Gateway Run"
# Headers that say something about the request as it came in, or to the gateway only.
OUTER = (b"content-length", b"transfer-encoding", b"cf-aig-authorization", b"cf-aig-gateway-id")
# Headers of a universal request that are none of its steps'.
OF_THE_WHOLE = (b"authorization", b"cf-aig-authorization", b"content-type")


def refused(error: ApiError, request: str = "") -> tuple[int, Headers, bytes]:
    """Status, headers and body of a refusal, as the gateway's host writes them.

    Captured: Workers AI's own are flat AiError objects, the gateway's own AiGatewayError objects; 2003 alone has the
    envelope of the API; what the API's front door says is passed on.
    """
    row = error.row
    if row is errors.NO_SUCH_MODEL and not str(error.values["model"]).startswith("@"):
        error = ApiError(errors.UNKNOWN_SLUG, hint=error.hint, **error.values)
    elif row is errors.NO_CREDITS:
        error = ApiError(errors.NO_UNIFIED_CREDITS, hint=error.hint)
    row = error.row
    headers = writing.refusal_headers(error, request)
    message = error.message(request)
    if row.envelope is Envelope.SERVICE:
        flat = {
            "name": "AiError",
            "internalCode": row.code,
            "httpCode": row.status,
            "message": message,
            "description": row.text.format_map(error.values),
            "requestId": request,
        }
        return row.status, headers, orjson.dumps(flat)
    if row.envelope is Envelope.GATEWAY and row is not errors.GATEWAY_RATE:
        body = {
            "success": False,
            "result": [],
            "messages": [],
            "error": [{"code": row.code, "message": message}],
            "name": "AiGatewayError",
            "httpCode": row.status,
            "internalCode": row.code,
            "message": message,
            "description": message,
        }
        return row.status, headers, orjson.dumps(body)
    return row.status, headers, writing.refusal(error, request)


class Door:
    """Answers the gateway's host."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._passage = serving.passage
        self._accounts = serving.pipeline.accounts
        self._limit = serving.settings.max_body_bytes
        self._inside = Road(self._passage.inside, self._refusing(routing.unknown))
        self._realtime = Road(serving, _closed)

    async def __call__(self, route: routing.Route, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for `route.rest`: ``{account}/{gateway}/…``."""
        account, _, rest = route.rest.partition("/")
        name, _, tail = rest.partition("/")
        if scope["type"] == "websocket":
            await self._socket(account, tail, scope, receive, send)
            return
        asked = self._serving.begin(scope, receive, "gateway", account)
        if await self._serving.preflight(asked, send):
            return
        entry = asked.entry
        try:
            gateway = self._passage.gateway(account, name, lambda: self._let_in(account, asked))
            if scope["method"] != "POST":
                raise routing.wrong_method(scope)
            body = await asked.body(self._limit)
            await self._passage.go(gateway, asked, self._steps(gateway, tail.rstrip("/"), asked, body), send)
        except ApiError as error:
            entry.status, more, body = refused(error, asked.request_id)
            entry.error, entry.hint = (error.row.code, error.message(asked.request_id)), error.hint
            await writing.send_bytes(send, entry.status, asked.more + more, body)
        except (Disconnected, ConnectionError):
            entry.status = 499
        finally:
            self._serving.end(asked)

    def _let_in(self, account: str, asked: Asked) -> None:
        """401/2009 unless the credentials may use the account: those for the gateway, else those for the provider."""
        headers = asked.headers
        if b"cf-aig-authorization" in headers:
            headers = headers | {b"authorization": headers[b"cf-aig-authorization"]}
        for permission in (RUN, READ):  # documented is the first; that the other does was never seen to be refused
            try:
                self._accounts.check(headers, account, asked.entry.at, permission)
            except ApiError as error:
                if permission == READ:
                    raise ApiError(errors.GATEWAY_UNAUTHORIZED, hint=error.hint) from None
            else:
                return

    def _steps(self, gateway: Gateway, tail: str, asked: Asked, body: bytes) -> list[Step]:
        """What a request asks for: itself, or the steps of a universal one."""
        if tail:
            return [self._step(gateway, tail, asked, asked.headers, body)]
        try:
            items = json_of(body)
        except orjson.JSONDecodeError:
            items = None
        if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
            raise ApiError(errors.BAD_JSON, hint="a list of {provider, endpoint, headers, query}, at least one")
        return [self._item(gateway, asked, item) for item in items]

    def _item(self, gateway: Gateway, asked: Asked, item: Mapping[str, Any]) -> Step:
        """One step of a universal request. It carries its own credentials: captured, without any it is 401/10000."""
        told, config = item.get("headers"), item.get("config")
        given = told if isinstance(told, dict) else {}
        own = {name.lower().encode(): str(value).encode() for name, value in given.items()}
        shared = {name: value for name, value in asked.headers.items() if name not in OF_THE_WHOLE}
        provider, endpoint = str(item.get("provider") or ""), str(item.get("endpoint") or "")
        body = orjson.dumps(item.get("query") or {})
        try:
            tail = f"{provider}/{endpoint}".rstrip("/")
            return self._step(gateway, tail, asked, shared | own, body, config if isinstance(config, dict) else EMPTY)
        except ApiError as error:  # a step like any other: the next one may do better
            refusal = error
            scope: Scope = {**asked.scope, "headers": [], "mock.entry": asked.entry, "mock.refused": refused}
            app = self._refusing(lambda _: refusal)
            return Step(provider, "", endpoint, app, scope, body, streams=False, options=passage.Options())

    def _step(
        self,
        gateway: Gateway,
        tail: str,
        asked: Asked,
        headers: dict[bytes, bytes],
        body: bytes,
        config: Mapping[str, Any] = EMPTY,
    ) -> Step:
        """One request as the door inside sees it."""
        provider, _, endpoint = tail.partition("/")
        document = passage.read(body)
        kept = {name: value for name, value in headers.items() if name not in OUTER}
        if provider == "workers-ai":
            of_run = not endpoint.startswith("v1/")
            model = endpoint.removeprefix("run/") if of_run else str(document.get("model") or "")
            place = ("run/" + model).rstrip("/") if of_run else endpoint
            if place == "run/proxy":  # a door of its own on the API, no model
                raise ApiError(errors.NO_ROUTE)
        else:
            kind = endpoint.removeprefix("v1/")
            if kind not in ENDPOINTS or (provider != "compat" and provider not in AUTHORS):
                raise ApiError(errors.UNKNOWN_PROVIDER, hint=f"{tail!r} is no endpoint that is answered here")
            place, named = f"v1/{kind}", str(document.get("model") or "")
            model = named.removeprefix("workers-ai/") if provider == "compat" else _of(AUTHORS[provider], named)
            if document and model != named:
                body = orjson.dumps(document | {"model": model})
            if provider == "compat" and b"cf-aig-authorization" in headers:
                kept[b"authorization"] = headers[b"cf-aig-authorization"]
            provider = _provider(provider, model)
        vouched = self._accounts.vouched
        if provider != "workers-ai":
            self._has_a_key(gateway, provider, headers)
            kept[b"authorization"] = vouched  # the key is the provider's; the gateway let this one in
        elif asked.headers.get(b"authorization") == vouched:
            kept[b"authorization"] = vouched  # a Worker's binding, which has no credentials
        path = f"{routing.PREFIX}/accounts/{gateway.account}/ai/{place}"
        scope: Scope = {
            **asked.scope,
            "path": path,
            "raw_path": quote(path, safe="/@:").encode(),
            "headers": [*kept.items()],
            "mock.entry": asked.entry,
            "mock.refused": refused,
        }
        options = passage.options(gateway, headers, config)
        return Step(provider, model, endpoint, self._inside, scope, body, passage.streams(document), options)

    @staticmethod
    def _has_a_key(gateway: Gateway, provider: str, headers: Mapping[bytes, bytes]) -> None:
        """400/2040 where a key of the provider is asked for that nobody gave: none can be stored here."""
        alias = headers.get(b"cf-aig-byok-alias", b"").decode("latin-1")
        only = gateway.settings.get("byok_only") or headers.get(b"cf-aig-no-wholesale", b"").lower() == b"true"
        keys = (b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key")
        if alias or (only and not any(name in headers for name in keys)):
            hint = "keys of providers are not kept here: send one in the request"
            raise ApiError(errors.NO_PROVIDER_KEY, provider=provider, alias=alias or "default", hint=hint)

    def _refusing(self, refusal: Callable[[Scope], ApiError]) -> App:
        """What answers everything with a refusal."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            async def ask(asked: Asked) -> tuple[Call, Answer]:
                raise refusal(asked.scope)

            await self._passage.inside.serve(Surface("gateway"), "", scope, receive, send, ask)

        return app

    async def _socket(self, account: str, tail: str, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket to a realtime model: ``workers-ai?model=…``, as the realtime door answers it."""
        provider, _, model = tail.partition("/")
        place = f"/accounts/{account}/ai/run" + ("/" + model.removeprefix("run/") if model else "")
        headers = dict(scope["headers"])
        if b"cf-aig-authorization" in headers:
            headers[b"authorization"] = headers.pop(b"cf-aig-authorization")
        raw = quote(place, safe="/@:").encode()
        inner = {**scope, "path": place, "raw_path": raw, "headers": [*headers.items()]}
        if provider == "workers-ai":
            await self._realtime(inner, receive, send)
        else:
            await _closed(inner, receive, send)


def _of(author: str, name: str) -> str:
    """The catalog's name of a model that its provider calls `name`: with its author, for Anthropic's with a dot."""
    own = name.removeprefix(author + "/")
    if author == "anthropic":  # which writes 4-5 and a date, where the catalog has 4.5
        own = re.sub(r"(?<=-\d)-(?=\d$)", ".", re.sub(r"-\d{8}$", "", own))
    return f"{author}/{own}"


def _provider(named: str, model: str) -> str:
    """The provider of a model that a path calls `named`."""
    if named != "compat":
        return named
    return "workers-ai" if model.startswith("@") or "/" not in model else model.partition("/")[0]


async def _closed(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close", "code": 1008})
