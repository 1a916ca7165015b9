"""``glasswork log game``: what a run's games came to, as tables, as data, or as a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.cli.options import AsJson, Logs, Run, Verbose
from glasswork.errors import UserError

if TYPE_CHECKING:
    from glasswork.log.reader import Log

Report = Annotated[
    Path | None,
    typer.Option("--report", help="Write report.md, report.html and pictures there.", metavar="DIR"),
]


def game(
    run: Run = "latest",
    *,
    report: Report = None,
    logs: Logs = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Show what a run's games came to: scores, behaviour, reasons; also of a run that has not ended.

    Scores and shares have 95 % intervals, and beside them stands what a random player gets.
    """
    from glasswork.log.reader import read
    from glasswork.log.runs import find_run

    log = read(find_run(logs_folder(logs), run))
    if not has_games(log):
        raise UserError(f"no game was played in {log.about.run}", hint="a workflow with a step 'game:' plays one")
    if as_json:
        from glasswork.cli.game_report import results_of, studies_of

        say.json_object({"run": log.about.run, "games": results_of(studies_of(log.events))})
    else:
        from glasswork.view.game import told

        say.draw(told(log.events, verbose=verbose))
    if report is not None:
        tell_report(report, log, quiet=as_json)


def has_games(log: Log) -> bool:
    """Whether a match was begun in a run."""
    return any(event.type == "match.started" for event in log.events)


def tell_report(folder: Path, log: Log, *, quiet: bool = False) -> None:
    """Write the report of a run's games, and say where."""
    from glasswork.cli.game_report import write_report
    from glasswork.view.game_pictures import drawable

    paths = write_report(folder, log.events)
    if quiet:
        return
    say.columns([("report", say.shown(path)) for path in paths])
    if not drawable():
        say.note("no PNG and SVG files: matplotlib is not here (pip install 'glasswork[pictures]')")
