"""Measures the emulator against a bare ASGI app on the same server, side by side, and says whether the goals are met.

The bare app reads the body, parses it and dumps one fixed answer that has the shape and size of ours; a stream is the
same chunks, made beforehand. What it reaches is what the HTTP server allows, so the ratios hold on any machine; run it
on a quiet one. Both servers are driven in turn by a load generator in a process of its own (sockets of asyncio, HTTP
by hand); every request differs from every other. Where the system can, servers and generator get a core each.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CLIENTS, STREAMS, CHUNKS, DIMENSIONS = 64, 200, 100, 768
RATIO, P99, START, MEMORY = 0.5, 2.0, 0.5, 80  # the goals: of bare's rate, of bare's p99, seconds, megabytes
SUBJECTS = ["the harbour", "green tea", "old maps", "a red bicycle", "the night train", "mountain weather", "jazz"]
MARK = "##########"  # where a request's own word goes: its number in letters
WORD = bytes.maketrans(b"0123456789", b"aeioulmnrt")

Figures = dict[str, float]


@dataclass(frozen=True)
class Load:
    """What the generator is to do. requests: texts of HTTP requests with ``MARK`` in them. each: how often a client
    asks; 0 for as often as it can in `seconds`.
    """

    port: int
    requests: list[str]
    clients: int
    seconds: float
    each: int = 0


@dataclass(frozen=True)
class Workload:
    """One kind of request. bodies: JSON with ``MARK`` in it."""

    name: str
    path: str
    token: str
    bodies: list[str]

    def again(self) -> Workload:
        """The same requests without a word of their own: asked again and again, as a test loop asks."""
        return replace(self, name=f"{self.name} again", bodies=[body.replace(MARK, "again") for body in self.bodies])

    def requests(self) -> list[str]:
        """The whole requests, for the generator."""
        head = f"POST {self.path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {self.token}\r\n"
        return [
            f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}" for body in self.bodies
        ]

    def answer(self, port: int, body: str) -> bytes:
        """The body of one answer, after waiting for the server to be there."""
        until = time.perf_counter() + 20
        while True:
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                    connection.request(
                        "POST", self.path, body.replace(MARK, "eioulmnrta"), {"authorization": f"Bearer {self.token}"}
                    )
                    response = connection.getresponse()
                    found = response.read()
            except ConnectionRefusedError:
                if time.perf_counter() > until:
                    raise
                time.sleep(0.002)
                continue
            if response.status != 200:
                raise SystemExit(f"{self.name}: {response.status} {found[:2000]!r}")
            return found


# --- the load generator, a process of its own -------------------------------------------------------------------------


class Client(asyncio.Protocol):
    """One keep-alive connection that asks again as soon as it has its answer."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.asked = 0
        self.parts: list[bytes] = []
        self.size = self.whole = 0  # whole: the answer's size; 0 while unknown, -1 when it comes in chunks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def ask(self) -> None:
        self.asked += 1
        self.began = time.perf_counter()
        self.transport.write(self.crowd.request())

    def data_received(self, data: bytes) -> None:
        self.parts.append(data)
        self.size += len(data)
        if not self.whole:
            head = b"".join(self.parts)
            end = head.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            start = head.find(b"content-length: ", 0, end) + 16
            self.whole = end + int(head[start : head.index(b"\r", start)]) if start >= 16 else -1
        if self.size == self.whole or (self.whole < 0 and b"".join(self.parts[-2:]).endswith(b"\r\n0\r\n\r\n")):
            self.answered(b"".join(self.parts))

    def answered(self, answer: bytes) -> None:
        now = time.perf_counter()
        self.parts, self.size, self.whole = [], 0, 0
        self.crowd.tally(answer, now - self.began)
        if self.asked == self.crowd.load.each or now >= self.crowd.deadline:
            self.transport.close()
        else:
            self.ask()

    def connection_lost(self, _: Exception | None) -> None:
        self.crowd.left()


