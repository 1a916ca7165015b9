"""Questions to people that a log leaves open."""

from __future__ import annotations

from collections.abc import Iterable

from glasswork.records import Event, HumanAnswered, HumanAsked


def open_questions(events: Iterable[Event]) -> tuple[HumanAsked, ...]:
    """Return what was asked and not answered, in order."""
    asked: dict[tuple[str, int, str], HumanAsked] = {}
    for event in events:
        if isinstance(event, HumanAsked):
            asked.setdefault((event.step, event.round, event.question), event)
        elif isinstance(event, HumanAnswered):
            asked.pop((event.step, event.round, event.question), None)
    return tuple(asked.values())
