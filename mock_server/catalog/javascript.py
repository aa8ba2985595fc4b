"""JavaScript's view of JSON values, as far as it shows in the words and verdicts of the service's validator.

Values are what ``orjson.loads`` yields, plus UNDEFINED and Native.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

SAFE_INTEGER = 2**53
LAST_INDEX = 2**32 - 2


class Undefined:
    """The type of UNDEFINED."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()


@dataclass(frozen=True, slots=True)
class Native:
    """A built-in function that a lookup found on a prototype, such as ``"x".search``."""

    name: str


class CannotConvert(Exception):
    """An object that hides ``toString``: JavaScript's TypeError, in its words."""

    def __init__(self) -> None:
        super().__init__("Cannot convert object to primitive value")


def _prototype(constructor: str, methods: str, **renamed: str) -> dict[str, Any]:
    shared = (
        "hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf "
        "__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__"
    )
    members: dict[str, Any] = {name: Native(name) for name in f"{shared} {methods}".split()}
    members |= {name: Native(real) for name, real in renamed.items()}
    return members | {"constructor": Native(constructor), "__proto__": [] if constructor == "Array" else {}}


_NUMBER = _prototype("Number", "toExponential toFixed toPrecision")
INHERITED: Final[dict[type, dict[str, Any]]] = {
    dict: _prototype("Object", ""),
    list: _prototype(
        "Array",
        "at concat copyWithin entries every fill filter find findIndex findLast findLastIndex flat flatMap forEach "
        "includes indexOf join keys lastIndexOf map pop push reduce reduceRight reverse shift slice some sort splice "
        "toReversed toSorted toSpliced unshift values with",
    ),
    str: _prototype(
        "String",
        "anchor at big blink bold charAt charCodeAt codePointAt concat endsWith fixed fontcolor fontsize includes "
        "indexOf isWellFormed italics lastIndexOf link localeCompare match matchAll normalize padEnd padStart repeat "
        "replace replaceAll search slice small split startsWith strike sub substr substring sup toLocaleLowerCase "
        "toLocaleUpperCase toLowerCase toUpperCase toWellFormed trim trimEnd trimStart",
        trimLeft="trimStart",
        trimRight="trimEnd",
    ),
    int: _NUMBER,
    float: _NUMBER,
    bool: _prototype("Boolean", ""),
}


def lookup(value: Any, name: str) -> Any:
    """``value[name]``: own members, then the prototype's; UNDEFINED of anything falsy."""
    kind = type(value)
    if kind is dict:
        if name in value:
            return value[name]
    elif kind is list or (kind is str and value):
        items = units(value) if kind is str else value
        if name == "length":
            return len(items)
        if is_index(name) and int(name) < len(items):
            return items[int(name)]
    elif value is UNDEFINED or kind is Native or not value:
        return UNDEFINED
    return INHERITED[kind].get(name, UNDEFINED)


def is_index(name: str) -> bool:
    """Whether a key is an array index, spelled as JavaScript spells it."""
    return (
        len(name) <= 10
        and name.isascii()
        and name.isdigit()
        and (name[0] != "0" or name == "0")
        and int(name) <= LAST_INDEX
    )


def own_keys(value: dict[str, Any]) -> Iterable[str]:
    """Keys in the order of ``Object.keys``: indices by size, then the others as they came."""
    for key in value:
        if key and key[0] in "0123456789":
            indices = sorted(filter(is_index, value), key=int)
            return [*indices, *(key for key in value if not is_index(key))]
    return value


def own_items(value: Any) -> Iterable[tuple[str, Any]]:
    """What ``for (key in value)`` visits, with the values."""
    if type(value) is dict:
        return [(key, value[key]) for key in own_keys(value)]
    if type(value) is str:
        value = units(value)
    return [(str(index), item) for index, item in enumerate(value)] if type(value) in (list, str) else []


def units(text: str) -> str:
    """The string with one character per UTF-16 code unit, as JavaScript counts them."""
    if text.isascii() or max(text) < "\U00010000":
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(low | high << 8) for low, high in zip(data[::2], data[1::2], strict=True))


def length(text: str) -> int:
    """``text.length``, in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def double(number: float) -> int | float:
    """The number as JavaScript holds it: integers beyond 2**53 lose their last digits."""
    return number if -SAFE_INTEGER <= number <= SAFE_INTEGER else float(number)


def to_number(value: Any) -> int | float:
    """``Number(value)``; NaN where there is none."""
    if value is None:
        return 0
    if isinstance(value, bool | int | float):
        return double(value)
    if isinstance(value, list | str):
        text = to_text(value).strip()
        try:
            return float(text) if "_" not in text else float("nan")
        except ValueError:
            return float("nan") if text else 0
    return float("nan")


def to_text(value: Any) -> str:
    """``String(value)``. Raises CannotConvert for objects with a key ``toString``."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number_text(value)
    if type(value) is list:
        return ",".join(_flat_texts(value))
    if type(value) is dict:
        if "toString" in value:
            raise CannotConvert
        return "[object Object]"
    if type(value) is Native:
        return f"function {value.name}() {{ [native code] }}"
    return "null" if value is None else "undefined"


def _flat_texts(items: list[Any]) -> Iterable[str]:
    # Not recursive: request bodies nest deeper than Python's stack.
    pending = [items]
    while pending:
        item: Any = pending.pop()
        if type(item) is not list:
            yield "" if item is None else to_text(item)
        elif item:
            pending.extend(reversed(item))
        else:
            yield ""


def _number_text(number: float) -> str:
    if type(number) is int and -SAFE_INTEGER <= number <= SAFE_INTEGER:
        return str(number)
    value = float(number)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(power or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    sign = "-" if value < 0 else ""
    if len(digits) <= point <= 21:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"
