"""The way through an AI gateway: its limit, cache, retries, fallbacks and log, around requests of the other doors.

What a gateway asks for is a request of its own, made in this process of the door that answers it. So there is one
pipeline, and all that a gateway adds happens around it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from time import perf_counter
from typing import Any, NamedTuple

import orjson

from mock_server import errors, usage
from mock_server.accounts import ACCOUNT_ID
from mock_server.api import routing, writing
from mock_server.api.asgi import App, Disconnected, Headers, Receive, Scope, Send
from mock_server.api.serving import Ask, Asked, Serving, Surface
from mock_server.errors import ApiError
from mock_server.exchange import EMPTY, json_of
from mock_server.gateways import DEFAULT, LARGEST_CACHED, LOGGED_BODY, LONGEST_CACHED, Cached, Gateway, Log, custom_cost

MOST_ATTEMPTS = 5  # published
LONGEST_DELAY = 5.0  # seconds between attempts that a caller may ask for; published
LONGEST_WAIT = 0.1  # seconds between attempts that are really waited: who tests retries should not have to
METADATA = 5  # entries kept of a request's metadata; published
# Headers of an answer that belong to the one time it was made.
OF_ONE_TIME = (b"cf-ray", b"cf-ai-req-id", b"cf-ai-neurons", b"x-mock-source", b"content-length")


class Options(NamedTuple):
    """What a caller asks of the gateway for one step.

    attempts: how often it is tried at most. delay: seconds between attempts; backoff: how they grow. timeout: seconds
    until the first part of the answer, None for as long as it takes. ttl: seconds that the answer may be cached, 0 for
    not at all. key: the cache's key, "" for one made of the request. skip: neither read the cache nor fill it.
    """

    attempts: int = 1
    delay: float = 0.0
    backoff: str = "constant"
    timeout: float | None = None
    ttl: float = 0.0
    key: str = ""
    skip: bool = False

    def wait(self, attempt: int) -> float:
        """Seconds to wait after an attempt (1, 2 ...)."""
        growth = {"linear": float(attempt), "exponential": 2.0 ** (attempt - 1)}.get(self.backoff, 1.0)
        return min(self.delay, LONGEST_DELAY) * growth


@dataclass(frozen=True, slots=True)
class Step:
    """One request that a gateway makes.

    provider, model, endpoint: as logged. app: the door that is asked; scope and body: what it is asked. streams:
    whether the body asks for a stream.
    """

    provider: str
    model: str
    endpoint: str
    app: App
    scope: Scope
    body: bytes
    streams: bool
    options: Options

    @property
    def headers(self) -> dict[bytes, bytes]:
        """What the door is sent, names in lower case."""
        return dict(self.scope["headers"])


class Inside(Serving):
    """What doors are served by when a gateway asks them: the line in journal and log is the gateway's."""

    def begin(
        self,
        scope: Scope,
        receive: Receive,
        surface: str = "",  # noqa: ARG002
        account: str = "",  # noqa: ARG002
        *,
        kept: bool = True,  # noqa: ARG002
    ) -> Asked:
        """The request, in the line that is begun already."""
        path, entry = routing.as_sent(scope), scope["mock.entry"]
        return Asked(scope, receive, dict(scope["headers"]), writing.request_id(), path, entry)

    async def preflight(self, asked: Asked, send: Send) -> bool:  # noqa: ARG002
        """The gateway's answer has what browsers want."""
        return False

    def end(self, asked: Asked) -> None:
        """The gateway notes it."""

    async def serve(self, surface: Surface, account: str, scope: Scope, receive: Receive, send: Send, ask: Ask) -> None:
        """Answer, with refusals written as the gateway writes them."""
        refused = scope.get("mock.refused") or surface.refused
        await super().serve(surface._replace(refused=refused), account, scope, receive, send, ask)


