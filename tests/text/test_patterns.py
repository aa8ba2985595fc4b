import re
from random import Random

import pytest

from mock_server.text.patterns import compiled, matching


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{2}-\d{4}$",
        r"^(foo|bar)+$",
        r"\w+@\w+\.com",
        r"^(?<year>\d{4})-(?<month>0[1-9]|1[0-2])$",
        r"^[^abc]{3,5}$",
        r"^(?!x)[a-z]+$",
        r"^(a|b)\1$",
        r"^\+?[1-9]\d{1,14}$",
        r"^\s*\S+\s*$",
        r"^.{3}$",
        r"^[\w.-]+$",
        r"^#(?:[0-9a-fA-F]{3}){1,2}$",
        r"^\p{L}+$",
        "",
        "^$",
    ],
)
def test_a_pattern_is_found_in_what_is_written_for_it(pattern: str) -> None:
    for seed in range(10):
        text = matching(pattern, Random(seed))
        assert text is not None
        assert compiled(pattern).search(text)


def test_lengths_are_kept() -> None:
    for seed in range(10):
        text = matching("^[a-z]+$", Random(seed), 8, 10)
        assert text is not None
        assert 8 <= len(text) <= 10


def test_what_cannot_be_is_not_written() -> None:
    assert matching("^a{5}$", Random(1), 0, 3) is None
    assert matching("a^", Random(1)) is None


def test_a_broken_pattern_is_an_error() -> None:
    with pytest.raises(re.error):
        matching("(", Random(1))
