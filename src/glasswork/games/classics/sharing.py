"""A strategy for public goods: what the others gave decides."""

from __future__ import annotations

import random

from glasswork.games.classics.base import strategy
from glasswork.games.match import View


@strategy(source="Fischbacher, Gächter & Fehr, Economics Letters 71 (2001): conditional cooperation", plays="any")
def conditional_cooperator(view: View, _rng: random.Random) -> int:
    """Gives all at first, then what the others gave on average, rounded down to a legal amount."""
    if not view.mine:
        return 0
    last = [column[-1] for column in view.others]
    return min(-(-sum(last) // len(last)), len(view.actions) - 1)
