from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasswork.games import play, preset, round_robin, strategies
from glasswork.games.evolution import ecology, fitness, fixation, moran
from glasswork.games.measures import payoff_table

NEUTRAL = [[1, 1], [1, 1]]
payoffs = st.lists(st.lists(st.floats(0, 5), min_size=3, max_size=3), min_size=3, max_size=3)


@pytest.mark.parametrize("size", [2, 4, 10])
def test_a_neutral_mutant_takes_over_as_often_as_it_is_there(size):
    assert fixation(NEUTRAL, size) == pytest.approx(1 / size)


def test_fixation_with_a_constant_advantage():
    """Nowak 2006, equation 6.11: (1 - 1/r) / (1 - 1/r^N)."""
    r, size = 1.5, 6
    assert fixation([[r, r], [1, 1]], size) == pytest.approx((1 - 1 / r) / (1 - 1 / r**size))
    assert fixation([[0, 0], [1, 1]], size) == 0


@pytest.mark.parametrize("table", [NEUTRAL, [[3, 0], [5, 1]], [[1.5, 1.5], [1, 1]], [[3, 2], [2, 3]]])
def test_processes_end_as_often_as_calculated(table):
    wins = Counter(moran(table, (1, 3), seed=seed).winner for seed in range(800))
    expected = fixation(table, 4)
    assert abs(wins[0] / 800 - expected) <= 4.5 * (expected * (1 - expected) / 800) ** 0.5
    assert wins.keys() <= {0, 1}


@given(payoffs, st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(any), st.integers(0, 999))
def test_a_population_keeps_its_size_and_changes_by_one(table, counts, seed):
    found = moran(table, counts, seed=seed, steps=200)
    assert {sum(each) for each in found.history} == {sum(counts)}
    for before, after in zip(found.history, found.history[1:], strict=False):
        assert sum(abs(a - b) for a, b in zip(before, after, strict=True)) in {0, 2}
    if found.winner is not None:
        assert found.history[-1][found.winner] == sum(counts)
    else:
        assert len(found.history) == 201
    assert found == moran(table, counts, seed=seed, steps=200)


def test_nobody_meets_oneself():
    assert fitness([[3, 0], [5, 1]], (1, 3)) == (0, pytest.approx((5 + 2) / 3))
    assert fitness([[3, 0], [5, 1]], (2, 0)) == (3, 0)


def test_the_kind_and_the_unkind():
    history = ecology([[3, 0], [5, 1]], (0.99, 0.01), generations=60)
    assert history[0] == (0.99, 0.01)
    assert history[-1][1] > 0.999


def test_hawks_and_doves_live_together():
    """Chicken's mixed equilibrium: with 3, 2, 4, 1 half swerve."""
    history = ecology([[3, 2], [4, 1]], (9, 1), generations=300)
    assert history[-1] == pytest.approx((0.5, 0.5), abs=1e-6)


def test_one_generation_by_hand():
    assert ecology([[3, 0], [5, 1]], (1, 1), generations=1)[1] == pytest.approx((1.5 / 4.5, 3 / 4.5))


@given(payoffs, st.lists(st.floats(0.01, 1), min_size=3, max_size=3))
def test_shares_stay_shares(table, shares):
    for each in ecology(table, shares, generations=20):
        assert sum(each) == pytest.approx(1)
        assert min(each) >= 0


def test_over_measured_payoffs():
    """Tit for tat outlives the defectors that it meets among cooperators (Axelrod 1984, chapter 3)."""
    names = ["cooperator", "defector", "tit_for_tat"]
    rules = preset("prisoners_dilemma_axelrod").model_copy(update={"horizon": preset("chicken").horizon})
    pairs = round_robin(names, self_play=True)
    table = payoff_table([play(rules, [strategies.get(n) for n in pair.players], pair.seed) for pair in pairs])
    history = ecology(table.whole(), (1, 1, 1), generations=200)
    assert table.names == tuple(names)
    assert history[-1][1] < 0.001
    assert history[-1][2] > history[-1][0]


@pytest.mark.parametrize(
    ("table", "members", "why"),
    [
        ([[1]], [], "needs members"),
        ([[1]], [0], "needs members"),
        ([[1]], [1, 1], "2 kinds"),
        ([[-1]], [2], "below zero"),
    ],
)
def test_no_population(table, members, why):
    with pytest.raises(ValueError, match=why):
        ecology(table, members, generations=1)
    with pytest.raises(ValueError, match=why):
        moran(table, members, seed=0)
