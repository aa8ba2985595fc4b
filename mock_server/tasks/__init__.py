"""What each task answers: the table of responders.

A responder is a pure function of (model, inputs, seed): no clock, no I/O, no global randomness. It gets inputs that
the model's schema accepted and returns a Reply; inputs that a schema cannot judge (undecodable media ...) raise
ApiError.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple, TypeAlias

from mock_server.catalog import Model
from mock_server.exchange import Inputs, Reply
from mock_server.tasks import pictures

Responder: TypeAlias = Callable[[Model, Inputs, int], Reply]


class Task(NamedTuple):
    """module: the file of this package whose ``respond`` answers. heavy: media work that must leave the event loop."""

    module: str
    heavy: bool = False


TASKS: dict[str, Task] = {
    "text_generation": Task("text_generation"),
    "messages": Task("messages"),
    "embeddings": Task("embeddings"),
    "text_classification": Task("text_classification"),
    "reranking": Task("reranking"),
    "summarization": Task("summarization"),
    "translation": Task("translation"),
    "llama_guard": Task("llama_guard"),
    "decision": Task("decision", heavy=True),
    "extraction": Task("extraction", heavy=True),
    "text_to_speech": Task("text_to_speech", heavy=True),
    "speech_recognition": Task("speech_recognition", heavy=True),
    "turn_detection": Task("turn_detection", heavy=True),
    "text_to_image": Task("text_to_image", heavy=True),
    "image_classification": Task("image_classification", heavy=True),
    "object_detection": Task("object_detection", heavy=True),
    "image_to_text": Task("image_to_text", heavy=True),
    "visual_reasoning": Task("visual_reasoning", heavy=True),
    "multimodal_embeddings": Task("multimodal_embeddings", heavy=True),
    "provider_media": Task("provider_media", heavy=True),
}


def is_heavy(model: Model, inputs: Inputs) -> bool:
    """Whether answering is media work, which must leave the event loop: by its task, or by pictures that it sees."""
    if TASKS[model.responder].heavy:
        return True
    return model.responder in ("text_generation", "messages") and model.has("vision") and bool(pictures.given(inputs))


_loaded: dict[str, Responder] = {}


def responder(name: str) -> Responder:
    """The function that answers for `name`; its module is imported when it is first wanted."""
    found = _loaded.get(name)
    if found is None:
        found = _loaded[name] = import_module(f"{__name__}.{TASKS[name].module}").respond
    return found
