"""What a strategy is, and where all of them are found by name.

A strategy is a function of what it sees and of a generator; it keeps nothing between moves, so it can be asked about
any history: one that was played, one that was recorded elsewhere, one that somebody makes up. Those that count, serve
sentences or hold states read them off the history again at every move.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from glasswork.errors import UserError
from glasswork.games.match import View
from glasswork.games.rules import Game
from glasswork.registry import Registry

Plays = Literal["two by two", "two players", "any"]
C, D = 0, 1
"""The first action and the second: to cooperate and to defect, where the game knows such a thing."""

Rule = Callable[[View, random.Random], int]
Vector = tuple[float, float, float, float, float]
"""How probable C is: at first, then after CC, CD, DC and DD, own move first."""


@dataclass(frozen=True)
class Strategy:
    """A rule with a name. It is a player: see :class:`glasswork.games.play.Player`."""

    name: str
    rule: Rule
    about: str
    """One sentence on what it does."""
    source: str
    """Who had the idea, and where it is written down."""
    draws: bool = False
    """Whether it throws dice."""
    vector: Vector | None = None
    """Where it remembers one round only."""
    plays: Plays = "two by two"
    """How large a game may be: two players of two actions each, two players, any."""

    def fits(self, game: Game) -> bool:
        """Say whether this strategy can play a game, from any of its seats."""
        actions = {len(game.legal(seat)) for seat in range(game.players)}
        return self.plays == "any" or (game.players == 2 and (self.plays == "two players" or actions == {2}))

    def move(self, view: View, rng: random.Random) -> str:
        """Return the label of what the rule does.

        Raises:
            UserError: the rule cannot play this game.
        """
        if not self.fits(view.game):
            raise UserError(
                f"{self.name} cannot play {view.game.name}: it is for games of {self.plays}",
                hint="these play it: " + ", ".join(fitting(view.game)),
            )
        return view.actions[self.rule(view, rng)]


strategies: Registry[Strategy] = Registry("strategy", "glasswork.strategies")
"""Every strategy by its name; other packages add theirs through the entry-point group."""


def fitting(game: Game) -> tuple[str, ...]:
    """Return the names of all strategies that can play a game."""
    return tuple(name for name in strategies.names() if strategies.get(name).fits(game))


def strategy(
    *, source: str, name: str = "", draws: bool = False, vector: Vector | None = None, plays: Plays = "two by two"
) -> Callable[[Rule], Rule]:
    """Return a decorator that registers a rule, by default under its own name, with its docstring's first line."""

    def enter(rule: Rule) -> Rule:
        called, about = name or rule.__name__, (rule.__doc__ or "").split("\n")[0]
        strategies.register(called)(Strategy(called, rule, about, source, draws, vector, plays))
        return rule

    return enter


def coin(rng: random.Random, probability: float) -> int:
    """Return C as often as this."""
    return C if rng.random() < probability else D


def echo(view: View, first: int = C) -> int:
    """Return the other's last move, or ``first`` before there is one."""
    return view.theirs[-1] if view.theirs else first


def other(move: int) -> int:
    """Return the other one of two actions."""
    return D if move == C else C


def serving(theirs: Sequence[int], sentence: Callable[[int], Sequence[int]]) -> int:
    """Answer defections with sentences that are served to their end, whatever happens meanwhile.

    Args:
        theirs: What the other did.
        sentence: The moves that answer the n-th offence, n from 1.
    """
    left: list[int] = []
    offences, move = 0, C
    for done in theirs:
        if not left and done == D:
            offences += 1
            left = list(sentence(offences))
        move = left.pop(0) if left else C
    return move
