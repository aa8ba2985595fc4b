"""The official Python client of Anthropic, pointed at ``/ai``: it appends ``/v1/messages`` itself."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import ACCOUNT, TOKEN

anthropic = pytest.importorskip("anthropic", reason="the package anthropic is not installed")

CLAUDE = "anthropic/claude-sonnet-4.5"
PARIS = [{"role": "user", "content": "What is the capital of France?"}]
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "get_weather", "description": "Weather in a city", "input_schema": CITY}
WEATHER = [{"role": "user", "content": "What is the weather in Paris?"}]
GALLERY = Path(__file__).parents[2] / "fixtures" / "assets"


@pytest.fixture(scope="module")
def client(base_url: str) -> Iterator[Any]:
    with made(base_url, auth_token=TOKEN, api_key=None) as client:
        yield client


def made(base_url: str, **credentials: Any) -> Any:
    return anthropic.Anthropic(base_url=f"{base_url}/accounts/{ACCOUNT}/ai", max_retries=0, **credentials)


def test_the_token_may_stand_where_the_key_of_an_anthropic_account_does(base_url: str) -> None:
    with made(base_url, auth_token=None, api_key=TOKEN) as client:
        assert client.messages.create(model=CLAUDE, max_tokens=100, messages=PARIS).content


def test_a_message_is_answered(client: Any) -> None:
    message = client.messages.create(model=CLAUDE, max_tokens=100, messages=PARIS)
    assert (message.type, message.role, message.model) == ("message", "assistant", "claude-sonnet-4-5")
    assert message.content[0].text == "The capital of France is Paris."
    assert (message.stop_reason, message.stop_sequence) == ("end_turn", None)
    assert message.usage.input_tokens > message.usage.output_tokens > 0
    assert message.id.startswith("msg_01")


def test_a_stream_adds_up_to_the_message(client: Any) -> None:
    whole = client.messages.create(model=CLAUDE, max_tokens=100, messages=PARIS)
    with client.messages.stream(model=CLAUDE, max_tokens=100, messages=PARIS) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == whole.content[0].text == final.content[0].text
    assert (final.stop_reason, final.usage.output_tokens) == (whole.stop_reason, whole.usage.output_tokens)


def test_the_events_of_a_raw_stream_come_in_order(client: Any) -> None:
    stream = client.messages.create(model=CLAUDE, max_tokens=100, messages=PARIS, stream=True)
    kinds = [event.type for event in stream]
    assert kinds[0] == "message_start"
    assert kinds[1] == "content_block_start"
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_a_tool_is_called_and_its_result_told(client: Any) -> None:
    asked: dict[str, Any] = {"model": CLAUDE, "max_tokens": 200, "tools": [TOOL], "system": "Be brief."}
    first = client.messages.create(messages=WEATHER, **asked)
    assert first.stop_reason == "tool_use"
    (call,) = first.content
    assert (call.type, call.name, call.input) == ("tool_use", "get_weather", {"city": "Paris"})
    with client.messages.stream(messages=WEATHER, **asked) as stream:
        assert stream.get_final_message().content[0].input == call.input
    result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "Sunny, 21 degrees"}]}
    turns = [*WEATHER, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client.messages.create(messages=turns, **asked)
    assert second.stop_reason == "end_turn"
    assert "Sunny, 21 degrees" in second.content[0].text


def test_the_tool_runner_runs_to_the_end(client: Any) -> None:
    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """Weather in a city.

        Args:
            city: The city
        """
        return f"Sunny in {city}, 21 degrees"

    runner = client.beta.messages.tool_runner(model=CLAUDE, max_tokens=200, tools=[get_weather], messages=WEATHER)
    assert "Sunny in Paris, 21 degrees" in runner.until_done().content[0].text


def test_a_thread_goes_on_where_it_was_left(client: Any) -> None:
    asked: dict[str, Any] = {"model": CLAUDE, "max_tokens": 200}
    mine = [{"role": "user", "content": "My name is Anna."}]
    first = client.beta.messages.create(messages=mine, thread={"type": "create"}, **asked)
    going_on = {"type": "continue", "previous_message_id": first.id}
    question = [{"role": "user", "content": "What is my name?"}]
    assert "Anna" in client.beta.messages.create(messages=question, thread=going_on, **asked).content[0].text
    unknown = {"type": "continue", "previous_message_id": "msg_01nobody"}
    with pytest.raises(anthropic.NotFoundError) as caught:
        client.beta.messages.create(messages=question, thread=unknown, **asked)
    assert caught.value.body["error"]["details"] == {"error_code": "thread_not_found"}


@pytest.mark.parametrize(
    ("choice", "calls"), [({"type": "tool", "name": "get_weather"}, True), ({"type": "none"}, False)]
)
def test_a_tool_choice_is_respected(client: Any, choice: dict[str, str], calls: bool) -> None:
    message = client.messages.create(
        model=CLAUDE, max_tokens=200, tools=[TOOL], tool_choice=choice, messages=WEATHER if not calls else PARIS
    )
    assert (message.content[0].type == "tool_use") is calls


def test_it_thinks_when_asked_to(client: Any) -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    asked = {"model": CLAUDE, "max_tokens": 2000, "messages": PARIS, "thinking": thinking}
    thought, said = client.messages.create(**asked).content
    assert (thought.type, said.type) == ("thinking", "text")
    assert thought.thinking
    assert thought.signature
    with client.messages.stream(**asked) as stream:
        final = stream.get_final_message()
    assert (final.content[0].thinking, final.content[0].signature) == (thought.thinking, thought.signature)


def test_a_picture_is_seen(client: Any) -> None:
    picture = next(path for path in sorted(GALLERY.rglob("*.png")) if path.stat().st_size < 500_000)
    data = base64.b64encode(picture.read_bytes()).decode()
    content = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}},
        {"type": "text", "text": "What is in this picture?"},
    ]
    blind = client.messages.create(model=CLAUDE, max_tokens=200, messages=[{"role": "user", "content": content[1:]}])
    seen = client.messages.create(model=CLAUDE, max_tokens=200, messages=[{"role": "user", "content": content}])
    assert seen.content[0].text != blind.content[0].text
    assert seen.usage.input_tokens > blind.usage.input_tokens


def test_limits_and_stop_sequences_end_an_answer(client: Any) -> None:
    short = client.messages.create(model=CLAUDE, max_tokens=3, messages=PARIS)
    assert (short.stop_reason, short.usage.output_tokens) == ("max_tokens", 3)
    stopped = client.messages.create(model=CLAUDE, max_tokens=50, messages=PARIS, stop_sequences=["zebra", " France"])
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", " France")
    assert stopped.content[0].text == "The capital of"


def test_an_answer_fits_the_schema_that_is_asked_for(client: Any) -> None:
    from pydantic import BaseModel

    class Person(BaseModel):
        name: str
        age: int

    asked = [{"role": "user", "content": "Anna is 31 years old. Who is she?"}]
    parsed = client.messages.parse(model=CLAUDE, max_tokens=200, messages=asked, output_format=Person)
    assert parsed.parsed_output == Person(name="Anna", age=31)


@pytest.mark.parametrize(
    ("model", "error", "kind"),
    [
        ("@cf/moonshotai/kimi-k2.6", "BadRequestError", "invalid_request_error"),
        ("moonshotai/kimi-k2.6", "NotFoundError", "not_found_error"),
    ],
)
def test_a_refusal_is_the_clients_own_error(client: Any, model: str, error: str, kind: str) -> None:
    with pytest.raises(getattr(anthropic, error)) as caught:
        client.messages.create(model=model, max_tokens=10, messages=PARIS)
    assert caught.value.body["error"]["type"] == kind
    assert model in caught.value.body["error"]["message"]


def test_a_bad_token_is_an_authentication_error(base_url: str) -> None:
    elsewhere = base_url + f"/accounts/{'f' * 32}/ai"
    client = anthropic.Anthropic(base_url=elsewhere, auth_token=TOKEN, api_key=None, max_retries=0)
    with client, pytest.raises(anthropic.AuthenticationError):
        client.messages.create(model=CLAUDE, max_tokens=10, messages=PARIS)
