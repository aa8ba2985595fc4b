"""The routes of the catalog."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator, Response

from mock_server.catalog import Catalog
from mock_server.clock import Clock

AI = f"/client/v4/accounts/{ACCOUNT}/ai"
CATALOG = Catalog.load()
DEPRECATED = "@cf/meta/llama-3.1-8b-instruct"


@pytest.fixture
def get(emulator: Emulator) -> Callable[..., Response]:
    return lambda path, headers=BEARER: emulator.ask("GET", AI + path, headers=headers)


def test_everything_is_on_one_page_without_a_size(get: Callable[..., Response]) -> None:
    answer = get("/models/search")
    assert list(answer.json) == ["result", "success", "errors", "messages", "result_info"]
    info = answer.json["result_info"]
    assert (info["page"], info["count"], info["total_count"]) == (1, len(answer.result), len(answer.result))
    assert info["per_page"] >= info["count"]
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("size", [1, 7, 10, 37, 50, 500])
def test_pages_add_up_and_end_in_an_empty_one(get: Callable[..., Response], size: int) -> None:
    every = [model["name"] for model in get("/models/search").result]
    found: list[str] = []
    for page in range(1, 200):
        answer = get(f"/models/search?per_page={size}&page={page}")
        assert answer.json["result_info"]["count"] == len(answer.result)
        if not answer.result:
            break
        assert len(answer.result) <= size
        found += [model["name"] for model in answer.result]
    assert found == every


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=one", "per_page=0", "per_page=%C2%B2", "source=x", "y=z"])
def test_what_is_no_page_is_not_given(get: Callable[..., Response], query: str) -> None:
    assert get(f"/models/search?{query}").result == get("/models/search").result


def test_a_miss_is_an_empty_success_of_the_observed_size(get: Callable[..., Response]) -> None:
    answer = get("/models/search?search=kiln-connection-check")
    assert answer.result == []
    assert len(answer.body) == pytest.approx(120, abs=5)


@pytest.mark.parametrize(
    "query",
    ["author=meta", "task=Text-to-Image", "search=llama", "hide_experimental=true", "source=1", "task=Summarization"],
)
def test_filters_reach_the_search(get: Callable[..., Response], query: str) -> None:
    every = get("/models/search").result
    name, _, value = query.partition("=")
    of: dict[str, Callable[[Any], bool]] = {
        "author": lambda model: model["name"].split("/")[1] == value,
        "task": lambda model: model["task"]["name"] == value,
        "search": lambda model: value in (model["name"] + model["description"]).lower(),
        "hide_experimental": lambda model: {"property_id": "beta", "value": "true"} not in model["properties"],
        "source": lambda model: model["source"] == 1,
    }
    assert get(f"/models/search?{query}").result == [model for model in every if of[name](model)]


def test_deprecation_goes_by_the_emulators_clock(make_emulator: Callable[..., Emulator]) -> None:
    def listed(clock: str, query: str = "") -> bool:
        asked = make_emulator(clock=Clock.parse(clock)).ask("GET", f"{AI}/models/search{query}", headers=BEARER)
        return DEPRECATED in [model["name"] for model in asked.result]

    assert listed("2026-05-01T00:00:00Z")
    assert not listed("2026-06-01T00:00:00Z")
    assert listed("2026-06-01T00:00:00Z", "?include_deprecated=true")
    assert not listed("2026-10-01T00:00:00Z", "?include_deprecated=true")


def test_the_marketplace_format_has_no_envelope(get: Callable[..., Response]) -> None:
    answer = get("/models/search?format=openrouter")
    assert list(answer.json) == ["data"]
    assert {"id", "hugging_face_id", "context_length", "max_output_length", "pricing"} <= set(answer.json["data"][0])
    assert get("/models/search?format=openrouter&page=99").json == {"data": []}


@pytest.mark.parametrize("model", list(CATALOG), ids=lambda model: model.name)
def test_the_schema_is_the_one_that_validates(emulator: Emulator, model: Any) -> None:
    answer = emulator.ask("GET", f"{AI}/models/schema?model={model.name.replace('@', '%40')}", headers=BEARER)
    assert list(answer.result) == ["input", "output"]
    answering = CATALOG.resolve(model)
    assert answer.result["input"] == CATALOG.schema(answering, "input")
    assert answer.result["output"] == CATALOG.schema(answering, "output")
    validator = CATALOG.validator(answering)
    for inputs in ({}, {"prompt": 1}, {"text": ["a"], "prompt": "b"}):
        assert validator.error(inputs) == type(validator)(answer.result["input"]).error(inputs)


def test_an_unknown_model_has_no_schema(get: Callable[..., Response]) -> None:
    answer = get("/models/schema?model=@cf/meta/llama-3.2-1b-instruc")
    status, code, message = answer.error
    assert (status, code) == (400, 5007)
    assert message.startswith("AiError: No such model: No such model @cf/meta/llama-3.2-1b-instruc or task (")
    assert "@cf/meta/llama-3.2-1b-instruct" in answer.headers["x-mock-hint"]
    for query in ("", "?model="):
        assert get(f"/models/schema{query}").error[:2] == (400, 5006)


def test_tasks_and_authors_are_lists_of_objects(get: Callable[..., Response]) -> None:
    for path in ("/tasks/search", "/authors/search"):
        assert all(list(item) == ["id", "name", "description"] for item in get(path).result)


@pytest.mark.parametrize("path", ["/models/search", "/models/schema?model=x", "/tasks/search", "/authors/search"])
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (400, 9106)),
        ({"authorization": "Bearer junk"}, (400, 9106)),
        ({"authorization": "Bearer mock-token-of-another-account-0000000000"}, (403, 10000)),
        ({"authorization": "Bearer mock-token-no-workers-ai-permission-0000"}, (403, 10000)),
        ({"authorization": "Bearer mock-token-expired-000000000000000000000"}, (401, 10000)),
    ],
)
def test_a_route_that_runs_no_model_refuses_in_its_own_way(
    get: Callable[..., Response], path: str, headers: dict[str, str], expected: tuple[int, int]
) -> None:
    assert get(path, headers).error[:2] == expected


def test_a_token_that_may_only_read_lists_in_both_readings(make_emulator: Callable[..., Emulator]) -> None:
    reader = {"authorization": "Bearer mock-token-workers-ai-read-0000000000000"}
    for variant in ("newest", "older"):
        asked = make_emulator(auth_variant=variant)
        assert asked.ask("GET", f"{AI}/models/search", headers=reader).status == 200


def test_a_path_with_a_wrong_account_or_method_is_refused_by_the_router(emulator: Emulator) -> None:
    assert emulator.ask("GET", "/client/v4/accounts/x/ai/models/search", headers=BEARER).error[:2] == (404, 7003)
    assert emulator.ask("POST", f"{AI}/models/search", b"{}", BEARER).error[:2] == (405, 7001)


def test_the_documentation_names_every_filter(emulator: Emulator) -> None:
    paths = json.loads(emulator.ask("GET", "/openapi.json").body)["paths"]
    shown = paths["/client/v4/accounts/{account_id}/ai/models/search"]["get"]["parameters"]
    assert {"author", "task", "search", "source", "hide_experimental", "include_deprecated", "format", "page"} <= {
        parameter["name"] for parameter in shown
    }
