"""The text_completion of ``/ai/v1/completions``, whole and streamed.

Nobody captured one of this route: a whole answer has the choices that its model gives to a ``prompt`` elsewhere (see
``completions``), a stream has OpenAI's. ``echo`` puts the prompt before the text, as OpenAI does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mock_server.exchange import Call, Completion, Usage
from mock_server.formats import compat, completions, saying
from mock_server.formats.chat import Run
from mock_server.text.tokens import pieces


def render(completion: Completion, call: Call, usage: Usage) -> dict[str, Any]:
    """The text_completion object."""
    answer = completions.render(completion, call, usage)
    before = _echoed(call)
    for choice in answer["choices"]:
        choice["text"] = before + choice["text"]
    answer["usage"] = compat.counted(completion, call, usage)
    return compat.whole(answer, call)


def stream(
    completion: Completion, call: Call, usage: Usage, *, cut: Callable[[str], list[str]] = pieces
) -> Iterator[bytes]:
    """Chunks of text and one with the finish reason for each choice, the usage of the whole, ``[DONE]``.

    cut: another way to cut the text.
    """
    counted = compat.counted(completion, call, usage)
    return compat.events(_script(completion, call, cut), "text_completion", counted, len(completion.choices), call)


def _script(completion: Completion, call: Call, cut: Callable[[str], list[str]]) -> Iterator[Run]:
    before = _echoed(call)
    for index, choice in enumerate(completion.choices):
        said = saying.inline(choice, call.model)
        yield Run(f'{{"text":\0,"index":{index},"logprobs":null,"finish_reason":null}}', cut(before + said.text))
        ended = f'{{"text":"","index":{index},"logprobs":null,"finish_reason":"{said.finish_reason}"}}'
        yield Run(ended, ends=True)


def _echoed(call: Call) -> str:
    """What stands before the answer: the prompt where `echo` asks for it. Several prompts are several calls."""
    prompt = call.inputs.get("prompt")
    return prompt if call.inputs.get("echo") is True and isinstance(prompt, str) else ""
