"""Which known strategy a player is most like: whose moves it would have made in the same histories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glasswork.games.classics import Strategy, strategies
from glasswork.games.match import Match, View
from glasswork.games.measures import seats
from glasswork.games.rules import generator
from glasswork.records import Record
from glasswork.statistics import Share, share


class Likeness(Record):
    """How far a player and a strategy agree."""

    names: tuple[str, ...]
    """Of the strategies that agree as often: nothing that was seen prefers one of them to another."""
    agreement: Share


def likenesses(matches: Sequence[Match], name: str, known: Iterable[str] | None = None) -> tuple[Likeness, ...]:
    """Return every strategy without dice by how often the player meant what it would have done, the likest first.

    Strategies that agree equally often stand together: the first entry names all that are nearest. Nothing where the
    player made no legal move.

    Args:
        matches: Where the player was seen.
        name: The player's.
        known: Names of strategies to compare with; None: all that throw no dice and can play these games.

    Raises:
        NotFound: a strategy of ``known`` is not there.
    """
    by_hits: dict[tuple[int, int], list[str]] = {}
    for one in _candidates(matches, known):
        by_hits.setdefault(_agreement(matches, name, one), []).append(one.name)
    ordered = sorted((item for item in by_hits.items() if item[0][1]), key=lambda item: -item[0][0])
    return tuple(Likeness(names=tuple(sorted(who)), agreement=share(*hits)) for hits, who in ordered)


def _candidates(matches: Sequence[Match], known: Iterable[str] | None) -> list[Strategy]:
    found = [strategies.get(name) for name in (strategies.names() if known is None else known)]
    games = [match.rules.game for match in matches]
    return [one for one in found if not one.draws and all(one.fits(game) for game in games)]


def _agreement(matches: Sequence[Match], name: str, one: Strategy) -> tuple[int, int]:
    hits = total = 0
    for match, seat in seats(matches, name):
        for number, each in enumerate(match.rounds):
            if each.moves:
                would = one.move(View(match.rules, match.rounds[:number], seat), generator(match.seed))
                hits += would == each.said[seat]
                total += 1
    return hits, total
