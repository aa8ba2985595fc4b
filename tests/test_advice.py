import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator

from mock_server.advice import ADVICE, WARNINGS, _of_model
from mock_server.catalog import Catalog

HERE = Path(__file__).parent
PICTURE = min(
    (HERE.parent / "fixtures/assets/gallery").glob("*.jpg"), key=lambda path: path.stat().st_size
).read_bytes()
MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8"
CHAT = "@cf/google/gemma-4-26b-a4b-it"
ENDING = next(
    model for model in Catalog.load() if model.deprecated_on and model.task == "Text Generation" and not model.agreement
)
ENDS = datetime.fromisoformat(str(ENDING.deprecated_on)).replace(tzinfo=UTC).timestamp()
HELLO = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 300}
LONG = {"prompt": "Write a long story about the sea, with every detail you know, in many chapters."}
TOOLS = [{"name": "get_weather", "description": "", "parameters": {"type": "object", "properties": {}}}]


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return Emulator(agreements="given")


def given(emulator: Emulator, model: str, inputs: Any, headers: dict[str, str] | None = None) -> list[str]:
    said = emulator.run(model, inputs, headers)
    assert said.status == 200, said.body
    return [name for name in said.headers.get("x-mock-advice", "").split(",") if name]


@pytest.mark.parametrize("model", [MODEL, CHAT, "@cf/openai/gpt-oss-20b", "@cf/qwen/qwen3-30b-a3b-fp8"])
def test_a_plain_question_gets_no_advice(emulator: Emulator, model: str) -> None:
    assert given(emulator, model, HELLO) == []
    assert given(emulator, model, HELLO | {"stream": True}) == []


