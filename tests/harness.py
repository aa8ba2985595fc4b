"""The emulator in this process, asked over ASGI byte for byte."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from mock_server.api.asgi import App
from mock_server.app import light
from mock_server.pipeline import Pipeline
from mock_server.settings import Settings

ACCOUNT = "023e105f4ecef8ad9ca31a8372d0c353"
TOKEN = "mock-token-workers-ai-write-000000000000"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class Response:
    """What came back: the body in the parts that were sent."""

    status: int
    headers: dict[str, str]
    parts: list[bytes]

    @cached_property
    def body(self) -> bytes:
        return b"".join(self.parts)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def result(self) -> Any:
        assert self.status == 200, (self.status, self.body[:500], self.headers)
        return self.json["result"]

    @property
    def error(self) -> tuple[int, int, str]:
        """HTTP status, code and message."""
        first = self.json["errors"][0]
        return self.status, first["code"], first["message"]

    @property
    def events(self) -> list[Any]:
        """The data of a stream's events; the one that ends it as the string [DONE]."""
        assert self.headers["content-type"] == "text/event-stream", (self.status, self.body[:500])
        events = self.body.decode().split("\n\n")
        assert events.pop() == ""
        data = [event.partition("data: ")[2] for event in events]
        return [item if item == "[DONE]" else json.loads(item) for item in data]


class Emulator:
    """The emulator, asked without a socket."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("log", "off")
        self.app: App = light(Settings(**settings))

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, *, chunks: int = 1
    ) -> Response:
        raw, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw),
            "raw_path": raw.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in (headers or {}).items()],
            "server": ("127.0.0.1", 8787),
            "client": ("127.0.0.1", 1),
        }
        size = -(-len(body) // chunks) or 1
        pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
        messages = [
            {"type": "http.request", "body": piece, "more_body": index < len(pieces) - 1}
            for index, piece in enumerate(pieces)
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> Any:
            if not messages:
                await asyncio.Event().wait()  # the client stays
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        start = sent[0]
        names = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Response(start["status"], names, [part["body"] for part in sent[1:] if part.get("body")])

    def run(self, model: str, inputs: Any, headers: dict[str, str] | None = None, account: str = ACCOUNT) -> Response:
        """Run a model as a raw client does: slashes as they are, JSON, a token that may."""
        path = f"/client/v4/accounts/{account}/ai/run/{model}"
        body = inputs if isinstance(inputs, bytes) else json.dumps(inputs).encode()
        return self.ask("POST", path, body, BEARER | (headers or {}))


def rooms(emulator: Emulator) -> Pipeline:
    """The pipeline of an emulator, for tests that look inside."""
    pipeline: Pipeline = emulator.app._serving.pipeline  # type: ignore[attr-defined]
    return pipeline
