"""The state of a game: a fold over what happened, and nothing that is kept beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from glasswork.definitions import Card
from glasswork.games.werewolf.asking import SAVE, Winner
from glasswork.games.werewolf.happening import Happening, Phase


@dataclass
class State:
    """Where a game stands."""

    names: list[str] = field(default_factory=list)
    """By seat."""
    cards: dict[str, Card] = field(default_factory=dict)
    alive: list[str] = field(default_factory=list)
    """By seat."""
    day: int = 1
    phase: Phase = "setup"
    mayor: str = ""
    late_mayor: str = ""
    """Who died as the mayor and has named no heir yet."""
    exiled: str = ""
    """Who was exiled on the day before, or today."""
    last_statement: Happening | None = None
    """Of today."""
    kept: dict[str, tuple[int, str]] = field(default_factory=dict)
    """When somebody last protected whom."""
    looked_at: dict[str, set[str]] = field(default_factory=dict)
    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many of each potion somebody has used: ``("Ann", "poison")``."""
    attacked: str = ""
    """Tonight, like all that follow."""
    protected: set[str] = field(default_factory=set)
    saved: set[str] = field(default_factory=set)
    poisoned: set[str] = field(default_factory=set)
    winner: Winner | None = None

    def living(self, card: Card) -> list[str]:
        """Return who lives and holds a card, by seat."""
        return [name for name in self.alive if self.cards[name] == card]

    def others(self, name: str) -> list[str]:
        """Return who lives beside somebody, by seat."""
        return [other for other in self.alive if other != name]

    def apply(self, happening: Happening) -> None:
        """Take in what happened."""
        self.day, self.phase = happening.day, happening.phase
        change = _CHANGES.get(happening.what)
        if change is not None:
            change(self, happening)


def fold(happenings: Iterable[Happening]) -> State:
    """Return the state that a game is in after all that happened in it."""
    state = State()
    for happening in happenings:
        state.apply(happening)
    return state


def _dealt(state: State, one: Happening) -> None:
    state.names.append(one.to)
    state.alive.append(one.to)
    state.cards[one.to] = one.card  # type: ignore[assignment]  # a happening's card may also be a team


def _night(state: State, _one: Happening) -> None:
    state.attacked = ""
    state.protected, state.saved, state.poisoned = set(), set(), set()


def _morning(state: State, _one: Happening) -> None:
    state.exiled = ""
    state.last_statement = None


def _attacked(state: State, one: Happening) -> None:
    state.attacked = one.to


def _protected(state: State, one: Happening) -> None:
    state.protected.add(one.to)
    state.kept[one.by] = (one.day, one.to)


def _inspected(state: State, one: Happening) -> None:
    state.looked_at.setdefault(one.by, set()).add(one.to)


def _saved(state: State, one: Happening) -> None:
    state.saved.add(one.to)
    state.used[one.by, SAVE] += 1


def _poisoned(state: State, one: Happening) -> None:
    state.poisoned.add(one.to)
    state.used[one.by, "poison"] += 1


def _dead(state: State, one: Happening) -> None:
    state.alive.remove(one.to)
    if state.mayor == one.to:
        state.mayor, state.late_mayor = "", one.to


def _exiled(state: State, one: Happening) -> None:
    _dead(state, one)
    state.exiled = one.to


def _mayor(state: State, one: Happening) -> None:
    state.mayor, state.late_mayor = one.to, ""


def _spoke(state: State, one: Happening) -> None:
    state.last_statement = one


def _won(state: State, one: Happening) -> None:
    state.winner = one.text  # type: ignore[assignment]  # the text of "won" is a winner


_CHANGES: dict[str, Callable[[State, Happening], None]] = {
    "dealt": _dealt,
    "night": _night,
    "morning": _morning,
    "attacked": _attacked,
    "protected": _protected,
    "inspected": _inspected,
    "saved": _saved,
    "poisoned": _poisoned,
    "died": _dead,
    "shot": _dead,
    "exiled": _exiled,
    "elected": _mayor,
    "handed_on": _mayor,
    "spoke": _spoke,
    "won": _won,
}
"""What changes nothing of the state is not here: a word, a vote, a look at who holds which card."""