class Crowd:
    """All clients of one load, and what they saw."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.templates = [text.encode().split(MARK.encode()) for text in load.requests]
        self.numbers = count(time.time_ns() // 1000 % 10**9)
        self.latencies: list[float] = []
        self.events = 0
        self.bad = b""

    def request(self) -> bytes:
        number = next(self.numbers)
        return (b"%010d" % number).translate(WORD).join(self.templates[number % len(self.templates)])

    def tally(self, answer: bytes, seconds: float) -> None:
        if not answer.startswith(b"HTTP/1.1 200 "):
            self.bad, self.deadline = answer, 0.0
        self.latencies.append(seconds)
        self.events += answer.count(b"\ndata: ")

    def left(self) -> None:
        self.here -= 1
        if self.here == 0:
            self.gone.set()

    async def run(self) -> Figures:
        self.gone = asyncio.Event()
        self.here = self.load.clients
        connect = asyncio.get_running_loop().create_connection
        clients = [(await connect(lambda: Client(self), "127.0.0.1", self.load.port))[1] for _ in range(self.here)]
        await asyncio.sleep(0.2)  # a server takes up connections one by one, between answers once it has to give them
        began, cpu = time.perf_counter(), time.process_time()
        self.deadline = float("inf") if self.load.each else began + self.load.seconds
        for client in clients:
            client.ask()
        await asyncio.wait_for(self.gone.wait(), 60)
        took = time.perf_counter() - began
        if self.bad:
            raise SystemExit(f"an answer was not 200: {self.bad[:2000]!r}")
        cuts = statistics.quantiles(self.latencies, n=100)
        return {
            "answers": len(self.latencies),
            "rate": len(self.latencies) / took,
            "chunks": self.events / took,
            "per_stream": self.events / len(self.latencies),
            "p50": cuts[49] * 1000,
            "p99": cuts[98] * 1000,
            "busy": (time.process_time() - cpu) / took,
        }


def generate() -> None:
    """Read loads from standard input, one a line, and write their figures to standard output."""
    run: Callable[[Any], Figures] = asyncio.run
    if sys.platform != "win32":
        import uvloop

        run = uvloop.run
    for line in sys.stdin:
        print(json.dumps(run(Crowd(Load(**json.loads(line))).run())), flush=True)


# --- the bare app, a process of its own -------------------------------------------------------------------------------


def bare(port: int, answers: Path) -> None:
    """Serve the answers kept in a file: what costs nothing but HTTP and JSON."""
    import orjson
    from uvicorn import Config, Server

    kept = orjson.loads(answers.read_bytes())
    events = [event.encode() for event in kept["stream"]]

    async def app(_: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        inputs = orjson.loads(body + message["body"])
        if inputs.get("stream"):
            headers = [(b"content-type", b"text/event-stream")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            return
        answer = orjson.dumps(kept["embedding" if "text" in inputs else "chat"])
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    alike = {"access_log": False, "lifespan": "off", "log_level": "warning", "proxy_headers": False}
    Server(Config(app, port=port, server_header=False, **alike)).run()  # type: ignore[arg-type]


# --- the measuring ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(*command: str, core: int = 0, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A Python process on a core of its own where there are several, stopped at the end."""
    process = subprocess.Popen([sys.executable, *command], text=True, cwd=ROOT, **options)
    if sys.platform == "linux":
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(process.pid, {cores[core % len(cores)]})
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def emulator(port: int) -> Any:
    """Our server, as the command line starts it."""
    return running("-m", "mock_server", "serve", "--quiet", "--port", str(port))


