"""JavaScript regular expressions (without flags), translated to Python's."""

from __future__ import annotations

import re
import warnings

from mock_server.catalog.javascript import units

Ranges = list[tuple[int, int]]  # code units, both ends included

LAST_UNIT = 0xFFFF
DIGIT: Ranges = [(0x30, 0x39)]
WORD: Ranges = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
SPACE: Ranges = [
    (0x9, 0xD), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
    (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
]  # fmt: skip
NEWLINE: Ranges = [(0xA, 0xA), (0xD, 0xD), (0x2028, 0x2029)]
CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
GROUP = re.compile(r"\(\?(?:[:=!]|<[=!]|<([A-Za-z_$][\w$]*)>)")
QUANTIFIER = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")


class NotAPattern(Exception):
    """What JavaScript refuses with a SyntaxError."""


def compile_pattern(source: str) -> re.Pattern[str] | None:
    """The pattern for ``search`` on a string of UTF-16 code units (``javascript.units``); None if JavaScript has none.

    ValueError: a pattern that JavaScript knows and Python cannot express (look-behind of varying width).
    """
    try:
        translated = _Translation(units(source)).run()
    except NotAPattern:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(translated, re.ASCII)
    except (re.error, OverflowError) as error:
        raise ValueError(f"pattern {source!r} has no equivalent in Python: {error}") from error


def _complement(ranges: Ranges) -> Ranges:
    gaps, start = [], 0
    for first, last in sorted(ranges):
        gaps.append((start, first - 1))
        start = last + 1
    return [gap for gap in [*gaps, (start, LAST_UNIT)] if gap[0] <= gap[1]]


SETS = {
    "d": DIGIT, "w": WORD, "s": SPACE,
    "D": _complement(DIGIT), "W": _complement(WORD), "S": _complement(SPACE),
}  # fmt: skip


def _write_set(ranges: Ranges, negated: bool = False) -> str:
    if not ranges:
        return r"[\x00-\U0010ffff]" if negated else "(?!)"
    body = "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in ranges)
    return f"[{'^' if negated else ''}{body}]"


class _Translation:
    """One pass over a pattern; `at` is the place of reading."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        openings = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "", source, flags=re.DOTALL)
        self.groups = len(re.findall(r"\((?!\?)|\(\?<(?![=!])", openings))
        self.names: list[str] = [name for name in GROUP.findall(openings) if name]
        self.numbers: dict[str, int] = {}
        self.opened = 0
        self.closed: set[int] = set()

    def take(self, count: int = 1) -> str:
        text = self.source[self.at : self.at + count]
        self.at += len(text)
        return text

    def match(self, pattern: str) -> str:
        """Read what `pattern` matches here, or nothing."""
        found = re.compile(pattern, re.ASCII).match(self.source, self.at)
        return self.take(len(found[0])) if found else ""

    def run(self) -> str:
        out: list[str] = []
        pending: list[tuple[int, bool]] = []  # of each open group: its number (0: not captured), may it be repeated
        repeatable = False
        while self.at < len(self.source):
            char = self.take()
            was_repeatable, repeatable = repeatable, True
            if char == "(":
                text, number, group_repeatable = self.group()
                pending.append((number, group_repeatable))
                repeatable = False
                out.append(text)
            elif char == ")":
                if not pending:
                    raise NotAPattern
                number, repeatable = pending.pop()
                self.closed.add(number)
                out.append(char)
            elif char == "[":
                out.append(self.bracket())
            elif char == "\\":
                text, repeatable = self.escape()
                out.append(text)
            elif char == ".":
                out.append(_write_set(NEWLINE, negated=True))
            elif char in "^$|":
                repeatable = False
                out.append({"^": r"\A", "$": r"\Z", "|": "|"}[char])
            elif char in "*+?" or (char == "{" and QUANTIFIER.match(self.source, self.at - 1)):
                if not was_repeatable:
                    raise NotAPattern
                repeatable = False
                out.append(self.quantifier(char) + self.match(r"\?"))
            else:
                out.append(re.escape(char))
        if pending:
            raise NotAPattern
        return "".join(out)

    def quantifier(self, char: str) -> str:
        found = QUANTIFIER.match(self.source, self.at - 1) if char == "{" else None
        if not found:
            return char
        self.take(len(found[0]) - 1)
        least, comma, most = found.groups()
        if most and int(most) < int(least):
            raise NotAPattern
        return f"{{{least}{comma or ''}{most or ''}}}"

    def group(self) -> tuple[str, int, bool]:
        """What opens the group, its number (0: not captured) and whether it may be repeated."""
        found = GROUP.match(self.source, self.at - 1)
        if found and found[1] is None:
            self.take(len(found[0]) - 1)
            return found[0], 0, not found[0].startswith("(?<")
        self.opened += 1
        if found:
            if found[1] in self.numbers:
                raise NotAPattern
            self.take(len(found[0]) - 1)
            self.numbers[found[1]] = self.opened
        elif self.source[self.at : self.at + 1] == "?":
            raise NotAPattern
        return "(", self.opened, True

    def escape(self) -> tuple[str, bool]:
        """An escape outside brackets, and whether it may be repeated."""
        char = self.take()
        if not char:
            raise NotAPattern
        if char in "bB":
            return r"\b" if char == "b" else r"(?!\b)", False  # Python's \B is never met in an empty string
        if char in SETS:
            return _write_set(SETS[char]), True
        if char == "k" and self.names:
            name = self.match("<[^>]*>")[1:-1]
            if name not in self.names:
                raise NotAPattern
            return self.reference(self.numbers.get(name, 0)), True
        if char in "123456789":
            self.at -= 1
            digits = self.match("[0-9]+")
            if int(digits) <= self.groups:
                return self.reference(int(digits)), True
            self.at -= len(digits) - 1
        return _write_set([(self.unit(char),) * 2]), True

    def reference(self, number: int) -> str:
        # A group that did not take part matches the empty string in JavaScript and nothing in Python.
        return f"(?({number})\\{number})" if number in self.closed else "(?:)"

    def unit(self, char: str) -> int:
        """The code unit that an escape stands for, `char` being what follows the backslash."""
        if char in CONTROLS:
            return CONTROLS[char]
        if char == "c":
            letter = self.match("[A-Za-z]")
            if letter:
                return ord(letter) % 32
            self.at -= 1
            return ord("\\")
        if char in "xu":
            digits = self.match("[0-9A-Fa-f]{2}" if char == "x" else "[0-9A-Fa-f]{4}")
            return int(digits, 16) if digits else ord(char)
        if char in "01234567":
            self.at -= 1
            return int(self.match("[0-3][0-7]{0,2}|[4-7][0-7]?"), 8)
        return ord(char)

    def bracket(self) -> str:
        negated = bool(self.match(r"\^"))
        ranges: Ranges = []
        while not self.match(r"\]"):
            first = self.member()
            if self.match(r"-(?!\])"):
                last = self.member()
                if len(first) == len(last) == 1 and first[0][0] == first[0][1] and last[0][0] == last[0][1]:
                    if last[0][0] < first[0][0]:
                        raise NotAPattern
                    ranges.append((first[0][0], last[0][1]))
                else:
                    ranges += [*first, *last, (ord("-"), ord("-"))]
            else:
                ranges += first
        return _write_set(ranges, negated)

    def member(self) -> Ranges:
        char = self.take()
        if not char:
            raise NotAPattern
        if char != "\\":
            return [(ord(char), ord(char))]
        char = self.take()
        if not char:
            raise NotAPattern
        if char in SETS:
            return SETS[char]
        unit = 8 if char == "b" else self.control_digit() if char == "c" else self.unit(char)
        return [(unit, unit)]

    def control_digit(self) -> int:
        # Between brackets, \c takes digits and the underscore too.
        found = self.match("[0-9_]")
        return ord(found) % 32 if found else self.unit("c")
