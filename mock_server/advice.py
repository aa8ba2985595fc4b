"""What would surprise the caller on the real service: advice with stable ids, given beside an answer that is good."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from time import gmtime, strftime
from typing import Any

import orjson

from mock_server.catalog import Catalog, Model
from mock_server.errors import MockError
from mock_server.exchange import NO_ADVICE, Answer, Call, Completion

SOON = 90 * 86_400  # seconds before a model's end from which it is told
HUGE = 10 * 1_000_000  # bytes; the largest payload that documentation allows on a route for text
PARSED = 65_536  # bytes of a body that is looked through for nulls
NATIVE = ("native", "universal", "binding")  # surfaces whose bodies are a model's own inputs
# Keys that no published schema of native models lists, though they are about the sending, or seen to work.
BEYOND = frozenset({"model", "stream", "stream_options", "options", "gateway", "tags", "tool_choice"})
LIMITS = frozenset({"max_tokens", "max_completion_tokens", "max_output_tokens"})
MEDIA = frozenset({"image", "audio"})
LEGACY = {"functions": "tools", "function_call": "tool_choice"}


ADVICE: dict[str, str] = {
    "model-deprecated": "The model is past its deprecation date; the real service answers 410/5028.",
    "model-deprecated-soon": "The model answers 410/5028 within 90 days.",
    "model-unknown": "No such model is known, its answer is inferred; the real service answers 400/7000 or 400/5007.",
    "model-alias": "The id is an alias: another model answers in its place.",
    "needs-paid-plan": "The model answers 403/5035 to accounts on the Workers Free plan.",
    "encoded-slash": "The model id has %2F for its slashes, as the official Python and TypeScript SDKs send it. One "
    "capture of August 2026 shows 400/7000 for such a path; captures with literal slashes are answered.",
    "cut-by-default-max-tokens": "The answer ends where the default number of output tokens ends; set max_tokens.",
    "unknown-keys": "The body has keys that the model's published schema does not know; it is likely to ignore them.",
    "explicit-null": "The body has keys that are null. Here they count as not given, as several clients mean them; "
    "most published schemas do not allow null.",
    "legacy-parameters": "The body has parameters that the OpenAI API has replaced by others.",
    "huge-body": "The body has more than 10 MB, the most that documentation allows for a batch.",
    "media-as-numbers": "Media are sent as a list of numbers, about four times their bytes; Base64 takes a third more.",
    "stream-is-json": "A stream was asked for, and the answer is one JSON document or one file.",
    "json-mode-stream": "Documentation says that JSON mode does not support streaming.",
    "tools-streamed-as-text": "This model streams its tool calls as plain text; unstreamed they are tool_calls.",
    "no-timeout": "The SDK says that it waits for an answer as long as it takes: it has no read timeout.",
}
# What the real service, or the caller, would answer for; the others are notes.
WARNINGS = frozenset({
    "model-deprecated", "model-deprecated-soon", "model-unknown", "cut-by-default-max-tokens", "unknown-keys",
    "huge-body", "stream-is-json", "json-mode-stream", "tools-streamed-as-text",
})  # fmt: skip


def of_question(call: Call, answer: Answer, catalog: Catalog) -> Mapping[str, str]:
    """Advice that question and answer alone decide: what there is to say about this one, or "", by id."""
    inputs, model, reply = call.inputs, call.model, answer.reply
    known, always = _of_model(catalog, model, call.form)
    found = dict(always)
    if isinstance(reply, Completion) and reply.choices[0].finish_reason == "length" and LIMITS.isdisjoint(inputs):
        found["cut-by-default-max-tokens"] = f"after {reply.tokens.completion} tokens"
    if known and not inputs.keys() <= known and call.raw is None and call.surface in NATIVE:
        found["unknown-keys"] = ", ".join(sorted(inputs.keys() - known))
    if call.sent is not None:
        body = call.sent.body
        if len(body) > HUGE:
            found["huge-body"] = f"{len(body)} bytes"
        elif b"null" in body and len(body) <= PARSED and (nulls := _nulls(body)):
            found["explicit-null"] = ", ".join(nulls)
    if not MEDIA.isdisjoint(inputs):
        for name in sorted(MEDIA & inputs.keys()):
            value = inputs[name]
            if isinstance(value, list) and len(value) > 64 and type(value[0]) is int:
                found["media-as-numbers"] = name
    if not LEGACY.keys().isdisjoint(inputs):
        found["legacy-parameters"] = ", ".join(f"{old}: {new}" for old, new in LEGACY.items() if old in inputs)
    if call.stream:
        if model.facts.get("json_mode") == "object" and "response_format" in inputs:
            found["json-mode-stream"] = ""
        if inputs.get("tools") and model.facts.get("streams_tools_as_text"):
            found["tools-streamed-as-text"] = ""
    return found or NO_ADVICE


def of_request(call: Call, *, streamed: bool) -> Mapping[str, str]:
    """All advice about a call that is about to be answered, by id. streamed: whether its answer is a stream."""
    found = call.advice
    if call.stream and not streamed:
        found = {**found, "stream-is-json": ""}
    if call.sent is not None and call.surface == "native" and "%2" in call.sent.path:
        model = call.sent.path.rpartition("/run/")[2]
        if "%2f" in model.lower():
            found = {**found, "encoded-slash": ""}
    if b"x-stainless-lang" in call.headers and _waits_forever(call.headers):
        found = {**found, "no-timeout": ""}
    if call.model.deprecated_on is not None:
        found = {**found, **_ending(call.model.deprecated_on, call.now)}
    return found


def refuse(found: Mapping[str, str]) -> None:
    """MockError (422) with the warnings among the advice found, if there are any."""
    warnings = [
        f"{name}: {ADVICE[name]}" + (f" ({detail})" if detail else "")
        for name, detail in found.items()
        if name in WARNINGS
    ]
    if warnings:
        raise MockError("--strict-advice: " + " ".join(warnings), status=422)


def details(found: Mapping[str, str]) -> str:
    """What there is to say about this call beyond the ids; "" for nothing."""
    return "; ".join(f"{name}: {detail}" for name, detail in found.items() if detail)


def _ending(date: str, now: float) -> dict[str, str]:
    if strftime("%Y-%m-%d", gmtime(now)) >= date:
        return {"model-deprecated": date}
    return {"model-deprecated-soon": date} if strftime("%Y-%m-%d", gmtime(now + SOON)) >= date else {}


def _waits_forever(headers: Mapping[bytes, bytes]) -> bool:
    """Of an SDK that sends its read timeout where it has one: only those for Python do so always."""
    return headers[b"x-stainless-lang"] == b"python" and b"x-stainless-read-timeout" not in headers


def _nulls(body: bytes) -> list[str]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    return [key for key, value in document.items() if value is None] if isinstance(document, dict) else []


@lru_cache(maxsize=1024)  # models that are inferred are new ones each time
def _of_model(catalog: Catalog, model: Model, form: bool) -> tuple[frozenset[str], Mapping[str, str]]:
    """The keys at the top that a model's schema knows, in whatever branch (none if it names none); its own advice."""
    keys: set[str] = set()
    if "provider" not in model.facts:  # of another provider's schema only what its whole kind needs is known
        _gather(catalog.schema(model, "form" if form and "form" in model.schema else "input"), keys)
    found = {"needs-paid-plan": ""} if model.has("require_workers_paid") else {}
    listed = catalog.find(model.name)
    if listed is None:
        if "provider" not in model.facts:
            found["model-unknown"] = model.name
    elif listed.alias_of is not None:
        found["model-alias"] = listed.alias_of
    return frozenset(keys | BEYOND) if keys else frozenset(), found


def _gather(schema: Any, found: set[str]) -> None:
    if not isinstance(schema, dict):
        return
    found.update(schema.get("properties", {}))
    for word in ("oneOf", "anyOf", "allOf"):
        for branch in schema.get(word, ()):
            _gather(branch, found)
    for word in ("if", "then", "else"):
        _gather(schema.get(word), found)
