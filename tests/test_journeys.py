"""Whole applications, from end to end: agents with tools, retrieval, voice and pictures do what their authors expect."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jsonschema
import pytest
from harness import BEARER, Emulator

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
        if not stream:
            whole = response.json
            result = whole["result"] if "result" in whole else whole
        else:
            result = gathered(style, events_of(response.body))
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
