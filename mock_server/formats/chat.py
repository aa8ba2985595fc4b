"""OpenAI's chat completion, as the engines behind Workers AI write it, and its stream with usage in every chunk.

Each engine has its dialect: SGLang's keys are sorted, vLLM's are in the order of its own classes, ``compat`` is the
older vLLM whose shape the published schemas of two models describe. A dialect's templates hold SLOT where a chunk's
piece of text goes and PAD where its padding goes, so that writing a chunk is joining bytes.

Captures: gemma-4 and glm-5.3-flash (SGLang, whole and streamed), nemotron-3 (vLLM, whole), gpt-oss-20b (vLLM, the
deltas of a stream), kimi-k2.5 (vLLM, ``usage`` before ``p``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from orjson import dumps

from mock_server.catalog import Model
from mock_server.exchange import Call, Choice, Completion, Tokens, ToolCall, Usage
from mock_server.formats import likelihood, marks, saying, usage_object
from mock_server.formats.native import DONE, total
from mock_server.text.tokens import pieces
from mock_server.usage import neurons as neurons_of

SLOT, PAD = b"\0", b"\1"  # no JSON text holds them unescaped
_NOT_RATED = '"logprobs":null'  # in the templates of a choice


class Dialect(NamedTuple):
    """How an engine writes. The fields from `event` on are templates of a stream's JSON.

    reasoning: the key of thoughts. prefix, digits: of tool call ids. spaced: spaces in the JSON of arguments.
    event: a whole event. role, open, last: a choice in the first chunk, in those that follow, and in the final one.
    start, content, thought, call, arguments, end: deltas.
    """

    reasoning: str
    prefix: str
    digits: int
    spaced: bool
    event: str
    role: str
    open: str
    last: str
    start: str
    content: str
    thought: str
    call: str
    arguments: str
    end: str


_SGLANG_CHOICE = (
    '{"delta":%(delta)s,"finish_reason":%(finish)s,"index":%(index)d,"logprobs":null,"matched_stop":%(stop)s}'
)
_VLLM_OPEN = '{"index":%(index)d,"delta":%(delta)s,"logprobs":null,"finish_reason":null}'
_VLLM_EVENT = (
    'data: {"id":"%(id)s","object":"%(object)s","created":%(created)d,"model":%(model)s,'
    '"choices":[%(choices)s],"usage":%(usage)s,"p":"\1"}\n\n'
)

SGLANG = Dialect(
    reasoning="reasoning_content",
    prefix="call_",
    digits=24,
    spaced=True,
    event=(
        'data: {"choices":[%(choices)s],"created":%(created)d,"id":"%(id)s","model":%(model)s,'
        '"object":"%(object)s","p":"\1","usage":%(usage)s}\n\n'
    ),
    role=_SGLANG_CHOICE,
    open=_SGLANG_CHOICE,
    last=_SGLANG_CHOICE,
    start='{"content":"",%(no_thought)s,"role":"assistant"}',
    content='{"content":\0,%(no_thought)s}',
    thought="{%(thought)s}",
    call=(
        '{"content":null,"tool_calls":[{"function":{"arguments":"","name":%(name)s},"id":%(call_id)s,'
        '"index":%(number)d,"type":"function"}]}'
    ),
    arguments=(
        '{"tool_calls":[{"function":{"arguments":\0,"name":null},"id":null,"index":%(number)d,"type":"function"}]}'
    ),
    end="{%(no_thought)s}",
)

VLLM = Dialect(
    reasoning="reasoning",
    prefix="chatcmpl-tool-",
    digits=32,
    spaced=False,
    event=_VLLM_EVENT,
    role=_VLLM_OPEN,
    open='{"index":%(index)d,"delta":%(delta)s,"logprobs":null,"finish_reason":null,"token_ids":null}',
    last=(
        '{"index":%(index)d,"delta":%(delta)s,"logprobs":null,"finish_reason":%(finish)s,"stop_reason":%(stop)s,'
        '"token_ids":null}'
    ),
    start='{"role":"assistant","content":""}',
    content='{"content":\0}',
    thought="{%(thought)s}",
    call=(
        '{"tool_calls":[{"id":%(call_id)s,"type":"function","index":%(number)d,'
        '"function":{"name":%(name)s,"arguments":""}}]}'
    ),
    arguments='{"tool_calls":[{"index":%(number)d,"function":{"arguments":\0}}]}',
    end="{}",
)

COMPAT = VLLM._replace(
    reasoning="reasoning_content",
    open=_VLLM_OPEN,
    last='{"index":%(index)d,"delta":%(delta)s,"logprobs":null,"finish_reason":%(finish)s,"stop_reason":%(stop)s}',
)

DIALECTS = {"sglang": SGLANG, "vllm": VLLM, "compat": COMPAT}


class Run(NamedTuple):
    """Chunks in a row that differ only in their piece of text.

    choices: what stands in ``choices``, with SLOT where the piece goes. pieces: one a chunk. tokens: completion
    tokens that each chunk counts. ends: whether it is the end of a choice.
    """

    choices: str
    pieces: Sequence[str] = ("",)
    tokens: int = 0
    ends: bool = False


def render(completion: Completion, call: Call, usage: Usage) -> dict[str, Any]:
    """The chat.completion object."""
    dialect = dialect_of(call.model)
    counted = usage_object(usage.tokens or completion.tokens, usage.neurons)
    said = [saying.whole(choice, call) for choice in completion.choices]
    if dialect is SGLANG:
        return {
            "choices": [_sorted_choice(choice, index, call) for index, choice in enumerate(said)],
            "created": int(call.now),
            "id": marks.answer_id(call),
            "model": marks.echoed_model(call),
            "object": "chat.completion",
            "usage": counted,
        }
    written = _vllm_choice if dialect is VLLM else _compat_choice
    answer = {
        "id": marks.answer_id(call),
        "object": "chat.completion",
        "created": int(call.now),
        "model": marks.echoed_model(call),
        "choices": [written(choice, index, call) for index, choice in enumerate(said)],
        "usage": counted,
    }
    if dialect is COMPAT:
        answer["prompt_logprobs"] = None
    return answer


def stream(
    completion: Completion,
    call: Call,
    usage: Usage,
    *,
    cut: Callable[[str], list[str]] = pieces,
    padding: Iterator[bytes] | None = None,
) -> Iterator[bytes]:
    """Chunks of role, thoughts, text, tool calls and finish for each choice, the usage of the whole, ``[DONE]``.

    The usage is the sum of what the chunks count, not `usage`. cut and padding: other ways to cut the text and to pad
    chunks.
    """
    dialect = dialect_of(call.model)
    runs = script(completion, call, dialect, cut)
    return write(runs, dialect.event, "chat.completion.chunk", completion.tokens, call, padding=padding)


def script(completion: Completion, call: Call, dialect: Dialect, cut: Callable[[str], list[str]]) -> Iterator[Run]:
    """The runs of chunks that say `completion`.

    A chunk counts one token for its piece while there are any; what is left (the token that ends the answer has no
    text) counts on the chunk without choices, or where that is not sent, on the last one with a finish reason.
    """
    keys = _keys(dialect, call.model)
    fields: dict[str, Any] = {
        "thought": ",".join(f'"{key}":\0' for key in keys),
        "no_thought": ",".join(f'"{key}":null' for key in keys),
        "finish": "null",
        "stop": "null",
    }
    left = completion.tokens.completion
    closing = _closes_without_choices(call)
    for index, whole in enumerate(completion.choices):
        choice = saying.streamed(whole, call)
        fields["index"] = index
        yield Run(_choice(dialect.role, dialect.start, fields))
        for template, text in _says(choice, call, fields, dialect):
            said = _choice(dialect.open, template, fields)
            cuts = ("",) if text is None else cut(text)
            counted = 0 if text is None else min(len(cuts), left)
            left -= counted
            if text is not None and template is dialect.content and likelihood.is_wanted(call):
                yield from _rated(said, cuts, counted, index, call)
                continue
            yield Run(said, cuts[:counted], 1)
            yield Run(said, cuts[counted:], 0)
        rest = 0 if closing or index + 1 < len(completion.choices) else left
        ended = {"finish": dumps(choice.finish_reason).decode(), "stop": dumps(_stop(choice, call.model)).decode()}
        yield Run(_choice(dialect.last, dialect.end, fields | ended), tokens=rest, ends=True)
    if closing:
        yield Run("", tokens=left)


def _rated(said: str, cuts: Sequence[str], counted: int, index: int, call: Call) -> Iterator[Run]:
    """A run for each piece, whose ``logprobs`` are its own; the first `counted` of them count a token."""
    for number, entry in enumerate(likelihood.entries(cuts, index, call)):
        rated = said.replace(_NOT_RATED, f'"logprobs":{dumps({"content": [entry]}).decode()}', 1)
        yield Run(rated, (cuts[number],), int(number < counted))


def write(
    runs: Iterable[Run], event: str, kind: str, tokens: Tokens, call: Call, *, padding: Iterator[bytes] | None = None
) -> Iterator[bytes]:
    """The events of `runs`: each with its share of the usage, the first with the prompt's; then the sum, ``[DONE]``.

    event: the template of a dialect. kind: the value of ``object``. tokens: of the whole answer. The sum of the
    neurons is that of doubles, as captured.
    """
    pad = padding or marks.padding(call.seed)
    fields: dict[str, Any] = {
        "created": int(call.now),
        "id": marks.answer_id(call),
        "model": dumps(marks.echoed_model(call)).decode(),
        "object": kind,
    }
    prompt = Tokens(tokens.prompt, 0, tokens.cached)
    said, neurons = 0, 0.0
    for run in runs:
        if not run.pieces:
            continue
        share = Tokens(prompt.prompt, run.tokens, prompt.cached)
        prompt = Tokens(0)
        cost = neurons_of(call.model, share, {})
        fields["choices"], fields["usage"] = run.choices, dumps(usage_object(share, cost)).decode()
        before, after = (event % fields).encode().split(PAD)
        around = before.split(SLOT)
        for piece in run.pieces:
            neurons += cost
            yield dumps(piece).join(around) + next(pad) + after
        said += run.tokens * len(run.pieces)
    # Strict clients of OpenAI's own routes, and of OpenAI's own models, stumble over an event without choices.
    if call.surface in ("native", "universal", "binding") and "provider" not in call.model.facts:
        yield total(usage_object(Tokens(tokens.prompt, said, tokens.cached), neurons))
    yield DONE


def dialect_of(model: Model) -> Dialect:
    """The dialect of the engine that serves `model`; SGLang's where its facts name none of them."""
    return DIALECTS.get(model.facts.get("engine", "sglang"), SGLANG)


