"""The command `try`: what a prompt or a file becomes for each kind of model, and what is shown of the answer."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mock_server import trying
from mock_server.catalog import Catalog
from mock_server.cli import main

ASSETS = Path(__file__).parent.parent / "fixtures" / "assets"
CAT, LLAMA = ASSETS / "cat.png", ASSETS / "talking-llama.mp3"
CHAT = "@cf/meta/llama-3.2-1b-instruct"
CATALOG = Catalog.load()


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str | Path) -> Result:
    environ = {name: None for name in os.environ if name.startswith("WORKERS_AI_MOCK_")}
    return CliRunner(env=environ).invoke(main, ["try", *map(str, words)])


def answered(*words: str | Path) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*words: str | Path) -> str:
    result = run(*words)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return result.stderr


def inputs(model: str, prompt: str | None = None, file: Path | None = None, **document: Any) -> dict[str, Any]:
    """What the command makes of its arguments for a model."""
    found = CATALOG.find(model)
    assert found is not None
    given = trying.Given(prompt, file, document)
    return trying._inputs(CATALOG, found, given, form="form" in found.schema)


def test_a_chat_model_says_its_text_and_what_it_cost() -> None:
    result = run(CHAT, "--json", '{"prompt": "Where did the phrase Hello World come from"}')
    assert result.stdout.startswith("Brian Kernighan")
    assert result.stderr.startswith("from samples/text-generation/hello-world-prompt, ")
    assert result.stderr.endswith(" neurons\n")


def test_a_call_of_a_tool_is_shown_as_json() -> None:
    sample = json.loads((ASSETS.parent / "samples" / "text-generation" / "tools.json").read_text())
    value = json.loads(answered(CHAT, "--json", json.dumps(sample["match"]["inputs"]["equals"])))
    assert value["tool_calls"] == sample["reply"]["tool_calls"]


def test_a_stream_is_shown_as_it_is_sent() -> None:
    lines = answered(CHAT, "--prompt", "hi", "--stream").splitlines()
    assert all(line.startswith("data: ") for line in lines if line)
    assert lines[-2] == "data: [DONE]"


@pytest.mark.parametrize(
    ("model", "prompt", "expected"),
    [
        (CHAT, "hi", {"messages": [{"role": "user", "content": "hi"}]}),
        ("@cf/openai/gpt-oss-20b", "hi", {"messages": [{"role": "user", "content": "hi"}]}),
        ("@cf/meta/llama-guard-3-8b", "hi", {"messages": [{"role": "user", "content": "hi"}]}),
        ("@cf/baai/bge-m3", "hi", {"text": "hi"}),
        ("@cf/huggingface/distilbert-sst-2-int8", "hi", {"text": "hi"}),
        ("@cf/facebook/bart-large-cnn", "hi", {"input_text": "hi"}),
        ("@cf/meta/m2m100-1.2b", "hi", {"text": "hi", "target_lang": "french"}),
        ("@cf/ai4bharat/indictrans2-en-indic-1B", "hi", {"text": "hi", "target_language": "hin_Deva"}),
        ("@cf/deepgram/aura-1", "hi", {"text": "hi"}),
        ("@cf/myshell-ai/melotts", "hi", {"prompt": "hi"}),
        ("@cf/black-forest-labs/flux-2-dev", "hi", {"prompt": "hi"}),
        ("@cf/moondream/moondream3.1-9B-A2B", "hi", {"question": "hi"}),
    ],
)
def test_a_prompt_becomes_the_input_that_the_model_wants(model: str, prompt: str, expected: dict[str, Any]) -> None:
    assert inputs(model, prompt) == expected


def test_json_and_prompt_go_together() -> None:
    assert inputs("@cf/meta/m2m100-1.2b", "hi", target_lang="german") == {"text": "hi", "target_lang": "german"}
    contexts = [{"text": "a"}]
    assert inputs("@cf/baai/bge-reranker-base", "hi", contexts=contexts) == {"contexts": contexts, "query": "hi"}
    assert inputs("@cf/baai/bge-m3", "hi", contexts=contexts) == {"contexts": contexts, "query": "hi"}
    questions = {"urgent": {"type": "noul", "instructions": "Urgent?"}}
    assert inputs("@cf/cloudflare/clef", "hi", questions=questions) == {"questions": questions, "state": "hi"}


@pytest.mark.parametrize(
    ("model", "file", "prompt", "name", "begins"),
    [
        ("@cf/openai/whisper-large-v3-turbo", LLAMA, None, "audio", "SUQz"),
        ("@cf/pipecat-ai/smart-turn-v2", LLAMA, None, "audio", "SUQz"),
        ("@cf/moondream/moondream3.1-9B-A2B", CAT, "Which animal?", "image", "data:image/png;base64,iVBOR"),
        ("@cf/llava-hf/llava-1.5-7b-hf", CAT, "Which animal?", "image", "data:image/png;base64,iVBOR"),
        ("@cf/runwayml/stable-diffusion-v1-5-img2img", CAT, "a dog", "image_b64", "iVBOR"),
        ("@cf/black-forest-labs/flux-2-dev", CAT, "a dog", "input_image_0", b"\x89PNG"),
    ],
)
def test_a_file_becomes_the_media_input_in_a_form_that_the_schema_takes(
    model: str, file: Path, prompt: str | None, name: str, begins: str | bytes
) -> None:
    assert inputs(model, prompt, file)[name].startswith(begins)


def test_a_vision_model_is_shown_the_picture_beside_the_words() -> None:
    (message,) = inputs("@cf/meta/llama-4-scout-17b-16e-instruct", "What is it?", CAT)["messages"]
    words, picture = message["content"]
    assert words == {"type": "text", "text": "What is it?"}
    assert picture["image_url"]["url"].startswith("data:image/png;base64,iVBOR")


def test_a_raw_body_is_read_by_the_models_that_take_one() -> None:
    assert json.loads(answered("@cf/openai/whisper", "--file", LLAMA))["text"] == "It is a good day to be a llama."
    assert json.loads(answered("@cf/microsoft/resnet-50", "--file", CAT))[0]["label"] == "TIGER CAT"
    options = ["--json", '{"detect_language": true}']
    heard = json.loads(answered("@cf/deepgram/nova-3", "--file", LLAMA, *options))
    assert heard["results"]["channels"][0]["detected_language"] == "en"


def test_a_file_of_json_is_the_inputs() -> None:
    Path("ask.json").write_text('{"prompt": "Where did the phrase Hello World come from"}')
    assert answered(CHAT, "--file", "ask.json").startswith("Brian Kernighan")


@pytest.mark.parametrize(
    ("model", "document", "name", "kind", "begins"),
    [
        ("@cf/deepgram/aura-1", {"text": "Hello World!"}, "aura-1.mp3", "audio/mpeg", b"ID3"),
        ("@cf/myshell-ai/melotts", {"prompt": "Hello world", "lang": "en"}, "melotts.wav", "audio/wav", b"RIFF"),
        (
            "@cf/black-forest-labs/flux-1-schnell",
            {"prompt": "cyberpunk cat"},
            "flux-1-schnell.jpg",
            "image/jpeg",
            b"\xff\xd8",
        ),
        (
            "@cf/stabilityai/stable-diffusion-xl-base-1.0",
            {"prompt": "cyberpunk cat"},
            "stable-diffusion-xl-base-1.0.png",
            "image/png",
            b"\x89PNG",
        ),
    ],
)
def test_media_are_written_to_a_file_named_after_the_model(
    model: str, document: dict[str, Any], name: str, kind: str, begins: bytes
) -> None:
    said = answered(model, "--json", json.dumps(document))
    data = Path(name).read_bytes()
    assert data.startswith(begins)
    assert said == f"wrote {name}: {kind}, {len(data)} bytes\n"


def test_no_file_is_overwritten_in_silence() -> None:
    ask = ["@cf/deepgram/aura-1", "--json", '{"text": "Hello World!"}']
    assert answered(*ask).startswith("wrote aura-1.mp3: ")
    assert answered(*ask).startswith("wrote aura-1-2.mp3: ")
    assert answered(*ask, "--out", "aura-1.mp3").startswith("replaced aura-1.mp3: ")
    assert "cannot be written" in refused(*ask, "--out", "no/such/folder.mp3")


def test_a_refusal_of_the_service_is_shown_with_status_code_and_message() -> None:
    words = refused(CHAT, "--json", "{}")
    assert words.startswith("Error: 400 5006: AiError: Bad input: Error: ")
    deprecated = ["@cf/facebook/bart-large-cnn", "--prompt", "It rains. It pours."]
    assert refused(*deprecated).startswith("Error: 410 5028: ")
    assert "--deprecated-models answer" in refused(*deprecated)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["@cf/meta/lama-3.2-1b-instruct", "--prompt", "x"], f"did you mean {CHAT}?"),
        (["llama-3.2-1b-instruct", "--prompt", "x"], f"did you mean {CHAT}?"),
        ([CHAT], "nothing to ask; give --prompt, --file or --json"),
        ([CHAT, "--json", "{"], "--json: not JSON"),
        ([CHAT, "--json", "[]"], "--json: the inputs of a model are a JSON object"),
        ([CHAT, "--file", "gone.json"], "gone.json: cannot be read"),
        ([CHAT, "--file", LLAMA], "takes no such media, only inputs as JSON"),
        (["@cf/openai/whisper", "--prompt", "x"], "takes no prompt; its inputs are: audio"),
        (["@cf/deepgram/flux", "--json", '{"sample_rate": "16000", "encoding": "linear16"}'], "over a WebSocket only"),
        ([CHAT, "--prompt", "x", "--fixtures", "gone"], "--fixtures: ('gone',) is not accepted"),
    ],
)
def test_trouble_is_told_in_a_sentence(words: list[str | Path], complaint: str) -> None:
    said = refused(*words)
    assert said.startswith("Error: ")
    assert complaint in said


def test_a_model_that_nobody_knows_is_inferred_when_asked_to() -> None:
    infer = ["--unknown-models", "infer"]
    assert answered("@cf/somebody/new", "--prompt", "hi", *infer)
    assert json.loads(answered("@cf/somebody/whisper-9", "--file", LLAMA, *infer))["word_count"] == 9
    assert json.loads(answered("@cf/somebody/resnet-99", "--file", CAT, *infer))[0]["label"]


def test_fixtures_of_ones_own_answer(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    stub = {"match": {"task": "Text Generation"}, "reply": {"text": "Mine."}}
    (tmp_path / "own" / "mine.json").write_text(json.dumps(stub))
    own: list[str | Path] = ["--fixtures", tmp_path / "own"]
    assert answered(CHAT, "--prompt", "hi", *own) == "Mine.\n"
    drawing = {"match": {"task": "Text-to-Image"}, "reply": {"result": {"drawn": False}}}
    (tmp_path / "own" / "drawing.json").write_text(json.dumps(drawing))
    assert json.loads(answered("@cf/black-forest-labs/flux-1-schnell", "--prompt", "hi", *own)) == {"drawn": False}
