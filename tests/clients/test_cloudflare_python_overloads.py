"""Every overload of the official SDK's `ai.run`: each form of request reaches the answer that the reference gives it.

The model is one that nobody knows, as in the SDK's own tests: what is asked is told by the shape of the request.
"""

from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cloudflare import Cloudflare
from cloudflare.types.ai import ai_run_response as answers
from harness import ACCOUNT, TOKEN
from PIL import Image

ASSETS = Path(__file__).parents[2] / "fixtures" / "assets"
CAT = (ASSETS / "cat.png").read_bytes()
CROSSING = (ASSETS / "crossing.jpg").read_bytes()
SPEECH = (ASSETS / "talking-llama.mp3").read_bytes()
MODEL = "model_name"


@pytest.fixture
def client(inferring_url: str) -> Cloudflare:
    return Cloudflare(base_url=inferring_url, api_token=TOKEN, max_retries=0)


def run(client: Cloudflare, model: str = MODEL, **inputs: Any) -> Any:
    return client.ai.run(model, account_id=ACCOUNT, **inputs)


def raw(client: Cloudflare, **inputs: Any) -> tuple[str, bytes]:
    response = client.ai.with_raw_response.run(MODEL, account_id=ACCOUNT, **inputs)
    return response.headers["content-type"], response.read()


def test_text_classification(client: Cloudflare) -> None:
    labels = run(client, text="What a lovely day")
    assert all(isinstance(label, answers.TextClassification) for label in labels)
    assert max(labels, key=lambda label: label.score).label == "POSITIVE"


def test_text_to_image(client: Cloudflare) -> None:
    media_type, body = raw(client, prompt="a red house", width=256, height=320, num_steps=4)
    assert media_type == "image/png"
    assert Image.open(BytesIO(body)).size == (256, 320)


def test_text_to_speech_as_base64(client: Cloudflare) -> None:
    answer = answers.Audio.model_validate(run(client, prompt="Hello world", lang="en"))
    assert answer.audio
    assert b64decode(answer.audio).startswith(b"RIFF")


def test_text_to_speech_as_mp3(client: Cloudflare) -> None:
    media_type, body = raw(client, text="Hello world", extra_body={"speaker": "luna"})
    assert media_type == "audio/mpeg"
    assert body.startswith((b"ID3", b"\xff"))


def test_text_embeddings(client: Cloudflare) -> None:
    answer = answers.TextEmbeddings.model_validate(run(client, text=["a cloud", "a llama"]))
    assert answer.data
    assert answer.shape == [2, len(answer.data[0])]


def test_speech_recognition(client: Cloudflare) -> None:
    answer = answers.AutomaticSpeechRecognition.model_validate(run(client, audio=[*SPEECH]))
    assert answer.text == "It is a good day to be a llama."
    assert answer.words
    assert answer.word_count == len(answer.words)
    assert answer.vtt
    assert answer.vtt.startswith("WEBVTT")


def test_image_classification(client: Cloudflare) -> None:
    labels = run(client, image=[*CAT])
    assert "CAT" in labels[0].label
    assert [label.score for label in labels] == sorted((label.score for label in labels), reverse=True)


def test_object_detection(client: Cloudflare) -> None:
    found = [answers.ObjectDetection.model_validate(item.to_dict()) for item in run(client, "detr", image=[*CROSSING])]
    assert {"person", "car", "bicycle"} <= {item.label for item in found}
    for item in found:
        assert item.box
        assert 0 <= (item.box.xmin or 0) < (item.box.xmax or 0) <= 512
        assert 0 <= (item.box.ymin or 0) < (item.box.ymax or 0) <= 384


def test_text_generation_from_a_prompt(client: Cloudflare) -> None:
    answer = answers.UnionMember8.model_validate(run(client, prompt="What is a cloud?"))
    assert answer.response
    usage = answer.usage
    assert usage
    assert usage.total_tokens == (usage.prompt_tokens or 0) + (usage.completion_tokens or 0)


def test_text_generation_with_tools(client: Cloudflare) -> None:
    city = {"type": "string", "description": "The city"}
    parameters = {"type": "object", "properties": {"city": city}, "required": ["city"]}
    tool = {"name": "getWeather", "description": "Return the weather in a city", "parameters": parameters}
    ask = {"role": "user", "content": "What is the weather in London?"}
    answer = run(client, messages=[ask], tools=[tool])
    call = answers.UnionMember8ToolCall.model_validate(answer["tool_calls"][0])
    assert (call.name, call.arguments) == ("getWeather", {"city": "London"})
    assert answers.UnionMember8Usage.model_validate(answer["usage"]).completion_tokens


def test_translation(client: Cloudflare) -> None:
    answer = answers.Translation.model_validate(run(client, text="Good morning", target_lang="french"))
    assert answer.translated_text


def test_summarization(client: Cloudflare) -> None:
    text = "Clouds are made of water. They float above the hills all day. In the evening it rains."
    answer = answers.Summarization.model_validate(run(client, input_text=text, max_length=20))
    assert answer.summary


def test_image_to_text(client: Cloudflare) -> None:
    answer = answers.ImageToText.model_validate(run(client, image=[*CAT], prompt="Describe it", max_tokens=64))
    assert answer.description
    assert "cat" in answer.description


def test_image_text_to_text_from_a_prompt_and_from_messages(client: Cloudflare) -> None:
    image = b64encode(CAT).decode()
    ask = "How large is this picture?"
    for question in ({"prompt": ask}, {"messages": [{"role": "user", "content": ask}]}):
        answer = answers.ImageTextToText.model_validate(run(client, image=image, **question))
        assert answer.description == " 256x256 pixels."


def test_multimodal_embeddings(client: Cloudflare) -> None:
    answer = answers.MultimodalEmbeddings.model_validate(
        run(client, image=b64encode(CAT).decode(), text=["a cat", "a house"])
    )
    assert answer.data
    assert answer.shape == [3, len(answer.data[0])]
