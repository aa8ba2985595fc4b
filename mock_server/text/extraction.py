"""Finding values for named properties in what was said: numbers, dates, places, people, quotations, ids, lists.

No clock is asked: "tomorrow" becomes a date only when the conversation says which day it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import orjson

from mock_server.text import instructions, writing
from mock_server.text.fake_values import snake
from mock_server.text.places import CAPITALS, CITIES
from mock_server.text.schema_data import NOTHING, Path
from mock_server.text.words import ASKING, EDGES, STOP, parts_of_text, stem, words

_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|`([^`\n]+)`|(?<![\w'])'([^'\n]+)'(?!\w)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]]", re.I)
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I)
_IP = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_PHONE = re.compile(r"(?<![\w-])\+?\d[\d ()-]{6,16}\d(?![\w-])")
_FILE = re.compile(r"(?<![\w@])(?:~?/)?[\w-]+(?:[/.][\w-]+)*\.[A-Za-z][A-Za-z0-9]{0,4}\b|(?<!\w)~?/[\w./-]+")
_CODE = re.compile(r"#?\b(?=[\w-]*\d)[A-Za-z]{0,6}[-_]?\d[\w-]*\b")
_NUMBER = re.compile(r"(?<![\w.-])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w]*[-/:]\d)(?:\s*(k|m|million|thousand)\b)?", re.I)
_ROOM = re.compile(r"\b(?:(?:living|dining|bed|bath|meeting)[ -]?room|kitchen|office|garage|hall(?:way)?|garden|basement|attic|porch)\b", re.I)
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DATES = (
    re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b"),
    re.compile(rf"\b{_MONTH}\.? (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?\b", re.I),
    re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?{_MONTH}(?:,? (\d{{4}}))?\b", re.I),
    re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b"),
)
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_RELATIVE = re.compile(
    r"\b(today|tonight|tomorrow|yesterday|the day after tomorrow|(?:(?:this|next|on|coming) )?(?:" + "|".join(_WEEKDAYS) + r")|next (?:week|month|year)|this (?:week|month|weekend))\b",
    re.I,
)
_TODAY = re.compile(r"\b(?:today(?:'s date)? is|current date(?: is)?:?|date:|today:)\s*(?:[a-z]+day,? )?", re.I)
_TIME = re.compile(r"\b(\d{1,2}):(\d{2})(?::\d{2})?\s*(am|pm)?\b|\b(\d{1,2})\s*(am|pm|o'clock)\b|\b(noon|midnight)\b", re.I)
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’-]*(?:\.(?= [A-Z]))?"
_PROPER = re.compile(rf"(?<![\w.]){_CAPITAL}(?:(?: (?:de|del|la|of|the|van|von))? {_CAPITAL})*")
_PLACES = re.compile(
    r"\b(" + "|".join(sorted(map(re.escape, {*CITIES, *CAPITALS}), key=len, reverse=True)) + r")(?![\w])(?:, ?(" + _CAPITAL + r"))?"
)
_LISTED = re.compile(r"\s*(?:,? and |,? or |,|;|\n(?:[-*] )?|\s&\s)\s*")
_LANGUAGES = dict(
    english="en", spanish="es", french="fr", german="de", italian="it", portuguese="pt", dutch="nl", polish="pl",
    russian="ru", chinese="zh", japanese="ja", korean="ko", arabic="ar", hindi="hi", turkish="tr", swedish="sv",
)  # fmt: skip
_CURRENCIES = {
    "dollar": "USD", "dollars": "USD", "$": "USD", "euro": "EUR", "euros": "EUR", "€": "EUR", "pound": "GBP",
    "pounds": "GBP", "£": "GBP", "yen": "JPY", "¥": "JPY", "francs": "CHF", "rupees": "INR", "bitcoin": "BTC",
}  # fmt: skip
_COLOURS = frozenset("red blue green yellow orange purple pink brown black white grey gray turquoise violet cyan magenta gold silver beige".split())
_NOT_NAMES = frozenset(
    """i i'm i'd i'll i've the a an what what's when where which who why how is are do does did can could would please
    call send get find search book create make add set show tell give write use check look translate convert calculate
    schedule remind email hi hello hey and or but if in on at to for from with my your our their this that these those
    monday tuesday wednesday thursday friday saturday sunday json api url id extract return reply answer generate list
    january february march april may june july august september october november december
    also then today tomorrow yesterday weather flight flights order dear thanks note subject should will may it he she
    we they you there here no yes not new delete update read open play turn let user customer name""".split()
)  # fmt: skip
_FREE = r"(?:query|search|q$|question|keyword|term|topic|prompt|about|phrase|what|instruction|request|task)"
_BODY = r"(?:message|body|content|text|note|comment|input|sentence|paragraph|string)"
_TITLE = r"(?:title|subject|heading|label|summary|event|reminder|^name$)"
_PLACE = r"(?:city|location|place|destination|origin|country|town|region|address|airport|venue|where|area|state|departure|arrival|from$|to$)"
_PERSON = r"(?:name|person|recipient|author|customer|contact|attendee|user|assignee|owner|sender|who|guest|employee|patient|speaker|friend)"
_DAY = r"(?:date|day|when|deadline|due|birthday|check_?in|check_?out|start|end|since|until|depart|return)"


class Extractor:
    """Suggestions for the properties of one object, for schema_data.value_for.

    texts: what was said, the most telling first. results: values by name that tools returned. needed: the properties
    for which also what merely has the right type will do; None for all. found: the paths for which something was found.
    """

    def __init__(
        self, texts: Sequence[str], results: Mapping[str, Any] | None = None, needed: Collection[str] | None = None
    ) -> None:
        self._texts = [text for text in texts if text]
        self._results = results or {}
        self._needed = needed
        self._eager = True
        self._used: set[str] = set()
        self._asked: dict[tuple[Path, str], Any] = {}
        self.found: set[Path] = set()

    def __call__(self, path: Path, schema: Mapping[str, Any]) -> Any:
        key = path, str(schema.get("type", ""))
        if key not in self._asked:
            self._asked[key] = self._find(path, schema)
            if self._asked[key] is not NOTHING:
                self.found.add(path)
        return self._asked[key]

    def _find(self, path: Path, schema: Mapping[str, Any]) -> Any:
        name = snake(next((step for step in reversed(path) if not step.startswith("[")), ""))
        self._eager = self._needed is None or path[0] in self._needed
        kinds = [kind for kind in schema.get("type") or () if kind != "null"]
        kind = kinds[0] if kinds else ""
        if kind == "object" or "properties" in schema:
            return NOTHING
        if "enum" in schema:
            return self._option(name, schema["enum"])
        if kind == "array" or not kind and ("items" in schema):
            return self._list(name, schema)
        about = f"{name} {schema.get('description', '')} {schema.get('title', '')}".lower()
        for text in self._texts:
            value = self._explicit(name, kind, text)
            if value is not NOTHING:
                return value
        if name in self._results and (not kind or _is(self._results[name], kind)):
            return self._results[name]
        if kind in ("integer", "number"):
            return self._number(name, about, kind)
        if kind == "boolean":
            return self._truth(name)
        if kind == "null":
            return NOTHING
        if not kind and self._unused_numbers(self._texts[0] if self._texts else ""):
            return self._number(name, about, "number")
        for text in self._texts:
            value = self._string(name, about, schema, text)
            if value is not NOTHING:
                self._used.add(str(value))
                return value
        if kind == "string" and isinstance(self._results.get(name), int | float):
            return str(self._results[name])
        return NOTHING

    # --- by the schema ------------------------------------------------------------------------------------------------
    def _option(self, name: str, options: Sequence[Any]) -> Any:
        for text in self._texts:
            lowered = text.lower()
            best: tuple[int, int, Any] | None = None
            for option in options:
                if isinstance(option, str) and option:
                    plain = re.sub(r"[_-]", " ", option.lower())
                    for form in dict.fromkeys((option.lower(), plain, stem(plain))):
                        if len(form) < 2 and form == plain and not re.search(rf"\b{re.escape(name)}\b", lowered):
                            continue
                        ending = r"\b" if form != stem(plain) or len(form) < 4 else r"\w*"
                        if at := re.search(rf"\b{re.escape(form)}{ending}", lowered):
                            rank = (len(form), -at.start(), option)
                            best = rank if best is None or rank[:2] > best[:2] else best
                            break
                elif isinstance(option, int | float) and not isinstance(option, bool):
                    if re.search(rf"(?<![\w.]){re.escape(str(option))}(?![\w.])", lowered):
                        return option
            if best is not None:
                return best[2]
        return NOTHING

    def _list(self, name: str, schema: Mapping[str, Any]) -> Any:
        items = schema.get("items")
        items = items if isinstance(items, Mapping) else {}
        kinds = items.get("type", "string")
        kind = kinds if isinstance(kinds, str) else next((k for k in kinds if k != "null"), "string")
        if kind == "object" or "properties" in items or "$ref" in items:
            return NOTHING
        for text in self._texts:
            found: list[Any] = []
            if "enum" in items:
                found = [o for o in items["enum"] if isinstance(o, str) and re.search(rf"\b{re.escape(o.lower())}s?\b", text.lower())]
            elif kind in ("integer", "number"):
                values = [float(_digits(match.group())) for match in _NUMBER.finditer(text)]
                found = [int(v) if kind == "integer" or v.is_integer() else v for v in values if kind == "number" or v.is_integer()]
            elif kind == "string":
                found = self._strings(name, text)
            if found:
                return list(dict.fromkeys(found))[: int(schema.get("maxItems", 50))]
        return NOTHING

    def _strings(self, name: str, text: str) -> list[str]:
        if re.search("email|recipient|^to$|cc|attendee", name) and (mails := _EMAIL.findall(text)):
            return mails
        if re.search("url|link|site", name) and (links := _URL.findall(text)):
            return links
        if re.search(_PLACE, name):
            if places := [match.group(1) for match in _PLACES.finditer(text)]:
                return places
        quoted = [next(filter(None, match.groups())) for match in _QUOTED.finditer(text)]
        if len(quoted) > 1:
            return quoted
        label = r"\b" + re.escape(name).replace("_", "[ _-]?").removesuffix("s") + r"s?"
        after = re.search(rf"{label}\b(?: (?:are|is|include|including|of|like|such as))*\s*:?\s+([^.?!\n]+)", text, re.I)
        if after is None and self._eager:
            after = re.search(r":\s*([^.?!\n]*(?:,| and )[^.?!\n]+)", text)
        if after:
            return [part for item in _LISTED.split(after.group(1)) if (part := item.strip(" .'\""))]
        if re.search("attendee|participant|guest|people|name|person|member", name):
            return [person for person in _people(text) if person not in self._used]
        if re.search("tag|keyword|topic|label|categor", name) and self._eager:
            return [word for word in dict.fromkeys(words(text)) if word not in STOP and word not in ASKING][:3]
        return []

    def _explicit(self, name: str, kind: str, text: str) -> Any:
        """What is said to be the value: "city exactly Paris", "age: 30", "with title 'Lunch'"."""
        label = re.escape(name).replace("_", "[ _-]?")
        marker = r"(?:\s+(?:is|are|of|to|as|exactly|equals?|should be|must be|set to|called|named|being))+\s+|\s*[:=]\s*"
        if kind in ("integer", "number"):
            found = re.search(rf"\b{label}\b(?:{marker}|\s+)(?:about |exactly |only )*[$€£#]?(-?\d[\d,]*(?:\.\d+)?)", text, re.I)
            if found:
                self._used.add(found.group(1))
                return _as_number(_digits(found.group(1)), kind)
            return NOTHING
        if kind == "boolean":
            found = re.search(rf"\b{label}\b(?:{marker}|\s+)(true|false|yes|no|on|off)\b", text, re.I)
            return found.group(1).lower() in ("true", "yes", "on") if found else NOTHING
        found = re.search(rf"\b{label}\b(?:{marker}|\s+(?=[\"'“]))(.+)", text, re.I)
        if not found:
            return NOTHING
        rest = found.group(1).strip()
        if quoted := _QUOTED.match(rest):
            return next(filter(None, quoted.groups()))
        marked = text[found.start() : found.start(1)]
        if not re.search(r"exactly|[:=]|called|named|set to|\bis\b|should be|must be", marked):
            return NOTHING
        if re.match(r"(?:exactly|only)\s", rest):
            rest = rest.split(" ", 1)[1]
        rest = re.split(r"[,;\n]|\.(?:\s|$)|[?!](?:\s|$)|\s(?:and|with|but|then|for|who|which|using)\s", rest)[0].strip(" '\"`")
        return rest if 0 < len(rest) <= 200 and rest.lower() not in STOP else NOTHING

    # --- by the kind of value -----------------------------------------------------------------------------------------
    def _unused_numbers(self, text: str) -> list[re.Match[str]]:
        dates = [match.span() for match in _dates_in(text)] + [m.span() for m in _TIME.finditer(text)]
        dates += [m.span() for pattern in (_UUID, _IP, _EMAIL, _URL) for m in pattern.finditer(text)]
        return [
            match
            for match in _NUMBER.finditer(text)
            if match.group() not in self._used and not any(start <= match.start() < end for start, end in dates)
        ]

    def _number(self, name: str, about: str, kind: str) -> Any:
        stems = {stem(word) for word in words(name.replace("_", " ")) if word not in _VAGUE_PARTS}
        if re.search(r"(?:^|_)id$", name):
            return self._numbered(name)
        for text in self._texts:
            matches = self._unused_numbers(text)
            for match in matches:
                around = {stem(word) for word in (*words(text[match.end() : match.end() + 24])[:2], *words(text[max(0, match.start() - 24) : match.start()])[-2:])}
                if stems & around or any(stem(word) in around for word in _UNITS.get(name.split("_")[-1], ())):
                    self._used.add(match.group())
                    return _as_number(_digits(match.group()), kind)
            for match in re.finditer(r"\b([a-z]+)\b(?= (\w+))", text.lower()):
                if instructions.NUMBERS.get(match.group(1)) and stem(match.group(2)) in stems:
                    return instructions.NUMBERS[match.group(1)]
            if self._eager and matches and not re.search(r"lat|lon|confidence|score|probab|rating|year|port|page|limit|offset", name):
                match = matches[0]
                self._used.add(match.group())
                return _as_number(_digits(match.group()), kind)
            if self._eager and not stems:
                for word in words(text):
                    if instructions.NUMBERS.get(word, 0) > 1 and word not in self._used:
                        self._used.add(word)
                        return instructions.NUMBERS[word]
        return NOTHING

    def _numbered(self, name: str) -> Any:
        """The number that goes with a thing: "user 42", "order #7" for user_id, order_id."""
        head = name.removesuffix("id").strip("_").replace("_", " ") or r"\w+"
        for text in self._texts:
            found = re.search(rf"\b(?:{head}s?|id)(?: (?:id|number|no\.?|with))*\s*[:#]?\s*#?(\d+)\b", text, re.I)
            if found or (found := re.search(r"#(\d+)\b", text)):
                return int(found.group(1))
        return NOTHING

    def _truth(self, name: str) -> Any:
        if name in ("on", "enabled", "active", "open", "state", "power"):
            for text in self._texts:
                if switched := re.search(r"\b(?:(off|disable|deactivate|stop|close|shut)|(on|enable|activate|start|open))\b", text, re.I):
                    return switched.group(1) is None
            return NOTHING
        parts = [word for word in name.split("_") if word not in ("is", "has", "should", "include", "use", "enable", "enabled", "with", "are", "can")]
        if not parts:
            return NOTHING
        for text in self._texts:
            said = words(text)
            stems = [stem(word) for word in said]
            places = [i for i, each in enumerate(stems) if each == stem(parts[-1])]
            if places and all(stem(part) in stems for part in parts):
                before = said[max(0, places[0] - 4) : places[0]]
                return not any(word in ("no", "not", "without", "don't", "never", "disable", "isn't", "skip", "off", "un") for word in before)
        return NOTHING

    def _string(self, name: str, about: str, schema: Mapping[str, Any], text: str) -> Any:
        form = schema.get("format", "")
        for wanted, pattern in (("email", _EMAIL), ("ur[il]", _URL), ("uuid|guid", _UUID), ("ip", _IP)):
            if re.search(rf"(?:^|_)(?:{wanted})", f"{form} {name}".replace("-", "_").replace(" ", "_")) or form and re.match(wanted, form):
                return self._first(m.group() for m in pattern.finditer(text))
        if form in ("date", "date-time", "time") or re.search(rf"(?:^|_){_DAY}(?:$|_)|_at$|(?:^|_)time$", name):
            return self._moment(name, form, text)
        if form and form not in ("city", "name", "phone"):
            return NOTHING
        if re.search(r"phone|mobile|^tel", name):
            return self._first(m.group().strip() for m in _PHONE.finditer(text))
        if re.search(r"language|locale|lang(?:$|_)", name):
            return self._language(about, schema, text)
        if "currency" in name or re.search(r"^(?:from|to|base|target|source)$", name) and "currency" in about:
            return self._currency(name, text)
        if re.search("colou?r", name):
            return self._first(word for word in words(text) if word in _COLOURS)
        if re.search(r"expression|formula|equation|calculation|math", name):
            found = instructions.value_of_sum(text)
            return found[0] if found else NOTHING
        if re.search(r"file|path|directory", name) and "profile" not in name:
            return self._first(m.group() for m in _FILE.finditer(text) if "@" not in m.group())
        if re.search(r"(?:^|_)(?:id|ref|reference|code|number|no|sku|ticket|order|invoice|key|symbol|ticker)$", name):
            value = self._code(name, text)
            if value is not NOTHING or name.endswith(("id", "ref", "sku")):
                return value
        if re.search(_PLACE, name) or re.search(r"\bcity\b|\blocation\b", about) and not re.search(rf"{_FREE}|{_BODY}", name):
            value = self._place(name, text)
            if value is not NOTHING:
                return value
        if re.search(r"room|zone", name):
            return self._first(m.group().lower() for m in _ROOM.finditer(text))
        if re.search(r"unit", name):
            found = re.search(r"\b(celsius|fahrenheit|kelvin|metric|imperial|km|kilometers|miles|kg|pounds)\b", text, re.I)
            return found.group().lower() if found else NOTHING
        if re.search(_FREE, name):
            return self._free(name, text)
        if re.search(_BODY, name):
            return self._body(text)
        if re.search(_TITLE, name) and not re.search(r"person|first|last|full|user|customer|people", about):
            value = self._title(text)
            if value is not NOTHING or name != "name":
                return value
        if re.search(_PERSON, name):
            people = _people(text)
            if re.search(r"first|given", name):
                people = [person.split()[0] for person in people]
            elif re.search(r"last|sur|family", name):
                people = [person.split()[-1] for person in people if " " in person]
            return self._first(people)
        quoted = self._first(next(filter(None, match.groups())) for match in _QUOTED.finditer(text))
        if quoted is not NOTHING:
            return quoted
        return self._after(name, text)

    def _first(self, candidates: Iterable[str]) -> Any:
        return next((candidate for candidate in candidates if candidate not in self._used), NOTHING)

    def _after(self, name: str, text: str) -> Any:
        """The word that goes with a property's name: "a large size", "size large"."""
        last = re.escape(name.split("_")[-1])
        found = re.search(rf"\b([\w-]+) {last}\b", text, re.I) or re.search(rf"\b{last} ([\w-]+)", text, re.I)
        if found and found.group(1).lower() not in STOP and found.group(1).lower() not in ASKING:
            return found.group(1)
        return NOTHING

    def _moment(self, name: str, form: str, text: str) -> Any:
        days = [day for match in _dates_in(text) if (day := _iso(match, self._texts)) and day not in self._used]
        if not days:
            days = [day for match in _RELATIVE.finditer(text) if (day := _resolved(match.group(), self._texts))]
        times = [_clock(match) for match in _TIME.finditer(text)]
        if form == "time" or re.search(r"(?:^|_)time$", name) and form != "date-time" and "date" not in name:
            if not times:
                return NOTHING
            return f"{times[0]}:00Z" if form == "time" else times[0]
        day = days[0] if days else None
        if form == "date-time" or name.endswith("_at"):
            return f"{day}T{times[0] if times else '00:00'}:00Z" if day else NOTHING
        if day or form:
            return day or NOTHING
        if relative := _RELATIVE.search(text):
            return re.sub(r"^on ", "", relative.group(), flags=re.I)
        return times[0] if times and name in ("when", "start", "end") else NOTHING

    def _language(self, about: str, schema: Mapping[str, Any], text: str) -> Any:
        for word in words(text):
            if word in _LANGUAGES:
                short = "code" in about or "iso" in about or schema.get("maxLength", 9) < 4
                return _LANGUAGES[word] if short else word.title()
        return NOTHING

    def _currency(self, name: str, text: str) -> Any:
        found = [m.group() for m in re.finditer(r"\b[A-Z]{3}\b", text)]
        found = found or [_CURRENCIES[w] for w in re.findall(r"[a-z]+|[$€£¥]", text.lower()) if w in _CURRENCIES]
        if re.search("to|target|quote", name) and len(found) > 1:
            return found[1]
        return self._first(found)

    def _code(self, name: str, text: str) -> Any:
        head = "|".join(re.escape(part) for part in name.split("_")[:-1]) or re.escape(name)
        found = re.search(rf"\b(?:{head})s?\b(?:\s+(?:id|number|no\.?|code|ref(?:erence)?|with|is))*\s*[:#]?\s*#?((?=[\w-]*\d)[\w-]+)", text, re.I)
        if found:
            return found.group(1)
        if re.search("symbol|ticker", name):
            return self._first(m.group() for m in re.finditer(r"\b[A-Z]{2,5}\b", text))
        if re.search("country|lang", name):
            return NOTHING
        return self._first(m.group().lstrip("#") for m in _CODE.finditer(text) if not _is_moment(m.group()))

    def _place(self, name: str, text: str) -> Any:
        known = [m.group() if m.group(2) and name != "country" else m.group(1) for m in _PLACES.finditer(text)]
        if re.search("country", name):
            known = [place for place in known if place in CAPITALS]
        for wanted, lead in (("origin|from|depart|source|start", "from"), ("destination|^to$|arriv|target|end", "to")):
            if re.search(wanted, name):
                found = re.search(rf"\b{lead} ({_CAPITAL}(?: {_CAPITAL})*)", text)
                if found:
                    return found.group(1).strip(EDGES)
        first = self._first(known)
        if first is not NOTHING:
            return first
        found = re.search(rf"\b(?:in|at|for|near|around|to|from|of) (?:the city of )?({_CAPITAL}(?:[ ,]+{_CAPITAL})*)", text)
        if found and found.group(1).split()[0].lower() not in _NOT_NAMES and found.group(1) not in self._used:
            return found.group(1).strip(EDGES)
        if self._eager or re.search("city|location", name):
            found = re.search(r"\b(?:weather|temperature|forecast|time|rain\w*|snow\w*) (?:like )?(?:in|at|for|of) ([a-z][\w'-]+(?: [a-z][\w'-]+)?)", text)
            if found and found.group(1).split()[0] not in STOP:
                words_found = [word for word in found.group(1).split() if word not in STOP and word not in ASKING]
                return " ".join(words_found).title() if words_found else NOTHING
        return NOTHING

    def _free(self, name: str, text: str) -> Any:
        if quoted := self._first(next(filter(None, match.groups())) for match in _QUOTED.finditer(text)):
            if quoted is not NOTHING:
                return quoted
        found = re.search(r"\b(?:for|about|on|regarding|concerning)\s+(?:information (?:about|on) )?(.+?)(?:[.?!](?:\s|$)|\n|$)", text, re.I)
        if found and not re.match(r"(?:me|us|it|that|today|tomorrow)\b", found.group(1), re.I):
            return found.group(1).strip(" '\"")
        plain = text.strip().splitlines()[0] if text.strip() else ""
        plain = re.sub(r"^(?:please |can you |could you |would you |i want to |i need to |i'd like to )*(?:search|find|look up|google|query|show me|tell me|get|fetch|retrieve)?\s*(?:the web |online )?(?:for )?", "", plain, flags=re.I)
        return plain.strip().rstrip("?.!") or NOTHING

    def _body(self, text: str) -> Any:
        quoted = [next(filter(None, match.groups())) for match in _QUOTED.finditer(text)]
        if unused := [each for each in quoted if each not in self._used]:
            return max(unused, key=len)
        found = re.search(r"(?:\b(?:saying|that says|says|telling (?:him|her|them)(?: that)?|to say|with the (?:message|text|body))|:)\s+(.+)", text, re.I | re.S)
        if found:
            return found.group(1).strip().rstrip(".") or NOTHING
        found = re.search(r"\b(?:that|about)\s+(.+?)(?:[.?!](?:\s|$)|$)", text, re.I | re.S)
        if found:
            return found.group(1).strip()
        found = re.match(r"\s*(?:please )?(?:translate|summari[sz]e|analy[sz]e|echo|repeat|encode|classify)\s+(.+?)(?:\s+(?:in)?to \w+)?[.?!]*$", text, re.I | re.S)
        return found.group(1) if found else NOTHING

    def _title(self, text: str) -> Any:
        quoted = self._first(
            next(filter(None, match.groups()))
            for match in _QUOTED.finditer(text)
            if not re.search(r"(?:say(?:s|ing)?|body|message|text|content|that|tell\w*)\W*$", text[: match.start()], re.I)
        )
        if quoted is not NOTHING:
            return quoted
        found = re.search(r"\b(?:called|titled|named|entitled|subject|remind me to|reminder to|about)\s+(.+?)(?:[,.?!](?:\s|$)|\s(?:at|on|for|in|from|with|tomorrow|next)\s|$)", text, re.I)
        if found:
            return found.group(1).strip()
        found = re.search(r"\b(?:schedule|book|create|add|set up|plan|arrange) (?:an? |the |my )?(?:new )?(.+?)(?:[,.?!](?:\s|$)|\s(?:at|on|for|in|from|with|tomorrow|next|called|to)\b|$)", text, re.I)
        if found:
            return found.group(1).strip()
        topic = writing.subject_of(*parts_of_text(text)).topic if self._eager else ""
        return topic[:1].upper() + topic[1:] or NOTHING


