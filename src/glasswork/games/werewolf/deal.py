"""Who holds which card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from glasswork.definitions import Card, WerewolfRules
from glasswork.games.rules import generator
from glasswork.games.werewolf.asking import NOBODY


def deal(rules: WerewolfRules, names: Sequence[str], seed: int, rotate: int = 0) -> dict[str, Card]:
    """Return who holds which card: shuffled by the seed, then turned by ``rotate`` seats.

    Over as many rotations of one seed as there are players, each player holds each card once.

    Raises:
        ValueError: not as many names as there are cards, or names that cannot be told apart.
    """
    _named(rules, names)
    deck = list(rules.deck)
    generator(seed, "werewolf", "deal").shuffle(deck)
    turn = rotate % len(deck)
    return dict(zip(names, deck[-turn:] + deck[:-turn] if turn else deck, strict=True))


def dealt(
    rules: WerewolfRules, names: Sequence[str], seed: int, cards: Mapping[str, Card] | None = None, rotate: int = 0
) -> dict[str, Card]:
    """Return who holds which card, where some cards, or all, are given to players by name; the rest is dealt.

    Raises:
        ValueError: a card is given to nobody at the table, or more often than it is there.
    """
    if not cards:
        return deal(rules, names, seed, rotate)
    if strangers := [name for name in cards if name not in names]:
        raise ValueError(f"a card is given to {strangers[0]}, who does not play")
    over = Counter(rules.deck)
    over.subtract(cards.values())
    if short := [card for card, count in over.items() if count < 0]:
        raise ValueError(f"the {short[0]}'s card is given out more often than it is there")
    free = iter([card for card in deal(rules, names, seed, rotate).values() if _left(over, card)])
    return {name: cards[name] if name in cards else next(free) for name in names}


def _left(over: Counter[Card], card: Card) -> bool:
    over[card] -= 1
    return over[card] >= 0


def _named(rules: WerewolfRules, names: Sequence[str]) -> None:
    if len(names) != rules.players:
        raise ValueError(f"{rules.name} is for {rules.players} players, not {len(names)}")
    if len({name.casefold() for name in names}) < len(names) or not all(names):
        raise ValueError("players must have names that differ in more than capital letters")
    if NOBODY in {name.casefold() for name in names}:
        raise ValueError(f"nobody can be called {NOBODY!r}: it is the answer of who passes")
