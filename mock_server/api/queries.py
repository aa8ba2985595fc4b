"""Reads GraphQL queries: fields, aliases, arguments, variables, fragments, @include and @skip.

As tolerant as the API it stands for, which takes any names for the types of variables and clients that declare none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

DEEPEST = 50  # selections inside selections, and lists inside lists
MOST = 10_000  # selections, fragments spread out
LONGEST = 500_000  # characters: each is looked at before anything else can be answered
TOKEN = re.compile(
    r"""(?P<blank>[\s,\ufeff]+|\#[^\n\r]*)
    |(?P<name>[_A-Za-z][_0-9A-Za-z]*)
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<block>\"\"\"(?:\\\"\"\"|(?!\"\"\").)*\"\"\")
    |(?P<string>"(?:[^"\\\n\r]|\\.)*")
    |(?P<mark>\.\.\.|[!$&()\[\]{}:=@|])""",
    re.VERBOSE | re.DOTALL,
)
WORDS = {"true": True, "false": False, "null": None}


class Unreadable(Exception):
    """The text is no query that can be read; says why."""


class Field(NamedTuple):
    """A field that is asked for. key: its alias, or its name. fields: those inside it; None where it has no braces."""

    key: str
    name: str
    arguments: Mapping[str, Any]
    fields: tuple[Field, ...] | None


class _Variable(str):
    """The name of a variable, in the place of its value."""

    __slots__ = ()


class _Node(NamedTuple):
    """A selection as written: a field, or a fragment (name "..."; key: the name of one that is defined elsewhere)."""

    key: str
    name: str
    arguments: dict[str, Any]
    directives: list[tuple[str, dict[str, Any]]]
    inside: list[_Node] | None


def read(text: str, variables: Mapping[str, Any], operation: str | None = None) -> tuple[Field, ...]:
    """The fields that a query asks for, values of variables filled in; arguments without a value are left out.

    operation: which one, where the text has several; else the first. Raises Unreadable.
    """
    if len(text) > LONGEST:
        raise Unreadable("the query is too long")
    reader = _Reader(text)
    operations: dict[str, list[_Node]] = {}
    fragments: dict[str, list[_Node]] = {}
    while reader.more():
        if reader.sees("{"):
            operations.setdefault("", reader.selections())
            continue
        kind = reader.name()
        if kind == "fragment":
            name = reader.name()
            reader.expect("on")
            reader.name()
            reader.directives()
            fragments[name] = reader.selections()
        elif kind == "query":
            name = reader.name() if reader.sees_name() else ""
            reader.skip_parentheses()
            reader.directives()
            operations[name] = reader.selections()
        else:
            raise Unreadable(f'unexpected "{kind}": only queries are answered')
    if not operations:
        raise Unreadable("no query")
    chosen = operations.get(operation or "") or next(iter(operations.values()))
    return tuple(_filled(chosen, variables, fragments, iter(range(MOST)), 0))


def _filled(
    nodes: list[_Node],
    variables: Mapping[str, Any],
    fragments: Mapping[str, list[_Node]],
    left: Iterator[int],
    depth: int,
) -> Iterator[Field]:
    """left: has as many items as there may be selections yet."""
    if depth > DEEPEST:
        raise Unreadable("the query is nested too deeply")
    for node in nodes:
        if next(left, None) is None:
            raise Unreadable("the query is too long")
        if any(_value(told, variables).get("if") is (name == "skip") for name, told in node.directives):
            continue
        if node.name == "...":
            inside = fragments.get(node.key) if node.inside is None else node.inside
            if inside is None:
                raise Unreadable(f'unknown fragment "{node.key}"')
            yield from _filled(inside, variables, fragments, left, depth + 1)
        else:
            inner = None if node.inside is None else tuple(_filled(node.inside, variables, fragments, left, depth + 1))
            yield Field(node.key, node.name, _value(node.arguments, variables), inner)


def _value(value: Any, variables: Mapping[str, Any]) -> Any:
    match value:
        case _Variable():
            return variables.get(value)
        case dict():
            filled = {key: _value(item, variables) for key, item in value.items()}
            return {key: item for key, item in filled.items() if item is not None}
        case list():
            return [_value(item, variables) for item in value]
    return value


class _Reader:
    """Goes through the tokens of a query."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None:
                raise Unreadable(f'unexpected "{text[at]}" at position {at}')
            if found.lastgroup != "blank":
                self._tokens.append((found.lastgroup or "", found.group()))
            at = found.end()
        self._at = 0

    def more(self) -> bool:
        return self._at < len(self._tokens)

    def sees(self, text: str) -> bool:
        return self.more() and self._tokens[self._at] == ("mark", text)

    def sees_name(self) -> bool:
        return self.more() and self._tokens[self._at][0] == "name"

    def take(self) -> tuple[str, str]:
        if not self.more():
            raise Unreadable("unexpected end of the query")
        self._at += 1
        return self._tokens[self._at - 1]

    def name(self) -> str:
        kind, text = self.take()
        if kind != "name":
            raise Unreadable(f'expected a name, found "{text}"')
        return text

    def expect(self, wanted: str) -> None:
        _, text = self.take()
        if text != wanted:
            raise Unreadable(f'expected "{wanted}", found "{text}"')

    def takes(self, text: str) -> bool:
        """Whether `text` is next; goes past it then."""
        if not self.sees(text):
            return False
        self._at += 1
        return True

    def skip_parentheses(self) -> None:
        """Go past the declarations of variables."""
        depth = 0
        while self.sees("(") or depth:
            _, text = self.take()
            depth += {"(": 1, ")": -1}.get(text, 0)

    def selections(self, depth: int = 0) -> list[_Node]:
        if depth > DEEPEST:
            raise Unreadable("the query is nested too deeply")
        self.expect("{")
        found = []
        while not self.takes("}"):
            found.append(self._selection(depth))
        if not found:
            raise Unreadable("object field must have selections")
        return found

    def _selection(self, depth: int) -> _Node:
        if self.takes("..."):
            fragment = ""
            if self.sees_name():
                fragment = self.name()
                if fragment == "on":
                    fragment = ""
                    self.name()
            directives = self.directives()
            return _Node(fragment, "...", {}, directives, None if fragment else self.selections(depth + 1))
        key = name = self.name()
        if self.takes(":"):
            name = self.name()
        arguments = self._arguments()
        directives = self.directives()
        return _Node(key, name, arguments, directives, self.selections(depth + 1) if self.sees("{") else None)

    def directives(self) -> list[tuple[str, dict[str, Any]]]:
        found = []
        while self.takes("@"):
            found.append((self.name(), self._arguments()))
        return found

    def _arguments(self) -> dict[str, Any]:
        return self._pairs(")", 0) if self.takes("(") else {}

    def _pairs(self, end: str, depth: int) -> dict[str, Any]:
        found = {}
        while not self.takes(end):
            name = self.name()
            self.expect(":")
            found[name] = self._value(depth + 1)
        return found

    def _value(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise Unreadable("the query is nested too deeply")
        kind, text = self.take()
        match kind, text:
            case "mark", "$":
                return _Variable(self.name())
            case "mark", "{":
                return self._pairs("}", depth)
            case "mark", "[":
                items = []
                while not self.takes("]"):
                    items.append(self._value(depth + 1))
                return items
            case "name", _:
                return WORDS.get(text, text)
            case "number", _:
                if len(text) > DEEPEST:
                    raise Unreadable("not a number that can be read")
                return float(text) if re.search(r"[.eE]", text) else int(text)
            case "string", _:
                try:
                    return orjson.loads(text)
                except orjson.JSONDecodeError:
                    raise Unreadable(f"not a string: {text}") from None
            case "block", _:
                return text[3:-3].replace('\\"""', '"""').strip()
        raise Unreadable(f'unexpected "{text}"')
