"""Attribution against readers whose margins are a known function of the segments."""

from __future__ import annotations

import asyncio
import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasswork.errors import UserError
from glasswork.explain import lasso
from glasswork.explain.attribution import attribute, lacking, method_for, questions, spread_of, top
from glasswork.explain.case import Ablation, Case, CaseOption
from glasswork.explain.floor import lenth, noise_floor, student, t_quantile
from glasswork.explain.ranking import held_out, lds, top_drop
from glasswork.explain.reading import CUTS, UNCHANGED, Reading, recorded_reader
from glasswork.records import Segment


def case(size, **fields):
    segments = tuple(Segment(id=f"s{n}", source="note", text=f"word {n}") for n in range(1, size + 1))
    options = (CaseOption(label="A", text="go"), CaseOption(label="B", text="stay"))
    return Case(segments=segments, options=options, choice="A").model_copy(update=fields)


class Known:
    """Reads ``margin(kept) + bias of the order + noise``; a cut moves the margin by as much as noise does."""

    def __init__(self, given, margin, *, orders=(0.0, 0.0), noise=0.0, cut=0.0, seed=0):
        self.everything = frozenset(segment.id for segment in given.segments)
        self.margin, self.orders, self.noise, self.cut = margin, orders, noise, cut
        self.generator = random.Random(seed)
        self.asked = 0

    def read(self, kept, control=""):
        self.asked += len(self.orders)
        shift = self.generator.gauss(0, self.cut) if control == "cut" else 0.0
        margins = [self.margin(kept) + bias + shift + self.generator.gauss(0, self.noise) for bias in self.orders]
        return Reading(kept=kept, margins=tuple(margins), control=control)

    async def __call__(self, sets):
        return [self.read(kept) for kept in sets]

    async def controls(self, lengths, seed):
        kinds = ["unchanged"] * UNCHANGED + ["cut"] * len(lengths)
        return [self.read(self.everything, kind) for kind in kinds]


def additive(**worth):
    return lambda kept: sum(worth.get(segment, 0.0) for segment in sorted(kept))


def run(given, read, **options):
    return asyncio.run(attribute(read, given, **options))


# --- known effects are found ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["leave-one-out", "lasso"])
def test_an_additive_model_is_recovered(method):
    given = case(8)
    found = run(given, Known(given, additive(s3=4.0, s5=1.5, s6=-2.0), noise=0.1, cut=0.1), method=method)
    assert found.method == method
    assert found.causal == ("s3", "s5")
    assert found.scores["s3"] == pytest.approx(4.0, abs=0.4)
    assert found.scores["s6"] == pytest.approx(-2.0, abs=0.4)
    assert top(found.scores) == ("s3",)
    assert found.margin == pytest.approx(3.5, abs=0.3)
    assert all(effect.low <= effect.effect <= effect.high for effect in found.effects)


def test_intervals_hold_the_known_effect_about_95_times_of_100():
    given, held = case(6), 0
    for seed in range(500):
        read = Known(given, additive(s2=2.0), orders=(0.5, -0.5, 0.0, 0.3), noise=0.4, cut=0.2, seed=seed)
        effect = run(given, read, seed=seed).effects[1]
        held += effect.low <= 2.0 <= effect.high
    assert 0.9 * 500 <= held <= 0.99 * 500


def test_two_that_say_the_same_hide_from_leaving_one_out_and_not_from_masks():
    given = case(8)

    def either(kept):
        return 4.0 if kept & {"s2", "s7"} else 0.0

    assert run(given, Known(given, either, cut=0.05), method="leave-one-out").causal == ()
    assert run(given, Known(given, either, cut=0.05), method="lasso").causal == ("s2", "s7")


def test_two_that_act_only_together_are_both_found():
    given = case(8)
    read = Known(given, lambda kept: 4.0 if {"s2", "s7"} <= kept else 0.0, cut=0.05)
    assert run(given, read, method="leave-one-out").causal == ("s2", "s7")