_VAGUE_PARTS = frozenset("number num count of the value amount total n a b x y first second left right max min".split())
_UNITS: dict[str, tuple[str, ...]] = {
    "age": ("years", "old", "aged"), "quantity": ("pieces", "units", "copies", "boxes", "items"),
    "price": ("dollars", "euros", "usd", "eur", "cost", "costs"), "amount": ("dollars", "euros", "usd", "eur", "pounds", "yen"),
    "guests": ("people", "persons", "guests"), "people": ("people", "persons"), "size": ("people",),
    "duration": ("minutes", "hours", "days"), "temperature": ("degrees", "celsius"), "budget": ("dollars", "euros"),
    "limit": ("results", "top", "first", "last", "latest", "entries"), "nights": ("nights",), "weight": ("kg", "kilos", "pounds"),
    "height": ("cm", "m", "feet", "tall"), "distance": ("km", "miles", "kilometers"), "year": ("in", "year", "since"),
    "percentage": ("percent",), "salary": ("dollars", "euros", "earns"),
}  # fmt: skip


def flattened(result: str) -> dict[str, Any]:
    """The values that a tool returned, by name in snake case; a bare value is called "result"."""
    try:
        value = orjson.loads(result)
    except orjson.JSONDecodeError:
        value = result
    found: dict[str, Any] = {}
    _flatten("result", value, found)
    return found


