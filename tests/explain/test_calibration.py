"""Calibration: worked by hand, and what must hold of any confidences."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.explain.calibration import agree, calibrate, confidence_of, expected_error, measured_probability
from glasswork.explain.case import Case, CaseOption
from glasswork.records import Segment

BY_HAND = [(0.9, True), (0.9, False), (0.6, True), (0.2, False)]
pairs = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


def case(*, stated=None, p=None, correct=None, options=2):
    return Case(
        segments=(Segment(id="s1", source="task", text="t"),),
        options=tuple(
            CaseOption(label=label, text=label, probability=p if label == "A" else None) for label in "ABC"[:options]
        ),
        choice="A",
        confidence=stated,
        correct=correct,
    )


def test_worked_by_hand():
    found = calibrate(BY_HAND)
    assert found.n == 4
    assert found.brier == pytest.approx((0.01 + 0.81 + 0.16 + 0.04) / 4)
    assert found.brier_baseline == pytest.approx(0.25)
    assert found.ece == pytest.approx(2 / 4 * 0.4 + 1 / 4 * 0.4 + 1 / 4 * 0.2)
    assert found.auroc == pytest.approx(0.625)
    assert found.confidence == pytest.approx(0.65)
    row = found.bins[8]
    assert (row.low, row.high, row.count, row.confidence) == pytest.approx((0.8, 0.9, 2, 0.9))
    assert (row.right.hits, row.right.of) == (1, 2)
    assert found.bins[0].confidence is None
    assert found.bins[0].right.of == 0


def test_a_border_belongs_to_the_bin_below_whatever_the_float():
    for tenth in range(1, 11):
        filled = [index for index, row in enumerate(calibrate([(tenth / 10, True)]).bins) if row.count]
        assert filled == [tenth - 1]
    assert calibrate([(0.0, False)]).bins[0].count == 1


def test_few_decisions_are_warned_of():
    assert "4 decisions" in calibrate(BY_HAND).warning
    assert calibrate([(0.5, True)] * 200).warning == ""


@given(pairs)
def test_what_holds_of_any_confidences(found):
    result = calibrate(found)
    assert sum(row.count for row in result.bins) == len(found)
    assert 0 <= result.brier_low <= result.brier + 1e-9
    assert result.brier <= result.brier_high + 1e-9 <= 1 + 2e-9
    # One bin can hide errors that several show; never the other way round.
    assert abs(result.confidence - result.right.hits / result.n) - 1e-9 <= result.ece <= 1
    assert expected_error(found, 1) == pytest.approx(abs(result.confidence - result.right.hits / result.n))
    if result.auroc is not None:
        assert result.auroc_low - 1e-9 <= result.auroc <= result.auroc_high + 1e-9


def test_a_calibrated_source_stays_under_the_floor_and_a_boaster_does_not():
    generator = random.Random(3)
    honest = [(c, generator.random() < c) for c in (generator.random() for _ in range(400))]
    boasting = [(min(1.0, c + 0.3), right) for c, right in honest]
    assert calibrate(honest).ece <= calibrate(honest).ece_floor
    assert calibrate(boasting).ece > 2 * calibrate(boasting).ece_floor
    assert calibrate(honest).brier < calibrate(honest).brier_baseline


def test_stated_against_measured():
    found = agree([(0.9, 0.5), (0.8, 0.4), (0.7, 0.3), (0.6, 0.2)])
    assert found.gap == pytest.approx(0.4)
    assert found.gap_low == pytest.approx(0.4)
    assert found.distance == pytest.approx(0.4)
    assert found.distance_floor >= 0.4 - 1e-9
    assert found.spearman == pytest.approx(1)
    assert agree([(0.9, 0.1), (0.9, 0.2)]).spearman is None


def test_cases_count_where_they_hold_what_is_needed():
    cases = [case(stated=0.9, p=0.6, correct=True), case(stated=0.8, p=0.7), case(p=0.5, correct=False), case()]
    found = confidence_of(cases)
    assert found.decisions == 4
    assert found.stated.n == 1
    assert found.measured.n == 2
    assert found.agreement.n == 2
    assert confidence_of([case()]) == confidence_of([case()]).model_copy(
        update={"stated": None, "measured": None, "agreement": None}
    )


def test_a_single_option_measures_nothing():
    assert measured_probability(case(p=1.0, options=1)) is None
    assert measured_probability(case(p=0.4)) == 0.4


def test_no_pairs_and_impossible_confidences_are_refused():
    with pytest.raises(ValueError, match="no decision"):
        calibrate([])
    with pytest.raises(ValueError, match="lies in"):
        calibrate([(1.2, True)])
