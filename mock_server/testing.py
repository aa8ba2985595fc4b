"""The emulator inside a test run: a server in a thread, or none at all, and what a test says to it.

``MockServer`` starts one; ``MockServer.account()`` gives a test an account of its own, with which it stubs, breaks,
looks at and verifies what its code did. Everything it says goes over ``/_mock``, so a server in another process
(``Remote``) does the same.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from mock_server import pointing

if TYPE_CHECKING:
    import re
    from socket import socket as Socket  # noqa: N812 - `socket` is an argument here

    import httpx
    from pytest_httpx import HTTPXMock

    from mock_server.api.asgi import App
    from mock_server.transports import Runner

TOKEN = "workers-ai-mock-test-token-0000000000000"  # noqa: S105 - well-formed, and nobody's
CLOUDFLARE = ("api.cloudflare.com", "gateway.ai.cloudflare.com")

_open = build_opener(ProxyHandler({})).open  # a proxy of the environment would not find this machine


class Server(Protocol):
    """An emulator that can be asked. url: its root, without a slash at the end."""

    url: str

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """Ask one of its own routes (path below /_mock, with query) and return the JSON; AssertionError if refused."""


class Remote:
    """A server that runs already: ``Remote("http://127.0.0.1:8787")``. control_token: what locks its /_mock, if set."""

    def __init__(self, url: str, control_token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._token = control_token

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """See Server."""
        body = None if document is None else json.dumps(document).encode()
        headers = {"content-type": "application/json"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        request = Request(f"{self.url}/_mock{path}", body, headers, method=method)  # noqa: S310 - the test's own server
        try:
            with _open(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            raise AssertionError(_complaint(error.code, error.read())) from None
        except URLError as error:
            raise AssertionError(f"no emulator answers at {self.url}: {error.reason}") from None

    def account(self, account_id: str | None = None) -> Account:
        """An account of this server, by default one that nobody else uses."""
        return Account(self, account_id or new_account())


class MockServer:
    """An emulator in this process. ``with MockServer(limits="real") as server:`` listens on a free port of 127.0.0.1.

    settings: as the command line's, with underscores: fixtures, limits, auth ...; see README.
    socket: False starts no server; ask through ``transport()`` and ``async_transport()`` then.
    """

    def __init__(self, *, socket: bool = True, **settings: Any) -> None:
        from mock_server.app import light
        from mock_server.settings import Settings

        given = {"log": "off", "agreements": "given", "port": 0, **settings}
        self._settings = Settings.load(given, environ={})
        self._app: App = light(self._settings)
        self._runner: Runner | None = None
        self._socket = socket
        self._stop: Callable[[], None] = lambda: None
        self.url = "http://workers-ai-mock"

    def start(self, listener: Socket | None = None) -> Self:
        """Listen, unless it was made without a socket. MockError when the port cannot be had.

        listener: a socket that listens already.
        """
        if self._socket:
            from mock_server.listening import listen, server

            listener = listener or listen(self._settings.host, self._settings.port)
            host, port = listener.getsockname()[:2]
            running = server(self._app)
            thread = threading.Thread(
                target=running.run, kwargs={"sockets": [listener]}, name="workers-ai-mock", daemon=True
            )
            thread.start()

            def stop() -> None:
                running.should_exit = True
                thread.join(10)
                listener.close()

            self._stop = stop
            self.url = f"http://{host}:{port}"
        return self

    def stop(self) -> None:
        """End it and wait until it has ended."""
        self._stop()
        if self._runner is not None:
            self._runner.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def control(self, method: str, path: str, document: Any = None) -> Any:
        """See Server."""
        if self._socket:
            return Remote(self.url, self._settings.control_token).control(method, path, document)
        body = b"" if document is None else json.dumps(document).encode()
        token = self._settings.control_token
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        answered = self._inside().ask(method, f"/_mock{path}", headers, body)
        answer = b"".join(answered.parts)
        if answered.status >= 400:
            raise AssertionError(_complaint(answered.status, answer))
        return json.loads(answer or b"null")

    def account(self, account_id: str | None = None) -> Account:
        """An account of this server, by default one that nobody else uses."""
        return Account(self, account_id or new_account())

    def transport(self) -> httpx.BaseTransport:
        """For ``httpx.Client(transport=…)``: the emulator answers whatever host is asked, without a socket."""
        from mock_server.transports import Transport

        return Transport(self._inside())

    def async_transport(self) -> httpx.AsyncBaseTransport:
        """For ``httpx.AsyncClient(transport=…)``: the emulator answers whatever host is asked, without a socket."""
        from mock_server.transports import AsyncTransport

        return AsyncTransport(self._inside())

    def answer_httpx(self, httpx_mock: HTTPXMock, url: str | re.Pattern[str] | None = None) -> None:
        """Have pytest-httpx's `httpx_mock` answer what is sent to Cloudflare's hosts (or to `url`) from this emulator.

        Optional and reusable: a test may send nothing, or a hundred requests.
        """
        import re

        transport = self.transport()
        hosts = "|".join(re.escape(host) for host in CLOUDFLARE)
        httpx_mock.add_callback(
            transport.handle_request,
            url=url or re.compile(rf"https://(?:{hosts})/.*"),
            is_optional=True,
            is_reusable=True,
        )

    def _inside(self) -> Runner:
        if self._runner is None:
            from mock_server.transports import Runner

            self._runner = Runner(self._app)
        return self._runner


class Account:
    """One account of a server: where its requests go, what it is answered, what it sent.

    id: 32 hex digits, new for every test unless asked otherwise, so that tests on one server never meet.
    token: an API token that may use it. url: the server's root. base_url: Cloudflare's base URL there.
    openai_base_url: the base URL for OpenAI SDKs. gateway_url: AI Gateway's, up to the gateway's name.
    """

    def __init__(self, server: Server, account_id: str) -> None:
        self.id = account_id
        self.token = TOKEN
        self.url = server.url
        self.base_url = f"{server.url}/client/v4"
        self.openai_base_url = f"{self.base_url}/accounts/{account_id}/ai/v1"
        self.gateway_url = f"{server.url}/gateway/v1/{account_id}"
        self.headers = {"Authorization": f"Bearer {TOKEN}"}
        self._server = server

    def run_url(self, model: str) -> str:
        """The URL that runs `model`."""
        return f"{self.base_url}/accounts/{self.id}/ai/run/{model}"

    @property
    def env(self) -> dict[str, str]:
        """Environment variables that point the usual clients here."""
        return pointing.variables(self.url, self.id, self.token)

    # --- what it is answered ------------------------------------------------------------------------------------------
    def stub(self, match: Mapping[str, Any] | None = None, reply: Any = None, **more: Any) -> str:
        """Answer requests that `match` speaks for with `reply`; returns the stub's id.

        match, reply and more (times, delay, priority ...): as in a fixture file. reply may be just a text.
        """
        reply = {"text": reply} if isinstance(reply, str) else reply
        document = {"match": dict(match or {}), "reply": reply, **more}
        return str(self._ask("POST", "/stubs", document)["id"])

    def stubs(self) -> list[dict[str, Any]]:
        """The account's own stubs, in the order in which they are asked."""
        return [stub for stub in self._ask("GET", "/stubs")["stubs"] if stub["origin"] != "file"]

    def remove_stub(self, stub_id: str) -> None:
        """Remove one stub."""
        self._ask("DELETE", f"/stubs/{quote(stub_id, safe='')}")

    def fault(self, fault: Any, match: Mapping[str, Any] | None = None, **more: Any) -> str:
        """Make trouble for requests that `match` speaks for; returns the fault's id.

        fault: such as {"error": 3040} or {"cut": 3}, or its short form as text. more: times, probability, seed.
        """
        document = {"match": dict(match or {}), "fault": fault, **more}
        return str(self._ask("POST", "/faults", document)["id"])

    # --- what it sent -------------------------------------------------------------------------------------------------
    def journal(self, **filters: Any) -> list[dict[str, Any]]:
        """Its requests, oldest first. filters: model, task, surface, status, source."""
        listed = self._ask("GET", "/journal", limit=1000, **filters)["entries"]
        return list(reversed(listed))

    def entry(self, number: int) -> dict[str, Any]:
        """One request with its headers, inputs and answer."""
        found: dict[str, Any] = self._server.control("GET", f"/journal/{number}")
        return found

    @property
    def last(self) -> dict[str, Any]:
        """Its last request, whole. AssertionError when there was none."""
        listed = self._ask("GET", "/journal", limit=1)["entries"]
        assert listed, "this account sent no request"
        return self.entry(listed[0]["id"])

    def verify(
        self,
        match: Mapping[str, Any] | None = None,
        count: int | Mapping[str, int] | None = None,
        *,
        status: int | None = None,
        error: int | None = None,
    ) -> list[int]:
        """Assert that requests were sent as `match` says, at least one unless `count` says otherwise.

        count: a number, or {"at_least": 1, "at_most": 3}. status, error: of their answers. Returns their ids;
        AssertionError names the requests that came nearest and what missed.
        """
        wanted: dict[str, Any] = {"match": dict(match or {}), "count": count, "status": status, "error": error}
        return self._verified({name: value for name, value in wanted.items() if value is not None})

    def verify_order(self, *matches: Mapping[str, Any]) -> list[int]:
        """Assert that requests were sent as the matches say, in this order, others perhaps between them."""
        return self._verified({"in_order": [{"match": dict(match)} for match in matches]})

    def _verified(self, wanted: Mapping[str, Any]) -> list[int]:
        found = self._ask("POST", "/verify", wanted)
        assert found["verified"], _failure(found)
        return list(found["entries"])

    def usage(self) -> dict[str, Any]:
        """What it used: requests, tokens, neurons and USD by model."""
        found: dict[str, Any] = self._ask("GET", "/usage")
        return found

    def verdict(self) -> list[dict[str, Any]]:
        """What its code did after trouble that it should not have done."""
        return list(self._ask("GET", "/verdict")["findings"])

    def assert_resilient(self) -> None:
        """Assert that its code did nothing after trouble that it should not have done: see ``verdict``."""
        wrong = [finding for finding in self.verdict() if finding["severity"] != "info"]
        assert not wrong, "\n".join(f"{finding['id']}: {finding['explanation']}" for finding in wrong)

    def advice(self) -> dict[str, int]:
        """Ids of the advice that its requests were given, and how often."""
        counted: dict[str, int] = {}
        for entry in self.journal():
            for advice in entry["advice"]:
                counted[advice] = counted.get(advice, 0) + 1
        return counted

    # --- its time, and its end ----------------------------------------------------------------------------------------
    def clock(self, **change: Any) -> dict[str, Any]:
        """Its clock: ``clock(freeze=True)``, ``clock(set="2026-01-01")``, ``clock(advance="1d")``, ``clock()``."""
        found: dict[str, Any] = self._ask("POST", "/clock", change) if change else self._ask("GET", "/clock")
        return found

    def reset(self) -> None:
        """Forget everything of this account: stubs, faults, journal, usage, clock."""
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str, document: Any = None, **query: Any) -> Any:
        return self._server.control(method, f"{path}?{urlencode({'account': self.id, **query})}", document)


def new_account() -> str:
    """An account id that nobody uses."""
    return secrets.token_hex(16)


def _failure(found: Mapping[str, Any]) -> str:
    lines = [str(found["message"])]
    for near in found["nearest"]:
        lines.append(f"  entry {near['entry']} missed:")
        lines += [
            f"    {miss['field']}: wanted {json.dumps(miss['wanted'])}, was {json.dumps(miss['actual'])}"
            for miss in near["misses"]
        ]
    return "\n".join(lines)


def _complaint(status: int, body: bytes) -> str:
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(body)["mock_error"])
    return f"the emulator answered {status}: {body[:500].decode('utf-8', 'replace')}"
