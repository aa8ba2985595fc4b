"""Whatever comes in, the answer is an answer: no 500, ever."""

import asyncio
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from harness import ACCOUNT, BEARER, Emulator
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mock_server.catalog import Catalog

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = (
    "prompt messages text input image audio query contexts state questions fields stream max_tokens tools functions "
    "response_format raw lora stop n seed temperature requests target_lang source_lang input_text queries documents "
    "multipart width height num_steps mask image_b64 guided_json tool_choice chat_template_kwargs options"
).split()
KEYS = st.sampled_from(NAMES)
INPUTS = st.dictionaries(KEYS, JSON, max_size=5)
QUIET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(path=st.text(max_size=60), method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]))
@example(path="//", method="GET")
@example(path="accounts//ai/run//", method="POST")
def test_any_path_is_answered(emulator: Emulator, path: str, method: str) -> None:
    for prefix in ("/", "/client/v4/", f"/accounts/{ACCOUNT}/ai/run/", f"/client/v4/accounts/{ACCOUNT}/"):
        answer = emulator.ask(method, quote(prefix + path, safe="/%@"), b"{}", BEARER)
        assert answer.status < 500, (prefix + path, answer.body)


@QUIET
@given(
    body=st.binary(max_size=200),
    content_type=st.sampled_from(["", "application/json", "multipart/form-data; boundary=x"]),
)
@example(body=b"--x\r\n\r\n--x--", content_type="multipart/form-data; boundary=x")
@example(body=b"x", content_type="multipart/form-data")
def test_any_body_is_answered(emulator: Emulator, body: bytes, content_type: str) -> None:
    for model in ("@cf/meta/llama-3.2-1b-instruct", "@cf/openai/whisper", "@cf/black-forest-labs/flux-2-dev"):
        answer = emulator.run(model, body, {"content-type": content_type})
        assert answer.status < 500, (model, answer.body)


@QUIET
@given(inputs=INPUTS)
def test_any_inputs_are_answered_by_any_model(emulator: Emulator, models: list[str], inputs: dict[str, Any]) -> None:
    body = json.dumps(inputs).encode()
    for model in models:
        answer = emulator.run(model, body)
        assert answer.status < 500 or answer.status == 501, (model, inputs, answer.body)


def spoiled(value: Any, rng: random.Random) -> Any:
    """An example with some of it left out, replaced by something else, or joined by something more."""
    if rng.random() < 0.12:
        return rng.choice([None, True, 0, -1, 3.5, 1e30, 10**15, "", "a", "1", [], ["a"], [1], {}, {"a": 1}])
    if isinstance(value, dict):
        kept = {key: spoiled(item, rng) for key, item in value.items() if rng.random() > 0.06}
        return kept | ({rng.choice(NAMES): "x"} if rng.random() < 0.2 else {})
    if isinstance(value, list) and len(value) < 50:
        return [spoiled(item, rng) for item in value if rng.random() > 0.08]
    return value


@settings(QUIET, max_examples=25)
@given(rng=st.randoms(use_true_random=False))
def test_spoiled_examples_are_answered_by_their_models(
    emulator: Emulator, models: list[str], rng: random.Random
) -> None:
    examples = json.loads((Path(__file__).parent / "catalog" / "examples.json").read_text("utf-8"))
    catalog = Catalog.load()
    for name in models:
        model = catalog.find(name)
        assert model is not None
        inputs = spoiled(rng.choice(examples.get(model.schema["input"]) or [{}]), rng)
        answer = emulator.run(name, json.dumps(inputs).encode())
        assert answer.status < 500 or answer.status == 501, (name, inputs, answer.body)


@QUIET
@given(header=st.text(st.characters(max_codepoint=255), max_size=60))
def test_any_credential_is_answered(emulator: Emulator, header: str) -> None:
    path = f"/accounts/{ACCOUNT}/ai/run/@cf/meta/llama-3.2-1b-instruct"
    for name in ("authorization", "x-auth-key", "x-auth-email"):
        assert emulator.ask("POST", path, b'{"prompt":"hi"}', {name: header}).status in (200, 400, 401)


@pytest.fixture(scope="session")
def models() -> list[str]:
    """One model for each input schema."""
    found: dict[str, str] = {}
    for model in Catalog.load():
        if model.deprecated_on is None and model.responder != "streaming_recognition":
            found.setdefault(model.schema["input"], model.name)
    return list(found.values())


def nested(depth: int, *, objects: bool) -> Any:
    """Lists in lists, or objects in objects."""
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if objects else [value]
    return value


