"""Trust, confrontation, camouflage and leadership, counted by hand."""

from __future__ import annotations

import pytest

from glasswork.games.werewolf import PRESETS, play, strategies
from glasswork.games.werewolf.behaviour import camouflage, confrontation, leadership, stances, traits, trust
from glasswork.games.werewolf.recorded import of_play


def counted(trait):
    return trait.value.hits, trait.value.of


def cited(game, trait):
    return [(game.happenings[one.number - 1].what, game.happenings[one.number - 1].by) for one in trait.rests_on]


def test_sides_that_were_taken(game):
    found = [(one.by, one.about, one.favours) for one in stances(game) if not one.vote]
    assert found == [
        ("Ann", "Cy", False),
        ("Cy", "Ann", False),
        ("Eve", "Ann", True),
        ("Dot", "Cy", False),
        ("Bo", "Fay", False),
    ]
    assert sum(one.vote for one in stances(game)) == 9


def test_trust(game):
    found = trust([game], "Ann")
    # Cy against, Eve for; the votes of Cy and Fay against.
    assert counted(found) == (1, 4)
    assert found.baseline == pytest.approx(1 / 14)
    assert cited(game, found) == [("spoke", "Cy"), ("spoke", "Eve"), ("voted", "Cy"), ("voted", "Fay")]


def test_confrontation(game):
    hits_back = confrontation([game], "Cy")
    # Ann and Dot speak against Cy. After Ann's word Cy turns on her; after Dot's, only with the vote for Ann.
    assert counted(hits_back) == (1, 2)
    assert hits_back.baseline == 0.0
    # Ann votes for Cy, who spoke against her, and against nobody else; Fay, whom Bo suspects, votes for Ann.
    assert counted(confrontation([game], "Ann")) == (1, 1)
    assert confrontation([game], "Ann").baseline == 0.0
    assert counted(confrontation([game], "Fay")) == (0, 1)
    assert confrontation([game], "Fay").baseline == pytest.approx(1 / 4)


def test_camouflage(game):
    hidden = camouflage([game], "Dot")
    # Day 1: sides taken by who is no werewolf: Ann 1, Fay 1, Cy 4, Dot 0. Day 2: Dot 1, Bo 1.
    assert counted(hidden) == (2, 4)
    assert hidden.baseline == 0.5
    shown = camouflage([game], "Cy")
    assert counted(shown) == (0, 4)
    assert camouflage([game], "Ann").value.of == 0
    assert camouflage([game], "Ann").baseline is None


def test_leadership(game):
    found = leadership([game], "Ann")
    assert counted(found) == (3, 4)
    assert found.baseline == pytest.approx(1 / 5)
    assert cited(game, found) == [("spoke", "Ann")]
    # Bo accuses Fay: Ann, Cy, Dot and Eve vote after it, none for her.
    assert counted(leadership([game], "Bo")) == (0, 4)
    assert leadership([game], "Gus").baseline is None


def test_games_add_up(table_of_seven):
    one, two = table_of_seven(1), table_of_seven(2)
    assert counted(leadership([one, two], "Ann")) == (6, 8)
    assert {each.game for each in leadership([one, two], "Ann").rests_on} == {1, 2}
    assert [trait.what for trait in traits([one], "Ann")] == ["trust", "confrontation", "camouflage", "leadership"]


def test_a_secret_vote_is_no_side(telling):
    tell = telling()
    tell("voted", "Ann", "Cy", seen_by=("Ann",))
    assert stances(tell.game()) == ()


def test_a_herd_follows_and_random_players_do_not():
    rules = PRESETS["kaggle_7"]
    herd = [strategies.get("impostor")("P0"), *(strategies.get("herd")(f"P{seat}") for seat in range(1, 7))]
    games = of_play(play(rules, herd, seed, rotate=seed) for seed in range(40))
    found = leadership(games, "P0")
    assert found.value.of
    assert found.value.low > found.baseline
