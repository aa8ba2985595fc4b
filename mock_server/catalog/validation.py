"""Are these inputs well-formed, and if not, what does the service say: its validator's verdicts and words, in Python.

The service checks inputs with the npm package @cloudflare/cabidela 0.2.4, which is no complete JSON Schema validator
and words an error from whatever its search met on the way. What it does is reproduced here, surprises included
(each is named where it happens), because its words are what callers see. A schema is compiled once into closures;
verdict and words come from the same run of them, and words are put together only when somebody will read them.

How a value fares is a number: how much of it matched (0 for nothing to check), or FAILED. What failed inside a
``oneOf`` or ``anyOf`` is remembered for the whole payload and told with the failure that ends the check, even when
another branch matched.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, TypeAlias

from mock_server.catalog.javascript import (
    INHERITED,
    UNDEFINED,
    CannotConvert,
    length,
    lookup,
    own_items,
    own_keys,
    to_number,
    to_text,
)
from mock_server.catalog.scalars import Shortcut, Wording, is_binary, shortcut_of, tests_of

Path: TypeAlias = "tuple[Path, str | int] | None"  # the way back to the root, which is None
Failure: TypeAlias = "tuple[Wording, Any, Path, list[Failure], int]"  # the list's first n are told as sub-errors
Evaluated: TypeAlias = list[tuple[str, Path]]  # each path with what stands before it
Check: TypeAlias = "Callable[[Any, Path, _Run], int]"

_Others: TypeAlias = "Callable[[Any, Path, _Run, set[str]], tuple[int, Evaluated]]"
_Strays: TypeAlias = "Callable[[Any, Path, _Run, list[str], Evaluated], int]"

FAILED: Final = -1
SHORT: Final = 8  # fewer properties than this are looked for one by one


class Validator:
    """A compiled JSON Schema."""

    def __init__(self, schema: Any) -> None:
        """ValueError: a ``pattern`` that Python cannot express."""
        self._check = _compile(schema, _Place()).check

    def error(self, payload: Any) -> str | None:
        """None when `payload` (as ``orjson.loads`` gives it) is valid, else the message of the service's error."""
        run = _Run(payload)
        return None if self._check(payload, None, run) >= 0 else _sendable(_tell(run.failure))


class _Run:
    """What one check of a payload gathers.

    errors: failures of branches, in order. failure: the last one. evaluated: what ``allOf`` and
    ``additionalProperties`` found good, for ``required`` and ``unevaluatedProperties`` to count.
    """

    __slots__ = ("errors", "evaluated", "failure", "payload")

    failure: Failure

    def __init__(self, payload: Any) -> None:
        self.payload = payload
        self.errors: list[Failure] = []
        self.evaluated: Evaluated = []


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a schema stands.

    root: at the payload itself. branch: below oneOf or anyOf, where failures tell no sub-errors.
    carries: below allOf, where good values count as evaluated.
    """

    root: bool = True
    branch: bool = False
    carries: bool = False


class _Node(NamedTuple):
    """A compiled schema. quiet: checking a value that is not there does nothing and gives 0."""

    check: Check
    quiet: bool


# --- telling ----------------------------------------------------------------------------------------------------------


def _fail(run: _Run, place: _Place, wording: Wording, value: Any, path: Path) -> int:
    run.failure = (wording, value, path, run.errors, 0 if place.branch else len(run.errors))
    return FAILED


def _tell(failure: Failure) -> str:
    wording, value, path, errors, count = failure
    try:
        words = wording(value, _path_text(path))
    except CannotConvert as error:
        return str(error)
    if count:
        words += ": " + ", ".join(dict.fromkeys(map(_tell, errors[:count])))
    return words


def _path_text(path: Path) -> str:
    parts = []
    while path:
        path, key = path
        parts.append(f"/{key}")
    return "".join(reversed(parts)) or "/"


def _sendable(text: str) -> str:
    # Half a character (someone indexed into an emoji) can be neither encoded nor printed.
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _broken(message: str) -> _Node:
    """A schema that cabidela trips over: JavaScript's TypeError instead of an error of its own."""

    def check(value: Any, path: Path, run: _Run) -> int:
        run.failure = (lambda _value, _at: message, value, path, run.errors, 0)
        return FAILED

    return _Node(check, quiet=False)


