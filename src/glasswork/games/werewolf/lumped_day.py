"""A day in which everybody votes at random, as a step from states to states."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from typing import Literal, NamedTuple

from glasswork.definitions.werewolf import WerewolfRules
from glasswork.games.werewolf.ballots import Leading, Passing, leading, leading_weighted
from glasswork.games.werewolf.lumped import MAYOR, Chain, Kind, State, moved, number, picks, spread
from glasswork.games.werewolf.lumped_night import SHOOTING, buried, shoots

Step = Iterable[tuple[State, Fraction]]
Place = Literal["none", "votes", "stands"]
"""Of a mayor in a vote: there is none, he is no candidate, he is one."""


class Poll(NamedTuple):
    """What decides of a vote."""

    strict: bool
    tie: str
    revotes: int
    still_tied: str
    passing: Passing
    weight: Fraction
    breaks_ties: bool


class Fall(NamedTuple):
    """How probable it is that a vote exiles the mayor, or one of the others."""

    mayor: Fraction = Fraction(0)
    other: Fraction = Fraction(0)

    def plus(self, other: Fall, times: Fraction) -> Fall:
        """Return the sum, the second taken so many times."""
        return Fall(self.mayor + times * other.mayor, self.other + times * other.other)


def poll(rules: WerewolfRules) -> Poll:
    """Return what the rules say of a vote."""
    vote, mayor = rules.vote, rules.mayor
    return Poll(
        strict=vote.majority == "strict",
        tie=vote.tie,
        revotes=vote.revotes,
        still_tied=vote.still_tied,
        passing="no" if not vote.may_pass else "counts" if vote.passes_count else "free",
        weight=Fraction(mayor.weight) if mayor else Fraction(1),
        breaks_ties=bool(mayor and mayor.breaks_ties),
    )


def counts(rules: WerewolfRules) -> bool:
    """Return whether it can matter who is mayor."""
    return rules.mayor is not None and (rules.mayor.weight != 1 or rules.mayor.breaks_ties)


@cache
def fall(how: Poll, voters: int, candidates: int, mayor: Place, votes_left: int) -> Fall:
    """Return whom a vote exiles where everybody votes for a candidate at random, and not for himself.

    Args:
        how: The rules of it.
        voters: All who live.
        candidates: Those who may be exiled; they vote too.
        mayor: Where the mayor is.
        votes_left: How many votes may follow on a tie.
    """
    total = Fall()
    for outcome, part in _outcomes(how, voters, candidates, mayor).items():
        total = total.plus(_after(how, voters, outcome, mayor, votes_left), part)
    return total


def _outcomes(how: Poll, voters: int, candidates: int, mayor: Place) -> dict[Leading, Fraction]:
    if mayor == "none":
        return leading(voters, candidates, passing=how.passing)
    return leading_weighted(voters, candidates, mayor == "stands", how.weight, how.passing)


def _after(how: Poll, voters: int, outcome: Leading, mayor: Place, votes_left: int) -> Fall:
    """Return whom it exiles when the votes are counted."""
    if not outcome.tied or (how.strict and not outcome.over_half):
        return Fall()
    one = _one_of(outcome)
    if outcome.tied + outcome.nobody == 1 or (mayor != "none" and how.breaks_ties):
        return one
    if how.tie == "revote" and votes_left:
        place: Place = "none" if mayor == "none" else "stands" if outcome.mayor else "votes"
        return fall(how, voters, outcome.tied, place, votes_left - 1)
    rule = how.still_tied if how.tie == "revote" else how.tie
    return one if rule == "random" else Fall()


def _one_of(outcome: Leading) -> Fall:
    """Return that one of those who lead is exiled, each as probably, or nobody where nobody leads too."""
    leaders = outcome.tied + outcome.nobody
    return Fall(Fraction(outcome.mayor, leaders), Fraction(outcome.tied - outcome.mayor, leaders))


def elected(now: State) -> Chain:
    """Return the states after an election: everybody is as likely to be mayor."""
    return spread({now: Fraction(1)}, _made_mayor)


def _made_mayor(now: State, *, nobody: bool = False) -> Step:
    for kind, part in picks(now, lambda _: 0, nobody):
        yield (now if kind is None else moved(now, kind, kind.marked(MAYOR))), part


def day(rules: WerewolfRules, now: State) -> Chain:
    """Return who may live after a day's vote and what it sets off, and how probable that is."""
    return spread({now: Fraction(1)}, lambda each: _vote(rules, each))


def _vote(rules: WerewolfRules, now: State) -> Step:
    voters = number(now)
    has_mayor = _has_mayor(now)
    found = fall(poll(rules), voters, voters, "stands" if has_mayor else "none", rules.vote.revotes)
    for kind, count in now:
        part = found.mayor if MAYOR in kind.marks else found.other * Fraction(count, voters - has_mayor)
        if part:
            yield from _exiled(rules, now, kind, part)
    if found.mayor + found.other < 1:
        yield now, 1 - found.mayor - found.other


def _exiled(rules: WerewolfRules, now: State, kind: Kind, part: Fraction) -> Step:
    left = moved(now, kind, *([SHOOTING] if shoots(rules, kind, "exiled") else []))
    return ((then, part * share) for then, share in buried(rules, left))


def inherited(rules: WerewolfRules, before: State, now: State) -> Chain:
    """Return the states after a mayor who died has named another, or nobody, where that is the rule."""
    if not counts(rules) or not _has_mayor(before) or _has_mayor(now) or not (rules.mayor and rules.mayor.heir):
        return {now: Fraction(1)}
    return spread({now: Fraction(1)}, lambda each: _made_mayor(each, nobody=True))


def _has_mayor(now: State) -> bool:
    return any(MAYOR in kind.marks for kind, _ in now)
