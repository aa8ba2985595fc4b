"""Finding the string that a property's name and description ask for: a place, a person, a message, an id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mock_server.text import instructions, moments, writing
from mock_server.text.places import CAPITALS, CITIES
from mock_server.text.schema_data import NOTHING
from mock_server.text.words import ASKING, EDGES, QUOTED, STOP, parts_of_text, quotations, words

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"\b[a-z][a-z0-9+.-]{0,20}://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]]", re.I)
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I)
IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_PHONE = re.compile(r"(?<![\w-])\+?\d[\d ()-]{6,16}\d(?![\w-])")
_FILE = re.compile(r"(?<![\w@./-])(?:\.{0,2}~?/)?[\w-]++(?:[/.][\w-]+)*\.[A-Za-z][A-Za-z0-9]{0,4}\b|(?<!\w)~?/[\w./-]+")
_CODE = re.compile(r"#?\b(?=[\w-]{0,24}\d)[A-Za-z]{0,6}[-_]?\d[\w-]*\b")
_ROOM = re.compile(
    r"\b(?:(?:living|dining|bed|bath|meeting)[ -]?room|kitchen|office|garage|hall(?:way)?|"
    r"garden|basement|attic|porch)\b",
    re.I,
)
CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’-]*(?:\.(?= [A-Z]))?"
_PROPER = re.compile(rf"(?<![\w.]){CAPITAL}(?:(?: (?:de|del|la|of|the|van|von))? {CAPITAL})*")
PLACES = re.compile(
    r"\b(?=[A-Z])("
    + "|".join(sorted(map(re.escape, {*CITIES, *CAPITALS}), key=len, reverse=True))
    + r")(?![\w])(?:, ?("
    + CAPITAL
    + r"))?"
)
_LANGUAGES = {
    "english": "en",
    "spanish": "es",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "portuguese": "pt",
    "dutch": "nl",
    "polish": "pl",
    "russian": "ru",
    "chinese": "zh",
    "japanese": "ja",
    "korean": "ko",
    "arabic": "ar",
    "hindi": "hi",
    "turkish": "tr",
    "swedish": "sv",
}
_CURRENCIES = {
    "dollar": "USD",
    "dollars": "USD",
    "$": "USD",
    "euro": "EUR",
    "euros": "EUR",
    "€": "EUR",
    "pound": "GBP",
    "pounds": "GBP",
    "£": "GBP",
    "yen": "JPY",
    "¥": "JPY",
    "francs": "CHF",
    "rupees": "INR",
    "bitcoin": "BTC",
}
_COLOURS = frozenset(
    "red blue green yellow orange purple pink brown black white grey gray turquoise "
    "violet cyan magenta gold silver beige".split()
)
_NOT_NAMES = frozenset(
    """i i'm i'd i'll i've the a an what what's when where which who why how is are do does did can could would please
    call send get find search book create make add set show tell give write use check look translate convert calculate
    schedule remind email hi hello hey and or but if in on at to for from with my your our their this that these those
    monday tuesday wednesday thursday friday saturday sunday json api url id extract return reply answer generate list
    january february march april may june july august september october november december
    also then today tomorrow yesterday weather flight flights order dear thanks note subject should will may it he she
    we they you there here no yes not new delete update read open play turn let user customer name""".split()
)
_BODY = r"message|body|content|text|note|comment|input|sentence|paragraph|string"
_FREE = r"query|search|q$|question|keyword|term|topic|prompt|about|phrase|what|instruction|request|task"


class Wish(NamedTuple):
    """What is looked for. name: of the property, in snake case. about: its name and description in lower case.
    texts: all that was said; text: where to look now. used: values that went elsewhere. eager: guesses are welcome."""

    name: str
    about: str
    schema: Mapping[str, Any]
    text: str
    texts: Sequence[str]
    used: frozenset[str]
    eager: bool

    def first(self, candidates: Iterable[str]) -> Any:
        """The first candidate that is not used yet, or NOTHING."""
        return next((candidate for candidate in candidates if candidate not in self.used), NOTHING)


def find(wish: Wish) -> Any:
    """The string for a property, or NOTHING."""
    form = wish.schema.get("format", "")
    for names, pattern in _PATTERNS:
        if names.search(form) or names.search(wish.name):
            return wish.first(match.group() for match in pattern.finditer(wish.text))
    if form in ("date", "date-time", "time") or _MOMENT.search(wish.name):
        return _moment(wish, form)
    if form and form not in ("city", "name", "phone"):
        return NOTHING
    for subject, names, look, final in _KINDS:
        if names.search(wish.about if subject == "about" else wish.name):
            value = look(wish)
            if final or value is not NOTHING:
                return value
    return NOTHING


def coordinated(text: str) -> list[str]:
    """The parts of the first enumeration of names, numbers or quotations: "Paris, Rome and Oslo" -> these three."""
    unit = rf"(?:\"[^\"]+\"|'[^']+'|{CAPITAL}(?: {CAPITAL})*|#?\d[\w-]*)"
    found = re.search(rf"({unit}(?:, {unit})*,? (?:and|&|or) {unit})", text)
    if not found:
        return []
    parts = [part.strip() for part in re.split(r",? (?:and|&|or) |, ", found.group(1))]
    return parts if all(part.split()[0].lower() not in _NOT_NAMES for part in parts if part) else []


def people(text: str) -> list[str]:
    """Names of people, those first that are introduced as such."""
    named = re.search(
        r"(?:\b(?:name is|named|called|I am|I'm|this is|contact|ask|tell|invite|for|to|with|by|from) )"
        rf"({CAPITAL}(?: {CAPITAL})*)",
        text,
    )
    found = [named.group(1)] if named else []
    found += [match.group() for match in _PROPER.finditer(text)]
    names: list[str] = []
    for person in found:
        parts = person.strip(EDGES).split()
        while parts and parts[0].lower() in _NOT_NAMES:
            parts = parts[1:]
        name = " ".join(parts).removesuffix("'s")
        if name and not PLACES.fullmatch(name) and name.lower() not in _NOT_NAMES and name not in names:
            names.append(name)
    return names


def _moment(wish: Wish, form: str) -> Any:
    name, text = wish.name, wish.text
    times = moments.times(text)
    if form == "time" or (re.search(r"(?:^|_)time$", name) and form != "date-time" and "date" not in name):
        return NOTHING if not times else f"{times[0]}:00Z" if form == "time" else times[0]
    day = wish.first(moments.days(text, wish.texts))
    if form == "date-time" or name.endswith("_at"):
        return NOTHING if day is NOTHING else f"{day}T{times[0] if times else '00:00'}:00Z"
    if day is not NOTHING or form:
        return day
    if (relative := moments.relative(text)) is not None:
        return relative
    return times[0] if times and name in ("when", "start", "end") else NOTHING


def _phone(wish: Wish) -> Any:
    return wish.first(match.group().strip() for match in _PHONE.finditer(wish.text))


def _language(wish: Wish) -> Any:
    for word in words(wish.text):
        if word in _LANGUAGES:
            short = "code" in wish.about or "iso" in wish.about or wish.schema.get("maxLength", 9) < 4
            return _LANGUAGES[word] if short else word.title()
    return NOTHING


def _currency(wish: Wish) -> Any:
    if "currency" not in wish.about:
        return NOTHING
    found = [match.group() for match in re.finditer(r"\b[A-Z]{3}\b", wish.text)]
    found = found or [
        _CURRENCIES[word] for word in re.findall(r"[a-z]+|[$€£¥]", wish.text.lower()) if word in _CURRENCIES
    ]
    if re.search("to|target|quote", wish.name) and len(found) > 1:
        return found[1]
    return wish.first(found)


def _colour(wish: Wish) -> Any:
    return wish.first(word for word in words(wish.text) if word in _COLOURS)


def _expression(wish: Wish) -> Any:
    found = instructions.value_of_sum(wish.text)
    return found[0] if found else NOTHING


def _file(wish: Wish) -> Any:
    if "profile" in wish.name:
        return NOTHING
    return wish.first(match.group() for match in _FILE.finditer(wish.text) if "@" not in match.group())


def _code(wish: Wish) -> Any:
    name, text = wish.name, wish.text
    head = "|".join(re.escape(part) for part in name.split("_")[:-1]) or re.escape(name)
    found = re.search(
        rf"\b(?:{head})s?\b(?:\s+(?:id|number|no\.?|code|ref(?:erence)?|with|is))*"
        r"\s*[:#]?\s*#?((?=[\w-]*\d)[\w-]+)",
        text,
        re.I,
    )
    if found:
        return found.group(1)
    if re.search("symbol|ticker", name):
        return wish.first(match.group() for match in re.finditer(r"\b[A-Z]{2,5}\b", text))
    if re.search("country|lang", name):
        return NOTHING
    return wish.first(m.group().lstrip("#") for m in _CODE.finditer(text) if not moments.is_moment(m.group()))


def _place(wish: Wish) -> Any:
    name, text = wish.name, wish.text
    known = [
        match.group() if match.group(2) and name != "country" else match.group(1) for match in PLACES.finditer(text)
    ]
    if "country" in name:
        known = [place for place in known if place in CAPITALS]
    for wanted, lead in (("origin|from|depart|source|start", "from"), ("destination|^to$|arriv|target|end", "to")):
        if re.search(wanted, name) and (found := re.search(rf"\b{lead} ({CAPITAL}(?: {CAPITAL})*)", text)):
            return found.group(1).strip(EDGES)
    first = wish.first(known)
    if first is not NOTHING:
        return first
    found = re.search(rf"\b(?:in|at|for|near|around|to|from|of) (?:the city of )?({CAPITAL}(?:[ ,]+{CAPITAL})*)", text)
    if found and found.group(1).split()[0].lower() not in _NOT_NAMES and found.group(1) not in wish.used:
        return found.group(1).strip(EDGES)
    found = re.search(
        r"\b(?:weather|temperature|forecast|time|rain\w*|snow\w*) (?:like )?(?:in|at|for|of) "
        r"([a-z][\w'-]+(?: [a-z][\w'-]+)?)",
        text,
    )
    if found and found.group(1).split()[0] not in STOP:
        parts = [word for word in found.group(1).split() if word not in STOP and word not in ASKING]
        return " ".join(parts).title() if parts else NOTHING
    return NOTHING


def _described_place(wish: Wish) -> Any:
    return NOTHING if re.search(rf"{_FREE}|{_BODY}", wish.name) else _place(wish)


def _room(wish: Wish) -> Any:
    return wish.first(match.group().lower() for match in _ROOM.finditer(wish.text))


def _unit(wish: Wish) -> Any:
    found = re.search(r"\b(celsius|fahrenheit|kelvin|metric|imperial|km|kilometers|miles|kg|pounds)\b", wish.text, re.I)
    return found.group().lower() if found else NOTHING


def _free(wish: Wish) -> Any:
    quoted = wish.first(quotations(wish.text))
    if quoted is not NOTHING:
        return quoted
    found = re.search(
        r"\b(?:for|about|on|regarding|concerning)\s+(?:information (?:about|on) )?(.+?)(?:[.?!](?:\s|$)|\n|$)",
        wish.text,
        re.I,
    )
    if found and not re.match(r"(?:me|us|it|that|today|tomorrow)\b", found.group(1), re.I):
        return found.group(1).strip(" '\"")
    plain = re.sub(
        r"^(?:please |can you |could you |would you |i want to |i need to |i'd like to )*"
        r"(?:search|find|look up|google|query|show me|tell me|get|fetch|retrieve)?\s*(?:the web |online )?(?:for )?",
        "",
        next(iter(wish.text.strip().splitlines()), ""),
        flags=re.I,
    )
    return plain.strip().rstrip("?.!") or NOTHING


def _body(wish: Wish) -> Any:
    text = wish.text
    if unused := [each for each in quotations(text) if each not in wish.used]:
        return max(unused, key=len)
    for pattern in _MESSAGES:
        if found := pattern.search(text):
            return found.group(1).strip().rstrip(".") or NOTHING
    return NOTHING


def _title(wish: Wish) -> Any:
    text = wish.text
    if re.search(r"person|first|last|full|user|customer|people", wish.about):
        return NOTHING
    for match in QUOTED.finditer(text):
        quoted = next(filter(None, match.groups()))
        if quoted not in wish.used and not _QUOTES_SPEECH.search(text[: match.start()]):
            return quoted
    for pattern in _TITLES:
        if found := pattern.search(text):
            return found.group(1).strip()
    if not wish.eager:
        return NOTHING
    said = re.search(r"\b(?:that|saying|says)\W+(.+)", text)
    topic = writing.subject_of(*parts_of_text(EMAIL.sub("", said.group(1) if said else text))).topic
    return topic[:1].upper() + topic[1:] or NOTHING


def _firm(wish: Wish) -> Any:
    found = re.search(rf"\b(?:at|for|from|by|with|joined) ({CAPITAL}(?: {CAPITAL})*)", wish.text)
    return found.group(1) if found and not PLACES.fullmatch(found.group(1)) else NOTHING


def _capital(wish: Wish) -> Any:
    return wish.first(CAPITALS[m.group(1)] for m in PLACES.finditer(wish.text) if m.group(1) in CAPITALS)


def _person(wish: Wish) -> Any:
    names = people(wish.text)
    if re.search(r"first|given", wish.name):
        names = [name.split()[0] for name in names]
    elif re.search(r"last|sur|family", wish.name):
        names = [name.split()[-1] for name in names if " " in name]
    return wish.first(names)


def _any(wish: Wish) -> Any:
    """A quotation, or the word that goes with the property's name: "a large size", "size large"."""
    quoted = wish.first(quotations(wish.text))
    if quoted is not NOTHING:
        return quoted
    last = re.escape(wish.name.rsplit("_", maxsplit=1)[-1])
    for pattern in (rf"(?<![\w-])([\w-]{{1,30}}) {last}\b", rf"\b{last} ([\w-]{{1,30}})"):
        found = re.search(pattern, wish.text, re.I)
        if found and found.group(1).lower() not in STOP and found.group(1).lower() not in ASKING:
            return found.group(1)
    return NOTHING


