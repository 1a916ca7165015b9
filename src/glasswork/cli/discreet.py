"""What a person who plays is not shown yet: what the others think and do in a round that is still open."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from glasswork.log.questions import open_questions
from glasswork.places import Place, parse
from glasswork.records import Event, HumanAsked, MatchStarted, Notice, RoundPlayed, TextArrived
from glasswork.view.lines import place_of

if TYPE_CHECKING:
    from glasswork.log.reader import Log
    from glasswork.view.live import View


class Discreet:
    """A view that hears of the decisions of a round when the round is over, in matches that a person plays."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._over: dict[tuple[str, int], int] = {}
        """By step and match, in matches that a person plays: the last round that is over."""
        self._kept: dict[tuple[str, int], list[tuple[Event, bool]]] = {}

    def __enter__(self) -> Self:
        self._view.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._view.__exit__(kind, error, trace)

    def event(self, event: Event, *, held: bool = False) -> None:
        """Take in an event: tell of it now, or after its round."""
        if isinstance(event, MatchStarted) and "human" in event.kinds:
            self._over[event.step, event.match] = 0
        if isinstance(event, RoundPlayed) and (event.step, event.match) in self._over:
            self._over[event.step, event.match] = event.number
            for kept, was_held in self._kept.pop((event.step, event.match), ()):
                self._view.event(kept, held=was_held)
        place = parse(place_of(event))
        if self._open(place) and not isinstance(event, HumanAsked):
            self._kept.setdefault((place.step, place.item), []).append((event, held))
        else:
            self._view.event(event, held=held)

    def notice(self, notice: Notice) -> None:
        """Take in a notice: of an open round, none is passed on."""
        if not self._open(parse(notice.place if isinstance(notice, TextArrived) else notice.decision)):
            self._view.notice(notice)

    def _open(self, place: Place) -> bool:
        over = self._over.get((place.step, place.item))
        return over is not None and place.turn > 0 and place.round > over


def without_open_rounds(log: Log) -> Log:
    """Return a log without what was thought and done in rounds that still wait for a person's move."""
    waiting = {_round(asked.decision) for asked in open_questions(log.events) if asked.decision}
    kept = [e for e in log.entries if isinstance(e.event, HumanAsked) or _round(place_of(e.event)) not in waiting]
    return replace(log, entries=tuple(kept)) if waiting else log


def _round(name: str) -> tuple[str, int, int] | None:
    """Return the round of a match that a decision belongs to; None of what is no player's."""
    place = parse(name)
    return (place.step, place.round, place.item) if place.turn else None