def workloads() -> list[Workload]:
    """The three requests, with the models and credentials that the emulator ships."""
    from mock_server.accounts import demo
    from mock_server.catalog import Catalog
    from mock_server.settings import Settings

    account, token = demo(Settings().accounts)
    models = [model for model in Catalog.load() if not (model.deprecated_on or model.hidden)]
    talks = next(model.name for model in models if model.facts.get("demo"))
    embeds = next(
        model.name
        for model in models
        if model.task == "Text Embeddings" and model.facts.get("dimensions") == DIMENSIONS
    )

    def workload(name: str, model: str, inputs: Callable[[str], dict[str, Any]]) -> Workload:
        bodies = [json.dumps(inputs(f"{subject} {MARK}")) for subject in SUBJECTS]
        return Workload(name, f"/client/v4/accounts/{account}/ai/run/{model}", token, bodies)

    def question(subject: str) -> list[dict[str, str]]:
        return [{"role": "user", "content": f"What is special about {subject}?"}]

    def story(subject: str) -> dict[str, Any]:
        return {"prompt": f"Write a story of 300 words about {subject}.", "stream": True, "max_tokens": CHUNKS}

    return [
        workload("chat", talks, lambda subject: {"messages": question(subject)}),
        workload("embedding", embeds, lambda subject: {"text": f"Some words about {subject}."}),
        workload("stream", talks, story),
    ]


def typical(port: int, kind: Workload) -> Any:
    """Our answer of median size: what the bare app will say."""
    answers = sorted((kind.answer(port, body) for body in kind.bodies), key=len)
    text = answers[len(answers) // 2].decode()
    return [f"{event}\n\n" for event in text.split("\n\n")[:-1]] if text.startswith("data: ") else json.loads(text)


def start_times(kind: Workload, runs: int) -> list[float]:
    """Seconds from starting a process to having its first answer."""
    times = []
    for _ in range(runs):
        port = free_port()
        began = time.perf_counter()
        with emulator(port):
            kind.answer(port, kind.bodies[0])
            times.append(time.perf_counter() - began)
    return times


def resident_megabytes(pid: int) -> float:
    """Memory that a process really has, as ps tells it; 0 where there is no ps."""
    try:
        return int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout) / 1024
    except (OSError, subprocess.CalledProcessError):
        return 0.0


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def drive(generator: subprocess.Popen[str], server: subprocess.Popen[str], load: Load) -> Figures:
    """What one load comes to. cpu: the server's processor time for one answer, in microseconds."""
    assert generator.stdin
    assert generator.stdout
    before = cpu_seconds(server.pid)
    generator.stdin.write(json.dumps(asdict(load)) + "\n")
    generator.stdin.flush()
    line = generator.stdout.readline()
    if not line:
        raise SystemExit("the load generator gave up")
    figures: Figures = json.loads(line)
    return figures | {"cpu": (cpu_seconds(server.pid) - before) / figures["answers"] * 1e6}


class Comparison:
    """Figures of both servers, round by round."""

    def __init__(
        self, rounds: int, generator: subprocess.Popen[str], servers: dict[int, subprocess.Popen[str]], **load: Any
    ) -> None:
        for port, server in servers.items():  # to warm up
            drive(generator, server, Load(port, **load | {"seconds": 0.3}))
        pairs = [[drive(generator, servers[port], Load(port, **load)) for port in servers] for _ in range(rounds)]
        self.ours = [pair[0] for pair in pairs]
        self.bare = [pair[1] for pair in pairs]

    def both(self, key: str) -> tuple[float, float]:
        """The medians of one figure: ours, bare."""
        return statistics.median(one[key] for one in self.ours), statistics.median(one[key] for one in self.bare)

    def ratio(self, key: str) -> float:
        """The median over rounds of ours by bare."""
        return statistics.median(ours[key] / bare[key] for ours, bare in zip(self.ours, self.bare, strict=True))


Goals = list[tuple[bool, str]]


