"""What random schemas and payloads are made of, and cases that chance seldom makes."""

from __future__ import annotations

from typing import Any

NAMES = [
    "a", "b", "c", "role", "content", "a/b", "/a", "", "length", "0", "2", "10", "é", "😀", "search", "constructor",
]  # fmt: skip
INHERITED = {"search", "constructor"}  # JavaScript finds functions there; what is inside of those is not imitated
SCALARS: list[Any] = [
    None, True, False, 0, 1, -1, 2, 7, 1.0, 1.5, -0.0, 0.1, 1e+21, 1e-07, 1234567890000000.0, 2**53 + 1, 2**63,
    -(2**62) - 1, "", "a", "ab", "abc", "1", "true", "null", "é", "😀", "a😀b", "e\u0301", " clef \n",
    "data:image/png;base64,AA==", "123456789", "function", "\u2028", "\ufeffa", "ſ", "K", "𝟙",
]  # fmt: skip
STRUCTURES: list[Any] = [
    [], {}, [1, 2], ["a"], [1, "a"], [1, None], [None, {}], [{}, 1], [True], [[]], [[], [1, [2, None]]], [{"a": 1}],
    {"a": 1}, {"a": "a", "b": 2}, {"b": 1, "a": 2, "10": 3, "9": 4}, {"length": 3}, {"toString": 1},
    [{"toString": 1}], {"a/b": 1, "b": 2}, {"": {"a": 1}}, {"a": {"a": {"a": {}}}}, {"constructor": 1},
]  # fmt: skip
TYPES: list[Any] = ["string", "number", "integer", "boolean", "null", "array", "object", "object", "array", "string"]
ODD_TYPES: list[Any] = [["string", "null"], ["integer"], "binary", "any", None, 5, []]
PATTERNS: list[Any] = [
    "", "^", "$", "a", "^a$", "^data:*", "^[0-9]+$", r"^\s*(clef|clef-flash)\s*$", "[a-zA-Z0-9]{9}", "^[Dd][Aa]",
    "^.$", "^..$", r"\d", r"^\w+$", r"\bab\b", "(", "a{2,1}", "a{,3}", "[]", "[^]", "[^a]", "a", r"(?<n>a)\k<n>?",
    r"^\S+$", r"(a)?\1b", r"\p{L}", "a/b", r"\/", "(?i:A)", "a++", r"[\w-z]", "[[a]]", "[a&&b]", "(?<=a)b", r"\cJ",
    r"\0", "é", "[😀]", r"^\ud83d", "(?P<n>a)", "(?#a)", "a|", r"\Z", r"\A", "{", "a{1}", "x*", "(?=a)*b", "[z-a]",
    r"[\d.]+", ".{3}", 5, None,
]  # fmt: skip
# Pieces of patterns, and of strings they may be looked for in.
FRAGMENTS: dict[str, list[str]] = {
    "a": ["a", "A"], "b": ["b"], "1": ["1"], "😀": ["😀"], "é": ["é"], " ": [" "],
    ".": ["x", "\n", "\r", "\u2028", "é", "😀"], "^": ["", "\n"], "$": ["", "\n", "\r"], "|": [""], "(": [""],
    ")": [""], "(?:": [""], "(?=": [""], "(?!": [""], "(?<=": [""], "(?<x>": [""], "[": ["["], "]": ["]"],
    "[^": ["x"], "-": ["-"], "*": ["*", ""], "+": ["+"], "?": ["?"], "{2}": ["", "{2}"], "{1,}": [""],
    "{,2}": ["{,2}", "aa"], "{0,1}": [""], "{": ["{"], "}": ["}"], r"\d": ["7", "٣", "𝟙"], r"\D": ["x", "٣"],
    r"\w": ["a", "_", "é", "ſ"], r"\W": ["é", "-"], r"\s": [" ", "\ufeff", "\xa0", "\x1c", "\x85"],
    r"\S": ["x", "\x85", "\x1c", "\u180e"], r"\b": ["", "é", " a"], r"\B": ["", "ab"], "(a)?": ["a", ""],
    "(b)": ["b"], r"\1": ["", "a", "b", "\x01"], r"\2": ["", "b", "\x02"], r"\0": ["\0"], r"\12": ["\n", "a2"],
    r"\8": ["8"], r"\x41": ["A"], r"\x4": ["x4", "\x04"], r"\u0061": ["a"], r"\u{2}": ["uu", "\x02"], r"\cJ": ["\n"],
    r"\c": [r"\c"], r"\k<x>": ["a", "k<x>"], r"\n": ["\n"], r"\-": ["-"], r"\/": ["/"], r"\.": ["."], r"\e": ["e"],
    r"\p{L}": ["p{L}", "a"], "[a-z]": ["q", "Q"], "[^a-z]": ["\n", "q"], r"[\w-]": ["-", "_"],
    r"[\d-x]": ["-", "x", "5"], "[]": ["", "]"], "[^]": ["\n"], r"[\b]": ["\x08"], r"[\s\S]": ["\n"],
    "[😀]": ["😀", "😁"], r"[^\s]": ["\x85", "\ufeff"], "[[:a:]]": ["a]", ":]"], "[a&&b]": ["&"], "&&": ["&&"],
    "#": ["#"], "/": ["/"], ",": [","], r"\Z": ["Z"], r"\A": ["A"], "(?i:": [""], "(?P<x>": [""], "++": ["+"],
    "a{1,2}": ["aa"], r"\ud83d": ["😀"], "^.$": ["😀", "x"], "^..$": ["😀"],
}  # fmt: skip
EDGES: list[tuple[Any, list[Any]]] = [
    ({"allOf": [{"properties": {"a": {}}}], "type": "object", "required": ["a"]}, [{"a": 1}, {"b": 1}, {}]),
    (
        {
            "allOf": [{"type": "object", "additionalProperties": True}],
            "properties": {"": {"properties": {}, "required": ["x"]}},
        },
        [{"x": 1, "": {}}, {"y": 1, "": {}}, {"": {}}],
    ),
    (
        {
            "allOf": [
                {
                    "type": "object",
                    "additionalProperties": {
                        "properties": {"a": {"properties": {"b": {}}}},
                        "unevaluatedProperties": False,
                    },
                }
            ]
        },
        [{"k": {"a": {"b": 1}, "a/b": 2}}, {"k": {"a": {"b": 1}}}],
    ),
    (
        {"type": "object", "additionalProperties": {"type": "object", "minProperties": 2, "properties": {"x": {}}}},
        [{"a": {"x": 1}}, {"a": {"x": 1, "y": 2}}, {"a": {"x": 1}, "b": {"x": 1, "y": 1}}],
    ),
    (
        {"properties": {"n": {"type": "object", "additionalProperties": {"type": "object", "minProperties": 2}}}},
        [{"n": {"a": {}, "b": {}}}, {"n": {"a": {"b": 1, "c": 1}}, "m": 1, "o": 2}],
    ),
    (
        {"type": "object", "additionalProperties": {"properties": {"x": {"type": "object", "maxProperties": 1}}}},
        [{"a": {"x": {}, "y": 1}}, {"a": {"x": {"z": 1, "zz": 2}}}],
    ),
    *(
        ({"type": "integer", keyword: 2**53}, [2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, 2.0**53])
        for keyword in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "const")
    ),
    ({"enum": [2**53, 1, True, "1"]}, [2**53 + 1, 1.0, True, "1", False, 0]),
    ({"enum": [0, False]}, [0, -0.0, False, "", None, True, 1]),
    ({"type": "string", "minLength": 2, "maxLength": 3}, ["😀", "😀😀", "é", "aé", "a😀", "ab😀"]),
    (
        {"properties": {"0": {"const": "a"}, "1": {"pattern": "^.$"}, "length": {"maximum": 3}}},
        ["ab", "a😀", "😀", ["a", "b"]],
    ),
    ({"type": "string", "pattern": r"^\s*(clef|clef-flash)\s*$"}, ["clef", " clef-flash\n", "clef\u2028", "xclef", ""]),
    *(
        ({"pattern": pattern}, ["a", "a\n", "aa", "b", ""])
        for pattern in ("^a$", r"(a\1)", r"\1(a)$", r"^(b)?\1a", "^.$")
    ),
    ({"pattern": "null|true|1,2|object Object|^5$"}, [None, True, [1, 2], {}, 5, 5.0, [], [None], {"toString": 1}]),
    ({"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]}, [{}, {"a": 1}, {"b": 1}, {"a": 1, "b": 1}]),
    (
        {"type": "array", "items": {"type": "array", "items": {"type": "boolean"}}},
        [[[True, True], [False]], [[]], [[1]]],
    ),
    ({"oneOf": [{"type": "array", "items": {"type": "boolean"}}]}, [[True], [True, True], [], [1], "a", None]),
    ({"const": {"a": 1}}, [{"a": 1}, {}, []]),
    ({"const": None}, [None, 0, False, ""]),
    ({"type": "object"}, [{}, [], None, "a", 1]),
    (
        {"items": {"type": "string"}, "type": "array"},
        [{"b": "x", "10": "x", "9": 1}, ["a", 1], ["a", None, {}], [None, 1]],
    ),
]
