import re

import pytest

from mock_server.text.answering import Said, answer
from mock_server.text.conversation import read

STATE = 0x5DEECE66D1234567


def ask(*said: str, system: str = "", state: int = STATE) -> str:
    return asked(*said, system=system, state=state).text


def asked(*said: str, system: str = "", state: int = STATE) -> Said:
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": "user" if i % 2 == 0 else "assistant", "content": text} for i, text in enumerate(said)]
    return answer(read({"messages": messages}), state, "model-7b")


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ("Reply exactly with: Hello!", "Hello!"),
        ("Reply with the single word ok.", "ok"),
        ("Respond with only the word 'yes'", "yes"),
        ("Say hi", "hi"),
        ("Say the word banana", "banana"),
        ("Repeat after me: the quick brown fox", "the quick brown fox"),
        ("echo hello world", "hello world"),
        ('Answer with exactly "42 apples" and nothing else.', "42 apples"),
        ("What is 12 times 7?", "12 * 7 = 84"),
        ("what's 2+2", "2 + 2 = 4"),
        ("Calculate (3 + 4) * 5", "(3 + 4) * 5 = 35"),
        ("What is 15% of 200?", "15% of 200 = 30"),
        ("Answer with just the number: 6*7", "42"),
        ("What is 5 divided by 0?", "5 / 0 = undefined, because nothing can be divided by zero"),
        ("Count to five", "1, 2, 3, 4, 5"),
        ("Count from 3 to 1", "3, 2, 1"),
        ("How many r's are in 'strawberry'?", 'The letter "r" appears 3 times in "strawberry".'),
        ("How many words are in 'the cat sat'?", 'There are 3 words in "the cat sat".'),
        ("Convert 'hello there' to uppercase", "HELLO THERE"),
        ("reverse the word 'stressed'", "desserts"),
        ("Sort these numbers: 3, 1, 2", "1, 2, 3"),
        ("Sort alphabetically: pear, apple and fig", "apple, fig, pear"),
        ("Translate 'good morning' to Spanish", "Buenos días"),
        ("What is the capital of France?", "The capital of France is Paris."),
        ("Classify the sentiment as positive, negative or neutral: I love this phone", "positive"),
        ("Classify the sentiment as positive, negative or neutral: the worst service ever", "negative"),
    ],
)
def test_simple_instructions_are_followed_to_the_letter(request_: str, reply: str) -> None:
    assert ask(request_) == reply


@pytest.mark.parametrize("hello", ["Hello", "hi there!", "Good morning", "Hey"])
def test_a_greeting_is_returned(hello: str) -> None:
    assert re.match(r"Hello|Hi", ask(hello))


def test_somebody_who_gives_a_name_is_greeted_by_it() -> None:
    assert "Ada" in ask("Hi, I'm Ada")


@pytest.mark.parametrize(
    ("request_", "number"),
    [("List five fruits", 5), ("Give me three tips for saving money", 3), ("Name 12 planners", 12)],
)
def test_a_list_has_as_many_entries_as_asked_for_and_none_twice(request_: str, number: int) -> None:
    lines = ask(request_).splitlines()
    assert [line.split(".")[0] for line in lines] == [str(i) for i in range(1, number + 1)]
    assert len({line.split(". ", 1)[1] for line in lines}) == number


def test_bullets_are_written_as_bullets() -> None:
    assert all(line.startswith("- ") for line in ask("Give me a bulleted list of 4 benefits of exercise").splitlines())


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ("Explain how photosynthesis works to a child", "photosynthesis"),
        ("Tell me about cloud storage", "cloud storage"),
        ("Why do companies move their old software into the cloud?", "old software"),
        ("Write a short poem about the autumn wind", "autumn wind"),
        ("Write a story about a lonely robot", "lonely robot"),
        ("Write an email to my boss about the summer holiday", "summer holiday"),
        ("Write a python function that adds two numbers", "adds_two_numbers"),
        ("Write a haiku about snow", "snow"),
    ],
)
def test_an_answer_picks_up_the_words_of_the_request(request_: str, words: str) -> None:
    assert words in ask(request_).lower()


def test_different_requests_get_different_answers() -> None:
    topics = "bees trains cheese clouds music tax poker tennis coral opera sailing bread".split()
    openings = {
        ask(f"Tell me about {topic}", state=STATE * (i + 3) % 2**64).replace(topic, "")
        for i, topic in enumerate(topics)
    }
    assert len(openings) >= 10


def test_yes_or_no_is_all_that_is_said_when_nothing_else_is_wanted() -> None:
    assert ask("Answer only yes or no: is water wet?") in ("Yes.", "No.")
    assert re.match(r"Yes, |No, ", ask("Is the earth round?"))


def test_one_sentence_is_one_sentence() -> None:
    assert ask("Tell me about trains in one sentence").count(". ") == 0
    assert ask("Tell me about trains", system="Answer in one sentence.").count(". ") == 0


