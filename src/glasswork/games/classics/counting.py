"""Strategies that count what has happened, and draw their conclusions."""

from __future__ import annotations

import random
from collections.abc import Sequence

from glasswork.games.classics.base import C, D, coin, echo, other, strategy
from glasswork.games.match import View

_FIRST = "; Axelrod, J. Conflict Resolution 24 (1980), first tournament"
_SECOND = "; Axelrod, J. Conflict Resolution 24 (1980), second tournament"
_NYDEGGER = {1, 6, 7, 17, 22, 23, 26, 29, 30, 31, 33, 38, 39, 45, 49, 54, 55, 58, 61}


@strategy(source="Grisell" + _SECOND)
def soft_majority(view: View, _rng: random.Random) -> int:
    """Does what the other has done more often; cooperates if both were as often."""
    return D if 2 * view.theirs.count(D) > len(view.theirs) else C


@strategy(source="Mittal & Deb, IEEE Transactions on Evolutionary Computation 13 (2009)")
def hard_majority(view: View, _rng: random.Random) -> int:
    """Does what the other has done more often; defects if both were as often."""
    return D if 2 * view.theirs.count(D) >= len(view.theirs) else C


@strategy(source="Thomas Campbell, in the Axelrod library")
def forgiver(view: View, _rng: random.Random) -> int:
    """Defects while the other has done so in more than a tenth of all rounds."""
    return D if 10 * view.theirs.count(D) > len(view.theirs) else C


@strategy(source="Jochen Müller, in the Axelrod library")
def appeaser(view: View, _rng: random.Random) -> int:
    """Repeats its move, and changes it whenever the other defects."""
    last = view.mine[-1] if view.mine else C
    return other(last) if view.theirs[-1:] == (D,) else last


@strategy(source="Andre et al., Iterated prisoner's dilemma: an extended analysis (2013)")
def short_memory(view: View, _rng: random.Random) -> int:
    """Goes by the last ten rounds, where the other's moves are clearly of one kind; else plays tit for tat."""
    if len(view.theirs) <= 10:
        return C
    defections = view.theirs[-10:].count(D)
    return C if defections <= 3 else D if defections >= 7 else echo(view)


@strategy(source="Nydegger 1978" + _FIRST)
def nydegger(view: View, _rng: random.Random) -> int:
    """Looks its move up in a table of the last three rounds, made to seem trustworthy but not gullible."""
    if len(view.theirs) < 3:
        return D if view.theirs == (D, C) else echo(view)
    last = zip(view.mine[-3:], view.theirs[-3:], (1, 4, 16), strict=True)
    return D if sum(weight * (own + 2 * others) for own, others, weight in last) in _NYDEGGER else C


@strategy(source="Grofman" + _SECOND)
def second_grofman(view: View, _rng: random.Random) -> int:
    """Plays C, C, then tit for tat till round 7; then bears two defections of seven, or one if it defected last."""
    if len(view.theirs) < 7:
        return echo(view) if len(view.theirs) >= 2 else C
    return C if view.theirs[-8:-1].count(D) <= (2 if view.mine[-1] == C else 1) else D


@strategy(source="Feld" + _FIRST, draws=True)
def feld(view: View, rng: random.Random) -> int:
    """Tit for tat whose cooperation falls from certain to even over two hundred rounds."""
    if not view.theirs or view.theirs[-1] == D:
        return echo(view)
    return coin(rng, max(0.5, 1 - len(view.theirs) / 400))


@strategy(source="Tullock" + _FIRST, draws=True)
def tullock(view: View, rng: random.Random) -> int:
    """Cooperates for eleven rounds, then a tenth less often than the other did in the last ten."""
    if len(view.theirs) < 11:
        return C
    return coin(rng, view.theirs[-10:].count(C) / 10 - 0.1)


@strategy(source="Champion" + _SECOND, draws=True)
def champion(view: View, rng: random.Random) -> int:
    """Cooperates for ten rounds, plays tit for tat for fifteen; then answers defections of who defects often."""
    rounds = len(view.theirs)
    if rounds < 25:
        return C if rounds < 10 else echo(view)
    often = view.theirs.count(D) / rounds
    return D if view.theirs[-1] == D and often >= 0.4 and often >= rng.random() else C


