"""What happens at a table, and what one player knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, overload

Phase = Literal["setup", "night", "day", "end"]
DEATHS = frozenset({"died", "exiled", "shot"})
"""What happens to whom it ends the life of."""


class Happening(NamedTuple):
    """One thing that happened; the state of a game is a fold over these (:mod:`glasswork.games.werewolf.state`)."""

    number: int
    """In the game, from 1."""
    day: int
    """From 1; a night belongs to the day that follows it."""
    phase: Phase
    what: str
    by: str = ""
    to: str = ""
    names: tuple[str, ...] = ()
    card: str = ""
    text: str = ""
    counts: Mapping[str, float] = {}
    seen_by: tuple[str, ...] | None = None
    """None: everybody. Empty: nobody but the log."""
    asked: int = -1
    """The place, from 0, of the ask that it answers, among those asked at once; -1: it answers none."""


def knows(happening: Happening, name: str) -> bool:
    """Say whether a player may know of something that happened."""
    return happening.seen_by is None or name in happening.seen_by


def seen(happenings: Iterable[Happening], name: str) -> tuple[Happening, ...]:
    """Return what a player knows of what happened: all of it that it may ever be told, and nothing else.

    The happenings are numbered anew, from 1, and none says which ask it answers: the gaps between the game's own
    numbers, and a place among several asked in secret, would tell how much happened that the player may not know.
    """
    return tuple(Seen(happenings, name))


class Seen(Sequence[Happening]):
    """A player's view of a game under way: like :func:`seen`, made when somebody looks, and growing with the game."""

    def __init__(self, happenings: Iterable[Happening], name: str) -> None:
        self._all = happenings if isinstance(happenings, list) else list(happenings)
        self._name = name
        self._mine: list[Happening] = []
        self._read = 0

    def _upto_now(self) -> list[Happening]:
        for each in self._all[self._read :]:
            if knows(each, self._name):
                self._mine.append(Happening(len(self._mine) + 1, *each[1:11]))
        self._read = len(self._all)
        return self._mine

    def __len__(self) -> int:
        return len(self._upto_now())

    @overload
    def __getitem__(self, index: int) -> Happening: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Happening]: ...
    def __getitem__(self, index: int | slice) -> Happening | Sequence[Happening]:
        return self._upto_now()[index]
