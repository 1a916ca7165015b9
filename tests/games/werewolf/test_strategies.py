from __future__ import annotations

import pytest

from glasswork.games.rules import generator
from glasswork.games.werewolf import NOBODY, Ask, Happening, deal, play, strategies
from glasswork.games.werewolf.presets import PRESETS, preset

NAMES = tuple(f"P{number}" for number in range(15))
ALL = ("grudge", "herd", "honest", "impostor", "quiet_wolf", "random")


def test_which_there_are():
    assert {*ALL} <= {*strategies.names()}
    assert all(strategies.get(name).about.endswith(".") for name in ALL)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("rules", PRESETS)
def test_each_answers_every_ask_legally_whichever_card_it_holds(name, rules):
    table = PRESETS[rules]
    for seed in range(1 if table.players > 9 else 4):
        game = play(table, [strategies.get(name)(player) for player in NAMES[: table.players]], seed)
        assert not [one for one in game.happenings if one.what == "illegal"]


@pytest.mark.parametrize("name", ALL)
def test_each_plays_with_all_others(name):
    rules = preset("agentscope_9")
    for seed in range(10):
        kinds = [name if seat % 2 else ALL[(seat + seed) % len(ALL)] for seat in range(9)]
        game = play(rules, [strategies.get(kind)(player) for kind, player in zip(kinds, NAMES, strict=False)], seed)
        assert not [one for one in game.happenings if one.what == "illegal"]


def won(rules, wolves, village, games=150):
    """Return how often the village wins, cards dealt anew each time."""
    count = 0
    for seed in range(games):
        cards = deal(rules, NAMES[: rules.players], seed)
        players = [strategies.get(wolves if card == "werewolf" else village)(name) for name, card in cards.items()]
        count += play(rules, players, seed).outcome.winner == "village"
    return count


def test_to_tell_what_one_knows_helps_the_village():
    rules = preset("kaggle_7")
    assert won(rules, "quiet_wolf", "honest") > 1.5 * won(rules, "quiet_wolf", "random")


def test_a_werewolf_who_says_to_be_the_seer_harms_a_village_that_believes_it():
    rules = preset("kaggle_7")
    assert won(rules, "impostor", "honest") < won(rules, "quiet_wolf", "honest") / 2


def heard(*statements, me="Ann", card="villager", pack=()):
    names = ("Ann", "Bo", "Cy", "Di")
    told = [Happening(1, 1, "setup", "dealt", to=me, card=card, names=names, seen_by=(me,))]
    if pack:
        told.append(Happening(2, 1, "setup", "pack", names=pack, seen_by=pack))
    return told + [
        one if isinstance(one, Happening) else Happening(9, 1, "day", "spoke", by=one[0], text=one[1])
        for one in statements
    ]


def answer(name, kind, seen, options=("Bo", "Cy", "Di")):
    return strategies.get(name)("Ann").answer(Ask("Ann", kind, options, 1, "day"), seen, generator(1))


SEER = ("Bo", "I am the seer. I looked at Di, Di is a werewolf.")


def test_honest_believes_the_first_who_says_to_be_the_seer():
    assert answer("honest", "vote", heard(SEER, ("Cy", "I am the seer. Bo is a werewolf."))) == "Di"


def test_honest_believes_nobody_else_and_nothing_that_it_knows_better():
    assert {answer("honest", "vote", heard(("Bo", "Di is a werewolf.")), (NOBODY, "Cy"))} == {NOBODY}
    assert answer("honest", "vote", heard(("Bo", "I am the seer. Ann is a werewolf.")), ("Bo", NOBODY)) == NOBODY


def test_an_honest_seer_tells_all_it_saw_and_nothing_else():
    looked = Happening(3, 1, "night", "inspected", by="Ann", to="Cy", card="werewolf", seen_by=("Ann",))
    clear = Happening(4, 2, "night", "inspected", by="Ann", to="Bo", card="not a werewolf", seen_by=("Ann",))
    words = "I am the seer. I looked at Cy, Cy is a werewolf. I looked at Bo, Bo is not a werewolf."
    assert answer("honest", "speak", heard(looked, clear, card="seer"), ()) == words
    assert answer("honest", "speak", heard(looked, clear, ("Ann", words), card="seer"), ()) == ""
    assert answer("honest", "vote", heard(looked, card="seer")) == "Cy"
    assert answer("honest", "speak", heard(SEER), ()) == ""


def test_herd_repeats_the_last_accusation_and_follows_votes():
    assert answer("herd", "speak", heard(SEER), ()) == "I think so too: Di is a werewolf."
    votes = [Happening(9, 1, "day", "voted", by=by, to="Cy") for by in ("Bo", "Di")]
    assert answer("herd", "vote", heard(SEER, *votes)) == "Cy"


def test_a_quiet_wolf_says_it_is_a_villager_and_votes_against_its_own():
    seen = heard(SEER, card="werewolf", pack=("Ann", "Di"))
    assert answer("quiet_wolf", "speak", seen, ()) == "I am a villager."
    assert answer("quiet_wolf", "vote", seen) == "Di"
    assert answer("quiet_wolf", "bid", seen, ("0", "1", "2", "3", "4")) == "0"


def test_an_impostor_accuses_somebody_who_is_no_werewolf_and_stays_with_it():
    seen = heard(card="werewolf", pack=("Ann", "Di"))
    said = answer("impostor", "speak", seen, ())
    assert said.startswith("I am the seer.")
    assert "Di" not in said
    again = heard(("Ann", said), card="werewolf", pack=("Ann", "Di"))
    assert answer("impostor", "speak", again, ()) == said
    assert answer("impostor", "vote", again) in said


def test_a_grudge_is_borne_against_the_last_who_hit():
    seen = heard(("Bo", "Ann is a werewolf."), ("Cy", "Ann is a werewolf."))
    assert answer("grudge", "vote", seen) == "Cy"
    assert answer("grudge", "speak", seen, ()) == "Cy is a werewolf."


def test_werewolves_kill_who_says_to_be_the_seer_and_doctors_guard_them():
    wolf = heard(SEER, card="werewolf", pack=("Ann",))
    assert answer("quiet_wolf", "kill", wolf) == "Bo"
    assert answer("honest", "protect", heard(SEER, card="doctor"), ("Ann", "Bo", "Cy")) == "Bo"


def test_random_draws_evenly_among_what_may_be_answered():
    rng = generator(1)
    player = strategies.get("random")("Ann")
    drawn = [player.answer(Ask("Ann", "vote", ("Bo", "Cy", "Di"), 1, "day"), (), rng) for _ in range(3000)]
    assert all(abs(drawn.count(name) - 1000) < 4.5 * (3000 * 2 / 9) ** 0.5 for name in ("Bo", "Cy", "Di"))
    assert player.answer(Ask("Ann", "speak", (), 1, "day"), (), rng) == ""


def test_what_a_strategy_answers_depends_on_what_it_sees_alone():
    """Asked twice about the same view, with the same draws, each answers the same: nothing is kept between asks."""
    for name in ALL:
        player = strategies.get(name)("Ann")
        seen = heard(SEER)
        ask = Ask("Ann", "vote", ("Bo", "Cy", "Di"), 1, "day")
        assert player.answer(ask, seen, generator(3)) == strategies.get(name)("Ann").answer(ask, seen, generator(3))
