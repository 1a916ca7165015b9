"""Parts of sentences about cards."""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.definitions import Card, WerewolfRules

_PLURAL: dict[Card, str] = {"werewolf": "werewolves", "witch": "witches", "possessed": "possessed"}


def counted(number: int, card: Card) -> str:
    """Return how many of a card, in words: ``2 werewolves``."""
    return f"{number} {card if number == 1 else plural(card)}"


def plural(card: Card) -> str:
    """Return the name of several of a card."""
    return _PLURAL.get(card, f"{card}s")


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return words as a list in a sentence: ``a, b and c``."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def times(number: int) -> str:
    """Return how often: ``once``, ``twice``, ``3 times``."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def many(rules: WerewolfRules, card: Card) -> bool:
    """Say whether several hold a card."""
    return rules.roles.get(card, 0) > 1


def several(rules: WerewolfRules, card: Card) -> str:
    """Return all who hold a card: ``the seer``, ``the werewolves``."""
    return f"the {plural(card) if many(rules, card) else card}"


def holder(rules: WerewolfRules, card: Card, *, start: bool = True) -> str:
    """Return who holds a card, as the subject of a sentence in the singular."""
    return f"{'Each' if start else 'each'} {card}" if many(rules, card) else f"{'The' if start else 'the'} {card}"