@pytest.mark.parametrize("objects", [True, False])
@pytest.mark.parametrize("depth", [110, 140, 300, 900])
def test_deep_nesting_is_answered_everywhere_and_can_be_looked_at_later(depth: int, objects: bool) -> None:
    emulator = Emulator(agreements="given")
    llama, account = "@cf/meta/llama-3.2-1b-instruct", f"/client/v4/accounts/{ACCOUNT}"
    deep = nested(depth, objects=objects)
    said = [{"role": "user", "content": "hi"}]
    tool = {"type": "function", "function": {"name": "f", "parameters": deep}}
    call = {"type": "function_call", "call_id": "1", "name": "f", "arguments": json.dumps(deep)}
    asked: list[tuple[str, Any]] = [
        (f"{account}/ai/run/{llama}", {"prompt": "x", "more": deep}),
        (f"{account}/ai/run/{llama}", {"prompt": "x", "guided_json": json.dumps(deep)}),
        (f"{account}/ai/run/@cf/baai/bge-m3?queueRequest=true", {"requests": [deep]}),
        (f"{account}/ai/v1/chat/completions", {"model": llama, "messages": said, "tools": [tool]}),
        (f"{account}/ai/v1/messages", {"model": "@cf/moonshotai/kimi-k2.6", "max_tokens": 5, "messages": deep}),
        (f"{account}/ai/v1/responses", {"model": "@cf/openai/gpt-oss-20b", "input": [call]}),
        (f"{account}/ai-gateway/gateways", {"id": "deep", "dlp": deep}),
        ("/client/v4/graphql", {"query": "{viewer{accounts{accountTag}}}", "variables": {"a": deep}}),
        (f"/gateway/v1/{ACCOUNT}/default", [{"provider": "workers-ai", "endpoint": llama, "query": deep}]),
        (f"/_mock/stubs?account={ACCOUNT}", {"match": {"inputs.x": deep}, "reply": {"result": deep}}),
        (f"/_mock/faults?account={ACCOUNT}", {"match": {"inputs.x": {"equals": deep}}, "fault": "429"}),
        ("/_mock/verify", {"match": {"inputs.x": {"equals": deep}}}),
    ]
    for path, body in asked:
        answer = emulator.ask("POST", path, json.dumps(body).encode(), BEARER)
        assert answer.status < 500, (path, answer.body)
    for path in ("/_mock/stubs", "/_mock/faults", "/_mock/journal"):
        assert emulator.ask("GET", path).status == 200, path
    for entry in emulator.ask("GET", "/_mock/journal").json["entries"]:
        assert emulator.ask("GET", f"/_mock/journal/{entry['id']}").status == 200, entry["path"]


MANY_DIGITS = "9" * 5000


@pytest.mark.parametrize("said", ["-" * 3000, MANY_DIGITS, MANY_DIGITS + "s", "1e999", "nan", "--1", "- 1", "-"])
def test_absurd_numbers_are_refused_in_words(emulator: Emulator, said: str) -> None:
    path = f"/accounts/{ACCOUNT}/ai/run/@cf/meta/llama-3.2-1b-instruct"
    for fault in (said, f"429,times:{said}", f"429,retry-after:{said}", f"cut:{said}"):
        assert emulator.ask("POST", path, b'{"prompt":"x"}', BEARER | {"x-mock-fault": fault}).status == 422, fault
    for field in ("set", "advance"):
        body = json.dumps({field: said}).encode()
        assert emulator.ask("POST", f"/_mock/clock?account={'0' * 32}", body).status == 422, field
    assert emulator.ask("GET", f"/_mock/stubs?offset={quote(said)}").status in (200, 422)
    assert emulator.ask("GET", f"/_mock/verdict?patience={quote(said)}").status in (200, 422)


@pytest.mark.parametrize("pattern", ["(" * 3000, "a{99999999999}"])
def test_patterns_that_cannot_be_read_are_refused(emulator: Emulator, pattern: str) -> None:
    stub = {"match": {"inputs.prompt": {"matches": pattern}}, "reply": {"text": "x"}}
    assert emulator.ask("POST", "/_mock/stubs", json.dumps(stub).encode()).status == 422
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}, "required": ["a"]}
    asked = {"prompt": "x", "response_format": {"type": "json_schema", "json_schema": schema}}
    assert emulator.run("@cf/meta/llama-3.2-1b-instruct", asked).status == 400


