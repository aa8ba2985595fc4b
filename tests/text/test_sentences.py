"""Where sentences end."""

import pytest

from mock_server.text.sentences import sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        (
            "Dr. Smith paid $3.50 to Acme Inc. in May. He left.",
            ["Dr. Smith paid $3.50 to Acme Inc. in May.", "He left."],
        ),
        ("first line\nsecond line", ["first line", "second line"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("你好。世界！", ["你好。", "世界！"]),
        ("visit example.com now", ["visit example.com now"]),
        ("  ", []),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert sentences(text) == found
