"""Latin letters written in other scripts, by sound and roughly."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_CYRILLIC = (
    "shch щ|sch ш|zh ж|kh х|ts ц|ch ч|sh ш|ph ф|th т|ck к|qu кв|yu ю|ya я|yo ё|ee и|oo у|x кс|a а|b б|c к|d д|e е|f ф|"
    "g г|h х|i и|j дж|k к|l л|m м|n н|o о|p п|q к|r р|s с|t т|u у|v в|w в|y й|z з"
)
_ARABIC = (
    "sh ش|ch تش|th ث|kh خ|ph ف|ck ك|qu كو|ee ي|oo و|x كس|a ا|b ب|c ك|d د|e ي|f ف|g غ|h ه|i ي|j ج|k ك|l ل|m م|n ن|o و|"
    "p ب|q ق|r ر|s س|t ت|u و|v ف|w و|y ي|z ز"
)
_URDU = (
    "sh ش|ch چ|th تھ|kh کھ|ph ف|ck ک|qu کو|ee ی|oo و|x کس|a ا|b ب|c ک|d ڈ|e ے|f ف|g گ|h ہ|i ی|j ج|k ک|l ل|m م|n ن|o و|"
    "p پ|q ق|r ر|s س|t ٹ|u و|v و|w و|y ی|z ز"
)
_OL_CHIKI = (
    "ch ᱪ|sh ᱥ|ng ᱝ|th ᱛᱷ|ph ᱯᱷ|x ᱠᱥ|a ᱟ|b ᱵ|c ᱠ|d ᱫ|e ᱮ|f ᱯᱷ|g ᱜ|h ᱦ|i ᱤ|j ᱡ|k ᱠ|l ᱞ|m ᱢ|n ᱱ|o ᱳ|p ᱯ|q ᱠ|r ᱨ|s ᱥ|"
    "t ᱴ|u ᱩ|v ᱣ|w ᱣ|y ᱭ|z ᱡ"
)
_MEITEI = (
    "ch ꯆ|sh ꯁ|ng ꯉ|th ꯊ|ph ꯐ|kh ꯈ|x ꯀꯁ|a ꯑ|b ꯕ|c ꯀ|d ꯗ|e ꯑꯦ|f ꯐ|g ꯒ|h ꯍ|i ꯏ|j ꯖ|k ꯀ|l ꯂ|m ꯃ|n ꯅ|o ꯑꯣ|p ꯄ|q ꯀ|"
    "r ꯔ|s ꯁ|t ꯇ|u ꯎ|v ꯚ|w ꯋ|y ꯌ|z ꯖ"
)
_KATAKANA = {
    "": "アイウエオ", "k": "カキクケコ", "g": "ガギグゲゴ", "s": "サシスセソ", "z": "ザジズゼゾ", "t": "タチツテト",
    "d": "ダヂヅデド", "n": "ナニヌネノ", "h": "ハヒフヘホ", "b": "バビブベボ", "p": "パピプペポ", "m": "マミムメモ",
    "y": "ヤイユエヨ", "r": "ラリルレロ", "w": "ワイウエヲ",
    "j": ("ジャ", "ジ", "ジュ", "ジェ", "ジョ"), "f": ("ファ", "フィ", "フ", "フェ", "フォ"),
    "v": ("ヴァ", "ヴィ", "ヴ", "ヴェ", "ヴォ"), "sh": ("シャ", "シ", "シュ", "シェ", "ショ"),
    "ch": ("チャ", "チ", "チュ", "チェ", "チョ"), "ts": ("ツァ", "ツィ", "ツ", "ツェ", "ツォ"),
}  # fmt: skip
_AS_KATAKANA = {"l": "r", "c": "k", "q": "k", "x": "s", "th": "s", "ph": "f", "ck": "k", "qu": "k", "wh": "w"}
_CONSONANTS = {
    "chh": "छ", "ch": "च", "sh": "श", "th": "थ", "dh": "ध", "kh": "ख", "gh": "घ", "ph": "फ", "bh": "भ", "jh": "झ",
    "ck": "क", "qu": "क्व", "b": "ब", "c": "क", "d": "ड", "f": "फ", "g": "ग", "h": "ह", "j": "ज", "k": "क", "l": "ल",
    "m": "म", "n": "न", "p": "प", "q": "क", "r": "र", "s": "स", "t": "ट", "v": "व", "w": "व", "x": "क्स", "y": "य",
    "z": "ज",
}  # fmt: skip
_VOWELS = {  # at the beginning of a syllable, after a consonant
    "aa": ("आ", "ा"), "ai": ("ऐ", "ै"), "au": ("औ", "ौ"), "ee": ("ई", "ी"), "ea": ("ई", "ी"), "oo": ("ऊ", "ू"),
    "ou": ("औ", "ौ"), "a": ("अ", "ा"), "e": ("ए", "े"), "i": ("इ", "ि"), "o": ("ओ", "ो"), "u": ("उ", "ु"),
}  # fmt: skip
_VIRAMA = "्"
_BLOCKS = {"Deva": 0, "Beng": 0x80, "Guru": 0x100, "Gujr": 0x180, "Orya": 0x200, "Taml": 0x280, "Telu": 0x300,
           "Knda": 0x380, "Mlym": 0x400}  # fmt: skip
_MISSING = {  # letters that a script has not, and what stands for them
    "Taml": str.maketrans("खगघछझठडढथदधफबभ", "कककचजटटटतततपपप"),
    "Beng": str.maketrans("व", "ब"),
}
_TABLES = {
    "Cyrl": _CYRILLIC,
    "Arab": _ARABIC,
    "Urdu": _URDU,
    "Olck": _OL_CHIKI,
    "Mtei": _MEITEI,
}
_SOUND = re.compile("chh|ch|sh|th|dh|kh|gh|ph|bh|jh|ck|qu|ts|wh|aa|ai|au|ee|ea|oo|ou|[a-z]")
SCRIPTS = frozenset((*_TABLES, *_BLOCKS, "Jpan"))


def written(word: str, script: str) -> str:
    """A word of Latin letters in another script: one of SCRIPTS, by ISO 15924 ("Urdu" for Arabic as Urdu has it)."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", word.lower()) if letter.isascii())
    if script in _TABLES:
        pattern, table = _table(script)
        return pattern.sub(lambda found: table[found.group()], plain)
    return re.sub("[a-z]+", lambda found: _by_syllables(_SOUND.findall(found.group()), script), plain)


