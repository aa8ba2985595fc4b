"""Stubs: answers that a tester gives while the server runs, and the fixtures beside them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from mock_server.api.control import asking
from mock_server.api.serving import Serving
from mock_server.errors import MockError
from mock_server.matching import BadMatch
from mock_server.stubs import Stub

IDS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}", re.ASCII).fullmatch
OF_THE_ADDED = "Whose stubs; without it, everybody's."

EXAMPLES: dict[str, Any] = {
    "what a model says": {
        "match": {"task": "Text Generation", "last.content": {"contains": "weather"}},
        "reply": {"text": "Sunny."},
    },
    "busy twice, then an answer": {
        "match": {"task": "Text Generation"},
        "reply": [{"error": 3040}, {"error": 3040}, {"text": "Here I am."}],
    },
    "a tool call, and what follows it": {
        "stubs": [
            {"match": {"last.role": "tool"}, "reply": {"text": "It is {{last.content}}."}, "template": True},
            {
                "match": {"inputs.tools": {"present": True}},
                "reply": {"tool_calls": [{"name": "get_weather", "arguments": {"city": "Lisbon"}}]},
            },
        ]
    },
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "No such stub"}}


def router(serving: Serving) -> APIRouter:
    """The routes of stubs."""
    routes = APIRouter()
    stubs = serving.pipeline.stubs

    @routes.post(
        "/stubs",
        status_code=201,
        summary="Give one stub or several",
        responses=asking.REFUSED,
        openapi_extra=asking.body(EXAMPLES),
    )
    async def given(
        request: Request,
        account: Annotated[str | None, Query(description="Whom they answer; without it, every account.")] = None,
    ) -> Response:
        """A stub is a match and a reply, as in a fixture file, and perhaps an `id`; one of the same id and account is
        replaced. Of several (`stubs`, a list) the first goes first, and all go before those given earlier."""
        asking.check_account(account)
        document = await asking.json_object(request)
        several = "stubs" in document
        try:
            added = stubs.add(account, _several(document) if several else [_named(document, "/0")])
        except BadMatch as error:
            error.pointer = f"/stubs{error.pointer}" if several else error.pointer.removeprefix("/0")
            raise asking.refused(error) from None
        told = [{"id": stub.id, "account": stub.account} for stub in added]
        return _json({"stubs": told} if several else told[0], 201)

    @routes.get("/stubs", summary="Stubs and fixtures, in the order in which they are asked")
    async def listed(
        account: Annotated[str | None, Query(description="Those that may answer this account.")] = None,
        origin: Annotated[Literal["own", "file"] | None, Query(description="Given here, or fixtures.")] = None,
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    ) -> Response:
        """With `broken`: fixture files that cannot be understood at the moment; what they said before still holds.

        Priorities are shown, not sorted by: a higher one goes before everything of a lower one. Fixtures are looked at
        anew before the answer.
        """
        asking.check_account(account)
        found = [stub for stub in stubs.listed(account) if origin in (None, "file" if stub.file else "own")]
        broken = [{"file": str(one.file), "pointer": one.pointer, "message": one.message} for one in stubs.broken]
        shown = [_shown(stub, stubs.answered(stub, account)) for stub in found[offset : offset + limit]]
        return _json({"total": len(found), "stubs": shown, "broken": broken})

    @routes.get("/stubs/{name:path}", summary="One stub", responses=NOT_FOUND)
    async def one(name: str, account: Annotated[str | None, Query(description=OF_THE_ADDED)] = None) -> Response:
        asking.check_account(account)
        for stub in stubs.listed(account):
            if stub.id == name:
                return _json(_shown(stub, stubs.answered(stub, account)))
        raise MockError(f"there is no stub {name!r}; GET /_mock/stubs lists them", status=404)

    @routes.delete("/stubs", summary="Drop the stubs that were given")
    async def dropped(account: Annotated[str | None, Query(description=OF_THE_ADDED)] = None) -> Response:
        asking.check_account(account)
        return _json({"account": account, "dropped": stubs.remove(account)})

    @routes.delete("/stubs/{name:path}", summary="Drop one stub that was given", responses=NOT_FOUND)
    async def dropped_one(
        name: str, account: Annotated[str | None, Query(description=OF_THE_ADDED)] = None
    ) -> Response:
        asking.check_account(account)
        number = stubs.remove(account, name)
        if not number:
            raise MockError(f"no stub {name!r} was given here; fixtures are dropped by removing their file", status=404)
        return _json({"account": account, "dropped": number})

    return routes


def _several(document: dict[str, Any]) -> list[tuple[str | None, Any]]:
    listed = document["stubs"]
    if len(document) > 1 or not isinstance(listed, list):
        raise BadMatch("", "accepted: a list of stubs, with nothing beside it")
    return [_named(item, f"/{index}") for index, item in enumerate(listed)]


def _named(document: Any, pointer: str) -> tuple[str | None, Any]:
    """A stub's id, None where it has none, and the stub without it."""
    if not isinstance(document, dict) or "id" not in document:
        return None, document
    name = document["id"]
    if not isinstance(name, str) or not IDS(name) or name == "responder":
        raise BadMatch(f"{pointer}/id", f"{name!r}; accepted: up to 100 of A-Z a-z 0-9 . _ - /, but not responder")
    return name, {key: value for key, value in document.items() if key != "id"}


def _shown(stub: Stub, answered: int) -> dict[str, Any]:
    origin = {"origin": "file", "file": str(stub.file)} if stub.file else {"origin": "own", "account": stub.account}
    return {"id": stub.id, **origin, "answered": answered, **stub.document}


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
