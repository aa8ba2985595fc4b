"""The Workers AI binding (``env.AI``): what its runtime asks, in each of the disguises that local tools give it.

====================================  ==============================================================================
how it comes                          from
====================================  ==============================================================================
``/run``, ``/ai-gateway/…`` …         an external service behind the binding: Miniflare plugin, plain workerd
``MF-URL``, ``MF-Header-*`` on ``/``  the remote-bindings proxy of Miniflare and its vitest plugin
``ai/run/proxy`` with X-Forwarded     older wrangler, with a token
====================================  ==============================================================================

Measured with those tools: answers have no envelope, JSON is ``application/json`` and nothing more, refusals are flat
AiError objects, of which the runtime makes ``AiError: 5007: No such model …``. Only the last disguise brings
credentials; for the others the first account of the accounts file answers, or the one of the address
``/_mock/binding/{account_id}``.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import orjson

from mock_server import errors
from mock_server.api import gateway, reading, routing, writing
from mock_server.api.asgi import App, Disconnected, Headers, Message, Receive, Scope, Send
from mock_server.api.serving import Asked, Serving, Surface
from mock_server.errors import ApiError
from mock_server.exchange import Answer, Call, Inputs, json_of

SURFACE = Surface("binding", success=orjson.dumps, refused=gateway.refused)
# Options of a gateway in the binding's third argument, and the headers that say the same.
GATEWAY_OPTIONS = {
    "id": b"cf-aig-gateway-id",
    "skipCache": b"cf-aig-skip-cache",
    "cacheTtl": b"cf-aig-cache-ttl",
    "cacheKey": b"cf-aig-cache-key",
    "collectLog": b"cf-aig-collect-log",
    "metadata": b"cf-aig-metadata",
    "eventId": b"cf-aig-event-id",
    "requestTimeoutMs": b"cf-aig-request-timeout",
}
BOUNDARY = "workers-ai-mock-files"


class Target(NamedTuple):
    """What the runtime asked. path: of the binding's own host. headers: names in lower case."""

    account: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]


