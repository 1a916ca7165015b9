"""``glasswork log tail``: follows a run from another terminal, event by event, as each is on disk."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.cli.options import AsJson, Logs, Run, See

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glasswork.log.reader import Entry

POLL = 0.05
"""Seconds between two looks at the log: what has just happened shows at once, and looking costs next to nothing."""


def tail(
    run: Run = "latest",
    *,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Events to show of those that are there.")] = 10,
    see: See = "",
    logs: Logs = None,
    as_json: AsJson = False,
) -> None:
    """Follow a run from another terminal, event by event, until it ends.

    Ctrl-C ends only the following. Exits with 1 where nobody writes the log any more and it has no end.
    """
    from glasswork.cli.discreet import seen_as, tables_in
    from glasswork.cli.pager import quietly
    from glasswork.log.runs import find_run, summarise

    folder = find_run(logs_folder(logs), run)
    tell = _as_json if as_json else _in_a_line()
    with quietly():
        known = summarise(folder).events
        skipped, seen = max(0, known - lines), seen_as(see, tables_in(folder))
        if skipped and not as_json:
            say.note(f"{folder.name}: {skipped} events before these")
        for entry in entries(folder, after=skipped):
            if entry.seq > known:
                seen.sight.tables.take(entry.event)
            for shown in seen.entries([entry]):
                tell(shown)
        if not _ended(folder):
            say.note(
                f"{say.paint('cut off', 'yellow', sys.stderr)}: nobody writes this log any more, and it has no end"
            )
            say.note(f"  go on with it: glasswork resume {folder.name[-4:]}")
            raise typer.Exit(1)


def entries(folder: Path, *, after: int = 0, poll: float = POLL) -> Iterator[Entry]:
    """Yield a run's entries behind the event ``after``, and wait for new ones until it ends, or its writer is gone.

    Raises:
        LogError: the log cannot be read (on).
    """
    from glasswork.log.lock import holder
    from glasswork.log.reader import follow
    from glasswork.records import RunFinished
    from glasswork.view.rounds import ASIDE

    over, feed = False, follow(folder, after=after)
    while True:
        written = holder(folder) is not None  # asked before reading: what its last writer left is read all the same
        news = next(feed)
        for entry in news:
            yield entry
            if not isinstance(entry.event, ASIDE):
                over = isinstance(entry.event, RunFinished)
        if over or not (news or written):
            return
        if not news:
            time.sleep(poll)


def _ended(folder: Path) -> bool:
    from glasswork.log.runs import summarise

    return summarise(folder).state not in {"running", "cut off"}


def _as_json(entry: Entry) -> None:
    from glasswork.view.as_json import entry_json
    from glasswork.view.clean import json_text

    say.out(json_text(entry_json(entry)))
    sys.stdout.flush()


def _in_a_line() -> Callable[[Entry], None]:
    """Return what prints an entry in one line, no longer than the terminal is wide."""
    from glasswork.view.clean import clean
    from glasswork.view.lines import line

    def tell(entry: Entry) -> None:
        said = clean(line(entry.event, entry.seq))
        width = shutil.get_terminal_size().columns - len("19:45:01  ")
        if sys.stdout.isatty() and len(said) > width:
            said = said[: max(8, width) - 1] + "…"
        say.out(f"{say.paint(f'{entry.time:%H:%M:%S}', 'dim')}  {said}")
        sys.stdout.flush()

    return tell