def _closes_without_choices(call: Call) -> bool:
    """Whether a chunk with ``"choices":[]`` follows the last one: when asked for, or where it was seen unasked."""
    return bool(call.stream_options.get("include_usage") or call.model.facts.get("closes_without_choices"))


def _stop(choice: Choice, model: Model) -> int | None:
    """The token that ended the answer, where the model's are known by finish reason."""
    stops: dict[str, int] = model.facts.get("stop_tokens", {})
    return stops.get(choice.finish_reason)


def _keys(dialect: Dialect, model: Model) -> tuple[str, ...]:
    """The keys that thoughts have, in their order."""
    style = saying.style(model, dialect.reasoning)
    if style == "both":
        return ("reasoning", "reasoning_content")
    return (style,) if style in ("reasoning", "reasoning_content") else (dialect.reasoning,)


def _choice(template: str, delta: str, fields: dict[str, Any]) -> str:
    return template % {**fields, "delta": delta % fields}


def _says(choice: Choice, call: Call, fields: dict[str, Any], dialect: Dialect) -> Iterator[tuple[str, str | None]]:
    """Templates of deltas, each with the text that is cut into its chunks, or None for one chunk without text.

    The name, id and number of a tool call are put into `fields`.
    """
    if choice.reasoning:
        yield dialect.thought, choice.reasoning
    if choice.text:
        yield dialect.content, choice.text
    for number, tool in enumerate(choice.tool_calls):
        fields["number"] = number
        fields["name"] = dumps(tool.name).decode()
        fields["call_id"] = dumps(_tool_id(tool, call, fields["index"], number, dialect)).decode()
        yield dialect.call, None
        yield dialect.arguments, saying.arguments(tool, spaced=dialect.spaced)


