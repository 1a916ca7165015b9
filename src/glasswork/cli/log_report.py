"""``glasswork log report``: the report of a run's experiment, written anew from its log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.cli.options import AsJson, Logs, Run
from glasswork.errors import UserError


def report(
    run: Run = "latest",
    *,
    into: Annotated[
        Path | None,
        typer.Option(help="Write it there; default: the run's folder.", metavar="DIR", show_default=False),
    ] = None,
    logs: Logs = None,
    as_json: AsJson = False,
) -> None:
    """Write the report of a run's experiment: Markdown, one page of HTML, and its figures.

    A run with a step 'report:' leaves it in its folder by itself. With --json, print what it says as data, and write
    nothing.
    """
    from glasswork.cli.research_report import reports_of, write_reports
    from glasswork.log.reader import read
    from glasswork.log.runs import find_run

    folder = find_run(logs_folder(logs), run)
    events = read(folder).events
    found = reports_of(events)
    if not found:
        raise UserError(f"no report was made in {folder.name}", hint="a workflow with a step 'report:' makes one")
    if as_json:
        say.json_object({"run": folder.name, "reports": found})
        return
    say.columns([("report", say.shown(path)) for path in write_reports(into or folder / "files", events)])
