"""Asking a model from the command line: what a prompt or a file means to its schema, and what becomes of the answer."""

from __future__ import annotations

import asyncio
import mimetypes
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from mock_server import formats
from mock_server.accounts import demo
from mock_server.api.writing import request_id
from mock_server.app import build
from mock_server.catalog import Catalog, Model
from mock_server.errors import MockError
from mock_server.exchange import Answer, Binary, Call, Completion, Inputs, Result
from mock_server.settings import Settings

# What a prompt can be called. Of those that a schema has, the first that it accepts together with the rest is taken.
PROMPTS = ("messages", "prompt", "input_text", "text", "question", "query", "state")
MEDIA = {
    "image": ("image_b64", "image", "input_image_0", "images"),
    "audio": ("audio",),
}
ASSUMED = {"target_lang": "french"}  # what the service wants to be told and has no default for
MAGIC = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "audio/wav",
    b"ID3": "audio/mpeg",
    b"\xff": "audio/mpeg",
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
}
EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "audio/mpeg": ".mp3", "audio/wav": ".wav", "audio/ogg": ".ogg"}


@dataclass(frozen=True, slots=True)
class Given:
    """What stands on the command line. document: inputs as JSON, which prompt and file are added to."""

    prompt: str | None = None
    file: Path | None = None
    document: Mapping[str, Any] | None = None
    stream: bool = False


class Media(NamedTuple):
    """Bytes of an answer that belong into a file."""

    data: bytes
    type: str


def ask(settings: Settings, name: str, given: Given) -> tuple[Call, Answer]:
    """The answer of the model `name`, made in this process as for a request.

    Raises ApiError as the service refuses, MockError when the model takes nothing of the kind that is given.
    """
    pipeline = build(settings)
    account = demo(settings.accounts)[0]
    model = pipeline.admit({}, account, name, in_path=False)
    form, raw = False, None
    if model is None:
        inputs, raw = _unknown(given)
        model = pipeline.infer(name, inputs)
    elif given.file is not None and "raw_body" in model.facts and given.prompt is None and not _is_json(given.file):
        raw = str(model.facts["raw_body"])
        inputs = {**(given.document or {}), raw: _read(given.file)}
    else:
        form = "form" in model.schema
        inputs = _inputs(pipeline.catalog, model, given, form=form)
    if given.stream:
        inputs["stream"] = True
    call = Call(account, model, inputs, request_id(), pipeline.clock.now(), raw=raw, form=form)
    answer = asyncio.run(pipeline.answer(call))
    call.stream = call.stream and given.stream  # some models stream unless told not to
    return call, answer


def events(call: Call, answer: Answer) -> Iterator[bytes] | None:
    """The answer as a stream of events, or None where the model has none or was not asked for it."""
    format_ = _format(call, answer)
    return format_.stream(answer.reply, call, answer.usage) if format_ and call.stream else None


def media(call: Call, answer: Answer) -> Media | None:
    """The picture or the sound that was answered, raw or as base64 in JSON; None for other answers."""
    reply = answer.reply
    if isinstance(reply, Binary):
        return Media(reply.body, reply.media_type.partition(";")[0])
    if call.model.facts.get("delivery") == "base64" and isinstance(reply, Result) and isinstance(reply.value, dict):
        encoded = reply.value.get("image") or reply.value.get("audio")
        if isinstance(encoded, str):
            data = b64decode(encoded)
            return Media(data, next((type_ for magic, type_ in MAGIC.items() if data.startswith(magic)), ""))
    return None


def text(call: Call, answer: Answer) -> str:
    """What to read: the text of a language model that says nothing else, of everything else the JSON of `result`."""
    reply = answer.reply
    if isinstance(reply, Completion) and len(reply.choices) == 1:
        choice = reply.choices[0]
        if choice.value is None and not choice.tool_calls:
            return choice.text
    format_ = _format(call, answer)
    if format_ is not None:
        value = format_.render(reply, call, answer.usage)
    else:
        assert isinstance(reply, Result), reply
        value = formats.with_usage(reply, answer.usage)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def save(found: Media, model: str, out: Path | None) -> tuple[Path, bool]:
    """Write media to `out`, or to a name of its own in the current folder that no file has yet.

    Returns the path, and whether a file was replaced. MockError when it cannot be written.
    """
    path = out or _free(model.rpartition("/")[2], EXTENSIONS.get(found.type) or mimetypes.guess_extension(found.type))
    replaced = path.exists()
    try:
        path.write_bytes(found.data)
    except OSError as error:
        raise MockError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path, replaced


def _free(stem: str, extension: str | None) -> Path:
    names = (f"{stem}{f'-{number}' if number > 1 else ''}{extension or '.bin'}" for number in count(1))
    return next(path for path in map(Path, names) if not path.exists())