def test_a_number_of_words_is_not_exceeded() -> None:
    assert len(ask("Explain recursion in 20 words").split()) <= 20


def test_details_make_an_answer_longer() -> None:
    assert len(ask("Explain recursion in detail")) > 2 * len(ask("Explain recursion"))


@pytest.mark.parametrize(
    ("request_", "start"),
    [
        ("Describe the ocean in French", ("Pour", "En")),
        ("Wie wird das Wetter morgen in Berlin?", ("Zum", "Bei", "Kurz")),
        ("¿Cómo puedo aprender a cocinar?", ("Para", "Cuando", "En")),
        ("法国的首都是哪里?", ("要", "说", "简")),
    ],
)
def test_an_answer_is_in_the_language_asked_for_or_spoken(request_: str, start: tuple[str, ...]) -> None:
    assert ask(request_).startswith(start)


def test_the_system_prompt_sets_language_case_and_fixed_replies() -> None:
    assert ask("hi", system="Always answer in French.").startswith("Bonjour")
    assert ask("tell me about trains", system="Write in all caps.").isupper()
    assert ask("Anything", system="Always reply with 'pong'") == "pong"


def test_what_the_user_said_is_remembered() -> None:
    facts = "My name is Ada. I live in Lisbon. My dog is called Rex."
    assert ask(facts, "Nice!", "What is my name?") == "Your name is Ada."
    assert ask(facts, "Nice!", "Where do I live?") == "You live in Lisbon."
    assert ask(facts, "Nice!", "What is my dog's name?") == "Your dog is called Rex."
    assert ask("My name is Ada. What is my name?") == "Your name is Ada."


def test_what_was_said_last_wins() -> None:
    assert "Porto" in ask("I live in Lisbon.", "Nice!", "I moved, now I live in Porto.", "Good!", "Where do I live?")


def test_what_nobody_said_is_not_made_up() -> None:
    assert "favourite colour" in ask("I was born in 1990.", "Good.", "What is my favourite colour?")


def test_a_statement_is_acknowledged() -> None:
    assert "your name is Ada and you live in Lisbon" in ask("My name is Ada and I live in Lisbon.")


def test_the_model_is_who_the_system_prompt_says() -> None:
    system = "You are Nova, a friendly travel assistant."
    assert ask("Who are you?", system=system) == "I am Nova, a friendly travel assistant."
    assert "Nova" in ask("What is your name?", system=system)
    assert "model-7b" in ask("Who are you?")


SHOP = (
    'You are a support bot. Answer from the context; if it is not there say "I don\'t know".\n'
    "Context: Orders ship within 2 days. Refunds are possible within 30 days of purchase with a receipt. "
    "We are open on weekdays from 9 to 5."
)


def test_an_answer_quotes_the_sentence_of_the_context_that_matters() -> None:
    assert "Refunds are possible within 30 days of purchase with a receipt." in ask(
        "What is the refund policy?", system=SHOP
    )
    assert "Orders ship within 2 days." in ask("How fast do you ship orders?", system=SHOP)


def test_what_the_context_does_not_say_is_answered_as_the_prompt_demands() -> None:
    assert ask("How long is the warranty?", system=SHOP) == "I don't know"


def test_a_context_inside_the_request_is_read() -> None:
    prompt = (
        "Use the following context to answer.\n\nContext:\n[1] The Eiffel Tower was completed in 1889.\n"
        "[2] It is 330 metres tall.\n\nQuestion: When was the Eiffel Tower completed?\nAnswer:"
    )
    assert "The Eiffel Tower was completed in 1889." in ask(prompt)


def test_instructions_of_a_system_prompt_are_not_quoted_as_facts() -> None:
    reply = ask("What is cooking?", system="You are a helpful assistant that answers questions about cooking.")
    assert "helpful assistant" not in reply


def test_a_request_without_a_subject_goes_on_about_the_last_one() -> None:
    assert "bees" in ask("Tell me about bees", "Bees are busy.", "tell me more")


def test_a_summary_takes_sentences_of_the_text() -> None:
    text = (
        "Summarize in one sentence: The bridge was closed on Monday because of storm damage. Cats like milk. "
        "Engineers will inspect the bridge and the storm damage this week. Tickets cost five euros."
    )
    reply = ask(text)
    assert reply.rstrip(".") in text
    assert "bridge" in reply


def test_the_same_request_and_state_get_the_same_answer_and_another_state_may_not() -> None:
    assert ask("Tell me about bees") == ask("Tell me about bees")
    assert len({ask("Tell me about bees", state=STATE + i * 2**40) for i in range(20)}) > 5


@pytest.mark.parametrize("request_", ["", " ", "?", "...", "\n", "🎉", "a", "1", "?!?", "the", "'", "()"])
def test_there_is_an_answer_to_anything(request_: str) -> None:
    assert ask(request_)


def test_the_route_of_an_answer_is_told() -> None:
    assert asked("What is 2+2?").route == "arithmetic"
    assert asked("Tell me about bees").route == "writing"
