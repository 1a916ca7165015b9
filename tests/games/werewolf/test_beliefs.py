"""Beliefs, scored by hand and against scikit's definitions."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from glasswork.games.werewolf.beliefs import FLOOR, Belief, beliefs, scores, scores_by, suspicion
from glasswork.records import Option, Weighed


def weighed(by, about, probability, after=20, options=("a werewolf", "not a werewolf")):
    parts = (probability, *[(1 - probability) / (len(options) - 1)] * (len(options) - 1))
    return Weighed(
        step="table",
        match=1,
        place=f"table#1:1.1/belief/{after}/{by}/{about}",
        by=by,
        question="belief",
        about=about,
        options=tuple(
            Option(label=str(n), text=text, probability=p)
            for n, (text, p) in enumerate(zip(options, parts, strict=True))
        ),
        order_consistency=1.0,
        orders=2,
        after=after,
    )


def test_scores_by_hand(game):
    readings = (
        weighed("Ann", "Cy", 0.9),
        weighed("Ann", "Bo", 0.2),
        weighed("Cy", "Dot", 1.0),
        weighed("Eve", "Fay", 0.0),
        weighed("Eve", "Dot", 0.0),
    )
    found = beliefs(replace(game, weighed=readings))
    assert [one.is_wolf for one in found] == [True, False, True, False, True]
    assert [one.ignorant for one in found] == [2 / 6, 2 / 6, 1 / 6, 2 / 6, 2 / 6]
    made = scores(found)
    assert made.beliefs == 5
    assert made.brier.mean == pytest.approx((0.01 + 0.04 + 0 + 0 + 1) / 5)
    assert made.log_loss.mean == pytest.approx((-math.log(0.9) - math.log(0.8) - math.log(FLOOR)) / 5)
    ignorant = [(1 / 3, 1), (1 / 3, 0), (1 / 6, 1), (1 / 3, 0), (1 / 3, 1)]
    assert made.brier_ignorant == pytest.approx(sum((p - y) ** 2 for p, y in ignorant) / 5)
    assert made.log_loss_ignorant == pytest.approx(-sum(math.log(p if y else 1 - p) for p, y in ignorant) / 5)
    assert made.auroc == pytest.approx((2 + 2 + 0.5) / 6)
    assert [one.count for one in made.bins] == [2, 1, 0, 0, 2]
    assert made.bins[0].so == 0.5
    assert made.bins[2].believed is None
    assert made.bins[4].so == 1.0


def test_by_side_day_and_player(game):
    readings = (weighed("Ann", "Cy", 0.9, 11), weighed("Dot", "Cy", 1.0, 11), weighed("Eve", "Dot", 0.5, 36))
    found = beliefs(replace(game, weighed=readings))
    assert {key: one.beliefs for key, one in scores_by(found, lambda one: one.side).items()} == {
        "village": 2,
        "werewolves": 1,
    }
    assert [*scores_by(found, lambda one: one.day)] == [1, 2]
    assert [*scores_by(found, lambda one: one.by)] == ["Ann", "Dot", "Eve"]


def test_roles_are_read_as_suspicion(game):
    assert suspicion(weighed("Ann", "Cy", 0.5, options=("werewolf", "seer", "villager"))) == 0.5
    without = weighed("Ann", "Cy", 0.5, options=("seer", "villager"))
    assert suspicion(without) is None
    with pytest.raises(ValueError, match="no option says"):
        beliefs(replace(game, weighed=(without,)))


def test_bids_are_no_beliefs(game):
    bid = weighed("Ann", "", 0.5).model_copy(update={"question": "bid"})
    assert beliefs(replace(game, weighed=(bid,))) == ()
    assert scores([]) is None


def test_who_knows_nothing_scores_as_its_baseline():
    found = [
        Belief(("t", game), 1, 1, "A", "B", 1 / 3, so, 1 / 3, "village")
        for game, so in enumerate([True, False, False] * 20)
    ]
    made = scores(found, seed=3)
    assert made.brier.mean == pytest.approx(made.brier_ignorant)
    assert made.brier.low <= made.brier.mean <= made.brier.high
    assert made == scores(found[::-1], seed=3)
    (full,) = [one for one in made.bins if one.count]
    assert full.believed == pytest.approx(full.so)
