"""Calibration: is a confidence worth what it says?

Two confidences are at hand: the one an explanation *states*, and the *measured* probability of the chosen option. Each
is held against what turned out right, where somebody knows; and the stated one against the measured one, always.

Sources: Brier 1950; the expected calibration error of Naeini et al. 2015 in the bins of Guo et al. 2017
(arXiv 1706.04599). Verbal confidence is mostly too high: Xiong et al. 2024 (arXiv 2306.13063).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from glasswork.explain.case import Case
from glasswork.records import Record
from glasswork.statistics import (
    Share,
    auroc,
    auroc_interval,
    bootstrap,
    mean,
    permutation_of_pairs,
    quantile,
    share,
    spearman,
)

ENOUGH = 200
"""Below so many decisions an ECE is mostly noise."""
BINS = 10
_FLOOR_ROUNDS = 500
_ROUNDING = 1e-9


class Bin(Record):
    """One row of the reliability table: decisions with a confidence above ``low`` and up to ``high``."""

    low: float
    high: float
    count: int
    confidence: float | None
    """The mean of theirs; None where there are none."""
    right: Share


class Calibration(Record):
    """How one kind of confidence stands to what turned out right."""

    n: int
    right: Share
    confidence: float
    """The mean."""
    brier: float
    """Mean of (confidence - right)²: 0 is best."""
    brier_low: float
    brier_high: float
    brier_baseline: float
    """The Brier score of stating the share of right ones each time: what a confidence must beat to be of any use."""
    ece: float
    """Sum over bins of (count / n) · ``|share right - mean confidence|``."""
    ece_floor: float
    """The 95 % quantile of the ECE of a perfectly calibrated source with the same confidences: noise alone."""
    auroc: float | None
    """How often a right decision had the higher confidence than a wrong one (ties half): 0.5 is the baseline. None
    where all were right, or all wrong."""
    auroc_low: float | None
    auroc_high: float | None
    bins: tuple[Bin, ...]

    @property
    def warning(self) -> str:
        """What to know before the ECE is quoted; empty where there is nothing."""
        if self.n >= ENOUGH:
            return ""
        decisions = f"{self.n} decision{'' if self.n == 1 else 's'}"
        return f"{decisions}: below {ENOUGH} the ECE is mostly noise; read the Brier score and the table"


class Agreement(Record):
    """How the stated confidence stands to the measured probability of the choice, decision by decision."""

    n: int
    gap: float
    """Mean of (stated - measured): above 0 where more is claimed than was weighed."""
    gap_low: float
    gap_high: float
    distance: float
    """Mean of ``|stated - measured|``."""
    distance_floor: float
    """The same with the stated confidences dealt out anew among the decisions (mean): what is had by chance."""
    p_value: float
    """Probability of a distance this small by chance, from the same dealing out."""
    spearman: float | None
    """Rank correlation; its baseline is 0. None where one of the two never varies."""
    spearman_low: float | None
    spearman_high: float | None


class Confidence(Record):
    """Everything that is known of some decisions' confidence. None where no decision tells."""

    decisions: int
    stated: Calibration | None
    measured: Calibration | None
    agreement: Agreement | None


def confidence_of(cases: Sequence[Case], *, bins: int = BINS, seed: int = 0) -> Confidence:
    """Return the calibration of what cases state and of what was measured, and how the two agree.

    A case counts where it holds what is needed: ``confidence`` or its choice's probability, and ``correct``. A case
    with a single option measures nothing, and does not count as measured.
    """
    known = [(case, case.correct) for case in cases if case.correct is not None]
    stated = [(case.confidence, right) for case, right in known if case.confidence is not None]
    measured = [(p, right) for case, right in known if (p := measured_probability(case)) is not None]
    both = [
        (case.confidence, p)
        for case in cases
        if case.confidence is not None and (p := measured_probability(case)) is not None
    ]
    return Confidence(
        decisions=len(cases),
        stated=calibrate(stated, bins=bins, seed=seed) if stated else None,
        measured=calibrate(measured, bins=bins, seed=seed) if measured else None,
        agreement=agree(both, seed=seed) if both else None,
    )


def measured_probability(case: Case) -> float | None:
    """Return the probability that was measured for a case's choice; None where none was, or nothing was weighed."""
    if len(case.options) < 2:
        return None
    return next(option.probability for option in case.options if option.label == case.choice)


