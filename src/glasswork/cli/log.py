"""``glasswork log``: look at runs while they run and after, and check that their logs are as they were written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import log_diff, log_export, log_game, log_query, log_redact, log_report, log_tail, say
from glasswork.cli.load import logs_folder
from glasswork.cli.options import AsJson, Logs, Pager, Run, See, Verbose
from glasswork.errors import UserError

if TYPE_CHECKING:
    from glasswork.log.reader import Log

app = typer.Typer(
    help="List runs, show and follow one, compare two, explain a decision, verify a log.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(logs: Logs = None, as_json: AsJson = False) -> None:
    """List runs, the oldest first: how each ended, and what it took."""
    from glasswork.log.runs import list_runs
    from glasswork.view.as_json import runs_json
    from glasswork.view.runs import runs_view

    runs = list_runs(logs_folder(logs))
    say.json_object(runs_json(runs)) if as_json else say.draw(runs_view(runs))


@app.command()
def show(
    run: Run = "latest",
    part: Annotated[
        str,
        typer.Argument(
            help="Only this: build, build#2, review#1:7, table:5.", metavar="STEP|DECISION", show_default=False
        ),
    ] = "",
    *,
    see: See = "",
    logs: Logs = None,
    verbose: Verbose = False,
    pager: Pager = True,
    as_json: AsJson = False,
) -> None:
    """Show a run, step by step: what was decided, made and said.

    Of a run of any length the beginning shows at once. The pager is $GLASSWORK_PAGER, else $PAGER, else less.
    Where a person plays werewolf, what is hidden from that person is told when the game is over, or with --see all.
    """
    from glasswork.cli.discreet import seen_as, tables_in
    from glasswork.cli.pager import pages
    from glasswork.log.about import read_about
    from glasswork.log.reader import iter_entries
    from glasswork.log.runs import find_run, summarise

    folder = find_run(logs_folder(logs), run)
    seen = seen_as(see, tables_in(folder))
    if seen.spoils:
        say.note("a person still plays in this run, and this tells more than that person may know")
    if as_json:
        from glasswork.cli.discreet import seen_log
        from glasswork.view.as_json import story_json

        say.json_object(story_json(seen_log(_read(logs, run), see)[0], only=part))
        return
    from glasswork.log.checks import read_checks
    from glasswork.view.heading import heading_of
    from glasswork.view.story import TOLD, chapters

    summary = summarise(folder)
    entries = iter_entries(folder, only=None if summary.state in {"running", "cut off"} else TOLD)
    heading, checks = seen.heading(heading_of(summary, read_about(folder))), read_checks(folder)
    told = chapters(heading, seen.entries(entries), verbose=verbose, only=part, checks=checks, see=seen.words)
    pages(told, pager=pager)


@app.command()
def why(
    words: Annotated[
        list[str],
        typer.Argument(
            help="A decision, such as build#1; before it a run, where it is not the latest.", metavar="DECISION"
        ),
    ],
    see: See = "",
    logs: Logs = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Explain one decision: what it saw, what it weighed, what it did, and why, as it says."""
    from glasswork.cli.discreet import seen_log
    from glasswork.view.as_json import why_json
    from glasswork.view.why import why as page

    if len(words) > 2:
        raise UserError("'why' takes a decision, and a run before it", hint="glasswork log why latest build#1")
    decision = words[-1]
    whole = _read(logs, words[0] if len(words) == 2 else "latest")
    log, seen = seen_log(whole, see)
    if seen.hides(decision, whole):
        raise UserError(f"{decision} is hidden: this shows {seen.words}", hint="--see all tells everything")
    say.json_object(why_json(log, decision)) if as_json else say.draw(page(log, decision, verbose=verbose))


app.command("tail")(log_tail.tail)
app.command("diff")(log_diff.diff)
app.command("game")(log_game.game)
app.command("report")(log_report.report)


@app.command()
def verify(
    run: Run = "latest",
    *,
    expect: Annotated[
        str, typer.Option(help="The head that was noted elsewhere: it must be there.", metavar="HASH")
    ] = "",
    logs: Logs = None,
    as_json: AsJson = False,
) -> None:
    """Check every byte of a run's log: its chain, its texts, its end. Exits with 1 where something is wrong."""
    from glasswork.log.reader import verify as check
    from glasswork.log.runs import find_run
    from glasswork.view.as_json import verdict_json
    from glasswork.view.verify import verdict_view

    folder = find_run(logs_folder(logs), run)
    verdict = check(folder, expect=expect)
    say.json_object(verdict_json(folder.name, verdict)) if as_json else say.draw(verdict_view(folder.name, verdict))
    if not (verdict.ok and verdict.complete):
        raise typer.Exit(1)


app.command("redact")(log_redact.redact)
app.command("query")(log_query.query)
app.command("export")(log_export.export)


def _read(logs: Path | None, run: str) -> Log:
    from glasswork.log.reader import read
    from glasswork.log.runs import find_run

    return read(find_run(logs_folder(logs), run))
