import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mock_server.clock import Clock

NOON = 1_780_315_200.0  # 2026-06-01T12:00:00Z


def frozen(at: float = NOON) -> Clock:
    clock = Clock(at)
    clock.freeze()
    clock.set(at)
    return clock


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2026-06-01T12:00:00Z", NOON),
        ("2026-06-01T12:00:00+00:00", NOON),
        ("2026-06-01T14:00:00+02:00", NOON),
        ("2026-06-01T12:00:00", NOON),
        ("2026-06-01T12:00:00.250Z", NOON + 0.25),
        ("2026-06-01", NOON - 12 * 3600),
        (NOON, NOON),
        (0, 0.0),
    ],
)
def test_an_instant_is_read_as_utc_unless_it_names_its_zone(value: str | float, seconds: float) -> None:
    assert Clock.parse(value) == seconds


@pytest.mark.parametrize("value", ["", "noon", "2026-13-01", float("nan"), float("inf"), True])
def test_what_is_no_instant_is_refused(value: str | float) -> None:
    with pytest.raises(ValueError, match=r"."):
        Clock.parse(value)


def test_a_new_clock_shows_the_real_time() -> None:
    before = time.time()
    assert before <= Clock().now() <= time.time()


def test_a_clock_with_a_start_runs_from_there() -> None:
    before = time.time()
    clock = Clock(NOON)
    shown = clock.now()
    assert NOON <= shown <= NOON + (time.time() - before)
    assert not clock.frozen


def test_a_frozen_clock_stands_still() -> None:
    clock = Clock(NOON)
    clock.freeze()
    assert clock.frozen
    assert clock.now() == clock.now()


def test_a_frozen_clock_can_be_set_and_moved_and_stays_frozen() -> None:
    clock = frozen()
    clock.advance(90)
    assert clock.now() == NOON + 90
    clock.advance(-30)
    assert clock.now() == NOON + 60
    clock.set("2026-06-01T12:00:00Z")
    assert clock.now() == NOON
    assert clock.frozen


def test_a_resumed_clock_runs_on_from_where_it_stood() -> None:
    clock = frozen()
    before = time.time()
    clock.resume()
    assert NOON <= clock.now() <= NOON + (time.time() - before)


def test_a_running_clock_can_be_moved() -> None:
    clock = Clock()
    clock.advance(3600)
    assert time.time() + 3599 < clock.now() <= time.time() + 3600


def test_a_bad_value_leaves_the_clock_as_it_was() -> None:
    clock = frozen()
    with pytest.raises(ValueError, match="later"):
        clock.set("later")
    assert clock.now() == NOON


def test_moves_from_many_threads_all_count() -> None:
    clock = frozen()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(clock.advance, [1.0] * 400))
    assert clock.now() == NOON + 400
