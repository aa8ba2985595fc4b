"""The last touch to ``/openapi.json``: what FastAPI adds to imitated routes or cannot know of them."""

from __future__ import annotations

from typing import Any

OURS = "/_mock"
CREDENTIALS = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API token; the seeded ones are in accounts.json."}
}
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]  # of a route that wants a token


def settle(document: dict[str, Any]) -> None:
    """Take the 422 in FastAPI's words from imitated routes, which never give it, and describe the credentials."""
    for path, operations in document["paths"].items():
        if path.startswith(OURS):
            continue
        for operation in operations.values():
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    document.setdefault("components", {})["securitySchemes"] = CREDENTIALS
