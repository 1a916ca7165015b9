"""``glasswork log``: list runs, show one, explain one decision, verify that a log is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.errors import UserError

if TYPE_CHECKING:
    from glasswork.log.reader import Log

app = typer.Typer(
    help="List runs, show one, explain one decision, verify a log.", no_args_is_help=True, rich_markup_mode=None
)

Logs = Annotated[
    Path | None, typer.Option("--logs", help="Folder of runs; default: logs in the project.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Leave nothing out.")]
Run = Annotated[str, typer.Argument(help="A run's id, the start or the end of one, or 'latest'.", metavar="RUN")]


@app.command("list")
def list_(logs: Logs = None, as_json: AsJson = False) -> None:
    """List runs, the oldest first: how each ended, and what it took."""
    from glasswork.log.runs import list_runs
    from glasswork.view.as_json import runs_json
    from glasswork.view.runs import runs_view

    runs = list_runs(logs_folder(logs))
    say.json_object(runs_json(runs)) if as_json else say.draw(runs_view(runs))


@app.command()
def show(run: Run = "latest", logs: Logs = None, verbose: Verbose = False, as_json: AsJson = False) -> None:
    """Show a run, step by step: what was decided, made and said."""
    from glasswork.view.as_json import story_json
    from glasswork.view.story import story

    log = _read(logs, run)
    say.json_object(story_json(log)) if as_json else say.draw(story(log, verbose=verbose))


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


@app.command()
def verify(run: Run = "latest", logs: Logs = None, as_json: AsJson = False) -> None:
    """Check every byte of a run's log: its chain, its texts, its end. Exits with 1 where something is wrong."""
    from glasswork.log.reader import verify as check
    from glasswork.log.runs import find_run
    from glasswork.view.as_json import verdict_json
    from glasswork.view.verify import verdict_view

    folder = find_run(logs_folder(logs), run)
    verdict = check(folder)
    say.json_object(verdict_json(folder.name, verdict)) if as_json else say.draw(verdict_view(folder.name, verdict))
    if not (verdict.ok and verdict.complete):
        raise typer.Exit(1)


def _read(logs: Path | None, run: str) -> Log:
    from glasswork.log.reader import read
    from glasswork.log.runs import find_run

    return read(find_run(logs_folder(logs), run))
