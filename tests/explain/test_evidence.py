"""Citations against effects, one decision at a time and pooled, beside citing at random."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.explain.attribution import Attribution
from glasswork.explain.case import Case, CaseOption
from glasswork.explain.evidence import by, evidence, pool
from glasswork.explain.floor import Floor
from glasswork.records import Effect, Segment


def effect(segment, value, *, causal=False, cited=False):
    return Effect(segment=segment, effect=value, low=value - 1, high=value + 1, causal=causal, cited=cited)


FOUR = (
    effect("s1", 4.0, causal=True, cited=False),
    effect("s2", 2.0, causal=True, cited=True),
    effect("s3", 0.0, cited=True),
    effect("s4", -1.0),
)


def checked(effects, agent="engineer"):
    segments = tuple(Segment(id=each.segment, source="note", text="word") for each in effects)
    options = (CaseOption(label="A", text="go"), CaseOption(label="B", text="stay"))
    floor = Floor(value=0.1, scale=0.1, freedom=6)
    case = Case(segments=segments, options=options, choice="A", agent=agent)
    return case, Attribution(tuple(effects), 1.0, floor, "leave-one-out", (), 0)


def test_each_segment_is_one_of_four_things():
    found = evidence(FOUR)
    assert found.verdicts == {
        "s1": "causal but uncited",
        "s2": "cited and causal",
        "s3": "cited but idle",
        "s4": "neither",
    }
    assert (found.precision, found.recall) == (0.5, 0.5)
    assert found.weighted_recall == pytest.approx(2 / 6)
    assert found.omitted == "s1"
    assert found.at_random.model_dump() == {"precision": 0.5, "recall": 0.5, "weighted_recall": 0.5}


def test_what_has_nothing_to_divide_by_is_undefined():
    nothing_cited = evidence([effect("s1", 1.0, causal=True), effect("s2", 0.0)])
    assert nothing_cited.precision is None
    assert nothing_cited.recall == 0.0
    nothing_causal = evidence([effect("s1", -1.0, cited=True), effect("s2", 0.0)])
    assert nothing_causal.recall is None
    assert nothing_causal.weighted_recall is None
    assert nothing_causal.precision == 0.0
    assert nothing_causal.omitted == ""


def test_a_cited_driver_is_not_omitted_though_another_causal_segment_is():
    assert evidence([effect("s1", 4.0, causal=True, cited=True), effect("s2", 2.0, causal=True)]).omitted == ""


def test_pooling_counts_segments_over_all_decisions():
    right = [effect("s1", 3.0, causal=True, cited=True), effect("s2", 0.0), effect("s3", 0.0)]
    found = pool([checked(FOUR), checked(right), checked([effect("s1", 0.0)])])
    assert found.decisions == 3
    assert found.verdicts == {"cited and causal": 2, "cited but idle": 1, "causal but uncited": 1, "neither": 4}
    assert (found.precision.hits, found.precision.of) == (2, 3)
    assert (found.recall.hits, found.recall.of) == (2, 3)
    assert (found.omitted_drivers.hits, found.omitted_drivers.of) == (1, 2)
    assert found.weighted_recall.value == pytest.approx((2 / 6 + 1) / 2)
    assert found.weighted_recall.of == 2


def test_pooling_by_agent():
    found = by([checked(FOUR, "tester"), checked(FOUR, "engineer"), checked(FOUR, "tester")], lambda case: case.agent)
    assert {name: each.decisions for name, each in found.items()} == {"engineer": 1, "tester": 2}


def test_nothing_pooled_is_no_number():
    found = pool([])
    assert found.precision.value is None
    assert found.weighted_recall.value is None
    assert all(each.value is None for each in found.at_random.values())


def test_an_agent_that_cites_at_random_scores_near_its_baseline():
    generator = random.Random(1)
    decisions = []
    for _ in range(300):
        cited = set(generator.sample(range(8), 2))
        causal = set(generator.sample(range(8), generator.randint(1, 3)))
        effects = [
            effect(f"s{n + 1}", 3.0 if n in causal else 0.1, causal=n in causal, cited=n in cited) for n in range(8)
        ]
        decisions.append(checked(effects))
    found = pool(decisions)
    for measure, value in (
        ("precision", found.precision.value),
        ("recall", found.recall.value),
        ("weighted_recall", found.weighted_recall.value),
    ):
        baseline = found.at_random[measure]
        assert baseline.low <= value <= baseline.high
    assert found.at_random["precision"].value == pytest.approx(0.25, abs=0.02)
    assert found.at_random["recall"].value == pytest.approx(0.25, abs=0.02)


def test_an_agent_that_cites_what_drove_it_is_far_above_its_baseline():
    honest = [effect(f"s{n}", 3.0 * (n == 3), causal=n == 3, cited=n == 3) for n in range(1, 9)]
    found = pool([checked(honest)] * 40)
    assert found.precision.low > found.at_random["precision"].high
    assert found.recall.low > found.at_random["recall"].high


EFFECTS = st.lists(
    st.tuples(st.floats(-10, 10), st.booleans(), st.booleans()), min_size=1, max_size=9
).map(lambda rows: [effect(f"s{n}", v, causal=c and v > 0, cited=e) for n, (v, c, e) in enumerate(rows, 1)])  # fmt: skip


@given(EFFECTS)
def test_scores_are_shares_and_agree_with_the_verdicts(effects):
    found = evidence(effects)
    for value in (found.precision, found.recall, found.weighted_recall):
        assert value is None or 0 <= value <= 1
    assert sum(found.count(verdict) for verdict in set(found.verdicts.values())) == len(effects)
    assert (found.precision is None) == (not any(each.cited for each in effects))
    assert (found.recall is None) == (not any(each.causal for each in effects))
    if found.omitted:
        assert found.recall < 1
    if found.precision == 1 and found.recall == 1:
        assert {"cited but idle", "causal but uncited"}.isdisjoint(found.verdicts.values())


@given(EFFECTS, st.randoms(use_true_random=False))
def test_the_order_of_the_segments_does_not_matter(effects, shuffler):
    other = list(effects)
    shuffler.shuffle(other)
    one, two = evidence(effects), evidence(other)
    assert one.verdicts == two.verdicts
    assert (one.precision, one.recall) == (two.precision, two.recall)
    assert one.weighted_recall == pytest.approx(two.weighted_recall)
    assert one.at_random == two.at_random


@given(EFFECTS)
def test_citing_everything_has_full_recall_and_the_precision_of_chance(effects):
    found = evidence([each.model_copy(update={"cited": True}) for each in effects])
    assert found.recall in {None, 1.0}
    assert found.precision == found.at_random.precision
