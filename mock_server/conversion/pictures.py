"""Images as sentences: what the emulator's own eyes see on them, in the language that was asked for."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mock_server.conversion.options import Options
from mock_server.conversion.trouble import Unreadable, bound, library
from mock_server.errors import ApiError
from mock_server.media import vision
from mock_server.text.languages import named
from mock_server.text.translating import translate

SHAPES = {
    "rect": "rectangle",
    "circle": "circle",
    "ellipse": "ellipse",
    "line": "line",
    "polyline": "line",
    "polygon": "polygon",
    "path": "path",
    "image": "picture",
}
MOST_TAGS = 300_000
LONGEST = 1000  # letters of what is written on a drawing


def picture(data: bytes, name: str, options: Options) -> str:
    """A photo or drawing, described."""
    return f"{_said(data, options.language)}\n"


def described(source: str, language: str) -> str:
    """The description of an image inside a document: a data URL, or an address, which is not fetched."""
    try:
        return _said(source, language)
    except ApiError:
        return "An image that cannot be read."


def shown(data: bytes, language: str) -> str:
    """The same for the bytes of one."""
    try:
        return _said(data, language)
    except ApiError:
        return "An image that cannot be read."


def svg(data: bytes, name: str, options: Options) -> str:
    """A vector drawing: its own title and description, its shapes, and the words on it."""
    bound(data, MOST_TAGS)
    root = library("defusedxml.ElementTree").fromstring(data)
    if _local(root.tag) != "svg":
        raise Unreadable("the root element is not svg")
    counted: Counter[str] = Counter()
    told: dict[str, list[str]] = {"title": [], "desc": [], "text": []}
    for element in root.iter():
        kind = _local(element.tag)
        if kind in SHAPES:
            counted[SHAPES[kind]] += 1
        elif kind in told:
            words = " ".join("".join(element.itertext()).split())
            if words:
                told[kind].append(words)
    shapes = [
        f"{vision.number(count)} {vision.plural(shape) if count > 1 else shape}" for shape, count in counted.items()
    ]
    said = [f"The image is a drawing of {_listed(shapes)}." if shapes else "The image is an empty drawing."]
    title, about = " ".join(told["title"]), " ".join(told["desc"])
    if title:
        said.append(f'Its title is "{title[:LONGEST]}".')
    if about:
        said.append(f'It is described as "{about[:LONGEST]}".')
    if told["text"]:
        said.append(f'The words "{" ".join(told["text"])[:LONGEST]}" can be read on it.')
    return f"{_translated(' '.join(said), options.language)}\n"


def _said(value: Any, language: str) -> str:
    return _translated(vision.detailed(vision.look(value)), language)


def _translated(text: str, language: str) -> str:
    return translate(text, named("en"), named(language))


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]
