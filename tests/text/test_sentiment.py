"""Sentiment with negation, emphasis and turns."""

import pytest

from mock_server.text.sentiment import feeling

GOOD = """I love this product, it works great!
This pizza is not bad at all.
An absolute masterpiece from start to finish.
I can't recommend this enough.
Not only is it cheap, it is also very good.
It was okay, but the ending was wonderful.
No problems so far, works like a charm.
I have never been happier with a purchase.
Hardly any flaws, highly recommended.
The best phone I have ever owned 😍
a gorgeous , witty , seductive movie .""".splitlines()
BAD = """This pizza is not good.
I hate waiting in line.
The movie was boring and far too long.
It broke after two days, total waste of money.
I would not recommend this to anyone.
I don't like it.
It isn't very interesting.
The design is beautiful but the battery is terrible.
The story never becomes exciting.
no good jokes , no good scenes , barely a moment
The app crashes all the time 😡""".splitlines()


@pytest.mark.parametrize("text", GOOD)
def test_praise_is_above_zero(text: str) -> None:
    assert feeling(text) > 0


@pytest.mark.parametrize("text", BAD)
def test_blame_is_below_zero(text: str) -> None:
    assert feeling(text) < 0


@pytest.mark.parametrize("text", ["", "The table is made of wood.", "It arrives on Tuesday.", "42"])
def test_what_says_nothing_either_way_is_zero(text: str) -> None:
    assert feeling(text) == 0


def test_emphasis_and_negation_change_how_much() -> None:
    assert (
        feeling("very good") > feeling("good") > feeling("fairly good") > feeling("not bad") > 0 > feeling("not good")
    )