def _flatten(name: str, value: Any, found: dict[str, Any]) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _flatten(snake(str(key)), inner, found)
        if "id" in value and name != "result":
            found.setdefault(f"{name.removesuffix('s')}_id", value["id"])
    elif isinstance(value, list):
        for inner in value[:1]:
            _flatten(name, inner, found)
        found.setdefault(name, value)
    else:
        found.setdefault(name, value)


def coordinated(text: str) -> list[str]:
    """The parts of the first enumeration of names, numbers or quotations: "Paris, Rome and Oslo" -> these three."""
    unit = rf"(?:\"[^\"]+\"|'[^']+'|{_CAPITAL}(?: {_CAPITAL})*|#?\d[\w-]*)"
    found = re.search(rf"({unit}(?:, {unit})*,? (?:and|&|or) {unit})", text)
    if not found:
        return []
    parts = [part.strip() for part in re.split(r",? (?:and|&|or) |, ", found.group(1))]
    return parts if all(part.split()[0].lower() not in _NOT_NAMES for part in parts if part) else []


def _people(text: str) -> list[str]:
    named = re.search(rf"(?:\b(?:name is|named|called|I am|I'm|this is|contact|ask|tell|invite|for|to|with|by|from) )({_CAPITAL}(?: {_CAPITAL})*)", text)
    found = [named.group(1)] if named else []
    found += [match.group() for match in _PROPER.finditer(text)]
    people = []
    for person in found:
        parts = person.strip(EDGES).split()
        while parts and parts[0].lower() in _NOT_NAMES:
            parts = parts[1:]
        name = " ".join(parts).removesuffix("'s")
        if name and not _PLACES.fullmatch(name) and name.lower() not in _NOT_NAMES and name not in people:
            people.append(name)
    return people


