"""The noise floor: what the same procedure yields where there is nothing to find.

An effect counts only above the floor. The floor is the 95 % quantile of the *largest* of as many null effects as
there are effects under test (Bonferroni's bound of it), so that a decision on which nothing acts shows no causal
segment at all in 95 of 100 checks, however many segments it has. Null effects come from controls: the same question
once more, and words cut from where no segment stands. Where readings were counted from sampled answers, counting has
a standard error, and that is the spread of a null effect. Where there is neither, as in a recording that holds each
set once, it comes from the effects themselves, those of all decisions of the recording together, most of which are
taken to be noise: the pseudo standard error of Lenth, *Quick and easy analysis of unreplicated factorials*,
Technometrics 31 (1989).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from glasswork.explain.reading import Reading
from glasswork.records import Record

LEVEL = 0.95
LEAST = 1e-6
"""Nats; what is below is rounding."""
_ENOUGH = 3
"""Controls of a kind from which on their spread says something."""


class Floor(Record):
    """A floor, and what it rests on."""

    value: float
    """Nats; an effect must be above it."""
    scale: float
    """Standard deviation of a null effect, in nats."""
    freedom: int
    """Degrees of freedom of ``scale``."""
    unchanged: int = 0
    """Readings of the same question once more."""
    cut: int = 0
    """Readings with words cut from where no segment stands."""
    permuted: int = 0
    """Fits to permuted margins (Lasso only)."""


class Spread(NamedTuple):
    """How null effects are spread, where something else than controls tells it."""

    scale: float
    """Standard deviation, in nats."""
    freedom: int


def noise_floor(
    base: float, controls: Sequence[Reading], effects: Sequence[float], spread: Spread | None = None
) -> Floor:
    """Return the floor for ``effects``.

    Args:
        base: the margin with all segments there.
        controls: readings in which no segment is missing.
        effects: those under test; only their number counts where there are three controls or more, or a spread.
        spread: taken where there are fewer controls.
    """
    cut = [base - reading.margin for reading in controls if reading.control == "cut"]
    unchanged = [base - reading.margin for reading in controls if reading.control == "unchanged"]
    scale, freedom = _scale(cut, unchanged, effects, spread)
    least = max([LEAST, *(abs(value) for value in unchanged)])
    value = max(least, scale * t_quantile(1 - (1 - LEVEL) / max(1, len(effects)), freedom))
    return Floor(value=value, scale=scale, freedom=freedom, unchanged=len(unchanged), cut=len(cut))


def _scale(cut: Sequence[float], unchanged: Sequence[float], effects: Sequence[float], spread: Spread | None) -> Spread:
    """Return the spread of null effects about zero. A cut holds the noise of asking again, too."""
    if len(cut) >= _ENOUGH:
        return Spread(_rms(cut), len(cut))
    if len(cut) + len(unchanged) >= _ENOUGH:
        return Spread(_rms([*cut, *unchanged]), len(cut) + len(unchanged))
    return spread or lenth(effects)


def lenth(effects: Sequence[float]) -> Spread:
    """Return Lenth's pseudo standard error of effects of which most are noise, and its degrees of freedom."""
    sizes = [abs(effect) for effect in effects]
    first = 1.5 * median(sizes)
    inner = [size for size in sizes if size <= 2.5 * first]
    return Spread(1.5 * median(inner), max(1, round(len(sizes) / 3)))


def t_quantile(p: float, freedom: int) -> float:
    """Return the quantile of Student's t, for ``p`` in [0.5, 1) and a whole number of degrees of freedom."""
    low, high = 0.0, 1.0
    while student(high, freedom) < p:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if student(middle, freedom) < p else (low, middle)
    return (low + high) / 2


def student(t: float, freedom: int) -> float:
    """Return P(T <= t) of Student's t for ``t`` >= 0, by its finite series (Abramowitz & Stegun 26.7.3, 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = freedom % 2 == 1
    term = total = math.cos(angle) if odd else 1.0
    for step in range(3 if odd else 2, freedom - 1, 2):
        term *= square * (step - 1) / step
        total += term
    series = sine * total if freedom > 1 else 0.0
    inside = (angle + series) * 2 / math.pi if odd else series
    return 0.5 + inside / 2


def _rms(values: Sequence[float]) -> float:
    return math.sqrt(math.fsum(value * value for value in values) / len(values))
