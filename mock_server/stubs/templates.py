"""Templates: text, or JSON with text in it, whose ``{{expressions}}`` are filled in from the call that is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from mock_server.exchange import Call
from mock_server.matching import ABSENT, BadMatch, near, place, text_of

_EXPRESSION = re.compile(r"\{\{\s*('[^']*'|[^'{}|]+?)\s*(?:\|\s*(.*?)\s*)?\}\}")


class Scene(NamedTuple):
    """What a template is filled in from. turn: 1 for the first answer of the stub to this account."""

    call: Call
    turn: int


Maker = Callable[[Scene], Any]


def _instant(scene: Scene) -> str:
    return datetime.fromtimestamp(int(scene.call.now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# Expressions beside places (see matching.place) and 'quoted text'.
WORDS: dict[str, Maker] = {
    "model": lambda scene: scene.call.model.name,
    "task": lambda scene: scene.call.model.task,
    "surface": lambda scene: scene.call.surface,
    "account": lambda scene: scene.call.account,
    "turn": lambda scene: scene.turn,
    "now": _instant,
    "date": lambda scene: _instant(scene)[:10],
    "unix": lambda scene: int(scene.call.now),
    "uuid": lambda scene: "",  # see _word: each has its own
}
ACCEPTED = ("inputs.<path>", "last.content", "headers.<name>", "stream", *WORDS, "'text'")


def compiled(value: Any, pointer: str) -> Maker:
    """What makes `value` anew for a scene.

    A string that is one expression and nothing else becomes the value itself, a number or an object perhaps; in a
    longer text, what is no text is written as JSON. BadMatch names expressions that are not known.
    """
    if isinstance(value, str):
        return _text(value, pointer)
    if isinstance(value, dict):
        made = {key: compiled(item, f"{pointer}/{key}") for key, item in value.items()}
        return lambda scene: {key: make(scene) for key, make in made.items()}
    if isinstance(value, list):
        listed = [compiled(item, f"{pointer}/{index}") for index, item in enumerate(value)]
        return lambda scene: [make(scene) for make in listed]
    return lambda scene: value


def written(value: Any) -> str:
    """A value inside a text."""
    if value is ABSENT or value is None:
        return ""
    text = text_of(value)
    return orjson.dumps(value, default=lambda item: "").decode() if text is None else text


def _text(text: str, pointer: str) -> Maker:
    pieces: list[str | Maker] = []
    end = 0
    for found in _EXPRESSION.finditer(text):
        pieces += [text[end : found.start()], _expression(found, f"{pointer}/{found.start()}", pointer)]
        end = found.end()
    pieces.append(text[end:])
    for piece in pieces:
        if isinstance(piece, str) and "{{" in piece:
            start = piece[piece.index("{{") :][:40]
            raise BadMatch(pointer, f"{start!r} is no expression; accepted between the braces: {', '.join(ACCEPTED)}")
    if len(pieces) == 1:
        return lambda scene: text
    if len(pieces) == 3 and not pieces[0] and not pieces[2] and callable(only := pieces[1]):
        return lambda scene: None if (value := only(scene)) is ABSENT else value
    return lambda scene: "".join(piece if isinstance(piece, str) else written(piece(scene)) for piece in pieces)


def _expression(found: re.Match[str], key: str, pointer: str) -> Maker:
    name, default = found[1], found[2]
    if name.startswith("'"):
        quoted = name[1:-1]
        return lambda scene: quoted
    make = _word(name, key)
    if make is None:
        raise BadMatch(pointer, f"{name!r} is no expression{near(name, ACCEPTED)}; accepted: {', '.join(ACCEPTED)}")
    if default is None:
        return make
    return lambda scene: default if (value := make(scene)) is ABSENT or value is None else value


def _word(name: str, key: str) -> Maker | None:
    if name == "uuid":
        return lambda scene: _uuid(f"{scene.call.seed} {scene.turn} {key}")
    if name in WORDS:
        return WORDS[name]
    where = place(name)
    return None if where is None else lambda scene: where.of(scene.call)


def _uuid(seed: str) -> str:
    """A version-4 UUID, the same for the same request, turn and place in the template."""
    return str(UUID(bytes=blake2b(seed.encode(), digest_size=16).digest(), version=4))
