"""Players and rules that tests of games share."""

from __future__ import annotations

import pytest

from glasswork.games import FixedHorizon, Match, Rules, View, play, preset, strategies
from glasswork.games.match import next_round


class Script:
    """Says what it is given, one word a round."""

    def __init__(self, words, name="script"):
        self.name, self.words = name, list(words)

    def move(self, view: View, _rng) -> str:
        return self.words[view.number - 1]


@pytest.fixture
def script():
    return Script


@pytest.fixture
def rules_of():
    """Return a preset's rules, changed."""

    def make(name="prisoners_dilemma_axelrod", rounds=10, **changes) -> Rules:
        return preset(name).model_copy(update={"horizon": FixedHorizon(rounds=rounds), **changes})

    return make


@pytest.fixture
def match_of(rules_of):
    """Return a match of the prisoner's dilemma, written as what was done: ``CC CD DC``; ``CD>DD`` slipped."""

    def make(text, a="a", b="b", **changes) -> Match:
        rounds = text.split()
        rules = rules_of(rounds=max(1, len(rounds)), **changes)
        labels = {"C": "cooperate", "D": "defect", "?": "maybe"}
        made = []
        for number, each in enumerate(rounds, start=1):
            meant, _, done = each.partition(">")
            one = next_round(rules, 0, number, [labels[letter] for letter in meant])
            if done:
                moves = tuple(labels[letter] for letter in done)
                one = one.model_copy(update={"moves": moves, "payoffs": rules.game.pay(moves)})
            made.append(one)
        return Match(rules=rules, players=(a, b), seed=0, rounds=tuple(made), ended="horizon")

    return make


@pytest.fixture
def met(rules_of):
    """Play two named strategies against each other."""

    def make(a, b, *, seed=0, name="prisoners_dilemma_axelrod", **changes) -> Match:
        return play(rules_of(name, **changes), [strategies.get(a), strategies.get(b)], seed)

    return make