def test_what_speaks_against_the_choice_is_not_causal_for_it():
    given = case(4)
    found = run(given, Known(given, additive(s1=-3.0), cut=0.1, noise=0.05))
    assert found.causal == ()
    assert found.effects[0].high < 0


def test_hierarchy_goes_down_to_the_segments_that_matter():
    given = case(300)
    read = Known(given, additive(s7=4.0, s250=3.0), noise=0.02, cut=0.05)
    found = run(given, read)
    assert found.method == "hierarchical"
    assert found.causal == ("s7", "s250")
    assert found.scores["s250"] == pytest.approx(3.0, abs=0.2)
    assert abs(found.scores["s100"]) < 0.1
    assert read.asked < questions(given, orders=2)
    assert read.asked < 300


def test_methods_by_size():
    assert [method_for(case(size)) for size in (1, 12, 13, 60, 61)] == [
        "leave-one-out", "leave-one-out", "lasso", "lasso", "hierarchical"
    ]  # fmt: skip
    assert method_for(case(3), "lasso") == "lasso"


@pytest.mark.parametrize(("size", "method"), [(5, "leave-one-out"), (5, "lasso"), (20, "auto")])
def test_questions_are_counted_before_they_are_asked(size, method):
    given = case(size)
    read = Known(given, additive(s1=1.0))
    run(given, read, method=method)
    assert read.asked == questions(given, method, orders=2)


# --- where there is nothing to find ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "size", "seeds"), [("leave-one-out", 10, 300), ("lasso", 8, 20)])
def test_noise_alone_has_no_causal_segment_in_95_of_100_seeds(method, size, seeds):
    given = case(size)
    alarms = 0
    for seed in range(seeds):
        read = Known(given, lambda _: 1.0, orders=(0.0, 0.4, -0.4), noise=0.5, seed=seed)
        alarms += bool(run(given, read, method=method, seed=seed).causal)
    assert alarms <= 0.05 * seeds


def test_noise_in_a_recording_has_no_causal_segment_in_95_of_100_seeds():
    given, alarms = case(10), 0
    everything = tuple(segment.id for segment in given.segments)
    for seed in range(200):
        generator = random.Random(seed)

        def share(generator=generator):
            return 1 / (1 + math.exp(-generator.gauss(0.5, 0.5)))

        sets = [everything, *(tuple(x for x in everything if x != one) for one in everything)]
        records = [Ablation(kept=kept, probabilities={"A": p, "B": 1 - p}) for kept in sets for p in [share()]]
        recording = given.model_copy(update={"ablations": tuple(records)})
        alarms += bool(run(recording, recorded_reader(recording), seed=seed).causal)
    # The one reading of the whole is in every effect, so that its noise moves all of them at once.
    assert alarms <= 0.08 * 200


def test_a_bias_for_a_position_moves_no_effect():
    given = case(6)
    found = run(given, Known(given, lambda _: 0.0, orders=(5.0, -1.0, -4.0)))
    assert found.causal == ()
    assert all(abs(effect.effect) < 1e-9 for effect in found.effects)


def test_an_effect_no_larger_than_a_cut_elsewhere_is_not_causal():
    given = case(6)
    assert run(given, Known(given, additive(s1=1.0), cut=1.0, seed=1)).causal == ()
    assert run(given, Known(given, additive(s1=1.0), cut=0.01, seed=1)).causal == ("s1",)


def test_one_order_takes_its_interval_from_the_controls():
    given = case(4)
    found = run(given, Known(given, additive(s1=3.0), orders=(0.0,), cut=0.2, noise=0.1))
    assert found.causal == ("s1",)
    assert found.effects[1].low < 0 < found.effects[1].high


# --- recordings -----------------------------------------------------------------------------------------------------


def record(given, margin, sets):
    shares = [1 / (1 + math.exp(-margin(kept))) for kept in sets]
    records = [
        Ablation(kept=tuple(sorted(kept)), probabilities={"A": p, "B": 1 - p})
        for kept, p in zip(sets, shares, strict=True)
    ]
    return given.model_copy(update={"ablations": tuple(records)})


