"""``POST /graphql``: the usage of Workers AI, as the dataset ``aiInferenceAdaptiveGroups`` tells it.

Names of fields and the words of refusals are those that public clients and reports show; all of them come with status
200 and ``data: null``. Other datasets are not there. What this emulator does not tally (audio seconds, tiles ...) is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from time import gmtime, strftime
from typing import Any, NamedTuple

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from mock_server import auth, errors
from mock_server.accounts import READ, Key, Token
from mock_server.analytics import Kind, Tally
from mock_server.api import queries, reading, writing
from mock_server.api.documentation.refusing import MANAGING, refusals
from mock_server.api.documentation.settling import SECURITY
from mock_server.api.entrance import identify
from mock_server.api.queries import Field, Unreadable
from mock_server.api.serving import Serving
from mock_server.exchange import json_of
from mock_server.pipeline import Pipeline

DATASET = "aiInferenceAdaptiveGroups"
TYPE = "AccountAiInferenceAdaptiveGroups"
ANALYTICS = "Account Analytics Read"
MOST = 10_000  # rows
HINT = f"of the datasets this emulator has {DATASET} alone"
# Lengths in seconds of what a dimension of time is cut to.
SPANS = {
    "datetime": 1, "datetimeMinute": 60, "datetimeFiveMinutes": 300, "datetimeFifteenMinutes": 900,
    "datetimeHour": 3600,
}  # fmt: skip
DIMENSIONS = ("date", *SPANS, "modelId", "errorCode")
SUMS: dict[str, Callable[[Tally], float]] = {
    "totalNeurons": lambda tally: tally.neurons,
    "totalInputTokens": lambda tally: tally.prompt_tokens,
    "totalOutputTokens": lambda tally: tally.completion_tokens,
    "totalInferenceTimeMs": lambda tally: round(tally.milliseconds),
}
UNTALLIED = frozenset(
    "totalAudioSeconds totalCostMetricValue1 totalCostMetricValue2 totalInferenceSteps totalInputLength "
    "totalProcessedPixels totalProcessedTiles totalRequestBytesIn totalRequestBytesOut totalTiles".split()
)
ORDERS = frozenset({"count", *DIMENSIONS, *(f"sum_{name}" for name in (*SUMS, *UNTALLIED))})
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "": lambda found, wanted: bool(found == wanted),
    "neq": lambda found, wanted: bool(found != wanted),
    "gt": lambda found, wanted: bool(found > wanted),
    "geq": lambda found, wanted: bool(found >= wanted),
    "lt": lambda found, wanted: bool(found < wanted),
    "leq": lambda found, wanted: bool(found <= wanted),
    "in": lambda found, wanted: found in wanted,
    "notin": lambda found, wanted: found not in wanted,
    "like": lambda found, wanted: fnmatchcase(str(found), _pattern(wanted)),
    "notlike": lambda found, wanted: not fnmatchcase(str(found), _pattern(wanted)),
}


class Refusal(Exception):
    """A query that is not answered: the message of its error; path: of the field. code: as in `extensions`."""

    def __init__(self, message: str, path: tuple[str, ...] | None = None, code: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.code = code
        self.hint = hint


class Test(NamedTuple):
    """A condition of a filter; values are as ``_comparable`` makes them."""

    dimension: str
    operator: str
    value: Any


def router(serving: Serving) -> APIRouter:
    """The route, without a prefix."""
    routes = APIRouter(tags=["Identity"])
    pipeline = serving.pipeline

    @routes.post(
        "/graphql",
        summary="Query the usage of Workers AI",
        response_model=None,
        responses=refusals(MANAGING | {"body too large": (errors.TOO_LARGE, {})}),
        openapi_extra={"requestBody": _request_body(), "security": SECURITY},
    )
    async def graphql(request: Request) -> Response:
        """`aiInferenceAdaptiveGroups` of accounts: `count`, `sum` and `dimensions`, with `filter`, `orderBy`, `limit`.

        Answers 200 whenever there is a query; what is wrong with it stands in `errors`. The token needs Account
        Analytics Read, or a permission of Workers AI.
        """
        credential = identify(pipeline, request, auth.MANAGING)
        body = await reading.body_of(request.receive, serving.settings.max_body_bytes)
        return _answer(pipeline, credential, body)

    return routes


def _answer(pipeline: Pipeline, credential: Token | Key | None, body: bytes) -> Response:
    status, hint, told = 200, "", b""
    try:
        document = json_of(body)
        query, variables = document["query"], document.get("variables")
        if not isinstance(query, str):
            raise TypeError
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        status, told = 400, _errors(pipeline, Refusal("the body must be JSON with a query"))
    else:
        operation = document.get("operationName")
        try:
            fields = queries.read(
                query,
                variables if isinstance(variables, dict) else {},
                operation if isinstance(operation, str) else None,
            )
            told = b'{"data":' + orjson.dumps(_root(pipeline, credential, fields)) + b',"errors":null}'
        except Unreadable as error:
            told = _errors(pipeline, Refusal(str(error)))
        except Refusal as refusal:
            hint, told = refusal.hint, _errors(pipeline, refusal)
    response = Response(told, status)
    response.raw_headers += [writing.JSON, writing.ray()]
    if hint:
        response.raw_headers.append((b"x-mock-hint", writing.header_safe(hint)))
    return response


def _errors(pipeline: Pipeline, refusal: Refusal) -> bytes:
    extensions = {"timestamp": strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(pipeline.clock.now()))}
    if refusal.code:
        extensions["code"] = refusal.code
    error = {"message": str(refusal), "path": refusal.path, "extensions": extensions}
    return orjson.dumps({"data": None, "errors": [error]})


# --- from the root to the rows ----------------------------------------------------------------------------------------
def _root(pipeline: Pipeline, credential: Token | Key | None, fields: tuple[Field, ...]) -> dict[str, Any]:
    def viewer(field: Field) -> dict[str, Any]:
        return _object("viewer", field, {"accounts": lambda inner: _accounts(pipeline, credential, inner)})

    return _object("Query", Field("", "", {}, fields), {"viewer": viewer})


def _object(type_: str, field: Field, known: Mapping[str, Callable[[Field], Any]]) -> dict[str, Any]:
    """What the fields inside `field` are, by those that an object of a type has."""
    if field.fields is None:
        raise Refusal("object field must have selections")
    found = {}
    for inner in field.fields:
        if inner.name == "__typename":
            found[inner.key] = type_
        elif inner.name in known:
            found[inner.key] = known[inner.name](inner)
        else:
            raise Refusal(f'unknown field "{inner.name}"', hint=HINT)
    return found


def _scalar(value: Any) -> Callable[[Field], Any]:
    def told(field: Field) -> Any:
        if field.fields is not None:
            raise Refusal(f'scalar field "{field.name}" must have no selection')
        return value

    return told


def _accounts(pipeline: Pipeline, credential: Token | Key | None, field: Field) -> list[dict[str, Any]]:
    wanted = field.arguments.get("filter")
    if not isinstance(wanted, dict) or not wanted.keys() <= {"accountTag", "accountTag_in"}:
        raise Refusal(_wrong("accounts", "filter", "accountTag is needed, and nothing else"))
    tags = wanted.get("accountTag_in", [wanted.get("accountTag")])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Refusal(_wrong("accounts", "filter", "accountTag is not a string"))
    for place, tag in enumerate(tags):
        # One report has it that a token for Workers AI is enough, others that it is not: then nobody is kept out.
        permitted = auth.may(credential, ANALYTICS) or auth.may(credential, READ)
        if not permitted or (credential is not None and tag not in credential.accounts):
            path = ("viewer", "accounts", str(place), DATASET)
            hint = f"the token needs {ANALYTICS} or {READ} on that account"
            raise Refusal("not authorized for that account", path, "authz", hint)

    def usage(tag: str) -> Callable[[Field], Any]:
        return lambda inner: list(_rows(list(pipeline.analytics.of(tag)), inner))

    return [_object("account", field, {"accountTag": _scalar(tag), DATASET: usage(tag)}) for tag in tags]


def _rows(tallies: list[tuple[Kind, Tally]], field: Field) -> Iterator[dict[str, Any]]:
    arguments = field.arguments
    if unknown := arguments.keys() - {"filter", "limit", "orderBy"}:
        raise Refusal(_wrong(DATASET, f"unknown arg {min(unknown)}"))
    limit = arguments.get("limit", MOST)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise Refusal(_wrong(DATASET, "limit", "not a number"))
    accepts = _accepting(arguments.get("filter", {}))
    dimensions = sorted(_named(field, "dimensions") & set(DIMENSIONS))
    groups: dict[tuple[Any, ...], Tally] = {}
    for kind, tally in tallies:
        if accepts(kind):
            key = tuple(_dimension(kind, name) for name in dimensions)
            _add(groups.setdefault(key, Tally()), tally)
    rows = [(dict(zip(dimensions, key, strict=True)), tally) for key, tally in groups.items()]
    orders = arguments.get("orderBy", [])
    for order in reversed(orders if isinstance(orders, list) else [orders]):
        name, _, direction = str(order).rpartition("_")
        if direction not in ("ASC", "DESC") or name not in ORDERS:
            raise Refusal(_wrong(DATASET, "orderBy", f"unknown arg {order}"))
        rows.sort(key=_ranking(name), reverse=direction == "DESC")
    if not rows[:limit]:
        _row({}, Tally(), field, dry=True)
    for told, tally in rows[: min(limit, MOST)]:
        yield _row(told, tally, field)


def _row(dimensions: Mapping[str, Any], tally: Tally, field: Field, *, dry: bool = False) -> dict[str, Any]:
    """A row as it was asked for. dry: only to see whether it can be, where there is none."""
    shown = dict.fromkeys(DIMENSIONS) if dry else dimensions
    sums: dict[str, float] = {name: of(tally) for name, of in SUMS.items()} | dict.fromkeys(UNTALLIED, 0)
    scalars = {
        "dimensions": {name: _scalar(value) for name, value in shown.items()},
        "sum": {name: _scalar(value) for name, value in sums.items()},
    }
    known: dict[str, Callable[[Field], Any]] = {
        "count": _scalar(tally.requests),
        "dimensions": lambda inner: _object(f"{TYPE}Dimensions", inner, scalars["dimensions"]),
        "sum": lambda inner: _object(f"{TYPE}Sum", inner, scalars["sum"]),
    }
    return _object(TYPE, field, known)


def _named(field: Field, name: str) -> set[str]:
    """The names of the fields inside those of a name."""
    return {deep.name for inner in field.fields or () if inner.name == name for deep in inner.fields or ()}


def _add(total: Tally, tally: Tally) -> None:
    total.requests += tally.requests
    total.neurons += tally.neurons
    total.prompt_tokens += tally.prompt_tokens
    total.completion_tokens += tally.completion_tokens
    total.milliseconds += tally.milliseconds


def _ranking(name: str) -> Callable[[tuple[dict[str, Any], Tally]], Any]:
    """What rows are sorted by."""
    if name == "count":
        return lambda row: row[1].requests
    if name in DIMENSIONS:
        return lambda row: row[0].get(name, 0)  # one that is not shown orders nothing
    told = SUMS.get(name.removeprefix("sum_"))
    return lambda row: told(row[1]) if told else 0


def _dimension(kind: Kind, name: str) -> Any:
    if name == "modelId":
        return kind.model
    if name == "errorCode":
        return kind.error
    if name == "date":
        return strftime("%Y-%m-%d", gmtime(kind.second))
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(kind.second - kind.second % SPANS[name]))


# --- filters ----------------------------------------------------------------------------------------------------------
def _accepting(wanted: Any) -> Callable[[Kind], bool]:
    """Whether a kind of requests is as a filter wants it; Refusal for a filter that is none."""
    if not isinstance(wanted, dict):
        raise Refusal(_wrong(DATASET, "filter", "not an object"))
    tests, alternatives = [], []
    for name, value in wanted.items():
        if name in ("AND", "OR"):
            inner = [_accepting(item) for item in (value if isinstance(value, list) else [value])]
            alternatives.append((all if name == "AND" else any, inner))
            continue
        dimension, _, operator = name.partition("_")
        if dimension not in DIMENSIONS or operator not in OPERATORS:
            raise Refusal(_wrong(DATASET, "filter", f"unknown arg {name}"))
        if operator in ("in", "notin"):
            items = value if isinstance(value, list) else [value]
            tests.append(Test(dimension, operator, [_comparable(name, dimension, item) for item in items]))
        else:
            tests.append(Test(dimension, operator, _comparable(name, dimension, value)))

    def accepts(kind: Kind) -> bool:
        return all(OPERATORS[test.operator](_found(kind, test.dimension), test.value) for test in tests) and all(
            whether(inner(kind) for inner in several) for whether, several in alternatives
        )

    return accepts


def _found(kind: Kind, dimension: str) -> Any:
    """A dimension as it is compared: moments in seconds since the epoch."""
    span = SPANS.get(dimension)
    return _dimension(kind, dimension) if span is None else kind.second - kind.second % span


def _comparable(name: str, dimension: str, value: Any) -> Any:
    if dimension == "errorCode":
        if not isinstance(value, int):
            raise Refusal(_wrong(DATASET, "filter", name, "not a number"))
        return value
    if not isinstance(value, str):
        raise Refusal(_wrong(DATASET, "filter", name, "not a string"))
    try:
        if dimension == "date":
            return date.fromisoformat(value).isoformat()
        if dimension in SPANS:
            moment = datetime.fromisoformat(value)
            return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        # The words about dates were reported; those about times follow them.
        form = "date format should be '2006-01-02'" if dimension == "date" else "time format should be RFC3339"
        raise Refusal(_wrong(DATASET, "filter", name, form)) from None
    return value


def _pattern(like: Any) -> str:
    """A pattern of SQL's LIKE as one of the shell's."""
    escaped = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(like))
    return escaped.replace("%", "*").replace("_", "?")


def _wrong(field: str, *steps: str) -> str:
    return f'error parsing args for "{field}": {": ".join(steps)}'


def _request_body() -> dict[str, Any]:
    query = (
        "query($account: string!, $day: Date!) {viewer {accounts(filter: {accountTag: $account}) "
        "{aiInferenceAdaptiveGroups(limit: 100, filter: {date_geq: $day}) "
        "{count sum {totalNeurons} dimensions {date modelId}}}}}"
    )
    variables = {"account": "023e105f4ecef8ad9ca31a8372d0c353", "day": "2026-01-01"}
    schema = {
        "type": "object",
        "required": ["query"],
        "properties": {
            "query": {"type": "string"},
            "variables": {"type": "object"},
            "operationName": {"type": "string"},
        },
    }
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "example": {"query": query, "variables": variables}}},
    }