class Door:
    """Answers the binding."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._pipeline = serving.pipeline
        self._limit = serving.settings.max_body_bytes

    async def __call__(self, route: routing.Route, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the runtime, whatever its disguise."""
        try:
            await self._lead(route, scope, receive, send)
        except ApiError as error:  # before any other door was asked
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
                return
            asked = self._serving.begin(scope, receive, "binding", route.account)
            entry = asked.entry
            entry.status, headers, body = gateway.refused(error, asked.request_id)
            entry.error, entry.hint = (error.row.code, error.message(asked.request_id)), error.hint
            await writing.send_bytes(send, entry.status, headers, body)
            self._serving.end(asked)
        except Disconnected:
            pass  # there is nobody to write to

    async def _lead(self, route: routing.Route, scope: Scope, receive: Receive, send: Send) -> None:
        target = self._target(route, scope)
        if target is None:
            # The runtime opens a socket for calls over RPC before it asks over HTTP; it takes any refusal.
            await send({"type": "websocket.close", "code": 1008, "reason": "no RPC here"})
        elif scope["type"] == "websocket":
            await self._socket(target, scope, receive, send)
        elif target.path in ("/run", "/ai-gateway/run"):
            await self._run(target, scope, receive, send)
        else:
            await self._other(target, scope, receive, send)

    def _target(self, route: routing.Route, scope: Scope) -> Target | None:
        """None for a socket that asks for no model."""
        received: dict[bytes, bytes] = dict(scope["headers"])
        account = route.account or self._pipeline.accounts.first
        path, query = route.rest, scope["query_string"]
        url = received.get(b"mf-url")
        if url is not None:
            # Every header of the request itself has come with a prefix; what else there is, is the proxy's.
            own = {name[10:]: value for name, value in received.items() if name.startswith(b"mf-header-")}
            return _of_url(scope, account, url, own | {b"authorization": self._pipeline.accounts.vouched})
        forwarded = received.get(b"x-forwarded")
        if route.rest == "run/proxy":
            if forwarded is None:
                raise routing.unknown(scope)
            return _of_url(scope, account, forwarded, received)
        if scope["type"] == "websocket" and path != "/run":
            return None
        return Target(account, path, query, received | {b"authorization": self._pipeline.accounts.vouched})

    async def _run(self, target: Target, scope: Scope, receive: Receive, send: Send) -> None:
        query = parse_qs(target.query.decode("latin-1"))
        headers = dict(target.headers)
        if "userInputs" in query:
            document: Any = {"inputs": _json(query["userInputs"][0]), "options": {}}
            document["options"] = {name: values[0] for name, values in query.items() if name != "userInputs"}
            stream, given = receive, b""
        else:
            given = await reading.body_of(receive, self._limit)
            document = _json(given)
            stream = _again(given)
        options = document.get("options") if isinstance(document, dict) else None
        options = options if isinstance(options, dict) else {}
        headers |= _gateway_headers(options.get("gateway"))
        inner = {**scope, "headers": [*headers.items()], "query_string": target.query, "path": target.path}

        async def ask(asked: Asked) -> tuple[Call, Answer]:
            if not isinstance(document, dict) or not isinstance(document.get("inputs"), dict):
                raise ApiError(errors.BAD_JSON, hint="the binding sends a JSON object with inputs")
            return await self._answer(target, asked, document["inputs"], options, streamed="userInputs" in query)

        await self._serving.serve(SURFACE, target.account, inner, stream, send, ask)

    async def _answer(
        self, target: Target, asked: Asked, inputs: Inputs, options: dict[str, Any], *, streamed: bool
    ) -> tuple[Call, Answer]:
        """The answer to `inputs`; where one of them is `streamed`, it is the body of the request."""
        pipeline = self._pipeline
        name = asked.entry.model = _name(asked.headers)
        if not name:
            raise ApiError(errors.NO_SUCH_MODEL, model="undefined", hint="cf-consn-model-id names no model")
        model = pipeline.admit(asked.headers, target.account, name, in_path=False)
        body = await asked.body(self._limit)
        if streamed:
            read = reading.read(asked.headers, b"", body, model.facts if model else None)
            read = read._replace(inputs={**inputs, **read.inputs})
        else:
            read = reading.Read({key: value for key, value in inputs.items() if value is not None})
        if model is None:
            model = pipeline.infer(name, read.inputs)
        call = asked.entry.call = Call(
            account=target.account,
            model=model,
            inputs=read.inputs,
            request_id=asked.request_id,
            now=asked.entry.at,
            surface="binding",
            headers=asked.headers,
            options=options,
            raw=read.raw,
            form=read.form,
            queued=bool(options.get("queueRequest")),
            sent=asked.sent(body),
        )
        return call, await pipeline.answer(call)

    async def _socket(self, target: Target, scope: Scope, receive: Receive, send: Send) -> None:
        """A realtime model: its inputs are the query of the route that others reach it by.

        A refusal has the envelope of that route: the runtime hands it over as it came, and nobody captured one.
        """
        document = _json(parse_qs(target.query.decode("latin-1")).get("body", ["{}"])[0])
        inputs = document.get("inputs") if isinstance(document, dict) else None
        query = {key: _plain(value) for key, value in inputs.items()} if isinstance(inputs, dict) else {}
        # In the query, as the binding names its model outside of the path: an unknown one is 5007 then.
        query["model"] = _name(target.headers)
        path = f"{routing.PREFIX}/accounts/{target.account}/ai/run"
        inner = {**scope, "path": path, "raw_path": path.encode(), "headers": [*target.headers.items()]}
        await self._road(inner | {"query_string": urlencode(query).encode()}, receive, send)

    async def _other(self, target: Target, scope: Scope, receive: Receive, send: Send) -> None:
        """The catalog, markdown and gateways: routes of the API, whose answers have what the binding reads."""
        account = f"{routing.PREFIX}/accounts/{target.account}"
        path, body = target.path, await reading.body_of(receive, self._limit)
        headers = dict(target.headers)
        headers.pop(b"content-length", None)
        if path == "/ai-api/models/search":
            inner = f"{account}/ai/models/search"
        elif path == "/to-everything/markdown/supported":
            inner = f"{account}/ai/tomarkdown/supported"
        elif path == "/to-everything/markdown/transformer":
            inner, body = f"{account}/ai/tomarkdown", _form(_json(body))
            headers[b"content-type"] = f"multipart/form-data; boundary={BOUNDARY}".encode()
        elif path.startswith("/ai-gateway/universal/run/"):
            inner = f"/gateway/v1/{target.account}/{path.rpartition('/')[2]}"
        elif path.startswith("/ai-gateway/gateways/"):
            inner = f"{account}{path}"
        else:
            inner = f"{account}/ai{path}"  # nothing is there: the router says so
        if "/url/" in path:
            send = _as_url(send)
        asked = {
            **scope,
            "path": inner,
            "raw_path": inner.encode(),
            "query_string": target.query,
            "headers": [*headers.items(), (b"content-length", b"%d" % len(body))],
        }
        await self._road(asked, _again(body), send)

    @property
    def _road(self) -> App:
        assert self._serving.road is not None, "the road is there before the first request"
        return self._serving.road


