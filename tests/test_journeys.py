"""Whole applications from end to end: agents with tools, retrieval, voice and pictures do what authors expect."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any, NamedTuple

import jsonschema
import pytest
from harness import ACCOUNT, BEARER, Emulator

from mock_server.catalog import Catalog

CATALOG = Catalog.load()
MOST_TURNS = 6
CALLING = [
    (model.name, key, style)
    for model in CATALOG
    if model.has("function_calling") and not model.hidden
    for key, style in CATALOG.resolve(model).formats.items()
    if key in ("messages", "input")
]


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """One in which deprecated models answer, too."""
    return Emulator(agreements="given", deprecated_models="answer")


# --- agents -----------------------------------------------------------------------------------------------------------
class Tool(NamedTuple):
    """run: from arguments to a result."""

    name: str
    description: str
    parameters: dict[str, Any]
    run: Callable[[dict[str, Any]], dict[str, Any]]


class Errand(NamedTuple):
    """calls: the names of the tools that must be called, in order. said: what the final answer must quote."""

    request: str
    tools: list[Tool]
    calls: list[str]
    said: list[str]


def tool(name: str, description: str, run: Callable[[dict[str, Any]], dict[str, Any]], **properties: Any) -> Tool:
    optional = [key for key, schema in properties.items() if "default" in schema]
    required = [key for key in properties if key not in optional]
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return Tool(name, description, parameters, run)


TEXT = {"type": "string"}
WEATHER = tool(
    "get_weather",
    "Get the current weather of a city",
    lambda given: {"city": given["city"], "temperature": 21, "sky": "scattered clouds"},
    city={"type": "string", "description": "Name of the city"},
    unit={"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
)
MONEY = tool(
    "convert_currency",
    "Convert an amount of money from one currency to another",
    lambda given: {"converted": round(given["amount"] * 0.92, 2), "currency": given["to_currency"]},
    amount={"type": "number", "minimum": 0},
    from_currency={"type": "string", "pattern": "^[A-Z]{3}$"},
    to_currency={"type": "string", "pattern": "^[A-Z]{3}$"},
)
CUSTOMER = tool(
    "find_customer",
    "Find a customer by email address",
    lambda given: {"customer_id": "cus_8121", "name": "Ada Lovelace"} if given["email"] == "ada@example.com" else {},
    email={"type": "string", "format": "email"},
)
ORDERS = tool(
    "list_orders",
    "List the orders of a customer",
    lambda given: {"tracking_number": "TRK55012"} if given["customer_id"] == "cus_8121" else {},
    customer_id=TEXT,
)
PARCEL = tool(
    "track_parcel",
    "Track the parcel with a tracking number",
    lambda given: {"status": "out for delivery", "city": "Turin"} if given["tracking_number"] == "TRK55012" else {},
    tracking_number=TEXT,
)
ERRANDS = {
    "two tools": Errand(
        "What is the weather in Lisbon, and convert 250 USD to EUR?",
        [WEATHER, MONEY],
        ["get_weather", "convert_currency"],
        ["scattered clouds", "21", "230"],
    ),
    "three tools": Errand(
        "Find the customer ada@example.com, list the orders of this customer and track the parcel.",
        [CUSTOMER, ORDERS, PARCEL],
        ["find_customer", "list_orders", "track_parcel"],
        ["out for delivery", "Turin"],
    ),
}


class Turn(NamedTuple):
    """What a model said. calls: (id, name, arguments) each. back: what a client appends to what it sends next."""

    text: str
    calls: list[tuple[str, str, dict[str, Any]]]
    back: list[dict[str, Any]]


def answered(style: str, call_id: str, name: str, result: str) -> dict[str, Any]:
    if style == "responses":
        return {"type": "function_call_output", "call_id": call_id, "output": result}
    known = {"tool_call_id": call_id} if call_id else {}
    return {"role": "tool", "name": name, "content": result} | known


def turn_of(style: str, result: dict[str, Any]) -> Turn:
    """A whole answer, or what the events of a stream add up to in the same form."""
    if style == "responses":
        back = [item for item in result["output"] if item["type"] == "function_call"]
        text = "".join(
            part["text"] for item in result["output"] if item["type"] == "message" for part in item["content"]
        )
        return Turn(text, [(one["call_id"], one["name"], json.loads(one["arguments"])) for one in back], back)
    if style == "chat":
        message = result["choices"][0]["message"]
        text = message.get("content") or ""
        raw = message.get("tool_calls") or []
        calls = [(one["id"], one["function"]["name"], json.loads(one["function"]["arguments"])) for one in raw]
        said = {"role": "assistant", "content": text} | ({"tool_calls": raw} if raw else {})
        return Turn(text, calls, [said])
    text = result.get("response") or ""
    raw = result.get("tool_calls") or []
    if text.startswith('{"name": '):  # models that write their calls as text
        lines = [json.loads(line) for line in text.splitlines()]
        raw, text = [{"name": line["name"], "arguments": line["parameters"]} for line in lines], ""
    bodies = [one.get("function", one) for one in raw]
    named = [(one.get("id", ""), body["name"], body["arguments"]) for one, body in zip(raw, bodies, strict=True)]
    given_back = [  # arguments as text, as clients of chat completions send them
        {"id": call_id or f"call_{name}", "type": "function", "function": {"name": name, "arguments": json.dumps(what)}}
        for call_id, name, what in named
    ]
    said = {"role": "assistant", "content": text} | ({"tool_calls": given_back} if raw else {})
    return Turn(text, [(call_id or f"call_{name}", name, what) for call_id, name, what in named], [said])


def gathered(style: str, events: list[Any]) -> dict[str, Any]:
    """The events of a stream, put together as clients do."""
    events = [event for event in events if event != "[DONE]"]
    if style == "responses":
        (done,) = [event for event in events if event["type"] == "response.completed"]
        written = [event["delta"] for event in events if event["type"] == "response.output_text.delta"]
        assert "".join(written) == turn_of(style, done["response"]).text
        return dict(done["response"])
    if style == "native":
        calls = [call for event in events for call in event.get("tool_calls") or ()]
        return {"response": "".join(event.get("response") or "" for event in events), "tool_calls": calls}
    text, built = "", dict[int, Any]()
    for event in events:
        for choice in event.get("choices", ()):
            text += choice["delta"].get("content") or ""
            for piece in choice["delta"].get("tool_calls") or ():
                empty = {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
                call = built.setdefault(piece["index"], empty)
                call["id"] = piece.get("id") or call["id"]
                call["function"]["name"] += piece["function"].get("name") or ""
                call["function"]["arguments"] += piece["function"].get("arguments") or ""
    return {"choices": [{"message": {"content": text, "tool_calls": list(built.values())}}]}


def events_of(body: bytes) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in body.decode().splitlines() if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def run_agent(
    emulator: Emulator, name: str, key: str, style: str, errand: Errand, stream: bool
) -> tuple[str, list[str]]:
    """(final answer, names of the tools called) of an agent loop; every call's arguments are judged by jsonschema."""
    functions = [
        {"name": one.name, "description": one.description, "parameters": one.parameters} for one in errand.tools
    ]
    tools = [
        {"type": "function", **one} if style == "responses" else {"type": "function", "function": one}
        for one in functions
    ]
    known = {one.name: one for one in errand.tools}
    said: list[dict[str, Any]] = [{"role": "user", "content": errand.request}]
    called: list[str] = []
    for _ in range(MOST_TURNS):
        response = emulator.run(name, {key: said, "tools": tools, **({"stream": True} if stream else {})})
        assert response.status == 200, response.body
        result = gathered(style, events_of(response.body)) if stream else response.json.get("result", response.json)
        turn = turn_of(style, result)
        if not turn.calls:
            return turn.text, called
        said += turn.back
        for call_id, tool_name, arguments in turn.calls:
            jsonschema.validate(arguments, known[tool_name].parameters)
            called.append(tool_name)
            said.append(answered(style, call_id, tool_name, json.dumps(known[tool_name].run(arguments))))
    raise AssertionError(f"{name} does not come to an end: {called}")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("errand", ERRANDS)
