"""What was used: requests, tokens and neurons by account and model, since the server started."""

from __future__ import annotations

from dataclasses import dataclass

from mock_server.exchange import Usage


@dataclass(slots=True)
class Line:
    """Totals of one model on one account."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    neurons: float = 0.0


class Ledger:
    """Totals by account, then by model name."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, Line]] = {}

    def enter(self, account: str, model: str, bill: Usage) -> None:
        lines = self._lines.setdefault(account, {})
        line = lines.get(model)
        if line is None:
            line = lines[model] = Line()
        line.requests += 1
        line.neurons += bill.neurons
        if bill.tokens is not None:
            line.prompt_tokens += bill.tokens.prompt
            line.completion_tokens += bill.tokens.completion

    def of(self, account: str) -> dict[str, Line]:
        """Lines by model name; empty for an account that asked nothing."""
        return self._lines.get(account, {})