@strategy(source="Downing 1975" + _FIRST)
def downing(view: View, _rng: random.Random) -> int:
    """Reckons how the other answers C and D, and does what pays more in the long run; defects twice to learn it."""
    if len(view.mine) < 2:
        return D
    # The other's first move counts as its answer to a cooperation before the match.
    after_c = (_answers(view, C) + (view.theirs[0] == C)) / (view.mine.count(C) + 1)
    after_d = _answers(view, D) / max(2, view.mine.count(D))
    cooperating = after_c * view.payoff(C, C) + (1 - after_c) * view.payoff(C, D)
    defecting = after_d * view.payoff(D, C) + (1 - after_d) * view.payoff(D, D)
    if cooperating == defecting:
        return other(view.mine[-1])
    return C if cooperating > defecting else D


@strategy(source="Downing" + _SECOND)
def revised_downing(view: View, _rng: random.Random) -> int:
    """Downing that begins in good faith, and may find that taking turns pays; reckons with 5, 3, 1, 0."""
    if not view.mine:
        return C
    tried = view.mine[:-1]
    good = _answers(view, C) / tried.count(C) if C in tried else 1.0
    bad = _answers(view, D) / tried.count(D) if D in tried else 0.0
    cooperating, turns = 6 * good - 8 * bad - 2, 4 * good - 5 * bad - 1
    if cooperating >= max(0, turns):
        return C
    return other(view.mine[-1]) if turns >= 0 or cooperating >= 0 else D


def _answers(view: View, move: int) -> int:
    """Count the other's cooperations in the round after a move of one's own."""
    return sum(own == move and answer == C for own, answer in zip(view.mine, view.theirs[1:], strict=False))


@strategy(source="Li, Hingston & Kendall, IEEE Trans. Computational Intelligence and AI in Games 3 (2011)")
def adaptive(view: View, _rng: random.Random) -> int:
    """Cooperates six times and defects five, then does what has earned more so far."""
    if len(view.mine) < 11:
        return C if len(view.mine) < 6 else D
    return C if _earned(view, C) > _earned(view, D) else D


def _earned(view: View, move: int) -> float:
    return sum(paid for own, paid in zip(view.mine, view.earned, strict=True) if own == move)


@strategy(source="Feathers" + _SECOND, draws=True)
def tranquilizer(view: View, rng: random.Random) -> int:
    """Cooperates, and once the match goes well slips in a defection, more often the less it is answered.

    For payoffs of 5, 3, 1 and 0, as reconstructed from the tournament's Fortran in the Axelrod library.
    """
    if not view.mine:
        return C
    lull, then, next_time = _slipped_in(view)
    rounds = len(view.mine) + 1
    average = sum(view.earned) / rounds
    if lull:
        return C
    if average >= 2.25:
        return coin(rng, 0.95 - (then + next_time - 5) / 15 + 1 / rounds**2 - view.theirs[-1] / 4)
    if average >= 1.75:
        kindness = (view.theirs.count(C) + 1) / rounds - _in_a_row(view.theirs) / 4
        lead = sum(each.earned - each.paid[0] for each in view.seen)
        return coin(rng, 0.25 + kindness + lead / 100 + 4 / rounds)
    return echo(view)


def _slipped_in(view: View) -> tuple[bool, float, float]:
    """Return whether the last move was a defection slipped in, and what such rounds, and those after them, have paid.

    Both are means that begin with one made-up round, of 5 and of 0.
    """
    lull, total = False, 0.0
    paid: tuple[list[float], list[float]] = ([5.0], [0.0])
    for number, (own, earned) in enumerate(zip(view.meant, view.earned, strict=True), start=1):
        if lull:
            paid[1].append(earned)
        lull = not lull and number > 1 and own == D and total / number >= 2.25
        if lull:
            paid[0].append(earned)
        total += earned
    return lull, sum(paid[0]) / len(paid[0]), sum(paid[1]) / len(paid[1])


def _in_a_row(theirs: Sequence[int]) -> int:
    """Count the defections at the end."""
    return next((number for number, move in enumerate(reversed(theirs)) if move == C), len(theirs))