def test_the_clock_stops_short_of_years_that_cannot_be_written() -> None:
    emulator = Emulator()
    assert emulator.ask("POST", "/_mock/clock", b'{"set": "9999-01-01"}').status == 422
    assert emulator.ask("POST", "/_mock/clock", b'{"set": "9998-12-31T23:59:59.999Z"}').status == 200
    assert emulator.run("@cf/meta/llama-3.2-1b-instruct", {"prompt": "what day is tomorrow?"}).status == 200
    for path in ("/_mock/clock", "/_mock/usage", "/_mock/journal"):
        assert emulator.ask("GET", path).status == 200, path


def test_the_journal_shows_no_secrets() -> None:
    emulator, secret = Emulator(), "s3cr3t" * 8
    names = ("authorization", "x-api-key", "api-key", "x-goog-api-key", "cf-aig-authorization")
    headers = dict.fromkeys((*names, "sec-websocket-protocol", "x-auth-key", "cookie"), f"Bearer {secret}")
    emulator.ask("POST", f"/accounts/{ACCOUNT}/ai/run/@cf/x/y?key={secret}&max_tokens=5", b"{}", headers)
    told = [emulator.ask("GET", path).body.decode() for path in ("/_mock/journal", "/_mock/journal/1")]
    assert not any(secret in text for text in told)
    assert "max_tokens=5" in told[0]


@pytest.mark.parametrize("path", ["/_mock/stubs", f"/accounts/{ACCOUNT}/ai/tomarkdown", "/graphql"])
def test_a_client_that_leaves_while_it_sends_is_no_bug(path: str) -> None:
    emulator = Emulator()
    headers = [(name.encode(), value.encode()) for name, value in BEARER.items()]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        """Nobody is there."""

    async def ask() -> None:
        await emulator.app(scope, receive, send)

    asyncio.run(ask())
    entries = emulator.ask("GET", "/_mock/journal").json["entries"]
    assert [entry["status"] for entry in entries] == ([] if path.startswith("/_mock") else [499])


def test_stubs_given_one_by_one_speak_the_newest_first() -> None:
    emulator = Emulator()
    for number in range(30):
        stub = {"match": {"inputs.prompt": {"contains": "hello"}}, "reply": {"text": str(number)}}
        emulator.ask("POST", f"/_mock/stubs?account={ACCOUNT}", json.dumps(stub).encode())
        said = emulator.run("@cf/meta/llama-3.2-1b-instruct", {"prompt": "hello there"}).result["response"]
        assert said == str(number)
    assert emulator.ask("DELETE", f"/_mock/stubs?account={ACCOUNT}").json["dropped"] == 30


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (f"/accounts/{ACCOUNT}/ai/run/proxy", {}, 400),
        (f"/accounts/{ACCOUNT}/ai/run/proxy", {"x-forwarded": "http://[::1"}, 400),
        ("/", {"mf-url": "http://[half"}, 400),
        ("/run", {}, 413),
        ("/ai-api/models/search", {}, 413),
    ],
)
def test_what_no_disguise_of_the_binding_can_be_is_refused_and_noted(
    path: str, headers: dict[str, str], status: int
) -> None:
    emulator = Emulator(max_body_bytes=100)
    assert emulator.ask("POST", path, b"x" * 1000, BEARER | headers).status == status
    assert [entry["status"] for entry in emulator.ask("GET", "/_mock/journal").json["entries"]] == [status]


def test_what_a_step_says_in_json_makes_no_header_of_its_own() -> None:
    emulator, llama, event = Emulator(), "@cf/meta/llama-3.2-1b-instruct", "a\r\nx-evil: 1 中"
    step = {"provider": "workers-ai", "endpoint": llama, "query": {"prompt": "x"}}
    step["headers"] = {"Authorization": BEARER["authorization"], "cf-aig-event-id": event}
    gateway = emulator.ask("POST", f"/gateway/v1/{ACCOUNT}/default", json.dumps([step]).encode(), BEARER)
    asked = {"inputs": {"prompt": "x"}, "options": {"gateway": {"id": "default", "eventId": event}}}
    model = {"cf-consn-model-id": llama}
    binding = emulator.ask("POST", f"/_mock/binding/{ACCOUNT}/run", json.dumps(asked).encode(), BEARER | model)
    for answer in (gateway, binding):
        assert answer.status == 200, answer.body
        assert not any(set(value) & set("\r\n\0") for value in answer.headers.values())
        assert "x-evil" in answer.headers["cf-aig-event-id"]
