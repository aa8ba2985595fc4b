"""Finding values for the properties of a schema in what was said: options, numbers, truths, lists and strings."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import orjson

from mock_server.exchange import json_of
from mock_server.text import instructions, moments, text_values
from mock_server.text.fake_values import snake
from mock_server.text.schema_data import NOTHING, Path
from mock_server.text.text_values import CAPITAL, EMAIL, IP, PLACES, URL, UUID, Wish, people
from mock_server.text.words import ASKING, QUOTED, STOP, quotations, stem, words

_NUMBER = re.compile(
    r"(?<![\w.-])-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d+)?(?![\w]*[-/:]\d)(?:\s*(k|m|million|thousand)\b)?", re.I
)
_READ = 3000  # characters of one text; of longer ones the beginning and the end
_LISTED = re.compile(r",\s*+(?:and |or )?|;|\n(?:[-*] )?|(?<!\s)\s++(?:and|or|&)\s")
_VAGUE_PARTS = frozenset("number num count of the value amount total n a b x y first second left right max min".split())
_UNITS: dict[str, tuple[str, ...]] = {
    "age": ("years", "old", "aged"),
    "quantity": ("pieces", "units", "copies", "boxes", "items"),
    "price": ("dollars", "euros", "usd", "eur", "cost", "costs"),
    "amount": ("dollars", "euros", "usd", "eur", "pounds", "yen"),
    "guests": ("people", "persons", "guests"),
    "people": ("people", "persons"),
    "size": ("people",),
    "duration": ("minutes", "hours", "days"),
    "temperature": ("degrees", "celsius"),
    "budget": ("dollars", "euros"),
    "limit": ("results", "top", "first", "last", "latest", "entries"),
    "nights": ("nights",),
    "weight": ("kg", "kilos", "pounds"),
    "height": ("cm", "m", "feet", "tall"),
    "distance": ("km", "miles", "kilometers"),
    "year": ("in", "year", "since"),
    "percentage": ("percent",),
    "salary": ("dollars", "euros", "earns"),
}


class Extractor:
    """Suggestions for the properties of one object, for schema_data.value_for.

    texts: what was said, the most telling first. results: values by name that tools returned. needed: the properties
    for which also what merely has the right type will do; None for all. found: the paths for which something was found.
    """

    def __init__(
        self, texts: Sequence[str], results: Mapping[str, Any] | None = None, needed: Collection[str] | None = None
    ) -> None:
        self._texts = [
            text if len(text) <= _READ else f"{text[: _READ * 2 // 3]}\n{text[-_READ // 3 :]}"
            for text in texts[:8]
            if text
        ]
        self._results = results or {}
        self._needed = needed
        self._eager = True
        self._used: set[str] = set()
        self._asked: dict[tuple[Path, str], Any] = {}
        self.found: set[Path] = set()

    def __call__(self, path: Path, schema: Mapping[str, Any]) -> Any:
        """The value for a property at `path` with the constraints `schema`, or NOTHING; asked twice, the same."""
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
        if kind == "array" or (not kind and ("items" in schema)):
            return self._list(name, schema)
        about = f"{name} {schema.get('description', '')} {schema.get('title', '')}".lower()
        for text in self._texts:
            value = self._explicit(name, kind, text)
            if value is not NOTHING:
                return value
        if name in self._results and (not kind or _is(self._results[name], kind)):
            return self._results[name]
        if kind in ("integer", "number"):
            return self._number(name, kind)
        if kind == "boolean":
            return self._truth(name)
        if kind == "null":
            return NOTHING
        if not kind and self._unused_numbers(self._texts[0] if self._texts else ""):
            return self._number(name, "number")
        for text in self._texts:
            value = text_values.find(Wish(name, about, schema, text, self._texts, frozenset(self._used), self._eager))
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
            ranked = [
                (rank, -number, option)
                for number, option in enumerate(options)
                if (rank := _mention(option, name, lowered)) is not None
            ]
            if ranked:
                return max(ranked, key=lambda row: row[:2])[2]
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
                found = [
                    o
                    for o in items["enum"]
                    if isinstance(o, str) and re.search(rf"\b{re.escape(o.lower())}s?\b", text.lower())
                ]
            elif kind in ("integer", "number"):
                values = [float(_digits(match.group())) for match in _NUMBER.finditer(text)]
                found = [
                    int(v) if kind == "integer" or v.is_integer() else v
                    for v in values
                    if kind == "number" or v.is_integer()
                ]
            elif kind == "string":
                found = self._strings(name, text)
            if found:
                return list(dict.fromkeys(found))[: int(schema.get("maxItems", 50))]
        return NOTHING

    def _strings(self, name: str, text: str) -> list[str]:
        if re.search("email|recipient|^to$|cc|attendee", name) and (mails := EMAIL.findall(text)):
            return mails
        if re.search("url|link|site", name) and (links := URL.findall(text)):
            return links
        places = [match.group(1) for match in PLACES.finditer(text)]
        if places and re.search("city|cities|location|place|countr|destination|stop", name):
            return places
        quoted = quotations(text)
        if len(quoted) > 1:
            return quoted
        label = r"\b" + re.escape(name).replace("_", "[ _-]?").removesuffix("s") + r"s?"
        after = re.search(
            rf"{label}\b(?:(?: (?:are|is|include|including|like|such as))+\s*:?|\s*:)\s+([^.?!\n]+)", text, re.I
        )
        if after is None and self._eager:
            after = re.search(r":\s*+([^.?!:\n]{0,300}?(?:,| and )[^.?!\n]+)", text)
        if after:
            return [part for item in _LISTED.split(after.group(1)) if (part := item.strip(" .'\""))]
        if re.search("attendee|participant|guest|people|name|person|member", name):
            together = re.search(
                rf"\b(?:with|invite|inviting|between|for|to) ({CAPITAL}(?:(?:, (?:and )?| and ){CAPITAL})*)", text
            )
            return [person for person in people(together.group(1) if together else text) if person not in self._used]
        if re.search("tag|keyword|topic|label|categor", name) and self._eager:
            return [word for word in dict.fromkeys(words(text)) if word not in STOP and word not in ASKING][:3]
        return []

    def _explicit(self, name: str, kind: str, text: str) -> Any:
        """What is said to be the value: "city exactly Paris", "age: 30", "with title 'Lunch'"."""
        if name.split("_", maxsplit=1)[0] not in text.lower():
            return NOTHING
        label = re.escape(name).replace("_", "[ _-]?")
        marker = (
            r"(?:\s+(?:is|are|of|to|as|exactly|equals?|should be|must be|set to|called|named|being))+\s+|\s*[:=]\s*"
        )
        if kind in ("integer", "number"):
            found = re.search(
                rf"\b{label}\b(?:{marker}|\s+)(?:about |exactly |only )*[$€£#]?"
                r"(-?\d[\d,]*(?:\.\d+)?(?:\s*(?:k|m|thousand|million)\b)?)",
                text,
                re.I,
            )
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
        if quoted := QUOTED.match(rest):
            return next(filter(None, quoted.groups()))
        marked = text[found.start() : found.start(1)]
        if not re.search(r"exactly|[:=]|called|named|set to|\bis\b|should be|must be", marked):
            return NOTHING
        if re.match(r"(?:exactly|only)\s", rest):
            rest = rest.split(" ", 1)[1]
        rest = re.split(r"[,;\n]|\.(?:\s|$)|[?!](?:\s|$)|\s(?:and|with|but|then|for|who|which|using)\s", rest)[0].strip(
            " '\"`"
        )
        return rest if 0 < len(rest) <= 200 and rest.lower() not in STOP else NOTHING

    # --- by the kind of value -----------------------------------------------------------------------------------------
    def _unused_numbers(self, text: str) -> list[re.Match[str]]:
        taken = moments.spans(text)
        taken += [match.span() for pattern in (UUID, IP, EMAIL, URL) for match in pattern.finditer(text)]
        return [
            match
            for match in _NUMBER.finditer(text)
            if match.group() not in self._used and not any(start <= match.start() < end for start, end in taken)
        ]

    def _number(self, name: str, kind: str) -> Any:
        stems = {stem(word) for word in words(name.replace("_", " ")) if word not in _VAGUE_PARTS}
        if re.search(r"(?:^|_)id$", name):
            return self._numbered(name)
        for text in self._texts:
            matches = self._unused_numbers(text)
            for match in matches:
                around = {
                    stem(word)
                    for word in (
                        *words(text[match.end() : match.end() + 24])[:2],
                        *words(text[max(0, match.start() - 24) : match.start()])[-2:],
                    )
                }
                if stems & around or any(
                    stem(word) in around for word in _UNITS.get(name.rsplit("_", maxsplit=1)[-1], ())
                ):
                    self._used.add(match.group())
                    return _as_number(_digits(match.group()), kind)
            for match in re.finditer(r"\b([a-z]+)\b(?= (\w+))", text.lower()):
                if instructions.NUMBERS.get(match.group(1)) and stem(match.group(2)) in stems:
                    return instructions.NUMBERS[match.group(1)]
            if (
                self._eager
                and matches
                and not re.search(r"lat|lon|confidence|score|probab|rating|year|port|page|limit|offset", name)
            ):
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
                if switched := re.search(
                    r"\b(?:(off|disable|deactivate|stop|close|shut)|(on|enable|activate|start|open))\b", text, re.I
                ):
                    return switched.group(1) is None
            return NOTHING
        parts = [
            word
            for word in name.split("_")
            if word not in ("is", "has", "should", "include", "use", "enable", "enabled", "with", "are", "can")
        ]
        if not parts:
            return NOTHING
        for text in self._texts:
            said = words(text)
            stems = [stem(word) for word in said]
            places = [i for i, each in enumerate(stems) if each == stem(parts[-1])]
            if places and all(stem(part) in stems for part in parts):
                before = said[max(0, places[0] - 4) : places[0]]
                return not any(
                    word in ("no", "not", "without", "don't", "never", "disable", "isn't", "skip", "off", "un")
                    for word in before
                )
        return NOTHING


def _mention(option: Any, name: str, lowered: str) -> tuple[int, int] | None:
    """How clearly a text names an option: the length of what it says, and how early; None when it does not."""
    if isinstance(option, bool) or not isinstance(option, str | int | float):
        return None
    plain = re.sub(r"[_-]", " ", str(option).lower())
    for form, ending in ((str(option).lower(), r"(?!\w)"), (plain, r"(?!\w)"), (stem(plain), "")):
        if not form or form not in lowered or (len(form) < 2 and name not in lowered) or (not ending and len(form) < 4):
            continue
        if found := re.search(rf"(?<![\w.]){re.escape(form)}{ending}", lowered):
            return len(form), -found.start()
    return None


def flattened(result: str) -> dict[str, Any]:
    """The values that a tool returned, by name in snake case; a bare value is called "result"."""
    try:
        value = json_of(result)
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


def _digits(text: str) -> str:
    found = re.match(r"-?[\d,]+(?:\.\d+)?", text)
    plain = (found.group() if found else "0").replace(",", "")
    scale = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}.get(
        text[len(found.group()) if found else 0 :].strip().lower(), 1
    )
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
