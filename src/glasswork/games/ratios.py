"""How much of what was to be had a player got: of its own maximum, and of the best against what the others did.

Both are of one match at a time, from the rounds that counted. They say nothing of games with payoffs below zero, where
a ratio of two sums has no meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from glasswork.games.match import Match, Round
from glasswork.games.measures import Estimate, Seat, estimate, seats
from glasswork.games.rules import Game, MatrixGame
from glasswork.statistics import mean


def share_of_maximum(matches: Sequence[Match], name: str, seed: int = 0) -> Estimate | None:
    """Return what a player got, as a part of the most that the game ever pays it, in every round.

    Akata et al. (Nature Human Behaviour 9, 2025) normalise the scores of the 144 games so. None without such a match.
    """
    return estimate([*_by_match(matches, name, _of_maximum)], seed)


def score_ratio(matches: Sequence[Match], name: str, seed: int = 0) -> Estimate | None:
    """Return what a player got, as a part of the most that it could have got against what the others *did*.

    The others' moves are held as they were recorded: every round is answered as well as can be, and nobody reacts to
    that. In the prisoner's dilemma of 10, 8, 5, 0 two who always cooperate have .8, and who always defects has all
    there was, even of tit for tat. What would be best against the other's *strategy* is another question; see
    :func:`glasswork.games.chance.best_reply`. None without such a match.
    """
    return estimate([*_by_match(matches, name, _of_best_answers)], seed)


def _by_match(matches: Sequence[Match], name: str, ratio: Callable[[Seat], float | None]) -> Iterator[float]:
    """Yield a ratio by match; of a match against oneself the mean over the seats."""
    for match in matches:
        found = [value for seat in seats([match], name) if (value := ratio(seat)) is not None]
        if found:
            yield mean(found)


def _of_maximum(seat: Seat) -> float | None:
    most = max(_payoffs(seat.match.rules.game, seat.number))
    return _ratio(seat, most * len(seat.match.played))


def _of_best_answers(seat: Seat) -> float | None:
    return _ratio(seat, sum(_best_answer(seat, each) for each in seat.match.played))


def _ratio(seat: Seat, could: float) -> float | None:
    got = sum(each.payoffs[seat.number] for each in seat.match.played)
    return got / could if could > 0 and min(_payoffs(seat.match.rules.game, seat.number)) >= 0 else None


def _best_answer(seat: Seat, each: Round) -> float:
    game, number = seat.match.rules.game, seat.number
    answers = ((*each.moves[:number], own, *each.moves[number + 1 :]) for own in game.legal(number))
    return max(game.pay(moves)[number] for moves in answers)


def _payoffs(game: Game, seat: int) -> list[float]:
    """Return all that a seat may be paid; in public goods, which are linear, where all others give all, or nothing."""
    own, others = game.legal(seat), game.legal(1 if seat == 0 else 0)
    if isinstance(game, MatrixGame):
        return [game.pay((a, b) if seat == 0 else (b, a))[seat] for a, b in product(own, others)]
    around = [(other,) * (game.players - 1) for other in (others[0], others[-1])]
    return [game.pay((*rest[:seat], mine, *rest[seat:]))[seat] for mine in own for rest in around]
