from __future__ import annotations

import pytest

from glasswork.definitions import WerewolfRules, WerewolfUse
from glasswork.errors import NotFound
from glasswork.games.werewolf import play, strategies
from glasswork.games.werewolf.presets import PRESETS, preset

CONTRACT = {
    "arena_8": 8,
    "kaggle_7": 7,
    "kaggle_8": 8,
    "xu_7": 7,
    "agentscope_9": 9,
    "metagpt_7": 7,
    "plus_9": 9,
    "foaster_6": 6,
    "textarena_6": 6,
    "helmsman_7": 7,
    "aiwolf_5": 5,
    "aiwolf_15": 15,
    "migdal": 7,
}


def test_the_rule_sets_of_others_are_there_with_as_many_players_as_they_have():
    assert {name: rules.players for name, rules in PRESETS.items()} == CONTRACT


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_is_called_and_where_it_is_from(name):
    assert PRESETS[name].name == name
    assert len(PRESETS[name].source) > 15


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_being_written_and_read(name):
    rules = PRESETS[name]
    assert WerewolfRules.model_validate_json(rules.model_dump_json()) == rules


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_can_be_played(name):
    rules = PRESETS[name]
    players = [strategies.get("random")(f"P{number}") for number in range(rules.players)]
    winners = {play(rules, players, seed).outcome.winner for seed in range(60)}
    assert {"village", "werewolves"} <= winners | {"village"}
    assert "werewolves" in winners


def test_names_can_be_said_in_other_ways():
    assert preset("kaggle-7") is preset("kaggle_7")
    assert preset("google-8") is preset("google_8") is preset("arena_8")


def test_a_name_that_is_nearly_right_is_suggested():
    with pytest.raises(NotFound, match="kaggle_7"):
        preset("kagle_7")


def test_what_sets_each_rule_set_apart():
    """One line for each entry of the reference table that is easy to get wrong."""
    assert preset("arena_8").kill.by == "one"
    assert preset("arena_8").vote.majority == "strict"
    assert preset("arena_8").talk.order == "bidding"
    assert preset("kaggle_7").night == ("doctor", "seer", "werewolf")
    assert preset("kaggle_7").vote.tie == "random"
    assert preset("xu_7").win == "all_villagers"
    assert not preset("xu_7").guard.twice
    assert preset("agentscope_9").last_words == ("first_night", "exile")
    assert preset("agentscope_9").witch.oneself == "never"
    assert preset("metagpt_7").win == "side_kill"
    assert preset("foaster_6").kill.by == "consensus"
    assert preset("foaster_6").mayor is not None
    assert not preset("textarena_6").doctor.oneself
    assert preset("helmsman_7").mayor.speaks_last
    assert not preset("aiwolf_15").kill.first_night
    assert preset("aiwolf_15").vote.tie == "revote"
    assert preset("migdal").opens == "day"
    assert preset("migdal").win == "extinction"


def test_a_preset_is_changed_key_by_key():
    use = WerewolfUse.model_validate({"preset": "arena_8", "vote": {"shown": "who"}, "mayor": {"weight": 2.0}})
    rules = use.over(preset("arena_8"))
    assert rules.vote.shown == "who"
    assert rules.vote.majority == "strict"
    assert rules.mayor is not None
    assert rules.mayor.weight == 2
    assert rules.talk == preset("arena_8").talk


REFUSED = {
    "2 players": {"roles": {"werewolf": 1, "villager": 1}},
    "at least one werewolf": {"roles": {"seer": 1, "villager": 3}},
    "one of the village": {"roles": {"werewolf": 2, "possessed": 1}},
    "needs a plain villager": {"roles": {"werewolf": 1, "seer": 3}, "win": "all_villagers"},
    "no plain villager among": {"roles": {"werewolf": 1, "villager": 3}, "win": "side_kill"},
    "won before the game begins": {"roles": {"werewolf": 2, "villager": 2}},
    "3 werewolves of 5": {"roles": {"werewolf": 3, "villager": 2}, "win": "outnumber"},
    "names a card twice": {"night": ("werewolf", "doctor", "seer", "doctor")},
    "does nothing at night": {"night": ("werewolf", "doctor", "seer", "hunter")},
    "does not say when the seer acts": {"night": ("werewolf", "doctor")},
    "the witch comes after": {
        "roles": {"werewolf": 1, "witch": 1, "villager": 2},
        "night": ("witch", "werewolf"),
    },
}


@pytest.mark.parametrize("reason", REFUSED)
def test_rules_that_do_not_hold_together_are_refused(reason):
    with pytest.raises(ValueError, match=reason):
        WerewolfRules.model_validate(REFUSED[reason])


def test_half_and_half_can_be_played_where_the_werewolves_must_outnumber():
    rules = WerewolfRules(roles={"werewolf": 2, "villager": 2}, win="outnumber")
    players = [strategies.get("random")(f"P{number}") for number in range(4)]
    assert play(rules, players, 1).outcome.winner in {"village", "werewolves"}
