import socket
from urllib.parse import urlsplit

import pytest
from harness import ACCOUNT, TOKEN

OFFER = "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk\r\nUpgrade: h2c\r\n"


@pytest.mark.parametrize("offer", [OFFER, OFFER.lower(), ""])
def test_an_offer_of_http_2_is_not_taken_and_costs_no_body(base_url: str, offer: str) -> None:
    server = urlsplit(base_url)
    body = '{"prompt": "Upgrade: h2c\\r\\n"}'
    path = f"{server.path}/accounts/{ACCOUNT}/ai/run/@cf/meta/llama-3.2-3b-instruct"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{offer}"
    request = f"{head}Authorization: Bearer {TOKEN}\r\n\r\n{body}".encode()
    with socket.create_connection((server.hostname, server.port or 0), timeout=10) as connection:
        for _ in range(2):  # the connection stays as it was
            connection.sendall(request)
            assert connection.recv(100_000).startswith(b"HTTP/1.1 200 OK\r\n")
