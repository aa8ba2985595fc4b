"""What clients did after trouble, and the table of advice."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query

from mock_server import verdicts
from mock_server.advice import ADVICE, WARNINGS
from mock_server.api.control.asking import Account, check_account
from mock_server.api.serving import Serving
from mock_server.clock import DURATION, duration
from mock_server.errors import MockError


def router(serving: Serving) -> APIRouter:
    """The routes of verdict and advice."""
    routes = APIRouter()
    pipeline = serving.pipeline

    @routes.get("/verdict", summary="What clients did after trouble")
    async def judged(
        account: Account = None,
        patience: Annotated[str, Query(description=f"How long a client may wait for nothing: {DURATION}.")] = "10s",
    ) -> dict[str, Any]:
        """Findings about the requests that the journal keeps and those that wait on purpose; `ids` says what each id
        means. Without an error or a warning among them, the client is `resilient`."""
        check_account(account)
        try:
            seconds = duration(patience)
        except ValueError:
            raise MockError(f"patience: {patience!r}; accepted: {DURATION}", status=422) from None
        entries = [*pipeline.journal, *pipeline.held.values()]
        found = verdicts.of((entry for entry in entries if account in (None, entry.account)), patience=seconds)
        return {
            "resilient": all(finding.severity == "info" for finding in found),
            "findings": [finding.json() for finding in found],
            "ids": verdicts.FINDINGS,
        }

    @routes.get("/advice", summary="Every piece of advice, and how often it was given")
    async def advised(account: Account = None) -> dict[str, Any]:
        check_account(account)
        given = Counter(name for entry in pipeline.journal if account in (None, entry.account) for name in entry.advice)
        return {
            "advice": [
                {
                    "id": name,
                    "severity": "warning" if name in WARNINGS else "note",
                    "sentence": sentence,
                    "given": given[name],
                }
                for name, sentence in ADVICE.items()
            ]
        }

    return routes
