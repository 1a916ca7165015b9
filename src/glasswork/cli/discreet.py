"""What a person who plays is not shown yet: what the others think and do in a round that is still open, and whatever a
game of hidden roles hides from it; and as whom else one may look on.
"""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from glasswork.games.werewolf.seeing import ALL, PUBLIC, Sight, Tables, is_table, spectator
from glasswork.log.questions import open_questions
from glasswork.places import Place, parse
from glasswork.records import Event, HumanAsked, MatchFinished, MatchStarted, Notice, RoundPlayed, TextArrived
from glasswork.view.lines import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from glasswork.log.reader import Entry, Log
    from glasswork.view.heading import Heading
    from glasswork.view.live import View
    from glasswork.workflow.compiled import CompiledWorkflow

LEARNED_FROM = frozenset({"match.started", "match.finished", "step.started", "table.happened"})
"""The types of event that tell who sits at which table, and what is over."""


class Discreet:
    """A view that hears of the decisions of a round when the round is over, in matches that a person plays.

    Of a game of hidden roles it hears what its spectator may know; where that is whoever sits at the terminal, and a
    person plays, of the rest when the game is over.
    """

    def __init__(self, view: View, see: str = "") -> None:
        self._view = view
        self._sight = Sight(see)
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
        """Take in an event: tell of it now, or after its round, or not at all."""
        shown = self._sight.show(event)
        if isinstance(event, MatchStarted) and "human" in event.kinds and not is_table(event):
            self._over[event.step, event.match] = 0
        if isinstance(event, RoundPlayed) and (event.step, event.match) in self._over:
            self._over[event.step, event.match] = event.number
            self._release(event.step, event.match)
        if isinstance(event, MatchFinished) and event.step in self._sight.tables.steps:
            self._release(event.step, event.match)
        place = parse(place_of(event))
        if shown is None or (self._open(place) and not isinstance(event, HumanAsked)):
            self._keep(event, place, held=held)
        else:
            self._view.event(shown, held=held)

    def notice(self, notice: Notice) -> None:
        """Take in a notice: of an open round, and of what is hidden, none is passed on."""
        name = notice.place if isinstance(notice, TextArrived) else notice.decision
        if not self._open(parse(name)) and self._sight.follows(name):
            self._view.notice(notice)

    def _keep(self, event: Event, place: Place, *, held: bool) -> None:
        if not self._sight.see:
            match: int = getattr(event, "match", place.item)
            self._kept.setdefault((place.step, match), []).append((event, held))

    def _release(self, step: str, match: int) -> None:
        for kept, was_held in self._kept.pop((step, match), ()):
            self._view.event(kept, held=was_held)

    def _open(self, place: Place) -> bool:
        over = self._over.get((place.step, place.item))
        return over is not None and place.turn > 0 and place.round > over


class Seen(NamedTuple):
    """As whom somebody looks on at a run."""

    sight: Sight
    words: str = ""
    """What to say of it in the run's tale; empty: nothing is left out."""
    spoils: bool = False
    """Whether more is shown than a person who plays may know yet."""

    @property
    def spectator(self) -> str:
        """For whom a page is made: where several people play and it is not over, what is public."""
        if self.sight.see or not self.veiled:
            return self.sight.see or ALL
        people = _people(self.sight.tables)
        return people[0] if len(people) == 1 else PUBLIC

    @property
    def veiled(self) -> bool:
        """Whether something may be left out."""
        return bool(self.words)

    def entries(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield a run's entries as they may be shown."""
        for entry in entries:
            event = self.sight.show(entry.event)
            if event is not None:
                yield entry if event is entry.event else entry._replace(event=event)

    def hides(self, decision: str, log: Log) -> bool:
        """Whether a decision was taken in a run, and may not be shown."""
        return not self.sight.follows(decision) and any(getattr(e, "decision", "") == decision for e in log.events)

    def heading(self, heading: Heading) -> Heading:
        """Return a run's heading without a reason that may quote what is hidden."""
        return replace(heading, reason="") if self.veiled else heading


def seen_as(see: str, tables: Tables) -> Seen:
    """Look on at a run as ``see``: ``all``, ``public``, a player; or empty, as whoever sits at this terminal.

    Raises NotFound where nobody at a table is called so.
    """
    see = spectator(see, tables.names)
    sight = Sight(see, tables)
    spoils = see not in {"", PUBLIC} and tables.open_to_people() and see not in _people(tables)
    if not sight.veiled():
        return Seen(sight, "", spoils)
    if see:
        return Seen(sight, "what is public" if see == PUBLIC else f"what {see} may know", spoils)
    people = " and ".join(_people(tables))
    return Seen(sight, f"what {people} may know, as the game is not over")


def _people(tables: Tables) -> tuple[str, ...]:
    games = (game for game in tables.people if game not in tables.over)
    return tuple(dict.fromkeys(name for game in games for name in tables.players[game] if name in tables.people[game]))


def check_see(see: str, workflow: CompiledWorkflow) -> None:
    """Refuse a spectator whom no table of a workflow knows, before it runs. Raises NotFound."""
    from glasswork.definitions import WerewolfStep, WorkflowStep

    steps = workflow.definition.steps.values()
    if see and not any(isinstance(step, WorkflowStep) for step in steps):  # whose tables are its own
        spectator(see, [name for step in steps if isinstance(step, WerewolfStep) for name in step.players])


def tables_in(folder: Path) -> Tables:
    """Return what a run's log tells of its games of hidden roles. Raises LogError."""
    from glasswork.errors import LogError
    from glasswork.log.reader import iter_entries

    tables = Tables()
    try:
        for entry in iter_entries(folder, only=LEARNED_FROM):
            tables.take(entry.event)
    except LogError:
        return tables  # whoever reads the log for its own sake will hear of it, behind what can be told
    return tables


def seen_log(log: Log, see: str = "") -> tuple[Log, Seen]:
    """Return a log as somebody may see it, and as whom. Raises NotFound."""
    seen = seen_as(see, Tables(log.events))
    if seen.sight.see == ALL or not seen.sight.tables.steps:
        return log, seen
    return replace(log, entries=tuple(seen.entries(log.entries))), seen


def without_open_rounds(log: Log) -> Log:
    """Return a log without what was thought and done in rounds that still wait for a person's move."""
    waiting = {_round(asked.decision) for asked in open_questions(log.events) if asked.decision}
    waiting -= {place for place in waiting if place and place[0] in Tables(log.events).steps}
    kept = [e for e in log.entries if isinstance(e.event, HumanAsked) or _round(place_of(e.event)) not in waiting]
    return replace(log, entries=tuple(kept)) if waiting else log


def _round(name: str) -> tuple[str, int, int] | None:
    """Return the round of a match that a decision belongs to; None of what is no player's."""
    place = parse(name)
    return (place.step, place.round, place.item) if place.turn else None