def calibrate(pairs: Sequence[tuple[float, bool]], *, bins: int = BINS, seed: int = 0) -> Calibration:
    """Return how (confidence, was it right) pairs are calibrated.

    Args:
        pairs: At least one; confidences in [0, 1].
        bins: Of equal width; a confidence on a border counts below it.
        seed: Of the bootstrap and of the floor.

    Raises:
        ValueError: no pairs, or a confidence outside [0, 1].
    """
    if not pairs:
        raise ValueError("no decision tells a confidence and whether it was right")
    if not all(0 <= confidence <= 1 for confidence, _ in pairs):
        raise ValueError("a confidence lies in [0, 1]")
    right = share(sum(hit for _, hit in pairs), len(pairs))
    squares = [(confidence - hit) ** 2 for confidence, hit in pairs]
    low, high = bootstrap(squares, mean, seed=seed)
    base = right.hits / right.of
    area, area_low, area_high = _ranking(pairs)
    return Calibration(
        n=len(pairs),
        right=right,
        confidence=mean([confidence for confidence, _ in pairs]),
        brier=mean(squares),
        brier_low=low,
        brier_high=high,
        brier_baseline=base * (1 - base),
        ece=expected_error(pairs, bins),
        ece_floor=_floor([confidence for confidence, _ in pairs], bins, seed),
        auroc=area,
        auroc_low=area_low,
        auroc_high=area_high,
        bins=tuple(_row(index, inside, bins) for index, inside in enumerate(_sorted_in(pairs, bins))),
    )


def expected_error(pairs: Sequence[tuple[float, bool]], bins: int = BINS) -> float:
    """Return the expected calibration error: Σ n_b/N · ``|share right - mean confidence|``."""
    gaps = (abs(math.fsum(hit - confidence for confidence, hit in inside)) for inside in _sorted_in(pairs, bins))
    return math.fsum(gaps) / len(pairs)


def agree(pairs: Sequence[tuple[float, float]], *, seed: int = 0) -> Agreement:
    """Return how (stated, measured) pairs agree.

    Raises:
        ValueError: no pairs.
    """
    stated, measured = [one for one, _ in pairs], [other for _, other in pairs]
    gap_low, gap_high = bootstrap([one - other for one, other in pairs], mean, seed=seed)
    floor, p_value = permutation_of_pairs(stated, measured, _distance, seed=seed)
    correlation = spearman(stated, measured)
    low, high = (None, None) if correlation is None else bootstrap(pairs, _correlation, seed=seed)
    return Agreement(
        n=len(pairs),
        gap=mean([one - other for one, other in pairs]),
        gap_low=gap_low,
        gap_high=gap_high,
        distance=_distance(stated, measured),
        distance_floor=floor,
        p_value=p_value,
        spearman=correlation,
        spearman_low=low,
        spearman_high=high,
    )


def _distance(stated: Sequence[float], measured: Sequence[float]) -> float:
    return mean([abs(one - other) for one, other in zip(stated, measured, strict=True)])


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    return spearman([one for one, _ in pairs], [other for _, other in pairs])


def _sorted_in(pairs: Sequence[tuple[float, bool]], bins: int) -> list[list[tuple[float, bool]]]:
    rows: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, hit in pairs:
        # 0.3 is 3 tenths, though 0.3 * 10 may come out a little above 3.
        index = math.ceil(confidence * bins - _ROUNDING) - 1
        rows[min(bins - 1, max(0, index))].append((confidence, hit))
    return rows


def _row(index: int, inside: Sequence[tuple[float, bool]], bins: int) -> Bin:
    return Bin(
        low=index / bins,
        high=(index + 1) / bins,
        count=len(inside),
        confidence=mean([confidence for confidence, _ in inside]) if inside else None,
        right=share(sum(hit for _, hit in inside), len(inside)),
    )


def _floor(confidences: Sequence[float], bins: int, seed: int) -> float:
    generator = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    drawn = (
        expected_error([(confidence, generator.random() < confidence) for confidence in confidences], bins)
        for _ in range(_FLOOR_ROUNDS)
    )
    return quantile(list(drawn), 0.95)


def _ranking(pairs: Sequence[tuple[float, bool]]) -> tuple[float | None, float | None, float | None]:
    right = [confidence for confidence, hit in pairs if hit]
    wrong = [confidence for confidence, hit in pairs if not hit]
    area = auroc(right, wrong)
    if area is None:
        return None, None, None
    return area, *auroc_interval(area, len(right), len(wrong))
