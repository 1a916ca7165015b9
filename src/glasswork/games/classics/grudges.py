"""Strategies that punish for longer than a round."""

from __future__ import annotations

import random

from glasswork.games.classics.base import C, D, serving, strategy
from glasswork.games.match import View


@strategy(source="Friedman, Review of Economic Studies 38 (1971); seventh in Axelrod's first tournament (1980)")
def grudger(view: View, _rng: random.Random) -> int:
    """Cooperates until the other defects, then never again; also called grim trigger."""
    return D if D in view.theirs else C


@strategy(source="Davis; Axelrod, J. Conflict Resolution 24 (1980), first tournament")
def davis(view: View, _rng: random.Random) -> int:
    """Cooperates for ten rounds, then is a grudger."""
    return D if len(view.theirs) >= 10 and D in view.theirs else C


@strategy(source="Marc Harper, in the Axelrod library")
def fool_me_once(view: View, _rng: random.Random) -> int:
    """Forgives one defection, never a second."""
    return D if view.theirs.count(D) > 1 else C


@strategy(source="Thomas Campbell, in the Axelrod library")
def aggravater(view: View, _rng: random.Random) -> int:
    """Defects three times, then is a grudger."""
    return D if len(view.theirs) < 3 or D in view.theirs else C


@strategy(source="LIFL, PRISON (1998); Li et al., IEEE Trans. CIAIG 3 (2011): reverse grudger")
def easy_go(view: View, _rng: random.Random) -> int:
    """Defects until the other does, then cooperates for ever."""
    return C if D in view.theirs else D


@strategy(source="Geraint Palmer, in the Axelrod library")
def forgetful_grudger(view: View, _rng: random.Random) -> int:
    """Answers a defection with ten, then forgets."""
    return serving(view.theirs, lambda _offence: [D] * 10)


@strategy(source="Li, Hingston & Kendall, IEEE Trans. Computational Intelligence and AI in Games 3 (2011)")
def soft_grudger(view: View, _rng: random.Random) -> int:
    """Answers a defection with four, and makes peace with two cooperations."""
    return serving(view.theirs, lambda _offence: [D] * 4 + [C] * 2)


@strategy(source="Beaufils, Delahaye & Mathieu, Our meeting with gradual (1997)")
def gradual(view: View, _rng: random.Random) -> int:
    """Answers the n-th offence with n defections, and makes peace with two cooperations."""
    return serving(view.theirs, lambda offence: [D] * offence + [C] * 2)


@strategy(source="Shubik 1970; Axelrod, J. Conflict Resolution 24 (1980), first tournament")
def shubik(view: View, _rng: random.Random) -> int:
    """Answers the n-th defection against its cooperation with n defections."""
    offences, left, move = 0, 0, C
    for own, theirs in zip(view.mine, view.theirs, strict=True):
        if not left and own == C and theirs == D:
            offences += 1
            left = offences
        move = D if left else C
        left = max(0, left - 1)
    return move


@strategy(source="Eckhart Arnold, CoopSim")
def level_punisher(view: View, _rng: random.Random) -> int:
    """Cooperates for ten rounds; then defects while the other has in more than a fifth of all rounds."""
    rounds = len(view.theirs)
    return D if rounds >= 10 and 5 * view.theirs.count(D) > rounds else C


@strategy(source="LIFL, PRISON (1998)")
def grudging_alternator(view: View, _rng: random.Random) -> int:
    """Cooperates until the other defects, then alternates."""
    return D if D in view.theirs and view.mine[-1] == C else C
