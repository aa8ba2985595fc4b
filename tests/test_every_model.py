"""Every model of the catalog that can be asked, with every kind of input it takes: made from the catalog itself.

A new model file is tested by being there. Media are made once for each schema, the rest for each model.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from harness import BEARER, Emulator, Response
from jsonschema import Draft202012Validator

from mock_server import formats, usage
from mock_server.catalog import Catalog, Model
from mock_server.exchange import Tokens

HERE = Path(__file__).parent
ASSETS = HERE.parent / "fixtures" / "assets"
CATALOG = Catalog.load()
EXAMPLES: dict[str, list[dict[str, Any]]] = json.loads((HERE / "catalog" / "examples.json").read_text("utf-8"))
MEDIA = ("text_to_image", "text_to_speech")  # what takes long to make
RAW = {"audio": (ASSETS / "talking-llama.mp3").read_bytes(), "image": (ASSETS / "crossing.jpg").read_bytes()}
BATCH = "requests"  # answered later, by another road
DIFFERS = ("id", "created", "created_at")  # in an answer, each time it is made


def asked() -> Iterator[Model]:
    """Models that are listed, or were until they were deprecated."""
    return (model for model in CATALOG if not model.hidden and model.responder != "streaming_recognition")


def examples(model: Model) -> list[dict[str, Any]]:
    """What a model is asked in JSON, or in a form where it takes nothing else; pictures are small."""
    found = EXAMPLES.get(model.schema.get("form", model.schema["input"]), [])
    if model.responder == "text_to_image":
        known = CATALOG.schema(model, "form" if "form" in model.schema else "input")["properties"]
        sides = {side: 256 for side in ("width", "height") if side in known}
        found = [inputs | sides for inputs in found]
    fills = model.facts.get("fills", {})  # of models that share a schema, each wants its own name in it
    found = [{name: fills.get(name, value) for name, value in inputs.items()} for inputs in found]
    return [inputs for inputs in found if BATCH not in inputs and ("lora" not in inputs or model.has("lora"))]


def cases() -> list[Any]:
    found = []
    seen = set()
    for model in asked():
        once = (model.schema["input"], model.facts.get("delivery"), model.facts.get("media_type"))
        if model.responder in MEDIA and once in seen:
            continue
        seen.add(once)
        short = model.name.rpartition("/")[2]
        many = examples(model)[:1] if model.responder in MEDIA else examples(model)
        found += [pytest.param(model, inputs, id=f"{short}-{number}") for number, inputs in enumerate(many)]
        if "raw_body" in model.facts:
            found.append(pytest.param(model, RAW[model.facts["raw_body"]], id=f"{short}-raw"))
    return found


CASES = cases()


@cache
def emulator() -> Emulator:
    return Emulator(agreements="given", deprecated_models="answer")


def ask(model: Model, inputs: Any) -> Response:
    if "form" in model.schema:
        parts = [f'--b\r\ncontent-disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in inputs.items()]
        body = "".join([*parts, "--b--\r\n"]).encode()
        path = f"/accounts/023e105f4ecef8ad9ca31a8372d0c353/ai/run/{model.name}"
        return emulator().ask("POST", path, body, BEARER | {"content-type": "multipart/form-data; boundary=b"})
    return emulator().run(model.name, inputs)


def whole(model: Model, inputs: Any) -> Response:
    if isinstance(inputs, bytes) or "form" in model.schema:
        return ask(model, inputs)
    told = {key: value for key, value in inputs.items() if key not in ("stream", "stream_options")}
    return ask(model, told | ({"stream": False} if model.facts.get("stream") else {}))


@cache
def judge(schema: str) -> Draft202012Validator:
    model = next(model for model in CATALOG if model.schema["output"] == schema)
    return Draft202012Validator(CATALOG.schema(model, "output"))


def settled(value: Any) -> Any:
    """An answer without what differs each time it is made."""
    match value:
        case dict():
            return {key: settled(item) for key, item in value.items() if key not in DIFFERS}
        case list():
            return [settled(item) for item in value]
    return value


@pytest.mark.parametrize(("model", "inputs"), CASES)
def test_a_model_answers_in_its_own_shape_and_the_same_again(model: Model, inputs: Any) -> None:
    response = whole(model, inputs)
    assert response.status == 200, response.body[:500]
    kind = response.headers["content-type"]
    if kind == "application/json":
        value = response.result
        judge(model.schema["output"]).validate(value)
        assert settled(value) == settled(whole(model, inputs).result)
        _adds_up(model, response)
        if model.facts.get("delivery") == "base64":
            _is_media(b64decode(value.get("image") or value["audio"]), model.facts.get("media_type", "audio/wav"))
    else:
        judge(model.schema["output"]).validate("")
        assert kind == model.facts.get("media_type", "audio/mpeg")
        _is_media(response.body, kind)
        assert response.body == whole(model, inputs).body
    assert float(response.headers.get("cf-ai-neurons", 0)) >= 0


def _adds_up(model: Model, response: Response) -> None:
    """The numbers of `usage`, in whatever form the model shows them, and their price."""
    value = response.result
    told = value.get("usage") if isinstance(value, dict) else None
    if not isinstance(told, dict):
        return
    if "input_tokens" in told:
        prompt, completion = told["input_tokens"], told["output_tokens"]
    else:
        prompt, completion = told["prompt_tokens"], told["completion_tokens"]
    assert told.get("total_tokens", prompt + completion) == prompt + completion
    details = told.get("prompt_tokens_details") or told.get("input_tokens_details") or {}
    tokens = Tokens(prompt, completion, details.get("cached_tokens", 0))
    neurons = usage.neurons(model, tokens, {})
    assert response.headers["cf-ai-neurons"] == f"{neurons:.2f}"
    assert told.get("neurons", neurons) == neurons


def _is_media(data: bytes, kind: str) -> None:
    if kind.startswith("image/"):
        from PIL import Image

        image = Image.open(BytesIO(data))
        image.load()
        assert Image.MIME[image.format or ""] == kind
    else:
        import mutagen

        found = mutagen.File(BytesIO(data))
        assert kind in found.mime
        assert found.info.length > 0


# --- streams ----------------------------------------------------------------------------------------------------------
def streams(model: Model, inputs: Any) -> bool:
    return isinstance(inputs, dict) and formats.of(model, inputs) is not None and model.responder == "text_generation"


STREAMS = [case for case in CASES if streams(*case.values)]


@pytest.mark.parametrize(("model", "inputs"), STREAMS)
def test_a_stream_says_what_the_whole_answer_says(model: Model, inputs: dict[str, Any]) -> None:
    answer = whole(model, inputs).result
    events = ask(model, inputs | {"stream": True, "stream_options": {"include_usage": True}}).events
    if formats.pick(model, inputs) == "responses":
        assert settled(events[-1]["response"]["output"]) == settled(answer["output"])
        assert events[-1]["response"]["usage"] == answer["usage"]
        return
    assert events.pop() == "[DONE]"
    said: dict[int, Any] = {**_said(events)}
    told = _told(model, answer)
    if isinstance(answer.get("response"), dict | list):  # JSON mode: the object, and its text
        said = {index: (json.loads(text.rpartition("</think>")[2]), calls) for index, (text, calls) in said.items()}
    assert said == told
    assert _totals(events[-1]["usage"]) == _totals(answer["usage"])


def _said(events: list[Any]) -> dict[int, tuple[str, list[Any]]]:
    """Text and tool calls of each choice of a stream, its pieces put together."""
    said: dict[int, tuple[str, list[Any]]] = {}
    for event in events:
        for part in event.get("choices") or ([{"delta": event}] if "response" in event else []):
            text, calls = said.setdefault(part.get("index", 0), ("", []))
            delta = part.get("delta", part)
            for call in delta.get("tool_calls") or ():
                _join(calls, call)
            piece = delta.get("content") or delta.get("response") or part.get("text") or ""
            said[part.get("index", 0)] = (text + piece, calls)
    return said


def _join(calls: list[Any], call: dict[str, Any]) -> None:
    if "function" not in call:  # native: a call stands in one piece
        calls.append({"name": call["name"], "arguments": call["arguments"]})
        return
    function = call["function"]
    if function.get("name"):
        calls.append({"name": function["name"], "arguments": ""})
    arguments = function.get("arguments") or ""
    if isinstance(arguments, dict):
        calls[-1]["arguments"] = arguments
    else:
        calls[-1]["arguments"] += arguments


def _told(model: Model, answer: dict[str, Any]) -> dict[int, tuple[Any, list[Any]]]:
    """The same of a whole answer."""
    if "response" in answer:
        calls = answer.get("tool_calls", [])
        if calls and model.facts.get("streams_tools_as_text"):
            written = [{"name": call["name"], "parameters": call["arguments"]} for call in calls]
            return {0: ("\n".join(json.dumps(call, ensure_ascii=False) for call in written), [])}
        return {0: (answer["response"] or "", [_plain(call) for call in calls])}
    told = {}
    for choice in answer["choices"]:
        message = choice.get("message", {})
        calls = [_plain(call) for call in message.get("tool_calls") or ()]
        told[choice["index"]] = (message.get("content") or choice.get("text") or "", calls)
    return told


def _plain(call: dict[str, Any]) -> dict[str, Any]:
    function = call.get("function", call)
    return {"name": function["name"], "arguments": function["arguments"]}


def _totals(told: dict[str, Any]) -> dict[str, Any]:
    return {key: told[key] for key in ("prompt_tokens", "completion_tokens", "total_tokens")}


# --- what is not asked over this road ---------------------------------------------------------------------------------
def test_a_model_that_only_speaks_over_a_websocket_says_so() -> None:
    models = [model for model in CATALOG if model.responder == "streaming_recognition"]
    assert models
    for model in models:
        response = emulator().run(model.name, EXAMPLES[model.schema["input"]][0])
        assert response.status == 501
        assert response.headers["x-mock-source"] == "mock"
        assert "over a WebSocket only" in response.json["mock_error"]


def test_every_model_is_asked_something() -> None:
    asked_for = {case.values[0].schema["input"] for case in CASES}
    assert {model.schema["input"] for model in asked()} == asked_for
