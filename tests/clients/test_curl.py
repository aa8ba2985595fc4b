"""curl lines in the shapes of Cloudflare's documentation, against a live server: most of them name no content type."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import ACCOUNT, TOKEN

SAMPLES = Path(__file__).parents[2] / "fixtures" / "assets"
SPEECH, CAT = SAMPLES / "talking-llama.mp3", SAMPLES / "cat.png"
SAID = "It is a good day to be a llama."
LLAMA = "@cf/meta/llama-3.2-3b-instruct"
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture
def curl(base_url: str) -> Callable[..., bytes]:
    """Runs curl on a path below the account's `ai`, and gives what it prints."""

    def run(path: str, *arguments: str | Path) -> bytes:
        url = f"{base_url}/accounts/{ACCOUNT}/ai/{path}"
        command = ["curl", "--silent", "--show-error", url, "-H", f"Authorization: Bearer {TOKEN}", *arguments]
        return subprocess.run(command, check=True, capture_output=True, timeout=30).stdout

    return run


def result(answer: bytes) -> Any:
    assert json.loads(answer)["success"], answer
    return json.loads(answer)["result"]


def test_json_is_posted_as_if_it_were_a_form(curl: Callable[..., bytes]) -> None:
    told = curl(f"run/{LLAMA}", "-X", "POST", "-d", '{"prompt": "What is the capital of France?"}')
    assert "Paris" in result(told)["response"]


def test_a_file_of_json_is_posted(curl: Callable[..., bytes], tmp_path: Path) -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is the capital of France?"}]
    (tmp_path / "body.json").write_text(json.dumps({"messages": turns}, indent=2))
    assert "Paris" in result(curl(f"run/{LLAMA}", "--data", f"@{tmp_path / 'body.json'}"))["response"]


@pytest.mark.parametrize("headers", [[], ["-H", "Content-Type: audio/mpeg"], ["-H", "Content-Type:"]])
def test_a_recording_is_posted_as_it_is(curl: Callable[..., bytes], headers: list[str]) -> None:
    assert result(curl("run/@cf/openai/whisper", *headers, "--data-binary", f"@{SPEECH}"))["text"] == SAID


def test_a_recording_with_its_type_is_heard_by_nova(curl: Callable[..., bytes]) -> None:
    model = "run/@cf/deepgram/nova-3?detect_language=true"
    heard = result(curl(model, "-H", "Content-Type: audio/mpeg", "--data-binary", f"@{SPEECH}"))
    assert "day to be a llama" in heard["results"]["channels"][0]["alternatives"][0]["transcript"]


def test_a_picture_is_posted_as_it_is(curl: Callable[..., bytes]) -> None:
    assert "CAT" in result(curl("run/@cf/microsoft/resnet-50", "--data-binary", f"@{CAT}"))[0]["label"]


def test_a_picture_is_made_into_a_file(curl: Callable[..., bytes], tmp_path: Path) -> None:
    picture = tmp_path / "llama.jpg"
    curl("run/@cf/lykon/dreamshaper-8-lcm", "-d", '{"prompt": "a llama"}', "--output", picture)
    assert picture.read_bytes().startswith(b"\xff\xd8")


@pytest.mark.parametrize("pictures", [[], ["-F", f"input_image_0=@{CAT}"]])
def test_flux_2_takes_a_form(curl: Callable[..., bytes], pictures: list[str]) -> None:
    form = ["--form", "prompt=a llama in the snow", "--form", "width=512", "--form", "height=512", *pictures]
    assert result(curl("run/@cf/black-forest-labs/flux-2-dev", *form))["image"].startswith("/9j/")


def test_a_stream_comes_as_events(curl: Callable[..., bytes]) -> None:
    asked = {"messages": [{"role": "user", "content": "What is the capital of France?"}]}
    whole = result(curl(f"run/{LLAMA}", "-d", json.dumps(asked)))["response"]
    events = curl(f"run/{LLAMA}", "--no-buffer", "-d", json.dumps(asked | {"stream": True})).decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert "".join(json.loads(event.removeprefix("data: "))["response"] for event in events[:-2]) == whole


def test_the_other_ways_in(curl: Callable[..., bytes], tmp_path: Path) -> None:
    asked = {"model": LLAMA, "messages": [{"role": "user", "content": "What is the capital of France?"}]}
    chat = json.loads(curl("v1/chat/completions", "-H", "Content-Type: application/json", "-d", json.dumps(asked)))
    assert "Paris" in chat["choices"][0]["message"]["content"]
    found = result(curl("models/search?search=llama-3.2&per_page=5"))
    assert LLAMA in [model["name"] for model in found]
    (tmp_path / "clouds.html").write_text("<h1>Clouds</h1>")
    assert "# Clouds" in result(curl("tomarkdown", "-F", f"files=@{tmp_path / 'clouds.html'}"))[0]["data"]