class Passage:
    """The way through the gateways of every account."""

    def __init__(self, serving: Serving) -> None:
        self.state, self.clock = serving.pipeline.gateways, serving.pipeline.clock
        self._accounts = serving.pipeline.accounts
        self._limit = serving.settings.max_body_bytes
        self.inside = Inside(serving.settings, serving.pipeline)

    def gateway(self, account: str, name: str, check: Callable[[], None]) -> Gateway:
        """The gateway of that name; the default one is made where it is not there. 400/2001 for any other.

        check: raises unless who asks may; called where the gateway wants to know.
        """
        found = self.state.find(account, name)
        if not ACCOUNT_ID(account) or (found is None and name != DEFAULT):
            raise ApiError(errors.UNKNOWN_GATEWAY, hint=f"account {account} has no gateway {name!r}: create it first")
        if found is None or found.authenticated:
            check()
        return found or self.state.default(account, self.clock.of(account).now())

    async def from_the_api(self, surface: Surface, account: str, asked: Asked, send: Send, ask: Ask) -> None:
        """Answer a request of the API that names a gateway in ``cf-aig-gateway-id``.

        Raises ApiError: 404/7003 and 401/10000 as the route itself, 400/2001 for an unknown gateway (before the model
        is looked up: observed), 500/7000 for a form (observed), 429/2003 at the gateway's limit.
        """
        scope, headers = asked.scope, asked.headers
        routing.check_account(account, scope)
        self._accounts.check(headers, account, asked.entry.at)
        gateway = self.gateway(account, headers[b"cf-aig-gateway-id"].decode("latin-1"), lambda: None)
        if headers.get(b"content-type", b"").startswith(b"multipart/form-data"):
            raise ApiError(errors.GATEWAY_BODY, hint="forms do not pass through a gateway: leave cf-aig-gateway-id out")
        body = await asked.body(self._limit)
        endpoint = scope["path"].rpartition("/ai/")[2].lstrip("/")
        document = read(body)
        named = headers.get(b"cf-consn-model-id", b"").decode("latin-1").rpartition(":")[2]  # a Worker's binding
        name = endpoint[4:] if endpoint.startswith("run/") else str(document.get("model") or named)
        provider = "workers-ai" if name.startswith("@") else name.partition("/")[0]
        kept = [(key, value) for key, value in scope["headers"] if key != b"cf-aig-gateway-id"]

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self.inside.serve(surface, account, scope, receive, send, ask)

        inner = {**scope, "headers": kept, "mock.entry": asked.entry}
        step = Step(provider, name, endpoint, app, inner, body, streams(document), options(gateway, headers))
        await self.go(gateway, asked, [step], send)

    async def go(self, gateway: Gateway, asked: Asked, steps: Sequence[Step], send: Send) -> None:
        """Send the first answer of `steps` that is none of an error, or the last one.

        Raises ApiError: 429/2003 at the gateway's limit; 408/3046 when the last step gave no answer in time.
        """
        now = self.clock.of(gateway.account).now()
        if not gateway.admits(now):
            raise ApiError(errors.GATEWAY_RATE, hint=f"gateway {gateway.id!r} has a rate_limiting_limit")
        request_id = uuid7(now)
        for number, step in enumerate(steps):
            log_id = request_id if len(steps) == 1 else uuid7(now)
            once = _Once(self, gateway, asked, step, number, request_id, log_id, last=number == len(steps) - 1)
            if await once.answered(send):
                return


