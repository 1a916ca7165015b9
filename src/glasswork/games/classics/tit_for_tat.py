"""Tit for tat and its kin: the other's last moves decide."""

from __future__ import annotations

import random
from itertools import pairwise

from glasswork.games.classics.base import C, D, echo, other, strategy
from glasswork.games.match import View

_PRISON = "LIFL, PRISON (1998)"


@strategy(source="Rapoport; Axelrod, J. Conflict Resolution 24 (1980)", vector=(1, 1, 0, 1, 0))
def tit_for_tat(view: View, _rng: random.Random) -> int:
    """Cooperates first, then does what the other did last."""
    return echo(view)


@strategy(source="Boyd & Lorberbaum, Nature 327 (1987)", vector=(0, 1, 0, 1, 0))
def suspicious_tit_for_tat(view: View, _rng: random.Random) -> int:
    """Tit for tat that begins with a defection."""
    return echo(view, D)


@strategy(source="Maynard Smith; Axelrod, J. Conflict Resolution 24 (1980), second tournament")
def tit_for_two_tats(view: View, _rng: random.Random) -> int:
    """Defects after two defections in a row."""
    return D if view.theirs[-2:] == (D, D) else C


@strategy(source="Axelrod, The Evolution of Cooperation (1984)")
def two_tits_for_tat(view: View, _rng: random.Random) -> int:
    """Answers each defection with two."""
    return D if D in view.theirs[-2:] else C


@strategy(source="the tournament at prisoners-dilemma.com (2017)")
def hard_tit_for_tat(view: View, _rng: random.Random) -> int:
    """Defects if the other did in one of the last three rounds."""
    return D if D in view.theirs[-3:] else C


@strategy(source="Stewart & Plotkin, PNAS 109 (2012)")
def hard_tit_for_two_tats(view: View, _rng: random.Random) -> int:
    """Defects if the other did twice in a row within the last three rounds."""
    last = view.theirs[-3:]
    return D if (D, D) in pairwise(last) else C


@strategy(source=_PRISON)
def slow_tit_for_tat(view: View, _rng: random.Random) -> int:
    """Begins with two cooperations; follows the other once it has done the same twice, else stays."""
    if len(view.theirs) < 2:
        return C
    before, last = view.theirs[-2:]
    return last if before == last else view.mine[-1]


@strategy(source=_PRISON)
def spiteful_tit_for_tat(view: View, _rng: random.Random) -> int:
    """Tit for tat until the other defects twice in a row; then it defects for ever."""
    return D if (D, D) in pairwise(view.theirs) else echo(view)


@strategy(source="Hilbe, Nowak & Traulsen, PLoS ONE 8 (2013)", vector=(1, 0, 1, 0, 1))
def anti_tit_for_tat(view: View, _rng: random.Random) -> int:
    """Cooperates first, then does the opposite of what the other did last."""
    return other(echo(view, D))


@strategy(source="Nachbar, J. Economic Behavior & Organization 19 (1992): reverse tit for tat", vector=(0, 0, 1, 0, 1))
def bully(view: View, _rng: random.Random) -> int:
    """Defects first, then does the opposite of what the other did last: takes what it can until it meets resistance."""
    return other(echo(view, C))


@strategy(source="Thomas Campbell, in the Axelrod library")
def forgiving_tit_for_tat(view: View, _rng: random.Random) -> int:
    """Tit for tat once the other has defected in more than a tenth of the rounds; until then it cooperates."""
    return echo(view) if 10 * view.theirs.count(D) > len(view.theirs) else C


@strategy(source="Tzafestas, Proceedings of SAB 2000: adaptive tit for tat, rate 1/2")
def adaptive_tit_for_tat(view: View, _rng: random.Random) -> int:
    """Keeps a picture of the other's kindness, moved half way by each of its moves; cooperates from one half on."""
    world = 0.5
    for move in view.theirs:
        world += ((move == C) - world) / 2
    return C if world >= 0.5 else D


@strategy(source="Boyd, J. Theoretical Biology 136 (1989); Wu & Axelrod, J. Conflict Resolution 39 (1995)")
def contrite_tit_for_tat(view: View, _rng: random.Random) -> int:
    """Tit for tat that bears punishment for its slips: defects only if it is in good standing and the other is not.

    Who defects loses good standing, unless against one who had lost it; who cooperates regains it.
    """
    mine, theirs = True, True
    for own, others in zip(view.mine, view.theirs, strict=True):
        mine, theirs = own == C or (mine and not theirs), others == C or (theirs and not mine)
    return D if mine and not theirs else C


@strategy(source="Slany & Kienreich, in The Iterated Prisoners' Dilemma: 20 Years On (2007)")
def omega_tit_for_tat(view: View, _rng: random.Random) -> int:
    """Tit for tat that breaks out of endless mutual retaliation, and gives up on who seems to play at random."""
    move, deadlock, randomness = echo(view), 0, 0
    for number in range(2, len(view.theirs) + 1):
        before, last = view.theirs[number - 2 : number]
        if deadlock >= 3:
            move, deadlock = C, 4 if deadlock == 3 else 0
            continue
        randomness += (before != last) + (view.mine[number - 1] != last) - (before == last == C)
        if randomness >= 8:
            move = D
            continue
        move, deadlock = last, deadlock + 1 if before != last else 0
    return move
