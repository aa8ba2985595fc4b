"""Measures what many fixtures cost: loading them, looking whether they changed, and asking with and without them.

Requests are answered by the responder, in this process and without a socket, so that nothing hides what the look-up
costs: in turn by an emulator that has the shipped fixtures only and by one that has the others too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from mock_server.accounts import demo
from mock_server.api.asgi import App
from mock_server.app import light
from mock_server.catalog import Catalog
from mock_server.settings import Settings
from mock_server.stubs import Stubs

LOADED, COST = 2.0, 1.1  # the goals: seconds, and a request with the fixtures over one without
WORDS = "harbour tea map bicycle train weather jazz river stone lamp".split()


def fixture(number: int) -> dict[str, Any]:
    """One of many: a third wants an exact message, a third words in it, a third a prompt."""
    text = f"{WORDS[number % 10]} {WORDS[number // 10 % 10]} question {number:05d}"
    wanted: list[dict[str, Any]] = [
        {"inputs.messages.-1.content": f"Tell me about {text}"},
        {"last.content": {"contains": text}},
        {"inputs": {"equals": {"prompt": text}}},
    ]
    return {"match": {"task": "Text Generation", **wanted[number % 3]}, "reply": {"text": f"An answer about {text}."}}


def write(folder: Path, fixtures: int) -> None:
    for number in range(fixtures):
        path = folder / f"{number // 100:03d}" / f"{number:05d}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(fixture(number)), "utf-8")


async def asked(app: App, path: str, token: str, body: bytes) -> None:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope | {"headers": headers, "root_path": ""}, receive, send)
    if sent[0]["status"] != 200 or (b"x-mock-source", b"responder") not in sent[0]["headers"]:
        raise SystemExit(f"not answered by the responder: {sent}")


def seconds(app: App, path: str, token: str, bodies: list[bytes]) -> float:
    async def all_of_them() -> float:
        began = perf_counter()
        for body in bodies:
            await asked(app, path, token, body)
        return (perf_counter() - began) / len(bodies)

    return asyncio.run(all_of_them())


def timed(action: Callable[[], object]) -> float:
    began = perf_counter()
    action()
    return perf_counter() - began


def measure(fixtures: int, rounds: int, requests: int) -> None:
    account, token = demo(Settings().accounts)
    model = next(model.name for model in Catalog.load() if model.facts.get("demo"))
    path = f"/client/v4/accounts/{account}/ai/run/{model}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, fixtures)
        loads = [timed(lambda: Stubs((folder,))) for _ in range(3)]
        stubs = Stubs((folder,))
        looks = [timed(stubs.look) for _ in range(5)]
        few = light(Settings(log="off"))
        many = light(Settings(log="off", fixtures=(folder,)))
        print(f"{fixtures} fixtures: loaded in {min(loads):.2f} s, looked at anew in {min(looks) * 1000:.0f} ms")
        goals = [(min(loads) < LOADED, f"seconds to load {fixtures}: {min(loads):.2f} (under {LOADED:g})")]
        number = 0
        for kind, again in (("new requests", False), ("the same request again", True)):
            ratios, one, other = [], 0.0, 0.0
            for turn in range(rounds + 1):
                bodies = []
                for _ in range(requests):
                    number += not again
                    text = f"Tell me what you know about the {WORDS[number % 10]} of harbour number {number}"
                    bodies.append(json.dumps({"messages": [{"role": "user", "content": text}]}).encode())
                one, other = (seconds(app, path, token, bodies) for app in (few, many))
                if turn:  # the first warms up
                    ratios.append(other / one)
            cost = statistics.median(ratios)
            print(f"{kind}: {one * 1e6:.0f} µs without, {other * 1e6:.0f} µs with; ratio {cost:.3f}")
            goals.append((cost < COST, f"a request with {fixtures} fixtures, {kind}: {cost:.3f} (under {COST})"))
    for met, sentence in goals:
        print(f"{'met   ' if met else 'MISSED'}  {sentence}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What many fixtures cost.")
    parser.add_argument("--fixtures", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--requests", type=int, default=400, help="in a round")
    given = parser.parse_args()
    measure(given.fixtures, given.rounds, given.requests)


if __name__ == "__main__":
    main()
