"""Distributions on grids, and series that go on."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.text.distributions import bell, continued, grid


@settings(max_examples=60, deadline=None)
@given(
    low=st.floats(-1e6, 1e6),
    width=st.floats(1e-3, 1e6),
    step=st.one_of(st.none(), st.floats(1e-6, 1e6)),
    where=st.floats(-1, 2),
    spread=st.floats(0, 1e6),
    log=st.booleans(),
)
def test_shares_sum_to_one_and_quantiles_rise(
    low: float, width: float, step: float | None, where: float, spread: float, log: bool
) -> None:
    points = grid(low, low + width, step, log=log and low > 0)
    assert len(points) <= 2001
    assert points[0] == low
    assert points[-1] <= low + width + 1e-9 * max(abs(low), width)
    found = bell(points, low + where * width, spread, log=log and low > 0)
    assert math.fsum(found.shares) == pytest.approx(1)
    assert 0 <= found.below <= 1
    assert 0 <= found.above <= 1
    quantiles = found.quantiles()
    assert len(quantiles) == 99
    assert quantiles == sorted(quantiles)
    assert quantiles[49] == found.quantile(0.5)
    assert points[0] <= found.quantile(0.1) <= found.quantile(0.9) <= points[-1]


def test_a_grid_goes_by_its_step() -> None:
    assert grid(0, 90, 30) == (0, 30, 60, 90)
    assert grid(0, 10, None)[1] == pytest.approx(0.1)
    assert grid(5, 5, 1) == (5,)
    assert grid(1, 100, None, log=True)[100] == pytest.approx(10)


def test_a_bell_is_about_its_centre() -> None:
    found = bell(grid(0, 100, 1), 30, 3)
    assert found.quantile(0.5) == 30
    assert found.mean == pytest.approx(30, abs=0.01)
    assert 26 <= found.quantile(0.1) < 28
    assert bell(grid(0, 10, 1), -20, 3).below > 0.99


def test_series_repeat_their_seasons_and_go_on_in_their_direction() -> None:
    week = [100.0, 110, 120, 130, 140, 60, 50]
    assert [round(centre) for centre, _ in continued(week * 2, 7, season=7)] == [round(value) for value in week]
    assert [round(centre) for centre, _ in continued([*week, *week, 100.0], 6, season=7)] == [
        110,
        120,
        130,
        140,
        60,
        50,
    ]
    rising = [centre for centre, _ in continued([10.0, 20, 30, 40], 3)]
    assert 40 < rising[0] < rising[1] < rising[2] < 80
    spreads = [spread for _, spread in continued([10.0, 21, 29, 40], 3)]
    assert spreads == sorted(spreads)
    assert len(continued([], 4)) == 4