@pytest.mark.parametrize(
    ("model", "inputs", "advice"),
    [
        (MODEL, HELLO | {"temprature": 1, "foo": 2}, "unknown-keys"),
        (MODEL, HELLO | {"stop": None}, "explicit-null"),
        ("@cf/zai-org/glm-5.2", HELLO, "needs-paid-plan"),
        (CHAT, HELLO | {"functions": TOOLS}, "legacy-parameters"),
        ("@cf/microsoft/resnet-50", {"image": list(PICTURE)}, "media-as-numbers"),
        ("@cf/bytedance/stable-diffusion-xl-lightning", {"prompt": "a house", "stream": True}, "stream-is-json"),
        (
            MODEL,
            HELLO | {"stream": True, "response_format": {"type": "json_object"}},
            "json-mode-stream",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_surprise_is_told(emulator: Emulator, model: str, inputs: Any, advice: str) -> None:
    for _ in range(2):  # an answer that is remembered has the same
        assert advice in given(emulator, model, inputs)


def test_an_answer_cut_by_the_default_is_told_and_one_cut_by_the_caller_is_not(emulator: Emulator) -> None:
    emulator.ask(
        "POST",
        "/_mock/stubs",
        json.dumps(
            {"match": {"inputs.prompt": LONG["prompt"]}, "reply": {"text": "On", "finish_reason": "length"}}
        ).encode(),
    )
    assert "cut-by-default-max-tokens" in given(emulator, MODEL, LONG)
    assert given(emulator, MODEL, LONG | {"max_tokens": 5}) == []


def test_a_model_that_ends_soon_is_told_by_the_clock() -> None:
    month = 30 * 86_400
    for at, advice in ((ENDS - 4 * month, []), (ENDS - month, ["model-deprecated-soon"]), (ENDS, ["model-deprecated"])):
        server = Emulator(clock=at, deprecated_models="answer", agreements="given", plan="paid")
        found = given(server, ENDING.name, {"prompt": "hi", "max_tokens": 300})
        assert [name for name in found if name.startswith("model-deprecated")] == advice


def test_advice_follows_a_clock_that_moves_even_for_answers_that_are_remembered() -> None:
    server = Emulator(clock=ENDS - 86_400 * 200, agreements="given")
    assert "model-deprecated-soon" not in given(server, ENDING.name, {"prompt": "hi"})
    server.ask("POST", "/_mock/clock", b'{"advance": "199d"}')
    assert "model-deprecated-soon" in given(server, ENDING.name, {"prompt": "hi"})
    server.ask("POST", "/_mock/clock", b'{"advance": "1d"}')
    assert server.run(ENDING.name, {"prompt": "hi"}).error[:2] == (410, 5028)


def test_a_model_that_nobody_knows_is_told() -> None:
    server = Emulator(unknown_models="infer")
    assert given(server, "@cf/nobody/llama-99b-instruct", HELLO) == ["model-unknown"]


@pytest.mark.parametrize("model", ["openai/gpt-4.1", "anthropic/claude-sonnet-4.5"])
def test_options_of_another_providers_model_are_not_called_unknown(emulator: Emulator, model: str) -> None:
    body = {
        "model": model,
        "input": {"messages": [{"role": "user", "content": "Hello"}]} | {"max_tokens": 20, "top_k": 3},
    }
    said = emulator.ask("POST", f"/client/v4/accounts/{ACCOUNT}/ai/run", json.dumps(body).encode(), BEARER)
    assert (said.status, said.headers.get("x-mock-advice")) == (200, None), said.body


def test_slashes_written_as_percent_2f_are_told(emulator: Emulator) -> None:
    path = f"/client/v4/accounts/{ACCOUNT}/ai/run/"
    body = json.dumps(HELLO).encode()
    assert emulator.ask("POST", path + MODEL.replace("/", "%2F"), body, BEARER).headers["x-mock-advice"] == (
        "encoded-slash"
    )
    assert "x-mock-advice" not in emulator.ask("POST", path + MODEL.replace("@", "%40"), body, BEARER).headers


def test_an_sdk_that_waits_forever_is_told(emulator: Emulator) -> None:
    sdk = {"x-stainless-lang": "python"}
    assert given(emulator, MODEL, HELLO, sdk) == ["no-timeout"]
    assert given(emulator, MODEL, HELLO, sdk | {"x-stainless-read-timeout": "60"}) == []
    assert given(emulator, MODEL, HELLO, {"x-stainless-lang": "js"}) == []


def test_a_huge_body_is_told(emulator: Emulator) -> None:
    body = json.dumps({"text": "a", "padding": ""}).encode()[:-2] + b"x" * 10_000_000 + b'"}'
    assert "huge-body" in given(emulator, "@cf/baai/bge-small-en-v1.5", body)


def test_examples_of_every_schema_have_no_unknown_keys() -> None:
    examples = json.loads((HERE / "catalog" / "examples.json").read_text("utf-8"))
    catalog = Catalog.load()
    of_schema = {model.schema["input"]: model for model in catalog}
    for name, listed in examples.items():
        if name in of_schema:
            known, _ = _of_model(catalog, of_schema[name], False)
            assert all(not known or inputs.keys() <= known for inputs in listed), name


def test_the_journal_keeps_ids_and_the_hint_says_which_keys(emulator: Emulator) -> None:
    said = emulator.run(MODEL, HELLO | {"temprature": 1})
    assert said.headers["x-mock-hint"] == "unknown-keys: temprature"
    assert emulator.ask("GET", "/_mock/journal?limit=1").json["entries"][0]["advice"] == ["unknown-keys"]


def test_the_table_of_advice_says_what_was_given_how_often(emulator: Emulator) -> None:
    before = {row["id"]: row["given"] for row in emulator.ask("GET", "/_mock/advice").json["advice"]}
    emulator.run(MODEL, HELLO | {"temprature": 1})
    after = {row["id"]: row["given"] for row in emulator.ask("GET", "/_mock/advice").json["advice"]}
    assert list(after) == list(ADVICE)
    assert after["unknown-keys"] == before["unknown-keys"] + 1


def test_strict_advice_makes_warnings_errors_of_our_own_and_lets_notes_pass() -> None:
    server = Emulator(strict_advice="on")
    said = server.run(MODEL, HELLO | {"temprature": 1})
    assert (said.status, said.headers["x-mock-source"]) == (422, "mock")
    assert said.json["mock_error"].startswith("--strict-advice: unknown-keys: ")
    assert "(temprature)" in said.json["mock_error"]
    assert server.run(MODEL, HELLO | {"stop": None}).status == 200
    assert server.run(MODEL, HELLO).status == 200


def test_every_id_is_a_word_of_letters_and_every_warning_is_in_the_table() -> None:
    assert set(ADVICE) >= WARNINGS
    assert all(name.replace("-", "").isalpha() and sentence.endswith(".") for name, sentence in ADVICE.items())
