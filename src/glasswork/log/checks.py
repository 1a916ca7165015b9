"""What tests of a run's decisions have found, read ahead of the run: its tale shows them where a decision stands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from glasswork.errors import LogError
from glasswork.log.blobs import Blobs
from glasswork.log.chain import parse
from glasswork.log.lock import EVENTS
from glasswork.records import EVENT, DecisionChecked, DecisionStarted, Event

Checks = dict[str, dict[str, DecisionChecked]]
"""By decision, then by measure; of several checks the latest."""

_CHECKED, _STARTED = b'"type":"decision.checked"', b'"type":"decision.started"'
_HEADER = 300
"""Bytes from a line's beginning within which its type stands."""


def read_checks(folder: Path) -> Checks:
    """Return what has been found of a run's decisions. Reads over everything else without decoding it.

    Only lines that match their own hash count; that the chain holds is for those to say who read the run itself.

    Raises LogError where there is no log, LogCorrupt where a text is damaged.
    """
    blobs, found = Blobs(folder), list[Event]()
    try:
        with (folder / EVENTS).open("rb") as file:
            for line in file:
                kind = line[:_HEADER]
                if _CHECKED in kind or (found and _STARTED in kind):
                    link = parse(line)
                    if link is not None and link.data is not None:
                        data = blobs.put_back(link.data) if b"$blob" in link.data else link.data
                        found.append(EVENT.validate_json(b'{"type":"%b",%b' % (link.type.encode(), data[1:])))
    except OSError as error:
        raise LogError(f"{folder} holds no log that can be read: {error.strerror}") from error
    return checks_of(found)


def checks_of(events: Iterable[Event]) -> Checks:
    """Return what has been found, from events. A decision that was taken anew is unchecked again."""
    checks: Checks = {}
    for event in events:
        match event:
            case DecisionStarted():
                checks.pop(event.decision, None)
            case DecisionChecked():
                checks.setdefault(event.decision, {})[event.measure] = event
    return checks
