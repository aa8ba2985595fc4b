"""A program with Cloudflare's address built in, which knows of no emulator; argv: library, account, token."""

import importlib
import sys

library, account, token = sys.argv[1:]
response = importlib.import_module(library).post(
    f"https://api.cloudflare.com/client/v4/accounts/{account}/ai/run/@cf/meta/llama-3.1-8b-instruct-fp8",
    json={"prompt": "Say hello"},
    headers={"Authorization": f"Bearer {token}"},
    timeout=30,
)
sys.stdout.write(response.json()["result"]["response"])
