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

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, TypeAlias

from mock_server.catalog.javascript import (
    INHERITED,
    SAFE_INTEGER,
    UNDEFINED,
    CannotConvert,
    Native,
    double,
    length,
    lookup,
    own_items,
    own_keys,
    to_number,
    to_text,
    units,
)
from mock_server.catalog.regexp import compile_pattern

Path: TypeAlias = "tuple[Path, str | int] | None"  # the way back to the root, which is None
Wording: TypeAlias = Callable[[Any, str], str]  # of the value and its path
Failure: TypeAlias = "tuple[Wording, Any, Path, list[Failure], int]"  # the list's first n are told as sub-errors
Check: TypeAlias = "Callable[[Any, Path, _Run], int]"

FAILED: Final = -1
SHORT: Final = 8  # up to so many properties are looked for one by one


class Validator:
    """A compiled JSON Schema."""

    def __init__(self, schema: Any) -> None:
        """ValueError: a ``pattern`` that Python cannot express."""
        self._check = _compile(schema, _Place()).check

    def error(self, payload: Any) -> str | None:
        """None when `payload` (as ``orjson.loads`` gives it) is valid, else the message of the error cabidela throws."""
        run = _Run(payload)
        return None if self._check(payload, None, run) >= 0 else _sendable(_tell(run.failure))


class _Run:
    """What one check of a payload gathers.

    errors: failures of branches, in order. failure: the last one. evaluated: paths (each with what stands before it)
    that ``allOf`` or ``additionalProperties`` found good, which ``required`` and ``unevaluatedProperties`` then count.
    """

    __slots__ = ("errors", "evaluated", "failure", "payload")

    failure: Failure

    def __init__(self, payload: Any) -> None:
        self.payload = payload
        self.errors: list[Failure] = []
        self.evaluated: list[tuple[str, Path]] = []


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


class _Test(NamedTuple):
    """One test of a scalar. final: passing it ends the check well."""

    passes: Callable[[Any], bool]
    wording: Wording
    final: bool = False


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
    if type(schema["allOf"]) is not list:
        problem = "allOf.reduce is not a function"
        if schema["allOf"] is None:
            return _broken("Cannot read properties of null (reading 'reduce')")
        return _broken(f"needle.schema.{problem}")
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
    is_object = (type(kind) is str and kind == "object") or type(properties) in (dict, list) or bool(properties)
    node = _object(schema, place) if is_object else _scalar(schema, place)
    return _array(schema, place, node) if type(kind) is str and kind == "array" else node


# --- arrays and objects -----------------------------------------------------------------------------------------------


def _is_binary(items: list[Any]) -> bool:
    """Nothing but numbers and strings; also when the first other thing is null."""
    if items and type(items[0]) in (dict, list, bool):
        return False
    if {int, float, str}.issuperset(map(type, items)):
        return True
    return next(item for item in items if type(item) not in (int, float, str)) is None


def _array(schema: dict[str, Any], place: _Place, rest: _Node) -> _Node:
    """Counts what matched in all items; a "binary" array is a scalar, and an object's values are items."""
    items = _compile(schema.get("items", UNDEFINED), replace(place, root=False)).check

    def check(value: Any, path: Path, run: _Run) -> int:
        total = 0
        if type(value) is list:
            if _is_binary(value):
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
    inside = replace(place, root=False)
    limits = [_size_limit(schema, place, keyword) for keyword in ("minProperties", "maxProperties") if keyword in schema]
    members: dict[str, tuple[int, str, Check]] = {}
    forced: list[str] = []  # absent or not, these have to be looked at
    for name, property_schema in own_items(schema.get("properties")):
        node = _compile(property_schema, inside)
        members[name] = (len(members), name, node.check)
        if not node.quiet or name in INHERITED[dict]:
            forced.append(name)
    in_order = list(members.values())
    walk_all = len(members) < SHORT or bool(forced)
    additional = _strays(schema["additionalProperties"], place) if "additionalProperties" in schema else None
    unevaluated = _strays(schema["unevaluatedProperties"], place) if "unevaluatedProperties" in schema else None
    required, required_problem = _required(schema, place)

    def check(value: Any, path: Path, run: _Run) -> int:
        for limit in limits:
            if limit(value, path, run) < 0:
                return FAILED
        plain = type(value) is dict
        candidates = in_order
        if plain and not walk_all:
            candidates = []
            for name in value:
                if name in members:
                    candidates.append(members[name])
            if len(candidates) > 1:
                candidates.sort()
        matched = set()
        for _, name, member_check in candidates:
            if plain and name in value:
                item = value[name]
            else:
                item = lookup(value, name)
                if item is UNDEFINED and name not in forced:
                    continue
            matches = member_check(item, (path, name), run)
            if matches > 0:
                matched.add(name)
            elif matches < 0:
                return FAILED
        count = len(matched)
        evaluated = run.evaluated
        if additional:
            strays = [name for name in own_keys(value) if name not in matched] if plain else []
            matches = additional(value, path, run, strays, evaluated)
            if matches < 0:
                return FAILED
            count += matches
        if unevaluated:
            evaluated = [*evaluated, *(("", (path, name)) for name in matched)]
            known = _texts(evaluated)
            strays = [name for name in own_keys(value) if _path_text((path, name)) not in known] if plain else []
            matches = unevaluated(value, path, run, strays, evaluated)
            if matches < 0:
                return FAILED
            count += matches
        if not required <= matched:
            wanted = {_path_text((path, name)) for name in required - matched} if evaluated else required
            if not evaluated or not wanted <= _texts(evaluated):
                return _fail(run, place, _required_words, value, path)
        return required_problem.check(value, path, run) if required_problem else 1 if count else 0

    def _required_words(_value: Any, at: str) -> str:
        return f"required properties at '{at}' are '{to_text(schema['required'])}'"

    return _Node(check, quiet=not (limits or forced or required or required_problem))