@pytest.mark.parametrize(("name", "key", "style"), CALLING)
def test_an_agent_comes_to_its_end_and_says_what_its_tools_found(
    name: str, key: str, style: str, errand: str, stream: bool, emulator: Emulator
) -> None:
    text, called = run_agent(emulator, name, key, style, ERRANDS[errand], stream)
    assert called == ERRANDS[errand].calls
    for quote in ERRANDS[errand].said:
        assert quote in text


def test_every_format_of_tool_calls_is_among_the_agents() -> None:
    assert {style for _, _, style in CALLING} == {"chat", "native", "responses"}
    assert len({name for name, _, _ in CALLING}) >= 20


# --- retrieval --------------------------------------------------------------------------------------------------------
PASSAGES = [
    "Annual leave is 28 days a year and must be booked in the calendar two weeks ahead.",
    "The kitchen on the third floor is cleaned every evening at half past six.",
    "Expenses above 200 euros need the approval of the head of the department.",
    "The guest network is called Heron and its password changes every Monday.",
    "Laptops are replaced after four years, or earlier when they break.",
    "Parking spaces in the garage are given out by lottery each January.",
    "New colleagues receive their badge from the reception desk on the first day.",
    "The fire assembly point is the lawn behind the library.",
    "Invoices from suppliers are paid within thirty days of delivery.",
    "The company was founded in Porto in 1987 by two sisters, Marta and Ines Duarte.",
    "Bicycles can be stored in the cellar, next to the showers.",
    "The cafeteria serves a vegetarian dish every day except Friday.",
    "Sick notes are required from the third day of absence.",
    "The telephone number of the help desk is 4471, and it answers from eight to six.",
    "Backups of the database are kept for ninety days in a second data centre.",
    "Training courses are refunded when the exam has been passed.",
    "The board meets on the first Tuesday of every quarter.",
    "Visitors must be accompanied in the laboratory at all times.",
    "Old batteries and toner go into the green box beside the printer.",
    "Salaries are transferred on the 25th of each month.",
    "The gym in the annex opens at seven and costs ten euros a month.",
    "Press enquiries are answered by the communications team only.",
    "Remote work is possible on three days a week.",
    "The warehouse in Turin ships parcels to southern Europe.",
    "Meeting rooms are released when nobody arrives within ten minutes.",
    "Travel by train is preferred for distances under 600 kilometres.",
    "Security incidents must be reported within one hour.",
    "The archive holds drawings of every machine built since 1990.",
    "Employees with children may start work at ten.",
    "The probation period lasts six months for all contracts.",
]
QUESTIONS = {
    "Who founded the company?": 9,
    "How many days of annual leave do I get?": 0,
    "What is the telephone number of the help desk?": 13,
    "When are salaries transferred?": 19,
    "How long are database backups kept?": 14,
    "Where is the fire assembly point?": 7,
    "How quickly must security incidents be reported?": 26,
    "Where can bicycles be stored?": 10,
}
EMBEDDERS = [
    "@cf/baai/bge-small-en-v1.5",
    "@cf/baai/bge-large-en-v1.5",
    "@cf/baai/bge-m3",
    "@cf/google/embeddinggemma-300m",
    "@cf/qwen/qwen3-embedding-0.6b",
]
READERS = ["@cf/google/gemma-4-26b-a4b-it", "@cf/meta/llama-3.1-8b-instruct-fp8", "@cf/openai/gpt-oss-20b"]


