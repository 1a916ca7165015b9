"""Stands in for the axelrod library, as far as our worker uses it: four strategies, one of them with dice and a state."""

import enum
import os
import random
import sys
import time

__version__ = os.environ.get("STAND_IN_VERSION", "4.13.1")

print("a library may print")
if os.environ.get("STAND_IN_BREAKS"):
    raise RuntimeError("broken on purpose")
time.sleep(float(os.environ.get("STAND_IN_SECONDS", "0")))


class Action(enum.Enum):
    C = 0
    D = 1

    @classmethod
    def from_char(cls, letter):
        return cls[letter]

    def __str__(self):
        return self.name


class Table(list):
    """A matrix."""


class Game:
    def __init__(self, r, s, t, p):
        self.A = Table([[r, s], [t, p]])
        self.B = Table([[r, t], [s, p]])
        self.scores = {pair: self.score(pair) for pair in ((a, b) for a in Action for b in Action)}

    def score(self, pair):
        a, b = (one.value for one in pair)
        return self.A[a][b], self.B[a][b]


class Player:
    name, classifier, draws = "Player", {"stochastic": False}, False

    def __init__(self):
        self.history, self.theirs = [], []

    def set_match_attributes(self, length, game, noise):
        self.length, self.game, self.noise = length, game, noise

    def set_seed(self, seed):
        self.random = random.Random(seed)

    def update_history(self, mine, theirs):
        self.history.append(mine)
        self.theirs.append(theirs)


class TitForTat(Player):
    name = "Tit For Tat"

    def strategy(self, other):
        print("thinking aloud")
        return other.history[-1] if other.history else Action.C


class Moody(Player):
    """Keeps a state that every asking changes, and throws dice."""

    name, draws = "Random", True

    def __init__(self):
        super().__init__()
        self.asked = 0

    def strategy(self, other):
        self.asked += 1
        assert self.asked == len(self.history) + 1, "asked once a round"
        return self.random.choice([Action.C, Action.D])


class Accountant(Player):
    """Defects in the last round that it knows of, where it is paid more for it, and always if there is noise."""

    name = "Stalker"

    def strategy(self, other):
        gains = self.game.scores[Action.D, Action.C][0] > self.game.scores[Action.C, Action.C][0]
        last = len(self.history) + 1 >= self.length
        return Action.D if (last and gains) or self.noise else Action.C


class Refuses(Player):
    name = "ZD-Extort-2"

    def set_match_attributes(self, length, game, noise):
        raise ValueError("no such probabilities")


class Ends(Player):
    name = "Defector"

    def strategy(self, other):
        sys.stderr.write("ended on purpose\n")
        os._exit(3)


class Hangs(Player):
    name = "DBS"

    def strategy(self, other):
        time.sleep(600)


strategies = [TitForTat, Moody, Accountant, Refuses, Ends, Hangs]
Classifiers = {"stochastic": lambda player: player.draws}
