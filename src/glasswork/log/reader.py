"""Reads a log back, while it is being written or after. Never writes, takes no lock."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from glasswork.errors import LogError
from glasswork.log.about import RunAbout, read_about
from glasswork.log.blobs import Blobs
from glasswork.log.chain import Link, Walk
from glasswork.log.lock import EVENTS, holder
from glasswork.log.verify import Verdict, verify
from glasswork.log.walking import refuse_broken, walking
from glasswork.records import EVENT, Event, Redacted

__all__ = ["Entry", "Log", "Verdict", "follow", "iter_entries", "read", "read_definitions", "verify"]


class Entry(NamedTuple):
    """One event, its number in the log (from 1), when it was recorded (UTC), and its hash in the chain."""

    seq: int
    time: datetime
    event: Event
    hash: str = ""


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


def read(folder: Path) -> Log:
    """Read a run; a half-written end is left out. What was redacted reads as such.

    Raises LogError where there is no log, LogCorrupt where its chain or a blob is broken.
    """
    writer = holder(folder)
    about = read_about(folder)
    with walking(folder) as walk:
        entries = tuple(_entries(walk, folder))
    return Log(about, entries, torn=walk.broken is not None, writer=writer)


def iter_entries(folder: Path, *, only: Container[str] | None = None) -> Iterator[Entry]:
    """Yield a run's entries one by one, as :func:`read` has them; for logs too long to hold.

    ``only`` names the types of event that are wanted; the others are checked, and not decoded.
    """
    with walking(folder) as walk:
        yield from _entries(walk, folder, only)


def follow(folder: Path, *, after: int = 0) -> Iterator[list[Entry]]:
    """Yield a run's entries behind event ``after``, and from then on, whenever asked, those that have come since.

    Never ends by itself; a line that is being written comes with the next lot. Raises as :func:`read` does.
    """
    blobs = Blobs(folder)
    with walking(folder) as walk:
        while True:
            yield [_entry(link, blobs, folder) for link in walk if link.seq > after]
            refuse_broken(walk, folder)


def read_definitions(folder: Path) -> dict[str, str]:
    """Return the definition files as they were when the run began: name to text."""
    blobs = Blobs(folder)
    return {name: blobs.get(digest) for name, digest in read_about(folder).definitions.items()}


def _entries(walk: Walk, folder: Path, only: Container[str] | None = None) -> Iterator[Entry]:
    blobs = Blobs(folder)
    for link in walk:
        if only is None or link.type in only:
            yield _entry(link, blobs, folder)
    refuse_broken(walk, folder)


def _entry(link: Link, blobs: Blobs, folder: Path) -> Entry:
    return Entry(link.seq, datetime.fromisoformat(link.time), _event(link, blobs, folder), link.hash)


def _event(link: Link, blobs: Blobs, folder: Path) -> Event:
    if link.data is None:
        return Redacted(was=link.type)
    data = blobs.put_back(link.data) if b"$blob" in link.data else link.data
    try:
        return EVENT.validate_json(b'{"type":"%b"%b%b' % (link.type.encode(), b"," * (data != b"{}"), data[1:]))
    except ValidationError as error:
        what = f"{folder / EVENTS}: event {link.seq} ({link.type}) is of a form that this version does not know"
        raise LogError(what, hint="read it with the version of glasswork that run.json names") from error
