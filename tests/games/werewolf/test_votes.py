"""Votes, counted by hand."""

from __future__ import annotations

import pytest

from glasswork.games.werewolf import PRESETS, play, strategies
from glasswork.games.werewolf.recorded import of_play
from glasswork.games.werewolf.votes import accuracy, bus_rate, calls, exiles, followed, key_cards, survived, votes


def test_accuracy_beside_chance(game):
    found = accuracy([game])
    # Day 1: Ann, Bo, Eve hit, Fay misses, of 6 with 2 wolves. Day 2: Bo hits, Eve misses, of 4 with 1.
    assert (found.value.hits, found.value.of) == (4, 6)
    assert found.chance == pytest.approx((4 * 2 / 5 + 2 * 1 / 3) / 6)
    own = accuracy([game], by="Eve")
    assert (own.value.hits, own.value.of) == (1, 2)


def test_passing_is_no_miss(game):
    assert [one.to for one in votes(game) if one.by == "Fay"] == ["Ann", ""]
    assert accuracy([game], by="Fay").value.of == 1


def test_bus_rate(game):
    found = bus_rate([game])
    # Cy votes Ann, Dot votes Cy; on day 2 Dot is alone.
    assert (found.value.hits, found.value.of) == (1, 2)
    assert found.chance == pytest.approx(1 / 5)


def test_exiles_and_survival(game):
    found = exiles([game])
    assert (found.value.hits, found.value.of) == (1, 2)
    assert found.chance == pytest.approx((2 / 6 + 1 / 4) / 2)
    assert (survived([game]).hits, survived([game]).of) == (3, 7)
    assert survived([game], name="Eve").hits == 1
    assert survived([game], card="werewolf").hits == 1
    assert (key_cards([game]).hits, key_cards([game]).of) == (0, 2)


def test_who_follows_whom(game):
    assert [(one.by, one.about) for one in calls(game)] == [
        ("Ann", "Cy"),
        ("Cy", "Ann"),
        ("Dot", "Cy"),
        ("Bo", "Fay"),
    ]
    first, second, *_ = followed(game)
    # After Ann's call Bo, Dot, Eve and Fay vote; Cy, who is accused, does not count.
    assert [one.hit for one in first.votes] == [True, True, True, False]
    assert {one.chance for one in first.votes} == {1 / 5}
    assert [one.hit for one in second.votes] == [False, False, False, True]


def test_rounds_of_a_vote_are_told_apart(telling):
    tell = telling()
    tell.morning()
    tell.votes(Ann="Cy", Cy="Ann")
    tell.votes(Ann="Cy")
    tell.morning()
    tell.votes(Ann="Cy")
    assert [one.round for one in votes(tell.game())] == [1, 1, 2, 1]


def test_votes_at_random_hit_as_chance_says():
    rules = PRESETS["kaggle_7"]
    players = [strategies.get("random")(f"P{seat}") for seat in range(7)]
    found = accuracy(of_play(play(rules, players, seed) for seed in range(300)))
    error = (found.chance * (1 - found.chance) / found.value.of) ** 0.5
    assert abs(found.value.value - found.chance) < 4.5 * error
    assert str(found).endswith(f"by chance {found.chance:.0%}")
