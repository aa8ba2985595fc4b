"""Finding what a text says for a named and described field: a span of it, a number, a date, a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from mock_server.text import quantities
from mock_server.text.embedding import features, relevance
from mock_server.text.lexicon import STOPWORDS
from mock_server.text.quantities import Mention
from mock_server.text.sentences import sentences
from mock_server.text.stemming import stem, words

MOST = 500  # places of a kind that are looked at in one text


class Wanted(NamedTuple):
    """A field: its name, what it should hold in words, and its unit."""

    name: str
    instructions: str
    unit: str

    @property
    def said(self) -> str:
        """What is known of the field, as words."""
        return f"{re.sub(r'[_.-]+|(?<=[a-z])(?=[A-Z])', ' ', self.name)} {self.instructions}"


class Found(NamedTuple):
    """A value with its place in the text (None when it was worked out), and how sure it is, 0 to 1."""

    value: float | str
    span: tuple[int, int] | None
    certainty: float


_NAME = r"[A-Z][\w&'’-]*\.?(?:(?: (?:of|de|van|von|der|la|and|&))? [A-Z][\w&'’-]*\.?)*"
_NO_NAME = r"(?!(?:Dear|Hi|Hello|Hey|Invoice|Contact|Contacts|From|To|The|An?|Total|Payment|By|Re|Order)\b)"
_PERSON = re.compile(r"\b[A-Z][a-z]+(?:[ -](?:[A-Z]\.|[A-Z][a-z]+)){1,2}\b")
_CODE_WORDS = "id identifier code reference ref sku number no nr serial tracking"
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email mail", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("url link website homepage", re.compile(r"https?://\S+[^\s.,;:!?)]|www\.\S+[^\s.,;:!?)]")),
    ("phone telephone mobile fax", re.compile(r"\+?\d[\d ()/-]{6,}\d")),
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}[A-Z0-9 ]{11,30}\b")),
    (_CODE_WORDS,
     re.compile(r"#\s?\d[\w-]*|\b[A-Z]{1,6}[-/]?\d[\w/-]*\b|\b\d+-\d[\w-]*\b")),
    ("postcode zip postal", re.compile(r"\b\d{5}(?:-\d{4})?\b|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")),
    ("address street", re.compile(r"\b\d+ (?:[A-Z]\w+ )+(?:St|Street|Ave|Avenue|Rd|Road|Blvd|Lane|Ln|Drive|Dr|Way)"
                                  r"\b\.?(?:, [A-Z]\w+(?: [A-Z]\w+)*)*")),
)  # fmt: skip
_PEOPLE = frozenset(
    map(
        stem,
        "name person customer contact author sender recipient employee technician patient manager "
        "client applicant buyer seller agent doctor owner attendee who signed signatory".split(),
    )
)
_FIRMS = frozenset(
    map(
        stem,
        "vendor company supplier merchant firm organization organisation employer brand issuer store "
        "seller bank sender publisher who".split(),
    )
)
_PLACES = frozenset(map(stem, "city country location place venue destination origin region where state".split()))
_LABEL = re.compile(r"(?m)(?:^|(?<=[.;,] ))[ \t>*-]*(?P<label>[A-Za-z][\w /#()-]{1,40}?)\s*[:=]\s+(?=\S)")
_ABSENT = re.compile(r"\b(?:no|not|none|without|unknown|n/a|tbd|yet to be|hasn't|isn't|pending|unassigned)\b", re.I)
_GENERIC = frozenset(
    map(
        stem,
        "the field value text number date time amount name full name in of format stated null when "
        "exact given each all list extract what who which is was were are how many much".split(),
    )
)


def best_mention(text: str, wanted: Wanted, kind: str, today: date | None) -> Found | None:
    """The number, date, time or duration of a text that fits a field best; of very many, the first ones count."""
    mentions = _mentions(text, kind, today)
    if not mentions:
        return None
    asked = features(wanted.said)
    key = _key(wanted)
    ranked = [(_fit(place, asked, key, wanted.unit.lower()), -at) for at, place in enumerate(mentions)]
    score, at = max(ranked)
    mention = mentions[-at].mention
    certainty = min(0.98, 0.42 + score) if key else 0.75
    if len(mentions) == 1:
        certainty = max(certainty, 0.62)
    return Found(mention.value, (mention.start, mention.end), certainty)


class _Place(NamedTuple):
    """A mention and what stands around it: a bag of it, stems close before and after, how the part before it ends."""

    mention: Mention
    bag: dict[str, int]
    near: frozenset[str]
    follows: frozenset[str]
    lead: str
    dash: bool


@lru_cache(maxsize=8)
def _mentions(text: str, kind: str, today: date | None) -> list[_Place]:
    places = []
    for mention in islice(quantities.all_of(kind, text, today), MOST):
        begin = max(text.rfind(mark, max(0, mention.start - 60), mention.start) for mark in (". ", "\n", "; ")) + 1
        reach = mention.end + 40
        end = min(
            (at for mark in (". ", "\n", "; ") if (at := text.find(mark, mention.end, reach)) >= 0), default=reach
        )
        before, after = text[max(begin, mention.start - 60) : mention.start], text[mention.end : end]
        said = words(before)
        places.append(
            _Place(
                mention,
                features(f"{before} {after}"),
                frozenset(map(stem, said[-4:])),
                frozenset(map(stem, words(after)[:2])),
                said[-1] if said else "",
                before.rstrip()[-1:] in ("-", "–"),
            )
        )
    return places


def _fit(place: _Place, asked: dict[str, int], key: frozenset[str], unit: str) -> float:
    """How well what stands around a mention fits what is asked; what stands before it counts more."""
    mention = place.mention
    score = 0.55 * relevance(asked, place.bag) + 0.35 * bool(key & place.near) + 0.2 * bool(key & place.follows)
    score += 0.4 * (bool(key & _BEGINNINGS) and place.lead in ("from", "at", "since", "starting"))
    score += 0.4 * (bool(key & _ENDS) and (place.dash or place.lead in ("to", "until", "till", "by")))
    if unit and mention.unit:
        alike = unit == mention.unit or stem(unit) == stem(mention.unit) or {unit, mention.unit} in _SAME_UNITS
        score += 0.25 if alike else -0.1
    elif mention.unit in _SIGNS and key & _MONEY:
        score += 0.15
    return score


_BEGINNINGS = frozenset(map(stem, "start begin beginning opening from departure".split()))
_ENDS = frozenset(map(stem, "end finish closing until to arrival deadline".split()))
_SAME_UNITS = (
    {"usd", "$"},
    {"eur", "€"},
    {"gbp", "£"},
    {"jpy", "¥"},
    {"percent", "%"},
    {"dollars", "$"},
    {"euros", "€"},
)
_MONEY = frozenset(map(stem, "total price cost amount fee sum paid due balance revenue salary budget subtotal".split()))


def text_span(text: str, wanted: Wanted) -> Found | None:
    """The part of a text that a text field asks for."""
    key = _key(wanted)
    own = frozenset(stem(word) for word in words(wanted._replace(instructions="").said))
    if _missing(text, own - _GENERIC):
        return None
    code = _shaped(text, wanted, own)
    if code is not None:
        return code
    best: Found | None = None
    for label, start, end in _labels(text):
        shared = len(label & key) / len(label | (key & own))
        if label & key and (best is None or 0.55 + shared / 2 > best.certainty):
            best = Found(text[start:end], (start, end), min(0.97, 0.55 + shared / 2))
    return best or _proper(text, wanted, key) or _phrase(text, wanted, key)


@lru_cache(maxsize=4)
def _labels(text: str) -> list[tuple[frozenset[str], int, int]]:
    """What "Label: value" says: the label's stems, and where the value begins and ends."""
    return [
        (frozenset(stem(word) for word in words(match["label"])), match.end(), _value_end(text, match.end()))
        for match in islice(_LABEL.finditer(text), MOST)
    ]


