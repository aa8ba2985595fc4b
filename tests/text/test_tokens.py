import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.text.tokens import count, pieces

# What the vocabularies of Llama 3 and gpt-oss (o200k) make of a text, as (text, o200k, Llama 3).
MEASURED = [
    ("What is the capital of France?", 7, 7),
    ("Write a short poem about the autumn wind.", 9, 9),
    (
        "I ordered a pair of headphones last Tuesday (order #48213) and they still haven't arrived. Where are they?",
        24,
        25,
    ),
    (
        "Cloud computing lets a company rent servers by the hour; the monthly bill surprises whoever does not watch.",
        20,
        20,
    ),
    ('{"city": "Paris", "unit": "celsius", "days": [1, 2, 3], "detailed": true}', 31, 31),
    ("def area(width, height):\n    if width < 0:\n        raise ValueError()\n    return width * height\n", 25, 24),
    ("## Install\n\n1. Clone the repository\n2. Run `make serve`\n\n- **Port**: 8787\n", 25, 24),
    ("Wie wird das Wetter morgen in Berlin, und soll ich einen Regenschirm mitnehmen?", 18, 20),
    ("¿Cuál es la capital de Francia? Responde en una sola frase, por favor.", 18, 20),
    ("Какая погода завтра в Москве?", 8, 9),
]
SIGNS = st.text(alphabet="aaaaabbbbb123   \t\n\r..,;_\x0b\x1cé你и", max_size=80)


@pytest.mark.parametrize(("text", "gpt_oss", "llama"), MEASURED)
def test_a_count_is_within_a_fifth_of_real_vocabularies(text: str, gpt_oss: int, llama: int) -> None:
    assert count(text) == pytest.approx((gpt_oss + llama) / 2, rel=0.2)


@pytest.mark.parametrize(
    "text",
    [
        'The user said "Say hi." This is a simple, friendly greeting request.',
        "1.  **Analyze the Request:** The user wants me to reply with",
        'We need to reply with the single word "ok". Ensure no extra punctuation',
    ],
)
def test_answers_that_the_service_cut_at_16_tokens_count_16(text: str) -> None:
    assert count(text) == 16


@settings(max_examples=400)
@given(st.one_of(SIGNS, st.text(max_size=80)))
def test_the_pieces_add_up_to_the_text_and_are_as_many_as_counted(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert len(pieces(text)) == count(text)


def test_of_a_very_long_text_a_part_is_counted_and_the_rest_estimated() -> None:
    text = "The quick brown fox jumps over the lazy dog, twice a day. " * 4000
    assert count(text) == pytest.approx(len(pieces(text)), rel=0.02)


def test_nothing_is_no_token() -> None:
    assert count("") == 0
    assert pieces("") == []
