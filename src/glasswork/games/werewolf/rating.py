"""Ratings of players over games of hidden roles, whatever their order: OpenSkill (Weng & Lin 2011, Plackett-Luce).

OpenSkill learns game by game, so its numbers depend on the order. Here the games are put into an order of their own,
then shuffled again and again by a seed, and the mean is told with how far the shuffles spread.

A table is no fair match: werewolves are few, and OpenSkill adds up the skill of a team. So the werewolves' team holds
one more member, their side under these rules, whose rating takes in what the cards make of the odds. It begins where
the two teams are equal, and learns faster than the players, since nothing was known of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from glasswork.errors import MissingExtra
from glasswork.games.werewolf.recorded import RecordedGame
from glasswork.games.werewolf.winning import team
from glasswork.records import Record
from glasswork.statistics import mean, quantile

if TYPE_CHECKING:
    from openskill.models import PlackettLuce, PlackettLuceRating

SHUFFLES = 20


class Match(NamedTuple):
    """Who won against whom."""

    village: tuple[str, ...]
    werewolves: tuple[str, ...]
    winner: str
    """``village``, ``werewolves`` or ``nobody``: a draw."""
    table: str = ""
    """Of which rules: each has odds of its own."""


class Rating(Record):
    """How strong a player is."""

    name: str
    games: int
    mu: float
    """25 in the beginning; the mean over all orders."""
    sigma: float
    """How uncertain OpenSkill is of it."""
    low: float
    """``mu - 1.96 sigma``."""
    high: float
    spread: float
    """How far ``mu`` lies apart between the orders of games: the width of the middle 95 %."""


def match_of(game: RecordedGame) -> Match | None:
    """Return who won a game against whom; None where it is not over."""
    if game.outcome is None:
        return None
    sides = {name: team(card) for name, card in game.outcome.cards.items()}
    village = tuple(sorted(name for name in game.names if sides[name] == "village"))
    wolves = tuple(sorted(name for name in game.names if sides[name] == "werewolves"))
    return Match(village, wolves, game.outcome.winner, game.rules.name)


def ratings(matches: Iterable[Match], *, seed: int = 0, shuffles: int = SHUFFLES) -> tuple[Rating, ...]:
    """Return every player's rating, the strongest first; the order of the matches does not matter.

    Args:
        matches: All together.
        seed: Of the orders.
        shuffles: In how many orders.

    Raises:
        MissingExtra: the package ``openskill`` is not installed.
        ValueError: no orders.
    """
    if shuffles < 1:
        raise ValueError("ratings need one order of games at least")
    model = _model()
    ordered = sorted(matches)
    counts = {name: sum(name in one.village + one.werewolves for one in ordered) for name in _names(ordered)}
    generator = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    runs = []
    for _ in range(shuffles):
        order = list(ordered)
        generator.shuffle(order)
        runs.append(_learned(model, order))
    found = [_rating(name, counts[name], [run[name] for run in runs]) for name in sorted(counts)]
    return tuple(sorted(found, key=lambda one: -one.mu))


def by_side(matches: Iterable[Match]) -> tuple[Match, ...]:
    """Return the same matches with each player rated apart as a werewolf and as one of the village."""
    return tuple(
        one._replace(
            village=tuple(f"{name}, village" for name in one.village),
            werewolves=tuple(f"{name}, werewolves" for name in one.werewolves),
        )
        for one in matches
    )


def _names(matches: Iterable[Match]) -> list[str]:
    return sorted({name for one in matches for name in (*one.village, *one.werewolves)})


def _rating(name: str, games: int, found: Sequence[tuple[float, float]]) -> Rating:
    means = [mu for mu, _ in found]
    mu, sigma = mean(means), mean([sigma for _, sigma in found])
    return Rating(
        name=name,
        games=games,
        mu=mu,
        sigma=sigma,
        low=mu - 1.96 * sigma,
        high=mu + 1.96 * sigma,
        spread=quantile(means, 0.975) - quantile(means, 0.025),
    )


def _model() -> PlackettLuce:
    try:
        from openskill.models import PlackettLuce
    except ImportError as error:
        raise MissingExtra("OpenSkill", "ratings") from error
    # Players do not change while they are measured.
    return PlackettLuce(tau=0.0)


def _learned(model: PlackettLuce, matches: Iterable[Match]) -> dict[str, tuple[float, float]]:
    """Return everybody's rating after the matches in this order."""
    players: dict[str, PlackettLuceRating] = {}
    sides: dict[tuple[str, int], PlackettLuceRating] = {}
    for one in matches:
        village = [players.setdefault(name, model.rating(name=name)) for name in one.village]
        wolves = [players.setdefault(name, model.rating(name=name)) for name in one.werewolves]
        ahead = len(village) - len(wolves)
        key = (one.table, ahead)
        side = sides.setdefault(key, model.rating(mu=ahead * model.mu, sigma=2 * model.sigma, name="werewolves"))
        ranks = {"village": [1, 2], "werewolves": [2, 1]}.get(one.winner, [1, 1])
        new_village, (*new_wolves, new_side) = model.rate([village, [*wolves, side]], ranks=[float(r) for r in ranks])
        players |= zip((*one.village, *one.werewolves), (*new_village, *new_wolves), strict=True)
        sides[key] = new_side
    return {name: (rating.mu, rating.sigma) for name, rating in players.items()}
