import json
from typing import Any
from urllib.parse import quote

import pytest
from harness import ACCOUNT, BEARER, TOKEN, Emulator, Response

MODEL = "@cf/meta/llama-3.2-1b-instruct"
PATH = f"/client/v4/accounts/{ACCOUNT}/ai-gateway/gateways"
NEW = {
    "id": "my-gateway",
    "cache_invalidate_on_update": True,
    "cache_ttl": None,
    "collect_logs": True,
    "rate_limiting_interval": 60,
    "rate_limiting_limit": 50,
}


def ask(emulator: Emulator, method: str, path: str = "", body: Any = None, token: str = TOKEN) -> Response:
    sent = b"" if body is None else json.dumps(body).encode()
    return emulator.ask(method, PATH + path, sent, {"authorization": f"Bearer {token}"})


def run(emulator: Emulator, prompt: str, **headers: str) -> Response:
    return emulator.run(MODEL, {"prompt": prompt}, {"cf-aig-gateway-id": "default"} | headers)


def test_a_gateway_is_made_read_changed_and_deleted(fresh: Emulator) -> None:
    made = ask(fresh, "POST", "", NEW).result
    assert {key: made[key] for key in NEW} == NEW
    assert made["created_at"] == made["modified_at"]
    assert made["created_at"].endswith("Z")
    assert ask(fresh, "GET", "/my-gateway").result == made
    settings = {key: value for key, value in NEW.items() if key != "id"}
    changed = ask(fresh, "PUT", "/my-gateway", settings | {"cache_ttl": 300, "authentication": True}).result
    assert (changed["cache_ttl"], changed["authentication"], changed["rate_limiting_limit"]) == (300, True, 50)
    assert ask(fresh, "DELETE", "/my-gateway").result["id"] == "my-gateway"
    assert ask(fresh, "GET", "/my-gateway").error == (404, 7002, "Not Found")


def test_the_default_gateway_is_listed_from_its_first_request_on(fresh: Emulator) -> None:
    assert ask(fresh, "GET").result == []
    run(fresh, "hi")
    (default,) = ask(fresh, "GET").result
    assert (default["id"], default["is_default"], default["authentication"]) == ("default", True, True)


def test_the_list_comes_in_pages_that_end(fresh: Emulator) -> None:
    for name in ("one", "two", "three"):
        ask(fresh, "POST", "", NEW | {"id": name})
    pages = [ask(fresh, "GET", f"?per_page=2&page={page}") for page in (1, 2, 3)]
    assert [[item["id"] for item in page.result] for page in pages] == [["one", "two"], ["three"], []]
    assert pages[1].json["result_info"] == {
        "page": 2, "per_page": 2, "count": 1, "total_count": 3, "total_pages": 2,
    }  # fmt: skip
    assert [item["id"] for item in ask(fresh, "GET", "?search=t").result] == ["two", "three"]


def problems(response: Response) -> list[tuple[str, str]]:
    assert response.status == 400, response.body
    assert list(response.json) == ["errors", "success", "result", "messages"]
    assert all(item["code"] == 7001 and item["path"][0] == "body" for item in response.json["errors"])
    return [(".".join(item["path"][1:]), item["message"]) for item in response.json["errors"]]


def test_every_field_that_is_missing_is_named(fresh: Emulator) -> None:
    assert problems(ask(fresh, "POST", "", {})) == [(name, "Required") for name in NEW]
    run(fresh, "hi")
    assert problems(ask(fresh, "PUT", "/default", {})) == [(name, "Required") for name in list(NEW)[1:]]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("id", "", "String must contain at least 1 character(s)"),
        ("id", "x" * 65, "String must contain at most 64 character(s)"),
        ("id", "Not this", "Invalid"),
        ("id", 7, "Expected string, received number"),
        ("collect_logs", "yes", "Expected boolean, received string"),
        ("cache_ttl", True, "Expected number, received boolean"),
        ("cache_ttl", -1, "Number must be greater than or equal to 0"),
        ("retry_max_attempts", 6, "Number must be less than or equal to 5"),
        ("dlp", [], "Expected object, received array"),
        ("zdr", None, "Expected boolean, received null"),
        (
            "rate_limiting_technique",
            "leaky",
            "Invalid enum value. Expected 'fixed' | 'sliding', received 'leaky'",
        ),
    ],
)
def test_a_field_that_is_wrong_is_named(fresh: Emulator, field: str, value: Any, words: str) -> None:
    assert problems(ask(fresh, "POST", "", NEW | {field: value})) == [(field, words)]


