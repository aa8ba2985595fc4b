"""What ``/openapi.json`` says is so: whatever is asked of a documented route, it answers with a documented status.

Requests are made up from the document itself, so a new route is tried as soon as it is documented.
"""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

import pytest
from harness import ACCOUNT, BEARER, Emulator
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from mock_server.app import create_app
from mock_server.catalog import Catalog
from mock_server.settings import Settings

schemathesis = pytest.importorskip("schemathesis")

APP = create_app(Settings(log="off", agreements="given"))
DOCUMENT: dict[str, Any] = APP.openapi()
OPERATIONS = {
    found.ok().label: found.ok()
    for found in schemathesis.openapi.from_asgi("/openapi.json", APP).get_all_operations()
    if "_mock/journal/events" not in found.ok().path  # it never ends
}
MODELS = sorted(model.name for model in Catalog.load() if not model.hidden)
UNKNOWN = "@cf/no/such"
TRIES = 8  # of each kind of request to a route
TRYING = settings(
    max_examples=TRIES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
# What is put into a path so that more than the router's own refusals is seen.
KNOWN: dict[str, Any] = {"account_id": ACCOUNT, "gateway_id": "default", "model_name": None}


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_documented_and_none_is_a_bug(label: str, mode: Any) -> None:
    operation = OPERATIONS[label]
    documented = operation.definition.raw["responses"]
    strategy = operation.as_strategy(generation_mode=mode)

    @TRYING
    @given(case=strategy, model=st.sampled_from([*MODELS, UNKNOWN]), at_home=st.booleans())
    def ask(case: Any, model: str, at_home: bool) -> None:
        for name in case.path_parameters:
            if at_home and name in KNOWN:
                case.path_parameters[name] = KNOWN[name] or model
        # A path with a line break is none of any route.
        assume(not any("\n" in unquote(str(value)) for value in case.path_parameters.values()))
        headers = case.headers or {}
        if at_home or "authorization" not in {name.lower() for name in headers}:
            case.headers = {**headers, **BEARER}
        response = case.call()
        told = f"{response.status_code}: {response.content[:300]!r}"
        assert response.status_code != HTTPStatus.INTERNAL_SERVER_ERROR, told
        assert str(response.status_code) in documented, told

    try:
        ask()
    except schemathesis.errors.InvalidSchema:
        raise
    except Exception as error:
        if type(error).__name__ in {"Unsatisfiable", "SkipTest"}:  # nothing can be wrong about a route without inputs
            pytest.skip("no request of this kind can be made up")
        raise


def test_every_operation_names_what_its_path_needs() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            assert operation.get("summary"), f"{method} {path}"


def test_the_credentials_that_routes_name_are_described() -> None:
    schemes = DOCUMENT.get("components", {}).get("securitySchemes", {})
    named = {
        name
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        for wanted in operation.get("security", ())
        for name in wanted
    }
    assert named
    assert named <= set(schemes)


def test_no_imitated_route_documents_an_answer_of_the_web_framework() -> None:
    for path, operations in DOCUMENT["paths"].items():
        if not path.startswith("/_mock"):
            assert "HTTPValidationError" not in str(operations), path


def test_the_page_of_the_routes_needs_nothing_from_elsewhere(emulator: Emulator) -> None:
    page = emulator.ask("GET", "/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert b"openapi.json" in page.body
    assert not re.search(rb"""(?:src|href|url\(|import|from)\s*=?\s*["'(]?(?:https?:)?//""", page.body)
