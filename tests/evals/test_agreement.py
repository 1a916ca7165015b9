"""Kappa against numbers worked out by hand and against its other definition; thresholds; intervals."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.evals.agreement import Estimate, estimated, kappa, threshold
from glasswork.evals.judge import said

LABELS = st.sampled_from(["a", "b", "tie"])
PAIRS = st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=40)


def table(*rows: tuple[str, str, int]) -> list[tuple[str, str]]:
    return [(one, other) for one, other, count in rows for _ in range(count)]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        # 35 of 50 agree; by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5
        (table(("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15)), 0.4),
        # 4 of 6 agree; by chance (3 * 2 + 2 * 2 + 1 * 2) / 36 = 1/3
        (table(("a", "a", 2), ("a", "b", 1), ("b", "b", 1), ("b", "tie", 1), ("tie", "tie", 1)), 0.5),
        (table(("yes", "no", 5), ("no", "yes", 5)), -1.0),
        (table(("yes", "yes", 5), ("no", "no", 1)), 1.0),
        (table(("yes", "yes", 9), ("yes", "no", 1)), 0.0),  # nine of ten agree, and it is worth nothing
    ],
)
def test_kappa_by_hand(pairs, expected):
    assert kappa(pairs) == pytest.approx(expected)


@pytest.mark.parametrize("pairs", [[], [("yes", "yes")] * 4])
def test_kappa_is_undefined_where_nothing_could_differ(pairs):
    assert kappa(pairs) is None


@settings(deadline=None)
@given(PAIRS)
def test_kappa_is_one_less_disagreement_over_disagreement_by_chance(pairs):
    chance = [(one, other) for one, _ in pairs for _, other in pairs]
    by_chance = Fraction(sum(one != other for one, other in chance), len(chance))
    seen = Fraction(sum(one != other for one, other in pairs), len(pairs))
    found = kappa(pairs)
    assert found is None if by_chance == 0 else found == pytest.approx(float(1 - seen / by_chance))


@settings(deadline=None)
@given(PAIRS)
def test_kappa_is_symmetrical(pairs):
    assert kappa(pairs) == pytest.approx(kappa([(other, one) for one, other in pairs])) or kappa(pairs) is None


def test_the_threshold_parts_what_can_be_parted():
    leans = [(0.5, "yes"), (0.45, "yes"), (0.3, "no"), (0.2, "no"), (-0.1, "no")]
    at = threshold("single", leans)
    assert 0.3 < at < 0.45
    assert [said(lean, "single", at) for lean, _ in leans] == ["yes", "yes", "no", "no", "no"]


def test_of_equal_thresholds_the_nearest_to_zero_is_taken():
    assert threshold("single", [(0.5, "yes"), (-0.5, "no")]) == 0.0
    assert threshold("single", [(0.3, "yes"), (0.3, "no")]) == 0.0, "what never differs cannot be parted"


def test_a_pair_has_ties_only_where_labels_have():
    leans = [(0.9, "a"), (0.1, "b"), (-0.8, "b"), (-0.1, "a")]
    assert threshold("pair", leans) == 0.0
    at = threshold("pair", [(0.9, "a"), (0.1, "tie"), (-0.8, "b"), (-0.1, "tie"), (-0.2, "tie")])
    assert 0.2 < at < 0.8
    assert [said(lean, "pair", at) for lean in (0.9, 0.1, -0.8)] == ["a", "tie", "b"]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-1000, 1000).map(lambda n: n / 1000), st.sampled_from(["yes", "no"])),
        min_size=2,
        max_size=30,
    )
)
def test_no_other_threshold_agrees_more(leans):
    at = threshold("single", leans)

    def agreement(limit: float) -> float:
        found = kappa([(said(lean, "single", limit), label) for lean, label in leans])
        return -2 if found is None else found

    between = [(one + other) / 2 for one in (lean for lean, _ in leans) for other in (lean for lean, _ in leans)]
    neighbours = sorted({lean for lean, _ in leans})
    tried = [0.0, *((one + other) / 2 for one, other in pairwise(neighbours))]
    assert agreement(at) == pytest.approx(max(agreement(one) for one in tried))
    assert (
        agreement(at)
        >= max((agreement(one) for one in between if neighbours[0] < one < neighbours[-1]), default=-2) - 1e-6
    )


def test_groups_are_drawn_whole():
    """Four copies of a case say no more than one does, and the interval knows."""
    cases = [("yes", "yes"), ("no", "no"), ("yes", "no"), ("no", "no"), ("yes", "yes"), ("no", "yes"), ("no", "no")] * 3
    copied = estimated([[one] * 4 for one in cases], kappa, seed=1)
    alone = estimated([[one] for one in cases], kappa, seed=1)
    apart = estimated([[one] for one in cases for _ in range(4)], kappa, seed=1)
    assert (copied.value, copied.low, copied.high) == pytest.approx((alone.value, alone.low, alone.high))
    assert apart.high - apart.low < 0.7 * (copied.high - copied.low)


def test_what_is_undefined_has_no_interval():
    assert estimated([[("yes", "yes")]], kappa, seed=1) == Estimate(value=None)
    assert str(Estimate(value=None)) == "undefined"
    assert str(Estimate(value=-0.001, low=-0.5, high=0.333)) == "0.00 [-0.50, 0.33]"