def _of_url(scope: Scope, account: str, url: bytes, headers: dict[bytes, bytes]) -> Target:
    try:
        parts = urlsplit(url.decode("latin-1"))
    except ValueError:
        raise routing.unknown(scope) from None
    return Target(account, unquote(parts.path), parts.query.encode("latin-1"), headers)


def _name(headers: dict[bytes, bytes]) -> str:
    """The model that is asked for, without the prefix of the binding's options; "" when none is."""
    name = headers.get(b"cf-consn-model-id", b"").decode("latin-1")
    prefix, colon, rest = name.partition(":")
    return rest if colon and "/" not in prefix else name


def _json(text: str | bytes) -> Any:
    try:
        return json_of(text)
    except orjson.JSONDecodeError:
        return None


def _again(body: bytes) -> Receive:
    """A body that was read, for who reads it next."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        return {"type": "http.disconnect"}

    return receive


def _gateway_headers(options: Any) -> dict[bytes, bytes]:
    if not isinstance(options, dict):
        return {}
    return {
        GATEWAY_OPTIONS[name]: _plain(value).encode()
        for name, value in options.items()
        if name in GATEWAY_OPTIONS and value is not None
    }


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _form(document: Any) -> bytes:
    """The form that ``tomarkdown`` reads, of the binding's list of files in base64."""
    files = document.get("files") if isinstance(document, dict) else None
    parts = []
    for file in files if isinstance(files, list) else []:
        name = str(file.get("name", "")).replace('"', "%22")
        head = f'name="files"; filename="{name}"\r\nContent-Type: {file.get("mimeType", "application/octet-stream")}'
        try:
            data = b64decode(file.get("data") or "")
        except (NotBase64, ValueError, TypeError):
            data = b""
        parts.append((head, data))
    options = document.get("options") if isinstance(document, dict) else None
    if options:
        parts.append(('name="conversionOptions"', orjson.dumps(options)))
    written = [
        b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (BOUNDARY.encode(), head.encode(), data)
        for head, data in parts
    ]
    return b"".join(written) + b"--%b--\r\n" % BOUNDARY.encode()


def _as_url(send: Send) -> Send:
    """The management API's result is the URL itself; the binding reads ``result.url``."""
    start: Message = {}

    async def rewriting(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        document = _json(message.get("body", b""))
        if isinstance(document, dict) and isinstance(document.get("result"), str):
            body = orjson.dumps({**document, "result": {"url": document["result"]}})
        else:
            body = message.get("body", b"")
        headers: Headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        await writing.send_bytes(send, start["status"], headers, body)

    return rewriting
