"""The OpenAI-compatible routes below ``/accounts/{account_id}/ai/v1``: the model's name is in the body.

Observed: answers without an envelope, refusals in the one of Workers AI, which for ``responses`` are
``{"error": {"code", "message"}}``; bodies are checked by the model's own schema. A body without a model is answered
like one whose model nobody knows (not captured), and so is a model asked for what it does not do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple, cast

import orjson

from mock_server import errors
from mock_server.api import reading, routing, writing
from mock_server.api.asgi import Headers, Receive, Scope, Send
from mock_server.api.serving import Asked, Serving, Surface
from mock_server.catalog import Model
from mock_server.errors import ApiError, Envelope
from mock_server.exchange import EMPTY, Answer, Call, Choice, Completion, Inputs, Result, Tokens, Usage
from mock_server.formats import Format, compat_chat, compat_completions, compat_embeddings, marks, responses
from mock_server.pipeline import Pipeline

NO_FACTS: Mapping[str, Any] = {}  # whose a body is, it says itself


def failed(error: ApiError, request: str) -> tuple[int, Headers, bytes]:
    """How ``responses`` refuses: ``{"error": {"code", "message"}}`` where Workers AI itself does.

    Observed is ``invalid_prompt`` with 400; the other codes are those that OpenAI has for such failures.
    """
    if error.row.envelope is not Envelope.SERVICE:
        return writing.refused(error, request)
    code = "server_error" if error.row.status >= 500 else "invalid_prompt"
    if error.row.status == 429:
        code = "rate_limit_exceeded"
    elif error.row is errors.NO_PREVIOUS_RESPONSE:
        code = "previous_response_not_found"
    body = orjson.dumps({"error": {"code": code, "message": error.message(request)}})
    return error.row.status, writing.refusal_headers(error, request), body


class Kind(NamedTuple):
    """What one of the routes does. asks: the input that makes a body one of its kind. surface: how it writes."""

    asks: str
    surface: Surface


def _surface(format_: object) -> Surface:
    written = cast("Format", format_)
    return Surface("openai", lambda call: written, orjson.dumps)


CHAT = Kind("messages", _surface(compat_chat))
COMPLETIONS = Kind("prompt", _surface(compat_completions))
EMBEDDINGS = Kind("text", _surface(compat_embeddings))
RESPONSES = Kind("input", _surface(responses)._replace(refused=failed))
KINDS = {
    "v1/chat/completions": CHAT,
    "v1/completions": COMPLETIONS,
    "v1/embeddings": EMBEDDINGS,
    "v1/responses": RESPONSES,
}


class Door:
    """Answers chat completions, completions, embeddings and responses."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    async def __call__(self, route: routing.Route, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the kind that `route.rest` names."""
        kind = KINDS[route.rest]

        async def asks(asked: Asked) -> tuple[Call, Answer]:
            return await ask(self._serving, route.account, kind, asked)

        await self._serving.serve(kind.surface, route.account, scope, receive, send, asks)


async def ask(serving: Serving, account: str, kind: Kind, asked: Asked) -> tuple[Call, Answer]:
    """Read a request of that kind and answer it. Raises ApiError, as `answer` does and for path, method and body."""
    pipeline = serving.pipeline
    routing.check_account(account, asked.scope)
    if asked.scope["method"] != "POST":
        raise routing.wrong_method(asked.scope)
    pipeline.accounts.check(asked.headers, account, asked.entry.at)  # whoever may not come in is not read
    body = await asked.body(serving.settings.max_body_bytes)
    read = reading.read(asked.headers, b"", body, NO_FACTS)
    if read.form:
        raise ApiError(errors.BAD_JSON, hint="this route takes JSON, no forms")
    return await answer(pipeline, account, kind, asked, read.inputs, read.options, body)


async def answer(
    pipeline: Pipeline,
    account: str,
    kind: Kind,
    asked: Asked,
    inputs: Inputs,
    options: Mapping[str, Any] = EMPTY,
    body: bytes = b"",
) -> tuple[Call, Answer]:
    """The answer to the body `inputs`, `model` among them, whatever surface it came through.

    Raises ApiError: 400/5007 for a model that is missing, unknown or does something else, 400/8001 for a previous
    response that is not known, and what ``Pipeline.admit`` and ``answer`` refuse.
    """
    name = inputs.pop("model", None)
    if not isinstance(name, str):
        told = "undefined" if name is None else orjson.dumps(name).decode()
        raise ApiError(errors.NO_SUCH_MODEL, model=told, hint="the body has no `model` that is a string")
    asked.entry.model = name
    model = pipeline.admit(asked.headers, account, name, in_path=False)
    if kind is EMBEDDINGS:
        hint = _read_texts(pipeline, model, inputs)
        if hint:
            asked.entry.hint = hint
            asked.more.append((b"x-mock-hint", writing.header_safe(hint)))
    previous = _continued(pipeline, account, inputs) if kind is RESPONSES else None
    if model is None and (model := pipeline.catalog.infer(name, inputs)) is None:
        raise ApiError(errors.NO_SUCH_MODEL, model=name, hint="and no task takes such inputs")
    call = Call(
        account=account,
        model=model,
        inputs=inputs,
        request_id=asked.request_id,
        now=asked.entry.at,
        surface=kind.surface.name,
        headers=asked.headers,
        options=options,
        sent=asked.sent(body),
    )
    asked.entry.call = call
    if pipeline.generates:
        _check(pipeline, kind, call)
    prompts = _prompts(inputs.get("prompt")) if kind is COMPLETIONS and pipeline.generates else []
    if prompts:
        found = await _each(pipeline, call, prompts)
    else:
        found = await pipeline.answer(call)
    found = _told(kind, found)
    if kind is RESPONSES:
        _remember(pipeline, call, found)
        if previous is not None:
            call.inputs["previous_response_id"] = previous
    return call, found


