"""Language models that see: what they say of a picture is true, and answers what was asked about it."""

from __future__ import annotations

import json
from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from harness import BEARER, Emulator
from PIL import Image

from mock_server import tasks
from mock_server.catalog import Catalog
from mock_server.errors import ApiError
from mock_server.exchange import Binary, Choice
from mock_server.tasks import text_generation, text_to_image

CATALOG = Catalog.load()
SEEING = [
    model.name
    for model in CATALOG
    if model.responder == "text_generation" and model.has("vision") and model.alias_of is None
]
LLAMA = "@cf/meta/llama-3.2-11b-vision-instruct"
GEMMA = "@cf/google/gemma-4-26b-a4b-it"
BLIND = "@cf/openai/gpt-oss-20b"
UNREADABLE = b"\x89PNG\r\n\x1a\n and then nothing that anyone could decode"


def drawn(prompt: str) -> bytes:
    model = CATALOG.find("@cf/stabilityai/stable-diffusion-xl-base-1.0")
    assert model is not None
    reply = text_to_image.respond(model, {"prompt": prompt, "width": 256, "height": 256}, 0)
    assert isinstance(reply, Binary)
    return reply.body


def plain(colour: str, size: tuple[int, int]) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def url(picture: bytes) -> str:
    return f"data:image/png;base64,{b64encode(picture).decode()}"


def shown(text: str, *pictures: bytes) -> dict[str, Any]:
    parts = [{"type": "image_url", "image_url": {"url": url(picture)}} for picture in pictures]
    return {"role": "user", "content": [{"type": "text", "text": text}, *parts]}


def say(name: str, inputs: dict[str, Any]) -> Choice:
    model = CATALOG.find(name)
    assert model is not None
    return text_generation.respond(model, inputs, 5).choices[0]


APPLES = drawn("three yellow apples")
FOREIGN = plain("blue", (320, 200))


@pytest.mark.parametrize("name", SEEING)
def test_a_picture_is_described_with_the_prompt_that_drew_it(name: str) -> None:
    text = say(name, {"messages": [shown("What is this?", APPLES)]}).text
    assert "three yellow apples" in text
    assert "256x256" in text


@pytest.mark.parametrize("name", SEEING)
def test_of_a_foreign_picture_size_and_dominant_colour_are_stated(name: str) -> None:
    text = say(name, {"messages": [shown("Describe the image.", FOREIGN)]}).text
    assert "mostly blue" in text
    assert "320x200" in text


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many apples are there?", "3"),
        ("What colour are the apples?", "Yellow."),
        ("Is there a dog?", "No, I see three yellow apples."),
        ("What size is it?", "256x256 pixels."),
        ("Describe the picture in one sentence.", "The image shows three yellow apples."),
    ],
)
def test_the_question_is_answered(question: str, answer: str) -> None:
    assert say(GEMMA, {"messages": [shown(question, APPLES)]}).text == answer


@pytest.mark.parametrize(
    "image", [list(APPLES), b64encode(APPLES).decode(), url(APPLES), APPLES.decode("latin-1"), APPLES]
)
@pytest.mark.parametrize(
    "asked", [{"prompt": "How many apples?"}, {"messages": [{"role": "user", "content": "How many apples?"}]}]
)
def test_the_input_image_is_seen_in_every_form(image: Any, asked: dict[str, Any]) -> None:
    assert say(LLAMA, {**asked, "image": image}).text == "3"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": url(APPLES)},
        {"type": "image_url", "image_url": {"url": APPLES}},
        {"type": "input_image", "image_url": url(APPLES)},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": b64encode(APPLES).decode()}},
        {"type": "image", "image": list(APPLES)},
    ],
)
def test_every_form_of_a_content_part_is_seen(part: dict[str, Any]) -> None:
    content = [part, {"type": "text", "text": "How many apples?"}]
    assert say(GEMMA, {"messages": [{"role": "user", "content": content}]}).text == "3"
    assert say(LLAMA, {"messages": [{"role": "user", "content": content}]}).text == "3"


def test_several_pictures_are_told_apart() -> None:
    text = say(GEMMA, {"messages": [shown("What colours are these?", FOREIGN, plain("red", (64, 64)))]}).text
    first, second = text.split("\n")
    assert first.startswith("Image 1: ")
    assert "blue" in first
    assert second.startswith("Image 2: ")
    assert "red" in second


