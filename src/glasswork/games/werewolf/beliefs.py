"""What players believed of each other, held against the cards.

A belief is the probability that another is a werewolf. Brier score: the mean of (p - y)², 0 at best (Brier 1950). Log
loss: the mean of -ln of what was given to what was so, in nats; a probability of 0 counts as ``FLOOR``. Beside both
stands who knows nothing but the rules and whether he is a werewolf himself: he believes of every other alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from glasswork.games.measures import Estimate
from glasswork.games.werewolf.recorded import RecordedGame
from glasswork.games.werewolf.winning import team
from glasswork.records import Record, Weighed
from glasswork.statistics import auroc, bootstrap, mean

FLOOR = 1e-6
BINS = 5
"""Of the calibration, equally wide."""
_WOLF = frozenset({"werewolf", "a werewolf"})


class Belief(NamedTuple):
    """One player's belief of one other."""

    game: tuple[str, int]
    """The step, and the game's number."""
    after: int
    """The last thing that happened before that the player knew of."""
    day: int
    by: str
    about: str
    probability: float
    """That ``about`` is a werewolf."""
    is_wolf: bool
    ignorant: float
    """What who knows nothing would believe."""
    side: str
    """Of who believes it: ``village`` or ``werewolves``."""


class Bin(Record):
    """Beliefs between two probabilities."""

    low: float
    high: float
    """The last bin holds 1 too."""
    count: int
    believed: float | None
    """Their mean; None where there are none."""
    so: float | None
    """How many of them were of werewolves, as a share."""


class Scores(Record):
    """How good beliefs were."""

    beliefs: int
    brier: Estimate
    """Over games, resampled whole."""
    brier_ignorant: float
    log_loss: Estimate
    log_loss_ignorant: float
    auroc: float | None
    """How often a werewolf was suspected more than another, over all beliefs; None where there is only one kind."""
    bins: tuple[Bin, ...]


def beliefs(game: RecordedGame) -> tuple[Belief, ...]:
    """Return every belief that was read in a game, of players whose card is known.

    Raises:
        ValueError: a reading offered no werewolf among its options.
    """
    cards = game.cards
    days = {one.number: one.day for one in game.happenings}
    wolves = sum(card == "werewolf" for card in cards.values())
    found = []
    for one in game.weighed:
        if one.question == "belief" and one.about in cards and one.by in cards:
            probability = suspicion(one)
            if probability is None:
                raise ValueError(f"{one.place}: no option says 'a werewolf'")
            others = wolves - (cards[one.by] == "werewolf")
            found.append(
                Belief(
                    game=(game.step, game.number),
                    after=one.after,
                    day=days.get(one.after, 0),
                    by=one.by,
                    about=one.about,
                    probability=probability,
                    is_wolf=cards[one.about] == "werewolf",
                    ignorant=others / (len(cards) - 1),
                    side=team(cards[one.by]),
                )
            )
    return tuple(found)


def suspicion(one: Weighed) -> float | None:
    """Return how probable somebody finds it that another is a werewolf; None where that is not what was read."""
    wolf = [option.probability for option in one.options if option.text.strip().casefold() in _WOLF]
    total = math.fsum(option.probability for option in one.options)
    return min(1.0, math.fsum(wolf) / total) if one.question == "belief" and wolf and total > 0 else None


def scores(found: Sequence[Belief], *, seed: int = 0) -> Scores | None:
    """Return how good beliefs were; None of none.

    Args:
        found: Of one game or many.
        seed: Of the intervals' draws.
    """
    if not found:
        return None
    return Scores(
        beliefs=len(found),
        brier=_over_games(found, _brier, seed),
        brier_ignorant=mean([(one.ignorant - one.is_wolf) ** 2 for one in found]),
        log_loss=_over_games(found, _loss, seed),
        log_loss_ignorant=mean([_surprise(one.ignorant, one.is_wolf) for one in found]),
        auroc=auroc(
            [one.probability for one in found if one.is_wolf], [one.probability for one in found if not one.is_wolf]
        ),
        bins=tuple(_bin(found, number) for number in range(BINS)),
    )


def scores_by(found: Iterable[Belief], key: Callable[[Belief], str | int], *, seed: int = 0) -> dict[str | int, Scores]:
    """Return scores by player, side, day or whatever else a belief has."""
    groups: dict[str | int, list[Belief]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    made = {name: scores(groups[name], seed=seed) for name in sorted(groups, key=str)}
    return {name: each for name, each in made.items() if each is not None}


def _brier(one: Belief) -> float:
    return (one.probability - one.is_wolf) ** 2


def _loss(one: Belief) -> float:
    return _surprise(one.probability, one.is_wolf)


def _surprise(probability: float, so: bool) -> float:
    return -math.log(max(FLOOR, probability if so else 1 - probability))


def _over_games(found: Sequence[Belief], value: Callable[[Belief], float], seed: int) -> Estimate:
    """Return the mean over all beliefs; what is resampled are games, since beliefs of one game belong together."""
    by_game: dict[tuple[str, int], list[float]] = {}
    for one in found:
        by_game.setdefault(one.game, []).append(value(one))
    games = [by_game[key] for key in sorted(by_game)]
    low, high = bootstrap(games, _pooled, seed=seed)
    return Estimate(mean=_pooled(games), low=low, high=high, of=len(games))


def _pooled(groups: Sequence[Sequence[float]]) -> float:
    return mean([value for group in groups for value in group])


def _bin(found: Sequence[Belief], number: int) -> Bin:
    inside = [one for one in found if min(BINS - 1, int(one.probability * BINS)) == number]
    return Bin(
        low=number / BINS,
        high=(number + 1) / BINS,
        count=len(inside),
        believed=mean([one.probability for one in inside]) if inside else None,
        so=mean([float(one.is_wolf) for one in inside]) if inside else None,
    )
