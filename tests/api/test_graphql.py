"""Usage as GraphQL tells it, asked as public clients ask."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator, Response

from mock_server.api import queries
from mock_server.api.queries import Unreadable

LLAMA, BGE = "@cf/meta/llama-3.2-3b-instruct", "@cf/baai/bge-m3"
PARSING = 'error parsing args for "aiInferenceAdaptiveGroups"'
MORNING, NEXT_DAY = "2026-11-21T09:17:43Z", "2026-11-22T00:00:05Z"


@pytest.fixture(scope="module")
def used() -> Emulator:
    """Two answers and a refusal on one day, an answer on the next."""
    emulator = Emulator()
    clock = emulator.app._serving.pipeline.clock  # type: ignore[attr-defined]
    clock.freeze()
    clock.set(MORNING)
    emulator.run(LLAMA, {"prompt": "Hello"})
    emulator.run(LLAMA, {"prompt": "Hello"})
    assert emulator.run(BGE, {"no": "text"}).status == 400
    clock.set(NEXT_DAY)
    emulator.run(BGE, {"text": "Hello"})
    return emulator


def ask(emulator: Emulator, query: Any, variables: Any = None, headers: dict[str, str] = BEARER) -> Response:
    return emulator.ask(
        "POST", "/client/v4/graphql", json.dumps({"query": query, "variables": variables}).encode(), headers
    )


def rows(emulator: Emulator, arguments: str, fields: str) -> Any:
    brackets = f"({arguments})" if arguments else ""
    dataset = f"aiInferenceAdaptiveGroups{brackets}{{{fields}}}"
    answer = ask(emulator, f'{{viewer{{accounts(filter:{{accountTag:"{ACCOUNT}"}}){{{dataset}}}}}}}')
    assert answer.status == 200
    assert answer.json["errors"] is None, answer.body
    return answer.json["data"]["viewer"]["accounts"][0]["aiInferenceAdaptiveGroups"]


def refused(emulator: Emulator, query: Any, **more: Any) -> Any:
    answer = ask(emulator, query, **more)
    assert answer.status == 200
    assert answer.json["data"] is None
    (error,) = answer.json["errors"]
    assert set(error) == {"message", "path", "extensions"}
    return error["message"]


def test_sums_are_those_of_the_answers(used: Emulator) -> None:
    usage = used.run(LLAMA, {"prompt": "Hello"}, account="e" * 32, headers={"authorization": "Bearer " + "x" * 40})
    spent = usage.result["usage"]
    (llama,) = rows(used, f'filter:{{modelId:"{LLAMA}"}}', "count sum{totalNeurons totalInputTokens totalOutputTokens}")
    assert llama["count"] == 2
    assert llama["sum"]["totalInputTokens"] == 2 * spent["prompt_tokens"]
    assert llama["sum"]["totalOutputTokens"] == 2 * spent["completion_tokens"]
    assert llama["sum"]["totalNeurons"] == pytest.approx(2 * spent["neurons"])


def test_rows_are_grouped_by_the_dimensions_that_are_asked_for(used: Emulator) -> None:
    assert rows(used, "", "count") == [{"count": 4}]
    by_day = rows(used, "orderBy:[date_DESC]", "count dimensions{date}")
    assert by_day == [
        {"count": 1, "dimensions": {"date": "2026-11-22"}},
        {"count": 3, "dimensions": {"date": "2026-11-21"}},
    ]
    by_error = rows(used, "orderBy:[count_ASC]", "count dimensions{errorCode modelId}")
    assert [(row["dimensions"]["errorCode"], row["count"]) for row in by_error] == [(5006, 1), (0, 1), (0, 2)]
    (first, *_) = rows(
        used, "orderBy:[datetime_ASC]", "dimensions{datetime datetimeMinute datetimeFifteenMinutes datetimeHour}"
    )
    assert first["dimensions"] == {
        "datetime": "2026-11-21T09:17:43Z",
        "datetimeMinute": "2026-11-21T09:17:00Z",
        "datetimeFifteenMinutes": "2026-11-21T09:15:00Z",
        "datetimeHour": "2026-11-21T09:00:00Z",
    }


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ('date:"2026-11-21"', 3),
        ('date_gt:"2026-11-21"', 1),
        ('date_geq:"2026-11-21",date_leq:"2026-11-22"', 4),
        ('datetime_geq:"2026-11-21T09:17:43.900Z"', 3 + 1),
        ('datetime_gt:"2026-11-21T09:17:43Z"', 1),
        ('datetime_lt:"2026-11-22T01:00:00+01:00"', 3),
        ('datetimeHour_geq:"2026-11-22T00:00:00Z"', 1),
        ('modelId_like:"%llama%"', 2),
        (f'modelId_in:["{BGE}"]', 2),
        ("errorCode:0", 3),
        ("errorCode_neq:0", 1),
        (f'AND:[{{modelId:"{BGE}"}},{{errorCode:0}}]', 1),
        (f'OR:[{{modelId:"{LLAMA}"}},{{errorCode:5006}}]', 3),
        ('date:"2020-01-01"', 0),
    ],
)
def test_filters_choose_what_is_counted(used: Emulator, condition: str, count: int) -> None:
    assert rows(used, f"filter:{{{condition}}}", "count") == ([{"count": count}] if count else [])


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (
            """query($a:String!,$s:Time){viewer{accounts(filter:{accountTag:$a}){
            aiInferenceAdaptiveGroups(limit:1,filter:{datetimeHour_geq:$s}){sum{totalNeurons}count}}}}""",
            {"a": ACCOUNT, "s": "2026-11-21T00:00:00.000Z"},
        ),
        (
            """query U($account: string!, $day: Date!) { # a comment
                viewer { accounts(filter: {accountTag: $account}) {
                    ai: aiInferenceAdaptiveGroups(limit: 10000, filter: {date: $day}) { sum { totalNeurons } }
                } }
            }""",
            {"account": ACCOUNT, "day": "2026-11-21"},
        ),
        (
            """query T($accountTag: string, $filter: filter) {viewer {accounts(filter: {accountTag: $accountTag}) {
                data: aiInferenceAdaptiveGroups(filter: {date_geq: $dateStart, date_leq: $dateEnd}, limit: 1) {
                    sum {neurons: totalNeurons __typename} __typename
                } __typename
            } __typename}}""",
            {"accountTag": ACCOUNT, "dateStart": "2026-11-21", "dateEnd": "2026-11-21"},
        ),
        (
            """query A($accountTag: string!, $filter: AccountAiInferenceAdaptiveGroupsFilter_InputObject!) {
                viewer {accounts(filter: {accountTag: $accountTag}) {
                    aiInferenceAdaptiveGroups(limit: 10000, filter: $filter) {
                        dimensions {modelId date} sum {totalNeurons totalProcessedTiles totalAudioSeconds} count
                    }
                }}
            }""",
            {"accountTag": ACCOUNT, "filter": {"date_geq": "2026-11-21"}},
        ),
        (
            """query($a: string) {viewer {accounts(filter: {accountTag: $a}) {...F}}}
            fragment F on account {
                aiInferenceAdaptiveGroups {... on X {count @include(if: true) sum @skip(if: true) {no}}}
            }""",
            {"a": ACCOUNT},
        ),
    ],
)
def test_queries_of_public_clients_are_answered(used: Emulator, query: str, variables: Any) -> None:
    answer = ask(used, query, variables)
    assert answer.json["errors"] is None, answer.body
    (account,) = answer.json["data"]["viewer"]["accounts"]
    (found,) = (value for value in account.values() if isinstance(value, list))
    assert found


def of_demo(inner: str) -> str:
    return f'{{viewer{{accounts(filter:{{accountTag:"{ACCOUNT}"}}){{{inner}}}}}}}'


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (of_demo("d1AnalyticsAdaptiveGroups{count}"), 'unknown field "d1AnalyticsAdaptiveGroups"'),
        (of_demo("aiInferenceAdaptiveGroups{sum{neurons}}"), 'unknown field "neurons"'),
        (of_demo('aiInferenceAdaptiveGroups(filter:{date:"2000-01-01"}){sum{neurons}}'), 'unknown field "neurons"'),
        (of_demo("aiInferenceAdaptiveGroups{dimensions{colour}}"), 'unknown field "colour"'),
        (of_demo("aiInferenceAdaptiveGroups"), "object field must have selections"),
        (of_demo("aiInferenceAdaptiveGroups{count{x}}"), 'scalar field "count" must have no selection'),
        (
            of_demo('aiInferenceAdaptiveGroups(filter:{date_leq:"today"}){count}'),
            f"{PARSING}: filter: date_leq: date format should be '2006-01-02'",
        ),
        (
            of_demo("aiInferenceAdaptiveGroups(filter:{colour:1}){count}"),
            f"{PARSING}: filter: unknown arg colour",
        ),
        (
            of_demo("aiInferenceAdaptiveGroups(limit:many){count}"),
            f"{PARSING}: limit: not a number",
        ),
        ("{zones{x}}", 'unknown field "zones"'),
        ("mutation{x}", 'unexpected "mutation": only queries are answered'),
        ("{viewer{", "unexpected end of the query"),
        ("{a" * 10_000, "the query is nested too deeply"),
        (f"{{viewer(a:{'[' * 10_000}", "the query is nested too deeply"),
        ("{...A} fragment A on X {...A}", "the query is nested too deeply"),
        (f"{{a(b:{'9' * 5000})}}", "not a number that can be read"),
        (
            "{...F0}"
            + "".join(f"fragment F{n} on X{{...F{n + 1} ...F{n + 1}}}" for n in range(40))
            + "fragment F40 on X{a}",
            "the query is too long",
        ),
        ("", "no query"),
    ],
)
def test_what_cannot_be_answered_is_an_error_as_graphql_has_them(used: Emulator, query: str, message: str) -> None:
    assert refused(used, query) == message


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{}", b'{"query":3}', b"not json", b"\xff"])
def test_a_body_without_a_query_is_refused(used: Emulator, body: bytes) -> None:
    answer = used.ask("POST", "/graphql", body, BEARER)
    assert (answer.status, answer.json["data"]) == (400, None)


@pytest.mark.parametrize(
    ("token", "permitted"),
    [
        ("mock-token-workers-ai-read-0000000000000", True),
        ("mock-token-for-wrangler-0000000000000000", True),
        ("mock-token-no-workers-ai-permission-0000", False),
        ("mock-token-of-another-account-0000000000", False),
        ("x" * 40, True),
    ],
)
def test_usage_is_told_to_those_who_may_see_it(used: Emulator, token: str, permitted: bool) -> None:
    query, headers = of_demo("aiInferenceAdaptiveGroups{count}"), {"authorization": f"Bearer {token}"}
    if permitted:
        assert ask(used, query, headers=headers).json["errors"] is None
    else:
        assert refused(used, query, headers=headers) == "not authorized for that account"


def test_nobody_is_told_nothing(used: Emulator) -> None:
    assert ask(used, of_demo("accountTag"), headers={}).error[:2] == (400, 9106)


def test_usage_is_forgotten_by_account(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator()
    emulator.run(LLAMA, {"prompt": "Hello"})
    emulator.app._serving.pipeline.forget(ACCOUNT)  # type: ignore[attr-defined]
    assert rows(emulator, "", "count") == []


def test_the_oldest_tallies_make_room(monkeypatch: pytest.MonkeyPatch, make_emulator: Callable[..., Emulator]) -> None:
    monkeypatch.setattr("mock_server.analytics.MOST", 2)
    emulator = make_emulator()
    clock = emulator.app._serving.pipeline.clock  # type: ignore[attr-defined]
    clock.freeze()
    for second in range(5):
        clock.set(datetime(2026, 11, 21, 0, 0, second, tzinfo=UTC).timestamp())
        emulator.run(BGE, {"text": "Hello"})
    found = rows(emulator, "orderBy:datetime_ASC", "dimensions{datetime}")
    assert [row["dimensions"]["datetime"][-3:] for row in found] == ["03Z", "04Z"]


def test_nothing_is_tallied_of_what_reached_no_model(make_emulator: Callable[..., Emulator]) -> None:
    emulator = make_emulator()
    assert emulator.run("@cf/no/such", {"prompt": "Hello"}).status == 400
    assert emulator.run(LLAMA, {"prompt": "Hello"}, headers={"authorization": "Bearer junk"}).status == 400
    assert rows(emulator, "", "count") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a\\"b\\u00e9"', 'a"bé'),
        ('"""two\nlines"""', "two\nlines"),
        ("-3", -3),
        ("1.5e2", 150.0),
        ("true", True),
        ("WORD", "WORD"),
        ("[1, [2], {a: $v}]", [1, [2], {"a": "filled"}]),
    ],
)
def test_values_are_read(text: str, value: Any) -> None:
    (field,) = queries.read(f"{{f(a: {text})}}", {"v": "filled"})
    assert field.arguments == {"a": value}


def test_an_operation_is_chosen_by_name() -> None:
    assert queries.read("query A {a} query B {b}", {}, "B")[0].name == "b"
    assert queries.read("query A {a} query B {b}", {})[0].name == "a"


@pytest.mark.parametrize("text", ["{a(b:)}", "{a:}", "{a(}", "{1}", "?", '{a(b:"\\q")}', "{...X}", "query {}", "{a}}"])
def test_what_is_no_query_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        queries.read(text, {})
