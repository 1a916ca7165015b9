"""Intervals and tests, in plain Python: no measure is told without one of them or a count.

Every draw takes a seed: the same values and the same seed give the same interval, on every machine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from glasswork.records import Record

T = TypeVar("T")

_TIED = 1 + 1e-7
"""Tables whose probabilities are this close count as equally probable: the same sum is not the same float."""


class Share(Record):
    """How many of how many, with the 95 % Wilson interval of the share."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.hits / self.of if self.of else None

    def __str__(self) -> str:
        if not self.of:
            return "0 of 0"
        return f"{self.hits} of {self.of}, {self.hits / self.of:.0%} [{self.low:.0%}, {self.high:.0%}]"


def share(hits: int, of: int) -> Share:
    """Return a share with its Wilson interval."""
    low, high = wilson(hits, of)
    return Share(hits=hits, of=of, low=low, high=high)


def wilson(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return the score interval of a share (Wilson 1927); (0, 1) where there were no trials.

    Raises:
        ValueError: more successes than trials, or fewer than none.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials")
    if n == 0:
        return 0.0, 1.0
    rate = successes / n
    middle = rate + z * z / (2 * n)
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    # Rounding must not put the share itself, or a bound, outside.
    return max(0.0, min(low, rate)), min(1.0, max(high, rate))


def newcombe(hits: int, of: int, other_hits: int, other_of: int) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two independent shares (Newcombe 1998, method 10).

    (-1, 1) where one of the two has no trials.
    """
    if not of or not other_of:
        return -1.0, 1.0
    (low, high), (other_low, other_high) = wilson(hits, of), wilson(other_hits, other_of)
    rate, other_rate = hits / of, other_hits / other_of
    difference = rate - other_rate
    down = math.hypot(rate - low, other_high - other_rate)
    up = math.hypot(high - rate, other_rate - other_low)
    return difference - down, difference + up


def newcombe_paired(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two shares over the same trials: the first less the second.

    Newcombe 1998 (Statistics in Medicine 17, 2635), method 10: Wilson intervals of both, joined by their correlation,
    which is corrected for continuity. (-1, 1) where there are no pairs.
    """
    n = len(pairs)
    if not n:
        return -1.0, 1.0
    hits, others = sum(first for first, _ in pairs), sum(second for _, second in pairs)
    both = sum(first and second for first, second in pairs)
    (low, high), (other_low, other_high) = wilson(hits, n), wilson(others, n)
    rate, other_rate = hits / n, others / n
    # The determinant of the table of both, first only, second only, neither.
    determinant = both * (n - hits - others + both) - (hits - both) * (others - both)
    corrected = determinant if determinant < 0 else max(0.0, determinant - n / 2)
    margins = math.sqrt(hits * (n - hits) * others * (n - others))
    together = corrected / margins if margins else 0.0
    down, up = (rate - low, other_high - other_rate), (high - rate, other_rate - other_low)
    lower, upper = (math.sqrt(max(0.0, a * a - 2 * together * a * b + b * b)) for a, b in (down, up))
    difference = rate - other_rate
    return max(-1.0, difference - lower), min(1.0, difference + upper)


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean. Raises ValueError where there are no values."""
    if not values:
        raise ValueError("no values")
    return math.fsum(values) / len(values)


def quantile(values: Sequence[float], q: float) -> float:
    """Return the q-quantile, linear between neighbours (Hyndman & Fan 1996, type 7: numpy's default).

    Raises:
        ValueError: no values, or ``q`` outside [0, 1].
    """
    if not values or not 0 <= q <= 1:
        raise ValueError(f"no {q}-quantile of {len(values)} values")
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    # This form never leaves the two neighbours, not even by rounding.
    return min(ordered[above], ordered[below] + (place - below) * (ordered[above] - ordered[below]))


def bootstrap(
    values: Sequence[T],
    statistic: Callable[[Sequence[T]], float | None],
    *,
    seed: int,
    rounds: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a statistic (Efron 1979).

    Args:
        values: What was observed; resampled whole, so that what belongs together (a pair, a case) stays so.
        statistic: What is computed of a resample: :func:`mean`, a quantile, a ratio of sums. Resamples of which it is
            undefined (None) are left out.
        seed: Of the draws.
        rounds: How many resamples.
        level: Of the interval.

    Raises:
        ValueError: no values, or a statistic that is undefined for every resample.
    """
    if not values:
        raise ValueError("no values")
    generator = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    found = (statistic(generator.choices(values, k=len(values))) for _ in range(rounds))
    drawn = [one for one in found if one is not None]
    return quantile(drawn, (1 - level) / 2), quantile(drawn, (1 + level) / 2)


def ranks(values: Sequence[float]) -> list[float]:
    """Return each value's rank from 1; tied values share the mean of theirs."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for index in order[start : end + 1]:
            found[index] = (start + end) / 2 + 1
        start = end + 1
    return found


def pearson(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Return the linear correlation; None where one side does not vary.

    Raises:
        ValueError: the two are not of one length.
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values against {len(b)}")
    if len(a) < 2:
        return None
    # Divided by the largest distance first: squares of very small or very large numbers lose everything.
    first, second = _scaled(a), _scaled(b)
    if first is None or second is None:
        return None
    product = math.fsum(x * y for x, y in zip(first, second, strict=True))
    length = math.sqrt(math.fsum(x * x for x in first)) * math.sqrt(math.fsum(y * y for y in second))
    return max(-1.0, min(1.0, product / length))


def _scaled(values: Sequence[float]) -> list[float] | None:
    middle = mean(values)
    largest = max(abs(value - middle) for value in values)
    if min(values) == max(values) or largest == 0:
        return None
    return [(value - middle) / largest for value in values]


def spearman(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Return the rank correlation, ties by their mean rank; None where one side does not vary.

    Raises:
        ValueError: the two are not of one length.
    """
    return pearson(ranks(a), ranks(b))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Return how often a positive scores above a negative, ties counting half (Mann-Whitney); None without both."""
    if not positive or not negative:
        return None
    ranked = ranks([*positive, *negative])
    above = math.fsum(ranked[: len(positive)]) - len(positive) * (len(positive) + 1) / 2
    return above / (len(positive) * len(negative))


def auroc_interval(area: float, positives: int, negatives: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of an AUROC; sensible at 0 and 1 too.

    The variance of Hanley & McNeil (1982) with both group sizes replaced by their mean, solved for the areas that lie
    ``z`` standard errors away (Newcombe 2006, method 5: the counterpart of the Wilson interval).
    """
    spare = (positives + negatives) / 2 - 1

    def away(other: float) -> float:
        spread = 1 + spare * ((1 - other) / (2 - other) + other / (1 + other))
        return abs(other - area) - z * math.sqrt(other * (1 - other) * spread / (positives * negatives))

    return _where_zero(away, area, 0.0), _where_zero(away, area, 1.0)


def _where_zero(function: Callable[[float], float], inside: float, outside: float) -> float:
    """Bisect between a place where ``function`` is at most zero and one where it is at least zero."""
    for _ in range(60):
        middle = (inside + outside) / 2
        if function(middle) <= 0:
            inside = middle
        else:
            outside = middle
    return (inside + outside) / 2


def fisher(hits: int, misses: int, other_hits: int, other_misses: int) -> float:
    """Return the two-sided p-value of Fisher's exact test on a table of two rows.

    The sum of the probabilities of all tables with the same margins that are no more probable than this one.
    """
    row, other_row, column = hits + misses, other_hits + other_misses, hits + other_hits

    def log_probability(here: int) -> float:
        ways = _log_choose(row, here) + _log_choose(other_row, column - here)
        return ways - _log_choose(row + other_row, column)

    possible = range(max(0, column - other_row), min(row, column) + 1)
    bound = log_probability(hits) + math.log(_TIED)
    return min(1.0, math.fsum(math.exp(p) for p in map(log_probability, possible) if p <= bound))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def permutation(a: Sequence[float], b: Sequence[float], *, seed: int, rounds: int = 10_000) -> float:
    """Return the two-sided p-value for a difference of means, by shuffling who belongs to which side.

    ``(extreme + 1) / (rounds + 1)``: the observed split is one of the possible ones (Phipson & Smyth 2010).

    Raises:
        ValueError: one side is empty.
    """
    observed = abs(mean(a) - mean(b))
    pool = [*a, *b]
    generator = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    extreme = 0
    for _ in range(rounds):
        generator.shuffle(pool)
        extreme += abs(mean(pool[: len(a)]) - mean(pool[len(a) :])) >= observed - 1e-12
    return (extreme + 1) / (rounds + 1)


def permutation_of_pairs(
    a: Sequence[float],
    b: Sequence[float],
    statistic: Callable[[Sequence[float], Sequence[float]], float],
    *,
    seed: int,
    rounds: int = 1000,
) -> tuple[float, float]:
    """Deal ``a`` out anew among ``b``: return the statistic's mean then, and how often it is at most what it was.

    The second is a one-sided p-value for pairs that belong together having a smaller statistic (a distance).
    """
    observed = statistic(a, b)
    pool = list(a)
    generator = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    drawn = []
    for _ in range(rounds):
        generator.shuffle(pool)
        drawn.append(statistic(pool, b))
    return mean(drawn), (sum(one <= observed + 1e-12 for one in drawn) + 1) / (rounds + 1)
