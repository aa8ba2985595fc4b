"""The catalog as data: every file loads, every schema means something, and requests fare as they were seen to fare."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mock_server.catalog import Catalog, Model
from mock_server.errors import MockError

CATALOG = Catalog.load()
MODELS = list(CATALOG)
SCHEMAS = Path(__file__).parents[2] / "mock_server/catalog/schemas"
EXAMPLES: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "examples.json").read_bytes())
RESPONDERS = {
    "decision", "embeddings", "extraction", "image_classification", "image_to_text", "llama_guard", "object_detection",
    "reranking", "speech_recognition", "streaming_recognition", "summarization", "text_classification",
    "text_generation", "text_to_image", "text_to_speech", "translation", "turn_detection", "visual_reasoning",
}  # fmt: skip
FORMATS = {
    "messages": {"native", "chat"},
    "prompt": {"native", "completions"},
    "input": {"responses"},
    "image": {"moondream"},
    "question": {"moondream"},
    "task": {"moondream"},
}
DATE = re.compile(r"20\d\d-\d\d-\d\d").fullmatch

OPENAI = [model.name for model in MODELS if model.schema["input"] in ("chat", "chat-effort")]
GPT_OSS = "@cf/openai/gpt-oss-20b"
GRANITE = "@cf/ibm-granite/granite-4.0-h-micro"
DISTILL = "@cf/deepseek-ai/deepseek-r1-distill-qwen-32b"
LLAMA_33 = "@cf/meta/llama-3.3-70b-instruct-fp8-fast"
SCOUT = "@cf/meta/llama-4-scout-17b-16e-instruct"
MISTRAL = "@cf/mistralai/mistral-small-3.1-24b-instruct"
CODER = "@cf/qwen/qwen2.5-coder-32b-instruct"
QWEN3 = "@cf/qwen/qwen3-30b-a3b-fp8"
SCHNELL = "@cf/black-forest-labs/flux-1-schnell"
BGE = "@cf/baai/bge-base-en-v1.5"
RERANKER = "@cf/baai/bge-reranker-base"
CLEF = "@cf/cloudflare/clef"

SYSTEM = {"role": "system", "content": "Be brief."}
USER = {"role": "user", "content": "Weather in Rome?"}
FUNCTION = {
    "name": "weather",
    "description": "Weather at a place",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TOOL = {"type": "function", "function": FUNCTION}
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}
ASKED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ASKED_SILENTLY = {"role": "assistant", "tool_calls": [CALL]}
ASKED_ALOUD = {"role": "assistant", "content": "", "tool_calls": [CALL]}
TOLD = {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}
ONE_PART = {"role": "user", "content": [{"type": "text", "text": "Weather"}]}
TWO_PARTS = {"role": "user", "content": [{"type": "text", "text": "Weather"}, {"type": "text", "text": " in Rome?"}]}
PICTURE = {
    "role": "user",
    "content": [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
    ],
}
COUNTRY = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
TEAM = {"type": "choice", "instructions": "Who?"}

NONE = "oneOf at '/' not met, 0 matches: "
NO_PROMPT = NONE + "required properties at '/' are 'prompt', "
ADDITIONAL = "Additional or unevaluated properties "


def verdict(model: str, inputs: dict[str, Any]) -> str | None:
    found = CATALOG.find(model)
    assert found is not None
    return CATALOG.validator(found).error(inputs)


def named(model: Model) -> str:
    return model.name


def test_all_150_known_models_are_there() -> None:
    assert len(CATALOG) >= 150
    assert all(Catalog.is_name(model.name) for model in MODELS)


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_a_model_says_what_the_code_needs(model: Model) -> None:
    assert model.responder in RESPONDERS
    assert model.description.endswith(".")
    assert len(model.description) < 160
    for key, form in model.formats.items():
        assert form in FORMATS[key]
    assert bool(model.formats) == (model.responder in ("text_generation", "llama_guard", "visual_reasoning"))
    for side in model.schema:
        assert CATALOG.schema(model, side)
    assert model.deprecated_on is None or DATE(model.deprecated_on)
    assert CATALOG.resolve(model).alias_of is None


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_properties_are_typed_as_the_service_types_them(model: Model) -> None:
    for property_id, value in model.properties.items():
        match property_id:
            case "price":
                assert value
                for row in value:
                    assert list(row) == ["unit", "price", "currency"]
                    assert isinstance(row["price"], int | float)
            case "reasoning_effort":
                assert value["default_effort"] in value["supported_efforts"]
            case _:
                assert isinstance(value, str), property_id
    assert model.context_window is None or model.context_window > 0


def test_properties_stand_in_the_order_of_captured_items() -> None:
    def order(name: str) -> list[str]:
        found = CATALOG.find(name)
        assert found is not None
        return list(found.properties)

    assert order("@cf/deepgram/nova-3") == ["async_queue", "price", "partner", "realtime"]
    assert order("@cf/black-forest-labs/flux-2-klein-4b") == ["partner", "terms", "price"]
    assert order("@cf/moondream/moondream3.1-9B-A2B") == ["price", "vision"]
    assert order("@cf/zai-org/glm-5.3")[:5] == [
        "require_workers_paid", "context_window", "function_calling", "reasoning", "reasoning_effort",
    ]  # fmt: skip


def test_descriptions_are_told_apart() -> None:
    assert len({model.description for model in MODELS}) == len(MODELS)


@pytest.mark.parametrize("model", [model for model in MODELS if model.responder == "embeddings"], ids=named)
def test_dimensions_agree_with_the_published_ones(model: Model) -> None:
    published = model.properties.get("output_dimensions")
    assert published is None or model.facts["dimensions"] == int(published)


@pytest.mark.parametrize("model", [model for model in MODELS if model.responder == "text_to_speech"], ids=named)
def test_the_default_voice_is_one_of_the_voices(model: Model) -> None:
    if "voices" in model.facts:
        speaker = CATALOG.schema(model, "input")["properties"]["speaker"]
        assert model.facts["voices"] == speaker["enum"]
        assert model.facts["default_voice"] == speaker["default"]


def test_one_model_is_for_trying_out() -> None:
    (demo,) = [model for model in MODELS if model.facts.get("demo")]
    assert demo.deprecated_on is None
    assert not demo.hidden
    assert not demo.has("require_workers_paid")


def test_every_schema_belongs_to_a_model() -> None:
    rules = json.loads((SCHEMAS.parent / "inferred.json").read_bytes())
    schemas = [model.schema for model in MODELS] + [rule["model"]["schema"] for rule in rules if "model" in rule]
    used = {
        f"{'output' if side == 'output' else 'input'}/{name}" for schema in schemas for side, name in schema.items()
    }
    assert {path.relative_to(SCHEMAS).as_posix().removesuffix(".json") for path in SCHEMAS.rglob("*.json")} == used


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("output/*.json")), ids=lambda path: path.stem)
def test_an_output_schema_is_one(path: Path) -> None:
    Draft202012Validator.check_schema(json.loads(path.read_bytes()))


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_example_inputs_are_accepted(model: Model) -> None:
    form = "form" in model.schema
    validator = CATALOG.validator(model, form)
    # audio of Nova-3 comes as the body itself; no JSON is good (observed)
    examples = EXAMPLES.get(model.schema["form" if form else "input"], [])
    assert examples or model.facts["raw_body"] == "audio"
    for inputs in examples:
        assert validator.error(inputs) is None, inputs


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "models/@cf/a"
    folder.mkdir(parents=True)
    (folder / "b.json").write_text('{"task": "Text Generation", "colour": "red"}')
    with pytest.raises(MockError, match=r"b\.json: not a model file: .*colour"):
        Catalog.load(tmp_path)


@pytest.mark.parametrize(
    "inputs",
    [
        {"messages": [{"role": "user", "content": "hi"}]},
        {"messages": [{"role": "developer", "content": "Be brief."}, {**USER, "name": None}]},
        {"messages": [SYSTEM, USER, ASKED, TOLD], "tools": [TOOL]},
        {"messages": [SYSTEM, USER, {**ASKED, "refusal": None, "function_call": None}, TOLD, USER], "tools": [TOOL]},
        {"messages": [USER, ASKED_SILENTLY, TOLD]},
        {"messages": [{**USER, "tool_calls": None}, {"role": "assistant", "content": "hi", "tool_calls": []}]},
        {"messages": [ONE_PART, TWO_PARTS, PICTURE]},
        {
            "messages": [USER],
            "tools": [{"type": "function", "function": FUNCTION | {"strict": None}}],
            "tool_choice": "auto",
        },
        {"messages": [USER], "tools": [TOOL], "tool_choice": "none"},
        {"messages": [USER], "tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False},
        {"messages": [USER], "tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "weather"}}},
        {"messages": [USER], "tools": [], "functions": [FUNCTION], "function_call": "auto"},
        {"messages": [USER], "response_format": {"type": "text"}},
        {"messages": [USER], "response_format": {"type": "json_object"}},
        {"messages": [USER], "response_format": {"type": "json_schema", "json_schema": COUNTRY}},
        {
            "messages": [USER],
            "response_format": {"type": "json_schema", "json_schema": {"name": "c", "schema": COUNTRY, "strict": None}},
        },
        {"messages": [USER], "stop": "\n"},
        {"messages": [USER], "stop": ["\n", "END"]},
        {"messages": [USER], "stop": None, "metadata": None, "logit_bias": None, "reasoning_effort": None},
        {"messages": [USER], "stream": True, "stream_options": {"include_usage": True, "include_obfuscation": None}},
        {"messages": [USER], "chat_template_kwargs": {"enable_thinking": False, "thinking": False}},
        {"messages": [USER], "reasoning_effort": "medium", "max_completion_tokens": 10},
        {"messages": [USER], "temperature": 0, "top_p": 1, "n": 1, "seed": -1, "frequency_penalty": -2},
        {"messages": [USER], "reasoning": {"effort": "none"}, "enable_thinking": False, "anything": {"else": []}},
    ],
)
def test_openai_models_take_what_openai_clients_send(inputs: dict[str, Any]) -> None:
    for model in OPENAI:
        assert verdict(model, inputs) is None


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        # measured in August 2026: parts go to these three
        (MISTRAL, {"messages": [TWO_PARTS]}),
        (SCOUT, {"messages": [TWO_PARTS]}),
        (LLAMA_33, {"messages": [TWO_PARTS]}),
        # one part is one match
        (GRANITE, {"messages": [ONE_PART]}),
        (GPT_OSS, {"messages": [ONE_PART]}),
        (MISTRAL, {"messages": [PICTURE]}),
        (SCOUT, {"messages": [USER, ASKED, TOLD]}),
        (GRANITE, {"messages": [USER, ASKED_ALOUD, TOLD], "tools": [TOOL], "tool_choice": "auto", "stop": ["a"]}),
        (QWEN3, {"messages": [USER, ASKED_ALOUD, TOLD], "tools": [TOOL]}),
        (GPT_OSS, {"messages": [USER], "tools": [TOOL], "tool_choice": "required", "reasoning_effort": "low"}),
        (GPT_OSS, {"prompt": "hi"}),
        (GPT_OSS, {"input": "hi"}),
        (GPT_OSS, {"input": [USER], "tools": [{"type": "function", "name": "weather"}], "tool_choice": "auto"}),
        (CLEF, {"model": " clef ", "state": None, "questions": {"a": {"type": "noul", "instructions": "Is it?"}}}),
        # one option key without a slash is enough (observed)
        (CLEF, {"model": "clef", "state": "x", "questions": {"t": {**TEAM, "criteria": {"a/b": "1", "c": "2"}}}}),
        (RERANKER, {"query": "a", "contexts": [{"text": "b"}], "anything": 1}),
        ("@cf/stabilityai/stable-diffusion-xl-base-1.0", {"prompt": "a", "steps": 99, "anything": 1}),
    ],
)
def test_these_are_accepted(model: str, inputs: dict[str, Any]) -> None:
    assert verdict(model, inputs) is None


@pytest.mark.parametrize(
    ("model", "inputs", "words"),
    [
        # captured from the service
        (
            BGE,
            {"messages": [USER]},
            NONE + "required properties at '/' are 'text', required properties at '/' are 'requests'",
        ),
        (RERANKER, {"messages": [USER]}, "required properties at '/' are 'query,contexts'"),
        (SCHNELL, {"prompt": "x", "seed": 1, "steps": 8}, ADDITIONAL + "'/seed' at '/' not allowed"),
        (
            SCHNELL,
            {"prompt": "x", "negative_prompt": "", "width": 0, "height": 0, "num_steps": 0},
            ADDITIONAL + "'/negative_prompt, /width, /height, /num_steps' at '/' not allowed",
        ),
        (SCHNELL, {"prompt": "x" * 2049}, "Length of '/prompt' must be <= 2048"),
        ("@cf/black-forest-labs/flux-2-klein-4b", {"prompt": "x"}, "required properties at '/' are 'multipart'"),
        ("@cf/black-forest-labs/flux-2-dev", {"prompt": "x"}, "required properties at '/' are 'multipart'"),
        ("@cf/deepgram/nova-3", {"audio": "UklGRg=="}, "required properties at '/audio' are 'body,contentType'"),
        ("@cf/deepgram/nova-3", {"audio": [1, 2]}, "required properties at '/audio' are 'body,contentType'"),
        (
            "@cf/deepgram/nova-3",
            {"audio": {"body": {"type": "Buffer", "data": [1]}, "contentType": "audio/wav"}},
            "required properties at '/audio' are 'body,contentType'",
        ),
        ("@cf/openai/whisper-large-v3-turbo", {"audio_url": "x"}, "required properties at '/' are 'audio'"),
        (CLEF, {"model": "clef"}, "required properties at '/' are 'model,state,questions'"),
        (
            CLEF,
            {"model": "clef", "state": "x", "questions": {"t": {**TEAM, "criteria": {"a/b": "1", "c/d": "2"}}}},
            "required properties at '/' are 'model,state,questions'",
        ),
        (CLEF, {"model": "clef-max", "state": "x"}, r"'/model' failed test ^\s*(clef|clef-flash)\s*$ patttern"),
        (
            DISTILL,
            {"messages": [SYSTEM, USER, USER, ASKED_SILENTLY]},
            NO_PROMPT + "Type mismatch of '/messages/0/content', 'array' not in 'string', "
            "Type mismatch of '/messages/1/content', 'array' not in 'string', "
            "Type mismatch of '/messages/2/content', 'array' not in 'string', "
            "required properties at '/messages/3' are 'role,content'",
        ),
        (
            GRANITE,  # of the capture the model is not known
            {"messages": [SYSTEM, TWO_PARTS]},
            NO_PROMPT + "Type mismatch of '/messages/0/content', 'array' not in 'string', "
            "Type mismatch of '/messages/1/content', 'string' not in 'array', "
            "required properties at '/messages/1' are 'role,content'",
        ),
        (
            GRANITE,
            {"messages": [USER, ASKED, TOLD], "tools": [TOOL]},
            NO_PROMPT + "Type mismatch of '/messages/0/content', 'array' not in 'string', "
            "Type mismatch of '/messages/1/content', 'string' not in 'null', "
            "required properties at '/messages/1' are 'role,content'",
        ),
        # seen in part: the words around are those of the schema
        (
            CODER,
            {"messages": [SYSTEM, USER, ASKED]},
            NO_PROMPT + "Type mismatch of '/messages/2/content', 'string' not in 'null'",
        ),
        (
            QWEN3,
            {"messages": [SYSTEM, USER, USER, ASKED]},
            NO_PROMPT + "Type mismatch of '/messages/0/content', 'array' not in 'string', "
            "Type mismatch of '/messages/1/content', 'array' not in 'string', "
            "Type mismatch of '/messages/2/content', 'array' not in 'string', "
            "Type mismatch of '/messages/3/content', 'string' not in 'null', "
            "required properties at '/messages/3' are 'role,content', required properties at '/' are 'requests'",
        ),
        (
            GPT_OSS,
            {"messages": [USER, ASKED]},
            NO_PROMPT + "Type mismatch of '/messages/0/content', 'array' not in 'string', "
            "Type mismatch of '/messages/1/content', 'string' not in 'null', "
            "required properties at '/messages/1' are 'role,content', required properties at '/' are 'input', "
            "required properties at '/' are 'requests'",
        ),
        (
            CODER,
            {"messages": [ONE_PART]},
            NO_PROMPT + "Type mismatch of '/messages/0/content', 'string' not in 'array'",
        ),
        # the validator's words for the published schemas
        (
            LLAMA_33,
            {"messages": [USER, ASKED]},
            NO_PROMPT + "Type mismatch of '/messages/1/content', 'string' not in 'null', "
            "required properties at '/messages/1' are 'role,content'",
        ),
        (GRANITE, {}, NO_PROMPT + "required properties at '/' are 'messages'"),
        (GRANITE, {"prompt": "x", "temperature": 6}, NONE + "'/temperature' must be <= 5"),
        (
            OPENAI[0],
            {"messages": [USER], "temperature": 3},
            NONE + "'/temperature' must be <= 2, required properties at '/' are 'requests'",
        ),
        (
            OPENAI[0],
            {},
            NO_PROMPT + "required properties at '/' are 'messages', required properties at '/' are 'requests'",
        ),
        (SCHNELL, {"prompt": "x", "steps": 9}, "'/steps' must be <= 8"),
        (SCHNELL, {"prompt": ""}, "Length of '/prompt' must be >= 1 not met"),
        (
            BGE,
            {"text": "a", "pooling": "max"},
            NONE + "Type mismatch of '/text', 'array' not in 'string', "
            "enum max not in mean,cls at '/pooling', required properties at '/' are 'requests'",
        ),
        (
            "@cf/meta/llama-guard-3-8b",
            {"messages": [SYSTEM]},
            "enum system not in user,assistant at '/messages/0/role'",
        ),
    ],
)
def test_these_are_refused_in_these_words(model: str, inputs: dict[str, Any], words: str) -> None:
    assert verdict(model, inputs) == words


@pytest.mark.parametrize("model", [GRANITE, LLAMA_33, CODER, "@cf/meta/llama-3.1-8b-instruct-fp8"])
def test_prompt_and_messages_exclude_each_other(model: str) -> None:
    assert str(verdict(model, {"prompt": "hi", "messages": [USER]})).startswith("oneOf at '/' not met, 2 matches")


def test_a_form_of_flux_2_needs_a_prompt() -> None:
    model = CATALOG.find("@cf/black-forest-labs/flux-2-dev")
    assert model is not None
    assert CATALOG.validator(model, form=True).error({"width": 512}) == "required properties at '/' are 'prompt'"


def accepts(schema: str, answer: Any) -> bool:
    document = json.loads((SCHEMAS / f"output/{schema}.json").read_bytes())
    return bool(Draft202012Validator(document).is_valid(answer))


USAGE = {"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3}
BILLED = {**USAGE, "prompt_tokens_details": {"cached_tokens": 0}, "neurons": 0.0032237636062470423}


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ("native-text", {"response": "Hello!", "tool_calls": [], "usage": USAGE}),
        ("native-text", {"response": None, "tool_calls": [{"name": "a", "arguments": {"id": "1"}}], "usage": BILLED}),
        ("native-text", {"response": {"name": "India", "capital": "New Delhi"}, "tool_calls": [], "usage": USAGE}),
        ("native-text", "data: [DONE]\n\n"),
        ("native-text-completions", {"choices": [{"finish_reason": "length", "text": ".\n\n"}], "usage": USAGE}),
        (
            "chat",
            {
                "id": "id-1786911855701",
                "object": "chat.completion",
                "created": 1786911855,
                "model": "@cf/zai-org/glm-5.2",
                "choices": [
                    {
                        "finish_reason": "length",
                        "index": 0,
                        "logprobs": None,
                        "matched_stop": 106,
                        "message": {"content": "", "reasoning_content": "1.", "role": "assistant", "tool_calls": None},
                    }
                ],
                "usage": BILLED,
            },
        ),
        (
            "chat",
            {
                "id": "id-1786911857845",
                "object": "chat.completion",
                "created": 1786911857,
                "model": "@cf/nvidia/nemotron-3-120b-a12b",
                "choices": [
                    {
                        "index": 0,
                        "message": {
                            "role": "assistant",
                            "content": None,
                            "refusal": None,
                            "annotations": None,
                            "audio": None,
                            "function_call": None,
                            "tool_calls": [],
                            "reasoning": "We need to",
                        },
                        "logprobs": None,
                        "finish_reason": "length",
                        "stop_reason": None,
                        "token_ids": None,
                    }
                ],
                "usage": BILLED,
            },
        ),
        ("embeddings", {"data": [[-0.0147]], "shape": [1, 1024], "usage": BILLED}),
        ("embeddings-bge", {"shape": [1, 768], "data": [[0.03, 0.006]], "pooling": "mean"}),
        ("embeddings-bge-m3", {"response": [{"id": 0, "score": 0.73974609375}]}),
        ("reranker", {"response": [{"id": 0, "score": 0.74}, {"id": 1, "score": 3.7e-05}], "usage": BILLED}),
        ("labels", [{"label": "PERSIAN CAT", "score": 0.4071170687675476}]),
        ("transcript", {"text": "you", "word_count": 1, "vtt": "WEBVTT\n\n00.000 --> 00.980\nyou"}),
        ("description", {"description": ' The text "Google" appears in the image.'}),
        ("guard", {"response": "\n\nunsafe\nS11", "usage": USAGE}),
        (
            "clef",
            {
                "model": "clef",
                "answers": {
                    "urgent": {"type": "noul", "noul": 0.9906},
                    "team": {"type": "choice", "choice": "a", "probabilities": {"a": 0.8, "b": 0.2}, "confidence": 0.5},
                },
                "usage": {"input_tokens": 346, "output_tokens": 0},
            },
        ),
    ],
)
def test_observed_answers_fit_the_output_schemas(schema: str, answer: Any) -> None:
    assert accepts(schema, answer)


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ("native-text", {"tool_calls": [], "usage": USAGE}),
        ("native-text", {"response": None, "tool_calls": [{"name": "a", "arguments": '{"id": 1}'}]}),
        ("chat", {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": []}),
        ("embeddings", {"data": [[0.1]]}),
        ("labels", [{"label": "POSITIVE", "score": 1.5}]),
        ("image-base64", {"image": None}),
        ("guard", {"response": {"safe": False, "categories": ["S15"]}}),
    ],
)
def test_the_output_schemas_refuse_what_is_not_an_answer(schema: str, answer: Any) -> None:
    assert not accepts(schema, answer)