def _tool_id(tool: ToolCall, call: Call, index: int, number: int, dialect: Dialect) -> str:
    return marks.tool_id(call, tool, f"{index}.{number}", dialect.prefix, dialect.digits)


def _thoughts(choice: Choice, model: Model, dialect: Dialect) -> dict[str, str | None]:
    return dict.fromkeys(_keys(dialect, model), choice.reasoning or None)


def _sorted_choice(choice: Choice, index: int, call: Call) -> dict[str, Any]:
    """SGLang's, with sorted keys; of thoughts and calls only what there is."""
    message: dict[str, Any] = {"content": None if choice.tool_calls and not choice.text else choice.text}
    if choice.reasoning:
        message |= _thoughts(choice, call.model, SGLANG)
    message["role"] = "assistant"
    if choice.tool_calls:
        message["tool_calls"] = [
            {
                "function": {"arguments": saying.arguments(tool, spaced=True), "name": tool.name},
                "id": _tool_id(tool, call, index, number, SGLANG),
                "index": number,
                "type": "function",
            }
            for number, tool in enumerate(choice.tool_calls)
        ]
    rated = logprobs(choice, index, call)
    return {"finish_reason": choice.finish_reason, "index": index, "logprobs": rated, "message": message}


def _vllm_choice(choice: Choice, index: int, call: Call) -> dict[str, Any]:
    """vLLM's: every key is there, and content is null when nothing was said aloud."""
    message = {
        "role": "assistant",
        "content": choice.text or None,
        "refusal": None,
        "annotations": None,
        "audio": None,
        "function_call": None,
        "tool_calls": tool_calls(choice, index, call, VLLM),
        **_thoughts(choice, call.model, VLLM),
    }
    return {
        "index": index,
        "message": message,
        "logprobs": logprobs(choice, index, call),
        "finish_reason": choice.finish_reason,
        "stop_reason": _stop(choice, call.model),
        "token_ids": None,
    }