@lru_cache(maxsize=4)
def _denials(text: str) -> list[tuple[list[str], bool]]:
    """The sentences that say that something is not, as stems, and whether they have digits."""
    return [
        ([stem(word) for word in words(sentence)], bool(re.search(r"\d", sentence)))
        for sentence in sentences(text)
        if _ABSENT.search(sentence)
    ]


def _missing(text: str, own: frozenset[str]) -> bool:
    """Whether a sentence says that there is none ("No technician has been assigned yet")."""
    for said, digits in _denials(text):
        for at, word in enumerate(said):
            if word in own and (
                (at and _ABSENT.fullmatch(said[at - 1]))
                or (not digits and _ABSENT.search(" ".join(said[at + 1 : at + 5])))
            ):
                return True
    return False


def _shaped(text: str, wanted: Wanted, own: frozenset[str]) -> Found | None:
    """A value that its form tells: an e-mail address, a link, a number of an invoice."""
    asked = features(wanted.said)
    for names, pattern in _SHAPES:
        meant = own & {stem(name) for name in names.split()}
        if names == _CODE_WORDS and len(own) == 1:
            meant |= own & {stem(word) for word in ("invoice", "order", "ticket", "case")}
        if not meant:
            continue
        telling = own - meant - _GENERIC or meant
        ranked = []
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 40) : match.start()]
            near = bool(telling & {stem(word) for word in words(before)})
            initials = re.sub("[^a-z]", "", match.group().lower())[:3]
            alike = bool(initials) and any(word.startswith(initials) for word in telling)
            if near or alike or names != _CODE_WORDS:
                ranked.append((relevance(asked, features(before)) + near + alike, -match.start(), match))
        if ranked:
            match = max(ranked)[2]
            return Found(match.group(), match.span(), 0.93 if len(ranked) == 1 else 0.86)
        if names == _CODE_WORDS:
            return None
    return None


