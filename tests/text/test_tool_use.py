import json
from collections.abc import Callable
from typing import Any

import pytest

from mock_server.exchange import ToolCall
from mock_server.text import tool_use
from mock_server.text.conversation import read

STATE = 0x1234567890ABCDEF


def tool(name: str, description: str, required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


TEXT, NUMBER, WHOLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}
WEATHER = tool(
    "get_weather", "Get current weather for a city.", ["city"], city=TEXT, unit={"enum": ["celsius", "fahrenheit"]}
)
TIME = tool("get_time", "Current time in a city", city=TEXT)
ADD = tool("add", "Add two numbers", a=NUMBER, b=NUMBER)
MULTIPLY = tool("multiply", "Multiply two numbers", a=NUMBER, b=NUMBER)
FIND_USER = tool("find_user", "Look up a user by email address", email=TEXT)
LIST_ORDERS = tool(
    "list_orders", "List the orders of a user", ["user_id"], user_id=WHOLE, limit={"type": "integer", "maximum": 50}
)
SEND_EMAIL = tool("send_email", "Send an email", to={"type": "string", "format": "email"}, subject=TEXT, body=TEXT)
ORDER_STATUS = tool("get_order_status", "Get the status of an order", order_id=TEXT)
SEARCH = tool("web_search", "Search the web", query=TEXT)


def decide(request: str, *tools: Any, **inputs: Any) -> list[tuple[str, dict[str, Any]]]:
    """The calls that a first request leads to."""
    _, calls = tool_use.respond(read({"messages": [{"role": "user", "content": request}]}), inputs, tools, STATE)
    return [(call.name, call.arguments) for call in calls]


Run = tuple[list[list[tuple[str, dict[str, Any]]]], str | None]


