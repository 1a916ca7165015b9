"""What a live view is told besides events; never logged."""

from __future__ import annotations

from collections.abc import Callable

from glasswork.records.base import Record
from glasswork.records.deciding import Stage


class StageEntered(Record):
    """A decision entered a stage."""

    decision: str
    stage: Stage


class TextArrived(Record):
    """A model wrote some more text at a place."""

    place: str
    text: str


Notice = StageEntered | TextArrived
Watcher = Callable[[Notice], None]