def _value_end(text: str, start: int) -> int:
    """Where a labelled value ends: at the line's or the sentence's end, or before the next label."""
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    stop = re.search(r"(?<=\w)\.(?=\s|$)|;|,?\s+(?=[A-Z][\w ]{1,20}:\s)", line)
    return start + (stop.start() if stop else len(line.rstrip(" .")))


def _proper(text: str, wanted: Wanted, key: frozenset[str]) -> Found | None:
    """A name, by what stands before it ("from Acme Tools", "customer Morgan Chen")."""
    asked = {stem(word) for word in words(wanted.said)}
    leads = []
    if asked & _FIRMS:
        leads += ["from", "by", "at", "with", "vendor", "company", "supplier", "between"]
    if asked & _PLACES:
        leads += ["in", "at", "to", "from", "near", "city of"]
    if asked & _PEOPLE:
        leads += [
            "name is",
            "i am",
            "i'm",
            "dear",
            "contact",
            "contact:",
            "by",
            "customer",
            "with",
            "mr.",
            "ms.",
            "mrs.",
            "dr.",
        ]
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, leads)) + r")\s*(?:the )?$") if leads else None
    best: Found | None = None
    for value, start, before, last in _names(text):
        lead = pattern is not None and pattern.search(before) is not None
        labelled = bool(key & last)
        person = bool(asked & _PEOPLE) and _PERSON.fullmatch(value) is not None
        certainty = 0.3 * lead + 0.4 * labelled + 0.3 * person + 0.25
        if (lead or labelled or person) and (best is None or certainty > best.certainty):
            best = Found(value, (start, start + len(value)), min(0.95, certainty))
    return best


@lru_cache(maxsize=4)
def _names(text: str) -> list[tuple[str, int, str, frozenset[str]]]:
    """Capitalised names: each with its place, the text before it in lower case, and the last stems of its clause."""
    names = []
    for match in islice(re.finditer(rf"(?<![\w@]){_NO_NAME}{_NAME}", text), MOST):
        before = text[max(0, match.start() - 40) : match.start()].lower()
        last = frozenset(stem(word) for word in words(re.split(r"[.;!?\n]", before)[-1])[-3:])
        names.append((match.group().rstrip("."), match.start(), before, last))
    return names