def test_a_name_is_taken_once(fresh: Emulator) -> None:
    ask(fresh, "POST", "", NEW)
    assert problems(ask(fresh, "POST", "", NEW)) == [("id", "Already exists")]


@pytest.mark.parametrize(("body", "code"), [(b"", 6003), (b"{", 6003), (b"[]", 7001)])
def test_a_body_that_is_no_object_is_refused(fresh: Emulator, body: bytes, code: int) -> None:
    assert fresh.ask("POST", PATH, body, BEARER).error[:2] == (400, code)


@pytest.mark.parametrize(
    ("token", "method", "status"),
    [
        ("mock-token-workers-ai-read-0000000000000", "GET", 403),
        ("mock-token-of-another-account-0000000000", "GET", 403),
        (TOKEN, "GET", 200),
        (TOKEN, "PATCH", 405),
    ],
)
def test_managing_takes_permissions_of_its_own(fresh: Emulator, token: str, method: str, status: int) -> None:
    assert ask(fresh, method, "", token=token).status == status


# --- the log ----------------------------------------------------------------------------------------------------------
def test_an_entry_tells_what_was_asked_and_answered(fresh: Emulator) -> None:
    answer = run(fresh, "hi")
    log_id = answer.headers["cf-aig-log-id"]
    detail = ask(fresh, "GET", f"/default/logs/{log_id}").result
    assert detail["request_head"] == '{"prompt": "hi"}'
    assert (detail["request_head_complete"], detail["response_size"]) == (True, len(answer.body))
    assert ask(fresh, "GET", f"/default/logs/{log_id}/request").json == {"prompt": "hi"}
    assert ask(fresh, "GET", f"/default/logs/{log_id}/response").body == answer.body


def test_a_long_body_is_shown_in_part(fresh: Emulator) -> None:
    log_id = run(fresh, "word " * 1000).headers["cf-aig-log-id"]
    detail = ask(fresh, "GET", f"/default/logs/{log_id}").result
    assert (len(detail["request_head"]), detail["request_head_complete"]) == (1000, False)
    assert detail["request_size"] > 5000


def test_feedback_is_kept(fresh: Emulator) -> None:
    path = f"/default/logs/{run(fresh, 'hi').headers['cf-aig-log-id']}"
    assert ask(fresh, "PATCH", path, {"feedback": -1, "score": 80, "metadata": {"by": "me"}}).result == {}
    detail = ask(fresh, "GET", path).result
    assert (detail["feedback"], detail["score"], json.loads(detail["metadata"])) == (-1, 80, {"by": "me"})
    assert ask(fresh, "PATCH", path, {"feedback": None}).status == 200
    assert ask(fresh, "GET", path).result["feedback"] is None
    assert problems(ask(fresh, "PATCH", path, {"feedback": "good"})) == [
        ("feedback", "Expected number, received string")
    ]


@pytest.mark.parametrize("path", ["/default/logs/none", "/default/logs/none/request", "/none/logs", "/none/url/openai"])
def test_what_is_not_there_is_not_found(fresh: Emulator, path: str) -> None:
    run(fresh, "hi")
    assert ask(fresh, "GET", path).error == (404, 7002, "Not Found")


@pytest.fixture
def logged(fresh: Emulator) -> Emulator:
    """Three requests: answered, answered from the cache, refused."""
    ttl = {"cf-aig-cache-ttl": "60", "cf-aig-metadata": '{"team":"docs"}'}
    for prompt in ("hi", "hi", ""):
        run(fresh, prompt, **ttl)
    return fresh