class _Once:
    """One step of one request on its way."""

    def __init__(
        self,
        passage: Passage,
        gateway: Gateway,
        asked: Asked,
        step: Step,
        number: int,
        request_id: str,
        log_id: str,
        *,
        last: bool,
    ) -> None:
        self._state, self._clock = passage.state, passage.clock.of(gateway.account)
        self._gateway, self._asked, self._step, self._last = gateway, asked, step, last
        headers = asked.headers | step.headers
        wanted = headers.get(b"cf-aig-collect-log", b"").lower()
        self._logs = wanted == b"true" or (wanted != b"false" and bool(gateway.settings.get("collect_logs")))
        event_id = headers.get(b"cf-aig-event-id", b"").decode("latin-1") or request_id
        self._custom_cost = _json(headers.get(b"cf-aig-custom-cost", b""))
        metadata = _json(headers.get(b"cf-aig-metadata", b""))
        self._log = Log(
            id=log_id,
            account=gateway.account,
            gateway=gateway.id,
            event_id=event_id,
            at=self._clock.now(),
            provider=step.provider,
            model=step.model,
            path=step.endpoint,
            step=number,
            request=step.body[:LOGGED_BODY],
            request_size=len(step.body),
            request_content_type=headers.get(b"content-type", b"").decode("latin-1"),
            metadata=dict(list(metadata.items())[:METADATA]) if isinstance(metadata, dict) else {},
        )
        self._request_id = request_id
        self._started = perf_counter()

    async def answered(self, send: Send) -> bool:
        """Whether the client has its answer; False when the next step is to be tried."""
        step, entry, wanted = self._step, self._asked.entry, self._step.options
        caches = wanted.ttl > 0 and not wanted.skip and not step.streams
        key = _key(step) if caches else ""
        if caches and (found := self._state.cached(self._gateway, key, self._clock.now())):
            await self._from_cache(found, send)
            return True
        size, relay = entry.size, _Relay(send, lambda: self._headers(b"MISS"))
        try:
            for attempt in range(1, wanted.attempts + 1):
                final = attempt == wanted.attempts
                entry.error, entry.hint, entry.call, entry.answer = None, "", None, None
                kept = LARGEST_CACHED if caches else LOGGED_BODY
                relay = _Relay(send, lambda: self._headers(b"MISS"), self._holds(final=final), kept)
                try:
                    async with asyncio.timeout(wanted.timeout) as relay.limit:
                        await step.app({**step.scope}, _receive(step.body, self._asked.receive), relay)
                except TimeoutError:
                    relay.late, relay.status = True, errors.REQUEST_TIMEOUT.status
                if not relay.held or final or not _tried_again(relay.status):
                    break
                await asyncio.sleep(min(wanted.wait(attempt), LONGEST_WAIT))
        finally:
            entry.size = size
            self._note(relay)
        if not relay.begun and not relay.late:
            raise Disconnected
        if relay.late and self._last:
            hint = f"no part of the answer came within {wanted.timeout} seconds (cf-aig-request-timeout)"
            raise ApiError(errors.REQUEST_TIMEOUT, hint=hint)
        if caches and relay.status == 200 and relay.whole and relay.media_type != "text/event-stream":
            self._state.cache(self._gateway, key, self._cached(relay))
        return not relay.held

    def _holds(self, *, final: bool) -> Callable[[int], bool]:
        """Whether an answer of that status is kept from the client, because something else is tried."""
        return lambda status: (_tried_again(status) and not final) or (status >= 400 and not self._last)

    def _headers(self, cache: bytes) -> Headers:
        step, log = self._step, self._log
        headers = [(b"cf-aig-cache-status", cache)]
        if self._logs:  # an id that leads nowhere would help nobody
            headers.append((b"cf-aig-log-id", log.id.encode()))
        return [
            *headers,
            (b"cf-aig-event-id", writing.header_safe(log.event_id)),  # a step's headers may be JSON
            (b"cf-aig-request-id", self._request_id.encode()),
            (b"cf-aig-step", b"%d" % log.step),
            (b"cf-aig-model", writing.header_safe(step.model)),
            (b"cf-aig-provider", writing.header_safe(step.provider)),
            *self._asked.more,
        ]

    def _cached(self, relay: _Relay) -> Cached:
        kept = tuple(pair for pair in relay.headers if pair[0] not in OF_ONE_TIME)
        tokens = (self._log.tokens_in, self._log.tokens_out)
        until = self._clock.now() + min(self._step.options.ttl, LONGEST_CACHED)
        return Cached(until, relay.status, kept, relay.body, tokens, self._step.model)

    async def _from_cache(self, found: Cached, send: Send) -> None:
        entry, log = self._asked.entry, self._log
        entry.status, entry.model = found.status, found.model
        log.cached, log.tokens_in, log.tokens_out = True, *found.tokens
        relay = _Relay(send, lambda: self._headers(b"HIT"))
        await writing.send_bytes(
            relay, found.status, [*found.headers, writing.ray(), (b"x-mock-source", b"cache")], found.body
        )
        self._note(relay)

    def _note(self, relay: _Relay) -> None:
        """Write the log's entry."""
        log, answer, call = self._log, self._asked.entry.answer, self._asked.entry.call
        log.status = relay.status if relay.begun or relay.late else 499
        log.duration = round((perf_counter() - self._started) * 1000)
        log.response, log.response_size = relay.body[:LOGGED_BODY], relay.size
        log.response_content_type = relay.media_type
        if answer is not None and answer.usage.tokens is not None:
            log.tokens_in, log.tokens_out = answer.usage.tokens.prompt, answer.usage.tokens.completion
        cost = custom_cost(self._custom_cost, log.tokens_in, log.tokens_out)
        log.custom_cost = cost is not None
        if cost is not None:
            log.cost = cost
        elif answer is not None and call is not None:
            prices = call.model.prices  # those of other providers' models are no matter of neurons
            read, written = (prices.get(f"per M {side} tokens", 0.0) for side in ("input", "output"))
            elsewhere = (read * log.tokens_in + written * log.tokens_out) / usage.MILLION
            log.cost = answer.usage.neurons * usage.USD_PER_NEURON or elsewhere
        if self._logs:
            self._state.log(self._gateway, log)