def _phrase(text: str, wanted: Wanted, key: frozenset[str]) -> Found | None:
    """The clause that has most in common with what is asked."""
    asked = features(" ".join(word for word in words(wanted.said) if stem(word) not in _GENERIC) or wanted.said)
    best: Found | None = None
    for start, clause, bag in _clauses(text):
        fit = relevance(asked, bag)
        if fit > 0.12 and (best is None or fit > best.certainty):
            said = re.match(r".*?\b(?:is|are|was|were|will be|about)\s+(?:an? |the )?(?=\w)", clause)
            shift = said.end() if said and key & {stem(word) for word in words(said.group())} else 0
            best = Found(clause[shift:], (start + shift, start + len(clause)), fit)
    return best and best._replace(certainty=min(0.9, 0.2 + best.certainty))


@lru_cache(maxsize=4)
def _clauses(text: str) -> list[tuple[int, str, dict[str, int]]]:
    """Clauses that say that something is, with their places and bags."""
    found = []
    for match in islice(re.finditer(r"[^.;!?\n]+", text), MOST):
        clause = match.group().strip()
        if clause and not _ABSENT.search(clause):
            found.append((match.start() + match.group().index(clause[0]), clause, features(clause)))
    return found


def text_list(text: str, wanted: Wanted) -> list[Found]:
    """The parts of a text that a list of texts asks for: what stands after a label, or names and shapes of a kind."""
    key = _key(wanted)
    asked = {stem(word) for word in words(wanted.said)}
    for names, pattern in _SHAPES[:4]:
        if asked & {stem(name) for name in names.split()}:
            return [Found(match.group(), match.span(), 0.9) for match in pattern.finditer(text)]
    for label, start, end in _labels(text):
        if key & label:
            return _split(text, start, end, 0.92)
    bullets = [(m.start(1), m.end(1)) for m in re.finditer(r"(?m)^\s*(?:[-*•]|\d+[.)])\s+(.+?)\s*$", text)]
    if bullets:
        return [Found(text[a:b], (a, b), 0.85) for a, b in bullets]
    if asked & _PEOPLE:
        people = [Found(match.group(), match.span(), 0.8) for match in _PERSON.finditer(text)]
        if people:
            return people
    if asked & {stem(word) for word in ("item", "items", "product", "goods", "bought", "ordered", "purchased")}:
        goods = [
            Found(match[1], match.span(1), 0.75)
            for match in re.finditer(
                r"\b(?:\d+|an?|one|two|three|four|five|six) "
                r"((?:(?!and |or )[a-z]+ (?!and |or ))?[a-z]{3,})\b(?! (?:of|ago))",
                text,
            )
            if quantities.unit_of(match[1].split()[-1]) is None
            and not {*match[1].split()} & STOPWORDS
            and stem(match[1].split()[-1]) not in _GENERIC
        ]
        if goods:
            return goods
    found = _phrase(text, wanted, key)
    return _split(text, *found.span, 0.6) if found and found.span else []


def _split(text: str, start: int, end: int, certainty: float) -> list[Found]:
    """The parts of an enumeration."""
    parts = []
    for match in re.finditer(r"(?:(?!,\s|;\s|\sand\s|\sor\s|\s&\s|\n).)+", text[start:end]):
        part = match.group()
        bare = re.sub(r"\s*\(.*", "", part.strip(" ,;.").removeprefix("and ").removeprefix("or "))
        if bare:
            at = start + match.start() + part.index(bare)
            parts.append(Found(bare, (at, at + len(bare)), certainty))
    return parts


