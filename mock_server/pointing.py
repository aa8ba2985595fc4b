"""The environment variables that point the usual clients at an emulator."""

from __future__ import annotations


def variables(url: str, account: str, token: str) -> dict[str, str]:
    """By name, for the emulator whose root is `url` (no slash at the end), an account and a token that may use it."""
    base = f"{url}/client/v4"
    return {
        "CLOUDFLARE_BASE_URL": base,  # cloudflare for Python, TypeScript, Go
        "CLOUDFLARE_API_BASE_URL": base,  # wrangler
        "CLOUDFLARE_ACCOUNT_ID": account,
        "CLOUDFLARE_API_TOKEN": token,
        "OPENAI_BASE_URL": f"{base}/accounts/{account}/ai/v1",  # openai, and what is built on it
        "OPENAI_API_KEY": token,
        "CLOUDFLARE_API_BASE": f"{base}/accounts/{account}/ai/v1",  # LiteLLM
        "CF_ACCOUNT_ID": account,  # LangChain
        "CF_AI_API_TOKEN": token,
    }
