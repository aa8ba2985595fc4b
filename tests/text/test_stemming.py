"""Words and stems."""

import pytest

from mock_server.text.stemming import stem, words


@pytest.mark.parametrize(
    "forms",
    [
        "day days",
        "cry cries crying cried",
        "study studies studying studied",
        "stop stops stopped stopping",
        "make makes making made",
        "big bigger biggest",
        "quick quicker quickly",
        "child children child's",
        "run runs running ran",
        "box boxes",
        "class classes",
        "invoice invoices",
        "store stores storing stored",
        "change changing changed",
        "drive driver driving drove",
        "visit visiting visits",
        "receive receiving received",
        "use using used",
        "add added adding",
    ],
)
def test_forms_of_a_word_share_a_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["mother moth", "order ord", "number numb", "care car", "site sit", "plane plan", "note not", "gas ga"]
)
def test_words_that_only_look_alike_do_not(pair: str) -> None:
    first, second = pair.split()
    assert stem(first) != stem(second)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don’t panic, it's 42%!", ["don't", "panic", "it's", "42"]),
        ("Crème brûlée à Zürich", ["creme", "brulee", "a", "zurich"]),
        ("我喜欢Python", ["我", "喜", "欢", "python"]),
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया"]),
        ("", []),
        ("!?… 🙂", []),
    ],
)
def test_words_are_found_in_many_scripts(text: str, found: list[str]) -> None:
    assert words(text) == found
