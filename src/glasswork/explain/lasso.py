"""A sparse linear surrogate of a margin over random masks of the segments, after ContextCite.

Cohen-Wang et al., *ContextCite: Attributing Model Generation to Context*, NeurIPS 2024, arXiv 2409.00729: masks that
keep each segment with probability 0.5, standardised columns, Lasso with alpha 0.01. Here with the margin of one choice
as the target, bootstrap intervals, and a floor from permuted residuals.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from glasswork.statistics import mean, quantile

ALPHA = 0.01
MASKS = 64
KEEP = 0.5
RESAMPLES = 200
PERMUTATIONS = 60
_SWEEPS = 200
_SETTLED = 1e-5
"""Nats; a sweep that moves no weight by more is the last."""
Row = Sequence[bool]


def masks(width: int, count: int, seed: int, *, keep: float = KEEP) -> list[tuple[bool, ...]]:
    """Draw masks; two may be the same."""
    generator = random.Random(f"{seed} masks")  # noqa: S311 - a draw that can be repeated
    return [tuple(generator.random() < keep for _ in range(width)) for _ in range(count)]


def fit(rows: Sequence[Row], target: Sequence[float], *, start: Sequence[float] = ()) -> list[float]:
    """Return the weight of each column: by how much the target rises when the column is True.

    Minimises ``|y - Xw|^2 / 2n + alpha |w|`` over standardised columns with an intercept, by cyclic coordinate descent
    (Friedman et al. 2010), then turns the weights back into the columns' own unit. A column that never changes has
    weight 0.

    Args:
        rows: masks.
        target: margins, one for each row.
        start: weights to begin with.
    """
    design = _design(rows)
    middle = mean(target)
    weights = [w * spread for w, spread in zip(start, design.spreads, strict=True)] if start else [0.0] * len(rows[0])
    pull = _pull(rows, [y - middle for y in target], design)
    for index, weight in enumerate(weights):
        if weight:
            pull = [p - weight * g for p, g in zip(pull, design.gram[index], strict=True)]
    for _ in range(_SWEEPS):
        moved = 0.0
        for index, spread in enumerate(design.spreads):
            before = weights[index]
            goal = pull[index] + before
            if not spread or (not before and abs(goal) <= ALPHA):
                continue
            weights[index] = math.copysign(max(0.0, abs(goal) - ALPHA), goal)
            step = weights[index] - before
            pull = [p - step * g for p, g in zip(pull, design.gram[index], strict=True)]
            moved = max(moved, abs(step))
        if moved < _SETTLED:
            break
    return [weight / spread if spread else 0.0 for weight, spread in zip(weights, design.spreads, strict=True)]


class _Design(NamedTuple):
    """Standardised columns, as far as coordinate descent needs them."""

    spreads: list[float]
    gram: list[list[float]]
    """Correlations of the columns; those of a column that never changes are 0."""


def _design(rows: Sequence[Row]) -> _Design:
    """Correlate the columns, each held as the bits of one number."""
    count = len(rows)
    columns = [sum(1 << at for at, there in enumerate(column) if there) for column in zip(*rows, strict=True)]
    shares = [column.bit_count() / count for column in columns]
    spreads = [math.sqrt(share * (1 - share)) for share in shares]
    gram = [[0.0] * len(columns) for _ in columns]
    for i, one in enumerate(columns):
        for j, other in enumerate(columns[: i + 1]):
            if spreads[i] and spreads[j]:
                both = (one & other).bit_count() / count - shares[i] * shares[j]
                gram[i][j] = gram[j][i] = both / (spreads[i] * spreads[j])
    return _Design(spreads, gram)


def _pull(rows: Sequence[Row], centred: Sequence[float], design: _Design) -> list[float]:
    """Return each standardised column's covariance with the target."""
    sums = [
        math.fsum(y for there, y in zip(column, centred, strict=True) if there) for column in zip(*rows, strict=True)
    ]
    return [total / len(rows) / spread if spread else 0.0 for total, spread in zip(sums, design.spreads, strict=True)]


def bootstrap(rows: Sequence[Row], target: Sequence[float], seed: int) -> list[tuple[float, float]]:
    """Return the 95 % percentile interval of each weight, by drawing masks with replacement."""
    whole = fit(rows, target)
    generator = random.Random(f"{seed} bootstrap")  # noqa: S311 - a draw that can be repeated
    drawn = []
    for _ in range(RESAMPLES):
        picks = generator.choices(range(len(rows)), k=len(rows))
        drawn.append(fit([rows[at] for at in picks], [target[at] for at in picks], start=whole))
    columns = zip(*drawn, strict=True)
    return [(quantile(column, 0.025), quantile(column, 0.975)) for column in columns]


def permuted(rows: Sequence[Row], target: Sequence[float], seed: int) -> float:
    """Return the 95 % quantile of the largest weight where margins and masks have nothing to do with each other.

    What the fit leaves unexplained is permuted (Freedman & Lane 1983), made up for the freedom that the fit used; where
    the fit used more than half of it, the margins themselves are, which errs on the safe side.
    """
    weights = fit(rows, target)
    used = sum(weight != 0 for weight in weights) + 1
    if used <= len(rows) / 2:
        inflate = math.sqrt(len(rows) / (len(rows) - used))
        noise = [inflate * value for value in _residuals(rows, target, weights)]
    else:
        noise = list(target)
    generator = random.Random(f"{seed} permuted")  # noqa: S311 - a draw that can be repeated
    return quantile([_largest(rows, noise, generator.shuffle) for _ in range(PERMUTATIONS)], 0.95)


def _largest(rows: Sequence[Row], noise: list[float], shuffle: Callable[[list[float]], None]) -> float:
    shuffle(noise)
    return max(abs(weight) for weight in fit(rows, noise))


def _residuals(rows: Sequence[Row], target: Sequence[float], weights: Sequence[float]) -> list[float]:
    raw = [
        y - sum(w for w, kept in zip(weights, row, strict=True) if kept) for row, y in zip(rows, target, strict=True)
    ]
    middle = mean(raw)
    return [value - middle for value in raw]
