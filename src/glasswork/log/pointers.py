"""Where in a log the plans and explanations stand that tests are about.

Whoever makes events knows no numbers and hashes; a log's writer, which gives them, fills them in.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from glasswork.log.reader import iter_entries
from glasswork.records import DecisionChecked, Event, Explained, Planned


class Pointer(NamedTuple):
    """An event's number, and its hash in the chain."""

    event: int
    hash: str


class Pointers:
    """The latest plan and explanation of each decision of a log that is being written."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing; what the log in ``folder`` holds already is read when that is first needed."""
        self._folder = folder
        self._unread = True
        self._known: dict[tuple[str, str], Pointer] = {}

    def note(self, event: Event, seq: int, hash_: str) -> None:
        """Take in an event that was written."""
        if isinstance(event, Planned | Explained):
            self._known[event.decision, event.type] = Pointer(seq, hash_)

    def fill(self, event: DecisionChecked) -> DecisionChecked:
        """Return the event with what it is about, where that is left open and the log holds it."""
        if event.event:
            return event
        about = event.decision, "decision.planned" if event.measure == "influence" else "decision.explained"
        if about not in self._known and self._unread:
            self._read()
        found = self._known.get(about)
        return event.model_copy(update=found._asdict()) if found else event

    def _read(self) -> None:
        """Read the log, once; what was noted since it was opened is later, and counts."""
        since, self._known, self._unread = self._known, {}, False
        for entry in iter_entries(self._folder, only={"decision.planned", "decision.explained"}):
            self.note(entry.event, entry.seq, entry.hash)
        self._known |= since
