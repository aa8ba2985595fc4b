"""Stubs from JSON: a match, what is answered, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mock_server.matching import BadMatch, Match, compile_match
from mock_server.stubs import replies
from mock_server.stubs.replies import Prepared

FIELDS = ("about", "match", "priority", "recorded", "reply", "times", *replies.AROUND)


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: turns are counted by it
class Stub:
    """One rule. replies: given in turn, the last one repeating. times: how often it answers an account, None for ever.

    account: whose it is; None for a fixture and for one that is everybody's. file: of a fixture. The document's
    `recorded` says what was asked and when (see ``recorder``); the parts of such a reply come at once unless the pacing
    is ``recorded``.
    """

    id: str
    match: Match
    replies: tuple[Prepared, ...]
    priority: int
    times: int | None
    document: Mapping[str, Any]
    account: str | None = None
    file: Path | None = None

    @property
    def is_settled(self) -> bool:
        """Whether a call for which it does not speak is one for which it never does."""
        return self.match.is_settled and self.times is None


def read(
    document: Any, name: str, folder: Path | None = None, *, account: str | None = None, file: Path | None = None
) -> Stub:
    """A stub from its JSON. folder: where its files are. BadMatch says where and what is wrong, what is accepted."""
    replies.known(document, FIELDS, "")
    for field in ("match", "reply"):
        if field not in document:
            raise BadMatch("", f"the field {field} is missing")
    priority, times = document.get("priority", 0), document.get("times")
    if type(priority) is not int:
        raise BadMatch("/priority", f"{priority!r}; accepted: a whole number")
    if "times" in document and (type(times) is not int or times < 1):
        raise BadMatch("/times", f"{times!r}; accepted: a whole number from 1")
    try:
        match = compile_match(document["match"], counted=True)
    except BadMatch as error:
        raise BadMatch(f"/match{error.pointer}", str(error)) from None
    outer = replies.around(document, "", replies.Around(recorded="recorded" in document))
    reply = document["reply"]
    if isinstance(reply, list):
        if not reply:
            raise BadMatch("/reply", "an empty list; accepted: a reply or a list of them")
        made = tuple(replies.read(item, f"/reply/{index}", folder, outer) for index, item in enumerate(reply))
    else:
        made = (replies.read(reply, "/reply", folder, outer),)
    return Stub(name, match, made, priority, times, document, account, file)
