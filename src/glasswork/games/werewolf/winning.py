"""When a game is over, and who has won."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from glasswork.definitions import Card
from glasswork.definitions.werewolf import POWERS
from glasswork.games.werewolf.asking import Team


def team(card: Card) -> Team:
    """Return with whom a card wins."""
    return "werewolves" if card in {"werewolf", "possessed"} else "village"


def winner(win: str, alive: Iterable[Card]) -> Team | None:
    """Return who has won, from the cards of those alive; None while the game goes on.

    Args:
        win: The rule by which the werewolves win: ``WerewolfRules.win``.
        alive: One card for each player who lives.
    """
    cards = list(alive)
    wolves = cards.count("werewolf")
    if not wolves:
        return "village"
    return "werewolves" if _REACHED[win](wolves, cards) else None


_REACHED: Mapping[str, Callable[[int, list[Card]], bool]] = {
    "parity": lambda wolves, cards: 2 * wolves >= len(cards),
    "outnumber": lambda wolves, cards: 2 * wolves > len(cards),
    "extinction": lambda wolves, cards: wolves == len(cards),
    "all_villagers": lambda _wolves, cards: "villager" not in cards,
    "side_kill": lambda _wolves, cards: "villager" not in cards or POWERS.isdisjoint(cards),
}