def _required(schema: dict[str, Any], place: _Place) -> tuple[frozenset[str], _Node | None]:
    names = schema.get("required", [])
    if type(names) is list:
        return frozenset("null" if name is None else to_text(name) for name in names), None
    if names is None:
        return frozenset(), _broken("Cannot read properties of null (reading 'map')")
    return frozenset(), _broken("needle.schema.required.map is not a function")


def _texts(evaluated: list[tuple[str, Path]]) -> set[str]:
    return {before + _path_text(path) for before, path in evaluated}


def _size_limit(schema: dict[str, Any], place: _Place, keyword: str) -> Check:
    """Counts the keys of the whole payload, not of the value; both keywords tell minProperties."""
    exceeds = operator.lt if keyword == "minProperties" else operator.gt
    limit = to_number(schema[keyword])

    def check(value: Any, path: Path, run: _Run) -> int:
        payload = run.payload
        if payload is None:
            return _broken("Cannot convert undefined or null to object").check(value, path, run)
        size = length(payload) if type(payload) is str else len(payload) if type(payload) in (dict, list) else 0
        if not exceeds(size, limit):
            return 0
        told = to_text(schema.get("minProperties", UNDEFINED))
        return _fail(run, place, lambda _value, at: f"{keyword} at '{at}' is {told}, got {size}", value, path)

    return check


_Strays: TypeAlias = Callable[[Any, Path, _Run, list[str], list[tuple[str, Path]]], int]


def _strays(schema: Any, place: _Place) -> _Strays:
    """The check of properties that nothing has named.

    Each is checked in a run of its own, as a member of the value it stands in; a name is cut at its last slash.
    """
    if schema is False:

        def refuse(value: Any, path: Path, run: _Run, names: list[str], _evaluated: list[tuple[str, Path]]) -> int:
            if not names:
                return 0
            strays = ", ".join(_path_text((path, name)) for name in names)
            words = f"Additional or unevaluated properties '{strays}' at '{_path_text(path)}' not allowed"
            return _fail(run, place, lambda _value, _at: words, value, path)

        return refuse
    member = _compile(schema, _Place(root=False)).check

    def check(value: Any, path: Path, run: _Run, names: list[str], evaluated: list[tuple[str, Path]]) -> int:
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


# --- scalars ----------------------------------------------------------------------------------------------------------


def _is_integer(value: Any) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