@cache
def _table(script: str) -> tuple[re.Pattern[str], dict[str, str]]:
    table = {pair.split(" ")[0]: pair.split(" ")[1] for pair in _TABLES[script].split("|")}
    return re.compile("|".join(sorted(table, key=len, reverse=True))), table


def _by_syllables(sounds: list[str], script: str) -> str:
    return _kana(sounds) if script == "Jpan" else _brahmic(sounds, script)


def _brahmic(sounds: list[str], script: str) -> str:
    """Devanagari, moved to the block of the script: the blocks have their letters at the same places."""
    written = ""
    open_consonant = False
    for at, sound in enumerate(sounds):
        if sound in _VOWELS:
            if sound == "e" and at == len(sounds) - 1 and open_consonant and at > 1:
                continue  # a silent e
            written += _VOWELS[sound][open_consonant]
            open_consonant = False
        else:
            if open_consonant:
                written += _VIRAMA
            written += _CONSONANTS.get(sound) or _CONSONANTS[sound[0]]
            open_consonant = True
    written = written.translate(_MISSING.get(script, {}))
    shift = _BLOCKS[script]
    return "".join(chr(ord(letter) + shift) for letter in written)


def _kana(sounds: list[str]) -> str:
    written = ""
    row = ""
    for sound in sounds:
        if sound in _VOWELS:
            written += _KATAKANA[row]["aiueo".index(sound[0])] + ("ー" if len(sound) > 1 else "")
            row = ""
            continue
        written += _alone(row)
        row = _AS_KATAKANA.get(sound, sound)
        row = row if row in _KATAKANA else row[0]
    return written + _alone(row)


def _alone(row: str) -> str:
    """A consonant without a vowel."""
    return "" if not row else "ン" if row == "n" else _KATAKANA[row][4 if row in "td" else 2]
