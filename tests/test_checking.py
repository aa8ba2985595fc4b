"""Every kind of wrong fixture that the check finds, and what it must leave alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mock_server.catalog import Catalog
from mock_server.checking import check
from mock_server.cli import main
from mock_server.errors import MockError

CATALOG = Catalog.load()
FIXTURES = Path(__file__).parent.parent / "fixtures"
TEXT = {"text": "hello"}
NATIVE = "@cf/meta/llama-3.2-1b-instruct"
EMBEDDER = "@cf/baai/bge-base-en-v1.5"
PAINTER = "@cf/black-forest-labs/flux-1-schnell"
TOOLS = [
    {"name": "find", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}
]


def write(folder: Path, name: str, match: Any, reply: Any = TEXT, **more: Any) -> None:
    path = folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"match": match, "reply": reply, **more}))


def found(folder: Path) -> list[tuple[str, str | None, str]]:
    return [(finding.file.stem, finding.pointer, finding.kind) for finding in check((folder,), CATALOG).findings]


def test_the_shipped_fixtures_are_sound() -> None:
    report = check((FIXTURES,), CATALOG)
    assert report.findings == []
    assert report.fixtures == len([*(FIXTURES / "samples").rglob("*.json")])


@pytest.mark.parametrize(
    ("match", "pointer", "kind", "complaint"),
    [
        ({"modell": "x"}, "/match/modell", "invalid", "did you mean model"),
        ({"model": "@cf/meta/lama-*"}, "/match/model", "unreachable", "no model of the catalog"),
        ({"model": ["@cf/meta/*", "@cf/mta/*"]}, "/match/model/1", "unreachable", "no model of the catalog"),
        ({"task": "Text generation"}, "/match/task", "unreachable", "did you mean Text Generation"),
        ({"model": EMBEDDER, "task": "Translation"}, "/match/model", "unreachable", "has the task 'Translation'"),
        ({"model": NATIVE, "inputs.promt": "x"}, "/match/inputs.promt", "input", "did you mean prompt"),
        ({"inputs.stream": True}, "/match/inputs.stream", "unreachable", "a match on `stream`"),
        (
            {"inputs.prompt": "tea", "inputs": {"equals": {"prompt": "jam"}}},
            "/match/inputs.prompt",
            "unreachable",
            "beside inputs",
        ),
        (
            {"inputs.prompt": {"equals": "tea", "contains": "jam"}},
            "/match/inputs.prompt",
            "unreachable",
            "beside inputs.prompt",
        ),
        ({"inputs.max_tokens": {"gt": 5, "lt": 5}}, "/match/inputs.max_tokens", "unreachable", "bounds"),
        ({"call": {"lt": 1}}, "/match/call", "unreachable", "no call"),
    ],
)
def test_a_match_that_nothing_meets_is_found(
    tmp_path: Path, match: Any, pointer: str, kind: str, complaint: str
) -> None:
    write(tmp_path, "a", match)
    [finding] = check((tmp_path,), CATALOG).findings
    assert (finding.pointer, finding.kind) == (pointer, kind)
    assert complaint in finding.message


@pytest.mark.parametrize(
    ("match", "reply", "pointer", "complaint"),
    [
        ({"model": EMBEDDER}, TEXT, "/reply", "cannot be written for Text Embeddings"),
        (
            {"model": "@cf/myshell-ai/melotts"},
            [{"result": {"audio": ""}}, TEXT],
            "/reply/1",
            "Text-to-Speech",
        ),
        ({"model": NATIVE}, {"result": {"respond": "x"}}, "/reply/result", "not the output"),
        ({"model": EMBEDDER}, {"result": {"data": [[0.5, "x"]]}}, "/reply/result/data/0/1", "accepted: number"),
        ({"model": NATIVE}, {"file": "a.png", "media_type": "image/png"}, "/reply/file", "none of these models"),
        ({"model": PAINTER}, {"file": "a.mp3", "media_type": "audio/mpeg"}, "/reply/media_type", "answer with image"),
        ({"model": PAINTER}, {"file": "a.mp3", "media_type": "image/png"}, "/reply/media_type", "says audio/mpeg"),
        (
            {"inputs.tools": TOOLS},
            {"tool_calls": [{"name": "fnd", "arguments": {}}]},
            "/reply/tool_calls/0/name",
            "accepted: find",
        ),
        (
            {"inputs.tools": TOOLS},
            {"tool_calls": [{"name": "find", "arguments": {"n": "x"}}]},
            "/reply/tool_calls/0/arguments/n",
            "accepted: integer",
        ),
        (
            {"inputs.tools": TOOLS},
            {"tool_calls": [{"name": "find", "arguments": {}}]},
            "/reply/tool_calls/0/arguments",
            "'n' is missing",
        ),
    ],
)
def test_a_reply_that_no_model_of_the_match_would_give_is_found(
    tmp_path: Path, match: Any, reply: Any, pointer: str, complaint: str
) -> None:
    (tmp_path / "assets").mkdir()
    for name in ("a.png", "a.mp3"):
        (tmp_path / "assets" / name).write_bytes(b"x")
    write(tmp_path, "a", match, reply)
    [finding] = check((tmp_path,), CATALOG).findings
    assert (finding.pointer, finding.kind) == (pointer, "reply")
    assert complaint in finding.message


SHADOWS: list[tuple[Any, Any, bool]] = [
    ({}, {"inputs.prompt": "tea"}, True),
    ({"task": "Text Generation"}, {"task": "Text Generation", "last.content": "tea"}, True),
    ({"model": "@cf/meta/*"}, {"model": NATIVE}, True),
    ({"model": "@cf/meta/*"}, {"model": "@cf/meta/llama-*"}, True),
    ({"last.content": {"contains": "weather"}}, {"last.content": {"contains": "weather in Lisbon"}}, True),
    ({"last.content": {"contains": "weather"}}, {"last.content": "the weather"}, True),
    ({"inputs.prompt": {"matches": "te+a"}}, {"inputs.prompt": "tea", "inputs.seed": 1}, True),
    ({"inputs.prompt": {"starts_with": "te"}}, {"inputs.prompt": {"starts_with": "tea"}}, True),
    ({"inputs.text": {"contains": "te"}}, {"inputs.text": {"ends_with": "tea"}}, True),
    ({"inputs.prompt": "tea"}, {"inputs": {"equals": {"prompt": "tea", "seed": 1}}}, True),
    ({"inputs.seed": {"gt": 1}}, {"inputs.seed": 5}, True),
    ({"inputs.seed": {"present": True}}, {"inputs.seed": {"gt": 5}}, True),
    ({"inputs.prompt": "tea"}, {"inputs.prompt": "tea"}, True),
    ({"headers.x": "a"}, {"headers.x": "a", "call": 2}, True),
    ({"inputs.prompt": "tea"}, {"inputs.prompt": "jam"}, False),
    ({"inputs.seed": 1}, {"inputs.seed": {"gt": 0}}, False),
    ({"model": NATIVE}, {"model": "@cf/meta/*"}, False),
    ({"model": "@cf/meta/*"}, {"task": "Text Generation"}, False),
    ({"surface": "native"}, {"inputs.prompt": "tea"}, False),
    ({"last.content": {"contains": "weather in Lisbon"}}, {"last.content": {"contains": "weather"}}, False),
    ({"inputs.text": {"contains": "te"}}, {"inputs.text": {"contains": "tea"}}, False),  # an item of a list, perhaps
    ({"inputs.prompt": {"not": "jam"}}, {"inputs.prompt": {"contains": "tea"}}, False),
    ({"any_of": [{"inputs.prompt": "tea"}]}, {"inputs.prompt": "tea"}, False),
    ({"call": 1, "inputs.prompt": "tea"}, {"inputs.prompt": "tea"}, False),
]


@pytest.mark.parametrize(("first", "second", "shadowed"), SHADOWS, ids=str)
def test_a_fixture_is_shadowed_when_an_earlier_one_surely_speaks_first(
    tmp_path: Path, first: Any, second: Any, shadowed: bool
) -> None:
    write(tmp_path, "a", first, {"error": 3040})
    write(tmp_path, "b", second, {"error": 3040})
    assert found(tmp_path) == ([("b", "/match", "shadowed")] if shadowed else [])


def test_priority_decides_who_is_earlier(tmp_path: Path) -> None:
    write(tmp_path, "a", {"inputs.prompt": "tea"}, {"error": 3040})
    write(tmp_path, "b", {}, {"error": 3040}, priority=1)
    [finding] = check((tmp_path,), CATALOG).findings
    assert finding.file.stem == "a"
    assert finding.message.endswith("b.json speaks for all of it, whose priority is higher")


def test_who_steps_aside_shadows_nobody(tmp_path: Path) -> None:
    write(tmp_path, "a", {}, {"error": 3040}, times=3)
    write(tmp_path, "b", {}, {"error": 3040})
    assert found(tmp_path) == []


def test_what_only_requests_can_tell_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "a", {"last.content": {"contains": "x"}}, {"text": "for whatever model speaks"})
    write(tmp_path, "b", {"inputs.prompt": "x"}, {"result": {"anything": "{{model}}"}}, template=True)
    write(tmp_path, "c", {"surface": "openai", "inputs.prompt": "z"}, {"result": {"object": "chat.completion"}})
    write(tmp_path, "d", {"inputs.whatever": {"present": False}, "inputs.prompt": "y"})
    assert found(tmp_path) == []


def test_the_command_prints_file_and_pointer_and_exits_with_1(tmp_path: Path) -> None:
    write(tmp_path, "good", {"model": NATIVE})
    write(tmp_path, "wrong", {"model": EMBEDDER})
    result = CliRunner().invoke(main, ["fixtures", "check", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stdout == (
        f"{tmp_path / 'wrong.json'}#/reply: reply: text cannot be written for Text Embeddings; "
        "accepted: result, file, error or raw\n"
    )
    assert result.stderr == "2 fixtures, 1 findings\n"
    as_json = CliRunner().invoke(main, ["fixtures", "check", "--json", str(tmp_path)])
    report = json.loads(as_json.stdout)
    assert (as_json.exit_code, report["fixtures"], report["findings"][0]["pointer"]) == (1, 2, "/reply")
    (tmp_path / "wrong.json").unlink()
    assert CliRunner().invoke(main, ["fixtures", "check", str(tmp_path)]).exit_code == 0


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(MockError, match="no such folder"):
        check((tmp_path / "gone",), CATALOG)
    result = CliRunner().invoke(main, ["fixtures", "check", str(tmp_path / "gone")])
    assert (result.exit_code, "no such folder" in result.stderr) == (1, True)
