# noqa: INP001 - a program
"""A client as a project has one: Cloudflare's address is its default, the environment may say another."""

import json
import os
import urllib.request

BASE = os.environ.get("CLOUDFLARE_BASE_URL", "https://api.cloudflare.com/client/v4")
MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8"

request = urllib.request.Request(  # noqa: S310 - the address is the one above
    f"{BASE}/accounts/{os.environ['CLOUDFLARE_ACCOUNT_ID']}/ai/run/{MODEL}",
    data=json.dumps({"prompt": "Say hello"}).encode(),
    headers={"Authorization": f"Bearer {os.environ['CLOUDFLARE_API_TOKEN']}"},
)
with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
    answer = json.load(response)
assert answer["success"] is True, answer
print(f"{request.host}: {answer['result']['response']}")  # noqa: T201