# --- compiling --------------------------------------------------------------------------------------------------------


def _compile(schema: Any, place: _Place) -> _Node:
    if schema is None or schema is UNDEFINED:

        def nothing(value: Any, path: Path, run: _Run) -> int:
            return _fail(run, place, lambda _value, at: f"No schema for path '{at}'", value, path)

        return _Node(nothing, quiet=False)
    if type(schema) is not dict:
        schema = {}  # false allows as much as true does
    if "hasOwnProperty" in schema:
        return _broken("needle.schema.hasOwnProperty is not a function")
    if "oneOf" in schema:
        node = _one_of(schema, place)
    elif "anyOf" in schema:
        node = _any_of(schema, place)
    else:
        node = _typed(schema, place)
        if "allOf" in schema:
            node = _all_of(schema, place, node)
    return _not(schema["not"], place, node) if "not" in schema else node


def _not(schema: Any, place: _Place, rest: _Node) -> _Node:
    unwanted = _compile(schema, place).check

    def check(value: Any, path: Path, run: _Run) -> int:
        if unwanted(value, path, run) >= 0:
            return _fail(run, place, lambda _value, at: f"not at '{at}' not met", value, path)
        return rest.check(value, path, run)

    return _Node(check, quiet=False)


def _options(schema: dict[str, Any], options: Any, place: _Place) -> list[_Node]:
    """Branches know of their parent only its ``type``, which is theirs when they name none, even if it has none."""
    below = replace(place, branch=True, carries=False)
    return [_compile(_inheriting(schema, option), below) for _, option in own_items(options)]


def _inheriting(schema: dict[str, Any], option: Any) -> dict[str, Any]:
    return {"type": schema.get("type", UNDEFINED), **(option if type(option) is dict else {})}


def _one_of(schema: dict[str, Any], place: _Place) -> _Node:
    """Stops at the first branch after which the count is not 1, so also at one that had nothing to check."""
    nodes = _options(schema, schema["oneOf"], place)
    checks = [node.check for node in nodes]

    def check(value: Any, path: Path, run: _Run) -> int:
        total = 0
        for option in checks:
            matches = option(value, path, run)
            if matches < 0:
                run.errors.append(run.failure)
            else:
                total += matches
                if total != 1:
                    break
        if total == 1:
            return 1
        if not place.root:
            return 0
        return _fail(run, place, lambda _value, at: f"oneOf at '{at}' not met, {total} matches", value, path)

    return _Node(check, quiet=not nodes or nodes[0].quiet)


def _any_of(schema: dict[str, Any], place: _Place) -> _Node:
    nodes = _options(schema, schema["anyOf"], place)
    checks = [node.check for node in nodes]

    def check(value: Any, path: Path, run: _Run) -> int:
        for option in checks:
            matches = option(value, path, run)
            if matches < 0:
                run.errors.append(run.failure)
            elif matches:
                return 1
        if not place.root:
            return 0
        return _fail(run, place, lambda _value, at: f"anyOf at '{at}' not met", value, path)

    return _Node(check, quiet=all(node.quiet for node in nodes))


def _all_of(schema: dict[str, Any], place: _Place, rest: _Node) -> _Node:
    """Conditions overwrite each other key by key; a failure below the root ends the check without failing it."""
    if schema["allOf"] is None:
        return _broken("Cannot read properties of null (reading 'reduce')")
    if type(schema["allOf"]) is not list:
        return _broken("needle.schema.allOf.reduce is not a function")
    merged: dict[str, Any] = {}
    for condition in schema["allOf"]:
        merged |= condition if type(condition) is dict else {}
    conditions = _compile(_inheriting(schema, merged), replace(place, carries=True))

    def check(value: Any, path: Path, run: _Run) -> int:
        if conditions.check(value, path, run) < 0:
            if place.root:
                return FAILED
            run.errors.append(run.failure)
            return 0
        return rest.check(value, path, run)

    return _Node(check, quiet=conditions.quiet and rest.quiet)


