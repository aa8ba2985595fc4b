"""Languages by code and by English name, with the script each is written in."""

from __future__ import annotations

from typing import NamedTuple


class Language(NamedTuple):
    """code: how the dictionaries and marks call it. words: whose dictionary column serves. script: see ``scripts``."""

    code: str
    words: str = ""
    script: str = "Latn"


_BY_NAME = """af afrikaans|am amharic|ar arabic|ast asturian|az azerbaijani|ba bashkir|be belarusian|bg bulgarian|
bn bengali|br breton|bs bosnian|ca catalan|ceb cebuano|cs czech|cy welsh|da danish|de german|el greek|en english|
es spanish|et estonian|fa persian|ff fulah|fi finnish|fr french|fy frisian|ga irish|gd gaelic|gl galician|gu gujarati|
ha hausa|he hebrew|hi hindi|hr croatian|ht haitian|hu hungarian|hy armenian|id indonesian|ig igbo|ilo iloko|
is icelandic|it italian|ja japanese|jv javanese|ka georgian|kk kazakh|km khmer|kn kannada|ko korean|lb luxembourgish|
lg ganda|ln lingala|lo lao|lt lithuanian|lv latvian|mg malagasy|mk macedonian|ml malayalam|mn mongolian|mr marathi|
ms malay|my burmese|ne nepali|nl dutch|no norwegian|ns sotho|oc occitan|or oriya|pa punjabi|pl polish|ps pashto|
pt portuguese|ro romanian|ru russian|sd sindhi|si sinhala|sk slovak|sl slovenian|so somali|sq albanian|sr serbian|
ss swati|su sundanese|sv swedish|sw swahili|ta tamil|te telugu|th thai|tl tagalog|tn tswana|tr turkish|uk ukrainian|
ur urdu|uz uzbek|vi vietnamese|wo wolof|xh xhosa|yi yiddish|yo yoruba|zh chinese|zu zulu"""
_SCRIPTS = {
    "Cyrl": "ru uk be bg mk sr kk mn ba",
    "Arab": "ar fa ps",
    "Urdu": "ur sd",
    "Deva": "hi mr ne",
    "Jpan": "ja",
    "Beng": "bn as",
    "Guru": "pa",
    "Gujr": "gu",
    "Orya": "or",
    "Taml": "ta",
    "Telu": "te",
    "Knda": "kn",
    "Mlym": "ml",
}
_SCRIPT_OF = {code: script for script, codes in _SCRIPTS.items() for code in codes.split()}
_NAMES = {name: code for pair in _BY_NAME.split("|") for code, name in (pair.split(),)}
_ALIASES = {"mandarin": "zh", "oriya": "or", "odia": "or", "farsi": "fa", "brazilian": "pt", "castilian": "es"}
_CODES = frozenset((*_NAMES.values(), "as"))

# FLORES codes: whose words serve. Close relatives of Hindi borrow its words; languages of other families have none.
_FLORES = {
    "asm": "as", "awa": "hi", "ben": "bn", "bho": "hi", "brx": "", "doi": "hi", "eng": "en", "gom": "mr", "gon": "",
    "guj": "gu", "hin": "hi", "hne": "hi", "kan": "kn", "kas": "ur", "kha": "", "lus": "", "mag": "hi", "mai": "hi",
    "mal": "ml", "mar": "mr", "mni": "", "npi": "ne", "ory": "or", "pan": "pa", "san": "hi", "sat": "", "snd": "ur",
    "tam": "ta", "tel": "te", "urd": "ur", "unr": "",
}  # fmt: skip


def named(language: str) -> Language:
    """The language that a code ("fr", "pt-BR", "zh_CN") or English name ("French") means, in any case of letters.

    A name that nobody knows is a language of its own, in Latin letters, without words.
    """
    asked = language.strip().lower()
    code = _NAMES.get(asked) or _ALIASES.get(asked) or asked.replace("_", "-").split("-")[0]
    if code not in _CODES:
        return Language(asked)
    return Language(code, code, _SCRIPT_OF.get(code, "Latn"))


def flores(code: str) -> Language:
    """The language of a FLORES code: "hin_Deva"."""
    language, _, script = code.partition("_")
    words = _FLORES.get(language, "")
    if (words == "hi" and script == "Arab") or (words == "ur" and script == "Deva"):
        words = {"Arab": "ur", "Deva": "hi"}[script]
    return Language(code, words, "Urdu" if script == "Arab" else script)
