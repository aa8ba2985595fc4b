"""Files that are kept for a while."""

from mock_server.shelf import Shelf

ONE, TWO = "1" * 32, "2" * 32


def test_a_file_is_found_by_its_name_until_its_account_is_forgotten() -> None:
    shelf = Shelf()
    name, other = shelf.put(ONE, b"x", "image/png"), shelf.put(TWO, b"x", "image/png")
    assert name != other
    assert name == shelf.put(ONE, b"x", "image/png")
    assert name.endswith(".png")
    shelf.forget(ONE)
    assert shelf.get(name) is None
    kept = shelf.get(other)
    assert kept is not None
    assert (kept.body, kept.media_type) == (b"x", "image/png")
    shelf.forget()
    assert shelf.get(other) is None


def test_the_oldest_go_when_there_is_no_room() -> None:
    shelf = Shelf(room=10)
    first, second = shelf.put(ONE, b"aaaa", "a/b"), shelf.put(ONE, b"bbbb", "a/b")
    assert shelf.put(ONE, b"aaaa", "a/b") == first  # asked for again: the younger of the two
    third = shelf.put(ONE, b"cccc", "a/b")
    assert [shelf.get(name) is not None for name in (first, second, third)] == [True, False, True]
    assert shelf.get(shelf.put(ONE, b"x" * 50, "a/b")) is not None
