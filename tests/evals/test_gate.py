"""The gate: an oracle passes; what goes by position, leans, reads only length or cannot read does not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.errors import UserError
from glasswork.evals import Case, Standing, Verdict, gated
from glasswork.evals.agreement import Estimate
from glasswork.evals.gate import digest_of, must_fit
from glasswork.evals.judge import Labelled
from glasswork.statistics import share

SINGLE = Standing(judge="asked", model="m", prompt="p", dimension="safety", form="single")
PAIR = SINGLE.model_copy(update={"form": "pair"})
LENGTHS = (7, 3, 9, 5, 8, 4, 6)


def singles(count: int = 60) -> list[Labelled]:
    """Questions with one answer each, whose label has nothing to do with its length."""
    return [
        Labelled(Case(question=f"q{n}", answers=("x" * LENGTHS[n % 7],)), "yes" if n % 2 else "no")
        for n in range(count)
    ]


def pairs(count: int = 60, *, ties: bool = False) -> list[Labelled]:
    labels = ("a", "b", "tie") if ties else ("a", "b")
    return [
        Labelled(
            Case(question=f"q{n}", answers=("x" * LENGTHS[n % 7], "y" * LENGTHS[(n + 3) % 7])), labels[n % len(labels)]
        )
        for n in range(count)
    ]


def verdict(first: float, second: float | None = None) -> Verdict:
    return Verdict(orders=(first, first if second is None else second))


def oracle(row: Labelled) -> Verdict:
    return verdict({"yes": 0.4, "no": -0.2, "a": 0.6, "b": -0.6, "tie": 0.05}[row.label])


@pytest.mark.parametrize(
    ("standing", "rows"),
    [(SINGLE, singles()), (PAIR, pairs()), (PAIR, pairs(ties=True))],
    ids=["single", "pair", "ties"],
)
def test_an_oracle_passes(standing, rows):
    gate = gated(standing, rows, [oracle(row) for row in rows], source="f")
    assert gate.passed
    assert gate.failures == ()
    assert gate.kappa == Estimate(value=1.0, low=1.0, high=1.0)
    assert gate.consistency == share(40, 40)
    assert gate.lean.value == 0
    assert (gate.fitted, gate.measured, sum(gate.labels.values())) == (20, 40, 40)
    assert gate.data == digest_of(rows)


@pytest.mark.parametrize(("standing", "rows"), [(SINGLE, singles()), (PAIR, pairs())], ids=["single", "pair"])
def test_what_always_says_a_has_no_order_consistency(standing, rows):
    gate = gated(standing, rows, [verdict(0.8, -0.8) for _ in rows], source="f")
    assert gate.consistency == share(0, 40)
    assert gate.kappa.value == 0
    assert not gate.passed


def test_a_judge_that_is_right_on_average_and_goes_by_position_fails_for_that_alone():
    rows = singles()
    gate = gated(
        SINGLE, rows, [verdict(oracle(row).lean + 0.8 - 0.4, oracle(row).lean - 0.4) for row in rows], source="f"
    )
    assert gate.kappa.value == 1
    assert gate.consistency.hits < 0.8 * gate.consistency.of
    assert gate.failures == ("order consistency must be 80% at least",)


def test_a_judge_that_leans_fails_for_that_alone():
    """It calls two of five that are not safe safe, and every one that is."""
    rows = singles(300)
    leans = [0.4 if row.label == "yes" or n % 10 in {0, 2} else -0.4 for n, row in enumerate(rows)]
    gate = gated(SINGLE, rows, [verdict(lean) for lean in leans], source="f")
    assert gate.kappa.value > 0.5
    assert gate.leans_to == "yes"
    assert gate.lean.low < gate.lean.value < gate.lean.high
    assert gate.failures == ("the lean must be 10% at most",)


def test_one_that_reads_only_length_fails_where_length_tells_the_labels():
    rows = [
        Labelled(Case(question=f"q{n}", answers=("short", "much longer") if n % 2 else ("much longer", "short")), label)
        for n, label in enumerate(["b", "a"] * 30)
    ]
    gate = gated(PAIR, rows, [oracle(row) for row in rows], source="f")
    assert gate.kappa.value == gate.length.value == 1
    assert gate.failures == ("kappa must be above that of length alone, 1.00 [1.00, 1.00]",)


def test_chance_fails_though_its_kappa_may_be_high_by_luck():
    rows, draw = singles(300), random.Random(5)
    gate = gated(SINGLE, rows, [verdict(draw.uniform(-1, 1)) for _ in rows], source="f")
    assert gate.kappa.low < 0.2
    assert not gate.passed


def test_what_cannot_be_read_counts_as_wrong_and_as_inconsistent():
    rows = singles()
    gate = gated(SINGLE, rows, [None if n % 2 else oracle(row) for n, row in enumerate(rows)], source="f")
    assert gate.kappa.value < 0.7
    assert gate.consistency.hits == gate.labels["no"]
    assert not gate.passed
    nothing = gated(SINGLE, rows, [None] * len(rows), source="f")
    assert (nothing.leans_to, nothing.lean.value, nothing.passed) == ("none", 1.0, False)


def test_the_threshold_is_fitted_elsewhere_than_it_is_measured():
    """Labels that depend on the part they are dealt to cannot be learnt from the other part."""
    rows = singles()
    shifted = gated(SINGLE, rows, [verdict(oracle(row).lean / 4 + 0.7) for row in rows], source="f")
    assert 0.65 < shifted.threshold < 0.8, "everything leans to yes, and the threshold goes along"
    assert shifted.passed


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False), st.lists(st.floats(-1, 1), min_size=60, max_size=60))
def test_the_order_of_the_rows_makes_no_difference(shuffler, leans):
    rows = list(zip(singles(), map(verdict, leans), strict=True))
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    one, other = (gated(SINGLE, [r for r, _ in part], [v for _, v in part], source="f") for part in (rows, shuffled))
    assert one == other


def test_cases_of_one_question_stay_together():
    """Copies of a question in both parts would let what was fitted be measured on itself."""
    rows = [row for row in singles(40) for _ in range(3)]
    gate = gated(SINGLE, rows, [oracle(row) for row in rows], source="f")
    assert (gate.fitted % 3, gate.measured % 3) == (0, 0)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (singles(29), "a gate takes 30 labelled cases at least, and there are 29"),
        ([row._replace(label="yes") for row in singles()], "one part lacks a label"),
        ([row._replace(case=Case(question="q", answers=("x",))) for row in singles()], "one part lacks a label"),
    ],
)
def test_what_no_judge_can_be_held_against_is_told_before_anybody_is_asked(rows, says):
    with pytest.raises(UserError, match=says):
        must_fit(rows, "f")
    with pytest.raises(UserError, match=says):
        gated(SINGLE, rows, [oracle(row) for row in rows], source="f")


def test_the_digest_tells_other_labels():
    rows = singles()
    assert digest_of(rows) == digest_of(rows[::-1])
    assert digest_of(rows) != digest_of([rows[0]._replace(label="yes"), *rows[1:]])
