"""What would become of a population of a tournament's players, by the payoffs that were measured.

Both processes need everybody to have met everybody, themselves too. Payoffs below zero are raised alike for all, to the
lowest being zero: neither process has a meaning for less than nothing.
"""

from __future__ import annotations

from collections import Counter

from glasswork.games.evolution import ecology, moran
from glasswork.games.measures import PayoffTable
from glasswork.games.rules import generator
from glasswork.records import Record
from glasswork.statistics import Share, share

GENERATIONS = (0, 1, 2, 5, 10, 20, 50, 100)
"""Of the ecology, those that are kept."""
RUNS = 100
"""Moran processes."""
_MEMBERS = 20
"""Of a Moran population, about."""
_STEPS = 5000
_KINDS = 16
"""Moran processes of more kinds take too long, and who takes over is mostly chance."""


class Population(Record):
    """Two dynamics over measured payoffs."""

    names: tuple[str, ...]
    generations: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]
    """Of the population, by generation and then by name; all alike at first."""
    members: int
    """Of each kind at first, in a Moran process."""
    takeovers: tuple[Share, ...]
    """Of all Moran processes, those that ended with everybody of this kind; by name. Nothing of very many kinds."""
    by_chance: float
    """The share of them that each had if payoffs made no difference."""
    raised: float
    """What was added to every payoff."""


def population(table: PayoffTable, seed: int = 0) -> tuple[Population | None, str]:
    """Return what becomes of a population; or None, and why there is no telling."""
    if len(table.names) < 2:
        return None, "it takes two kinds of player"
    try:
        payoffs = table.whole()
    except ValueError as error:
        return None, f"{error}: it takes a tournament with self-play"
    raised = max(0.0, -min(cell for row in payoffs for cell in row))
    payoffs = tuple(tuple(cell + raised for cell in row) for row in payoffs)
    count = len(table.names)
    shares = ecology(payoffs, [1] * count, generations=GENERATIONS[-1])
    members = max(2, _MEMBERS // count)
    runs = RUNS if count <= _KINDS else 0
    seeds = [generator(seed, "moran", number).getrandbits(48) for number in range(runs)]
    winners = Counter(moran(payoffs, [members] * count, seed=each, steps=_STEPS).winner for each in seeds)
    found = Population(
        names=table.names,
        generations=GENERATIONS,
        shares=tuple(shares[generation] for generation in GENERATIONS),
        members=members,
        takeovers=tuple(share(winners[kind], runs) for kind in range(count)) if runs else (),
        by_chance=1 / count,
        raised=raised,
    )
    return found, ""
