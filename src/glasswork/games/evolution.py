"""What becomes of a population whose members meet each other: by births and deaths, or by shares that grow.

Both take a table of payoffs by whom one is and whom one meets, as measured
(:meth:`glasswork.games.measures.PayoffTable.whole`) or made up.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from glasswork.records import Record

Payoffs = Sequence[Sequence[float]]
"""``payoffs[i][j]``: what kind i gets from kind j."""


class Moran(Record):
    """One Moran process, to its end."""

    history: tuple[tuple[int, ...], ...]
    """How many there were of each kind, from the beginning on."""
    winner: int | None
    """The kind that took over; None where the process was stopped before one did."""


def moran(payoffs: Payoffs, counts: Sequence[int], *, seed: int, steps: int = 100_000) -> Moran:
    """Let one be born and one die, again and again, until all are of one kind (Moran 1958; Nowak et al. 2004).

    Who gives birth is drawn by fitness, its mean payoff from all others; who dies is drawn from all alike.

    Args:
        payoffs: None below zero.
        counts: How many there are of each kind at first.
        seed: Of the draws.
        steps: At most so many.

    Raises:
        ValueError: no population, or a negative payoff.
    """
    _checked(payoffs, counts)
    draw = random.Random(seed)  # noqa: S311 - draws that can be repeated
    now = list(counts)
    history = [tuple(now)]
    while max(now) < sum(now) and len(history) <= steps:
        kinds = range(len(now))
        weights = [now[kind] * fit for kind, fit in enumerate(fitness(payoffs, now))]
        born = draw.choices(kinds, weights if any(weights) else now)[0]
        died = draw.choices(kinds, now)[0]
        now[born] += 1
        now[died] -= 1
        history.append(tuple(now))
    return Moran(history=tuple(history), winner=now.index(max(now)) if max(now) == sum(now) else None)


def fitness(payoffs: Payoffs, counts: Sequence[int]) -> tuple[float, ...]:
    """Return what a member of each kind gets on average from everybody but itself; 0 for kinds that are gone."""
    others = sum(counts) - 1
    return tuple(
        sum(payoffs[kind][met] * (count - (met == kind)) for met, count in enumerate(counts)) / others
        if own and others
        else 0.0
        for kind, own in enumerate(counts)
    )


def fixation(payoffs: Payoffs, size: int) -> float:
    """Return how probable it is that a single member of kind 0 takes over ``size`` - 1 of kind 1.

    Exact: 1 / (1 + the sum over k = 1 … size - 1 of the product of g(i) / f(i) for i = 1 … k), f and g being the two
    kinds' fitness where there are i of kind 0 (Nowak, Sasaki, Taylor & Fudenberg, Nature 428, 2004).
    """
    total, product = 1.0, 1.0
    for number in range(1, size):
        own, others = fitness(payoffs, (number, size - number))
        if not own:
            return 0.0
        product *= others / own
        total += product
    return 1 / total


def ecology(payoffs: Payoffs, shares: Sequence[float], *, generations: int) -> tuple[tuple[float, ...], ...]:
    """Let each kind's share grow with its payoff from the whole population (Axelrod 1984; Taylor & Jonker 1978).

    The replicator dynamics in steps: each share is multiplied by its kind's mean payoff over the population's.

    Args:
        payoffs: None below zero.
        shares: Of each kind at first; they need not add up to one.
        generations: How many.

    Returns:
        The shares from the beginning on, ``generations`` + 1 of them.

    Raises:
        ValueError: no population, or a negative payoff.
    """
    _checked(payoffs, shares)
    now = tuple(part / sum(shares) for part in shares)
    history = [now]
    for _ in range(generations):
        grown = [part * sum(a * b for a, b in zip(payoffs[kind], now, strict=True)) for kind, part in enumerate(now)]
        total = sum(grown)
        now = tuple(part / total for part in grown) if total else now
        history.append(now)
    return tuple(history)


def _checked(payoffs: Payoffs, members: Sequence[float]) -> None:
    if not members or min(members) < 0 or sum(members) <= 0:
        raise ValueError("a population needs members")
    if len(payoffs) != len(members) or any(len(row) != len(members) for row in payoffs):
        raise ValueError(f"{len(members)} kinds need as many rows and columns of payoffs")
    if any(cell < 0 for row in payoffs for cell in row):
        raise ValueError("payoffs below zero: add what everybody gets anyway")
