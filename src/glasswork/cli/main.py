"""``glasswork``: the list of commands, and the one place where an error becomes a message and an exit status."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any, NoReturn

import typer
from typer.main import get_command

from glasswork import __version__
from glasswork.cli import (
    approve,
    ask,
    blame,
    calibrate,
    check,
    doctor,
    fork,
    graph,
    ingest,
    init,
    judge,
    listing,
    log,
    models,
    plan,
    probe,
    replay,
    report,
    resume,
    run,
    say,
    schema,
    search,
    tool,
    tournament,
    validate,
)
from glasswork.errors import GlassworkError

app = typer.Typer(
    name="glasswork",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("run")(run.run)
app.command("ask")(ask.ask)
app.command("tournament")(tournament.tournament)
app.command("resume")(resume.resume)
app.command("approve")(approve.approve)
app.command("fork")(fork.fork)
app.command("replay")(replay.replay)
app.command("blame")(blame.blame)
app.command("check")(check.check)
app.command("probe")(probe.probe)
app.command("validate")(validate.validate)
app.command("plan")(plan.plan)
app.command("graph")(graph.graph)
app.command("list")(listing.listing)
app.command("tool")(tool.tool)
app.command("ingest")(ingest.ingest)
app.command("search")(search.search)
app.command("calibrate")(calibrate.calibrate)
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)
app.add_typer(judge.app, name="judge")
app.add_typer(models.app, name="models")
app.add_typer(log.app, name="log")
app.command("schema")(schema.schema)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"glasswork {__version__}")
        raise typer.Exit


@app.callback()
def glasswork(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Run teams of role-prompted agents on a local model, and read every decision they take."""


@cache
def _commands() -> Callable[..., Any]:
    """Return what :data:`app` describes, ready to be called: made once, as every signature is read for it."""
    return get_command(app)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 failed, 2 the user's mistake, 3 budget, 4 waiting, 130 interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    status = 0
    try:
        status = _commands()(words, prog_name="glasswork", standalone_mode=False) or 0
    except GlassworkError as error:
        status = report.known(error, as_json="--json" in words)
    except typer.Abort:
        say.note("Nothing was done.")
        status = 1
    except OSError as error:
        status = report.system(error)
    except Exception as error:  # noqa: BLE001  the last line before the user
        status = report.usage(error) if isinstance(error, report.Usage) else report.bug(error)
    sys.exit(status)
