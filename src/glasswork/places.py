"""Where in a run something happens, as text: ``build#1/choose/2``.

A *decision* (``build#1``) is a step and a round; an item of a ``for_each`` adds its number (``review#1:3``), a turn of
a team its own (``chat#1.3``). A *place* adds the stage and what belongs to it. A step of a sub-workflow is named by the
step that runs it, in which round and for which item: ``check#1.read``, ``check#2:3.read``. Places do not depend on what
ran at the same time: with the digest of what was asked, they key every answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_DECISION = re.compile(r"(?P<step>.+)#(?P<round>\d+)(?::(?P<item>\d+))?(?:\.(?P<turn>\d+))?", re.DOTALL)


class Place(NamedTuple):
    """A place, taken apart. ``item`` and ``turn`` are 0 where there is none; ``stage`` is empty for a decision."""

    step: str
    round: int
    item: int
    turn: int
    stage: str

    @property
    def decision(self) -> str:
        """The decision that the place belongs to."""
        return decision_id(self.step, self.round, item=self.item, turn=self.turn)


def decision_id(step: str, round_: int, *, item: int = 0, turn: int = 0) -> str:
    """Return the id of a decision."""
    return f"{step}#{round_}" + (f":{item}" if item else "") + (f".{turn}" if turn else "")


def within(step: str, round_: int, *, item: int = 0) -> str:
    """Return what stands before the names of the steps of a sub-workflow that ``step`` runs."""
    return f"{decision_id(step, round_, item=item)}."


def parse(place: str) -> Place:
    """Take a place or a decision's id apart; a text that is neither is the name of a step in its first round."""
    decision, _, stage = place.partition("/")
    match = _DECISION.fullmatch(decision)
    if match is None:
        return Place(decision, 1, 0, 0, stage)
    return Place(match["step"], int(match["round"]), int(match["item"] or 0), int(match["turn"] or 0), stage)


def step_of(place: str) -> str:
    """Return the step that a place or a decision's id belongs to."""
    return parse(place).step


def outer(step: str) -> Place | None:
    """Return the decision of the step that runs a step of a sub-workflow; None for a step of the run itself."""
    decision, _, _ = step.rpartition(".")
    return parse(decision) if decision else None


def named(step: str) -> str:
    """Return how a person names a step, whatever its round and item: ``check.read`` for ``check#2:3.read``."""
    return re.sub(r"#\d+(?::\d+)?", "", step)


def decision_named(name: str, decisions: Iterable[str]) -> str | None:
    """Return the decision called ``name``; ``build`` is the last of that step. None where there is none."""
    found = None
    for decision in decisions:
        if decision == name:
            return decision
        if step_of(decision) == name:
            found = decision
    return found