def loop(request: str, *tools: Any, answers: Callable[[str, dict[str, Any]], Any], **inputs: Any) -> Run:
    """Run an agent to its end: (calls of each step, what is said last)."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": request}]
    steps: list[list[tuple[str, dict[str, Any]]]] = []
    for _ in range(8):
        said, calls = tool_use.respond(read({"messages": messages}), inputs, tools, STATE)
        if not calls:
            return steps, said.text if said else None
        steps.append([(call.name, call.arguments) for call in calls])
        messages.append({"role": "assistant", "content": None, "tool_calls": [as_sent(call) for call in calls]})
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": json.dumps(answers(call.name, call.arguments))}
            for call in calls
        ]
    raise AssertionError(f"no end after {steps}")


def as_sent(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def world(name: str, arguments: dict[str, Any]) -> Any:
    match name:
        case "add":
            return arguments["a"] + arguments["b"]
        case "multiply":
            return arguments["a"] * arguments["b"]
        case "get_weather":
            return {"temperature": {"Paris": 21, "London": 14}.get(arguments["city"], 5), "condition": "sunny"}
        case "get_time":
            return "14:30"
        case "find_user":
            return {"user_id": 42, "name": "Ada"}
        case "list_orders":
            return [{"order_id": "A-1", "total": 20}, {"order_id": "A-2", "total": 35}]
        case "get_order_status":
            return {"order_id": arguments["order_id"], "status": "shipped"}
    return {"status": "sent"}


# --- choosing and filling ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("request_", "calls"),
    [
        ("Call get_weather with city exactly Paris.", [("get_weather", {"city": "Paris"})]),
        ("What's the weather like in san francisco?", [("get_weather", {"city": "San Francisco"})]),
        ("Should I take an umbrella in Oslo tomorrow?", [("get_weather", {"city": "Oslo"})]),
        ("Weather in Rome in fahrenheit please", [("get_weather", {"city": "Rome", "unit": "fahrenheit"})]),
        ("What time is it in Tokyo?", [("get_time", {"city": "Tokyo"})]),
        ("What is 12 plus 30?", [("add", {"a": 12, "b": 30})]),
        ("Multiply 4 by 2.5", [("multiply", {"a": 4, "b": 2.5})]),
        ("Where is my order #48213?", [("get_order_status", {"order_id": "48213"})]),
        (
            "Who won the chess championship in 2025?",
            [("web_search", {"query": "Who won the chess championship in 2025"})],
        ),
        (
            "Send an email to bob@example.com with subject 'Lunch' and body 'See you at noon'",
            [("send_email", {"to": "bob@example.com", "subject": "Lunch", "body": "See you at noon"})],
        ),
    ],
)
def test_the_right_tool_gets_the_right_arguments(request_: str, calls: list[Any]) -> None:
    assert decide(request_, WEATHER, TIME, ADD, MULTIPLY, SEND_EMAIL, ORDER_STATUS, SEARCH) == calls


@pytest.mark.parametrize("request_", ["Hello!", "Tell me a joke", "Thanks, that was all"])
def test_without_a_tool_that_fits_none_is_called(request_: str) -> None:
    assert decide(request_, WEATHER, TIME, SEND_EMAIL, ORDER_STATUS) == []


def test_several_things_are_asked_for_in_parallel() -> None:
    assert decide("What's the weather in Paris and what time is it in Tokyo?", WEATHER, TIME) == [
        ("get_weather", {"city": "Paris"}),
        ("get_time", {"city": "Tokyo"}),
    ]
    assert decide("What's the weather in Paris, Rome and London?", WEATHER) == [
        ("get_weather", {"city": city}) for city in ("Paris", "Rome", "London")
    ]
    assert decide("Check orders A-17, B-22 and C-3", ORDER_STATUS, WEATHER) == [
        ("get_order_status", {"order_id": order}) for order in ("A-17", "B-22", "C-3")
    ]


def test_nested_objects_arrays_and_options_are_filled() -> None:
    user = {
        "type": "object",
        "properties": {"name": TEXT, "email": {"type": "string", "format": "email"}, "age": {"type": "integer"}},
        "required": ["name", "email"],
    }
    roles = {"type": "array", "items": {"enum": ["admin", "editor", "viewer"]}}
    create = tool("create_user", "Create a new user account", ["user"], user=user, roles=roles)
    request = "Create a user named Grace Hopper, email grace@navy.mil, age 45, as admin and editor"
    assert decide(request, create) == [
        (
            "create_user",
            {"user": {"name": "Grace Hopper", "email": "grace@navy.mil", "age": 45}, "roles": ["admin", "editor"]},
        )
    ]


def test_dates_times_and_people_are_found() -> None:
    create = tool(
        "create_event", "Create a calendar event", ["title", "date"],
        title=TEXT, date={"type": "string", "format": "date"}, time=TEXT, attendees={"type": "array", "items": TEXT},
    )  # fmt: skip
    request = "Schedule a meeting with Bob and Alice on March 5, 2026 at 3pm called Budget Review"
    assert decide(request, create) == [
        (
            "create_event",
            {"title": "Budget Review", "date": "2026-03-05", "time": "15:00", "attendees": ["Bob", "Alice"]},
        )
    ]


def test_tomorrow_is_a_date_where_the_conversation_says_what_day_it_is() -> None:
    remind = tool("set_reminder", "Set a reminder", title=TEXT, date={"type": "string", "format": "date"})
    messages = [
        {"role": "system", "content": "Today is 2026-11-21."},
        {"role": "user", "content": "Remind me to call the dentist tomorrow"},
    ]
    _, (call,) = tool_use.respond(read({"messages": messages}), {}, [remind], STATE)
    assert call.arguments == {"title": "call the dentist", "date": "2026-11-22"}


def test_from_and_to_are_told_apart() -> None:
    book = tool(
        "book_flight", "Book a flight", ["origin", "destination"],
        origin=TEXT, destination=TEXT, passengers=WHOLE, cabin={"enum": ["economy", "business"]},
    )  # fmt: skip
    assert decide("Book a business flight from Berlin to New York for two passengers", book) == [
        ("book_flight", {"origin": "Berlin", "destination": "New York", "passengers": 2, "cabin": "business"})
    ]


def test_defaults_and_examples_come_before_inventions() -> None:
    play = tool(
        "play_music",
        "Play music",
        volume={"type": "integer", "default": 7},
        genre={"type": "string", "examples": ["jazz"]},
    )
    assert decide("Play some music", play) == [("play_music", {"volume": 7, "genre": "jazz"})]


@pytest.mark.parametrize(
    ("request_", "on"), [("Turn on the kitchen light", True), ("Turn off the kitchen lights", False)]
)
def test_switches_are_understood(request_: str, on: bool) -> None:
    light = tool("set_light", "Turn a light on or off", room=TEXT, on={"type": "boolean"})
    assert decide(request_, light) == [("set_light", {"room": "kitchen", "on": on})]


# --- forms of tools ---------------------------------------------------------------------------------------------------
SCHEMA = WEATHER["function"]["parameters"]


@pytest.mark.parametrize(
    "given",
    [
        {"name": "get_weather", "description": "Weather for a city", "parameters": SCHEMA},
        {"type": "function", "name": "get_weather", "parameters": SCHEMA},
        {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}},
        {"name": "get_weather", "input_schema": SCHEMA},
        {"name": "get_weather", "parameters": {"city": {"type": "string"}}},
        {"type": "custom", "custom": {"name": "get_weather"}},
        {"name": "get_weather", "code": "async ({ city }) => fetch(city)"},
    ],
)
def test_every_documented_form_of_a_tool_is_understood(given: dict[str, Any]) -> None:
    ((name, arguments),) = decide("What is the weather in Paris?", given)
    assert name == "get_weather"
    assert arguments.get("city", "Paris") == "Paris"


def test_a_legacy_function_gets_the_arguments_that_its_code_names() -> None:
    code = "const sum = (a, b) => Promise.resolve((a + b).toString())"
    assert decide("What is the sum of 5 and 7?", {"name": "sum", "code": code}) == [("sum", {"a": 5, "b": 7})]


def test_what_is_no_tool_is_passed_over() -> None:
    assert decide("What is the weather in Paris?", None, {}, {"type": "function"}, "x", WEATHER)[0][0] == "get_weather"
    assert decide("Hello", None, {}) == []


# --- tool_choice ------------------------------------------------------------------------------------------------------
def test_none_means_none() -> None:
    assert decide("What is the weather in Paris?", WEATHER, tool_choice="none") == []


@pytest.mark.parametrize("choice", ["required", "any", {"type": "any"}])
def test_required_calls_a_tool_even_if_none_fits(choice: Any) -> None:
    ((name, arguments),) = decide("Hello!", WEATHER, tool_choice=choice)
    assert name == "get_weather"
    assert arguments["city"]


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "function", "function": {"name": "get_time"}},
        {"type": "function", "name": "get_time"},
        {"type": "tool", "name": "get_time"},
        {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [TIME]}},
    ],
)
def test_a_named_tool_is_the_one_that_is_called(choice: dict[str, Any]) -> None:
    assert decide("What is the weather in Paris?", WEATHER, TIME, tool_choice=choice) == [
        ("get_time", {"city": "Paris"})
    ]


# --- loops ------------------------------------------------------------------------------------------------------------
def test_a_loop_with_one_tool_ends_with_what_the_tool_said() -> None:
    steps, text = loop("What's the weather in Paris?", WEATHER, answers=world)
    assert steps == [[("get_weather", {"city": "Paris"})]]
    assert text == "The temperature is 21 and the condition is sunny (for Paris)."


def test_calls_in_parallel_are_one_step_and_otherwise_one_each() -> None:
    paris, london = ("get_weather", {"city": "Paris"}), ("get_weather", {"city": "London"})
    request = "What's the weather in Paris and London?"
    steps, text = loop(request, WEATHER, TIME, answers=world)
    assert steps == [[paris, london]]
    assert (steps, text) != loop(request, WEATHER, TIME, answers=world, parallel_tool_calls=False)
    steps, one_by_one = loop(request, WEATHER, TIME, answers=world, parallel_tool_calls=False)
    assert steps == [[paris], [london]]
    assert text == one_by_one
    assert text is not None
    assert all(degrees in text for degrees in ("21", "14"))


def test_a_loop_with_two_tools_hands_the_first_result_to_the_second() -> None:
    steps, text = loop("Add 2 and 3, then multiply the result by 4", ADD, MULTIPLY, answers=world)
    assert steps == [[("add", {"a": 2, "b": 3})], [("multiply", {"a": 5, "b": 4})]]
    assert text is not None
    assert "20" in text


def test_a_loop_with_three_tools_comes_to_its_end() -> None:
    request = (
        "Look up ada@example.com, list her last 5 orders and then send her an email at ada@example.com "
        "saying 'Your orders are on the way'"
    )
    steps, text = loop(request, FIND_USER, LIST_ORDERS, SEND_EMAIL, answers=world)
    assert steps[0] == [("find_user", {"email": "ada@example.com"})]
    called = [call for step in steps for call in step]
    assert [name for name, _ in called] == ["find_user", "list_orders", "send_email"]
    assert called[1][1] == {"user_id": 42, "limit": 5}
    assert called[2][1]["to"] == "ada@example.com"
    assert called[2][1]["body"] == "Your orders are on the way"
    assert text is not None
    assert all(fact in text for fact in ("42", "A-1", "A-2", "sent"))


def test_a_forced_loop_ends_too() -> None:
    steps, text = loop("What's the weather in Paris?", WEATHER, answers=world, tool_choice="required")
    assert len(steps) == 1
    assert text


def test_results_without_ids_are_matched_by_name() -> None:
    messages = [
        {"role": "user", "content": "What's the weather in Paris?"},
        {"role": "tool", "name": "get_weather", "content": '{"temperature": 21}'},
    ]
    said, calls = tool_use.respond(read({"messages": messages}), {}, [WEATHER], STATE)
    assert calls == ()
    assert said is not None
    assert "21" in said.text


def test_a_new_question_after_a_finished_loop_starts_again() -> None:
    messages = [
        {"role": "user", "content": "What's the weather in Paris?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "function": {"name": "get_weather", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "sunny"},
        {"role": "assistant", "content": "Sunny."},
        {"role": "user", "content": "And what time is it in Tokyo?"},
    ]
    _, calls = tool_use.respond(read({"messages": messages}), {}, [WEATHER, TIME], STATE)
    assert [(call.name, call.arguments) for call in calls] == [("get_time", {"city": "Tokyo"})]


@pytest.mark.parametrize("error", ['{"error": "city not found"}', "Error: city not found"])
def test_a_failed_tool_is_reported_as_such(error: str) -> None:
    report = tool_use.report([(ToolCall("get_weather", {"city": "Atlantis"}), error)])
    assert report.startswith("I could not get the weather for Atlantis:")
    assert "city not found" in report


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("It is sunny today.", "It is sunny today."),
        ("5", "The result of add for 2, 3 is 5."),
        ('["a", "b"]', "Here is what I found for 2, 3: a, b."),
        ('{"total": null, "exact": true}', "The total is not known and the exact is yes (for 2, 3)."),
        ("", "Done: result of add for 2, 3."),
    ],
)
def test_results_of_every_kind_are_put_into_words(result: str, words: str) -> None:
    assert tool_use.report([(ToolCall("add", {"a": 2, "b": 3}), result)]) == words


def test_the_same_request_makes_the_same_calls_with_the_same_ids() -> None:
    conversation = read({"messages": [{"role": "user", "content": "Weather in Paris and Rome"}]})
    first = tool_use.respond(conversation, {}, [WEATHER], STATE)
    assert first == tool_use.respond(conversation, {}, [WEATHER], STATE)
    ids = {call.id for call in first[1]}
    assert len(ids) == 2
    assert all(len(each) == 32 and set(each) <= set("0123456789abcdef") for each in ids)
