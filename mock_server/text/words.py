"""What words are about: function words, words of asking, stems and everyday synonyms of English."""

from __future__ import annotations

import re
from functools import lru_cache

EDGES = ".,;:!?\"'`()[]{}<>*_~…“”‘’«»¿¡。,?!、「」"  # signs that cling to a word
STOP = frozenset(
    """a about above after again all also although always am an and any anyone anything are aren't around as at be
    because been before being below between both but by can can't cannot could couldn't did didn't do does doesn't doing
    don't done down during each either else ever every few for from further had has hasn't have having he he's her here
    hers herself him himself his how how's however i i'd i'll i'm i've if in into is isn't it it's its itself just let
    let's may maybe me might mine more most much must my myself neither never no nor not now of off often ok okay on
    once only or other our ours ourselves out over own perhaps quite rather really same shall she she's should shouldn't
    since so some something soon still such than that that's the their theirs them themselves then there there's these
    they they're this those though through to too two under until up upon us very via was wasn't way we we're well were
    weren't what what's when when's where where's which while who who's whom whose why will with within without won't
    would wouldn't yes yet you you'd you'll you're you've your yours yourself""".split()
)
ASKING = frozenset(
    """answer article ask assistant best bit blog brief briefly build bulleted calculate can compare compose concise
    convert count create define describe detail detailed details discuss draft easy essay exactly example examples
    explain explanation find following generate get give gives go good got great happen happens hello help helpful
    hey hi idea ideas interesting know known like line lines list long look looking make makes mean means name need
    needs nice note one only outline overview paragraph paragraphs please pls point points provide question repeat
    reply respond response return say says sentence sentences short show simple simply something summarise summarize
    summary talk teach tell text thank thanks thing things think thoughts three today tomorrow tonight translate
    tweet understand use used user using want way word words work works write writing you""".split()
)
_LOOKING = frozenset(
    """according answer based context described describe document documents explain find following give information
    know mentioned passage please question quote remember reply said say tell text think using""".split()
)
VERB_LEADS = frozenset("i to you we can could should would do does did will must please let's they he she".split())
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "edly", "ed", "es", "ly", "s", "e", "y")
QUOTED = re.compile(  # one of its groups is what stands between quotation marks
    r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|`([^`\n]+)`|(?<![\w'])'([^'\n]+)'(?!\w)|‘([^’\n]+)’"
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The first part of a lower-case word that its forms share: "storage", "storing" -> "storag", "stor"."""
    if len(word) < 4 or not word.isascii():
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def words(text: str) -> list[str]:
    """The words of `text` in lower case."""
    return [word[:-2] if word[-2:] in ("'s", "’s") else word for word in _WORD.findall(text.lower())]


def quotations(text: str) -> list[str]:
    """What stands between quotation marks."""
    return [next(filter(None, match.groups())) for match in QUOTED.finditer(text)]


def parts_of_text(text: str) -> tuple[list[str], list[str]]:
    """The parts of a text between spaces, as written, and in lower case without signs at their edges."""
    return text.split(), [word.strip(EDGES) for word in text.lower().split()]


def terms(text: str) -> list[str]:
    """Stems of the words to look for when `text` is a question, in order, each once."""
    return list(dict.fromkeys(stem(word) for word in words(text) if word not in STOP and word not in _LOOKING))


_SYNONYMS = {
    "call": ("name",),
    "name": ("call", "i'm ", "i am ", "you are ", "this is "),
    "live": ("home", "resid", "born", "based"),
    "home": ("live", "address"),
    "cost": ("price", "pric", "fee", "$", "€"),
    "price": ("cost", "$", "€"),
    "much": ("price", "cost"),
    "old": ("age", "year"),
    "age": ("old", "year"),
    "job": ("work", "profession", "occupation"),
    "occupation": ("work", "job"),
    "work": ("job",),
    "phone": ("telephone", "number"),
    "email": ("e-mail", "mail"),
    "start": ("begin", "began"),
    "begin": ("start",),
    "end": ("finish", "close"),
    "buy": ("bought", "purchas", "order"),
    "colour": ("color",),
    "color": ("colour",),
    "holiday": ("vacation",),
    "vacation": ("holiday",),
    "refund": ("money back", "return"),
    "return": ("refund",),
    "boss": ("manager",),
    "manager": ("boss",),
    "kid": ("child",),
    "child": ("kid", "son", "daughter"),
    "car": ("vehicle", "drive"),
    "invent": ("creat", "discover"),
    "write": ("wrote", "author"),
    "author": ("wrote", "written"),
    "found": ("establish", "start"),
    "pet": ("dog", "cat"),
}
SYNONYMS = {stem(word): others for word, others in _SYNONYMS.items()}  # forms that may stand for a stem