def date_computed(text: str, wanted: Wanted, today: date | None) -> Found | None:
    """A date that is some days after another ("issued 2026-09-02, net 30"), where the field asks for such a sum."""
    if not re.search(r"\b(?:due|deadline|expir\w+|plus|after|payable|until|renewal|end)\b", wanted.said, re.I):
        return None
    spans = [place.mention for place in _mentions(text, "duration", None)]
    lengths = [mention for mention in spans if mention.unit in ("day", "week", "month", "year")]
    net = re.search(r"\bnet[ -](\d{1,3})\b", text, re.I)
    dates = [place.mention for place in _mentions(text, "date", None)]
    if not dates or not (net or lengths):
        return None
    start = date.fromisoformat(str(dates[0].value))
    if net:
        day = quantities.later(start, int(net[1]), "day")
    else:
        length = lengths[0]
        day = quantities.later(start, round(float(length.value) / quantities.SECONDS[length.unit]), length.unit)
    return Found(day.isoformat(), None, 0.9)


def number_computed(text: str, wanted: Wanted) -> Found | None:
    """A sum or a product that the instructions ask for: "4 pallets at $250.00 each, shipping $80.00"."""
    said = wanted.said.lower()
    found = [place.mention for place in _mentions(text, "number", None)]
    if re.search(r"\b(?:times|multiplied by|product of|hourly)\b", said):
        hours = [place.mention for place in _mentions(text, "duration", None)]
        rates = [mention for mention in found if re.match(r"\s?(?:per|an|/|a)\s?h(?:our|r)\b", text[mention.end :])]
        if hours and rates:
            return Found(float(hours[0].value) / 3600 * float(rates[0].value), None, 0.85)
    if re.search(r"\b(?:plus|sum|total|together|including|altogether)\b", said):
        lines = re.finditer(
            r"\b(\d+) ([a-z]+(?: [a-z]+)?) (?:at|for|@) ([$€£]?)([\d,]+(?:\.\d+)?)(?: each| apiece| per)", text
        )
        products = [int(line[1]) * float(line[4].replace(",", "")) for line in lines]
        if products and not re.search(r"\btotal(?: due| amount)?:?\s+[$€£]?\d", text, re.I):
            extras = [
                float(mention.value)
                for mention in found
                for label in words(text[max(0, mention.start - 20) : mention.start])[-1:]
                if label in words(said) and label not in STOPWORDS and label not in ("total", "at")
            ]
            return Found(sum(products) + sum(extras), None, 0.85)
    return None


def series(text: str, wanted: Wanted) -> list[float]:
    """The numbers that a text lists for what is asked, in their order: those of its most fitting passage."""
    asked = features(wanted.said)
    key = _key(wanted)
    money = bool(key & _MONEY - {stem("paid")}) or wanted.unit.upper() in ("USD", "EUR", "GBP", "JPY", *_SIGNS)
    days = stem("day") in {stem(word) for word in words(wanted.said)}
    best: tuple[float, list[float]] = (0.0, [])
    for of_days, bag, mentions in _listings(text):
        if days and not of_days:
            continue
        values = [float(mention.value) for mention in mentions if money or mention.unit not in _SIGNS]
        fit = (0.1 + relevance(asked, bag)) * min(4, len(values))
        if values and fit > best[0]:
            best = (fit, values)
    return best[1]


_SIGNS = ("$", "€", "£", "¥")


@lru_cache(maxsize=4)
def _listings(text: str) -> list[tuple[bool, dict[str, int], list[Mention]]]:
    """Passages with numbers in digits: whether they speak of days, their bags and numbers."""
    found = []
    for passage in re.split(r"\n\s*\n|\.\s+(?=[A-Z0-9])", text)[:MOST]:
        mentions = [mention for mention in quantities.numbers(passage) if passage[mention.end - 1].isdigit()]
        if mentions:
            found.append((re.search(r"\bdays?\b|\bnet\b", passage) is not None, features(passage), mentions))
    return found


def _key(wanted: Wanted) -> frozenset[str]:
    """The stems of a field's own words."""
    own: Sequence[str] = [word for word in words(wanted.said) if word not in STOPWORDS]
    return frozenset(stem(word) for word in own) - _GENERIC