def _compat_choice(choice: Choice, index: int, call: Call) -> dict[str, Any]:
    """The older vLLM's, as the schemas have it: content is always a string, thoughts and calls only where there are."""
    message: dict[str, Any] = {"role": "assistant", "content": choice.text}
    if choice.reasoning:
        message |= _thoughts(choice, call.model, COMPAT)
    if choice.tool_calls:
        message["tool_calls"] = tool_calls(choice, index, call, COMPAT)
    return {
        "index": index,
        "message": message,
        "finish_reason": choice.finish_reason,
        "stop_reason": None,
        "logprobs": logprobs(choice, index, call),
    }


def logprobs(choice: Choice, index: int, call: Call) -> dict[str, Any] | None:
    """The ``logprobs`` of choice `index`, None unless they are asked for."""
    return {"content": likelihood.entries(pieces(choice.text), index, call)} if likelihood.is_wanted(call) else None


def tool_calls(choice: Choice, index: int, call: Call, dialect: Dialect) -> list[dict[str, Any]]:
    """The calls of choice `index`, arguments as a JSON string."""
    return [
        {
            "id": _tool_id(tool, call, index, number, dialect),
            "type": "function",
            "function": {"name": tool.name, "arguments": saying.arguments(tool, spaced=dialect.spaced)},
        }
        for number, tool in enumerate(choice.tool_calls)
    ]
