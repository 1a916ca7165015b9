"""Reads a log back, while it is being written or after. Never writes, takes no lock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pydantic import ValidationError

from glasswork.errors import LogCorrupt, LogError
from glasswork.log.about import RUN_JSON, RunAbout, read_about
from glasswork.log.blobs import Blobs, blobs_named_in, put_back
from glasswork.log.chain import How, Link, Walk
from glasswork.log.lock import EVENTS, holder
from glasswork.records import EVENT, Event


class Entry(NamedTuple):
    """One event, its number in the log (from 1), and when it was recorded (UTC)."""

    seq: int
    time: datetime
    event: Event


@dataclass(frozen=True)
class Log:
    """A whole run, read. ``torn`` is True where the end is half-written: a killed run, or a write under way."""

    about: RunAbout
    entries: tuple[Entry, ...]
    torn: bool = False
    writer: int | None = None
    """The process that was writing the log while it was read, or None."""

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The events alone."""
        return tuple(entry.event for entry in self.entries)


@dataclass(frozen=True)
class Verdict:
    """What :func:`verify` found. ``ok``: all that is there is as it was written."""

    ok: bool
    events: int
    complete: bool
    """The last event is a run's end, and it counts as many events as there are."""
    problem: str = ""
    """In words, empty where there is none."""
    how: How = ""
    event: int | None = None
    """Number of the event where the problem begins."""
    offset: int | None = None
    """The byte of ``events.jsonl`` where it begins."""


def read(folder: Path) -> Log:
    """Read a run; a half-written end is left out.

    Raises LogError where there is no log, LogCorrupt where its chain or a blob is broken.
    """
    writer = holder(folder)
    about = read_about(folder)
    with _walking(folder) as walk:
        entries = tuple(_entries(walk, folder))
    return Log(about, entries, torn=walk.broken is not None, writer=writer)


def iter_entries(folder: Path) -> Iterator[Entry]:
    """Yield a run's entries one by one, as :func:`read` has them; for logs too long to hold."""
    with _walking(folder) as walk:
        yield from _entries(walk, folder)


def read_definitions(folder: Path) -> dict[str, str]:
    """Return the definition files as they were when the run began: name to text."""
    blobs = Blobs(folder / "blobs")
    return {name: blobs.get(digest) for name, digest in read_about(folder).definitions.items()}


def verify(folder: Path) -> Verdict:
    """Check every byte of a run: its chain, its blobs, its end. Raises LogError only where there is no log."""
    blobs = _BlobCheck(folder)
    last: Link | None = None
    with _walking(folder) as walk:
        for link in walk:
            blobs.look(link)
            last = last if link.type == "log.repaired" else link
    blobs.look_at_definitions()
    if walk.broken is not None:
        broken = walk.broken
        return Verdict(False, walk.seq, False, broken.text, broken.how, broken.seq, broken.offset)
    if blobs.problem:
        return Verdict(False, walk.seq, False, blobs.problem, "changed", blobs.event)
    if last is None or last.type != "run.finished" or json.loads(last.data)["events"] != last.seq:
        return Verdict(True, walk.seq, False, _open_end(folder), "cut", walk.seq + 1, walk.offset)
    return Verdict(True, walk.seq, True)


class _BlobCheck:
    """Looks at each blob once, and keeps the first problem."""

    def __init__(self, folder: Path) -> None:
        self.problem = ""
        self.event: int | None = None
        self._folder = folder
        self._blobs = Blobs(folder / "blobs")
        self._seen: set[str] = set()

    def look(self, link: Link) -> None:
        for digest in blobs_named_in(link.data):
            if digest not in self._seen and not self.problem:
                self._seen.add(digest)
                self._try(digest, f"event {link.seq} at byte {link.offset}", link.seq)

    def look_at_definitions(self) -> None:
        for name, digest in read_about(self._folder).definitions.items():
            if not self.problem:
                self._try(digest, f"run.json ({name})", None)

    def _try(self, digest: str, whose: str, event: int | None) -> None:
        try:
            self._blobs.get(digest)
        except LogCorrupt as error:
            self.problem, self.event = f"{whose} lost a text: {error.message}", event


def _entries(walk: Walk, folder: Path) -> Iterator[Entry]:
    blobs = Blobs(folder / "blobs")
    for link in walk:
        yield _entry(link, blobs, folder)
    if walk.broken is not None and walk.broken.how != "torn":
        raise LogCorrupt(f"{folder / EVENTS}: {walk.broken.text}", hint=f"run 'glasswork log verify {folder.name}'")


def _entry(link: Link, blobs: Blobs, folder: Path) -> Entry:
    try:
        data = put_back(json.loads(link.data), blobs.get)
        return Entry(link.seq, datetime.fromisoformat(link.time), EVENT.validate_python({**data, "type": link.type}))
    except ValidationError as error:
        what = f"{folder / EVENTS}: event {link.seq} ({link.type}) is of a form that this version does not know"
        raise LogError(what, hint="read it with the version of glasswork that run.json names") from error


@contextmanager
def _walking(folder: Path) -> Iterator[Walk]:
    try:
        first = hashlib.sha256((folder / RUN_JSON).read_bytes()).hexdigest()
        stream: BinaryIO = (folder / EVENTS).open("rb")
    except OSError as error:
        raise LogError(f"{folder} holds no log that can be read: {error.strerror}") from error
    with stream:
        yield Walk(stream, first)


def _open_end(folder: Path) -> str:
    pid = holder(folder)
    if pid is not None:
        return f"the log has no end yet: process {pid} is writing it"
    return "the log has no end: the run was killed, or whole events were cut off after the last one"