def _typed(schema: dict[str, Any], place: _Place) -> _Node:
    kind = schema.get("type", UNDEFINED)
    properties = schema.get("properties")
    is_object = kind == "object" or type(properties) in (dict, list) or bool(properties)
    node = _object(schema, place) if is_object else _scalar(schema, place)
    return _array(schema, place, node) if kind == "array" else node


def _scalar(schema: dict[str, Any], place: _Place) -> _Node:
    """1 when there is a value and it passes."""
    tests = tests_of(schema)
    carries = place.carries
    kinds, ranged, least, most = Shortcut() if carries else shortcut_of(schema)

    def check(value: Any, path: Path, run: _Run) -> int:
        if type(value) in kinds and (not ranged or least <= value <= most):
            return 1
        if value is UNDEFINED:
            return 0
        for passes, wording, final in tests:
            if not passes(value):
                return _fail(run, place, wording, value, path)
            if final:
                return 1
        if carries:
            run.evaluated.append(("", path))
        return 1

    return _Node(check, quiet=True)


# --- arrays and objects -----------------------------------------------------------------------------------------------


def _array(schema: dict[str, Any], place: _Place, rest: _Node) -> _Node:
    """Counts what matched in all items; a "binary" array is a scalar, and an object's values are items."""
    items = _compile(schema.get("items", UNDEFINED), replace(place, root=False)).check

    def check(value: Any, path: Path, run: _Run) -> int:
        total = 0
        if type(value) is list:
            if is_binary(value):
                return rest.check(value, path, run)
            for index, item in enumerate(value):
                matches = items(item, (path, index), run)
                if matches < 0:
                    return FAILED
                total += matches
        elif type(value) is str:
            return rest.check(value, path, run)
        elif type(value) is dict:
            for key in own_keys(value):
                matches = items(value[key], (path, key), run)
                if matches < 0:
                    return FAILED
                total += matches
        return total

    return _Node(check, quiet=True)


def _object(schema: dict[str, Any], place: _Place) -> _Node:
    """1 when a property matched, else 0, whatever the value is; a property with no match counts as missing."""
    members, forced = _members(schema, place)
    in_order = list(members.values())
    walk_all = len(members) < SHORT or bool(forced)
    others = _others(schema, place)
    required, required_problem = _required(schema)

    def required_words(_value: Any, at: str) -> str:
        return f"required properties at '{at}' are '{to_text(schema['required'])}'"

    def check(value: Any, path: Path, run: _Run) -> int:
        plain = type(value) is dict
        candidates = in_order
        if plain and not walk_all:
            candidates = []
            for name in value:
                if name in members:
                    candidates.append(members[name])
            candidates.sort()
        matched = set()
        for _, name, member_check in candidates:
            if plain and name in value:
                item = value[name]
            else:
                item = UNDEFINED if plain and name not in forced else lookup(value, name)
                if item is UNDEFINED and name not in forced:
                    continue
            matches = member_check(item, (path, name), run)
            if matches > 0:
                matched.add(name)
            elif matches < 0:
                return FAILED
        count = len(matched)
        evaluated = run.evaluated
        if others:
            more, evaluated = others(value, path, run, matched)
            if more < 0:
                return FAILED
            count += more
        if not required <= matched and not _are_among(evaluated, path, required - matched):
            return _fail(run, place, required_words, value, path)
        if required_problem:
            return required_problem.check(value, path, run)
        return int(count > 0)

    node = _Node(check, quiet=not (forced or required or required_problem))
    for keyword in ("maxProperties", "minProperties"):
        if keyword in schema:
            node = _sized(schema, place, keyword, node)
    return node


