"""A server of HTTP, HTTPS and a forward proxy, as the command line starts it, with an authority of its own."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

ROOT = Path(__file__).parent.parent
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("WORKERS_AI_MOCK_")}


class Served(NamedTuple):
    """A running server, its ports, and the certificate to trust."""

    process: subprocess.Popen[str]
    greeting: str
    http: int
    https: int
    proxy: int
    ca: Path

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))

    @property
    def by_proxy(self) -> httpx.Client:
        return httpx.Client(verify=self.trust, proxy=f"http://127.0.0.1:{self.proxy}", trust_env=False)


@contextmanager
def serving(place: Path, *words: str) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        proxy = probe.getsockname()[1]
    command = [sys.executable, "-m", "mock_server", "serve", "--port", "0", "--tls", "on", "--tls-port", "0"]
    command += ["--ca", str(place), "--proxy-port", str(proxy), "--log", "off", "--agreements", "given", *words]
    process = subprocess.Popen(command, cwd=ROOT, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert process.stderr
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "curl" in line:
                break
        greeting = "".join(lines)
        http, https = re.search(r"http://127\.0\.0\.1:(\d+)", greeting), re.search(r"HTTPS +port (\d+)", greeting)
        assert http, process.stderr.read()
        assert https, greeting
        yield Served(process, greeting, int(http[1]), int(https[1]), proxy, place / "ca.pem")
    finally:
        process.kill()
        process.communicate()
