"""The shipped samples: one at least for every task, each answering the request that the public documentation shows."""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from harness import Emulator, Response
from jsonschema import Draft202012Validator

from mock_server.catalog import Catalog
from mock_server.stubs import Stubs

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
ASSETS = FIXTURES / "assets"
REQUESTS: list[dict[str, Any]] = json.loads((ROOT / "tests" / "data" / "sample_requests.json").read_text("utf-8"))
SAMPLES = {
    path.relative_to(FIXTURES).with_suffix("").as_posix(): json.loads(path.read_text("utf-8"))
    for path in sorted((FIXTURES / "samples").rglob("*.json"))
}
CATALOG = Catalog.load()
NAMES = [f"{row['sample'].removeprefix('samples/')} {row['model'].rpartition('/')[2]}" for row in REQUESTS]
VERBATIM = [row for row in REQUESTS if "result" in SAMPLES[row["sample"]]["reply"]]
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".mp3": "audio/mpeg", ".wav": "audio/wav"}


@pytest.fixture(scope="module")
def answering() -> Emulator:
    """An emulator that answers for deprecated models too."""
    return Emulator(agreements="given", deprecated_models="answer")


@pytest.fixture(scope="module")
def generating() -> Emulator:
    """The same without any fixture."""
    emulator = Emulator(agreements="given", deprecated_models="answer")
    emulator.app._serving.pipeline.stubs = Stubs(())  # type: ignore[attr-defined] # there is no setting for this
    return emulator


def filled(value: Any) -> Any:
    """Inputs with the assets they speak of put in."""
    match value:
        case {"asset": name, "as": form}:
            return encoded((ASSETS / name).read_bytes(), form, TYPES[Path(name).suffix])
        case dict():
            return {key: filled(item) for key, item in value.items()}
    return value


def encoded(data: bytes, form: str, media_type: str) -> Any:
    text = b64encode(data).decode()
    return {"numbers": list(data), "base64": text, "data-url": f"data:{media_type};base64,{text}"}[form]


def ask(emulator: Emulator, row: dict[str, Any], **more: Any) -> Response:
    if "body" in row:
        return emulator.run(row["model"] + row["query"], (ASSETS / row["body"]).read_bytes())
    return emulator.run(row["model"], filled(row["inputs"]) | more)


@pytest.mark.parametrize("row", REQUESTS, ids=NAMES)
def test_the_documented_request_is_answered_by_its_sample_in_the_models_shape(
    answering: Emulator, row: dict[str, Any]
) -> None:
    response = ask(answering, row)
    assert response.status == 200, response.body
    assert response.headers["x-mock-source"] == row["sample"]
    model = CATALOG.find(row["model"])
    assert model is not None
    value = (
        response.result if response.headers["content-type"] == "application/json" else response.body.decode("latin1")
    )
    Draft202012Validator(CATALOG.schema(model, "output")).validate(value)


@pytest.mark.parametrize("row", VERBATIM, ids=[NAMES[REQUESTS.index(row)] for row in VERBATIM])
def test_a_verbatim_sample_has_the_keys_of_the_models_own_answers(
    answering: Emulator, generating: Emulator, row: dict[str, Any]
) -> None:
    model = CATALOG.find(row["model"])
    assert model is not None
    own = ask(generating, row, **({"stream": False} if "stream" in model.facts else {}))
    assert own.headers["x-mock-source"] == "responder"
    assert json.dumps(keys(ask(answering, row).result)) == json.dumps(keys(own.result))


def keys(value: Any) -> Any:
    """Keys in their order, on every level; of a list, those of its first item."""
    match value:
        case dict():
            return {key: keys(item) for key, item in value.items()}
        case list():
            return [keys(item) for item in value[:1]]
    return None


def test_every_task_has_a_sample_and_every_sample_a_request() -> None:
    folders = {name.split("/")[1] for name in SAMPLES}
    assert folders == {model.task.lower().replace(" ", "-") for model in CATALOG}
    assert set(SAMPLES) == {row["sample"] for row in REQUESTS}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_says_what_it_is_about(name: str) -> None:
    assert SAMPLES[name]["about"].endswith((".", ")"))


@pytest.mark.parametrize(
    "row", [row for row in REQUESTS if row["model"].rpartition("/")[2].startswith("llama-3.")], ids=str
)
def test_a_request_with_anything_more_in_it_is_not_shadowed(answering: Emulator, row: dict[str, Any]) -> None:
    assert ask(answering, row, max_tokens=5).headers["x-mock-source"] == "responder"


@pytest.mark.parametrize("model", ["@cf/meta/llama-3.2-1b-instruct", "@cf/zai-org/glm-4.7-flash"])
def test_a_sample_of_text_streams(answering: Emulator, model: str) -> None:
    row = next(row for row in REQUESTS if row["sample"].endswith("hello-world-chat"))
    events = answering.run(model, row["inputs"] | {"stream": True}).events[:-1]
    deltas = [event["choices"][0]["delta"].get("content") or "" for event in events if event.get("choices")]
    said = "".join(deltas) or "".join(event["response"] for event in events)
    assert said == SAMPLES[row["sample"]]["reply"]["text"]


@pytest.mark.parametrize("form", ["numbers", "base64", "data-url"])
def test_media_are_known_by_their_bytes_in_whatever_form_they_come(answering: Emulator, form: str) -> None:
    image = encoded((ASSETS / "cat.png").read_bytes(), form, "image/png")
    inputs = {"image": image, "prompt": "Generate a caption for this image", "max_tokens": 512}
    response = answering.run("@cf/llava-hf/llava-1.5-7b-hf", inputs)
    assert response.headers["x-mock-source"] == "samples/image-to-text/caption"


def test_assets_are_small_and_every_one_is_used() -> None:
    files = {path.name: path.read_bytes() for path in ASSETS.iterdir() if path.is_file()}
    assert sum(map(len, files.values())) < 150_000
    written = json.dumps([*SAMPLES.values()])
    assert [name for name, data in files.items() if name not in written] == []
    wanted = {sha256(data).hexdigest() for data in files.values()}
    hashes = {value for sample in SAMPLES.values() for value in _hashes(sample["match"])}
    assert hashes <= wanted


def _hashes(match: dict[str, Any]) -> list[str]:
    return [wanted["sha256"] for wanted in match.values() if isinstance(wanted, dict) and "sha256" in wanted]


def test_what_a_sample_says_it_used_is_what_it_costs(answering: Emulator) -> None:
    row = next(row for row in REQUESTS if row["sample"].endswith("reranker"))
    response = ask(answering, row)
    assert response.headers["cf-ai-neurons"] == f"{response.result['usage']['neurons']:.2f}"


def test_the_stored_vectors_lie_where_the_model_puts_those_texts(answering: Emulator) -> None:
    row = next(row for row in REQUESTS if row["sample"].endswith("stories"))
    stored = SAMPLES[row["sample"]]["reply"]["result"]["data"]
    made = [answering.run(row["model"], {"text": text}).result["data"][0] for text in row["inputs"]["text"]]
    for one, other in zip(stored, made, strict=True):
        assert sum(first * second for first, second in zip(one, other, strict=True)) > 0.95
