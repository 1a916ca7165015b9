"""Strategies that do not look at what the other does."""

from __future__ import annotations

import random

from glasswork.games.classics.base import C, D, other, strategy
from glasswork.games.match import View

_FOLKLORE = "folklore; in Axelrod, The Evolution of Cooperation (1984)"


@strategy(source=_FOLKLORE, vector=(1, 1, 1, 1, 1), plays="any")
def cooperator(_view: View, _rng: random.Random) -> int:
    """Always the first action: cooperates, gives all."""
    return C


@strategy(source=_FOLKLORE, vector=(0, 0, 0, 0, 0), plays="any")
def defector(view: View, _rng: random.Random) -> int:
    """Always the last action: defects, gives nothing."""
    return len(view.actions) - 1


@strategy(source=_FOLKLORE, name="random", draws=True, vector=(0.5, 0.5, 0.5, 0.5, 0.5), plays="any")
def random_player(view: View, rng: random.Random) -> int:
    """Each action is as probable as any other."""
    return rng.randrange(len(view.actions))


@strategy(source="Axelrod, The Evolution of Cooperation (1984)", vector=(1, 0, 0, 1, 1))
def alternator(view: View, _rng: random.Random) -> int:
    """Cooperates first, then does what it did not do last."""
    return other(view.mine[-1]) if view.mine else C


@strategy(source="Mittal & Deb, IEEE Transactions on Evolutionary Computation 13 (2009): periodic player CCD")
def cycler_ccd(view: View, _rng: random.Random) -> int:
    """Cooperates twice, defects once, and so on."""
    return (C, C, D)[len(view.mine) % 3]


@strategy(source="Mittal & Deb, IEEE Transactions on Evolutionary Computation 13 (2009): periodic player DDC")
def cycler_ddc(view: View, _rng: random.Random) -> int:
    """Defects twice, cooperates once, and so on."""
    return (D, D, C)[len(view.mine) % 3]


@strategy(source="Akata et al., Nature Human Behaviour 9 (2025): the opponent that defects once")
def defect_once(view: View, _rng: random.Random) -> int:
    """Defects in the first round and never again."""
    return C if view.mine else D
