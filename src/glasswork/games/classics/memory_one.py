"""Strategies that remember one round: four probabilities, and how to begin (Nowak & Sigmund 1990)."""

from __future__ import annotations

import random

from glasswork.games.classics.base import D, Strategy, Vector, coin, strategies
from glasswork.games.match import View


def remembering_one(name: str, vector: Vector, *, about: str = "", source: str = "") -> Strategy:
    """Return the strategy that these probabilities make: one of the literature, or a measured fingerprint's.

    Args:
        name: What it is called.
        vector: How probable cooperation is: at first, then after CC, CD, DC and DD, own move first.
        about: One sentence on what it does.
        source: Who had the idea.
    """

    def rule(view: View, rng: random.Random) -> int:
        after = 1 + 2 * (view.mine[-1] == D) + (view.theirs[-1] == D) if view.mine else 0
        return coin(rng, vector[after])

    return Strategy(name, rule, about, source, draws=any(0 < part < 1 for part in vector), vector=vector)


_KNOWN = (
    remembering_one(
        "win_stay_lose_shift",
        (1, 1, 0, 0, 1),
        about="Repeats its move after a good payoff, changes it after a bad one; also called Pavlov.",
        source="Kraines & Kraines, Theory and Decision 26 (1989): Pavlov; Nowak & Sigmund, Nature 364 (1993)",
    ),
    remembering_one(
        "win_shift_lose_stay",
        (0, 0, 1, 1, 0),
        about="Changes its move after a good payoff, repeats it after a bad one.",
        source="Li, Hingston & Kendall, IEEE Trans. Comp. Intelligence and AI in Games 3 (2011): reverse Pavlov",
    ),
    remembering_one(
        "generous_tit_for_tat",
        (1, 1, 1 / 3, 1, 1 / 3),
        about="Tit for tat that forgives every third defection.",
        source="Nowak & Sigmund, Nature 355 (1992): the greatest generosity that pays at 5, 3, 1, 0",
    ),
    remembering_one(
        "joss",
        (1, 0.9, 0, 0.9, 0),
        about="Tit for tat that defects after one in ten cooperations.",
        source="Joss; Axelrod, J. Conflict Resolution 24 (1980), first tournament",
    ),
    remembering_one(
        "soft_joss",
        (1, 1, 0.1, 1, 0.1),
        about="Tit for tat that forgives one in ten defections.",
        source="LIFL, PRISON (1998)",
    ),
    remembering_one(
        "grofman",
        (1, 1, 2 / 7, 2 / 7, 1),
        about="Cooperates if both did the same, else with probability 2/7.",
        source="Grofman; Axelrod, J. Conflict Resolution 24 (1980), first tournament",
    ),
    remembering_one(
        "firm_but_fair",
        (1, 1, 0, 1, 2 / 3),
        about="Defects after having been exploited, and forgives two in three mutual defections.",
        source="Frean, Proceedings of the Royal Society B 257 (1994)",
    ),
    remembering_one(
        "noisy_pavlov",
        (1, 0.95, 0.05, 0.05, 0.95),
        about="Win stay, lose shift that errs in one of twenty rounds.",
        source="Marc Harper, in the Axelrod library",
    ),
    remembering_one(
        "extortioner",
        (1, 8 / 9, 1 / 2, 1 / 3, 0),
        about="Sees to it that it gains twice what the other gains above mutual defection, at 5, 3, 1, 0.",
        source="Press & Dyson, PNAS 109 (2012); Stewart & Plotkin, PNAS 109 (2012): ZD-Extort-2",
    ),
    remembering_one(
        "generous_zero_determinant",
        (1, 1, 1 / 8, 1, 1 / 4),
        about="Sees to it that it loses twice what the other loses below mutual cooperation, at 5, 3, 1, 0.",
        source="Stewart & Plotkin, PNAS 109 (2012): ZD-GTFT-2",
    ),
)

for _one in _KNOWN:
    strategies.register(_one.name)(_one)