def by(key: str, operator: str, *values: Any) -> str:
    return "filters=" + quote(json.dumps([{"key": key, "operator": operator, "value": values}]))


@pytest.mark.parametrize(
    ("query", "statuses"),
    [
        ("", [400, 200, 200]),
        ("order_by_direction=asc", [200, 200, 400]),
        ("order_by=tokens_out", [200, 200, 400]),
        ("per_page=1&page=2", [200]),
        ("page=9", []),
        ("success=false", [400]),
        ("cached=true", [200]),
        ("min_tokens_in=1", [200, 200]),
        ("max_total_tokens=0", [400]),
        ("max_cost=0", [400, 200]),
        ("search=docs", [400, 200, 200]),
        ("search=nowhere", []),
        ("start_date=2000-01-01T00:00:00Z", [400, 200, 200]),
        ("end_date=2000-01-01", []),
        ("min_cost=nonsense&start_date=whenever&filters=%7B", [400, 200, 200]),
        (by("success", "eq", True), [200, 200]),
        (by("cached", "neq", True), [400, 200]),
        (by("tokens", "gt", 1), [200, 200]),
        (by("model", "contains", "LLAMA"), [400, 200, 200]),
        (by("metadata.value", "eq", "docs"), [400, 200, 200]),
        (by("metadata.key", "eq", "team", "other"), [400, 200, 200]),
        (by("created_at", "lt", "2000-01-01T00:00:00Z"), []),
        (by("nonsense", "lt", 1), []),
        ("filters%5Bkey%5D=success&filters%5Boperator%5D=eq&filters%5Bvalue%5D%5B%5D=false", [400]),
    ],
)
def test_entries_are_found_by_what_they_say(logged: Emulator, query: str, statuses: list[int]) -> None:
    found = ask(logged, "GET", f"/default/logs?{query}")
    assert [entry["status_code"] for entry in found.result] == statuses


@pytest.mark.parametrize(
    ("query", "left"), [("", 0), ("limit=1", 2), ("limit=nonsense", 0), (by("cached", "eq", True), 2)]
)
def test_entries_are_deleted(logged: Emulator, query: str, left: int) -> None:
    assert ask(logged, "DELETE", f"/default/logs?{query}").json == {"success": True}
    assert len(ask(logged, "GET", "/default/logs").result) == left


# --- the URL ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("host", "provider", "url"),
    [
        ("localhost:8787", "workers-ai", "http://localhost:8787/gateway/v1/{account}/default/workers-ai"),
        ("localhost:8787", "universal", "http://localhost:8787/gateway/v1/{account}/default"),
        ("api.cloudflare.com", "openai", "https://gateway.ai.cloudflare.com/v1/{account}/default/openai"),
    ],
)
def test_the_url_leads_to_where_the_gateway_answers(fresh: Emulator, host: str, provider: str, url: str) -> None:
    run(fresh, "hi")
    told = fresh.ask("GET", f"{PATH}/default/url/{provider}", b"", BEARER | {"host": host}).result
    assert told == url.format(account=ACCOUNT)


def test_what_else_there_is_in_reality_has_no_route(fresh: Emulator) -> None:
    run(fresh, "hi")
    for path in ("/default/datasets", "/default/evaluations", "/default/routes"):
        refused = ask(fresh, "GET", path)
        assert (refused.status, [item["code"] for item in refused.json["errors"]]) == (400, [7003, 7000])


def test_the_routes_are_documented_with_their_refusals(fresh: Emulator) -> None:
    paths = fresh.ask("GET", "/openapi.json").json["paths"]
    listed = {path for path in paths if "gateway" in path}
    assert f"{PATH.replace(ACCOUNT, '{account_id}')}/{{gateway_id}}/logs/{{log_id}}" in listed
    assert "/gateway/v1/{account_id}/{gateway_id}/compat/{endpoint}" in listed
    for path in listed:
        for operation in paths[path].values():
            assert {"400", "401", "405"} <= set(operation["responses"]), path
