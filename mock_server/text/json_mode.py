"""Answering in JSON: values from the conversation where it has them, sentences where they fit, else made up by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from random import Random
from typing import Any

import orjson

from mock_server import errors
from mock_server.errors import ApiError
from mock_server.exchange import Inputs, json_of
from mock_server.text import answering, instructions, tokens, writing
from mock_server.text.answering import Said
from mock_server.text.conversation import Conversation
from mock_server.text.extraction import Extractor, flattened
from mock_server.text.fake_values import number_for, snake
from mock_server.text.schema_check import SchemaError, fits, require_sound
from mock_server.text.schema_data import NOTHING, Path, value_for
from mock_server.text.words import parts_of_text

_LONG = 2000  # characters of a request that are read for instructions
_PROSE = re.compile(
    r"desc|summary|explanation|reason|text|body|message|content|comment|note|analysis|"
    r"details?$|answer|response|reply|advice|thought|step|instruction|overview|conclusion|"
    r"review|feedback|bio$"
)
_ANSWER = re.compile(r"^(?:final_)?(?:answer|response|reply|result|output|text|message|content)$")
_TITLE = re.compile(r"title|headline|heading|topic|subject$|slogan")
_LABEL = re.compile(r"sentiment|mood|tone")
_KEYS = re.compile(
    r"\b(?:keys?|fields?|properties|attributes|columns|containing|include|including|json "
    r"(?:object )?(?:with|of))\b(?: (?:named|called|are|for|the|following|keys?|fields?|"
    r"properties|only))*\s*:?\s*([^.\n?!{}]+)",
    re.I,
)
_SCHEMA_START = re.compile(
    r"\{\s*\"(?:\$schema|\$defs|title|description|type|properties|required|additionalProperties)\"\s*:"
)
_SAMPLE_KEY = re.compile(
    r"[\"']([A-Za-z_][\w-]*)[\"']\s*:\s*(\[|\{|-?\d|true|false|<\s*(?:number|int|float|"
    r"bool)\w*|number\b|int\w*\b|bool\w*\b)?"
)
_TAGS = re.compile(r"tag|keyword|label|categor")
_PLURAL = re.compile(
    r"(?:tags|keywords|topics|items|names|ingredients|steps|colors|colours|features|"
    r"languages|cities|countries|list|categories|skills)$"
)


def wanted(inputs: Inputs) -> tuple[bool, Any]:
    """(whether JSON is asked for, the schema it has to fit or None).

    Reads `response_format` (json_object, or json_schema with the schema bare or wrapped as {name, schema, strict}),
    `guided_json`, and `text.format` of the Responses form.
    """
    if inputs.get("guided_json"):
        given = inputs["guided_json"]
        if isinstance(given, str):
            try:
                given = json_of(given)
            except orjson.JSONDecodeError as error:
                raise ApiError(errors.JSON_MODE_FAILED) from error
        return True, given
    form = inputs.get("response_format")
    if form is None and isinstance(inputs.get("text"), Mapping):
        form = inputs["text"].get("format")
    if not isinstance(form, Mapping):
        return False, None
    if form.get("type") == "json_object":
        return True, None
    if form.get("type") != "json_schema":
        return False, None
    given = form.get("json_schema", form if "schema" in form else None)
    if (
        isinstance(given, Mapping)
        and isinstance(given.get("schema"), Mapping | bool)
        and not isinstance(given.get("properties"), Mapping)
    ):
        given = given["schema"]
    return True, given


def respond(conversation: Conversation, inputs: Inputs, limit: int | None, state: int) -> tuple[Said | None, Any]:
    """The answer as JSON text and the value it stands for, or (None, None) when no JSON is asked for.

    Where the text is longer than `limit` tokens, what is optional is left out.
    ApiError: JSON_MODE_FAILED when the schema is invalid or nothing fits it.
    """
    asked, schema = wanted(inputs)
    if not asked:
        return None, None
    request = conversation.request[:_LONG]
    subject = writing.subject_of(*parts_of_text(request))
    try:
        value = _dictated(request, {"type": "object"} if schema is None else schema)
        schema = _schema_from_words(conversation) if schema is None else schema
        if value is NOTHING:
            value = value_for(schema, Random(state), _Suggestions(conversation, state))
            if limit is not None and tokens.count(_text(value)) > limit:
                value = value_for(schema, Random(state), _Suggestions(conversation, state), optional="none")
    except SchemaError as error:
        raise ApiError(errors.JSON_MODE_FAILED, hint=f"the schema cannot be met: {error}") from error
    return Said(_text(value), "json", subject), value


def _dictated(request: str, schema: Any) -> Any:
    """The JSON that the user asks to get back word for word, if it fits the schema, or NOTHING."""
    require_sound(schema)
    told = instructions.exact_reply(request) or ""
    if told[:1] not in ("{", "["):
        return NOTHING
    try:
        value = json_of(told)
    except orjson.JSONDecodeError:
        return NOTHING
    return value if fits(value, schema, schema) else NOTHING


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Suggestions:
    """What the conversation has for a property, and sentences for properties that hold prose."""

    def __init__(self, conversation: Conversation, state: int) -> None:
        turns = conversation.turns
        self._conversation = conversation
        self._state = state
        self._request = conversation.request[:_LONG]
        self._subject = writing.subject_of(*parts_of_text(self._request))
        said = [turn.text for turn in reversed(turns) if turn.role in ("user", "tool") and turn.text]
        known: dict[str, Any] = {}
        self._seen: dict[str, Any] = {}  # of pictures
        for turn in turns:
            if turn.role == "tool":
                known.update(flattened(turn.text))
            elif turn.role == "picture":
                self._seen.update(flattened(turn.text))
        self._extract = Extractor(said, known)
        self._number = 0

    def __call__(self, path: Path, schema: Mapping[str, Any]) -> Any:
        name = snake(next((step for step in reversed(path) if not step.startswith("[")), ""))
        if name in self._seen:
            return self._seen[name]
        kinds = [kind for kind in schema.get("type") or () if kind != "null"]
        kind = kinds[0] if kinds else ""
        if _LABEL.search(name) and "enum" in schema:
            label = instructions.classify(f"as {', '.join(map(str, schema['enum']))}: {self._request}")
            return next((option for option in schema["enum"] if str(option) == label), NOTHING)
        if kind == "string" and not schema.get("format") and "enum" not in schema and "patterns" not in schema:
            value = self._prose(name, schema)
            if value is not NOTHING:
                return value
        if kind == "number" and re.search(r"confidence|probability|score", name) and schema.get("maximum", 1) <= 1:
            return round(0.7 + (self._state >> 35) % 29 / 100, 2)
        value = self._extract(path, schema)
        if value is NOTHING and kind == "array":
            return self._entries(name, schema)
        return value

    def _prose(self, name: str, schema: Mapping[str, Any]) -> Any:
        if sum_ := instructions.value_of_sum(self._request) if _ANSWER.search(name) else None:
            return sum_[1]
        if _ANSWER.search(name):
            return answering.answer(self._conversation, self._state, "the model").text
        if _TITLE.search(name):
            return writing.title(self._subject, self._state)
        if _PROSE.search(name):
            self._number += 1
            state = self._state
            for _ in range(self._number):
                state = writing.advance(state)
            return writing.compose(self._subject, state, 1 if schema.get("maxLength", 999) < 200 else 2)
        return NOTHING

    def _entries(self, name: str, schema: Mapping[str, Any]) -> Any:
        """A list of things of a kind: "name three colours" for `colours`."""
        items = schema.get("items")
        if (
            not isinstance(items, Mapping)
            or items.get("type", "string") != "string"
            or "enum" in items
            or _TAGS.search(name)
        ):
            return NOTHING
        count = 3
        if found := re.search(r"\b(\d{1,2}|" + "|".join(instructions.NUMBERS) + r")\b", self._request.lower()):
            count = instructions.to_int(found.group(1)) or 3
        count = max(int(schema.get("minItems", 0)), min(count, int(schema.get("maxItems", 20)), 20))
        return instructions.entries(name.replace("_", " "), count, self._subject, self._state)


def _schema_from_words(conversation: Conversation) -> dict[str, Any]:
    """A schema for json_object: one that the conversation shows, else of the keys that it names, else one `answer`."""
    if shown := _shown_schema(conversation):
        return shown
    text = "\n".join(turn.text[:_LONG] for turn in conversation.turns if turn.role in ("system", "user"))
    properties: dict[str, Any] = {}
    for key, sample in _SAMPLE_KEY.findall(text):
        properties.setdefault(key, _guess(key, sample))
    if not properties and (found := _KEYS.search(text)):
        listed = re.split(r",\s*(?:and\s+)?|\s+and\s+|\s*&\s*", found.group(1))
        for each in listed:
            key = each.strip(" \"'`:;()")
            if re.fullmatch(r"[A-Za-z_][\w-]*(?: [A-Za-z_]\w*)?", key):
                properties[key.replace(" ", "_")] = _guess(key, "")
    return {
        "type": "object",
        "properties": properties or {"answer": {"type": "string"}},
        "required": list(properties) or ["answer"],
    }


def _shown_schema(conversation: Conversation) -> dict[str, Any] | None:
    """The JSON schema that an instruction holds; clients without a structured mode ask for objects so."""
    for turn in conversation.turns:
        if turn.role not in ("system", "user"):
            continue
        for start in list(_SCHEMA_START.finditer(turn.text))[:20]:
            try:
                shown, _ = json.JSONDecoder().raw_decode(turn.text, start.start())
                if shown.get("properties") and isinstance(shown["properties"], dict):
                    require_sound(shown)
                    found: dict[str, Any] = shown
                    return found
            except (ValueError, RecursionError):
                continue
    return None


def _guess(key: str, sample: str) -> dict[str, Any]:
    if sample == "[" or (not sample and _PLURAL.search(key.lower())):
        return {"type": "array", "items": {"type": "string"}}
    if sample == "{":
        return {"type": "object"}
    if sample in ("true", "false") or "bool" in sample or re.match(r"(?:is|has|can)_", snake(key)):
        return {"type": "boolean"}
    if sample or number_for(key) != (1, 100):
        return {"type": "number" if "float" in sample or "confidence" in key else "integer"}
    return {"type": "string"}
