"""``glasswork log game``: what a run's games came to, as tables, as data, or as a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.cli.options import AsJson, Logs, Run, See, Verbose
from glasswork.errors import UserError

if TYPE_CHECKING:
    from glasswork.cli.discreet import Seen
    from glasswork.log.reader import Log

Report = Annotated[
    Path | None,
    typer.Option("--report", help="Write report.md, report.html, replay.html, pictures there.", metavar="DIR"),
]


def game(
    run: Run = "latest",
    *,
    report: Report = None,
    see: See = "",
    logs: Logs = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Show what a run's games came to: scores, behaviour, reasons; also of a run that has not ended.

    Scores and shares have 95 % intervals, and beside them stands what a random player gets. Of werewolf the report
    has replay.html, every table day by day; with --see it holds only what that spectator may know, and there is
    nothing else: tables tell too much.
    """
    from glasswork.cli.discreet import seen_as
    from glasswork.games.werewolf.seeing import ALL, Tables
    from glasswork.log.reader import read
    from glasswork.log.runs import find_run

    log = read(find_run(logs_folder(logs), run))
    if not has_games(log):
        raise UserError(f"no game was played in {log.about.run}", hint="a workflow with a step 'game:' plays one")
    seen = seen_as(see, Tables(log.events))
    if seen.sight.see not in {"", ALL} and report is None:
        raise UserError("'--see' of tables is for the replay that '--report' writes", hint="glasswork log show --see")
    if seen.veiled and report is not None:
        tell_replay(report, log, seen)
        return
    if as_json:
        from glasswork.cli.game_report import results_of, studies_of, tables_of, told_of

        found = results_of(studies_of(log.events)) + tables_of(told_of(log.events)[1])
        say.json_object({"run": log.about.run, "games": found})
    else:
        from glasswork.view.game import told

        say.draw(told(log.events, verbose=verbose))
    if report is not None:
        tell_report(report, log, quiet=as_json)


def tell_replay(folder: Path, log: Log, seen: Seen) -> None:
    """Write the replay of a run's tables as somebody sees them, and say where and what it holds."""
    from glasswork.cli.game_report import write_replay

    say.columns([("replay", say.shown(write_replay(folder, log.events, see=seen.spectator))), ("shows", seen.words)])


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
