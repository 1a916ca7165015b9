"""What players are told: made from the rules and from what happened, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasswork.definitions import WerewolfRules
from glasswork.definitions.werewolf import CARDS, KillDef, MayorDef, TalkDef, VoteDef, WitchDef
from glasswork.games.werewolf import NOBODY, Ask, Happening, play, seen, strategies
from glasswork.games.werewolf.presets import PRESETS
from glasswork.games.werewolf.rule_words import rules_in_words
from glasswork.games.werewolf.words import asked, card_in_words, told

NAMES = ("Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ivy", "Jo", "Kim", "Lou", "Mia", "Ned", "Oda")
GOLDEN = Path(__file__).with_name("rules_in_words.txt")
"""The rules of every preset as players read them. Read what changed before writing it anew (see the test)."""


def text(rules):
    return "\n".join(rules_in_words(rules, NAMES[: rules.players]))


def test_every_preset_reads_as_it_was_read_and_found_good():
    now = "\n\n".join(f"## {name}\n{text(rules)}" for name, rules in PRESETS.items()) + "\n"
    assert now == GOLDEN.read_text("utf-8")


EVERYTHING = WerewolfRules(
    roles={
        "werewolf": 3,
        "villager": 3,
        "seer": 1,
        "doctor": 1,
        "guard": 1,
        "witch": 1,
        "hunter": 1,
        "medium": 1,
        "possessed": 1,
    },
    kill=KillDef(talk=1, may_pass=True),
    mayor=MayorDef(),
    vote=VoteDef(may_pass=True),
    last_words=("exile",),
)
"""Rules in which nearly everything matters."""
CONSENSUS = {"kill": {"by": "consensus"}}
BIDDING = {"talk": {"order": "bidding"}}
REVOTE = {"vote": {"tie": "revote"}}
CHANGES = {
    "roles": ({}, {"roles": {**EVERYTHING.roles, "villager": 2}}),
    "opens": ({}, {"opens": "day"}),
    "night": ({}, {"night": ("seer", "doctor", "guard", "werewolf", "witch", "medium")}),
    "guarded_and_saved": ({}, {"guarded_and_saved": "dies"}),
    "reveal_night": ({}, {"reveal_night": "team"}),
    "reveal_day": ({}, {"reveal_day": "nothing"}),
    "last_words": ({}, {"last_words": ("first_night", "exile")}),
    "win": ({}, {"win": "extinction"}),
    "days": ({}, {"days": 7}),
    "mayor": ({}, {"mayor": None}),
    "kill.by": ({}, {"kill": {"by": "one"}}),
    "kill.rounds": (CONSENSUS, {"kill": {"rounds": 2}}),
    "kill.undecided": ({}, {"kill": {"undecided": "nobody"}}),
    "kill.may_pass": ({}, {"kill": {"may_pass": False}}),
    "kill.own": ({}, {"kill": {"own": True}}),
    "kill.talk": ({}, {"kill": {"talk": 2}}),
    "kill.first_night": ({}, {"kill": {"first_night": False}}),
    "doctor.oneself": ({}, {"doctor": {"oneself": False}}),
    "doctor.twice": ({}, {"doctor": {"twice": False}}),
    "guard.oneself": ({}, {"guard": {"oneself": False}}),
    "guard.twice": ({}, {"guard": {"twice": True}}),
    "seer.tells": ({}, {"seer": {"tells": "role"}}),
    "seer.again": ({}, {"seer": {"again": True}}),
    "medium.tells": ({}, {"medium": {"tells": "role"}}),
    "witch.saves": ({}, {"witch": {"saves": 2}}),
    "witch.poisons": ({}, {"witch": {"poisons": 0}}),
    "witch.both": ({}, {"witch": {"both": True}}),
    "witch.oneself": ({}, {"witch": {"oneself": "first_night"}}),
    "hunter.when": ({}, {"hunter": {"when": ("exiled",)}}),
    "hunter.may_pass": ({}, {"hunter": {"may_pass": False}}),
    "mayor.weight": ({}, {"mayor": {"weight": 1.5}}),
    "mayor.breaks_ties": ({}, {"mayor": {"breaks_ties": False}}),
    "mayor.heir": ({}, {"mayor": {"heir": False}}),
    "mayor.speaks_last": ({}, {"mayor": {"speaks_last": True}}),
    "talk.order": ({}, {"talk": {"order": "random"}}),
    "talk.rounds": ({}, {"talk": {"rounds": 2}}),
    "talk.turns": (BIDDING, {"talk": {"turns": 3}}),
    "talk.bids_shown": (BIDDING, {"talk": {"bids_shown": True}}),
    "vote.order": ({}, {"vote": {"order": "in_turn"}}),
    "vote.shown": ({}, {"vote": {"shown": "counts"}}),
    "vote.majority": ({}, {"vote": {"majority": "strict"}}),
    "vote.tie": ({}, {"vote": {"tie": "random"}}),
    "vote.revotes": (REVOTE, {"vote": {"revotes": 2}}),
    "vote.still_tied": (REVOTE, {"vote": {"still_tied": "random"}}),
    "vote.may_pass": ({}, {"vote": {"may_pass": False}}),
    "vote.passes_count": ({}, {"vote": {"passes_count": True}}),
}
"""For every rule: where it matters, and how it is changed there."""
UNTOLD = {"name", "source"}
"""What is no rule."""


def merged(under, over):
    return {
        key: merged(under.get(key) or {}, value) if isinstance(value, dict) and key != "roles" else value
        for key, value in {**under, **over}.items()
    } | {key: value for key, value in under.items() if key not in over}


def changed(rules, change):
    return WerewolfRules.model_validate(merged(rules.model_dump(), change))


def every_rule():
    for name, field in WerewolfRules.model_fields.items():
        part = MayorDef if name == "mayor" else field.annotation
        inner = getattr(part, "model_fields", {})
        yield from ([name] if not inner or name == "mayor" else [])
        yield from (f"{name}.{key}" for key in inner)


def test_no_rule_is_forgotten():
    assert {*every_rule()} == {*CHANGES} | UNTOLD


@pytest.mark.parametrize("rule", CHANGES)
def test_a_rule_that_changes_is_told_otherwise(rule):
    where, change = CHANGES[rule]
    before = changed(EVERYTHING, where)
    assert text(before) != text(changed(before, change))


def test_every_choice_of_every_rule_is_told_in_its_own_way():
    choices = {
        ("win", None): ["parity", "outnumber", "extinction", "all_villagers", "side_kill"],
        ("kill", "by"): ["one", "vote", "consensus"],
        ("talk", "order"): ["fixed", "round_robin", "rotating", "random", "bidding", "silent"],
        ("vote", "shown"): ["who", "counts", "nothing"],
        ("vote", "tie"): ["nobody", "random", "revote"],
        ("witch", "oneself"): ["always", "first_night", "never"],
        ("reveal_day", None): ["nothing", "team", "role"],
    }
    for (rule, key), values in choices.items():
        texts = {text(changed(EVERYTHING, {rule: {key: value} if key else value})) for value in values}
        assert len(texts) == len(values), rule


def test_names_and_sources_are_not_told():
    assert text(changed(EVERYTHING, {"name": "other", "source": "a paper"})) == text(EVERYTHING)


@pytest.mark.parametrize("card", [card for card in CARDS if card not in {"werewolf", "villager"}])
def test_of_cards_that_nobody_holds_nothing_is_said(card):
    roles = {**EVERYTHING.roles, card: 0, "villager": EVERYTHING.roles["villager"] + 1}
    assert f"{card} " not in text(changed(EVERYTHING, {"roles": roles})).replace("by the witch", "")


def test_a_lone_werewolf_agrees_with_nobody():
    lone = text(WerewolfRules(roles={"werewolf": 1, "villager": 3}, kill=KillDef(by="consensus", talk=2)))
    assert "The werewolf names whom to attack.\nIt may name any living player but itself." in lone
    assert "as soon as only one other lives, or nobody" in lone
    assert "talk" not in lone


def test_a_witch_without_potions_is_told_so():
    rules = WerewolfRules(roles={"werewolf": 1, "villager": 3, "witch": 1}, witch=WitchDef(saves=0, poisons=0))
    assert "The witch has no potion." in rules_in_words(rules, NAMES[:5])


def test_cards_in_words():
    rules = WerewolfRules()
    assert card_in_words("seer", rules) == (
        "You are the seer. You win with the village. At night you look at a player, and learn something of that player's card."
    )
    assert card_in_words("werewolf", rules).startswith("You are a werewolf. You win with the werewolves.")
    alone = WerewolfRules(roles={"werewolf": 1, "villager": 2, "possessed": 1})
    assert "You are the only one." in card_in_words("werewolf", alone)
    assert "You win with the werewolves" in card_in_words("possessed", alone)


def one(what, **said):
    return Happening(1, 2, "day", what, **said)


TOLD = [
    (one("dealt", to="Ann", card="seer"), "Ann", "Your card: seer."),
    (one("dealt", to="Ann", card="seer"), "", "Ann's card: seer."),
    (one("pack", names=("Ann", "Bo")), "Ann", "The other werewolf is Bo."),
    (one("pack", names=("Ann", "Bo", "Cy")), "Ann", "The other werewolves are Bo and Cy."),
    (one("pack", names=("Ann",)), "Ann", "You are the only werewolf."),
    (one("pack", names=("Ann", "Bo")), "", "The werewolves are Ann and Bo."),
    (one("night"), "", "Night 2 begins."),
    (one("proposed", by="Ann", to="Cy"), "Ann", "You name Cy to be attacked."),
    (one("proposed", by="Ann"), "Bo", "Ann names nobody to be attacked."),
    (one("whispered", by="Ann", text="Cy?"), "Bo", "Ann says to the werewolves: Cy?"),
    (one("attacked", to="Cy"), "Bo", "The werewolves attack Cy."),
    (one("attacked"), "Bo", "The werewolves attack nobody."),
    (one("victim", to="Ann"), "Ann", "The werewolves attack you."),
    (one("protected", by="Ann", to="Ann"), "Ann", "You protect yourself."),
    (one("inspected", by="Ann", to="Bo", card="werewolf"), "Ann", "You look at Bo: a werewolf."),
    (one("inspected", by="Ann", to="Bo", card="not a werewolf"), "", "Ann looks at Bo: not a werewolf."),
    (one("saved", by="Ann", to="Bo"), "Ann", "You save Bo."),
    (one("poisoned", by="Ann", to="Bo"), "", "Ann poisons Bo."),
    (one("held", by="Ann", text="poison"), "Ann", "You poison nobody."),
    (one("held", by="Ann", text="shoot"), "", "Ann does not shoot."),
    (one("learned", to="Bo", card="not a werewolf"), "Ann", "Bo, who was exiled, was not a werewolf."),
    (one("morning"), "", "Day 2 begins."),
    (one("died", to="Ann"), "Ann", "You died in the night."),
    (one("quiet"), "", "Nobody died in the night."),
    (one("revealed", to="Bo", card="witch"), "Ann", "Bo was a witch."),
    (one("last_words", by="Ann", text="Bo!"), "Bo", "Ann says, dying: Bo!"),
    (one("backed", by="Ann", to="Bo"), "Bo", "Ann wants you as mayor."),
    (one("elected", to="Bo"), "Bo", "You are elected mayor."),
    (one("elected"), "Bo", "Nobody is elected mayor."),
    (one("handed_on", by="Ann"), "Bo", "There is no mayor any more."),
    (one("handed_on", by="Ann", to="Bo"), "Cy", "Ann names Bo as the next mayor."),
    (one("bid", by="Ann", text="3"), "Bo", "Ann says 3 for wanting to speak."),
    (one("spoke", by="Ann", text="Hello."), "Ann", "You say: Hello."),
    (one("spoke", by="Ann", text="Hello."), "Bo", "Ann says: Hello."),
    (one("kept_silent", by="Ann"), "Bo", "Ann says nothing."),
    (one("voted", by="Ann", to="Bo"), "Bo", "Ann votes for you."),
    (one("voted", by="Ann"), "Bo", "Ann votes for nobody."),
    (one("counted", counts={"Ann": 1.5, "Bo": 2}), "Bo", "Votes: Ann 1.5, you 2."),
    (one("counted"), "Bo", "Nobody has a vote."),
    (one("tied", names=("Ann", "Bo")), "Bo", "Tied with the most votes: Ann and you."),
    (one("decided", by="Ann", to="Bo"), "Cy", "Ann decides as the mayor: Bo."),
    (one("exiled", to="Bo"), "Bo", "You are exiled."),
    (one("spared"), "", "Nobody is exiled."),
    (one("shot", by="Ann", to="Bo"), "Bo", "Ann shoots you, who dies."),
    (
        one("illegal", by="Ann", text="Zed"),
        "Ann",
        "Your answer was not one of the options, and counts for nothing: Zed",
    ),
    (one("won", text="village", names=("Ann", "Bo")), "", "The game is over. The village wins: Ann and Bo."),
    (one("won", text="nobody"), "", "The game is over. Nobody wins."),
    (one("unmasked", to="Ann", card="hunter"), "Ann", "You were a hunter."),
]


@pytest.mark.parametrize(("happening", "viewer", "expected"), TOLD)
def test_what_happened_is_told(happening, viewer, expected):
    assert told(happening, viewer) == expected


@pytest.mark.parametrize("name", PRESETS)
def test_everything_that_happens_can_be_told_to_all_who_see_it(name):
    rules = PRESETS[name]
    names = NAMES[: rules.players]
    for seed in range(2 if rules.players > 9 else 12):
        game = play(rules, [strategies.get("honest")(player) for player in names], seed)
        for viewer in names:
            assert all(told(each, viewer).strip(" .") for each in seen(game.happenings, viewer))
        assert all("{" not in told(each) for each in game.happenings)


def test_what_somebody_is_told_names_no_card_that_they_may_not_know():
    """What a villager reads before anybody dies holds no other's card."""
    rules = WerewolfRules(talk=TalkDef(order="silent"))
    for seed in range(30):
        game = play(rules, [strategies.get("random")(name) for name in NAMES[:7]], seed)
        villager = next(name for name, card in game.outcome.cards.items() if card == "villager")
        first = [each for each in seen(game.happenings, villager) if each.phase in {"setup", "night"} and each.day == 1]
        assert [told(each, villager) for each in first] == ["Your card: villager.", "Night 1 begins."]


ASKS = [
    "kill",
    "whisper",
    "protect",
    "inspect",
    "save",
    "poison",
    "shoot",
    "bid",
    "speak",
    "elect",
    "vote",
    "tie",
    "heir",
]


@pytest.mark.parametrize("kind", [*ASKS, "last_words"])
def test_every_ask_is_a_question(kind):
    question = asked(Ask("Ann", kind, ("Bo", NOBODY), 1, "day"))
    assert question.count("?") == 1 or kind == "bid"
    assert "Bo" not in question


def test_asking_again_says_so():
    assert "tie" in asked(Ask("Ann", "vote", ("Bo", "Cy"), 1, "day", 2))
    assert "not name the same" in asked(Ask("Ann", "kill", ("Bo", "Cy"), 1, "night", 2))