TYPES: Final[dict[str, Callable[[Any], bool]]] = {  # in the order in which the words list a value's types
    "null": lambda value: value is None,
    "string": lambda value: type(value) is str,
    "number": lambda value: type(value) in (int, float),
    "integer": _is_integer,
    "boolean": lambda value: type(value) is bool,
    "array": lambda value: type(value) is list,
    "binary": lambda value: type(value) is list and _is_binary(value),
    "object": lambda value: type(value) is dict,
}
KINDS: Final[dict[str, frozenset[type]]] = {
    "string": frozenset({str}),
    "number": frozenset({int, float}),
    "integer": frozenset({int}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
}
NO_KIND: Final[frozenset[type]] = frozenset()
BEYOND_RANGE: Final = frozenset(
    {"const", "enum", "pattern", "minLength", "maxLength", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)


def _scalar(schema: dict[str, Any], place: _Place) -> _Node:
    """Anything but an object; 1 when there is a value and it passes."""
    kind = schema.get("type", UNDEFINED)
    untyped = kind is UNDEFINED or kind is None
    tests: list[_Test] = []
    if "const" in schema:
        tests.append(_const(schema["const"], untyped))
    if "enum" in schema:
        tests.append(_enum(schema["enum"], untyped))
    if "type" in schema:
        tests.append(_type(kind))
    if kind == "string":
        tests += _lengths(schema)
    elif type(kind) is str and kind in ("number", "integer"):
        tests += _bounds(schema)
    if "pattern" in schema:
        tests.append(_pattern(schema["pattern"]))
    carries = place.carries
    plain = type(kind) is str and not carries and schema.keys().isdisjoint(BEYOND_RANGE)
    good = KINDS.get(kind, NO_KIND) if plain else NO_KIND  # types of which no more than the range needs to be known
    ranged = kind in ("number", "integer") if plain else False
    least, most = (to_number(schema.get("minimum", -math.inf)), to_number(schema.get("maximum", math.inf)))

    def check(value: Any, path: Path, run: _Run) -> int:
        if type(value) in good and (not ranged or least <= value <= most):
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


def _identity(value: Any) -> Any:
    """Something hashable that is equal for values that ``===`` calls equal; UNDEFINED for what equals nothing."""
    if type(value) in (int, float):
        return double(value)
    if type(value) is bool:
        return (value,)
    return UNDEFINED if type(value) in (list, dict, Native) else value


def _const(expected: Any, untyped: bool) -> _Test:
    only = {_identity(expected)} - {UNDEFINED}
    return _Test(
        lambda value: _identity(value) in only,
        lambda value, at: f"const {to_text(value)} doesn't match {to_text(expected)} at '{at}'",
        final=untyped,
    )


def _enum(expected: Any, untyped: bool) -> _Test:
    if type(expected) is not list:
        return _Test(lambda _value: False, lambda _value, at: f"enum should be an array at '{at}'")
    allowed = {_identity(value) for value in expected} - {UNDEFINED}
    return _Test(
        lambda value: _identity(value) in allowed,
        lambda value, at: f"enum {to_text(value)} not in {to_text(expected)} at '{at}'",
        final=untyped,
    )


def _type(kind: Any) -> _Test:
    """A list of types never matches."""

    def wording(value: Any, at: str) -> str:
        actual = ",".join(f"'{name}'" for name, passes in TYPES.items() if passes(value))
        return f"Type mismatch of '{at}', '{to_text(kind)}' not in {actual}"

    return _Test(TYPES.get(kind, _never) if type(kind) is str else _never, wording)


def _never(_value: Any) -> bool:
    return False


def _lengths(schema: dict[str, Any]) -> list[_Test]:
    tests = []
    if "maxLength" in schema:
        most = to_number(schema["maxLength"])
        tests.append(
            _Test(
                lambda value: not length(value) > most,
                lambda _value, at: f"Length of '{at}' must be <= {to_text(schema['maxLength'])}",
            )
        )
    if "minLength" in schema:
        least = to_number(schema["minLength"])
        tests.append(
            _Test(
                lambda value: not length(value) < least,
                lambda _value, at: f"Length of '{at}' must be >= {to_text(schema['minLength'])} not met",
            )
        )
    return tests


BOUNDS: Final[tuple[tuple[str, str, Callable[[Any, Any], bool]], ...]] = (
    ("minimum", ">=", operator.lt),
    ("exclusiveMinimum", ">", operator.le),
    ("maximum", "<=", operator.gt),
    ("exclusiveMaximum", "<", operator.ge),
    ("multipleOf", "multiple of", lambda number, step: not _divides(step, number)),
)


def _divides(step: float, number: float) -> bool:
    return step != 0 and not math.isinf(number) and math.fmod(number, step) == 0


def _bounds(schema: dict[str, Any]) -> list[_Test]:
    return [_bound(schema[keyword], sign, breaks) for keyword, sign, breaks in BOUNDS if keyword in schema]


def _bound(limit: Any, sign: str, breaks: Callable[[Any, Any], bool]) -> _Test:
    number = to_number(limit)
    return _Test(
        lambda value: not breaks(value if -SAFE_INTEGER <= value <= SAFE_INTEGER else float(value), number),
        lambda _value, at: f"'{at}' must be {sign} {to_text(limit)}",
    )


def _pattern(source: Any) -> _Test:
    pattern = compile_pattern(to_text(source))

    def passes(value: Any) -> bool:
        try:
            return pattern is not None and pattern.search(units(to_text(value))) is not None
        except CannotConvert:
            return False

    return _Test(passes, lambda _value, at: f"'{at}' failed test {to_text(source)} patttern")
