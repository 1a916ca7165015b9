"""The ledger: truth against the cards, honesty against what the speaker knew."""

from __future__ import annotations

import pytest

from glasswork.games.werewolf import PRESETS, play, strategies
from glasswork.games.werewolf.ledger import ledger
from glasswork.games.werewolf.recorded import of_play


def judged(game):
    return [(one.claim.speaker, one.claim.kind, one.claim.about, one.truth, one.honesty) for one in ledger(game)]


def test_a_game(game):
    assert judged(game) == [
        ("Ann", "card", "Ann", "true", "honest"),
        ("Ann", "result", "Cy", "true", "honest"),
        ("Cy", "card", "Cy", "false", "lie"),
        ("Cy", "result", "Ann", "false", "lie"),
        ("Eve", "defence", "Ann", "true", "guess"),
        ("Eve", "card", "Eve", "true", "honest"),
        ("Dot", "accusation", "Cy", "true", "honest"),
        ("Bo", "protected", "Eve", "true", "honest"),
        ("Bo", "accusation", "Fay", "false", "guess"),
        ("Dot", "card", "Dot", "false", "lie"),
        ("Dot", "protected", "Fay", "false", "lie"),
    ]
    first = ledger(game)[0]
    assert (first.day, first.game, game.happenings[first.number - 1].by) == (1, 1, "Ann")


SAID = [
    ("Ann", "Bo is a werewolf.", "false", "guess"),
    ("Ann", "Dot is the seer.", "false", "lie"),  # the only seer knows better
    ("Cy", "Bo is a werewolf.", "false", "lie"),  # the pack knows
    ("Cy", "Dot is not a werewolf.", "false", "lie"),
    ("Cy", "Bo is not a werewolf.", "true", "honest"),
    ("Cy", "Bo is the doctor.", "true", "guess"),
    ("Cy", "Bo is the seer.", "false", "guess"),
    ("Cy", "I am not a werewolf.", "false", "lie"),
    ("Ann", "I looked at Bo, he is not a werewolf.", "true", "lie"),  # true, and made up
    ("Ann", "I looked at Eve, she is a villager.", "true", "lie"),
    ("Ann", "I looked at Fay, she is not a werewolf.", "true", "honest"),
    ("Ann", "Fay is innocent.", "true", "honest"),
    ("Ann", "Fay is the doctor.", "false", "guess"),
    ("Bo", "I protected Ann.", "false", "lie"),
    ("Bo", "I poisoned Ann.", "false", "lie"),
]


@pytest.mark.parametrize(("by", "text", "truth", "honesty"), SAID)
def test_what_a_speaker_knows(telling, by, text, truth, honesty):
    tell = telling()
    tell.night(1)
    tell("inspected", "Ann", "Fay", card="not a werewolf", seen_by=("Ann",))
    tell.morning()
    tell.says(by, text)
    (entry,) = ledger(tell.game())
    assert (entry.truth, entry.honesty) == (truth, honesty)


def test_what_is_revealed_is_known(telling):
    tell = telling()
    tell("revealed", to="Cy", card="werewolf")
    tell("revealed", to="Dot", card="werewolf")
    tell.says("Eve", "Fay is a werewolf.")
    (entry,) = ledger(tell.game())
    assert entry.honesty == "lie"


def test_what_others_learn_later_is_not_known(telling):
    tell = telling()
    tell.says("Ann", "I suspect Cy.")
    tell("inspected", "Ann", "Cy", card="not a werewolf", seen_by=("Ann",))
    (entry,) = ledger(tell.game())
    assert entry.honesty == "guess"


def test_a_card_that_was_not_recorded_is_open(telling):
    tell = telling()
    tell.happenings = [one for one in tell.happenings if one.to != "Fay"]
    tell.says("Eve", "Fay is a werewolf.")
    (entry,) = ledger(tell.game())
    assert entry.truth == "open"


@pytest.mark.parametrize("rule", ["honest", "impostor"])
def test_strategies_are_what_they_say(rule):
    rules = PRESETS["kaggle_7"]
    players = [strategies.get(rule)(f"Player_{seat}") for seat in range(7)]
    entries = [one for game in of_play(play(rules, players, seed) for seed in range(10)) for one in ledger(game)]
    assert entries
    if rule == "honest":
        assert {one.honesty for one in entries} == {"honest"}
        assert {one.truth for one in entries} == {"true"}
    else:
        assert {one.honesty for one in entries} == {"honest", "lie"}