_PATTERNS = (
    (re.compile(r"(?:^|_|-)e_?-?mail"), EMAIL),
    (re.compile(r"(?:^|_)(?:ur[il]|link|website|webpage)"), URL),
    (re.compile(r"(?:^|_)(?:uuid|guid)"), UUID),
    (re.compile(r"(?:^|_)ip(?:$|_|v)"), IP),
)
_MOMENT = re.compile(
    r"(?:^|_)(?:date|day|when|deadline|due|birthday|check_?in|check_?out|start|end|since|until|depart|return)(?:$|_)"
    r"|_at$|(?:^|_)time$"
)
_MESSAGES = (
    re.compile(
        r"(?:\b(?:saying|that says|says|telling (?:him|her|them)(?: that)?|to say|with the (?:message|text|body))|:)"
        r"\s+(.+)",
        re.I | re.S,
    ),
    re.compile(r"\b(?:that|about)\s+(.+?)(?:[.?!](?:\s|$)|$)", re.I | re.S),
    re.compile(
        r"^\s*(?:please )?(?:translate|summari[sz]e|analy[sz]e|echo|repeat|encode|classify)\s+(.+?)"
        r"(?:\s+(?:in)?to \w+)?[.?!]*$",
        re.I | re.S,
    ),
)
_QUOTES_SPEECH = re.compile(r"(?:say(?:s|ing)?|body|message|text|content|that|tell\w*)\W*$", re.I)
_TITLES = (
    re.compile(
        r"\b(?:called|titled|named|entitled|subject|remind me to|reminder to|about)\s+(.+?)"
        r"(?:[,.?!](?:\s|$)|\s(?:at|on|for|in|from|with|today|tomorrow|next)\b|$)",
        re.I,
    ),
    re.compile(
        r"\b(?:schedule|book|create|add|set up|plan|arrange) (?:an? |the |my )?(?:new )?(.+?)"
        r"(?:[,.?!](?:\s|$)|\s(?:at|on|for|in|from|with|tomorrow|next|called|to)\b|$)",
        re.I,
    ),
)
_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[Wish], Any], bool], ...] = tuple(
    # where to look, for what, who finds the value, and whether nobody else is asked after that
    (subject, re.compile(names), look, final)
    for subject, names, look, final in (
        ("name", r"phone|mobile|^tel", _phone, True),
        ("name", r"language|locale|lang(?:$|_)", _language, True),
        ("name", r"currency|^(?:from|to|base|target|source)$", _currency, False),
        ("name", r"colou?r", _colour, True),
        ("name", r"expression|formula|equation|calculation|math", _expression, True),
        ("name", r"file|path|directory", _file, False),
        ("name", r"(?:^|_)(?:id|ref|sku)$", _code, True),
        ("name", r"(?:^|_)(?:reference|code|number|no|ticket|order|invoice|key|symbol|ticker)$", _code, False),
        (
            "name",
            r"city|location|place|destination|origin|country|town|region|address|airport|venue|where|state|from$|to$",
            _place,
            False,
        ),
        ("about", r"\bcity\b|\blocation\b", _described_place, False),
        ("name", r"room|zone", _room, True),
        ("name", r"unit", _unit, True),
        ("name", _FREE, _free, True),
        ("name", _BODY, _body, True),
        ("name", r"^name$", _person, False),
        ("name", r"company|organi[sz]ation|employer|vendor|brand|firm", _firm, True),
        ("name", r"^capital$", _capital, True),
        ("name", r"title|subject|heading|label|summary|event|reminder|^name$", _title, False),
        (
            "name",
            r"name|person|recipient|author|customer|contact|attendee|user|assignee|owner|sender|guest|employee|friend",
            _person,
            True,
        ),
        ("name", r"", _any, True),
    )
)