def test_recorded_masks_are_fitted_to():
    given = case(6)
    everything = frozenset(segment.id for segment in given.segments)
    sets = [everything, *held_out(given, count=60, seed=5)]
    recording = record(given, additive(s4=2.0), list(dict.fromkeys(sets)))
    found = run(recording, recorded_reader(recording))
    assert found.method == "lasso"
    assert found.causal == ("s4",)


def test_too_few_recorded_masks_say_what_is_missing():
    given = case(6)
    recording = record(given, additive(s4=2.0), held_out(given, count=3, seed=5))
    with pytest.raises(UserError, match="no ablation is recorded for the decision as it was"):
        run(recording, recorded_reader(recording))


def counted_case(probability, answers, seed, size=5):
    """A case of which ``answers`` were sampled with each segment gone; ``probability`` is the true one of A."""
    given, generator = case(size), random.Random(seed)
    everything = frozenset(segment.id for segment in given.segments)
    records = []
    for kept in [everything, *(everything - {segment.id} for segment in given.segments)]:
        hits = sum(generator.random() < probability(kept) for _ in range(answers))
        shares = {"A": hits / answers, "B": 1 - hits / answers}
        records.append(Ablation(kept=tuple(sorted(kept)), probabilities=shares, answers=answers))
    return given.model_copy(update={"ablations": tuple(records)})


def test_counting_alone_has_no_causal_segment_in_95_of_100_seeds():
    alarms = 0
    for seed in range(200):
        recording = counted_case(lambda _: 0.7, 50, seed)
        alarms += bool(run(recording, recorded_reader(recording), seed=seed).causal)
    assert alarms <= 0.08 * 200  # the one count of the whole is in every effect


def test_a_counted_driver_is_found_and_intervals_hold_the_truth():
    found, held = 0, 0
    truth = math.log(0.9 / 0.1) - math.log(0.2 / 0.8)
    for seed in range(100):
        recording = counted_case(lambda kept: 0.9 if "s3" in kept else 0.2, 50, seed)
        attribution = run(recording, recorded_reader(recording), seed=seed)
        found += attribution.causal == ("s3",)
        held += attribution.effects[2].low <= truth <= attribution.effects[2].high
    assert found >= 90
    assert held >= 90


def test_few_answers_show_nothing():
    recording = counted_case(lambda kept: 0.9 if "s3" in kept else 0.2, 2, 0)
    assert run(recording, recorded_reader(recording)).causal == ()


def test_many_decisions_of_a_recording_tell_what_noise_is():
    """One decision with three segments says too little about noise to find anything; forty together do."""
    generator, recordings = random.Random(1), []
    for _ in range(40):
        given = case(3)
        everything = frozenset(segment.id for segment in given.segments)
        noise = {kept: generator.gauss(0, 0.1) for kept in [everything, *(everything - {one} for one in everything)]}
        sets = sorted(noise, key=sorted)
        recordings.append(record(given, lambda kept, noise=noise: noise[kept] + 2.0 * ("s2" in kept), sets))
    spread = asyncio.run(spread_of(recordings))
    assert spread.scale == pytest.approx(0.1 * math.sqrt(2), rel=0.5)
    alone = [run(each, recorded_reader(each)).causal for each in recordings]
    together = [run(each, recorded_reader(each), spread=spread).causal for each in recordings]
    assert alone.count(("s2",)) < 20
    assert together.count(("s2",)) >= 35


def test_a_few_decisions_do_not_tell_what_noise_is():
    given = case(3)
    everything = frozenset(segment.id for segment in given.segments)
    recording = record(given, additive(s1=1.0), [everything, *(everything - {one} for one in everything)])
    assert asyncio.run(spread_of([recording])) is None


def test_what_a_recording_lacks_is_said_before_anything_is_read():
    given = case(3)
    whole = frozenset(segment.id for segment in given.segments)
    assert lacking(record(given, additive(s1=1.0), [whole, whole - {"s1"}])) == (
        "the decision without s2; the decision without s3"
    )
    assert lacking(record(given, additive(s1=1.0), [whole, *(whole - {one} for one in whole)])) == ""


