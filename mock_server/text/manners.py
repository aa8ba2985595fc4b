"""The manner in which an answer is wanted: its language, length and case, and the rules of a system prompt."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mock_server.text import instructions, writing
from mock_server.text.words import STOP

_RULES_READ = 4000  # characters; of a longer system prompt the beginning and the end count as rules
_NAMES_OF_LANGUAGES = {
    "deutsch": "german",
    "français": "french",
    "español": "spanish",
    "italiano": "italian",
    "mandarin": "chinese",
    **{name: name for name in writing.LANGUAGES},
    "english": "",
}
NAMED = frozenset(_NAMES_OF_LANGUAGES)
FOREIGN = {
    "german": frozenset(
        "und nicht ist wie ich ein eine das für können bitte warum der die was mir kannst wir auf".split()
    ),
    "french": frozenset(
        "quel quelle les est une comment pourquoi je vous le la des pour avec moi dans peux tu".split()
    ),
    "spanish": frozenset("qué cómo cuál los por para está puedes una el la que es de quiero en mi un las".split()),
    "italian": frozenset("perché cosa sono della quanto il che di come un una qual è puoi mi per le".split()),
    "portuguese": frozenset("como você não está são uma para o que de um em qual é por meu os".split()),
    "dutch": frozenset("het een wat hoe zijn de van ik niet kan je is waarom".split()),
    "polish": frozenset("jest nie jak dlaczego co to w na się czy proszę".split()),
}
_SCRIPTS = (
    ("japanese", re.compile(r"[\u3040-\u30ff]")),
    ("chinese", re.compile(r"[\u4e00-\u9fff]")),
    ("korean", re.compile(r"[\uac00-\ud7af]")),
    ("russian", re.compile(r"[\u0400-\u04ff]")),
    ("arabic", re.compile(r"[\u0600-\u06ff]")),
    ("hindi", re.compile(r"[\u0900-\u097f]")),
)
_IN_LANGUAGE = re.compile(
    r"\b(?:in|into|to|auf|en|speak|using|only)\s+(?:the )?("
    + "|".join(_NAMES_OF_LANGUAGES)
    + r")\b(?! (?:class|history|literature|food|cuisine|culture))",
    re.I,
)
_SENTENCES = re.compile(
    r"\b(\d{1,2}|a|one|single|two|three|four|five|six|seven|eight|ten)[- ](?:short |"
    r"single |simple |brief )*(sentence|line|paragraph|word|bullet)s?\b",
    re.I,
)
_WORD_LIMIT = re.compile(r"\b(?:in |under |than |most |about |exactly |within |of )(\d{1,4}) words?\b", re.I)
_ALWAYS = re.compile(
    r"\b(?:always|only ever|no matter what(?: (?:the user says|is said|they say))?,?) "
    r"(?:reply|respond|answer|say)(?: only)?(?: with)?(?: the word)?:? "
    r"[\"'“‘`]([^\"”`]+?)[\"'”’`](?!\w)",
    re.I,
)
_OTHERWISE = re.compile(r"(?:say|answer|reply|respond)(?: only)?(?: with)?:? [\"“'‘]([^\"”]+?)[\"”'’](?!\w)", re.I)
_GROUNDED = re.compile(
    r"\bcontext\b|\bdocuments?\b|\bpassages?\b|\bprovided (?:information|text)\b|"
    r"\bknowledge base\b|\bsearch results?\b|\bexcerpts?\b",
    re.I,
)


class Manner(NamedTuple):
    """How an answer is wanted. sentences: 0 for as many as it takes, -1 for many. words: at most, 0 for any number.
    language: "" for English. case: "upper", "lower" or "". verdict: nothing but yes or no."""

    language: str = ""
    sentences: int = 0
    words: int = 0
    case: str = ""
    bullets: bool = False
    verdict: bool = False


class Rules(NamedTuple):
    """What a system prompt demands. always: the only reply there is. otherwise: what to say when the context has no
    answer. grounded: answers have to come from the context."""

    manner: Manner
    always: str
    otherwise: str
    grounded: bool


def rules_of(system: str) -> Rules:
    """The rules that a system prompt, or a context with instructions, gives."""
    return _rules_of(system if len(system) <= _RULES_READ else f"{system[:2500]}\n{system[-1500:]}")


@lru_cache(maxsize=256)
def _rules_of(system: str) -> Rules:
    always = _ALWAYS.search(system)
    otherwise = _OTHERWISE.search(system)
    return Rules(
        manner_of(system),
        always.group(1) if always else "",
        otherwise.group(1) if otherwise else "",
        bool(_GROUNDED.search(system)),
    )


@lru_cache(maxsize=512)
def manner_of(text: str) -> Manner:
    """The manner that a text asks for, whatever else it says."""
    lowered = text.lower()
    language, sentences, limit, bullets = "", 0, 0, False
    if found := _IN_LANGUAGE.search(text):
        language = _NAMES_OF_LANGUAGES[found.group(1).lower()]
    if found := _SENTENCES.search(text):
        number = {"a": 1, "single": 1}.get(found.group(1).lower()) or instructions.to_int(found.group(1))
        unit = found.group(2).lower()
        if unit == "word":
            limit = number
        elif unit == "bullet":
            bullets, sentences = True, number
        else:
            sentences = number * (4 if unit == "paragraph" else 1)
    elif re.search(r"\b(?:short|brief|briefly|concise|concisely|tl;dr)\b", lowered):
        sentences = 1 if len(lowered) < 400 else 0
    elif (
        re.search(r"\b(?:in detail|detailed|in[- ]depth|thorough\w*|essay|long|comprehensive)\b", lowered)
        and len(lowered) < 400
    ):
        sentences = -1
    if found := _WORD_LIMIT.search(text):
        limit = int(found.group(1))
    bullets = bullets or "bullet" in lowered
    case = (
        "upper"
        if re.search(r"\b(?:in|all|use|using|with) (?:all )?(?:upper ?-?case|caps|capital letters)\b", lowered)
        else "lower"
        if re.search(r"\b(?:in|all|use|using) lower ?-?case\b", lowered)
        else ""
    )
    verdict = bool(
        re.search(
            r"\b(?:only|just|simply|with|answer|reply) (?:with )?(?:a )?(?:only )?(?:yes or no|"
            r"yes/no|'?\"?yes'?\"? or '?\"?no)",
            lowered,
        )
    )
    return Manner(language, sentences, limit, case, bullets, verdict)


def merged(base: Manner, wish: Manner, language: str) -> Manner:
    """What the user wishes, else what the system prompt demands, else the language that is spoken."""
    return Manner(
        wish.language or base.language or language,
        wish.sentences or base.sentences,
        wish.words or base.words,
        wish.case or base.case,
        wish.bullets or base.bullets,
        wish.verdict or base.verdict,
    )


def language_of(text: str, lowered: list[str]) -> str:
    """The language of a text other than English, "" for English and for what is not clear."""
    if not text.isascii():
        letters = sum(c.isalpha() for c in text) or 1
        for language, script in _SCRIPTS:
            if 3 * len(script.findall(text)) > letters:
                return language
    spoken = {language: sum(word in marks for word in lowered) for language, marks in FOREIGN.items()}
    best = max(spoken, key=lambda language: spoken[language])
    english = sum(word in STOP and len(word) > 1 for word in lowered)
    return best if spoken[best] > english else ""
