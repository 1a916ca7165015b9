"""What the parts of a game share: telling what happened, drawing, asking several at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from glasswork.definitions import Card, Shown, WerewolfRules
from glasswork.games.rules import generator
from glasswork.games.werewolf.asking import Ask, AskKind, Given
from glasswork.games.werewolf.happening import Happening, Phase
from glasswork.games.werewolf.state import State

T = TypeVar("T")
Steps = Generator[list[Ask], list[Given], T]
"""A part of a game: yields whom it asks at once, and is sent their answers in the same order."""
Tell = Callable[..., None]


class Floor:
    """A game under way: its rules and seed, the state so far, and what has happened that nobody was handed yet."""

    def __init__(self, rules: WerewolfRules, seed: int) -> None:
        self.rules = rules
        self.seed = seed
        self.state = State()
        self._count = 0
        self._new: list[Happening] = []

    @property
    def first_night(self) -> int:
        """The day that the first night belongs to."""
        return 1 if self.rules.opens == "night" else 2

    def taken(self) -> tuple[Happening, ...]:
        """Return what has happened since this was last called."""
        new, self._new = tuple(self._new), []
        return new

    def tell(
        self,
        what: str,
        by: str = "",
        to: str = "",
        *,
        names: Iterable[str] = (),
        card: str = "",
        text: str = "",
        counts: Mapping[str, float] | None = None,
        seen_by: Iterable[str] | None = None,
        asked: int = -1,
    ) -> None:
        """Let something happen, now; see :class:`Happening`."""
        self._count += 1
        known = None if seen_by is None else tuple(seen_by)
        where = (self._count, self.state.day, self.state.phase)
        happening = Happening(*where, what, by, to, tuple(names), card, text, counts or {}, known, asked)
        self._new.append(happening)
        self.state.apply(happening)

    def begin(self, what: str, day: int, phase: Phase) -> None:
        """Let a night or a morning begin."""
        self.state.day, self.state.phase = day, phase
        self.tell(what)

    def draw(self, *purpose: Any) -> random.Random:
        """Return the generator of one purpose on one day; no other purpose's draws can shift it."""
        return generator(self.seed, "werewolf", *purpose, self.state.day)

    def ask(self, player: str, kind: AskKind, options: Sequence[str] = (), round: int = 1) -> Ask:  # noqa: A002
        """Return a question to a player."""
        return Ask(player, kind, tuple(options), self.state.day, self.state.phase, round)

    def legal(self, given: Given) -> bool:
        """Say whether an answer is one of the options; one that is not is told to its player, and nothing is done."""
        if given.answer in given.ask.options:
            return True
        by = given.ask.player
        self.tell("illegal", by, text=given.answer, seen_by=(by,), asked=given.place)
        return False

    def reveal(self, name: str, shown: Shown) -> None:
        """Tell everybody of a card as much as the rules want."""
        if shown != "nothing":
            card = self.state.cards[name]
            self.tell("revealed", to=name, card=card if shown == "role" else side(card))


def side(card: Card) -> str:
    """Return what a card is to somebody who learns only this: whether it is a werewolf's."""
    return card if card == "werewolf" else "not a werewolf"


def together(parts: Sequence[Steps[None]]) -> Steps[None]:
    """Let several parts of a game go on side by side: what all of them ask next is asked at once."""
    waiting = [(part, asks) for part in parts if (asks := advanced(part)) is not None]
    while waiting:
        given = yield [ask for _, asks in waiting for ask in asks]
        rest, first = [], 0
        for part, asks in waiting:
            own = given[first : first + len(asks)]
            first += len(asks)
            if (more := advanced(part, own)) is not None:
                rest.append((part, more))
        waiting = rest


def advanced(part: Steps[None], given: list[Given] | None = None) -> list[Ask] | None:
    """Let a part of a game go on with the answers to what it asked; return what it asks next, None where it is over."""
    try:
        return next(part) if given is None else part.send(given)
    except StopIteration:
        return None
