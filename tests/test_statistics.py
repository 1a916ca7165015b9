"""Intervals and tests, against published values and properties."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.statistics import (
    auroc,
    auroc_interval,
    bootstrap,
    fisher,
    mean,
    newcombe,
    permutation,
    permutation_of_pairs,
    quantile,
    ranks,
    share,
    spearman,
    wilson,
)

numbers = st.floats(-1e6, 1e6)


# Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


# Newcombe 1998, Statistics in Medicine 17:873, table II, method 10.
@pytest.mark.parametrize(
    ("table", "interval"),
    [((56, 70, 48, 80), (0.0524, 0.3339)), ((9, 10, 3, 10), (0.1705, 0.8090)), ((10, 10, 0, 10), (0.6075, 1.0))],
)
def test_newcombe_as_published(table, interval):
    assert newcombe(*table) == pytest.approx(interval, abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_wilson_interval_holds_its_share_and_mirrors(trial):
    hits, n = trial
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    assert wilson(n - hits, n) == pytest.approx((1 - high, 1 - low))
    wide_low, wide_high = wilson(hits, n, z=2.6)
    assert wide_low <= low
    assert high <= wide_high


def test_nothing_is_known_of_no_trials():
    assert wilson(0, 0) == (0.0, 1.0)
    assert newcombe(0, 0, 3, 4) == (-1.0, 1.0)
    assert share(0, 0).value is None
    assert str(share(0, 0)) == "0 of 0"
    with pytest.raises(ValueError, match="3 successes in 2 trials"):
        wilson(3, 2)


def test_a_share_reads_as_a_sentence():
    assert str(share(81, 263)) == "81 of 263, 31% [26%, 37%]"


# As R's quantile() has them.
@pytest.mark.parametrize(("q", "expected"), [(0.1, 1.6), (0.5, 3.5), (0.95, 7.4), (0, 1), (1, 8)])
def test_quantile_as_in_r(q, expected):
    assert quantile([8, 1, 4, 3], q) == pytest.approx(expected)


@given(st.lists(numbers, min_size=1, max_size=20), st.integers(0, 99))
def test_a_bootstrap_of_the_mean_stays_within_the_values_and_repeats(values, seed):
    low, high = bootstrap(values, mean, seed=seed, rounds=50)
    assert min(values) - 1e-6 <= low <= high <= max(values) + 1e-6
    assert bootstrap(values, mean, seed=seed, rounds=50) == (low, high)


def test_a_bootstrap_covers_the_truth_about_as_often_as_it_says():
    import random

    generator = random.Random(1)
    covered = 0
    for trial in range(200):
        low, high = bootstrap([generator.gauss(0, 1) for _ in range(40)], mean, seed=trial, rounds=200)
        covered += low <= 0 <= high
    assert 0.87 <= covered / 200 <= 0.99


def test_resamples_without_the_statistic_are_left_out():
    def ratio(values):
        return None if sum(values) == 0 else 1 / sum(values)

    low, high = bootstrap([0, 0, 1], ratio, seed=0)
    assert (low, high) == pytest.approx((1 / 3, 1))
    with pytest.raises(ValueError):
        bootstrap([], mean, seed=0)
    with pytest.raises(ValueError):
        bootstrap([0, 0], ratio, seed=0)


def test_ranks_share_ties():
    assert ranks([10, 20, 10, 30]) == [1.5, 3, 1.5, 4]


def test_spearman_by_hand():
    # Differences of ranks: 1, 1, 0, 1, 1; 1 - 6·4/(5·24) = 0.8.
    assert spearman([1, 2, 3, 4, 5], [2, 1, 3, 5, 4]) == pytest.approx(0.8)
    # With ties: ranks 1, 2.5, 2.5, 4 against 1 to 4: 4.5 / sqrt(4.5 · 5).
    assert spearman([1, 2, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / math.sqrt(4.5 * 5))
    assert spearman([1, 1], [1, 2]) is None
    assert spearman([], []) is None
    with pytest.raises(ValueError):
        spearman([1], [1, 2])


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=20))
def test_spearman_sees_order_alone(pairs):
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    found = spearman(a, b)
    if found is None:
        assert len(set(a)) == 1 or len(set(b)) == 1
        return
    assert -1 <= found <= 1
    assert spearman(b, a) == pytest.approx(found)
    assert spearman(ranks(a), b) == pytest.approx(found)
    assert spearman([-x for x in a], b) == pytest.approx(-found, abs=1e-9)


def test_auroc_by_hand():
    assert auroc([0.9, 0.6], [0.9, 0.2]) == 0.625
    assert auroc([1], []) is None


@given(st.floats(0, 1), st.integers(1, 200), st.integers(1, 200))
def test_an_auroc_interval_holds_its_area(area, positives, negatives):
    low, high = auroc_interval(area, positives, negatives)
    assert -1e-9 <= low <= area + 1e-9
    assert area - 1e-9 <= high <= 1 + 1e-9
    other_low, other_high = auroc_interval(1 - area, positives, negatives)
    assert (other_low, other_high) == pytest.approx((1 - high, 1 - low), abs=1e-6)


def test_an_auroc_interval_narrows_with_more_and_never_vanishes():
    small, large = auroc_interval(1.0, 5, 5), auroc_interval(1.0, 100, 100)
    assert 0 < small[0] < large[0] < 1 == pytest.approx(large[1])


def test_fisher_as_published():
    assert fisher(3, 1, 1, 3) == pytest.approx(0.4857, abs=5e-5)  # the lady tasting tea, two-sided
    assert fisher(8, 2, 1, 5) == pytest.approx(0.03497, abs=5e-6)
    assert fisher(0, 0, 3, 4) == 1


def test_permutation_tells_apart_what_differs():
    assert permutation([1.0] * 8, [0.0] * 8, seed=0, rounds=2000) < 0.01
    assert permutation([1, 0, 1, 0], [0, 1, 0, 1], seed=0, rounds=500) == 1.0
    with pytest.raises(ValueError):
        permutation([], [1], seed=0)


def test_pairs_that_belong_together_are_nearer_than_chance():
    def distance(a, b):
        return mean([abs(x - y) for x, y in zip(a, b, strict=True)])

    values = [float(value) for value in range(10)]
    floor, p_value = permutation_of_pairs(values, values, distance, seed=0)
    assert floor == pytest.approx(3.3, abs=0.3)  # (n² - 1) / 3n
    assert p_value == pytest.approx(1 / 1001)
