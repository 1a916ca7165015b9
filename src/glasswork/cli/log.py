"""``glasswork log``: look at runs while they run and after, and check that their logs are as they were written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import log_diff, log_export, log_game, log_query, log_redact, log_tail, say
from glasswork.cli.load import logs_folder
from glasswork.cli.options import AsJson, Logs, Pager, Run, Verbose
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
        str, typer.Argument(help="Only this: build, build#2, review#1:7.", metavar="STEP|DECISION", show_default=False)
    ] = "",
    *,
    logs: Logs = None,
    verbose: Verbose = False,
    pager: Pager = True,
    as_json: AsJson = False,
) -> None:
    """Show a run, step by step: what was decided, made and said.

    Of a run of any length the beginning shows at once. The pager is $GLASSWORK_PAGER, else $PAGER, else less.
    """
    from glasswork.cli.pager import pages
    from glasswork.log.about import read_about
    from glasswork.log.reader import iter_entries
    from glasswork.log.runs import find_run, summarise

    folder = find_run(logs_folder(logs), run)
    if as_json:
        from glasswork.view.as_json import story_json

        say.json_object(story_json(_read(logs, run), only=part))
        return
    from glasswork.log.checks import read_checks
    from glasswork.view.heading import heading_of
    from glasswork.view.story import TOLD, chapters

    summary = summarise(folder)
    entries = iter_entries(folder, only=None if summary.state in {"running", "cut off"} else TOLD)
    heading, checks = heading_of(summary, read_about(folder)), read_checks(folder)
    pages(chapters(heading, entries, verbose=verbose, only=part, checks=checks), pager=pager)


@app.command()
def why(
    words: Annotated[
        list[str],
        typer.Argument(
            help="A decision, such as build#1; before it a run, where it is not the latest.", metavar="DECISION"
        ),
    ],
    logs: Logs = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Explain one decision: what it saw, what it weighed, what it did, and why, as it says."""
    from glasswork.view.as_json import why_json
    from glasswork.view.why import why as page

    if len(words) > 2:
        raise UserError("'why' takes a decision, and a run before it", hint="glasswork log why latest build#1")
    decision = words[-1]
    log = _read(logs, words[0] if len(words) == 2 else "latest")
    say.json_object(why_json(log, decision)) if as_json else say.draw(page(log, decision, verbose=verbose))


app.command("tail")(log_tail.tail)
app.command("diff")(log_diff.diff)
app.command("game")(log_game.game)


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
