"""The beginning of a run, for another run that goes its own way from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from glasswork.errors import LogError
from glasswork.log.blobs import blobs_named_in
from glasswork.log.chain import Link, seal
from glasswork.log.walking import refuse_broken, walking


class Prefix(NamedTuple):
    """Events of one run, as lines of another run's chain."""

    lines: bytes
    last: str
    """Hash of the last one in the new chain."""
    hash: str
    """Its hash in the chain it comes from."""
    blobs: frozenset[str]
    """The texts that the events name."""


def read_prefix(parent: Path, upto: int, *, run: str, first: str, salt: str) -> Prefix:
    """Return a run's events up to number ``upto``, with their times, types and data.

    Args:
        parent: The run's folder.
        upto: Number of the last event.
        run: Id of the run they are for; only ``run.started`` names it.
        first: Where that run's chain begins.
        salt: 32 new hexadecimal digits, for that one event.

    Raises:
        LogError: there are not so many, or one of them was redacted.
        LogCorrupt: the chain does not hold up to there.
    """
    lines, blobs, hash_, before = [], set[str](), first, ""
    for link in _whole(parent, upto):
        assert link.data is not None, "checked"
        line, hash_ = _renamed(link, hash_, run, salt) if link.type == "run.started" else link.behind(hash_)
        lines.append(line)
        blobs.update(blobs_named_in(link.data))
        before = link.hash
    return Prefix(b"".join(lines), hash_, before, frozenset(blobs))


def _whole(parent: Path, upto: int) -> Iterator[Link]:
    count = 0
    with walking(parent) as walk:
        for link in islice(walk, max(upto, 0)):
            if link.data is None:
                raise LogError(f"event {link.seq} was redacted, so {parent.name} cannot be forked behind it")
            count = link.seq
            yield link
        refuse_broken(walk, parent)
    if count < max(upto, 1):
        raise LogError(f"{parent.name} has no event {upto}: there are {count}")


def _renamed(link: Link, prev: str, run: str, salt: str) -> tuple[bytes, str]:
    data = json.loads(link.data or b"{}") | {"run": run}
    return seal(link.seq, prev, link.time, link.type, salt=salt, data=json.dumps(data, separators=(",", ":")))
