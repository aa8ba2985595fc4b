"""Doing what a simple instruction says: reply with X, repeat, count, sum, sort, reverse, list, classify, choose."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from datetime import date

from mock_server.text.places import CAPITALS, capital_of
from mock_server.text.words import QUOTED, quotations
from mock_server.text.writing import Subject, advance, pick

NUMBERS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"a dozen": 12, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "a couple": 2, "a few": 3, "several": 4}
_NUMBER = r"(\d{1,3}|" + "|".join(NUMBERS) + r")"
_VERB = r"(?:reply|respond|answer|say|output|return|write|print|type|send)"
_ONLY = r"(?:only|exactly|just|simply|nothing but|verbatim|literally)"
_EXACT = (  # whether what follows may turn out to be a manner ("in French"), and how the wish is worded
    (
        False,
        re.compile(
            rf"\b{_VERB}(?: to (?:me|this|that))?(?: back)?\s*(?:{_ONLY}\s*)*(?:with\s*)"
            rf"?(?:{_ONLY}\s*)*(?:(?:with|this|the following|the|one|single|exact|a)\s*)*(?:words?|"
            rf"phrase|text|string|sentence|token|message)?(?: back)?(?: to me)?(?: and nothing "
            rf"else)?\s*:\s*(.+)",
            re.I | re.S,
        ),
    ),
    (
        True,
        re.compile(
            rf"\b{_VERB} (?:back )?(?:{_ONLY} )+(?:with )?(?:the |a |this |one |single )*(?:words?|"
            rf"phrase|text|string|token)?\s*(.+)",
            re.I,
        ),
    ),
    (
        True,
        re.compile(
            rf"\b{_VERB} (?:back )?with (?:{_ONLY} )*(?:the |a |this |one |single |exact )"
            rf"+(?:words?|phrase|text|string|token)\s+(.+)",
            re.I,
        ),
    ),
    (True, re.compile(rf"\b{_VERB} (?:back )?with (?:{_ONLY} )*((?:[\"“'‘`]).+)", re.I)),
    (True, re.compile(r"^(?:please )?(?:just )?(?:reply|respond|answer) with ([\w-]{1,20})[.!]?$", re.I)),
    (True, re.compile(rf"^{_ONLY} (?:reply|respond|answer|say|output) (?:with )?(?:the word )?(.+)", re.I)),
    (
        False,
        re.compile(
            r"^(?:please |now |can you |could you )?(?:just )?say (?:the words? )?(?!something|a |"
            r"an |more|anything|how|what|why|if)(.{1,80})$",
            re.I,
        ),
    ),
    (
        False,
        re.compile(
            r"^(?:please )?(?:repeat|echo)(?: after me| back(?: to me)?| the following| this| "
            r"exactly| verbatim)*\s*(?:[:,]\s*|\s+)(.+)",
            re.I | re.S,
        ),
    ),
)
_TRAILER = re.compile(
    r"(?<!\s)[,;]?\s*+(?:(?:and|with|or) )?(?:nothing else|no other (?:text|words)|nothing more|"
    r"no (?:extra )?(?:punctuation|explanation)"
    r"|without (?:any )?(?:punctuation|explanation|quotes)|if you (?:can )?(?:hear|read|"
    r"see|understand).*|please|to me)[.!]?$",
    re.I,
)
_KIND_OF_ANSWER = re.compile(
    r"^(?:in |with |by |a |an |one |two |three |the |your |my |yes or no|json|valid|if |"
    r"when |using |about |that |to |for )",
    re.I,
)  # "answer in French" asks for a manner, not for the word "in"
_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_SUM = re.compile(r"(?<![\w.,(-])[-(]*+\d[\d.,]*+(?:\s*+(?:\*\*|[-+*/^x×÷−]|mod)\s*+[-(]*+\d[\d.,]*+\)*+)+", re.I)
_SPOKEN = (
    (re.compile(r"(?<![\d.,])(-?\d[\d.,]*+)\s+(?:plus|added to)\s+(-?\d[\d.,]*+)", re.I), "+"),
    (re.compile(r"(?<![\d.,])(-?\d[\d.,]*+)\s+(?:minus|less)\s+(-?\d[\d.,]*+)", re.I), "-"),
    (re.compile(r"(?<![\d.,])(-?\d[\d.,]*+)\s+(?:times|multiplied by)\s+(-?\d[\d.,]*+)", re.I), "*"),
    (re.compile(r"(?<![\d.,])(-?\d[\d.,]*+)\s+(?:divided by|over)\s+(-?\d[\d.,]*+)", re.I), "/"),
    (re.compile(r"\badd (-?\d[\d.,]*+)\s+(?:and|to)\s+(-?\d[\d.,]*+)", re.I), "+"),
    (re.compile(r"\bsum of (-?\d[\d.,]*+)\s+and\s+(-?\d[\d.,]*+)", re.I), "+"),
    (re.compile(r"\bmultiply (-?\d[\d.,]*+)\s+(?:and|by|with)\s+(-?\d[\d.,]*+)", re.I), "*"),
    (re.compile(r"\bproduct of (-?\d[\d.,]*+)\s+and\s+(-?\d[\d.,]*+)", re.I), "*"),
    (re.compile(r"\bdivide (-?\d[\d.,]*+)\s+by\s+(-?\d[\d.,]*+)", re.I), "/"),
    (re.compile(r"(?<![\d.,])(-?\d[\d.,]*+)\s+to the power of\s+(-?\d[\d.,]*+)", re.I), "**"),
)
_PERCENT = re.compile(r"(?<![\d.])(\d[\d.]*+)\s*+(?:%|percent)\s+of\s+(\d[\d.,]*)", re.I)
_ROOT = re.compile(r"square root of\s+(\d[\d.,]*)", re.I)
_COUNT_TO = re.compile(rf"\bcount (?:from {_NUMBER} )?(?:up |down )?to {_NUMBER}", re.I)
_HOW_MANY_IN = re.compile(
    r"how many (?:times does )?(?:the )?(?:letter )?[\"'“]?(words|characters|letters|"
    r"vowels|\w+?)[\"'”]?(?:'?s)? (?:are (?:there )?in|(?:does )?.*?\b(?:in|appear in|"
    r"occur in))\s+(?:the )?(?:word |phrase |sentence |text |string )?[:\s]*(.+)",
    re.I | re.S,
)
_CASE = re.compile(r"\b(?:upper ?-?case|all caps|capital letters|capitali[sz]e|lower ?-?case|title ?-?case)\b", re.I)
_LIST = re.compile(
    rf"\b(?:list|name|give(?: me)?|tell me|suggest|write|provide|what are|generate|show(?: "
    rf"me)?|need|top|find me)\b[^.?!\n]{{0,24}}?\b{_NUMBER}\s+(?:of )?(?:the )?"
    r"(?!sentences?\b|words?\b|lines?\b|paragraphs?\b|minutes?\b|times?\b|stanzas?\b|page|percent|%)([^.?!\n:,]{2,60})",
    re.I,
)
_ITEMS = {
    "colo": (
        "Red",
        "Blue",
        "Green",
        "Yellow",
        "Orange",
        "Purple",
        "Pink",
        "Brown",
        "Black",
        "White",
        "Grey",
        "Turquoise",
    ),
    "fruit": (
        "Apple",
        "Banana",
        "Orange",
        "Grape",
        "Mango",
        "Pear",
        "Cherry",
        "Pineapple",
        "Peach",
        "Kiwi",
        "Plum",
        "Melon",
    ),
    "vegetable": (
        "Carrot",
        "Tomato",
        "Potato",
        "Onion",
        "Spinach",
        "Pepper",
        "Broccoli",
        "Cucumber",
        "Leek",
        "Cabbage",
    ),
    "animal": (
        "Dog",
        "Cat",
        "Horse",
        "Elephant",
        "Fox",
        "Owl",
        "Dolphin",
        "Tiger",
        "Rabbit",
        "Bear",
        "Penguin",
        "Otter",
    ),
    "planet": ("Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"),
    "programming": ("Python", "JavaScript", "Rust", "Go", "Java", "C++", "TypeScript", "Ruby", "Kotlin", "Swift"),
    "language": (
        "English",
        "Spanish",
        "French",
        "German",
        "Mandarin",
        "Hindi",
        "Arabic",
        "Portuguese",
        "Japanese",
        "Swahili",
    ),
    "countr": tuple(CAPITALS),
    "capital": tuple(CAPITALS.values()),
    "cit": (
        "Paris",
        "Tokyo",
        "Cairo",
        "Lima",
        "Oslo",
        "Nairobi",
        "Lisbon",
        "Seoul",
        "Toronto",
        "Sydney",
        "Rome",
        "Vienna",
    ),
    "prime": ("2", "3", "5", "7", "11", "13", "17", "19", "23", "29", "31", "37"),
    "month": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "season": ("Spring", "Summer", "Autumn", "Winter"),
    "name": ("Ada", "Milo", "Nora", "Felix", "Iris", "Theo", "Clara", "Hugo", "Maya", "Oscar", "Lena", "Noah"),
    "ingredient": ("Tomatoes", "Onion", "Garlic", "Olive oil", "Salt", "Black pepper", "Basil", "Vegetable stock"),
    "element": ("Hydrogen", "Helium", "Carbon", "Nitrogen", "Oxygen", "Neon", "Sodium", "Iron", "Copper", "Gold"),
}
_ASPECTS = (
    "Start with the purpose of {0}",
    "Compare two kinds of {0}",
    "Check the cost of {0}",
    "Ask someone who knows {0}",
    "Try a small version of {0}",
    "Write down what {0} should achieve",
    "Set a date to review {0}",
    "Look at {0} from the other side",
    "Keep the simplest form of {0}",
    "Share what you learn about {0}",
    "Measure {0} before changing it",
    "Give {0} a fixed place in the week",
)
_OPTIONS = re.compile(
    r"(?:\bas\b|\b(?:one of|either|categories|classes|labels|options)\b)"
    r"[^\w\n]*((?:[\w-]+(?:, ?| or |/|, or |, and | and )){1,8}[\w-]+)",
    re.I,
)
_GOOD = frozenset(
    "love loved great good excellent amazing wonderful happy best fantastic perfect "
    "enjoyed nice awesome brilliant pleased delightful superb friendly recommend fast "
    "helpful like".split()
)
_BAD = frozenset(
    "hate hated bad terrible awful horrible worst poor disappointing disappointed broken "
    "slow sad angry useless annoying refund rude boring ugly waste never fails failed "
    "not".split()
)


def exact_reply(text: str) -> str | None:
    """The words that the user asks to get back, or None: "Reply exactly with: Hello!" -> "Hello!"."""
    for doubtful, pattern in _EXACT:
        found = pattern.search(text)
        if not found:
            continue
        wanted = found.group(1).strip()
        if quoted := QUOTED.match(wanted):
            return str(next(filter(None, quoted.groups())))
        if doubtful and _KIND_OF_ANSWER.match(wanted):
            continue
        wanted = wanted.split("\n\n")[0]
        wanted = (wanted[:-150] + _TRAILER.sub("", _TRAILER.sub("", wanted[-150:]))).strip()
        if not wanted:
            continue
        if doubtful and wanted.endswith(".") and wanted.count(".") == 1:
            wanted = wanted[:-1]
        return wanted
    return None


def value_of_sum(text: str) -> tuple[str, str] | None:
    """(expression, value) of an arithmetic question, or None: "What is 12 times 7?" -> ("12 * 7", "84")."""
    if found := _PERCENT.search(text):
        share, whole = found.groups()
        return f"{share}% of {whole}", _written(_number(share) * _number(whole) / 100)
    if found := _ROOT.search(text):
        return f"the square root of {found.group(1)}", _written(math.sqrt(_number(found.group(1))))
    for pattern, sign in _SPOKEN:
        if found := pattern.search(text):
            return _evaluated(f"{_plain(found.group(1))} {sign} {_plain(found.group(2))}")
    found = _SUM.search(text)
    if not found or _is_date(found.group()):
        return None
    expression = found.group().strip().replace("×", "*").replace("÷", "/").replace("−", "-").replace("^", "**")
    expression = re.sub(r"(?<=[\d\s)])[xX](?=[\s\d(])", "*", expression)
    expression = re.sub(r"(?<=\d),(?=\d{3})", "", expression).rstrip(".,").replace("mod", "%")
    expression += ")" * (expression.count("(") - expression.count(")"))
    return _evaluated(
        " ".join(re.findall(r"\*\*|//|[-+*/%()]|[\d.]+", expression)).replace("( ", "(").replace(" )", ")")
    )


def answer_sum(text: str) -> str | None:
    """The answer to an arithmetic question as a sentence, or as a bare number where only that is wanted."""
    found = value_of_sum(text)
    if not found:
        return None
    expression, value = found
    if re.search(
        r"\b(?:only|just|nothing but)\b[^.]*\b(?:number|result|value|answer|digits?)\b|"
        r"\b(?:number|result|value|answer|digits?) only\b",
        text,
        re.I,
    ):
        return value
    return f"{expression.replace('**', '^')} = {value}"


def count_up(text: str) -> str | None:
    """ "Count to five" -> "1, 2, 3, 4, 5"."""
    found = _COUNT_TO.search(text)
    if not found:
        return None
    first, last = to_int(found.group(1) or "1"), to_int(found.group(2))
    step = 1 if last >= first else -1
    numbers = [str(n) for n in range(first, last + step, step)][:200]
    joint = "\n" if "line" in text.lower() else ", "
    return joint.join(numbers)


def count_in(text: str) -> str | None:
    """How many letters, words, characters or occurrences a given text has, or None."""
    found = _HOW_MANY_IN.search(text)
    if not found:
        return None
    what, where = found.group(1).lower(), found.group(2).strip().rstrip("?").strip()
    if quoted := quotations(where):
        where = quoted[0]
    elif what not in ("words", "characters", "letters", "vowels") and (len(what) > 1 or " " in where):
        return None
    if what == "words":
        number = len(where.split())
    elif what == "characters":
        number = len(where)
    elif what == "letters":
        number = sum(c.isalpha() for c in where)
    elif what == "vowels":
        number = sum(c in "aeiouAEIOU" for c in where)
    else:
        return f'The letter "{what}" appears {_times(where.lower().count(what))} in "{where}".'
    return f'There are {number} {what} in "{where}".' if number != 1 else f'There is 1 {what[:-1]} in "{where}".'


def transform(text: str) -> str | None:
    """A given text in another case, reversed or sorted, or None."""
    lowered = text.lower()
    if "reverse" in lowered or "backwards" in lowered:
        given = _given(text) or next(iter(re.findall(r"(?:word|string|text|letters of)\s+(\w+)", text, re.I)), "")
        return given[::-1] or None
    if "sort" in lowered or "alphabetical" in lowered:
        after = re.search(r":\s*(.+)", text, re.S)
        items = [part.strip(" .\n") for part in re.split(r",|\n| and ", after.group(1))] if after else []
        items = [item for item in items if item]
        if len(items) < 2:
            return None
        numeric = all(re.fullmatch(r"-?\d+(?:\.\d+)?", item) for item in items)
        items.sort(key=(lambda item: (float(item), "")) if numeric else (lambda item: (0.0, item.lower())))
        return ", ".join(reversed(items) if "descending" in lowered or "reverse" in lowered else items)
    given, found = _given(text), _CASE.search(text)
    if not given or not found:
        return None
    how = found.group().lower()
    return given.lower() if how.startswith("lower") else given.title() if how.startswith("title") else given.upper()


def _given(text: str) -> str:
    """The text that an instruction is about: what is quoted, or what comes after the colon."""
    after = re.search(r":\s*(.+)", text, re.S)
    return next(iter(quotations(text)), after.group(1).strip() if after else "")


def items_of(text: str, subject: Subject, state: int) -> list[str] | None:
    """The entries of a list that the user asks for with a number ("list five fruits"), or None."""
    found = _LIST.search(text)
    if not found:
        return None
    number = min(to_int(found.group(1)), 50)
    what = found.group(2).strip()
    return entries(what, number, subject, state) if number else None


def entries(what: str, number: int, subject: Subject, state: int) -> list[str]:
    """`number` different entries for a list of `what`: real ones where the kind is known."""
    lowered = what.lower()
    known = next((items for key, items in _ITEMS.items() if re.search(rf"\b{key}", lowered)), None)
    if known and len(known) >= number:
        start = (
            0
            if known in (_ITEMS["planet"], _ITEMS["prime"], _ITEMS["month"], _ITEMS["day"])
            else (state >> 33) % len(known)
        )
        return [known[(start + i) % len(known)] for i in range(number)]
    topic = (
        re.sub(
            r"^(?:\w+ )?(?:ideas?|tips?|ways?|reasons?|facts?|things?|examples?|benefits?|steps?|"
            r"advantages?|names?)(?: (?:for|of|to|about|on|why|how))*\s*",
            "",
            what,
            flags=re.I,
        )
        or subject.topic
        or what
    )
    start = (state >> 33) % len(_ASPECTS)
    made = [_ASPECTS[(start + i) % len(_ASPECTS)].format(topic) for i in range(number)]
    return [f"{entry}, part {i // len(_ASPECTS) + 1}" if i >= len(_ASPECTS) else entry for i, entry in enumerate(made)]


def classify(text: str) -> str | None:
    """The label that fits a text best, of those the user names ("as positive, negative or neutral"), or None."""
    found = _OPTIONS.search(text)
    if not found:
        return None
    labels = [label for label in re.split(r", (?:or |and )?|,| or | and |/", found.group(1)) if label]
    lowered = [label.lower() for label in labels]
    subject = (text[: found.start()] + " " + text[found.end() :]).lower()
    said = re.findall(r"[a-z']+", subject)
    if "positive" in lowered and "negative" in lowered:
        mood = sum(word in _GOOD for word in said) - sum(word in _BAD or word.endswith("n't") for word in said)
        if mood == 0:
            return labels[lowered.index("neutral")] if "neutral" in lowered else labels[lowered.index("negative")]
        return labels[lowered.index("positive" if mood > 0 else "negative")]
    best = max(range(len(labels)), key=lambda i: (sum(word.startswith(lowered[i][:5]) for word in said), -i))
    return labels[best]


def choice(text: str, state: int) -> str | None:
    """One side of a question of the kind "tea or coffee?", or None."""
    found = re.search(r"([\w-]+(?: [\w-]+)?) or ([\w-]+(?: [\w-]+)?)\s*\?", text)
    if not found or "yes or no" in text.lower():
        return None
    chosen = pick(advance(state), (found.group(1).split()[-1], found.group(2).split()[0]))
    return f"I would choose {chosen}: it is the option that is easier to live with in the long run."


def capital(text: str) -> str | None:
    """The capital of the country that the user asks about, or None."""
    found = re.search(r"capital (?:city )?of (?:the )?([A-Za-z][A-Za-z .]*[A-Za-z])", text)
    named = found.group(1).split() if found else []
    for length in range(min(3, len(named)), 0, -1):
        known = capital_of(" ".join(named[:length]))
        if known:
            return f"The capital of {known[0]} is {known[1]}."
    return None


def to_int(word: str) -> int:
    """A number in digits or as a word; 0 for anything else."""
    return int(word) if word.isdecimal() else NUMBERS.get(word.lower(), 0)


def _number(text: str) -> float:
    return float(_plain(text))


def _plain(text: str) -> str:
    return text.replace(",", "").rstrip(".") or "0"


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return bool(re.fullmatch(r"\d{3}-\d{3,4}(?:-\d{4})?|\d{4}-\d{2}|\d{1,2}/\d{1,2}/\d{2,4}", text.strip()))
    return True


def _evaluated(expression: str) -> tuple[str, str] | None:
    try:
        value = _value(ast.parse(expression, mode="eval").body)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return None
    except ZeroDivisionError:
        return expression, "undefined, because nothing can be divided by zero"
    return expression, _written(value)


def _value(node: ast.AST) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and (abs(right) > 64 or abs(left) > 10**6):
            raise OverflowError
        return _OPERATORS[type(node.op)](left, right)
    raise ValueError


def _written(value: float) -> str:
    if isinstance(value, complex):
        return "not a real number"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