def _dates_in(text: str) -> Iterator[re.Match[str]]:
    for pattern in _DATES:
        yield from pattern.finditer(text)


def _iso(match: re.Match[str], texts: Sequence[str]) -> str | None:
    a, b, c = match.groups()
    if a.isdigit() and len(a) == 4:
        year, month, day = int(a), int(b), int(c)
    elif not a.isdigit():
        year, month, day = int(c or _year(texts)), _month(a), int(b)
    elif not b.isdigit():
        year, month, day = int(c or _year(texts)), _month(b), int(a)
    else:
        year, month, day = int(c), int(a), int(b)
        if month > 12:
            month, day = day, month
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _month(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name.lower()[:3]))


def _today(texts: Sequence[str]) -> date | None:
    for text in texts:
        for mark in _TODAY.finditer(text):
            for pattern in _DATES:
                if (found := pattern.match(text, mark.end())) and (day := _iso(found, ("2026",))):
                    return date.fromisoformat(day)
    return None


def _year(texts: Sequence[str]) -> int:
    today = _today(texts) if texts != ("2026",) else None
    years = [int(m.group()) for text in texts for m in re.finditer(r"\b20\d\d\b", text)]
    return today.year if today else years[0] if years else 2026


def _resolved(relative: str, texts: Sequence[str]) -> str | None:
    today = _today(texts)
    if today is None:
        return None
    wanted = relative.lower()
    days = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2, "next week": 7}
    if wanted in days:
        return (today + timedelta(days[wanted])).isoformat()
    weekday = next((i for i, name in enumerate(_WEEKDAYS) if name in wanted), None)
    return None if weekday is None else (today + timedelta((weekday - today.weekday() - 1) % 7 + 1)).isoformat()


