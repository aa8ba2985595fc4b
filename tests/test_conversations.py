"""Earlier responses are found by their account only, and the oldest make room."""

from mock_server.conversations import Conversations


def test_a_response_is_found_by_its_own_account_until_it_is_forgotten() -> None:
    said = Conversations()
    said.remember("a", "resp_1", ["hi"], 2)
    said.remember("b", "resp_1", ["ho"], 2)
    assert (said.find("a", "resp_1"), said.find("b", "resp_1"), said.find("a", "resp_2")) == (["hi"], ["ho"], None)
    said.forget("a")
    assert (said.find("a", "resp_1"), said.find("b", "resp_1")) == (None, ["ho"])
    said.forget()
    assert said.find("b", "resp_1") is None


def test_the_oldest_are_forgotten_when_they_are_too_many_or_too_large() -> None:
    said = Conversations(responses=2, size=10)
    for number, size in enumerate((4, 4, 1)):
        said.remember("a", str(number), [number], size)
    assert [said.find("a", each) for each in "012"] == [None, [1], [2]]
    said.remember("a", "3", [3], 7)
    assert [said.find("a", each) for each in "123"] == [None, [2], [3]]
    said.remember("a", "4", [4], 11)
    assert [said.find("a", each) for each in "234"] == [None, None, None]
