"""What matches show of a player: scores, cooperation, and how it answers what the other does.

A player's behaviour is what it *meant* to do, given what was *done* before; a slip of the hand is nobody's choice. Void
rounds count for nothing but the share of illegal moves. Cooperation is a player's first action. Every share comes with
its count and a Wilson interval, every mean with a bootstrap interval over matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from glasswork.games.match import Match, Round
from glasswork.records import Record
from glasswork.statistics import Share, bootstrap, mean, share


class Estimate(Record):
    """A mean over matches, with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float
    of: int
    """Matches."""

    def __str__(self) -> str:
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}], {self.of} matches"


class Standing(Record):
    """What a player came to in a tournament."""

    name: str
    score: Estimate | None
    """Per round that was played; None where none was."""
    cooperation: Share
    illegal: Share
    """Of all answers, those that were no legal move."""


class PayoffTable(Record):
    """What each player got per round from each, on average."""

    names: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]
    """By row player, then by whom it met; None where they did not meet."""

    def whole(self) -> tuple[tuple[float, ...], ...]:
        """Return the cells. Raises ValueError where some did not meet, or not themselves."""
        for name, row in zip(self.names, self.cells, strict=True):
            for other, cell in zip(self.names, row, strict=True):
                if cell is None:
                    raise ValueError(f"{name} and {other} have not met")
        return tuple(tuple(cell for cell in row if cell is not None) for row in self.cells)


class Seat(NamedTuple):
    """One player in one match."""

    match: Match
    number: int

    @property
    def score(self) -> float | None:
        """Payoff per round that was played; None where none was."""
        played = self.match.played
        return mean([each.payoffs[self.number] for each in played]) if played else None

    def first(self, move: str) -> bool:
        """Whether a move is this seat's first action."""
        return move == self.match.rules.game.legal(self.number)[0]


def seats(matches: Iterable[Match], name: str) -> Iterator[Seat]:
    """Return every seat that a player had; two in a match against itself."""
    return (Seat(match, number) for match in matches for number, who in enumerate(match.players) if who == name)


def names(matches: Iterable[Match]) -> tuple[str, ...]:
    """Return who played, sorted."""
    return tuple(sorted({name for match in matches for name in match.players}))


def scores(matches: Iterable[Match], name: str) -> tuple[float, ...]:
    """Return a player's payoff per round, by match; a match against itself counts once, as the mean of both seats."""
    own = ([seat.score for seat in seats([match], name)] for match in matches)
    counted = ([score for score in each if score is not None] for each in own)
    return tuple(mean(each) for each in counted if each)


def estimate(values: Sequence[float], seed: int = 0) -> Estimate | None:
    """Return the mean of one value a match with its interval; None of nothing."""
    if not values:
        return None
    low, high = bootstrap(values, mean, seed=seed)
    return Estimate(mean=mean(values), low=low, high=high, of=len(values))


def standings(matches: Sequence[Match], seed: int = 0) -> tuple[Standing, ...]:
    """Return every player's standing, the best mean score first, ties by name."""
    found = [standing(matches, name, seed) for name in names(matches)]
    return tuple(sorted(found, key=lambda each: -each.score.mean if each.score else float("inf")))


def standing(matches: Sequence[Match], name: str, seed: int = 0) -> Standing:
    """Return what one player came to."""
    own = [*seats(matches, name)]
    return Standing(
        name=name,
        score=estimate(scores(matches, name), seed),
        cooperation=cooperation(matches, name),
        illegal=share(
            sum(seat.match.illegal(seat.number) for seat in own), sum(len(seat.match.rounds) for seat in own)
        ),
    )


def payoff_table(matches: Sequence[Match]) -> PayoffTable:
    """Return what each got from each, per round; the mean over matches of two players."""
    who = names(matches)
    got: dict[tuple[str, str], list[float]] = {}
    for match in matches:
        for number in (0, 1) if len(match.players) == 2 else ():
            score = Seat(match, number).score
            if score is not None:
                got.setdefault((match.players[number], match.players[1 - number]), []).append(score)
    return PayoffTable(
        names=who, cells=tuple(tuple(mean(got[a, b]) if (a, b) in got else None for b in who) for a in who)
    )


def cooperation(matches: Iterable[Match], name: str) -> Share:
    """Return how often a player meant its first action."""
    return _share(seat.first(each.said[seat.number]) for seat in seats(matches, name) for each in seat.match.played)


def cooperation_by_round(matches: Sequence[Match], name: str) -> tuple[Share, ...]:
    """Return how often a player meant its first action in round 1, 2, …, of the matches that went so far."""
    by_number: dict[int, list[bool]] = {}
    for seat in seats(matches, name):
        for each in seat.match.played:
            by_number.setdefault(each.number, []).append(seat.first(each.said[seat.number]))
    return tuple(_share(by_number.get(number, ())) for number in range(1, max(by_number, default=0) + 1))