def _clock(match: re.Match[str]) -> str:
    hour, minute, half, alone, other_half, word = match.groups()
    if word:
        return "12:00" if word.lower() == "noon" else "00:00"
    hours, half = int(hour or alone), (half or other_half or "").lower()
    if half == "pm" and hours < 12:
        hours += 12
    if half == "am" and hours == 12:
        hours = 0
    return f"{hours % 24:02d}:{minute or '00'}"


def _is_moment(text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in (*_DATES, _TIME)) or bool(re.fullmatch(r"\d{1,2}(?:st|nd|rd|th|am|pm)", text, re.I))


def _digits(text: str) -> str:
    found = re.match(r"-?[\d,]+(?:\.\d+)?", text)
    plain = (found.group() if found else "0").replace(",", "")
    scale = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}.get(text[len(found.group()) if found else 0 :].strip().lower(), 1)
    return plain if scale == 1 else str(float(plain) * scale)


def _as_number(text: str, kind: str) -> Any:
    value = float(text)
    if value.is_integer():
        return int(value)
    return NOTHING if kind == "integer" else value


def _is(value: Any, kind: str) -> bool:
    checks: dict[str, Callable[[Any], bool]] = {
        "string": lambda v: isinstance(v, str),
        "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
        "boolean": lambda v: isinstance(v, bool),
    }
    return kind in checks and checks[kind](value)