def _check(pipeline: Pipeline, kind: Kind, call: Call) -> None:
    """Is it a model for this route? One that is not says first what its own schema has against the body (observed)."""
    model = call.model
    if "Embeddings" in model.task if kind is EMBEDDINGS else kind.asks in model.formats:
        return
    reason = pipeline.catalog.validator(model).error(call.inputs)
    if reason is not None:
        raise ApiError(errors.BAD_INPUT, reason=reason)
    raise ApiError(errors.NO_SUCH_MODEL, model=model.name, hint=f"{model.task} is not answered on this route")


# --- embeddings -------------------------------------------------------------------------------------------------------
def _read_texts(pipeline: Pipeline, model: Model | None, inputs: Inputs) -> str:
    """Turn OpenAI's `input` into the model's own `text`; what is said of inputs that have no effect."""
    inputs.pop("stream", None)  # nothing streams vectors
    known = {} if model is None else pipeline.catalog.schema(model, "input").get("properties", {})
    if "input" in inputs:
        texts = _decoded(inputs.pop("input"))
        inputs["input" if "input" in known else "text"] = texts
    if "dimensions" in inputs and "dimensions" not in known:
        del inputs["dimensions"]  # like every input that a model does not know
        return "this model does not take `dimensions`"
    return ""


def _decoded(given: Any) -> Any:
    """Texts as they are; for lists of token numbers texts that are the same for the same tokens, a word for each."""
    if _is_tokens(given):
        return _words(given)
    if isinstance(given, list) and any(_is_tokens(item) for item in given):
        return [_words(item) if _is_tokens(item) else item for item in given]
    return given


def _is_tokens(given: Any) -> bool:
    return isinstance(given, list) and bool(given) and all(type(item) is int for item in given)


def _words(numbers: list[int]) -> str:
    return " ".join(f"t{number}" for number in numbers)


# --- completions ------------------------------------------------------------------------------------------------------
def _prompts(given: Any) -> list[str]:
    """The prompts of a list of them, as texts or as tokens; empty for anything else, which the schema judges."""
    if not isinstance(given, list) or not given:
        return []
    read = _decoded(given)
    if isinstance(read, str):
        return [read]
    return read if all(isinstance(item, str) for item in read) else []


async def _each(pipeline: Pipeline, call: Call, prompts: list[str]) -> Answer:
    """One answer with the choices to each of several prompts, as OpenAI has it; models take one at a time."""
    before = dict(call.inputs)
    answers: list[Answer] = []
    choices: list[Choice] = []
    for prompt in prompts:
        call.inputs = before | {"prompt": prompt}
        answers.append(await pipeline.answer(call))
        reply = answers[-1].reply
        if not isinstance(reply, Completion):
            return answers[-1]  # a fixture's own body cannot be joined with others
        echoed = prompt if before.get("echo") is True else ""
        choices += [replace(choice, text=echoed + choice.text) for choice in reply.choices]
    call.inputs["prompt"] = prompts
    used = [answer.usage.tokens or Tokens(0) for answer in answers]
    total = Tokens(*map(sum, zip(*((each.prompt, each.completion, each.cached) for each in used), strict=True)))
    neurons = sum(answer.usage.neurons for answer in answers)
    return replace(answers[0], reply=Completion(tuple(choices), total), usage=Usage(total, neurons))


# --- responses --------------------------------------------------------------------------------------------------------
def _items(given: Any) -> list[Any]:
    if isinstance(given, list):
        return given
    return [] if given is None else [{"type": "message", "role": "user", "content": given}]


def _continued(pipeline: Pipeline, account: str, inputs: Inputs) -> str | None:
    """Put what was said before in front of the input; the id of the response that this one goes on from."""
    previous = inputs.get("previous_response_id")
    if not isinstance(previous, str):
        return None
    del inputs["previous_response_id"]
    said = pipeline.conversations.find(account, previous)
    if said is None:
        hint = "no response of this account that was stored has that id; the server forgets them when it stops"
        raise ApiError(errors.NO_PREVIOUS_RESPONSE, id=previous, hint=hint)
    inputs["input"] = [*said, *_items(inputs.get("input"))]
    return previous


def _remember(pipeline: Pipeline, call: Call, found: Answer) -> None:
    if call.inputs.get("store") is False or not isinstance(found.reply, Completion):
        return
    said = responses.render(found.reply, call, found.usage)
    # Without their ids, which are new each time: the same conversation is to get the same answers.
    output = [{key: value for key, value in item.items() if key != "id"} for item in said["output"]]
    size = len(orjson.dumps(output)) + (len(call.sent.body) if call.sent else 0)
    items = [*_items(call.inputs.get("input")), *output]
    pipeline.conversations.remember(call.account, f"resp_{marks.answer_id(call)}", items, size)


# --- fixtures ---------------------------------------------------------------------------------------------------------
def _told(kind: Kind, found: Answer) -> Answer:
    """A fixture's native result as something that this route can write; any other answer as it is."""
    reply = found.reply
    if not isinstance(reply, Result) or not reply.verbatim or not isinstance(reply.value, dict):
        return found
    value = reply.value
    if kind is EMBEDDINGS and "object" not in value and "data" in value:
        return replace(found, reply=replace(reply, verbatim=False))
    if kind is not EMBEDDINGS and "response" in value:
        said = value["response"]
        text = said if isinstance(said, str) else "" if said is None else orjson.dumps(said).decode()
        spoken = Completion((Choice(text),), reply.tokens or Tokens(0))
        return replace(found, reply=spoken)
    return found