def _members(schema: dict[str, Any], place: _Place) -> tuple[dict[str, tuple[int, str, Check]], set[str]]:
    """Of each property its place in the order, name and check; and which have to be looked at, absent or not."""
    inside = replace(place, root=False)
    nodes = {name: _compile(member, inside) for name, member in own_items(schema.get("properties"))}
    members = {name: (order, name, node.check) for order, (name, node) in enumerate(nodes.items())}
    return members, {name for name, node in nodes.items() if not node.quiet or name in INHERITED[dict]}


def _others(schema: dict[str, Any], place: _Place) -> _Others | None:
    """additionalProperties, then unevaluatedProperties, which knows of all that was evaluated so far."""
    additional = _strays(schema["additionalProperties"], place) if "additionalProperties" in schema else None
    unevaluated = _strays(schema["unevaluatedProperties"], place) if "unevaluatedProperties" in schema else None
    if not additional and not unevaluated:
        return None

    def check(value: Any, path: Path, run: _Run, matched: set[str]) -> tuple[int, Evaluated]:
        names = own_keys(value) if type(value) is dict else ()
        count = 0
        evaluated = run.evaluated
        if additional:
            count = additional(value, path, run, [name for name in names if name not in matched], evaluated)
        if unevaluated and count >= 0:
            evaluated = [*evaluated, *(("", (path, name)) for name in matched)]
            known = _texts(evaluated)
            strays = [name for name in names if _path_text((path, name)) not in known]
            more = unevaluated(value, path, run, strays, evaluated)
            count = FAILED if more < 0 else count + more
        return count, evaluated

    return check


def _required(schema: dict[str, Any]) -> tuple[frozenset[str], _Node | None]:
    names = schema.get("required", [])
    if type(names) is list:
        return frozenset(map(to_text, names)), None
    if names is None:
        return frozenset(), _broken("Cannot read properties of null (reading 'map')")
    return frozenset(), _broken("needle.schema.required.map is not a function")


def _are_among(evaluated: Evaluated, path: Path, names: frozenset[str]) -> bool:
    return bool(evaluated) and {_path_text((path, name)) for name in names} <= _texts(evaluated)


def _texts(evaluated: Evaluated) -> set[str]:
    return {before + _path_text(path) for before, path in evaluated}


def _sized(schema: dict[str, Any], place: _Place, keyword: str, rest: _Node) -> _Node:
    """Counts the keys of the whole payload, not of the value; both keywords tell minProperties."""
    exceeds = operator.lt if keyword == "minProperties" else operator.gt
    limit = to_number(schema[keyword])

    def check(value: Any, path: Path, run: _Run) -> int:
        payload = run.payload
        if payload is None:
            return _broken("Cannot convert undefined or null to object").check(value, path, run)
        size = length(payload) if type(payload) is str else len(payload) if type(payload) in (dict, list) else 0
        if not exceeds(size, limit):
            return rest.check(value, path, run)
        told = to_text(schema.get("minProperties", UNDEFINED))
        return _fail(run, place, lambda _value, at: f"{keyword} at '{at}' is {told}, got {size}", value, path)

    return _Node(check, quiet=False)


def _strays(schema: Any, place: _Place) -> _Strays:
    """The check of properties that nothing has named.

    Each is checked in a run of its own, as a member of the value it stands in; a name is cut at its last slash.
    """
    if schema is False:

        def refuse(value: Any, path: Path, run: _Run, names: list[str], _evaluated: Evaluated) -> int:
            if not names:
                return 0
            strays = ", ".join(_path_text((path, name)) for name in names)
            words = f"Additional or unevaluated properties '{strays}' at '{_path_text(path)}' not allowed"
            return _fail(run, place, lambda _value, _at: words, value, path)

        return refuse
    member = _compile(schema, _Place(root=False)).check

    def check(value: Any, path: Path, run: _Run, names: list[str], evaluated: Evaluated) -> int:
        count = 0
        for name in names:
            last = name.rpartition("/")[2]
            own = _Run(value)
            matches = member(lookup(value, last), (None, last), own)
            if matches > 0:
                count += 1
                evaluated.append(("/", (path, name)))  # with a slash too many, so it meets no requirement
            elif matches < 0:
                run.failure = own.failure
                return FAILED
        return count

    return check
