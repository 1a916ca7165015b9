"""All 144 two-by-two games in which each player ranks the four outcomes strictly, by number.

The order is that of Robinson & Goforth, *The Topology of the 2x2 Games: A New Periodic Table* (2005): twelve ways to
rank the outcomes for the row player, twelve for the column player. Each way comes from the one before by exchanging two
neighbouring ranks, and the columns run the other way, so that the symmetric games lie on one diagonal. Numbers run
along the rows, from 1 to 144, as in the experiments of Akata et al. (Nature Human Behaviour 9, 2025; repository
``eliaka/repeatedgames``). Rank 4 is the best.

A game is named after the symmetric games that its two players' ranks belong to, as Bruns does it (*Names for Games:
Locating 2 x 2 Games*, Games 6, 2015); the families are his too, here computed from the equilibria.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Literal

from glasswork.errors import UserError
from glasswork.games.rules import Cell, MatrixGame

Family = Literal["win-win", "biased", "second best", "unfair", "prisoner's dilemma", "tragic", "cyclic"]
Ranks = tuple[int, int, int, int]
"""Of the outcomes up left, up right, down left, down right."""

COUNT = 144
CHICKEN: Ranks = (3, 2, 4, 1)
"""Where the order begins."""
_EXCHANGES = ((2, 3), (1, 2), (2, 3), (1, 2), (2, 3), (3, 4), (2, 3), (1, 2), (2, 3), (1, 2), (2, 3))
"""From each symmetric game to the next."""
NAMES = (
    "chicken",
    "battle",
    "hero",
    "compromise",
    "deadlock",
    "prisoner's dilemma",
    "stag hunt",
    "assurance",
    "coordination",
    "peace",
    "harmony",
    "concord",
)
_SAID = ("up", "down"), ("left", "right")
_MISPRINTS: dict[int, tuple[int, int, int, int]] = {
    **dict.fromkeys(range(17, 25), (0, 0, 0, 3)),
    **dict.fromkeys((58, 59, 83, 95), (1, 1, 1, 3)),
    **dict.fromkeys((60, 84, 96), (1, 1, 1, 2)),
}
"""Row, column, player and payoff of the one cell in which the table of Akata et al. repeats a rank."""


def ordinal(number: int, *, as_published: bool = False) -> MatrixGame:
    """Return one of the 144 games.

    Args:
        number: From 1 to 144.
        as_published: With the payoff that the released table of Akata et al. has in this game, which in 15 of the 144
            is a rank twice and another not at all. What was played there was played with it.

    Raises:
        UserError: there is no such number.
    """
    if not 1 <= number <= COUNT:
        raise UserError(f"there is no two-by-two game {number}", hint=f"numbers run from 1 to {COUNT}")
    row, column = divmod(number - 1, len(NAMES))
    ours, theirs = _ranks()[row], _ranks()[-1 - column]
    cells = [[[ours[0], theirs[0]], [ours[1], theirs[2]]], [[ours[2], theirs[1]], [ours[3], theirs[3]]]]
    if as_published and number in _MISPRINTS:
        down, right, seat, payoff = _MISPRINTS[number]
        cells[down][right][seat] = payoff
    payoffs: tuple[tuple[Cell, ...], ...] = tuple(tuple((a, b) for a, b in line) for line in cells)
    return MatrixGame(
        name=f"game {number}: {_name(row, column)}",
        actions=_SAID,
        payoffs=payoffs,
        source="Robinson & Goforth 2005" + (", as published by Akata et al. 2025" if as_published else ""),
    )


def _name(row: int, column: int) -> str:
    first, second = NAMES[row], NAMES[-1 - column]
    return first if first == second else f"{first} against {second}"


@cache
def _ranks() -> tuple[Ranks, ...]:
    found = [CHICKEN]
    for low, high in _EXCHANGES:
        place = {low: high, high: low}
        a, b, c, d = (place.get(rank, rank) for rank in found[-1])
        found.append((a, b, c, d))
    return tuple(found)


def equilibria(game: MatrixGame) -> tuple[tuple[int, int], ...]:
    """Return the pairs of moves from which neither player gains by moving alone (Nash 1950), pure ones only."""
    table = game.payoffs
    return tuple(
        (row, column)
        for row, column in product(range(len(table)), range(len(table[0])))
        if table[row][column][0] >= max(line[column][0] for line in table)
        and table[row][column][1] >= max(cell[1] for cell in table[row])
    )


def family(game: MatrixGame) -> Family:
    """Return which of Bruns's seven families an ordinal game belongs to.

    By the equilibrium that is best for the worse off: (4,4) win-win, (4,3) biased, (3,3) second best, (4,2) unfair;
    where both would be better off elsewhere, a prisoner's dilemma; else tragic. Without an equilibrium: cyclic.
    """
    found = [game.payoffs[row][column] for row, column in equilibria(game)]
    if not found:
        return "cyclic"
    best = max(found, key=lambda cell: (min(cell), max(cell)))
    named: dict[tuple[float, float], Family] = {(4, 4): "win-win", (3, 4): "biased", (3, 3): "second best"}
    named[2, 4] = "unfair"
    ranks = (min(best), max(best))
    if ranks in named:
        return named[ranks]
    dominated = any(a > best[0] and b > best[1] for line in game.payoffs for a, b in line)
    return "prisoner's dilemma" if dominated else "tragic"
