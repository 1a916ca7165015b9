"""Games between players that answer at once."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from glasswork.definitions import Card, WerewolfRules
from glasswork.games.rules import generator
from glasswork.games.werewolf.asking import Ask, Outcome
from glasswork.games.werewolf.happening import Happening, Seen
from glasswork.games.werewolf.table import table


class Player(Protocol):
    """Whoever answers at once: a strategy, a script."""

    @property
    def name(self) -> str:
        """What the table calls it."""
        ...

    def answer(self, ask: Ask, seen: Sequence[Happening], rng: random.Random) -> str:
        """Return one of ``ask.options``, or words where there are none; anything else is counted as illegal.

        Args:
            ask: What is asked.
            seen: All that the player knows of what has happened. It grows as the game goes on.
            rng: The player's own draws of this game.
        """
        ...


class Game(NamedTuple):
    """A game that was played."""

    rules: WerewolfRules
    names: tuple[str, ...]
    """By seat."""
    seed: int
    happenings: tuple[Happening, ...]
    outcome: Outcome


def play(
    rules: WerewolfRules,
    players: Sequence[Player],
    seed: int,
    cards: Mapping[str, Card] | None = None,
    rotate: int = 0,
) -> Game:
    """Play a game to its end; the same rules, players and seed play the same game. See :func:`table`.

    Raises:
        ValueError: the players or the cards do not fit the rules.
    """
    names = tuple(player.name for player in players)
    happenings: list[Happening] = []
    at = {
        player.name: (player, Seen(happenings, player.name), generator(seed, "werewolf", "player", seat))
        for seat, player in enumerate(players)
    }
    flow = table(rules, names, seed, cards, rotate)
    new, asks = next(flow)
    while True:
        happenings += new
        answers = [_answer(ask, *at[ask.player]) for ask in asks]
        try:
            new, asks = flow.send(answers)
        except StopIteration as over:
            return Game(rules, names, seed, tuple(happenings), over.value)


def _answer(ask: Ask, player: Player, seen: Sequence[Happening], rng: random.Random) -> str:
    return player.answer(ask, seen, rng)
