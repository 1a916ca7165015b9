"""``glasswork log redact``: takes what somebody said out of a run's log, for good."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.cli.options import Logs
from glasswork.errors import UserError

if TYPE_CHECKING:
    from glasswork.log.removal import Found, Named

_SHOWN = 12
"""Events that are named one by one."""


def redact(
    run: Annotated[str, typer.Argument(help="A run's id, the start or the end of one, or 'latest'.", metavar="RUN")],
    *,
    event: Annotated[
        list[int] | None, typer.Option(help="Remove what this event says; may be repeated.", metavar="N")
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="Remove whatever holds this text; may be repeated.", metavar="TEXT")
    ] = None,
    decision: Annotated[
        str | None, typer.Option(help="Remove a decision, such as build#1.", metavar="DECISION", show_default=False)
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; kept in the log.", show_default=False)] = "",
    files: Annotated[bool, typer.Option("--files", help="Remove files beside the log that hold a text, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    logs: Logs = None,
) -> None:
    """Remove texts from a run's log for good, and leave its chain whole.

    Shows what will go, and asks. The log says that it was removed, by whom and why. A run that was redacted can be
    read, but not resumed, replayed or forked.
    """
    from glasswork.cli.session import redactor_here
    from glasswork.log.removal import find, unfinished
    from glasswork.log.removal import redact as take_out
    from glasswork.log.runs import find_run

    folder = find_run(logs_folder(logs), run)
    events, texts = event or [], text or []
    if not (events or texts or decision or unfinished(folder)):
        raise UserError("nothing was named that is to go", hint="name it with --event, --text or --decision")
    found = find(folder, events=events, texts=texts, decision=decision)
    _show(folder, found, files=files)
    if not (found or unfinished(folder) or (files and found.files)):
        say.out("Nothing to remove.")
        return
    if not (yes or _confirmed()):
        raise typer.Exit(1)
    take_out(
        folder,
        events=events,
        texts=texts,
        decision=decision,
        reason=reason,
        by=getpass.getuser(),
        files=files,
        redactor=redactor_here(),
    )
    say.out(f"{folder.name}: redacted; its chain holds")


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise UserError("removing texts asks first, and there is no terminal to ask at", hint="say --yes")
    return typer.confirm("Remove this for good?", err=True)


def _show(folder: Path, found: Found, *, files: bool) -> None:
    """Say what will go, and what will stay all the same."""
    from glasswork.log.about import read_about
    from glasswork.log.runs import forks_of

    rows = [("event", each) for each in _listed(found.events)]
    rows += [("texts", f"{len(found.blobs)} long; [redacted] in {_numbers(found.readers)}")] if found.blobs else []
    rows += [("file" if files else "file stays", say.shown(path)) for path in found.files]
    rows += [("stays", f"{found.shared} long texts that other events name, too")] if found.shared else []
    rows += [("stays", "run.json holds a text; it is never changed")] if found.in_run_json else []
    parent = read_about(folder).parent
    kin = [*([parent.run] if parent else []), *forks_of(folder.parent, folder.name)]
    rows += [("see also", f"{other}, which shares its beginning") for other in kin] if found else []
    say.columns(rows)


def _numbers(events: tuple[Named, ...]) -> str:
    if not events:
        return "no event that stays"
    shown = ", ".join(str(each.seq) for each in events[:_SHOWN])
    return f"event {shown}" + (f" and {len(events) - _SHOWN} more" if len(events) > _SHOWN else "")


def _listed(events: tuple[Named, ...]) -> list[str]:
    shown = [f"{each.seq}  {each.type}" for each in events[:_SHOWN]]
    return shown + ([f"and {len(events) - _SHOWN} more"] if len(events) > _SHOWN else [])
