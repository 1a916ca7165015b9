"""A test that does not say what it is about is given number and hash of that, as the log has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasswork.log.about import RunAbout
from glasswork.log.reader import read, verify
from glasswork.log.writer import LogWriter
from glasswork.records import DecisionChecked, Explained, Option, Planned, RunStarted


def planned(decision: str) -> Planned:
    options = (Option(label="A", text="a", probability=1.0),)
    return Planned(decision=decision, thinking="", options=options, choice="A", order_consistency=1.0, orders=0)


def explained(decision: str) -> Explained:
    return Explained(decision=decision, reader="colleague", because=(), confidence=0.5, would_change_if="")


def checked(decision: str, measure: str, event: int = 0, hash_: str = "") -> DecisionChecked:
    return DecisionChecked(decision=decision, event=event, hash=hash_, measure=measure, method="m", value=None)


def pointers(folder: Path) -> list[tuple[str, int, str]]:
    return [(e.measure, e.event, e.hash) for e in read(folder).events if isinstance(e, DecisionChecked)]


def test_what_is_tested_is_filled_in(folder: Path, about: RunAbout) -> None:
    with LogWriter.create(folder, about) as writer:
        for event in (RunStarted(run="r", workflow="w"), planned("a#1"), planned("b#1"), explained("a#1")):
            writer.record(event)
        writer.record(checked("a#1", "influence"))
        writer.record(checked("a#1", "evidence"))
        writer.record(explained("a#1"))
        writer.record(checked("a#1", "evidence"))
    hashes = {entry.seq: entry.hash for entry in read(folder).entries}
    assert pointers(folder) == [("influence", 2, hashes[2]), ("evidence", 4, hashes[4]), ("evidence", 7, hashes[7])]
    assert verify(folder).ok


def test_also_where_the_log_was_closed_in_between(folder: Path, about: RunAbout) -> None:
    with LogWriter.create(folder, about) as writer:
        for event in (RunStarted(run="r", workflow="w"), planned("a#1"), explained("a#1"), planned("b#1")):
            writer.record(event)
    with LogWriter.open(folder) as writer:
        writer.record(explained("a#1"))
        writer.record(checked("a#1", "influence"))
        writer.record(checked("a#1", "evidence"))
        writer.record(checked("b#1", "influence"))
    hashes = {entry.seq: entry.hash for entry in read(folder).entries}
    assert pointers(folder) == [("influence", 2, hashes[2]), ("evidence", 5, hashes[5]), ("influence", 4, hashes[4])]


@pytest.mark.parametrize("given", [(3, "abc"), (0, "")])
def test_what_is_said_stays_and_what_is_not_there_stays_open(
    folder: Path, about: RunAbout, given: tuple[int, str]
) -> None:
    with LogWriter.create(folder, about) as writer:
        writer.record(RunStarted(run="r", workflow="w"))
        writer.record(checked("a#1", "influence", *given))
    assert pointers(folder) == [("influence", *given)]