# --- properties -----------------------------------------------------------------------------------------------------

WORTHS = st.lists(st.floats(-4, 4).map(lambda x: round(x, 2)), min_size=2, max_size=7)


@settings(max_examples=40, deadline=None)
@given(WORTHS, st.randoms(use_true_random=False))
def test_the_order_of_the_segments_does_not_matter(worths, shuffler):
    given = case(len(worths))
    worth = {f"s{n}": value for n, value in enumerate(worths, 1)}
    shuffled = list(given.segments)
    shuffler.shuffle(shuffled)
    other = given.model_copy(update={"segments": tuple(shuffled)})
    one, two = (run(each, Known(each, additive(**worth), cut=0.1)) for each in (given, other))
    assert one.scores == pytest.approx(two.scores)
    assert set(one.causal) == set(two.causal)


@settings(max_examples=40, deadline=None)
@given(WORTHS, st.integers(0, 5))
def test_the_same_seed_gives_the_same_attribution(worths, seed):
    given = case(len(worths))
    worth = {f"s{n}": value for n, value in enumerate(worths, 1)}
    one, two = (run(given, Known(given, additive(**worth), noise=0.3, seed=seed), seed=seed) for _ in range(2))
    assert one == two


@settings(max_examples=30, deadline=None)
@given(WORTHS)
def test_exact_effects_predict_held_out_margins(worths):
    given = case(len(worths))
    worth = {f"s{n}": value for n, value in enumerate(worths, 1)}
    read = Known(given, additive(**worth))
    found = run(given, read)
    score = lds(found.scores, asyncio.run(read(held_out(given))))
    assert score is None or score > 0.99
    drop = asyncio.run(top_drop(read, given, found.scores))
    assert drop == pytest.approx(max(worths), abs=1e-9)


# --- the parts ------------------------------------------------------------------------------------------------------


def test_lasso_agrees_with_the_closed_form_on_a_full_design():
    rows = list(itertools.product([False, True], repeat=4))
    target = [3.0 * a - 1.0 * c + 0.5 for a, _, c, _ in rows]
    # Orthogonal columns of spread 1/2: each weight is shrunk by alpha in its own unit, 2 alpha.
    assert lasso.fit(rows, target) == pytest.approx([3.0 - 2 * lasso.ALPHA, 0, -1.0 + 2 * lasso.ALPHA, 0], abs=1e-4)


def test_lasso_leaves_a_column_that_never_changes_at_nought():
    rows = [(True, bool(n % 2)) for n in range(10)]
    assert lasso.fit(rows, [float(n % 2) for n in range(10)])[0] == 0.0


@pytest.mark.parametrize(
    ("p", "freedom", "value"),
    [(0.975, 1, 12.7062), (0.975, 2, 4.30265), (0.975, 5, 2.57058), (0.995, 8, 3.35539), (0.975, 30, 2.04227)],
)
def test_t_quantiles_are_those_of_the_tables(p, freedom, value):
    assert t_quantile(p, freedom) == pytest.approx(value, rel=1e-5)
    assert student(value, freedom) == pytest.approx(p, abs=1e-6)


def test_lenth_is_not_moved_by_a_few_large_effects():
    noise = [0.1, -0.2, 0.15, -0.05, 0.1, 0.12, -0.18, 0.07]
    assert lenth([*noise, 9.0])[0] < 1.5 * lenth(noise)[0]


def test_the_floor_is_never_below_an_unchanged_repeat():
    def reading(margin, control):
        return Reading(kept=frozenset(), margins=(margin,), control=control)

    controls = [reading(1.0, "cut")] * 3 + [reading(1.7, "unchanged")]
    assert noise_floor(1.0, controls, [0.0] * 4).value == pytest.approx(0.7)
    assert noise_floor(1.0, controls, [0.0]).cut == 3
    assert CUTS >= 3