def written(result: dict[str, Any]) -> str:
    if "choices" in result:
        return str(result["choices"][0]["message"]["content"])
    return str(result["response"])


def embedded(emulator: Emulator, name: str, texts: list[str]) -> list[list[float]]:
    data = emulator.run(name, {"text": texts}).result["data"]
    assert len(data) == len(texts)
    return list(data)


@pytest.mark.parametrize("embedder", EMBEDDERS)
def test_a_question_finds_its_passage_and_the_answer_quotes_it(embedder: str, emulator: Emulator) -> None:
    passages = embedded(emulator, embedder, PASSAGES)
    for (question, right), asked in zip(QUESTIONS.items(), embedded(emulator, embedder, list(QUESTIONS)), strict=True):
        closeness = [sum(a * b for a, b in zip(asked, passage, strict=True)) for passage in passages]
        nearest = sorted(range(len(PASSAGES)), key=lambda at: -closeness[at])[:5]
        assert nearest[0] == right, question

        contexts = [{"text": PASSAGES[at]} for at in reversed(nearest)]
        ranked = emulator.run("@cf/baai/bge-reranker-base", {"query": question, "contexts": contexts}).result
        first = contexts[ranked["response"][0]["id"]]["text"]
        assert first == PASSAGES[right], question

        best = "\n".join(contexts[row["id"]]["text"] for row in ranked["response"][:3])
        prompt = f"Answer from the context alone.\n\nContext:\n{best}\n\nQuestion: {question}"
        for reader in READERS:
            answer = written(emulator.run(reader, {"messages": [{"role": "user", "content": prompt}]}).result)
            assert PASSAGES[right].rstrip(".") in answer, (reader, question, answer)


