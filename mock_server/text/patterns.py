"""Writing strings that a regular expression accepts."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from random import Random
from re import _constants as codes  # type: ignore[attr-defined]  # the parser of the standard library has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_PRINTABLE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_.,:;!?/()"
_KINDS = {
    codes.CATEGORY_DIGIT: "0123456789",
    codes.CATEGORY_WORD: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_DIGIT: "abcdefghijklmnopqrstuvwxyz-",
    codes.CATEGORY_NOT_WORD: " -.,:",
    codes.CATEGORY_NOT_SPACE: "abcdefghijklmnopqrstuvwxyz0123456789",
}
_TRIES = 40
_LONG = 100  # characters of a pattern that takes its time to write for


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """A schema's pattern, JavaScript's named groups and Unicode properties included.

    re.error: not a regular expression.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return re.compile(pattern)
        except (RecursionError, OverflowError) as error:  # of what is nested or repeated too much
            raise re.error(f"not a regular expression that can be read: {error}") from None
        except re.error:
            adapted = re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern)
            adapted = re.sub(
                r"\\p\{(?:L|Letter|Lu|Ll|Alphabetic)\}", "a-zA-Z" if "[" in pattern else "[a-zA-Z]", adapted
            )
            adapted = re.sub(r"\\p\{(?:N|Nd|Number)\}", r"\\d", adapted)
            return re.compile(
                re.sub(r"\\u\{([0-9A-Fa-f]{1,5})\}", lambda m: re.escape(chr(int(m.group(1), 16))), adapted)
            )


def matching(pattern: str, rng: Random, least: int = 0, most: int | None = None) -> str | None:
    """A string in which `pattern` is found, between `least` and `most` characters long; None when none turned up.

    re.error: not a regular expression.
    """
    expression = compiled(pattern)
    if len(pattern) > _LONG and _is_hopeless(pattern):
        return None
    tree = _tree(expression.pattern)
    for attempt in range(_TRIES):
        writer = _Writer(rng, spread=attempt // 2 if attempt % 2 else least)
        text = writer.write(tree)
        if len(text) < least:
            text += rng.choice("aA0 ") * (least - len(text))
        if most is not None and len(text) > most:
            continue
        if expression.search(text):
            return text
    return None


@lru_cache(maxsize=512)
def _is_hopeless(pattern: str) -> bool:
    """Whether no string turns up for a pattern; found out once, since whoever wants a value tries hundreds of times."""
    expression = compiled(pattern)
    tree = _tree(expression.pattern)
    return not any(expression.search(_Writer(Random(seed), spread=seed).write(tree)) for seed in range(_TRIES))


@lru_cache(maxsize=512)
def _tree(pattern: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parser.parse(pattern)


class _Writer:
    """One walk through a parsed expression. spread: by how much a repetition may exceed its minimum."""

    def __init__(self, rng: Random, spread: int) -> None:
        self._rng = rng
        self._spread = spread
        self._groups: dict[int, str] = {}

    def write(self, tree: Any) -> str:
        return "".join([self._one(code, argument) for code, argument in tree])

    def _one(self, code: Any, argument: Any) -> str:
        rng = self._rng
        if code is codes.LITERAL:
            return chr(argument)
        if code is codes.NOT_LITERAL:
            return rng.choice([c for c in _PRINTABLE if ord(c) != argument])
        if code is codes.ANY:
            return rng.choice(_PRINTABLE)
        if code is codes.IN:
            return self._among(argument)
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            least, most, body = argument
            wanted = least + rng.randint(0, self._spread) if self._spread else least or (1 if most else 0)
            return "".join([self.write(body) for _ in range(min(wanted, int(most), least + 400))])
        if code is codes.SUBPATTERN:
            text = self.write(argument[3])
            if argument[0] is not None:
                self._groups[argument[0]] = text
            return text
        if code is codes.ATOMIC_GROUP:
            return self.write(argument)
        if code is codes.BRANCH:
            return self.write(rng.choice(argument[1]))
        if code is codes.GROUPREF:
            return self._groups.get(argument, "")
        if code is codes.GROUPREF_EXISTS:
            group, yes, no = argument
            return self.write(yes) if group in self._groups else self.write(no) if no else ""
        return ""  # anchors and look-around write nothing; the finished string is judged as a whole

    def _among(self, members: Any) -> str:
        rng = self._rng
        negated = bool(members) and members[0][0] is codes.NEGATE
        members = members[1:] if negated else members
        if negated:
            return rng.choice([c for c in _PRINTABLE if not any(_holds(member, c) for member in members)] or ["\u00e9"])
        code, argument = rng.choice(members)
        if code is codes.LITERAL:
            return chr(argument)
        if code is codes.RANGE:
            return chr(rng.randint(argument[0], min(argument[1], argument[0] + 200)))
        return rng.choice(_KINDS[argument])


def _holds(member: Any, char: str) -> bool:
    code, argument = member
    if code is codes.LITERAL:
        return bool(ord(char) == argument)
    if code is codes.RANGE:
        return bool(argument[0] <= ord(char) <= argument[1])
    space, digit, word = char.isspace(), char.isdigit(), char.isalnum() or char == "_"
    return {
        codes.CATEGORY_DIGIT: digit,
        codes.CATEGORY_NOT_DIGIT: not digit,
        codes.CATEGORY_SPACE: space,
        codes.CATEGORY_NOT_SPACE: not space,
        codes.CATEGORY_WORD: word,
        codes.CATEGORY_NOT_WORD: not word,
    }.get(argument, False)