def giving_by_round(matches: Sequence[Match], name: str) -> tuple[float | None, ...]:
    """Return the mean cooperation meant in each round, in public goods the part of the endowment; None without any."""
    by_number: dict[int, list[float]] = {}
    for match, number in seats(matches, name):
        for each in match.played:
            given = match.rules.game.cooperation(number, each.said[number])
            by_number.setdefault(each.number, []).append(given)
    last = max(by_number, default=0)
    return tuple(mean(by_number[number]) if number in by_number else None for number in range(1, last + 1))


class Fingerprint(Record):
    """How probable cooperation is at first, and after each outcome; one's own move is named first."""

    first: Share
    cc: Share
    cd: Share
    dc: Share
    dd: Share

    @property
    def vector(self) -> tuple[float, float, float, float, float]:
        """The shares; one half where nothing was seen."""
        first, cc, cd, dc, dd = (
            0.5 if each.value is None else each.value for each in (self.first, self.cc, self.cd, self.dc, self.dd)
        )
        return first, cc, cd, dc, dd


class Conduct(Record):
    """Traits of a player that the literature on the prisoner's dilemma names (Axelrod 1984, chapter 2)."""

    nice: Share
    """Of its matches, those in which it did not mean to defect before the other had."""
    retaliation: Share
    """Of the other's defections out of the blue (it had itself cooperated in the round before, or it was the first
    round), those that it meant to answer with a defection in the next."""
    forgiveness: Share
    """Of the times the other came back to cooperation after a defection, those it meant to cooperate in the next."""
    exploited: Share
    """Of the rounds, those in which it cooperated and the other defected."""
    exploiting: Share
    """Of the rounds, those in which it defected and the other cooperated."""


def fingerprint(matches: Iterable[Match], name: str) -> Fingerprint:
    """Return P(C), P(C|CC), P(C|CD), P(C|DC) and P(C|DD) of a player, from matches of two players."""
    seen: dict[str, list[bool]] = {state: [] for state in ("first", "cc", "cd", "dc", "dd")}
    for seat in _pairs(matches, name):
        rounds = seat.match.played
        if rounds:
            seen["first"].append(_meant(seat, rounds[0]))
        for before, now in pairwise(rounds):
            mine, theirs = _done(seat, before)
            seen[("c" if mine else "d") + ("c" if theirs else "d")].append(_meant(seat, now))
    return Fingerprint(**{state: _share(answers) for state, answers in seen.items()})


def conduct(matches: Iterable[Match], name: str) -> Conduct:
    """Return a player's traits, from matches of two players."""
    own = [*_pairs(matches, name)]
    outcomes = [_done(seat, each) for seat in own for each in seat.match.played]
    return Conduct(
        nice=_share(_nice(seat) for seat in own if seat.match.played),
        retaliation=_share(not answer for seat in own for answer in _after_provocation(seat)),
        forgiveness=_share(answer for seat in own for answer in _after_return(seat)),
        exploited=_share(mine and not theirs for mine, theirs in outcomes),
        exploiting=_share(theirs and not mine for mine, theirs in outcomes),
    )


def _nice(seat: Seat) -> bool:
    for each in seat.match.played:
        if not _meant(seat, each):
            return False
        if not _done(seat, each)[1]:
            return True
    return True


def _after_provocation(seat: Seat) -> Iterator[bool]:
    rounds = seat.match.played
    for number, now in enumerate(rounds[1:], start=1):
        unprovoked = number == 1 or _done(seat, rounds[number - 2])[0]
        if unprovoked and not _done(seat, rounds[number - 1])[1]:
            yield _meant(seat, now)


def _after_return(seat: Seat) -> Iterator[bool]:
    rounds = seat.match.played
    for before, back, now in zip(rounds, rounds[1:], rounds[2:], strict=False):
        if not _done(seat, before)[1] and _done(seat, back)[1]:
            yield _meant(seat, now)


def _pairs(matches: Iterable[Match], name: str) -> Iterator[Seat]:
    return (seat for seat in seats(matches, name) if len(seat.match.players) == 2)


def _meant(seat: Seat, each: Round) -> bool:
    return seat.first(each.said[seat.number])


def _done(seat: Seat, each: Round) -> tuple[bool, bool]:
    """Return whether a round's moves were the first actions: one's own, the other's."""
    other = Seat(seat.match, 1 - seat.number)
    return seat.first(each.moves[seat.number]), other.first(each.moves[other.number])


def _share(hits: Iterable[bool]) -> Share:
    found = [*hits]
    return share(sum(found), len(found))