# --- voice ------------------------------------------------------------------------------------------------------------
SENTENCE = "Good morning, your parcel arrives at nine."


def plain(text: str) -> str:
    return " ".join("".join(letter for letter in text.lower() if letter.isalnum() or letter == " ").split())


def posted(emulator: Emulator, name: str, body: bytes, media_type: str) -> Any:
    path = f"/client/v4/accounts/{ACCOUNT}/ai/run/{name}"
    return emulator.ask("POST", path, body, BEARER | {"content-type": media_type}).result


@pytest.mark.parametrize("speaker", ["@cf/deepgram/aura-1", "@cf/deepgram/aura-2-en"])
def test_what_was_spoken_is_heard_by_every_recogniser(speaker: str, emulator: Emulator) -> None:
    spoken = emulator.run(speaker, {"text": SENTENCE})
    assert spoken.headers["content-type"] == "audio/mpeg"
    numbers, text = list(spoken.body), b64encode(spoken.body).decode()
    heard = [
        emulator.run("@cf/openai/whisper", {"audio": numbers}).result["text"],
        posted(emulator, "@cf/openai/whisper", spoken.body, "audio/mpeg")["text"],
        emulator.run("@cf/openai/whisper-large-v3-turbo", {"audio": text}).result["text"],
        posted(emulator, "@cf/deepgram/nova-3", spoken.body, "audio/mpeg")["results"]["channels"][0]["alternatives"][0][
            "transcript"
        ],
    ]
    assert [plain(words) for words in heard] == [plain(SENTENCE)] * 4


def test_a_voice_assistant_hears_thinks_and_speaks(emulator: Emulator) -> None:
    question = emulator.run("@cf/deepgram/aura-1", {"text": "What is the capital of France?"}).body
    heard = emulator.run("@cf/openai/whisper", {"audio": list(question)}).result["text"]
    answer = written(emulator.run(READERS[1], {"messages": [{"role": "user", "content": heard}]}).result)
    spoken = emulator.run("@cf/myshell-ai/melotts", {"prompt": answer}).result["audio"]
    again = emulator.run("@cf/openai/whisper-large-v3-turbo", {"audio": spoken}).result["text"]
    assert "Paris" in answer
    assert plain(again) == plain(answer)


# --- pictures ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("prompt", "things", "label"),
    [("a red car on a road", ["red car"], "CAR"), ("an orange cat in a meadow", ["orange cat", "meadow"], "CAT")],
)
def test_what_was_drawn_is_named_by_every_model_that_sees(
    prompt: str, things: list[str], label: str, emulator: Emulator
) -> None:
    drawn = emulator.run("@cf/black-forest-labs/flux-1-schnell", {"prompt": prompt}).result["image"]
    picture = b64decode(drawn)
    url = f"data:image/jpeg;base64,{drawn}"
    ask = "What is on the picture?"
    chat = {
        "role": "user",
        "content": [{"type": "text", "text": ask}, {"type": "image_url", "image_url": {"url": url}}],
    }
    said = [
        emulator.run("@cf/llava-hf/llava-1.5-7b-hf", {"image": list(picture), "prompt": ask}).result["description"],
        emulator.run("@cf/moondream/moondream3.1-9B-A2B", {"image": url, "question": ask, "stream": False}).result[
            "answer"
        ],
        written(emulator.run("@cf/google/gemma-4-26b-a4b-it", {"messages": [chat]}).result),
        written(emulator.run("@cf/meta/llama-3.2-11b-vision-instruct", {"prompt": ask, "image": drawn}).result),
    ]
    for text in said:
        for thing in things:
            assert thing in text
    labels = posted(emulator, "@cf/microsoft/resnet-50", picture, "application/octet-stream")
    assert label in labels[0]["label"]
    found = posted(emulator, "@cf/facebook/detr-resnet-50", picture, "application/octet-stream")
    assert found[0]["label"] == label.lower()