def compare_answers(kinds: list[Workload], rounds: int, seconds: float, **servers: Any) -> Goals:
    """Print a row for each workload; the goals of rate and of late answers."""
    print(f"{CLIENTS} clients, {rounds} rounds of {seconds:g} s in turn; medians of ours and bare's\n")
    print(f"{'':15} {'answers/s':>15} ratio {'p50 ms':>15} {'p99 ms':>15} ratio {'CPU µs/answer':>15}  generator busy")
    goals = []
    for kind in kinds:
        seen = Comparison(rounds, requests=kind.requests(), clients=CLIENTS, seconds=seconds, **servers)
        ours, bare = seen.both("p99")
        ratio, late = seen.ratio("rate"), ours / bare
        rate, p50, p99, cpu = (
            "".join(f"{figure:8.{digits}f}" for figure in seen.both(key))
            for key, digits in [("rate", 0), ("p50", 2), ("p99", 2), ("cpu", 0)]
        )
        busy = max(seen.both("busy"))
        print(f"{kind.name:15}{rate} {ratio:5.2f}{p50}{p99} {late:5.2f}{cpu} {busy:11.0%}")
        goals += [
            (ratio >= RATIO, f"{kind.name}: answers a second, of bare's: {ratio:.2f} (at least {RATIO:g})"),
            (late <= P99, f"{kind.name}: p99, of bare's: {late:.2f} (at most {P99:g})"),
        ]
    return goals


def compare_streams(kind: Workload, rounds: int, **servers: Any) -> Goals:
    """Print how fast many streams at once come; the goal of their rate."""
    seen = Comparison(rounds, requests=kind.requests(), clients=STREAMS, seconds=0, each=4, **servers)
    (rate, bare), (size, bare_size), ratio = seen.both("chunks"), seen.both("per_stream"), seen.ratio("chunks")
    print(f"\n{STREAMS} streams of {size:.0f} chunks at once (bare: {bare_size:.0f}):", end=" ")
    print(f"{rate:.0f} chunks/s, bare {bare:.0f}, ratio {ratio:.2f}")
    return [(ratio >= RATIO, f"{STREAMS} streams: chunks a second, of bare's: {ratio:.2f} (at least {RATIO:g})")]


def measure(rounds: int, seconds: float, starts: int) -> None:
    """Run everything and print the figures, then the goals."""
    kinds = workloads()
    with ExitStack() as stack:
        answers = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "answers.json"
        ports = [free_port(), free_port()]
        ours = stack.enter_context(emulator(ports[0]))
        answers.write_text(json.dumps({kind.name: typical(ports[0], kind) for kind in kinds}), "utf-8")
        bare = stack.enter_context(running(__file__, "bare", str(ports[1]), str(answers)))
        kinds[0].answer(ports[1], kinds[0].bodies[0])
        pipe = subprocess.PIPE
        generator = stack.enter_context(running(__file__, "load", core=1, stdin=pipe, stdout=pipe))
        both = {"generator": generator, "servers": dict(zip(ports, [ours, bare], strict=True))}
        goals = compare_answers([kind for new in kinds for kind in (new, new.again())], rounds, seconds, **both)
        goals += compare_streams(kinds[2], rounds, **both)
        memory = resident_megabytes(ours.pid)
    times = start_times(kinds[0], starts)
    start = statistics.median(times)
    print(f"start to first answer: {start:.2f} s, {min(times):.2f} s at best of {starts}")
    print(f"memory after load: {memory:.0f} MB\n")
    goals += [
        (start <= START, f"seconds from start to first answer: {start:.2f} (at most {START:g})"),
        (0 < memory < MEMORY, f"MB resident after load: {memory:.0f} (under {MEMORY})"),
    ]
    for met, sentence in goals:
        print(f"{'met   ' if met else 'MISSED'}  {sentence}")


def main() -> None:
    """The three roles of this file."""
    parser = argparse.ArgumentParser(description="Speed of the emulator against a bare ASGI app.")
    parser.add_argument("role", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=4, help="measured rounds of each workload (4)")
    parser.add_argument("--seconds", type=float, default=1.5, help="length of a round (1.5)")
    parser.add_argument("--starts", type=int, default=7, help="processes started to time the first answer (7)")
    given = parser.parse_args()
    match given.role:
        case ["load"]:
            generate()
        case ["bare", port, answers]:
            bare(int(port), Path(answers))
        case _:
            measure(given.rounds, given.seconds, given.starts)


if __name__ == "__main__":
    main()
