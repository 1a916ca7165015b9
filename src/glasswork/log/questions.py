"""Questions to people that a log leaves open."""

from __future__ import annotations

from collections.abc import Iterable

from glasswork.records import Event, HumanAnswered, HumanAsked


def open_questions(events: Iterable[Event]) -> tuple[HumanAsked, ...]:
    """Return what was asked and not answered, in order."""
    asked: dict[tuple[str, int, str, str], HumanAsked] = {}
    for event in events:
        if isinstance(event, HumanAsked):
            asked.setdefault(_key(event), event)
        elif isinstance(event, HumanAnswered):
            asked.pop(_key(event), None)
    return tuple(asked.values())


def _key(event: HumanAsked | HumanAnswered) -> tuple[str, int, str, str]:
    """Tell questions apart: in a game one step asks the same of several players, and in several matches, at once."""
    return event.step, event.round, event.question, event.decision
