"""What happened in a match, what each player may know of it, and how one more round comes of it.

The state of a match is a function of its rules, its seed and its list of rounds; nothing else is kept. So a match goes
on from any round, and whoever has the rounds can see again what each player saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal, NamedTuple, TypeVar

from glasswork.games.rules import FixedHorizon, Game, Labels, RandomHorizon, Rules, generator, length
from glasswork.records import Record

T = TypeVar("T")

Ended = Literal["horizon", "illegal"]


class Round(Record):
    """One round, by seat."""

    number: int
    """From 1."""
    said: tuple[str, ...]
    """What each player answered, as it came: legal or not."""
    moves: tuple[str, ...] = ()
    """What was done: ``said``, but for slips of the hand; empty where the round is void."""
    payoffs: tuple[float, ...]
    """Zeros where the round is void."""
    illegal: tuple[int, ...] = ()
    """Whose answer was no legal move."""


class Match(Record):
    """One match, over."""

    rules: Rules
    players: tuple[str, ...]
    """Names, by seat."""
    seed: int
    rounds: tuple[Round, ...]
    ended: Ended

    @property
    def scores(self) -> tuple[float, ...]:
        """What each player has got over all rounds."""
        return tuple(sum(each.payoffs[seat] for each in self.rounds) for seat in range(len(self.players)))

    @property
    def played(self) -> tuple[Round, ...]:
        """The rounds that are not void."""
        return tuple(each for each in self.rounds if each.moves)

    def illegal(self, seat: int) -> int:
        """Return how many answers of a player were no legal moves."""
        return sum(seat in each.illegal for each in self.rounds)


class Seen(NamedTuple):
    """One round as a player saw it."""

    number: int
    mine: str
    others: tuple[str, ...]
    earned: float
    paid: tuple[float, ...]
    """To the others."""


class View:
    """What a player knows before it moves: what it was told of the rules, and the rounds that counted.

    Moves are numbers here, places in the list of legal actions, as strategies want them; ``seen`` has the words. What
    the *others* meant to do is not to be had.
    """

    def __init__(self, rules: Rules, rounds: Sequence[Round], seat: int) -> None:
        self.game: Game = rules.game
        self.seat = seat
        self.noise = rules.noise
        self.horizon: FixedHorizon | RandomHorizon | None = rules.horizon if rules.horizon.told else None
        """None where nobody told."""
        self.number = len(rounds) + 1
        """Of the round to be played."""
        self._rounds = tuple(each for each in rounds if each.moves)

    @cached_property
    def actions(self) -> Labels:
        """What this player may do."""
        return self.game.legal(self.seat)

    @cached_property
    def mine(self) -> tuple[int, ...]:
        """Own moves, as they were done."""
        return self._column(self.seat)

    @cached_property
    def meant(self) -> tuple[int, ...]:
        """Own moves, as they were meant."""
        return tuple(self.actions.index(each.said[self.seat]) for each in self._rounds)

    @cached_property
    def others(self) -> tuple[tuple[int, ...], ...]:
        """Each other player's moves, by seat."""
        return tuple(self._column(seat) for seat in range(self.game.players) if seat != self.seat)

    @property
    def theirs(self) -> tuple[int, ...]:
        """The other player's moves. Raises ValueError where there are several others."""
        (only,) = self.others
        return only

    @cached_property
    def earned(self) -> tuple[float, ...]:
        """Own payoffs."""
        return tuple(each.payoffs[self.seat] for each in self._rounds)

    @property
    def seen(self) -> tuple[Seen, ...]:
        """Every round that counted, in words; void rounds leave a gap in the numbers."""
        return tuple(
            Seen(
                number=each.number,
                mine=each.moves[self.seat],
                others=_without(each.moves, self.seat),
                earned=each.payoffs[self.seat],
                paid=_without(each.payoffs, self.seat),
            )
            for each in self._rounds
        )

    def payoff(self, mine: int, theirs: int) -> float:
        """Return what a pair of moves would pay this player, in a game of two."""
        pair = (mine, theirs) if self.seat == 0 else (theirs, mine)
        return self.game.pay([self.game.legal(seat)[move] for seat, move in enumerate(pair)])[self.seat]

    def _column(self, seat: int) -> tuple[int, ...]:
        place = {label: number for number, label in enumerate(self.game.legal(seat))}
        return tuple([place[each.moves[seat]] for each in self._rounds])


def _without(values: tuple[T, ...], seat: int) -> tuple[T, ...]:
    return values[:seat] + values[seat + 1 :]


def ended(rules: Rules, seed: int, rounds: Sequence[Round]) -> Ended | None:
    """Return why a match of these rounds is over, or None where it goes on."""
    if rules.illegal_limit is not None:
        for seat in range(rules.game.players):
            if sum(seat in each.illegal for each in rounds) >= rules.illegal_limit:
                return "illegal"
    return "horizon" if len(rounds) >= length(rules.horizon, seed) else None


def next_round(rules: Rules, seed: int, number: int, said: Sequence[str]) -> Round:
    """Return the round that these answers make.

    Args:
        rules: Of the match.
        seed: Of the match; decides whose hand slips.
        number: Of the round, from 1.
        said: Each player's answer, by seat; anything that is not one of its legal actions is an illegal move.
    """
    game, answers = rules.game, tuple(said)
    illegal = tuple(seat for seat, answer in enumerate(answers) if answer not in game.legal(seat))
    if illegal:
        return Round(number=number, said=answers, payoffs=(0.0,) * game.players, illegal=illegal)
    moves = tuple(_slip(rules, seed, number, seat, answer) for seat, answer in enumerate(answers))
    return Round(number=number, said=answers, moves=moves, payoffs=game.pay(moves))


def _slip(rules: Rules, seed: int, number: int, seat: int, meant: str) -> str:
    if not rules.noise:
        return meant
    drawn = generator(seed, "noise", number, seat)
    others = [label for label in rules.game.legal(seat) if label != meant]
    return drawn.choice(others) if drawn.random() < rules.noise else meant
