"""Exchanges with the real service that somebody published, asked again here: refusals to the byte, answers by shape.

A row of ``contract/exchanges.jsonl`` has its `id`, the `date` and `confidence` of the capture, what to `ask` (rebuilt
where the capture has no request), and `how` its answer is compared:

=========  =============================================================================================================
bytes      the whole body; {uuid} stands for a request id
errors     the array of errors, to the byte
message    status, code and message of the first error, which is all that was published
fragments  status, code, and parts of a message that was published in parts; digits: the same but for the numbers
code       status and code
chain      code, and the codes of the chain
headers    which headers are there and which are not
shape      the result's keys in their order and the types of its values on every level; `same` values; `more` keys that
           newer captures have besides; `rules` that its values keep; `bare` where there is no envelope
subset     the same but for the order, for keys that were published; `keys` come first in this order
events     the keys of each kind of event of a stream
listed     of a list, the item with the published name or id: what was published of it is there
schema     the names of a model's inputs, and the least and most that they may be
labels, calls, media, silence, tools, thinks: what their tests say
=========  =============================================================================================================
"""

import json
import re
import wave
from base64 import b64decode, b64encode
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from harness import ACCOUNT, BEARER, Emulator, Response
from PIL import Image

from mock_server import usage
from mock_server.catalog import Catalog
from mock_server.exchange import Tokens

