"""The rules of a game as values: who may do what, what it pays, how long it goes on, how often a hand slips.

In every game a player's *first* action is the one that measures call cooperation: silence in the prisoner's dilemma,
the stag, the whole endowment. Where a game knows no cooperation it is a mere convention.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from glasswork.records import Record

Labels = tuple[str, ...]
Cell = tuple[float, float]
"""What a pair of moves pays: the row player's, then the column player's."""


class MatrixGame(Record):
    """Two players move at once; a table says what each pair of moves pays."""

    kind: Literal["matrix"] = "matrix"
    name: str
    actions: tuple[Labels, Labels]
    """The row player's, from top to bottom; the column player's, from left to right."""
    payoffs: tuple[tuple[Cell, ...], ...]
    """By row, then by column."""
    source: str = ""

    @model_validator(mode="after")
    def _is_a_table(self) -> MatrixGame:
        rows, columns = self.actions
        if min(len(rows), len(columns)) < 2 or len({*rows}) < len(rows) or len({*columns}) < len(columns):
            raise ValueError("each player needs two or more different actions")
        if len(self.payoffs) != len(rows) or any(len(row) != len(columns) for row in self.payoffs):
            raise ValueError(f"{len(rows)} x {len(columns)} actions need as many pairs of payoffs")
        return self

    @property
    def players(self) -> int:
        """How many play: two."""
        return 2

    def legal(self, seat: int) -> Labels:
        """Return what a player may do; seat 0 chooses the row, seat 1 the column."""
        return self.actions[seat]

    def pay(self, moves: Sequence[str]) -> tuple[float, ...]:
        """Return what a pair of moves pays, by seat. Raises ValueError for a move that is not legal."""
        row, column = (labels.index(move) for labels, move in zip(self.actions, moves, strict=True))
        return self.payoffs[row][column]

    def cooperation(self, seat: int, move: str) -> float:
        """Return 1 for a player's first action, 0 for any other."""
        return float(move == self.actions[seat][0])

    @property
    def symmetric(self) -> bool:
        """Whether both players face the same payoffs, whatever their actions are called."""
        return self.exchanged().payoffs == self.payoffs

    def exchanged(self) -> MatrixGame:
        """Return the same game with the two seats exchanged."""
        mirrored = tuple(tuple((b, a) for a, b in column) for column in zip(*self.payoffs, strict=True))
        return self.model_copy(update={"actions": self.actions[::-1], "payoffs": mirrored})

    def relabelled(self, first: Labels, second: Labels | None = None) -> MatrixGame:
        """Return the same game with its actions called something else: neutral letters, a cover story.

        Raises:
            ValueError: not as many labels as actions, or one of them twice.
        """
        told = self.model_dump() | {"actions": (tuple(first), tuple(second or first))}
        return MatrixGame.model_validate(told)


class PublicGoods(Record):
    """Each keeps what it does not put into a pot; the pot is multiplied and shared alike (Isaac & Walker 1988)."""

    kind: Literal["public_goods"] = "public_goods"
    name: str
    players: int = Field(ge=2)
    endowment: int = Field(ge=1)
    """Each player's, anew in every round."""
    multiplier: float = Field(gt=0)
    """Of the pot. Between 1 and the number of players, giving helps all and costs the giver."""
    step: int = Field(default=1, ge=1)
    """Contributions are multiples of this."""
    source: str = ""

    @model_validator(mode="after")
    def _divides(self) -> PublicGoods:
        if self.endowment % self.step:
            raise ValueError(f"an endowment of {self.endowment} cannot be given in steps of {self.step}")
        return self

    def legal(self, _seat: int) -> Labels:
        """Return every contribution, the whole endowment first."""
        return tuple(str(amount) for amount in range(self.endowment, -1, -self.step))

    def pay(self, moves: Sequence[str]) -> tuple[float, ...]:
        """Return what each keeps and gets. Raises ValueError for a move that is not legal."""
        if len(moves) != self.players or not {*moves} <= {*self.legal(0)}:
            raise ValueError(f"not {self.players} legal contributions: {moves!r}")
        given = [int(move) for move in moves]
        share = self.multiplier * sum(given) / self.players
        return tuple(self.endowment - amount + share for amount in given)

    def cooperation(self, _seat: int, move: str) -> float:
        """Return the part of the endowment that a move gives."""
        return int(move) / self.endowment


Game = Annotated[MatrixGame | PublicGoods, Field(discriminator="kind")]


class FixedHorizon(Record):
    """A match of so many rounds."""

    kind: Literal["fixed"] = "fixed"
    rounds: int = Field(ge=1)
    told: bool = True
    """Whether players know it."""


class RandomHorizon(Record):
    """After each round the match ends with one probability: lengths are geometric, 1 / ``stop`` rounds on average."""

    kind: Literal["random"] = "random"
    stop: float = Field(ge=0.001, le=1)
    told: bool = True
    """Whether players know the probability; nobody knows the length."""


Horizon = Annotated[FixedHorizon | RandomHorizon, Field(discriminator="kind")]


class Rules(Record):
    """All that a match is played by.

    An illegal move is never turned into a move: it makes its round *void*. A void round pays nobody, players do not see
    it, it counts toward the length of the match, and the illegal move is counted for whoever made it.
    """

    game: Game
    horizon: Horizon = FixedHorizon(rounds=10)
    noise: float = Field(default=0.0, ge=0.0, le=1.0)
    """How probable it is, for each move by itself, that another action than the one meant is done."""
    illegal_limit: int | None = Field(default=None, ge=1)
    """The match ends with this many illegal moves of one player; None: it goes on whatever happens."""


def length(horizon: FixedHorizon | RandomHorizon, seed: int) -> int:
    """Return how many rounds a match of this seed has."""
    if isinstance(horizon, FixedHorizon):
        return horizon.rounds
    if horizon.stop == 1:
        return 1
    drawn = generator(seed, "length").random()
    return 1 + math.floor(math.log1p(-drawn) / math.log1p(-horizon.stop))


def generator(seed: int, *where: object) -> random.Random:
    """Return the generator of one purpose in one match; no other purpose's draws can shift it."""
    return random.Random("/".join(map(str, (seed, *where))))  # noqa: S311 - draws that can be repeated