def test_a_picture_shown_before_is_remembered_when_it_is_meant() -> None:
    before = [shown("What is this?", APPLES), {"role": "assistant", "content": "Fruit."}]
    assert say(GEMMA, {"messages": [*before, {"role": "user", "content": "How many apples are there?"}]}).text == "3"
    again = say(GEMMA, {"messages": [*before, {"role": "user", "content": "Describe the picture again"}]}).text
    assert "three yellow apples" in again
    thanks = say(GEMMA, {"messages": [*before, {"role": "user", "content": "Thanks!"}]}).text
    assert "apple" not in thanks


def test_an_address_is_not_fetched_but_stands_for_the_words_of_its_path() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://nowhere.invalid/red-car.jpg"}}
    content = [part, {"type": "text", "text": "What do you see?"}]
    assert "red car" in say(GEMMA, {"messages": [{"role": "user", "content": content}]}).text


@pytest.mark.parametrize("name", SEEING)
def test_what_cannot_be_decoded_is_refused(name: str) -> None:
    for picture, code in ((UNREADABLE, 8001), (b"\0", 8001)):
        with pytest.raises(ApiError) as refused:
            say(name, {"messages": [shown("What is this?", picture)]})
        assert refused.value.row.code == code
    with pytest.raises(ApiError) as refused:
        say(name, {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "%"}}]}]})
    assert refused.value.row.code == 5004


def test_models_without_vision_pass_over_pictures() -> None:
    assert "apple" not in say(BLIND, {"messages": [shown("What is this?", APPLES)]}).text
    assert say(BLIND, {"messages": [shown("What is this?", UNREADABLE)]}).text


def test_json_mode_has_the_facts_of_the_picture() -> None:
    names = {"width": "integer", "dominant_color": "string", "prompt": "string", "description": "string"}
    schema = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in names.items()},
        "required": list(names),
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "seen", "schema": schema}}
    said = say(GEMMA, {"messages": [shown("Extract the data.", APPLES)], "response_format": wanted})
    value = json.loads(said.text)
    assert (value["width"], value["prompt"]) == (256, "three yellow apples")
    assert "three yellow apples" in value["description"]
    assert value["dominant_color"] in say(GEMMA, {"messages": [shown("What colours are there?", APPLES)]}).text


def test_tools_come_first_and_their_arguments_may_be_on_the_picture() -> None:
    parameters = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    function = {"name": "search_shop", "description": "Search the shop", "parameters": parameters}
    tool = {"type": "function", "function": function}
    said = say(GEMMA, {"messages": [shown("Search the shop for what is on the picture", APPLES)], "tools": [tool]})
    (call,) = said.tool_calls
    assert call.name == "search_shop"


def test_only_calls_with_pictures_to_models_that_see_leave_the_event_loop() -> None:
    seeing, blind = CATALOG.find(GEMMA), CATALOG.find(BLIND)
    assert seeing is not None
    assert blind is not None
    with_picture = {"messages": [shown("Hi", APPLES)]}
    assert tasks.is_heavy(seeing, with_picture)
    assert not tasks.is_heavy(blind, with_picture)
    assert not tasks.is_heavy(seeing, {"messages": [{"role": "user", "content": "Hi"}]})


@pytest.mark.parametrize("name", SEEING)
def test_streamed_and_whole_say_the_same_over_http(name: str, emulator: Emulator) -> None:
    inputs = {"messages": [shown("What is this?", APPLES)]}
    whole = emulator.run(name, inputs).result
    events = [event for event in emulator.run(name, inputs | {"stream": True}).events if event != "[DONE]"]
    if "choices" in whole:
        text = whole["choices"][0]["message"]["content"]
        deltas = [choice["delta"].get("content") for event in events for choice in event.get("choices", ())]
        streamed = "".join(delta or "" for delta in deltas)
    else:
        text, streamed = whole["response"], "".join(event.get("response") or "" for event in events)
    assert streamed == text
    assert "three yellow apples" in text


def test_openai_and_native_routes_refuse_what_cannot_be_decoded(emulator: Emulator) -> None:
    assert emulator.run(GEMMA, {"messages": [shown("What is this?", UNREADABLE)]}).error[1] == 8001
    body = {"model": GEMMA, "messages": [shown("What is this?", UNREADABLE)]}
    path = "/client/v4/accounts/023e105f4ecef8ad9ca31a8372d0c353/ai/v1/chat/completions"
    assert emulator.ask("POST", path, json.dumps(body).encode(), BEARER).status == 400
