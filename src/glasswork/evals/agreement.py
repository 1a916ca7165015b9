"""How far two who label the same things agree beyond chance, and the threshold at which they agree most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
from typing import TypeVar

from glasswork.evals.judge import Form, Said, said
from glasswork.records import Record
from glasswork.statistics import bootstrap

T = TypeVar("T")
MOST = 200
"""Thresholds that are tried, at most."""


class Estimate(Record):
    """A number with its 95 % interval; None where it is undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return "undefined"
        return f"{_rounded(self.value)} [{_rounded(self.low)}, {_rounded(self.high)}]"


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Return Cohen's kappa (Cohen 1960): agreement beyond that of two who label at random with these frequencies.

    1 is perfect, 0 is chance: whoever always says the same has 0. None where both always say one and the same, or there
    is nothing.
    """
    if not pairs:
        return None
    n = len(pairs)
    agreed = sum(one == other for one, other in pairs) / n
    ones, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(count * others[label] for label, count in ones.items()) / (n * n)
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def estimated(
    groups: Sequence[Sequence[T]], statistic: Callable[[Sequence[T]], float | None], *, seed: int
) -> Estimate:
    """Return a statistic of all members with its bootstrap interval; groups are drawn whole.

    Args:
        groups: what belongs together, such as the cases of one question.
        statistic: of members; None where it is undefined.
        seed: of the draws.
    """
    value = statistic([one for group in groups for one in group])
    if value is None:
        return Estimate(value=None)

    def of_groups(drawn: Sequence[Sequence[T]]) -> float | None:
        return statistic([one for group in drawn for one in group])

    low, high = bootstrap(groups, of_groups, seed=seed)
    return Estimate(value=value, low=low, high=high)


def threshold(form: Form, leans: Sequence[tuple[float | None, Said]]) -> float:
    """Return the threshold at which what leans say agrees best with labels; of several the one nearest to 0.

    Tried are 0 and the middles between neighbouring leans (of a pair their sizes, and only where a label is a tie); of
    more than 200 an even selection.

    Args:
        form: of one answer, or of pairs.
        leans: each with its label.
    """
    known = [lean for lean, _ in leans if lean is not None]
    if form == "pair":
        known = [abs(lean) for lean in known] if any(label == "tie" for _, label in leans) else []
    middles = [(one + other) / 2 for one, other in pairwise(sorted(set(known)))]
    step = -(-len(middles) // MOST) or 1
    tried = sorted([0.0, *middles[::step]], key=lambda one: (abs(one), one))
    return max(tried, key=lambda t: _agreement(form, leans, t))  # the first of equals


def _agreement(form: Form, leans: Sequence[tuple[float | None, Said]], at: float) -> float:
    found = kappa([(said(lean, form, at), label) for lean, label in leans])
    return -2.0 if found is None else round(found, 9)


def _rounded(value: float | None) -> str:
    return "?" if value is None else f"{round(value, 2) + 0.0:.2f}"