def _format(call: Call, answer: Answer) -> formats.Format | None:
    reply = answer.reply
    if isinstance(reply, Binary) or (isinstance(reply, Result) and reply.verbatim):
        return None
    return formats.of(call.model, call.inputs)


def _inputs(catalog: Catalog, model: Model, given: Given, *, form: bool) -> Inputs:
    """The inputs that prompt, file and JSON make for a model of the catalog."""
    known = _properties(catalog.schema(model, "form" if form else "input"))
    inputs: Inputs = dict(given.document or {})
    picture: dict[str, Any] | None = None
    if given.file is not None:
        media_input = None if _is_json(given.file) else _media_input(model, known, given.file, form=form)
        if media_input is None:
            inputs |= _document(given.file, model)
        elif media_input[0] == "messages":
            picture = media_input[1]
        else:
            inputs[media_input[0]] = media_input[1]
    if given.prompt is None and picture is None:
        return inputs
    names = [name for name in PROMPTS if name in known]
    if not names:
        raise MockError(f"{model.name} takes no prompt; its inputs are: {', '.join(known)}")
    inputs |= {name: value for name, value in ASSUMED.items() if name in known and name not in inputs}
    inputs |= {name: known[name]["default"] for name in ("target_language",) if name in known and name not in inputs}
    fills = model.facts.get("fills", {})
    tries = [inputs | {name: _said(name, given.prompt, picture)} for name in names]
    validator = catalog.validator(model, form)
    return next((one for one in tries if validator.error(fills | one) is None), tries[0])


def _said(name: str, prompt: str | None, picture: dict[str, Any] | None) -> Any:
    if name != "messages":
        return prompt or ""
    if picture is None:
        return [{"role": "user", "content": prompt}]
    words = {"type": "text", "text": prompt or "What is in this picture?"}
    return [{"role": "user", "content": [words, picture]}]


def _media_input(model: Model, known: Mapping[str, Any], file: Path, *, form: bool) -> tuple[str, Any] | None:
    """Name and value of the input that a media file is; None for a model that takes no media."""
    type_ = mimetypes.guess_type(file.name)[0] or ""
    kinds = [kind for kind in MEDIA if type_.startswith(kind)] or list(MEDIA)
    for name in (name for kind in kinds for name in MEDIA[kind] if name in known):
        data = _read(file)
        if form:
            return name, data
        accepted = _types(known[name])
        encoded = b64encode(data).decode()
        url = f"data:{type_ or 'application/octet-stream'};base64,{encoded}"
        if name == "images":
            return name, [url]
        if "string" in accepted:
            return name, url if name == "image" else encoded
        if "array" in accepted and kinds == [name]:
            return name, list(data)
    if model.has("vision") and "messages" in known and type_.startswith("image"):
        url = f"data:{type_};base64,{b64encode(_read(file)).decode()}"
        return "messages", {"type": "image_url", "image_url": {"url": url}}
    return None


def _unknown(given: Given) -> tuple[Inputs, str | None]:
    """Inputs for a model that nobody knows, and which of them is bytes."""
    inputs: Inputs = dict(given.document or {})
    raw = None
    if given.prompt is not None:
        inputs["prompt"] = given.prompt
    if given.file is not None and _is_json(given.file):
        inputs |= _document(given.file)
    elif given.file is not None:
        type_ = mimetypes.guess_type(given.file.name)[0] or ""
        raw = "audio" if type_.startswith("audio") else "image"
        inputs[raw] = _read(given.file)
    return inputs, raw


def _document(file: Path, model: Model | None = None) -> Inputs:
    try:
        document = orjson.loads(_read(file))
    except orjson.JSONDecodeError as error:
        refusal = f"{file}: not JSON: {error}"
        if model is not None and not _is_json(file):
            refusal += f"; {model.name} takes no such media, only inputs as JSON"
        raise MockError(refusal) from None
    if not isinstance(document, dict):
        raise MockError(f"{file}: the inputs of a model are a JSON object")
    return document


def _is_json(file: Path) -> bool:
    return file.suffix.lower() == ".json"


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise MockError(f"{file}: cannot be read: {error.strerror or error}") from error


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Every property that some branch of a schema has, by name; several branches' are joined."""
    found = dict(schema.get("properties", {}))
    for branches in ("oneOf", "anyOf", "allOf"):
        for branch in schema.get(branches, ()):
            for name, value in _properties(branch).items():
                found[name] = {"anyOf": [found[name], value]} if name in found else value
    return found


def _types(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that a schema accepts."""
    found = schema.get("type", [])
    types = {found} if isinstance(found, str) else set(found)
    for branches in ("oneOf", "anyOf"):
        for branch in schema.get(branches, ()):
            types |= _types(branch)
    return types
