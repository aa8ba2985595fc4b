"""Distributions of numbers that nobody knows yet: a bell on a grid, with its quantiles, and how a series goes on."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

MOST_POINTS = 2000


@dataclass(frozen=True, slots=True)
class Bell:
    """Probabilities of grid points; what lies outside of the grid is below or above."""

    points: tuple[float, ...]
    shares: tuple[float, ...]
    below: float
    above: float

    @property
    def mean(self) -> float:
        """The points, weighted by their probabilities."""
        return math.fsum(point * share for point, share in zip(self.points, self.shares, strict=True))

    def quantile(self, share: float) -> float:
        """The smallest point that at least `share` of the probability is at or below."""
        total = 0.0
        for point, part in zip(self.points, self.shares, strict=True):
            total += part
            if total >= share - 1e-12:
                return point
        return self.points[-1]

    def quantiles(self) -> list[float]:
        """The 1st to the 99th percentile."""
        sums, total = [], 0.0
        for part in self.shares:
            total += part
            sums.append(total)
        return [self.points[min(bisect_left(sums, at / 100 - 1e-12), len(sums) - 1)] for at in range(1, 100)]


def grid(low: float, high: float, step: float | None, *, log: bool = False) -> tuple[float, ...]:
    """Points from `low` to `high`, at most 2,000: every `step`, or about a hundred; of a log scale at even ratios."""
    if high <= low:
        return (low,)
    if log and low > 0:
        return tuple(min(high, low * (high / low) ** (at / 200)) for at in range(201))
    if not step or step <= 0:
        size = 10.0 ** math.floor(math.log10((high - low) / 100))
        step = next(size * factor for factor in (1, 2, 5, 10) if (high - low) / (size * factor) <= 200)
    step = min(step, high - low)
    count = min(MOST_POINTS, max(1, math.floor((high - low) / step + 1e-9)))
    width = step if count < MOST_POINTS else (high - low) / count
    return tuple(low + at * width for at in range(count + 1))


def bell(points: tuple[float, ...], centre: float, spread: float, *, log: bool = False) -> Bell:
    """A normal distribution on a grid; of a logarithmic one the logarithms are normal, and `spread` is theirs."""
    scaled = [math.log(point) for point in points] if log and points[0] > 0 else list(points)
    middle = math.log(max(centre, points[0])) if log and points[0] > 0 else centre
    spread = max(spread, 1e-9)
    width = (scaled[-1] - scaled[0]) / max(1, len(scaled) - 1) or 1.0
    edges = [
        scaled[0] - width / 2,
        *((a + b) / 2 for a, b in itertools.pairwise(scaled)),
        scaled[-1] + width / 2,
    ]
    sums = [0.5 * (1 + math.erf((edge - middle) / (spread * math.sqrt(2)))) for edge in edges]
    shares = [max(b - a, 1e-12) for a, b in itertools.pairwise(sums)]
    total = math.fsum(shares)
    return Bell(points, tuple(share / total for share in shares), sums[0], 1 - sums[-1])


def centre_of(values: Sequence[float]) -> tuple[float, float]:
    """Mean and spread of what was seen before."""
    return fmean(values), pstdev(values) if len(values) > 1 else 0.0


def continued(values: Sequence[float], steps: int, season: int = 0) -> list[tuple[float, float]]:
    """How a series goes on: a centre and a spread for each step.

    season: after how many values it repeats; with two seasons of history and more, each step looks like those before
    it at its place in the season. Otherwise it goes on in a line that levels off. Spreads grow with the distance.
    """
    if season and len(values) >= 2 * season:
        places = [values[len(values) % season + at :: season] for at in range(season)]
        noise = pstdev([value - fmean(place) for place in places for value in place]) or 0.05 * abs(fmean(values))
        return [(fmean(places[at % season]), noise * (1 + 0.05 * at)) for at in range(steps)]
    if len(values) < 2:
        level = values[0] if values else 0.0
        return [(level, 0.1 * abs(level) * math.sqrt(at + 1) or 1.0) for at in range(steps)]
    recent = values[-8:]
    slope = (recent[-1] - recent[0]) / (len(recent) - 1)
    rest = [value - (recent[0] + slope * at) for at, value in enumerate(recent)]
    noise = pstdev(rest) or 0.03 * abs(fmean(recent)) or 1.0
    steepness, level, found = slope, recent[-1], []
    for at in range(steps):
        level += steepness
        steepness *= 0.9
        found.append((level, noise * math.sqrt(at + 1)))
    return found