HERE = Path(__file__).parent
ASSETS = HERE.parent / "fixtures" / "assets"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CATALOG = Catalog.load()
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (HERE / "contract" / "exchanges.jsonl").read_text("utf-8").splitlines()
]
CITY = {"type": "object", "properties": {"city": {"type": "string", "description": "The city"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Weather in a city", "parameters": CITY}}
WEATHER = {"messages": [{"role": "user", "content": "What is the weather in Paris?"}], "tools": [TOOL]}


def rows(*how: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in ROWS if row["how"] in how])


@pytest.fixture
def ask(emulator: Emulator, make_emulator: Callable[..., Emulator], tmp_path: Path) -> Callable[..., Response]:
    """Asks what a row asks, or the same with other inputs or of another model."""

    def send(row: dict[str, Any], inputs: Any = None, model: str = "") -> Response:
        what: dict[str, Any] = row["ask"]
        asked = emulator
        if "settings" in what or "fixture" in what:
            settings = {"agreements": "given"} | what.get("settings", {})
            if "fixture" in what:
                stub = {"match": {}, "reply": {"error": what["fixture"]}}
                (tmp_path / "told.json").write_text(json.dumps(stub))
                settings["fixtures"] = (tmp_path,)
            asked = make_emulator(**settings)
        account = what.get("account", ACCOUNT)
        path = what.get("path") or f"/client/v4/accounts/{account}/ai/run/{model or what['model']}"
        body, headers = _body(what, inputs)
        given = {name: value for name, value in (BEARER | headers | what.get("headers", {})).items() if value}
        for method, first, document in what.get("before", ()):
            asked.ask(method, first, json.dumps(document).encode(), BEARER)
        response = asked.ask(what.get("method", "POST"), path, body, given)
        if "poll" in what:  # what came of a batch
            job = json.dumps({"request_id": response.result["request_id"]}).encode()
            response = asked.ask("POST", path, job, given)
        return response

    return send


def _body(what: dict[str, Any], inputs: Any) -> tuple[bytes, dict[str, str]]:
    if "form" in what:
        parts = [f'--b\r\ncontent-disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in what["form"].items()]
        return "".join([*parts, "--b--\r\n"]).encode(), {"content-type": "multipart/form-data; boundary=b"}
    if "body" in what:
        return (ASSETS / what["body"]).read_bytes(), {}
    return (json.dumps(_filled(inputs or what["inputs"])).encode() if "inputs" in what or inputs else b""), {}


def _filled(value: Any) -> Any:
    match value:
        case {"asset": name}:
            data = (ASSETS / name).read_bytes()
            return list(data) if name.endswith(".jpg") else "data:image/png;base64," + b64encode(data).decode()
        case {"repeat": [str(text), int(times)]}:
            return text * times
        case dict():
            return {key: _filled(item) for key, item in value.items()}
        case list():
            return [_filled(item) for item in value]
    return value


def anonymous(body: bytes) -> str:
    return UUID.sub("{uuid}", body.decode())


def looked_up(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


# --- refusals ---------------------------------------------------------------------------------------------------------
@rows("bytes")
def test_a_refusal_is_the_published_one_to_the_byte(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    response = ask(row)
    assert (response.status, anonymous(response.body)) == (row["status"], row["body"])


@rows("errors")
def test_the_errors_are_the_published_ones_to_the_byte(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    response = ask(row)
    assert response.status == row["status"]
    wanted = json.dumps(json.loads(row["errors"]), separators=(",", ":"), ensure_ascii=False)
    assert f'"errors":{wanted}' in anonymous(response.body)


@rows("message", "code")
def test_a_refusal_has_the_published_status_code_and_message(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    status, code, message = ask(row).error
    assert (status, code) == (row["status"], row["code"])
    if row["how"] == "message":
        assert UUID.sub("{uuid}", message) == row["message"]
    for inputs in row.get("passes", ()):
        assert ask(row, inputs).status == 200


@rows("fragments", "digits")
def test_a_refusal_has_the_published_parts_of_a_message(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    status, code, message = ask(row).error
    assert (status, code) == (row["status"], row["code"])
    numbers = r"\d+" if row["how"] == "digits" else r"(?!)"
    for fragment in row["fragments"]:
        assert re.sub(numbers, "N", fragment) in re.sub(numbers, "N", message)
    for model in row.get("passes_on", ()):
        assert ask(row, model=model).status == 200


@rows("chain")
def test_a_refusal_has_the_published_chain(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    response = ask(row)
    assert response.error[:2] == (row["status"], row["code"])
    assert [link["code"] for link in response.json["errors"][0]["error_chain"]] == row["chain"]


@rows("headers")
def test_headers_are_there_and_not_there_as_published(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    response = ask(row)
    assert response.status == row["status"]
    assert set(row["has"]) <= set(response.headers)
    assert not set(row["lacks"]) & set(response.headers)


# --- answers ----------------------------------------------------------------------------------------------------------
def shape(value: Any) -> Any:
    """Keys in their order and types of values; a list is what its items are."""
    match value:
        case dict():
            return {key: shape(item) for key, item in value.items()}
        case list():
            return [shape(item) for item in value[:1]]
        case bool() | None | str():
            return type(value).__name__
    return "number"


def answered(row: dict[str, Any], response: Response) -> Any:
    """The result, or all of the body where it has no envelope."""
    assert response.status == 200, response.body
    return response.json if row.get("bare") else response.result


def without(value: Any, paths: list[str]) -> Any:
    """A shape without the keys that newer captures have."""
    for path in paths:
        head, _, last = path.rpartition("/")
        looked_up(value, f"/{head}" if head else "").pop(last, None)
    return value


@rows("shape")
def test_an_answer_has_the_published_keys_in_their_order_with_the_same_types(
    row: dict[str, Any], ask: Callable[..., Response]
) -> None:
    response = ask(row)
    result = answered(row, response)
    found = without(shape(result), row.get("more", []))
    assert json.dumps(found) == json.dumps(shape(row["result"]))
    for pointer in row.get("same", ()):
        assert looked_up(result, pointer) == looked_up(row["result"], pointer)
    for rule in row.get("rules", ()):
        RULES[rule](result, row, response)


@rows("subset")
def test_an_answer_has_the_published_keys(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    result = answered(row, ask(row))
    assert _covers(result, row["result"]), result
    for pointer in row.get("same", ()):
        assert looked_up(result, pointer) == looked_up(row["result"], pointer)
    assert list(result)[: len(row.get("keys", ()))] == row.get("keys", [])


def _covers(found: Any, wanted: Any) -> bool:
    match wanted:
        case dict():
            return isinstance(found, dict) and all(key in found and _covers(found[key], wanted[key]) for key in wanted)
        case list():
            return isinstance(found, list) and (not wanted or _covers(found[0], wanted[0]))
    return bool(shape(found) == shape(wanted))


def _usage(result: Any, row: dict[str, Any], response: Response) -> None:
    told = result["usage"]
    assert told["total_tokens"] == told["prompt_tokens"] + told["completion_tokens"]
    model = CATALOG.find(row["ask"]["model"])
    assert model is not None
    assert told["neurons"] == usage.neurons(model, Tokens(told["prompt_tokens"], told["completion_tokens"]), {})
    assert response.headers["cf-ai-neurons"] == f"{told['neurons']:.2f}"
    published = row["result"]["usage"]
    if "neurons" in published:
        tokens = Tokens(published["prompt_tokens"], published["completion_tokens"])
        assert usage.neurons(model, tokens, {}) == published["neurons"]


def _ranking(result: Any, row: dict[str, Any], response: Response) -> None:
    scores = [item["score"] for item in result["response"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)


def _decisions(result: Any, row: dict[str, Any], response: Response) -> None:
    for answers in (row["result"]["answers"], result["answers"]):  # what the captures obey, ours must
        for name in ("team", "severity"):
            chances = [*answers[name]["probabilities"].values()]
            assert sum(chances) == pytest.approx(1, abs=2e-4)
            even = 1 / len(chances)
            confidence = (sum(chance**2 for chance in chances) - even) / (1 - even)
            assert answers[name]["confidence"] == pytest.approx(confidence, abs=2e-4)
        mean = sum(place * chance for place, chance in enumerate(answers["severity"]["probabilities"].values()))
        assert answers["severity"]["score"] == pytest.approx(mean, abs=4e-4)
        best = max(answers["team"]["probabilities"], key=answers["team"]["probabilities"].get)
        assert answers["team"]["choice"] == best


def _falling(result: Any, row: dict[str, Any], response: Response) -> None:
    scores = [item["score"] for item in result]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score < 1 for score in scores)


def _upper(result: Any, row: dict[str, Any], response: Response) -> None:
    assert all(item["label"] == item["label"].upper() for item in result)


def _five(result: Any, row: dict[str, Any], response: Response) -> None:
    assert len(result) == 5


def _leading_space(result: Any, row: dict[str, Any], response: Response) -> None:
    assert re.match(r" \S", result["description"])


RULES: dict[str, Callable[[Any, dict[str, Any], Response], None]] = {
    "usage": _usage,
    "ranking": _ranking,
    "clef": _decisions,
    "falling scores": _falling,
    "upper-case labels": _upper,
    "five labels": _five,
    "leading space": _leading_space,
}


@rows("labels")
def test_both_labels_are_scored_and_their_scores_add_up(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    result = ask(row).result
    assert sorted(item["label"] for item in result) == row["labels"]
    assert sum(item["score"] for item in result) == pytest.approx(1, abs=1e-6)


@rows("calls")
def test_the_documented_tool_is_called_with_the_documented_arguments(
    row: dict[str, Any], ask: Callable[..., Response]
) -> None:
    assert ask(row).result["tool_calls"] == row["calls"]


@rows("events")
def test_a_streams_events_have_the_published_keys(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    def kinds(events: list[Any]) -> set[str]:
        return {json.dumps(list(event) if isinstance(event, dict) else event) for event in events}

    published = [event.removeprefix("data: ") for event in row["events"]]
    assert kinds(ask(row).events) == kinds([data if data == "[DONE]" else json.loads(data) for data in published])


@rows("listed")
def test_what_was_published_of_an_item_is_listed(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    answer, item = ask(row).json, row["item"]
    name = "name" if "name" in item else "id"
    (found,) = (listed for listed in answer.get("result") or answer["data"] if listed[name] == item[name])
    assert _has(found, item), found


def _has(found: Any, wanted: Any) -> bool:
    match wanted:
        case dict():
            return all(key in found and _has(found[key], value) for key, value in wanted.items())
        case list():
            return all(any(_has(item, value) for item in found) for value in wanted)
    return bool(found == wanted)


@rows("schema")
def test_a_schema_takes_what_was_published(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    properties = ask(row).result["input"]["properties"]
    assert set(properties) == set(row["takes"])
    for name, (least, most) in row["ranges"].items():
        assert properties[name].get("minimum", 1) == least, name
        assert properties[name]["maximum"] == most, name


@rows("media")
def test_media_come_the_published_way(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    response = ask(row)
    assert response.status == row["status"], response.body
    if "field" in row:
        assert response.headers["content-type"] == "application/json"
        data = b64decode(response.result[row["field"]])
    else:
        assert response.headers["content-type"] == row["type"]
        data = response.body
    assert data.startswith(row["magic"].encode("latin-1"))
    assert set(row.get("has", ())) <= set(response.headers)
    assert not set(row.get("lacks", ())) & set(response.headers)
    if "size" in row:
        assert list(Image.open(BytesIO(data)).size) == row["size"]


@rows("silence")
def test_silence_is_heard_as_published(row: dict[str, Any], emulator: Emulator) -> None:
    silent = BytesIO()
    with wave.open(silent, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(bytes(64000))
    result = emulator.run(row["ask"]["model"], silent.getvalue()).result
    assert {key: result[key] for key in row["result"]} == row["result"]


@rows("thinks")
def test_thinking_is_on_until_it_is_turned_off(row: dict[str, Any], ask: Callable[..., Response]) -> None:
    thoughtful = ask(row).result["choices"][0]["message"]
    assert thoughtful["reasoning_content"]
    assert thoughtful["content"]
    off = row["ask"]["inputs"] | {"chat_template_kwargs": {"enable_thinking": False}}
    assert not ask(row, off).result["choices"][0]["message"].get("reasoning_content")
    for ignored in ({"enable_thinking": False}, {"reasoning": {"effort": "none"}}):  # accepted, without effect
        told = ask(row, row["ask"]["inputs"] | ignored).result["choices"][0]["message"]
        assert told["reasoning_content"]


@rows("tools")
def test_tools_are_called_the_way_the_model_was_seen_to(row: dict[str, Any], emulator: Emulator) -> None:
    model = row["ask"]["model"]
    match row["id"]:
        case "native-vs-hosted-toolshape":
            call = emulator.run(model, WEATHER).result["choices"][0]["message"]["tool_calls"][0]
            assert (call["type"], call["function"]["name"]) == ("function", "get_weather")
            assert json.loads(call["function"]["arguments"]) == {"city": "Paris"}
        case "llama33-stream-tools-as-text":
            whole = emulator.run(model, WEATHER).result
            assert whole["tool_calls"] == [{"name": "get_weather", "arguments": {"city": "Paris"}}]
            events = emulator.run(model, WEATHER | {"stream": True}).events[:-1]
            assert not any(event.get("tool_calls") for event in events)
            assert "get_weather" in "".join(event["response"] for event in events)
        case _:
            told = emulator.run(model, WEATHER).result
            assert "tool_calls" not in told
            assert "get_weather" in told["response"]
            required = emulator.run(model, WEATHER | {"tool_choice": "required"}).result
            assert required["tool_calls"] == [{"name": "get_weather", "arguments": {"city": "Paris"}}]


def test_every_row_is_compared_in_a_known_way() -> None:
    """So that no row is left out in silence."""
    known = set(re.findall(r"^([a-z]+)  ", __doc__ or "", re.MULTILINE))
    known |= {"digits", "labels", "calls", "media", "silence", "tools", "thinks"}
    assert {row["how"] for row in ROWS} == known
    assert len({row["id"] for row in ROWS}) == len(ROWS)
