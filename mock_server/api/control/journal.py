"""What was asked and answered: the journal, whole and live, and the verification of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from fnmatch import fnmatchcase
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from mock_server import verification
from mock_server.api.control import asking
from mock_server.api.serving import Serving
from mock_server.errors import MockError
from mock_server.journal import Entry, summary, whole
from mock_server.matching import BadMatch

WAITING = 1000  # entries that a slow listener may be behind; older ones are left out
BEAT = 15.0  # seconds between comments on a stream without news, so that proxies keep it open

Account = Annotated[str | None, Query(description="Only of this account; without it, of all.")]

WANTED: dict[str, Any] = {
    "exactly two": {"match": {"task": "Text Generation"}, "count": 2},
    "at least one refusal": {"match": {}, "status": 429, "count": {"at_least": 1}},
    "in order": {
        "in_order": [
            {"match": {"inputs.messages.-1.role": "user"}},
            {"match": {"inputs.messages.-1.role": "tool"}},
        ]
    },
}
FIELDS = ("match", "status", "error", "count", "in_order")


def router(serving: Serving) -> APIRouter:
    """The routes of the journal."""
    routes = APIRouter()
    pipeline = serving.pipeline
    journal = pipeline.journal

    @routes.get("/journal", summary="The last requests, newest first")
    async def listed(
        account: Account = None,
        model: Annotated[str | None, Query(description="A glob.")] = None,
        task: str | None = None,
        surface: str | None = None,
        status: int | None = None,
        source: Annotated[str | None, Query(description="A glob: responder, or the id of a stub.")] = None,
        before: Annotated[int | None, Query(description="Only entries with a smaller id: the next page.")] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    ) -> dict[str, Any]:
        def fits(entry: Entry) -> bool:
            answered = entry.answer.source if entry.answer else ""
            return (
                account in (None, entry.account)
                and (model is None or fnmatchcase(entry.model, model))
                and (task is None or (entry.call is not None and entry.call.model.task == task))
                and surface in (None, entry.surface)
                and status in (None, entry.status)
                and (source is None or fnmatchcase(answered, source))
            )

        found = sorted((entry for entry in journal if fits(entry)), key=lambda entry: -entry.number)
        page = [entry for entry in found if before is None or entry.number < before][:limit]
        more = bool(page) and found[-1].number < page[-1].number
        entries = [summary(entry) for entry in page]
        return {"total": len(found), "entries": entries, "before": page[-1].number if more else None}

    @routes.get("/journal/events", summary="Every request from now on, as server-sent events")
    async def live(request: Request, account: Account = None) -> StreamingResponse:
        news: asyncio.Queue[Entry] = asyncio.Queue(WAITING)

        def listener(entry: Entry) -> None:
            if account in (None, entry.account):
                if news.full():
                    news.get_nowait()
                news.put_nowait(entry)

        async def events() -> AsyncIterator[bytes]:
            end = journal.listen(listener)
            try:
                yield b": listening\n\n"
                while True:
                    try:
                        entry = await asyncio.wait_for(news.get(), BEAT)
                    except TimeoutError:
                        yield b": still here\n\n"
                        continue
                    yield b"id: %d\nevent: request\ndata: " % entry.number + orjson.dumps(summary(entry)) + b"\n\n"
            finally:
                end()

        return StreamingResponse(events(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    @routes.get("/journal/{number}", summary="One request, with its headers, inputs and answer", responses=NOT_KEPT)
    async def one(number: int) -> Response:
        entry = journal.find(number)
        if entry is None:
            raise MockError(f"entry {number} is not in the journal; it keeps the last {journal.limit}", status=404)
        return Response(orjson.dumps(whole(entry), default=str), media_type="application/json")

    @routes.delete("/journal", summary="Forget the requests of an account, or all of them")
    async def forgotten(account: Account = None) -> dict[str, Any]:
        journal.forget(account)
        return {"account": account, "entries": len(journal)}

    @routes.post(
        "/verify",
        summary="Whether requests were sent, and how often or in which order",
        responses=asking.REFUSED,
        openapi_extra=asking.body(WANTED),
    )
    async def verified(request: Request, account: Account = None) -> Response:
        wanted = await asking.json_object(request)
        entries = [entry for entry in journal if entry.surface and account in (None, entry.account)]
        entries.sort(key=lambda entry: entry.number)
        try:
            found = _verify(entries, wanted)
        except BadMatch as error:
            raise asking.refused(error) from None
        return Response(orjson.dumps(found.json(), default=str), media_type="application/json")

    @routes.post("/reset", summary="Forget everything of an account, or of all of them")
    async def reset(account: Account = None) -> dict[str, Any]:
        pipeline.forget(account)
        return {"account": account}

    return routes


NOT_KEPT: dict[int | str, dict[str, Any]] = {404: {"description": "Not in the journal"}}


def _verify(entries: Iterable[Entry], document: dict[str, Any]) -> verification.Verdict:
    for name in document:
        if name not in FIELDS:
            raise BadMatch(f"/{name}", f"unknown field; accepted: {', '.join(FIELDS)}")
    steps = document.get("in_order")
    if steps is None:
        return verification.verify(
            entries, verification.read_wanted(document), verification.read_count(document.get("count"))
        )
    if len(document) > 1:
        raise BadMatch("/in_order", "in_order stands alone")
    if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
        raise BadMatch("/in_order", "accepted: a list of objects with match, status, error")
    wanted = [verification.read_wanted(step, f"/in_order/{index}") for index, step in enumerate(steps)]
    return verification.verify_order(entries, wanted)
