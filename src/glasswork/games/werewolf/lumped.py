"""States of a game in which everybody plays at random: how many live of each kind, and nothing else.

Players of one kind are alike in all that decides what comes, so a state forgets their names. A kind is a card, with
marks where more is to be remembered of one of them: an office, that a guard was with him last, what he is hit by this
night. The rules are read from their definition alone; nothing here knows the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from glasswork.definitions.werewolf import Card, WerewolfRules

PROTECTORS: tuple[Card, Card] = ("doctor", "guard")
MAYOR = "mayor"
LAST = "last of "
"""Of a mark: whom somebody protected last."""
_PLAIN = "plain"
_EMPTY = frozenset({"saves 0", "poisons 0"})


class Kind(NamedTuple):
    """Players who are alike. ``name``: a card, or one of several of it (``guard 2``), or what it counts as."""

    card: str
    name: str
    marks: frozenset[str] = frozenset()

    def marked(self, *marks: str) -> Kind:
        """Return it with these marks besides."""
        return _with(self, self.marks.union(marks))

    def without(self, *marks: str) -> Kind:
        """Return it without these marks."""
        return self if self.marks.isdisjoint(marks) else _with(self, self.marks.difference(marks))


@cache
def _with(kind: Kind, marks: frozenset[str]) -> Kind:
    return kind._replace(marks=marks)


State = frozenset[tuple[Kind, int]]
"""The living, each kind with its number."""
Chain = dict[State, Fraction]
"""How probable each state is."""


def state(kinds: Iterable[tuple[Kind, int]]) -> State:
    """Return a state; what is named twice is added up."""
    total: dict[Kind, int] = {}
    for kind, count in kinds:
        total[kind] = total.get(kind, 0) + count
    return frozenset(total.items())


def moved(now: State, old: Kind, *new: Kind) -> State:
    """Return a state with one player of a kind become another, or none."""
    total = dict(now)
    total[old] -= 1
    if not total[old]:
        del total[old]
    for kind in new:
        total[kind] = total.get(kind, 0) + 1
    return frozenset(total.items())


def number(now: State, *, of: Callable[[Kind], bool] = lambda _: True) -> int:
    """Return how many live, or how many of some kinds."""
    return sum(count for kind, count in now if of(kind))


def is_wolf(kind: Kind) -> bool:
    """Whether players of a kind are werewolves."""
    return kind.card == "werewolf"


def picks(now: State, options: Callable[[Kind], int], nobody: bool = False) -> Iterator[tuple[Kind | None, Fraction]]:
    """Yield whom a uniform choice falls on, with its probability.

    Args:
        now: Who lives.
        options: How many of a kind are left out; a kind's number leaves out all.
        nobody: Whether nobody may be chosen too. Where there is nobody else to choose, nobody is.
    """
    open_ = [(kind, count - options(kind)) for kind, count in now if count > options(kind)]
    total = sum(count for _, count in open_) + nobody
    for kind, count in open_:
        yield kind, Fraction(count, total)
    if nobody or not open_:
        yield None, Fraction(1, max(1, total))


def spread(chain: Chain, step: Callable[[State], Iterable[tuple[State, Fraction]]]) -> Chain:
    """Return the states after one more step."""
    found: Chain = {}
    for now, part in chain.items():
        for then, share in step(now):
            found[then] = found.get(then, Fraction(0)) + part * share
    return found


def opening(rules: WerewolfRules) -> State:
    """Return the state in which a game begins."""
    return state(_kinds(rules))


def _kinds(rules: WerewolfRules) -> Iterator[tuple[Kind, int]]:
    for card, count in rules.roles.items():
        for one in range(count):
            marks = _stock(rules.witch.saves, rules.witch.poisons) if card == "witch" else frozenset()
            yield Kind(*_called(rules, card, one), marks), 1


def _called(rules: WerewolfRules, card: Card, one: int) -> tuple[str, str]:
    """Return what a card counts as, and what this one of it is called.

    Those who protect and witches act one by one and remember something, so each has a name of its own.
    """
    if card in {*PROTECTORS, "witch"}:
        return card, f"{card} {one + 1}"
    if card == "werewolf" or (card == "hunter" and rules.hunter.when):
        return card, card
    return spent(rules, card)


def spent(rules: WerewolfRules, card: str) -> tuple[str, str]:
    """Return what somebody counts as who can do nothing: only what the rule for winning asks."""
    if rules.win == "side_kill" and card not in {"villager", "possessed"}:
        return "seer", "special"
    if rules.win in {"side_kill", "all_villagers"} and card == "villager":
        return card, card
    return _PLAIN, _PLAIN


def _stock(saves: int, poisons: int) -> frozenset[str]:
    return frozenset({f"saves {saves}", f"poisons {poisons}"})


def stock(kind: Kind, what: str) -> int:
    """Return how many potions a witch has left: ``saves`` or ``poisons``."""
    return next((int(mark.split()[1]) for mark in kind.marks if mark.startswith(f"{what} ")), 0)


def used(kind: Kind, what: str) -> Kind:
    """Return a witch with one potion less."""
    left = stock(kind, what)
    return kind.without(f"{what} {left}").marked(f"{what} {left - 1}")


def tidy(rules: WerewolfRules, now: State) -> State:
    """Return a state without what no longer matters: empty potions, memories of the dead."""
    names = {kind.name for kind, _ in now}
    gone = {mark for kind, _ in now for mark in kind.marks if mark.startswith(LAST) and mark[len(LAST) :] not in names}
    empty = [kind for kind, _ in now if kind.marks >= _EMPTY]
    if not gone and not empty:
        return now
    for kind in empty:
        now = moved(now, kind, Kind(*spent(rules, "witch"), kind.without(*_EMPTY).marks))
    return state((kind.without(*gone), count) for kind, count in now)


def winner(rules: WerewolfRules, now: State) -> str | None:
    """Return which team has won; None where the game goes on."""
    wolves, others = number(now, of=is_wolf), number(now, of=lambda kind: not is_wolf(kind))
    if not wolves:
        return "village"
    villagers = number(now, of=lambda kind: kind.card == "villager")
    specials = number(now, of=lambda kind: kind.card not in {"werewolf", "villager", _PLAIN})
    won = {
        "parity": wolves >= others,
        "outnumber": wolves > others,
        "extinction": not others,
        "all_villagers": not villagers,
        "side_kill": not villagers or not specials,
    }[rules.win]
    return "werewolves" if won else None
