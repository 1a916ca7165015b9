"""What becomes of a vote in which everybody votes at random, counted exactly.

Everybody votes for one of the candidates, each equally probable, and no candidate for himself. Votes are counted by
generating functions: who votes for whom is a function without fixed points, which inclusion and exclusion over the
fixed points turns into products of exponential generating functions, one factor for each candidate.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from math import comb, floor
from typing import Literal, NamedTuple

Counts = tuple[int, ...]
"""Numbers of ways by how many vote: the coefficients of x^n / n!."""


class Group(NamedTuple):
    """Candidates who may each get the same numbers of votes."""

    size: int
    least: int
    most: int
    voting: bool
    """Whether they vote too, and then not for themselves."""


class Leading(NamedTuple):
    """Who has the most votes: how many, whether the mayor is one of them, and whether it is over half of all votes."""

    tied: int
    """1: somebody alone. 0: nobody, or nobody got a vote."""
    mayor: bool = False
    over_half: bool = False
    nobody: bool = False
    """Whether votes for nobody count, and are as many as those of whoever leads, or more."""


Passing = Literal["no", "free", "counts"]
"""Whether one may vote for nobody, and whether nobody can then lead."""


@cache
def ways(voters: int, groups: tuple[Group, ...], passing: bool = False) -> int:
    """Return in how many ways so many can vote, that every candidate's votes are as many as his group may get.

    Args:
        voters: Those who vote; candidates of groups that vote are among them.
        groups: Together all candidates.
        passing: Whether a voter may vote for nobody.
    """
    total: dict[int, Counts] = {0: (1,) * (voters + 1) if passing else _one(0, voters)}
    for group in groups:
        total = _joined(total, _choices(group, voters), voters)
    # So many as vote for themselves in the counting are no free voters.
    return sum(counts[voters - fixed] for fixed, counts in total.items() if fixed <= voters)


def leading(voters: int, candidates: int, *, voting: bool = True, passing: Passing = "no") -> dict[Leading, Fraction]:
    """Return how probable each outcome is where all votes count the same.

    Args:
        voters: How many vote.
        candidates: For how many.
        voting: Whether the candidates are voters.
        passing: Whether one may vote for nobody.
    """
    free = passing == "free"
    every = ways(voters, (Group(candidates, 0, voters, voting),), passing != "no")
    found: dict[Leading, Fraction] = {}
    for most, nobody in product(range(voters + 1), (False, True) if passing == "counts" else (False,)):
        below = max(0, most - 1)
        passes = (Group(1, most if nobody else 0, most if nobody else below, voting=False),)
        for tied in range(candidates + 1):
            if (most > 0) != (tied + nobody > 0) or (tied + nobody) * most > voters:
                continue
            groups = (Group(tied, most, most, voting), Group(candidates - tied, 0, below, voting))
            number = ways(voters, groups + (passes if passing == "counts" else ()), free)
            outcome = Leading(tied, over_half=2 * most > voters, nobody=nobody)
            _add(found, outcome, Fraction(comb(candidates, tied) * number, every))
    return found


@cache
def leading_weighted(
    voters: int, candidates: int, stands: bool, weight: Fraction, passing: Passing = "no"
) -> dict[Leading, Fraction]:
    """Return how probable each outcome is where one voter, the mayor, has a vote of another weight.

    Args:
        voters: How many vote, the mayor among them.
        candidates: For how many; they vote too.
        stands: Whether the mayor is a candidate.
        weight: Of the mayor's vote.
        passing: Whether one may vote for nobody.
    """
    others, passes = candidates - stands, passing != "no"
    found: dict[Leading, Fraction] = {}
    for backed in (True, False) if passes and others else (not passes,):
        his = Fraction(others if backed else 1, others + passes)
        poll = _Poll(voters - 1, others, stands, weight, backed, passing)
        for outcome, part in poll.outcomes().items():
            _add(found, outcome, his * part)
    return found


class _Leaders(NamedTuple):
    """Who has the most votes: the mayor, the one he voted for, so many of the rest, nobody."""

    mayor: bool
    his: bool
    rest: int
    nobody: bool


class _Poll(NamedTuple):
    """A vote after the mayor has voted for one of the others (``backed``), or for nobody."""

    free: int
    """Votes that are left."""
    others: int
    stands: bool
    weight: Fraction
    backed: bool
    passing: Passing

    def outcomes(self) -> dict[Leading, Fraction]:
        """Return how probable each outcome is."""
        everybody = (Group(int(self.stands), 0, self.free, voting=False), Group(self.others, 0, self.free, voting=True))
        every = ways(self.free, everybody, self.passing != "no")
        found: dict[Leading, Fraction] = {}
        heights = {Fraction(n) for n in range(self.free + 1)} | {n + self.weight for n in range(self.free + 1)}
        for height, leaders in product(sorted(heights), self._leaders()):
            groups = self._groups(height, leaders)
            if groups is not None and any(leaders) == (height > 0):
                ways_ = comb(self.others - self.backed, leaders.rest) * ways(self.free, groups, self.passing == "free")
                tied = leaders.mayor + leaders.his + leaders.rest
                outcome = Leading(tied, leaders.mayor, 2 * height > self.free + self.weight, leaders.nobody)
                _add(found, outcome, Fraction(ways_, every))
        return found

    def _leaders(self) -> Iterator[_Leaders]:
        each = [(False, True) if can else (False,) for can in (self.stands, self.backed, self.passing == "counts")]
        for mayor, his, nobody in product(*each):
            for rest in range(self.others - self.backed + 1):
                yield _Leaders(mayor, his, rest, nobody)

    def _groups(self, height: Fraction, leaders: _Leaders) -> tuple[Group, ...] | None:
        """Return the candidates, and nobody, as groups; None where these cannot lead with so many votes."""
        rest, none, own = self.others - self.backed, Fraction(0), self.weight
        wanted = [
            (int(self.stands), leaders.mayor, none, False),
            (int(self.backed), leaders.his, own, True),
            (leaders.rest, True, none, True),
            (rest - leaders.rest, False, none, True),
            (int(self.passing == "counts"), leaders.nobody, none if self.backed else own, False),
        ]
        made = []
        for size, leads, has, voting in wanted:
            left = height - has
            most = int(left) if leads else _below(left) if height or has else 0
            if size and (most < 0 or (leads and left.denominator != 1)):
                return None
            made.append(Group(size, most if leads else 0, most, voting))
        return tuple(made)


def _below(height: Fraction) -> int:
    """Return the largest whole number below a height."""
    return int(height) - 1 if height.denominator == 1 else floor(height)


def _add(found: dict[Leading, Fraction], outcome: Leading, part: Fraction) -> None:
    if part:
        found[outcome] = found.get(outcome, Fraction(0)) + part


def _one(power: int, upto: int) -> Counts:
    return tuple(int(n == power) for n in range(upto + 1))


@cache
def _choices(group: Group, upto: int) -> dict[int, Counts]:
    """Return a group's generating functions by how many of its members are taken to vote for themselves."""
    open_ = tuple(int(group.least <= n <= group.most) for n in range(upto + 1))
    # One vote is his own: so many others as are left to come.
    fixed = tuple(int(group.least <= n + 1 <= group.most) for n in range(upto + 1))
    found = {}
    for own in range(group.size + 1 if group.voting else 1):
        counts = _product(_power(open_, group.size - own), _power(fixed, own))
        found[own] = tuple((-1) ** own * comb(group.size, own) * each for each in counts)
    return found


def _joined(a: dict[int, Counts], b: dict[int, Counts], upto: int) -> dict[int, Counts]:
    found: dict[int, Counts] = {}
    for one, left in a.items():
        for other, right in b.items():
            if one + other <= upto:
                made = _product(left, right)
                before = found.get(one + other, (0,) * len(made))
                found[one + other] = tuple(x + y for x, y in zip(before, made, strict=True))
    return found


@cache
def _power(counts: Counts, exponent: int) -> Counts:
    if exponent == 0:
        return _one(0, len(counts) - 1)
    return _product(_power(counts, exponent - 1), counts)


def _product(a: Counts, b: Counts) -> Counts:
    """Multiply: the votes go to the two in every way."""
    few, many = (a, b) if a.count(0) > b.count(0) else (b, a)
    there = [(k, each) for k, each in enumerate(few) if each]
    return tuple(sum(comb(n, k) * each * many[n - k] for k, each in there if k <= n) for n in range(len(a)))
