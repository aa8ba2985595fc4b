"""Text generation: what a language model says to a prompt, messages or Responses items, tools and JSON included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zlib import crc32

import orjson

from mock_server import errors
from mock_server.errors import ApiError
from mock_server.exchange import Choice, Completion, Inputs, Tokens, ToolCall
from mock_server.tasks import pictures
from mock_server.text import answering, conversation, reasoning, tokens, writing
from mock_server.text.conversation import Conversation

if TYPE_CHECKING:
    from mock_server.catalog import Model
    from mock_server.tasks.seeing import Shown

_NATIVE_MAX_TOKENS = 256  # what models of the native format stop at unless told otherwise
_MIX = 0x9E3779B97F4A7C15


def respond(model: Model, inputs: Inputs, seed: int) -> Completion:
    """The completion of `prompt`, `messages` or `input` (with `instructions`).

    Respected: max_tokens and its other names, stop, n, temperature (at 0 the seed does not matter), raw, lora, tools
    and functions with tool_choice and parallel_tool_calls, response_format, guided_json and text.format, the switches
    of reasoning. Models with the property `vision` look at the pictures among the inputs; others pass over them. Facts
    of the model: `max_tokens`, `reasoning` (see `reasoning.effort`), `engine` ("vllm", "sglang": whose words an
    overfull context gets), `preamble_tokens` (what its chat template says of itself).

    ApiError: CONTEXT_EXCEEDED, CONTEXT_OVERFLOW or CONTEXT_OVERFLOW_VLLM when prompt and max_tokens
    do not fit the context window; JSON_MODE_FAILED for a schema that is invalid or that nothing fits; 5004 or 8001 for
    a picture that cannot be read.
    """
    facts = model.facts
    read = conversation.read(inputs)
    offered = _tools(inputs) if "tools" in inputs or "functions" in inputs else ()
    prompt = read.prompt_tokens(facts.get("preamble_tokens", 0))
    if offered:
        prompt += tokens.count(orjson.dumps(offered, default=str).decode())
    limit = _limit(model, inputs)
    window = model.context_window
    if window and prompt + (limit or 1) > window:
        raise _too_long(model, read, prompt, limit or 1, window)
    state = _state(model, inputs, read, seed)
    shown = _shown(model, inputs) if read.images else None
    if (many := _many(inputs.get("n"))) == 1:
        choice, completion = _choice(model, inputs, read, shown, offered, limit, state)
        return Completion((choice,), Tokens(prompt, completion))
    states = [state + i * _MIX & writing.MASK for i in range(many)]
    made = [_choice(model, inputs, read, shown, offered, limit, each) for each in states]
    return Completion(tuple(choice for choice, _ in made), Tokens(prompt, sum(count for _, count in made)))


def _shown(model: Model, inputs: Inputs) -> Shown | None:
    if not model.has("vision") or not (given := pictures.given(inputs)):
        return None
    from mock_server.tasks import seeing

    return seeing.look(given, inputs)


def _choice(
    model: Model,
    inputs: Inputs,
    read: Conversation,
    shown: Shown | None,
    offered: Sequence[Any],
    limit: int | None,
    state: int,
) -> tuple[Choice, int]:
    """One choice, and how many tokens its reasoning, text and calls are."""
    calls: tuple[ToolCall, ...] = ()
    value = None
    said = None
    seen = None
    context = read
    if shown:
        from mock_server.tasks import seeing

        seen = seeing.answer(read, shown)
        context = seeing.told(read, shown)
    if offered:
        from mock_server.text import tool_use

        said, calls = tool_use.respond(context, inputs, offered, state)
    if said is None and ("response_format" in inputs or "guided_json" in inputs or "text" in inputs):
        from mock_server.text import json_mode

        said, value = json_mode.respond(context, inputs, limit, state)
    if said is None:
        said = seen or answering.answer(read, state, model.name.rsplit("/", 1)[-1])
    text = said.text
    thoughts = ""
    if fact := model.facts.get("reasoning"):
        steps = reasoning.effort(fact, model.properties.get("reasoning_effort"), inputs)
        thoughts = reasoning.think(read.request, said, calls, steps) if steps else ""
    finish = "tool_calls" if calls else "stop"
    if stop := inputs.get("stop"):
        text = _until(text, stop)
    spent = tokens.count(thoughts) if thoughts else 0
    count = tokens.count(text)
    if limit is not None and spent + count > limit:
        thoughts, text, finish = _cut(thoughts, text, spent, limit)
        spent, count, value = min(spent, limit), min(count, max(limit - spent, 0)), None
        calls = ()
    elif text != said.text:
        value = None
    for call in calls:
        count += conversation.call_tokens(call)
    return Choice(text, thoughts, calls, finish, value), spent + count


def _cut(thoughts: str, text: str, spent: int, limit: int) -> tuple[str, str, str]:
    if spent > limit:
        return "".join(tokens.pieces(thoughts)[:limit]), "", "length"
    return thoughts, "".join(tokens.pieces(text)[: limit - spent]), "length"


def _until(text: str, stop: Any) -> str:
    stops = stop if isinstance(stop, list) else [stop]
    ends = [at for each in stops if isinstance(each, str) and each and (at := text.find(each)) >= 0]
    return text[: min(ends)] if ends else text


def _limit(model: Model, inputs: Inputs) -> int | None:
    limit = inputs.get("max_tokens") or inputs.get("max_completion_tokens") or inputs.get("max_output_tokens")
    if isinstance(limit, int | float) and limit >= 1:
        return int(limit)
    known = model.facts.get("max_tokens")
    if known:
        return int(known)
    return _NATIVE_MAX_TOKENS if "native" in model.formats.values() else None


def _state(model: Model, inputs: Inputs, read: Conversation, seed: int) -> int:
    mark = 0
    for turn in read.turns:
        mark = crc32(turn.text.encode(), mark)
    if inputs.get("temperature") == 0:
        seed = crc32(model.name.encode())
    return writing.advance((seed ^ mark * _MIX) & writing.MASK)


def _tools(inputs: Inputs) -> list[Any]:
    return [tool for key in ("tools", "functions") if isinstance(inputs.get(key), list) for tool in inputs[key]]


def _many(n: Any) -> int:
    """How many choices are asked for: at most 128, as the schemas say that have `n`."""
    return min(n, 128) if isinstance(n, int) and n > 1 else 1


def _too_long(model: Model, read: Conversation, prompt: int, limit: int, window: int) -> ApiError:
    """The refusal of a context that does not fit.

    Observed: models on SGLang answer 400/8007 with the engine's words; a vLLM model answers 413/5021 when a quarter
    of the request's characters and the output do not fit, and else 400/8 with its engine's. Where the engine is not
    known: 5021.
    """
    engine = model.facts.get("overflow") or model.facts.get("engine")
    if engine == "sglang":
        message = (
            f"Requested token count exceeds the model's maximum context length of {window} tokens. You requested a "
            f"total of {prompt + limit} tokens: {prompt} tokens from the input messages and {limit} tokens for the "
            "completion. Please reduce the number of tokens in the input messages or the completion to fit within "
            "the limit."
        )
        detail = {"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": 400}
        return ApiError(errors.CONTEXT_OVERFLOW, detail=orjson.dumps(detail).decode())
    estimate = -(-sum(len(turn.text) for turn in read.turns) // 4) + limit
    if engine != "vllm" or estimate > window:
        return ApiError(errors.CONTEXT_EXCEEDED, tokens=max(estimate, prompt + limit), limit=window)
    least = max(window - limit + 1, 0)
    message = (
        f"This model's maximum context length is {window} tokens. However, you requested {limit} output tokens and "
        f"your prompt contains at least {least} input tokens, for a total of at least {least + limit} tokens. Please "
        "reduce the length of the input prompt or the number of requested output tokens. "
        f"(parameter=input_tokens, value={least})"
    )
    nested = {"message": message, "type": "BadRequestError", "param": "input_tokens", "code": 400}
    return ApiError(errors.CONTEXT_OVERFLOW_VLLM, detail=orjson.dumps({"error": nested}).decode())
