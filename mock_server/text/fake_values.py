"""Made-up values that suit a property's name or a string's format."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faker import Faker

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_WORDS = "amber birch cedar delta ember fjord grove harbor indigo juniper kelp lantern maple north opal prairie".split()
_BY_NAME = tuple(
    (re.compile(pattern), method)
    for pattern, method in (
        (r"first_?name|given_?name|forename", "first_name"),
        (r"last_?name|sur_?name|family_?name", "last_name"),
        (r"user_?name|login|handle|nick", "user_name"),
        (r"e_?mail", "email"),
        (r"phone|mobile|^tel|fax", "phone_number"),
        (r"street|^address|address_?line", "street_address"),
        (r"zip|postal|post_?code", "postcode"),
        (r"city|town|destination|origin|location|place|venue", "city"),
        (r"country_?code", "country_code"),
        (r"country|nation", "country"),
        (r"^state$|province|region", "state"),
        (r"company|organi[sz]ation|employer|vendor|supplier|brand|manufacturer", "company"),
        (r"job|occupation|profession|position|role$", "job"),
        (r"url|website|link|homepage|href|endpoint", "url"),
        (r"(?:^|_)ip(?:$|_)|ip_?address", "ipv4"),
        (r"domain|^host", "domain_name"),
        (r"uuid|guid", "uuid4"),
        (r"colou?r", "color_name"),
        (r"currency", "currency_code"),
        (r"lang(?:uage)?_?code|^lang$|locale", "language_code"),
        (r"language", "language_name"),
        (r"isbn", "isbn13"),
        (r"iban|account_?number", "iban"),
        (r"time_?zone", "timezone"),
        (r"file_?name|^file$|path", "file_name"),
        (r"mime", "mime_type"),
        (r"title|headline|subject|slogan", "catch_phrase"),
        (
            r"(?:^|_)(?:full_?)?name$|author|recipient|sender|owner|customer|contact|person|employee|attendee|artist",
            "name",
        ),
        (
            r"desc|summary|text|body|message|content|comment|note|reason|explanation|answer|review|bio|abstract",
            "sentence",
        ),
    )
)
_NUMBERS = tuple(
    (re.compile(pattern), low, high)
    for pattern, low, high in (
        (r"(?:^|_)age", 18, 79),
        (r"year", 1990, 2026),
        (r"month", 1, 12),
        (r"day|nights", 1, 28),
        (r"hour", 0, 23),
        (r"minute|second", 0, 59),
        (r"rating|stars|priority|severity|level", 1, 5),
        (r"percent|score|progress", 0, 100),
        (r"confidence|probability|ratio|fraction", 0, 1),
        (r"lat(?:itude)?$", -60, 70),
        (r"lo?ng?(?:itude)?$", -170, 170),
        (r"price|cost|amount|total|salary|fee|budget", 5, 500),
        (r"port", 1024, 65535),
        (r"temp", -5, 32),
        (r"quantity|count|number|limit|size|guests|people|^n$|num", 1, 10),
        (r"(?:^|_)id$", 1000, 9999),
    )
)
_SPLIT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s-]+")


def snake(name: str) -> str:
    """A property's name in lower case with underscores: "userId" -> "user_id"."""
    return _SPLIT.sub("_", name).lower()


def text_for(name: str, rng: Random) -> str:
    """A string that suits a property called `name`."""
    plain = snake(name)
    if (
        re.search(r"(?:^|_)(?:id|ref|reference|code|sku|key|token)$", plain)
        and "country" not in plain
        and "currency" not in plain
    ):
        return f"{plain.split('_')[0][:3] or 'id'}-{rng.randrange(10**5, 10**6)}"
    if re.search(r"(?:^|_)(?:date|day|birthday|deadline|dob)$|_on$|^due", plain):
        return formatted("date", rng) or ""
    if re.search(r"_at$|timestamp|datetime", plain):
        return formatted("date-time", rng) or ""
    if re.search(r"(?:^|_)time$", plain):
        return (formatted("time", rng) or "")[:5]
    for pattern, method in _BY_NAME:
        if pattern.search(plain):
            return str(_ask(method, rng))
    return rng.choice(_WORDS)


def number_for(name: str) -> tuple[int, int]:
    """The range of numbers that suits a property called `name`."""
    plain = snake(name)
    return next(((low, high) for pattern, low, high in _NUMBERS if pattern.search(plain)), (1, 100))


def formatted(kind: str, rng: Random) -> str | None:
    """A string of a JSON Schema format, None for one that is not known."""
    moment = _EPOCH + timedelta(minutes=rng.randrange(525_600))
    word, number = rng.choice(_WORDS), rng.randrange(1, 250)
    made = {
        "date-time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "date": moment.date().isoformat(),
        "time": moment.time().isoformat() + "Z",
        "duration": f"PT{number % 48 + 1}H",
        "email": f"{word}{number}@example.com",
        "idn-email": f"{word}{number}@example.com",
        "hostname": f"{word}.example.com",
        "idn-hostname": f"{word}.example.com",
        "ipv4": f"192.0.2.{number}",
        "ipv6": f"2001:db8::{number:x}",
        "uri": f"https://example.com/{word}",
        "url": f"https://example.com/{word}",
        "uri-reference": f"/{word}",
        "iri": f"https://example.com/{word}",
        "iri-reference": f"/{word}",
        "uri-template": f"/{word}/{{id}}",
        "json-pointer": f"/{word}/0",
        "relative-json-pointer": f"1/{word}",
        "regex": f"^{word}$",
        "phone": f"+1-555-01{number % 100:02d}",
        "byte": "ZXhhbXBsZQ==",
        "base64": "ZXhhbXBsZQ==",
    }
    if kind == "uuid":
        bits = f"{rng.getrandbits(128):032x}"
        return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
    return made.get(kind)


def words(rng: Random, number: int) -> str:
    """A few plain words."""
    return " ".join(rng.choice(_WORDS) for _ in range(number))


def _ask(method: str, rng: Random) -> Any:
    faker = _faker()
    faker.seed_instance(rng.getrandbits(64))
    return getattr(faker, method)()


@lru_cache(maxsize=1)
def _faker() -> Faker:
    from faker import Faker  # takes a quarter of a second

    return Faker("en_US", use_weighting=False)
