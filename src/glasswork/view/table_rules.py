"""The rules of a game of hidden roles in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glasswork.view.clean import one_line


def rules_in_short(rules: Mapping[str, Any]) -> str:
    """Name the rules, and the cards that are dealt: ``kaggle_7: 2 werewolves, a doctor, a seer, 3 villagers``.

    ``rules`` is as :class:`glasswork.records.MatchStarted` holds them; what is not there is not told.
    """
    roles = rules.get("roles")
    dealt = [_count(str(card), many) for card, many in roles.items() if many] if isinstance(roles, Mapping) else []
    return ": ".join(filter(None, (one_line(str(rules.get("name", ""))), ", ".join(dealt))))


def _count(card: str, many: object) -> str:
    card = one_line(card)
    if many == 1:
        return f"a {card}"
    return f"{many} werewolves" if card == "werewolf" else f"{many} {card}s"
