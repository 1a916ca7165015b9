"""What votes show: whom they hit, beside what votes drawn evenly would hit; and who follows whom.

A share that is compared with chance comes with the mean, over the same votes, of what an even draw among the options
would have hit: every other player who lived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from glasswork.definitions.werewolf import POWERS
from glasswork.games.werewolf.claims import claims
from glasswork.games.werewolf.happening import DEATHS, Happening
from glasswork.games.werewolf.ledger import SPOKEN
from glasswork.games.werewolf.recorded import RecordedGame
from glasswork.games.werewolf.winning import team
from glasswork.records import Record
from glasswork.statistics import Share, mean, share


class Vote(NamedTuple):
    """One vote for somebody, or for nobody (``to`` is empty)."""

    number: int
    """Among what happened in the game."""
    day: int
    round: int
    """1, and more where a tie was voted on again."""
    by: str
    to: str
    alive: tuple[str, ...]
    """Who lived then, by seat."""


class Against(Record):
    """A share beside what chance makes of it."""

    value: Share
    chance: float | None
    """None where nothing was counted."""

    def __str__(self) -> str:
        return f"{self.value}; by chance {self.chance:.0%}" if self.chance is not None else str(self.value)


class Hit(NamedTuple):
    """Whether something hit, and how probable that was by chance."""

    hit: bool
    chance: float


def against(hits: Iterable[Hit]) -> Against:
    """Return the share of hits beside the mean of their chances."""
    found = [*hits]
    chance = mean([one.chance for one in found]) if found else None
    return Against(value=share(sum(one.hit for one in found), len(found)), chance=chance)


def living(game: RecordedGame) -> Iterator[tuple[Happening, tuple[str, ...]]]:
    """Yield everything that happened in a game, with who lived just before, by seat."""
    alive = game.names
    for one in game.happenings:
        yield one, alive
        if one.what in DEATHS:
            alive = tuple(name for name in alive if name != one.to)


def votes(game: RecordedGame) -> tuple[Vote, ...]:
    """Return every vote on an exile, in order."""
    found = []
    round_ = 1
    for one, alive in living(game):
        if one.what == "morning":
            round_ = 1
        elif one.what == "voted":
            found.append(Vote(one.number, one.day, round_, one.by, one.to, alive))
        elif one.what == "counted":
            round_ += 1
    return tuple(found)


def _is_wolf(game: RecordedGame, name: str) -> bool:
    return game.cards.get(name) == "werewolf"


def _of_village(game: RecordedGame, name: str) -> bool:
    return team(game.cards[name]) == "village"


def hits(game: RecordedGame, *, by: str = "") -> tuple[Hit, ...]:
    """Return for each vote of a village's card for somebody whether it was for a werewolf.

    Args:
        game: Where.
        by: Only this player's. Default: all of the village's.
    """
    return tuple(
        Hit(_is_wolf(game, one.to), _wolves_among(game, one) / (len(one.alive) - 1))
        for one in votes(game)
        if one.to and by in {"", one.by} and _of_village(game, one.by)
    )


def _wolves_among(game: RecordedGame, vote: Vote) -> int:
    return sum(_is_wolf(game, name) for name in vote.alive if name != vote.by)


def accuracy(games: Iterable[RecordedGame], *, by: str = "") -> Against:
    """Return how often the village's votes for somebody were for a werewolf."""
    return against(hit for game in games for hit in hits(game, by=by))


def bus_rate(games: Iterable[RecordedGame], *, by: str = "") -> Against:
    """Return how often werewolves voted for one of their own, of their votes while another of them lived."""
    return against(
        Hit(_is_wolf(game, one.to), _wolves_among(game, one) / (len(one.alive) - 1))
        for game in games
        for one in votes(game)
        if one.to and by in {"", one.by} and _is_wolf(game, one.by) and _wolves_among(game, one)
    )


def exiles(games: Iterable[RecordedGame]) -> Against:
    """Return how often whoever was exiled was a werewolf, beside exiling one of the living drawn evenly."""
    return against(
        Hit(_is_wolf(game, one.to), sum(_is_wolf(game, name) for name in alive) / len(alive))
        for game in games
        for one, alive in living(game)
        if one.what == "exiled"
    )


def survived(games: Iterable[RecordedGame], *, name: str = "", card: str = "") -> Share:
    """Return how often players lived at the end of a finished game: of one name, of one card, or all."""
    seats = [
        (game.outcome, one)
        for game in games
        if game.outcome is not None
        for one in game.names
        if name in {"", one} and card in {"", game.cards[one]}
    ]
    return share(sum(outcome is not None and one in outcome.alive for outcome, one in seats), len(seats))


def key_cards(games: Sequence[RecordedGame]) -> Share:
    """Return how often players with a power of the village lived at the end."""
    found = [survived(games, card=card) for card in sorted(POWERS)]
    return share(sum(one.hits for one in found), sum(one.of for one in found))


class Call(NamedTuple):
    """A call to suspect somebody: the first accusation of one player by another on a day."""

    number: int
    day: int
    by: str
    about: str


def calls(game: RecordedGame) -> tuple[Call, ...]:
    """Return the accusations made on each day, before the votes that they may move; of each pair the first."""
    found: dict[tuple[int, str, str], Call] = {}
    for one in game.happenings:
        if one.what in SPOKEN:
            for claim in claims(one.text, one.by, game.names):
                if claim.kind == "accusation" or (claim.kind == "result" and claim.says == "werewolf"):
                    key = (one.day, one.by, claim.about)
                    found.setdefault(key, Call(one.number, one.day, one.by, claim.about))
    return tuple(found.values())


class Followed(NamedTuple):
    """What others voted after a call."""

    call: Call
    votes: tuple[Hit, ...]
    """Of each other's first vote of that day after it, but that of the accused: whether it was for the accused."""


def followed(game: RecordedGame) -> tuple[Followed, ...]:
    """Return for each call how the others voted after it on that day."""
    cast = votes(game)
    found = []
    for call in calls(game):
        after = [
            one
            for one in cast
            if one.day == call.day
            and one.round == 1
            and one.number > call.number
            and one.by not in {call.by, call.about}
            and call.about in one.alive
        ]
        found.append(Followed(call, tuple(Hit(one.to == call.about, 1 / (len(one.alive) - 1)) for one in after)))
    return tuple(found)
