"""Checks every byte of a run: its chain, its texts, what was redacted, its anchor, its end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from glasswork.errors import LogCorrupt, UserError
from glasswork.log.about import read_about
from glasswork.log.blobs import Blobs, blobs_named_in
from glasswork.log.chain import How, Link, Walk
from glasswork.log.head import Head, Seal, misfit, read_head, seal_of
from glasswork.log.lock import holder
from glasswork.log.redactions import Redactions
from glasswork.log.walking import walking

OF_THE_LOG = frozenset({"log.repaired", "log.redacted", "decision.checked", "human.answered"})
"""Events that may follow a run's end, and leave it the end: about the log, or about the run and from outside."""


@dataclass(frozen=True)
class Verdict:
    """What :func:`verify` found. ``ok``: all that is there is as it was written."""

    ok: bool
    events: int
    """How many hold, from the first on."""
    complete: bool
    """The last event is a run's end, which counts as many events as there are; and no redaction is half done."""
    problem: str = ""
    """In words, empty where there is none."""
    how: How = ""
    event: int | None = None
    """Number of the event where the problem begins."""
    offset: int | None = None
    """The byte of ``events.jsonl`` where it begins."""
    head: str = ""
    """Hash of the last event that holds: noted elsewhere, it shows every later change."""
    seal: Seal = ""
    """What the anchor beside the log is worth."""
    noted: int | None = None
    """Number of the event with the hash that was expected, where it is there."""


class _Finding(NamedTuple):
    how: How
    text: str
    event: int | None = None
    offset: int | None = None


def verify(folder: Path, *, expect: str = "") -> Verdict:
    """Check a run.

    Args:
        folder: Where it is.
        expect: A hash, or 12 digits or more of its beginning, that was noted as the log's head: some event must have
            it. What came after that event does not matter.

    Raises:
        LogError: there is no log.
        UserError: ``expect`` is no such hash.
    """
    if expect and not re.fullmatch(r"[0-9a-f]{12,64}", expect):
        raise UserError(f"{expect!r} is no hash of an event", hint="'glasswork log verify' prints the head of a log")
    head, damage = _anchor(folder)  # before the chain is read: the log may be growing
    with walking(folder) as walk:
        survey = _Survey(folder, head, walk)
        for link in walk:
            survey.look(link, expect)
    findings = [*damage, *survey.wrong()]
    if expect and survey.noted is None:
        findings.append(_Finding("replaced", f"no event has the hash {expect}: the log was cut, or written anew"))
    wrong = bool(findings)
    found = next(iter(findings or survey.missing()), _Finding("", ""))
    return Verdict(
        ok=not wrong,
        events=walk.seq,
        complete=not found.how,
        problem=found.text,
        how=found.how,
        event=found.event,
        offset=found.offset,
        head=walk.hash if walk.seq else "",
        seal=seal_of(head),
        noted=survey.noted,
    )


def _anchor(folder: Path) -> tuple[Head | None, list[_Finding]]:
    try:
        return read_head(folder), []
    except LogCorrupt as error:
        return None, [_Finding("changed", error.message)]


class _Survey:
    """What a walk over a log has shown."""

    def __init__(self, folder: Path, head: Head | None, walk: Walk) -> None:
        self.noted: int | None = None
        self._folder, self._head, self._walk = folder, head, walk
        self._blobs = Blobs(folder)
        self._anchored = walk.hash if head and head.seq == 0 else None
        self._named: dict[str, Link] = {}
        self._tombstones: dict[int, Link] = {}
        self._redactions = Redactions()
        self._last: Link | None = None

    def look(self, link: Link, expect: str) -> None:
        """Take in an event of the chain."""
        if self._head is not None and link.seq == self._head.seq:
            self._anchored = link.hash
        if expect and link.hash.startswith(expect):
            self.noted = link.seq
        if link.type not in OF_THE_LOG:
            self._last = link
        self._redactions.look(link)
        if link.data is None:
            self._tombstones[link.seq] = link
        elif b"$blob" in link.data:
            for name in blobs_named_in(link.data):
                self._named.setdefault(name, link)

    def wrong(self) -> Iterator[_Finding]:
        """Yield what is not as it was written; the worst comes first."""
        broken = self._walk.broken
        if broken is not None and broken.how != "torn":
            yield _Finding(broken.how, broken.text, broken.seq, broken.offset)
            return
        yield from self._removed()
        yield from self._lost()
        how, text = misfit(self._head, self._walk.seq, self._anchored)
        if how:
            yield _Finding(how, text)
        if broken is not None and holder(self._folder) is None:
            yield _Finding(broken.how, broken.text, broken.seq, broken.offset)

    def missing(self) -> Iterator[_Finding]:
        """Yield what a log that is as it was written still lacks."""
        last = self._last
        if last is None or last.type != "run.finished" or not _counts(last):
            yield _Finding("cut", self._open_end(), self._walk.seq + 1, self._walk.offset)
        for number, by in self._redactions.events.items():
            if number not in self._tombstones:
                yield _unfinished(by, f"event {number}")
        for name, by in self._redactions.blobs.items():
            path = self._blobs.folder / name
            if path.is_file() and path.stat().st_size:
                yield _unfinished(by, f"blob {name}")

    def _removed(self) -> Iterator[_Finding]:
        for link in self._tombstones.values():
            if link.seq not in self._redactions.events:
                text = f"event {link.seq} at byte {link.offset} was emptied, and no log.redacted event says so"
                yield _Finding("removed", text, link.seq, link.offset)

    def _lost(self) -> Iterator[_Finding]:
        for name, link in self._named.items():
            yield from self._try(name, f"event {link.seq} at byte {link.offset}", link.seq)
        for file, name in read_about(self._folder).definitions.items():
            yield from self._try(name, f"run.json ({file})", None)

    def _try(self, name: str, whose: str, event: int | None) -> Iterator[_Finding]:
        try:
            if not self._blobs.raw(name) and name not in self._redactions.blobs:
                yield _Finding("removed", f"{whose} lost a text: blob {name} was emptied, and no event says so", event)
        except LogCorrupt as error:
            yield _Finding("changed", f"{whose} lost a text: {error.message}", event)

    def _open_end(self) -> str:
        pid = holder(self._folder)
        if pid is not None:
            return f"the log has no end yet: process {pid} is writing it"
        return "the log has no end: the run was killed, or whole events were cut off after the last one"


def _counts(end: Link) -> bool:
    """Whether a run's end counts as many events as there are; an emptied one cannot say."""
    return end.data is None or json.loads(end.data).get("events") == end.seq


def _unfinished(by: int, what: str) -> _Finding:
    text = f"the redaction that event {by} speaks of is not finished: {what} is still there"
    return _Finding("unfinished", text, by)
