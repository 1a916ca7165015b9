"""Strategies for any two-player matrix game: they look at its payoffs, not at its name."""

from __future__ import annotations

import random
from collections.abc import Sequence

from glasswork.games.classics.base import strategy
from glasswork.games.match import View


@strategy(
    source="Cournot, Recherches sur les principes mathématiques de la théorie des richesses (1838)", plays="two players"
)
def best_reply(view: View, _rng: random.Random) -> int:
    """Does what would have paid most against the other's last move; at first, against all moves alike."""
    return _best(view, view.theirs[-1:])


@strategy(source="Brown, in Activity Analysis of Production and Allocation (1951)", plays="two players")
def fictitious_play(view: View, _rng: random.Random) -> int:
    """Does what would have paid most against all that the other has done; at first, against all moves alike."""
    return _best(view, view.theirs)


@strategy(source="von Neumann, Mathematische Annalen 100 (1928), without mixing", plays="two players")
def maximin(view: View, _rng: random.Random) -> int:
    """Does what pays most if the other does its worst."""
    return max(range(len(view.actions)), key=lambda move: min(view.payoff(move, theirs) for theirs in _moves(view)))


def _best(view: View, against: Sequence[int]) -> int:
    """Return the first of the moves that pay most in sum."""
    weights = [against.count(theirs) if against else 1 for theirs in _moves(view)]
    worth = [
        sum(weight * view.payoff(move, theirs) for theirs, weight in enumerate(weights))
        for move in range(len(view.actions))
    ]
    return worth.index(max(worth))


def _moves(view: View) -> range:
    return range(len(view.game.legal(1 - view.seat)))
