"""Whatever comes in, the answer is an answer: no 500, ever."""

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
