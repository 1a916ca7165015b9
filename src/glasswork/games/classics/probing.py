"""Strategies that try the other out, and take what it lets them."""

from __future__ import annotations

import random

from glasswork.games.classics.base import C, D, coin, echo, other, strategy
from glasswork.games.match import View

_PRISON = "LIFL, PRISON (1998)"
_LI = "Li, Hingston & Kendall, IEEE Trans. Computational Intelligence and AI in Games 3 (2011)"


@strategy(source="Gladstein; Axelrod, J. Conflict Resolution 24 (1980), second tournament")
def tester(view: View, _rng: random.Random) -> int:
    """Defects first; says sorry and plays tit for tat once the other has defected, else takes every other round."""
    if not view.theirs:
        return D
    if D in view.theirs[:-1]:
        return echo(view)
    if view.theirs[-1] == D or len(view.mine) <= 2:
        return C
    return other(view.mine[-1])


@strategy(source=_LI)
def prober(view: View, _rng: random.Random) -> int:
    """Plays D, C, C; defects for ever if the other has cooperated in rounds 2 and 3, else plays tit for tat."""
    if len(view.mine) < 3:
        return (D, C, C)[len(view.mine)]
    return D if view.theirs[1:3] == (C, C) else echo(view)


@strategy(source=_PRISON)
def kind_prober(view: View, _rng: random.Random) -> int:
    """Plays D, C, C; cooperates for ever if the other has played D and C in rounds 2 and 3, else plays tit for tat."""
    if len(view.mine) < 3:
        return (D, C, C)[len(view.mine)]
    return C if view.theirs[1:3] == (D, C) else echo(view)


@strategy(source=_PRISON)
def quick_prober(view: View, _rng: random.Random) -> int:
    """Plays D, C; defects for ever if the other has cooperated in round 2, else plays tit for tat."""
    if len(view.mine) < 2:
        return (D, C)[len(view.mine)]
    return D if view.theirs[1] == C else echo(view)


@strategy(source=_LI, draws=True, vector=(1, 0.9, 0, 0.9, 0))
def naive_prober(view: View, rng: random.Random) -> int:
    """Tit for tat that defects out of the blue in one of ten rounds."""
    return coin(rng, 0.9) if view.theirs and view.theirs[-1] == C else echo(view)


@strategy(source="Dawkins, The Selfish Gene (1989), ch. 12; " + _LI, draws=True)
def remorseful_prober(view: View, rng: random.Random) -> int:
    """Naive prober that lets the other have its revenge for a defection out of the blue."""
    if not view.theirs:
        return C
    if view.theirs[-1] == C:
        return coin(rng, 0.9)
    unprovoked = len(view.mine) > 1 and view.mine[-2] == D and (len(view.mine) == 2 or view.theirs[-3] == C)
    return C if unprovoked else D


@strategy(source="Nicky Case, The Evolution of Trust (2017)")
def detective(view: View, _rng: random.Random) -> int:
    """Plays C, D, C, C; plays tit for tat if the other has defected by then, else defects for ever."""
    if len(view.mine) < 4:
        return (C, D, C, C)[len(view.mine)]
    return echo(view) if D in view.theirs[:4] else D


@strategy(source="Robson, J. Theoretical Biology 144 (1990)")
def handshake(view: View, _rng: random.Random) -> int:
    """Plays C, D as a sign; cooperates for ever with who gave the same sign, else defects for ever."""
    if len(view.mine) < 2:
        return (C, D)[len(view.mine)]
    return C if view.theirs[:2] == (C, D) else D


@strategy(source="Li & Kendall, Evolutionary Computation 17 (2009)")
def collective(view: View, _rng: random.Random) -> int:
    """Handshake that stops cooperating as soon as the other defects again."""
    if len(view.mine) < 2:
        return (C, D)[len(view.mine)]
    return C if view.theirs[:2] == (C, D) and view.theirs.count(D) == 1 else D


@strategy(source=_PRISON)
def gradual_killer(view: View, _rng: random.Random) -> int:
    """Defects five times, cooperates twice; cooperates for ever, unless the other defected in rounds 6 and 7."""
    if len(view.mine) < 7:
        return D if len(view.mine) < 5 else C
    return D if view.theirs[5:7] == (D, D) else C
