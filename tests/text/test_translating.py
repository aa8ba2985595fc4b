"""Translation by dictionary, marks, scripts, and what stays untouched."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.text.languages import flores, named
from mock_server.text.scripts import SCRIPTS, written
from mock_server.text.translating import _columns, translate

DOCUMENTED = "english chinese french spanish arabic russian german japanese portuguese hindi".split()
KEPT = ["https://example.com/a?b=1&c=2", "{name}", "{{count}}", "%s", "%(total)d", "<b>", "`npm install`",
        "info@example.com", "42", "3.14", "$1,250.00", "10:45", "100%", "&nbsp;"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "source", "target", "expected"),
    [
        ("Hello world", "en", "fr", "Bonjour le monde"),
        ("Hello, how are you?", "english", "spanish", "¿Hola, cómo estás?"),
        ("Where is the train station?", "en", "de", "Wo ist der Bahnhof?"),
        ("The house and the car", "en", "pt", "A casa e o carro"),
        ("the water", "en", "fr", "l'eau"),
        ("The children love music.", "en", "ru", "Дети любят музыка."),
        ("Thank you very much!", "en", "zh", "非常感谢！"),
        ("My name is Anna.", "en", "ja", "私の名前はアンナ。"),
        ("Good morning", "en", "hi", "सुप्रभात"),
        ("yes, thank you", "en", "ar", "نعم، شكرا"),
        ("Bonjour, où est la gare ?", "fr", "en", "Hello, where is the station ?"),
        ("こんにちは、お元気ですか", "ja", "en", "hello, how are you"),
        ("привет мир", "ru", "fr", "bonjour le monde"),
        ("I'll have an order of the moule frites", "english", "french", "Je vais prendre des moule frites"),
    ],
)
def test_common_words_are_translated(text: str, source: str, target: str, expected: str) -> None:
    assert translate(text, named(source), named(target)) == expected


@pytest.mark.parametrize("target", [name for name in DOCUMENTED if name != "english"])
def test_a_greeting_is_recognisable_in_every_documented_language(target: str) -> None:
    language = named(target)
    assert language.words in _columns()
    translated = translate("Hello, thank you!", named("en"), language)
    assert not translated.startswith("[")
    assert _columns()[language.words]["thank you"].text in translated


@pytest.mark.parametrize("target", ["fr", "ru", "zh", "ja", "hi", "ar", "it", "klingon"])
@pytest.mark.parametrize("kept", KEPT)
def test_placeholders_numbers_and_links_stay_as_they_are(kept: str, target: str) -> None:
    for text in (f"Serverless orchestration pipelines {kept} throughput", f"Hello {kept} my friend"):
        assert kept in translate(text, named("en"), named(target))


def test_what_is_mostly_unknown_is_marked() -> None:
    assert translate("Quantum chromodynamics rocks", named("en"), named("fr")).startswith("[fr] ")
    assert translate("Hello world", named("en"), named("italian")).startswith("[it] ")
    assert translate("Hello world", named("en"), named("Klingon")).startswith("[klingon] ")


@pytest.mark.parametrize(("source", "target"), [("en", "english"), ("french", "fr"), ("xx", "xx")])
def test_the_same_language_changes_nothing(source: str, target: str) -> None:
    assert translate("Hello, quantum world!", named(source), named(target)) == "Hello, quantum world!"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["fr", "es", "de", "ru", "ar", "zh", "ja", "hi", "ta", "it", "??"]))
def test_any_text_is_translated_always_the_same(text: str, target: str) -> None:
    once = translate(text, named("en"), named(target))
    assert once == translate(text, named("en"), named(target))
    assert bool(once.strip()) == bool(text.strip()) or re.fullmatch(r"(?i)[\W_]*(?:(?:the|an?)[\W_]*)+", text)


@pytest.mark.parametrize(
    ("code", "name"),
    [("pt-BR", "portuguese"), ("zh_CN", "Chinese"), ("EN", "English"), ("mandarin", "zh"), ("hi", "HINDI")],
)
def test_codes_and_names_mean_the_same_language(code: str, name: str) -> None:
    assert named(code) == named(name)


INDIC = """asm_Beng awa_Deva ben_Beng bho_Deva brx_Deva doi_Deva gom_Deva gon_Deva guj_Gujr hin_Deva hne_Deva kan_Knda
    kas_Arab kas_Deva mag_Deva mai_Deva mal_Mlym mar_Deva mni_Beng mni_Mtei npi_Deva ory_Orya pan_Guru san_Deva sat_Olck
    snd_Arab snd_Deva tam_Taml tel_Telu urd_Arab unr_Deva""".split()
SCRIPT_NAMES = {"Beng": "BENGALI", "Deva": "DEVANAGARI", "Gujr": "GUJARATI", "Knda": "KANNADA", "Arab": "ARABIC",
                "Mlym": "MALAYALAM", "Mtei": "MEETEI", "Orya": "ORIYA", "Guru": "GURMUKHI", "Olck": "OL CHIKI",
                "Taml": "TAMIL", "Telu": "TELUGU"}  # fmt: skip


@pytest.mark.parametrize("code", INDIC)
@pytest.mark.parametrize("text", ["Hello, how are you", "The quarterly throughput exceeded projections"])
def test_indic_languages_are_written_in_their_script(code: str, text: str) -> None:
    translated = translate(text, named("en"), flores(code))
    letters = [letter for letter in translated.removeprefix(f"[{code}] ") if letter.isalpha()]
    assert letters
    assert all(unicodedata.name(letter).startswith(SCRIPT_NAMES[code[-4:]]) for letter in letters)


@pytest.mark.parametrize("script", sorted(SCRIPTS))
@settings(max_examples=60, deadline=None)
@given(st.text("abcdefghijklmnopqrstuvwxyzéü", min_size=1, max_size=20))
def test_every_latin_word_is_spelled_with_letters_that_exist(script: str, word: str) -> None:
    spelled = written(word, script)
    assert spelled
    assert not re.search("[a-z]", spelled)
    assert all(unicodedata.category(letter) != "Cn" for letter in spelled)
