"""Ratings: planted skill comes out, the order of games does not matter, and sides are no skill."""

from __future__ import annotations

import builtins
import math
import random

import pytest

from glasswork.errors import MissingExtra
from glasswork.games.werewolf.rating import Match, by_side, match_of, ratings
from glasswork.statistics import spearman

pytest.importorskip("openskill")


def played(games, seed, *, odds=1.5, players=10):
    """Return matches between players of planted skill, in which the werewolves are ahead."""
    draw = random.Random(seed)
    skill = {f"P{number:02}": 3 * number / players for number in range(players)}
    found = []
    for _ in range(games):
        names = draw.sample(sorted(skill), 7)
        wolves, village = tuple(sorted(names[:2])), tuple(sorted(names[2:]))
        ahead = sum(skill[one] for one in wolves) / 2 - sum(skill[one] for one in village) / 5
        won = draw.random() < 1 / (1 + math.exp(-(2 * ahead + odds)))
        found.append(Match(village, wolves, "werewolves" if won else "village"))
    return skill, found


@pytest.mark.parametrize("seed", range(4))
def test_planted_skill_comes_out(seed):
    skill, matches = played(800, seed)
    found = {one.name: one.mu for one in ratings(matches, shuffles=5)}
    names = sorted(skill)
    assert spearman([skill[name] for name in names], [found[name] for name in names]) > 0.95


def test_the_order_of_games_does_not_matter():
    _, matches = played(100, 1)
    turned = random.Random(5).sample(matches, len(matches))
    assert ratings(matches, seed=2) == ratings(turned, seed=2)
    assert all(one.spread > 0 for one in ratings(matches, seed=2))
    assert all(one.low < one.mu < one.high for one in ratings(matches, seed=2))


def test_the_luck_of_the_cards_is_no_skill():
    """All are alike, and one is always a werewolf where werewolves nearly always win."""
    draw = random.Random(1)
    others = [f"P{number}" for number in range(9)]
    matches = []
    for number in range(400):
        names = draw.sample(others, 6)
        lucky = number % 2 == 0
        wolves = ("Lucky", names[0]) if lucky else (names[0], names[1])
        village = tuple(names[1:]) if lucky else (*names[2:], "Spare")
        winner = "werewolves" if draw.random() < 0.87 else "village"
        matches.append(Match(village, wolves, winner, f"{len(village)}"))
    found = {one.name: one for one in ratings(matches, shuffles=5)}
    assert abs(found["Lucky"].mu - 25) < 2 * found["Lucky"].sigma
    assert abs(found["Spare"].mu - 25) < 2 * found["Spare"].sigma


def test_sides_apart(game):
    match = match_of(game)
    assert match == Match(("Ann", "Bo", "Eve", "Fay", "Gus"), ("Cy", "Dot"), "werewolves", "werewolf")
    names = {one.name for one in ratings(by_side([match]))}
    assert "Cy, werewolves" in names
    assert "Ann, village" in names
    (cy,) = [one for one in ratings([match]) if one.name == "Cy"]
    assert cy.games == 1
    assert cy.mu > 25


def test_a_game_without_end_is_not_rated(telling):
    assert match_of(telling().game()) is None
    assert ratings([]) == ()
    with pytest.raises(ValueError, match="one order"):
        ratings([], shuffles=0)


def test_without_the_package_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *more, **kinds):
        if name.startswith("openskill"):
            raise ImportError(name)
        return real(name, *more, **kinds)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"glasswork\[ratings\]"):
        ratings(played(2, 1)[1])
