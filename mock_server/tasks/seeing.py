"""What a language model that can see makes of pictures: answers about them, and facts for tools and JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from mock_server.exchange import Inputs
from mock_server.text import writing
from mock_server.text.answering import Said
from mock_server.text.conversation import Conversation, Turn
from mock_server.text.manners import manner_of
from mock_server.text.words import parts_of_text

if TYPE_CHECKING:
    from mock_server.media.sight import Seen

_MEANT = re.compile(r"\b(?:image|picture|photo|photograph|screenshot|drawing|scene)s?\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


class Shown(NamedTuple):
    """What was seen on the pictures. now: those that came with the last words of the user, or with none of them.

    before: those of the latest earlier message that has any; empty when there are some now.
    """

    now: list[Seen]
    before: list[Seen]


def look(pictures: list[tuple[int, Any]], inputs: Inputs) -> Shown:
    """See what is on the pictures; an address is not fetched (``vision.look``). ApiError 5004 or 8001 for what cannot
    be read."""
    from mock_server.media import vision

    seen = [(index, vision.look(picture)) for index, picture in pictures]
    messages = inputs.get("messages") or inputs.get("input")
    last = -1
    if isinstance(messages, list):
        said = [i for i, each in enumerate(messages) if isinstance(each, Mapping) and each.get("role") == "user"]
        last = said[-1] if said else -1
    now = [one for index, one in seen if index in (-1, last)]
    latest = max(index for index, _ in seen)
    return Shown(now, [] if now else [one for index, one in seen if index == latest])


def told(read: Conversation, shown: Shown) -> Conversation:
    """The conversation with what the pictures show, in words and as JSON, before the user's last words."""
    from mock_server.media import vision

    seen = shown.now or shown.before
    said = Turn("user", _together([vision.describe(one) for one in seen]))
    at = max(read.at, 0)
    facts = [Turn("picture", orjson.dumps(_facts(one, read.request)).decode()) for one in reversed(seen)]
    turns = [*read.turns[:at], said, *facts, *read.turns[at:]]
    return read._replace(turns=turns, at=at + 1 + len(facts) if read.at >= 0 else -1)


def _facts(seen: Seen, asked: str) -> dict[str, Any]:
    """By the names that properties of a schema have: `colors` as a list of strings, `objects` likewise."""
    from mock_server.media import vision

    description = vision.describe(seen)
    tints = [name for name, share in seen.shares if share >= 0.06][:5] or [seen.shares[0][0]]
    facts = {"answer": vision.answer(seen, asked) if asked.strip() else description, "width": seen.width}
    facts |= {"height": seen.height, "format": seen.format, "caption": seen.caption or vision.brief(seen)}
    facts |= dict.fromkeys(("description", "summary", "image_description", "alt_text"), description)
    facts |= dict.fromkeys(("color", "colour", "dominant_color", "dominant_colour", "main_color"), tints[0])
    facts |= dict.fromkeys(("colors", "colours", "dominant_colors", "main_colors"), tints)
    names = [one.name for one in seen.sights]
    facts |= dict.fromkeys(("objects", "items", "things", "labels"), names)
    facts |= {"text": seen.caption} if seen.caption else {}
    return facts | ({"prompt": seen.prompt} if seen.prompt else {})


def answer(read: Conversation, shown: Shown) -> Said | None:
    """The answer to what the user asks about the pictures; None for words that are not about those shown before."""
    from mock_server.media import vision

    asked = read.request
    answers = [vision.answer(one, asked) if asked.strip() else vision.describe(one) for one in shown.now]
    for one in shown.before:
        text = vision.answer(one, asked)
        if text == vision.describe(one) and not _MEANT.search(asked):
            return None
        answers.append(text)
    sentences = manner_of(asked).sentences
    if sentences > 0:
        answers = [" ".join(_SENTENCE.split(text)[:sentences]) for text in answers]
    return Said(_together(answers), "picture", writing.subject_of(*parts_of_text(asked[:1500])))


def _together(texts: list[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    return "\n".join(f"Image {number}: {text}" for number, text in enumerate(texts, 1))
