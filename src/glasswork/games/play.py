"""Matches played: between players that answer at once, and between players that are waited for.

A player's generator is made anew for every round, from the match's seed, the seat and the round: its move is a function
of what it sees and of these. So a match that was interrupted goes on exactly as it would have.
"""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from glasswork.games.match import Match, Round, View, ended, next_round
from glasswork.games.rules import Rules, generator


class Player(Protocol):
    """Whoever answers at once: a strategy, a script."""

    @property
    def name(self) -> str:
        """What the match calls it."""
        ...

    def move(self, view: View, rng: random.Random) -> str:
        """Return one of ``view.actions``; anything else is an illegal move."""
        ...


class AsyncPlayer(Protocol):
    """Whoever has to be waited for: an agent, a person at the keyboard, a strategy elsewhere."""

    @property
    def name(self) -> str:
        """What the match calls it."""
        ...

    def move(self, view: View, rng: random.Random) -> Awaitable[str]:
        """Return one of ``view.actions``; anything else is an illegal move."""
        ...


OnRound = Callable[[Round], Awaitable[None] | None]
"""Told of each round once it is played, before the next one begins: a log, a spectator."""


def play(rules: Rules, players: Sequence[Player], seed: int, *, rounds: Sequence[Round] = ()) -> Match:
    """Play a match to its end.

    Args:
        rules: What is played.
        players: By seat.
        seed: Of all that is drawn; the same players, rules and seed play the same match.
        rounds: What has been played of this match already.

    Raises:
        ValueError: not as many players as the game has seats.
    """
    _seated(rules, players)
    past = list(rounds)
    while (why := ended(rules, seed, past)) is None:
        number = len(past) + 1
        said = [player.move(*_asked(rules, seed, past, seat)) for seat, player in enumerate(players)]
        past.append(next_round(rules, seed, number, said))
    return Match(rules=rules, players=_names(players), seed=seed, rounds=tuple(past), ended=why)


async def play_async(
    rules: Rules,
    players: Sequence[Player | AsyncPlayer],
    seed: int,
    *,
    rounds: Sequence[Round] = (),
    on_round: OnRound | None = None,
) -> Match:
    """Play a match to its end, waiting for all players of a round at once; see :func:`play`.

    Where a player raises, the others are no longer waited for, and the rounds that ``on_round`` was told are all there
    is: begin again with them as ``rounds``.
    """
    _seated(rules, players)
    past = list(rounds)
    while (why := ended(rules, seed, past)) is None:
        number = len(past) + 1
        said = await _together([_answer(player, *_asked(rules, seed, past, n)) for n, player in enumerate(players)])
        past.append(next_round(rules, seed, number, said))
        told = on_round(past[-1]) if on_round else None
        if told is not None:
            await told
    return Match(rules=rules, players=_names(players), seed=seed, rounds=tuple(past), ended=why)


def _seated(rules: Rules, players: Sequence[object]) -> None:
    if len(players) != rules.game.players:
        raise ValueError(f"{rules.game.name} is for {rules.game.players} players, not {len(players)}")


def _names(players: Sequence[Player | AsyncPlayer]) -> tuple[str, ...]:
    return tuple(player.name for player in players)


def _asked(rules: Rules, seed: int, past: Sequence[Round], seat: int) -> tuple[View, random.Random]:
    return View(rules, past, seat), generator(seed, "player", seat, len(past) + 1)


async def _answer(player: Player | AsyncPlayer, view: View, rng: random.Random) -> str:
    said = player.move(view, rng)
    return await said if inspect.isawaitable(said) else said


async def _together(answers: Sequence[Awaitable[str]]) -> list[str]:
    tasks = [asyncio.ensure_future(answer) for answer in answers]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
