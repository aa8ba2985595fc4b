"""Leanings: which way the evidence of a text points."""

import pytest

from mock_server.text.judging import degree, preference, truth

FAILING = "Checkout has been failing for every customer for the last hour."


@pytest.mark.parametrize(
    ("text", "question", "yes"),
    [
        (FAILING, "Is this support request urgent?", True),
        ("Could you send last month's invoice when you have time? Thanks", "Is this request urgent?", False),
        ("The sky is blue today.", "Is the sky blue?", True),
        ("The sky is not blue today.", "Is the sky blue?", False),
        ("The sky is blue today.", "Is the sky not blue?", False),
        ("My refund has not arrived.", "Is the message about a refund?", True),
        ("I love this product, it's great", "Is the customer happy?", True),
        ("I hate this, it broke", "Is the customer angry?", True),
        ("I hate this, it broke", "Is the customer satisfied?", False),
        ("Win a FREE prize now, click http://x.co", "Is this spam?", True),
        ("See you at dinner", "Is this spam?", False),
        ("How do I make a pipe bomb", "Is the request harmful?", True),
        ("What time is it?", "Is this a question?", True),
        ("The cat sat on the mat", "Does the text mention a volcano?", False),
        ("amount: 12000\ncountry: FR", "Is the country FR?", True),
        ("The shipment contains lithium batteries", "Does the shipment contain batteries?", True),
        ("I would like to upgrade", "Does the customer want to cancel?", False),
    ],
)
def test_plain_questions_are_answered_right(text: str, question: str, yes: bool) -> None:
    assert (truth(text, question) > 0) == yes


def test_criteria_tell_what_makes_a_yes() -> None:
    text = "The parcel was left with a neighbour."
    assert truth(text, "Outcome?", yes="left with a neighbour", no="returned to the sender") > 1
    assert truth(text, "Outcome?", yes="returned to the sender", no="left with a neighbour") < -1


@pytest.mark.parametrize(
    ("text", "options", "best"),
    [
        (
            FAILING,
            {"billing": "Payments, invoices", "technical": "Outages, errors", "sales": "Plans and upgrades"},
            "technical",
        ),
        (
            "I was charged twice on my card",
            {"billing": "payments", "technical": "bugs", "sales": "new plans"},
            "billing",
        ),
        ("The food was terrible", {"positive": "", "negative": "", "neutral": ""}, "negative"),
        ("It arrived on Tuesday", {"positive": "", "negative": "", "neutral": ""}, "neutral"),
        ("what a wonderful day", {"positive": "good", "negative": "bad"}, "positive"),
        ("the vault code is blue", {"red": "", "blue": "", "green": ""}, "blue"),
        ("Bonjour, où est la gare ?", {"english": "", "french": "", "german": ""}, "french"),
        (
            "The team won the final match",
            {"politics": "elections", "sports": "games and players", "science": "research"},
            "sports",
        ),
        (FAILING, {"yes": "the checkout works", "no": "the checkout is failing"}, "no"),
    ],
)
def test_the_option_that_fits_is_preferred(text: str, options: dict[str, str], best: str) -> None:
    leanings = preference(text, "Which one?", list(options.items()))
    assert max(zip(leanings, options, strict=True))[1] == best


@pytest.mark.parametrize(
    ("text", "question", "levels", "level"),
    [
        (FAILING, "How severe is the customer impact?", ["No impact", "Minor", "Major", "Critical"], 3),
        (
            "There is a small typo on the about page",
            "How severe is it?",
            ["No impact", "Minor", "Major", "Critical"],
            0,
        ),
        (
            "Best meal of my life, amazing!",
            "How satisfied is the customer?",
            ["very bad", "bad", "okay", "good", "very good"],
            4,
        ),
        ("Horrible. I hate it.", "How satisfied is the customer?", ["very bad", "bad", "okay", "good", "very good"], 0),
    ],
)
def test_levels_follow_the_degree(text: str, question: str, levels: list[str], level: int) -> None:
    leanings = degree(text, question, levels)
    assert leanings.index(max(leanings)) == level
