"""The chain of one run, from its files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from glasswork.errors import LogCorrupt, LogError
from glasswork.log.about import RUN_JSON
from glasswork.log.chain import Walk
from glasswork.log.lock import EVENTS

_BUFFER = 1 << 20


@contextmanager
def walking(folder: Path) -> Iterator[Walk]:
    """Open a run's chain. Raises LogError where there is none."""
    try:
        first = beginning(folder)
        stream: BinaryIO = (folder / EVENTS).open("rb", buffering=_BUFFER)
    except OSError as error:
        raise LogError(f"{folder} holds no log that can be read: {error.strerror}") from error
    with stream:
        yield Walk(stream, first)


def beginning(folder: Path) -> str:
    """Return the hash that a run's first event follows from. Raises OSError."""
    return hashlib.sha256((folder / RUN_JSON).read_bytes()).hexdigest()


def refuse_broken(walk: Walk, folder: Path) -> None:
    """Raise LogCorrupt where a chain that was walked does not hold; a half-written end is no break."""
    if walk.broken is not None and walk.broken.how != "torn":
        raise LogCorrupt(f"{folder / EVENTS}: {walk.broken.text}", hint=f"run 'glasswork log verify {folder.name}'")
