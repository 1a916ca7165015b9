"""Our strategies move as the Axelrod library's do, in every round of every match that was recorded there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glasswork.games import FixedHorizon, Round, Rules, View, play, preset, strategies
from glasswork.games.rules import generator

RECORDED = json.loads(Path(__file__).with_name("axelrod_moves.json").read_text(encoding="utf-8"))
ROUNDS, SCRIPTS, NAMES = RECORDED["rounds"], RECORDED["scripts"], RECORDED["strategies"]
RULES = Rules(game=preset("prisoners_dilemma_axelrod").game, horizon=FixedHorizon(rounds=ROUNDS))
NOT_THEIRS = {"defect_once", "best_reply", "fictitious_play", "maximin", "conditional_cooperator"}
GOLDEN = ["cooperator", "defector", "tit_for_tat", "grudger", "win_stay_lose_shift", "alternator"]
GOLDEN += ["suspicious_tit_for_tat", "tit_for_two_tats"]
SCORES = """
30  0 30 30 30 15 27 30
50 10 14 14 30 30 10 18
30  9 30 30 30 23 25 30
30  9 30 30 30 27 13 30
30  5 30 30 30 21 18 30
40  5 28 12 26 20 25 40
32 10 25 13 23 25 10 32
30  8 30 30 30 15 27 30
"""
"""Of the row player after ten rounds at 5, 3, 1, 0; axelrod 4.13.1."""


class Script:
    name = "script"

    def __init__(self, moves):
        self.moves = moves

    def move(self, view, _rng):
        return view.actions["CD".index(self.moves[len(view.mine)])]


def moves(match, seat=0):
    return "".join("D" if each.moves[seat] == "defect" else "C" for each in match.rounds)


def decoded(row):
    return ["".join("CD"[int(digit)] for digit in f"{int(number, 16):0{ROUNDS}b}") for number in row.split()]


@pytest.mark.parametrize("name", NAMES)
def test_against_scripts(name):
    ours = {script: moves(play(RULES, [strategies.get(name), Script(SCRIPTS[script])], 0)) for script in SCRIPTS}
    assert ours == dict(zip(SCRIPTS, decoded(RECORDED["against scripts"][name]), strict=True))


def meant_with_slips(name, script):
    """Play against a script, done being the opposite of meant wherever a slip is recorded; return what was meant."""
    labels, one, rounds = RULES.game.actions[0], strategies.get(name), []
    for number, (theirs, slip) in enumerate(zip(script, RECORDED["slips"], strict=True), start=1):
        meant = one.move(View(RULES, rounds, 0), generator(0))
        done = labels[labels.index(meant) ^ int(slip)], labels["CD".index(theirs)]
        said = (meant, done[1])
        rounds.append(Round(number=number, said=said, moves=done, payoffs=RULES.game.pay(done)))
    return "".join("CD"[labels.index(each.said[0])] for each in rounds)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "contrite_tit_for_tat"])
def test_with_slips(name):
    """All but contrite tit for tat: ours goes by standing, as Wu & Axelrod have it, theirs by its last slip alone."""
    ours = {script: meant_with_slips(name, moves) for script, moves in SCRIPTS.items()}
    assert ours == dict(zip(SCRIPTS, decoded(RECORDED["with slips"][name]), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_against_each_other(name):
    theirs = dict(zip(NAMES, decoded(RECORDED["against each other"][name]), strict=True))
    # The other seat has the same match recorded, so half of all pairs is enough to play.
    pairs = [other for other in NAMES if other >= name]
    matches = {other: play(RULES, [strategies.get(name), strategies.get(other)], 0) for other in pairs}
    assert {other: moves(match) for other, match in matches.items()} == {other: theirs[other] for other in pairs}
    here = NAMES.index(name)
    for other, match in matches.items():
        assert moves(match, 1) == decoded(RECORDED["against each other"][other])[here], other


def test_every_strategy_without_dice_is_recorded_or_only_ours():
    plain = {name for name in strategies.names() if not strategies.get(name).draws}
    assert plain == {*NAMES} | NOT_THEIRS
    assert len(strategies.names()) >= 60


def test_golden_scores():
    rules = RULES.model_copy(update={"horizon": FixedHorizon(rounds=10)})
    table = [[play(rules, [strategies.get(a), strategies.get(b)], 0).scores[0] for b in GOLDEN] for a in GOLDEN]
    assert table == [[int(cell) for cell in line.split()] for line in SCORES.strip().splitlines()]


@pytest.mark.parametrize("rounds", [1, 5, 10, 200])
def test_tit_for_tat_against_a_defector(rounds):
    def scores(name):
        rules = preset(name).model_copy(update={"horizon": FixedHorizon(rounds=rounds)})
        return play(rules, [strategies.get("tit_for_tat"), strategies.get("defector")], 0).scores

    assert scores("prisoners_dilemma_axelrod") == (rounds - 1, rounds + 4)
    assert scores("prisoners_dilemma") == (5 * (rounds - 1), 5 * rounds + 5)