@dataclass(slots=True)
class _Relay:
    """Passes a door's answer on as it comes, unless it `holds` it back; keeps what came of it.

    limit: what ends when the first part of the answer is there. status: 0 before it is known. kept: bytes kept at most.
    begun, ended: whether a part of the body has come, and the last one. late: whether none came in time.
    """

    send: Send
    more: Callable[[], Headers]
    holds: Callable[[int], bool] = lambda status: False
    kept: int = LOGGED_BODY
    limit: asyncio.Timeout | None = None
    held: bool = True
    status: int = 0
    size: int = 0
    headers: Headers = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    begun: bool = False
    late: bool = False
    ended: bool = False

    async def __call__(self, message: Any) -> None:
        """ASGI's send."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
            return
        if not self.begun:
            self.begun = True
            if self.limit is not None:
                self.limit.reschedule(None)
            self.held = self.holds(self.status)
            if not self.held:
                headers = [*self.headers, *self.more()]
                await self.send({"type": "http.response.start", "status": self.status, "headers": headers})
        part = message.get("body", b"")
        self.size += len(part)
        if self.size <= self.kept or not self.parts:
            self.parts.append(part)
        self.ended = not message.get("more_body", False)
        if not self.held:
            await self.send(message)

    @property
    def body(self) -> bytes:
        """What is kept of the body."""
        return b"".join(self.parts)

    @property
    def whole(self) -> bool:
        """Whether the body came to its end and all of it is kept."""
        return self.ended and self.size == sum(map(len, self.parts))

    @property
    def media_type(self) -> str:
        """The answer's content type."""
        return dict(self.headers).get(b"content-type", b"").decode("latin-1")


def options(gateway: Gateway, headers: Mapping[bytes, bytes], config: Mapping[str, Any] = EMPTY) -> Options:
    """What the headers of a request, the `config` of a universal request's step and the gateway's settings ask for.

    The first of `config`, headers and settings that says something decides. What is no number counts as not said:
    nobody captured what the service answers to it.
    """
    settings = gateway.settings

    def number(name: str, header: bytes, *older: bytes) -> float | None:
        for value in (config.get(name), *(headers.get(key) for key in (header, *older))):
            try:
                found = float(value)  # type: ignore[arg-type]
            except (TypeError, ValueError):
                continue
            if 0 <= found < float("inf"):
                return found
        return None

    def text(name: str, header: bytes) -> str:
        told = config.get(name)
        return told if isinstance(told, str) else headers.get(header, b"").decode("latin-1")

    attempts = number("maxAttempts", b"cf-aig-max-attempts") or settings.get("retry_max_attempts") or 1
    delay = number("retryDelay", b"cf-aig-retry-delay")
    timeout = number("requestTimeout", b"cf-aig-request-timeout")
    ttl = number("cacheTtl", b"cf-aig-cache-ttl", b"cf-cache-ttl")
    skip = str(config.get("skipCache", "")) + text("", b"cf-aig-skip-cache") + text("", b"cf-skip-cache")
    return Options(
        attempts=max(1, min(int(attempts), MOST_ATTEMPTS)),
        delay=((settings.get("retry_delay") or 0) if delay is None else delay) / 1000,
        backoff=text("backoff", b"cf-aig-backoff") or settings.get("retry_backoff") or "constant",
        timeout=timeout / 1000 if timeout else None,
        ttl=(settings.get("cache_ttl") or 0) if ttl is None else ttl,
        key=text("cacheKey", b"cf-aig-cache-key"),
        skip="true" in skip.lower(),
    )


def read(body: bytes) -> dict[str, Any]:
    """A body's JSON object; an empty one for a body that is none."""
    found = _json(body)
    return found if isinstance(found, dict) else {}


def streams(document: Mapping[str, Any]) -> bool:
    """Whether a body asks for a stream, itself or in the inputs that it holds."""
    places = (document, document.get("input"), document.get("inputs"))
    return any(isinstance(place, Mapping) and bool(place.get("stream")) for place in places)


def uuid7(now: float) -> str:
    """A lower-case UUID of version 7: `now` in milliseconds, the rest random."""
    random = writing.request_id().replace("-", "")
    instant = f"{int(max(now, 0) * 1000):012x}"[-12:]
    return f"{instant[:8]}-{instant[8:]}-7{random[13:16]}-{random[16:20]}-{random[20:]}"


def _tried_again(status: int) -> bool:
    """Whether a request that was answered so is made again: the service's own trouble, and what time may heal."""
    return status >= 500 or status in (408, 429)


def _key(step: Step) -> str:
    """The key of an answer in the cache. Published: of provider, endpoint, model, credentials and body."""
    if step.options.key:
        return f"custom {step.options.key}"
    credentials = step.headers.get(b"authorization", b"")
    parts = [step.provider.encode(), step.endpoint.encode(), step.model.encode(), credentials, step.body]
    return sha256(b"\0".join(parts)).hexdigest()


def _json(text: bytes) -> Any:
    try:
        return json_of(text)
    except orjson.JSONDecodeError:
        return None


def _receive(body: bytes, later: Receive) -> Receive:
    """ASGI's receive of a request whose body is known; afterwards what the client does."""
    bodies = [body]

    async def receive() -> Any:
        if bodies:
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}
        return await later()

    return receive
