"""``glasswork run``: runs a workflow, shows it while it runs, and says how it ended."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasswork.cli import say
from glasswork.cli.load import load_workflow, logs_folder
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from glasswork.cli.session import Ended
    from glasswork.workflow.engine import RunOutcome

STATUS = {"done": 0, "failed": 1, "budget": 3, "interrupted": 130}


class Backend(StrEnum):
    """Sandboxes by name."""

    DEFAULT = "default"
    DOCKER = "docker"
    BUBBLEWRAP = "bubblewrap"
    JAIL = "jail"


def run(
    workflow: Annotated[str, typer.Argument(help="A workflow's name, or the path of its file.", metavar="WORKFLOW")],
    text: Annotated[str | None, typer.Argument(help="The only required text input.", metavar="TEXT")] = None,
    *,
    given: Annotated[
        list[str] | None, typer.Option("--input", "-i", help="One input; may be repeated.", metavar="NAME=VALUE")
    ] = None,
    inputs: Annotated[Path | None, typer.Option(help="A YAML file with inputs.", show_default=False)] = None,
    model: Annotated[str | None, typer.Option(help="Use this model for everything.", show_default=False)] = None,
    seed: Annotated[int, typer.Option(help="Another seed draws otherwise; the same repeats.")] = 0,
    logs: Annotated[
        Path | None, typer.Option(help="Folder for runs; default: logs in the project.", show_default=False)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show only how it ended.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON, and nothing else.")] = False,
    answer: Annotated[
        list[str] | None,
        typer.Option(help="Answer a step's question beforehand; may be repeated.", metavar="STEP=yes|no[:NOTE]"),
    ] = None,
    sandbox: Annotated[Backend | None, typer.Option(help="Run programs in this one.", show_default=False)] = None,
    budget_tokens: Annotated[
        int | None, typer.Option(min=1, help="Tokens to spend at most.", show_default=False)
    ] = None,
    budget_calls: Annotated[int | None, typer.Option(min=1, help="Calls to make at most.", show_default=False)] = None,
) -> None:
    """Run a workflow.

    Exits with 0 when it is done, 1 when it failed, 2 for a mistake of yours, 3 when its budget is spent, 130 when
    interrupted. Every run leaves a log that says what was decided, and why: glasswork log show.
    """
    from glasswork.cli.arguments import answers_of, budget_of, gather_inputs
    from glasswork.cli.people import People
    from glasswork.cli.session import Session
    from glasswork.workflow.inputs import resolve_inputs

    compiled, library = load_workflow(workflow)
    session = Session(
        workflow=compiled,
        library=library,
        inputs=resolve_inputs(compiled, gather_inputs(compiled, text, given or [], inputs)),
        people=People(compiled, answers_of(compiled, answer or [])),
        logs=logs_folder(logs),
        model=model,
        seed=seed,
        sandbox=sandbox.value if sandbox else None,
        budget=budget_of(compiled, tokens=budget_tokens, calls=budget_calls),
        watched=not (quiet or as_json),
    )
    ended = asyncio.run(session.run())
    if as_json:
        say.json_object(_data(ended))
    else:
        _tell(ended, whole=not quiet)
    raise typer.Exit(STATUS[ended.outcome.state])


def _data(ended: Ended) -> dict[str, Any]:
    return {
        "run": ended.folder.name,
        **ended.outcome.model_dump(),
        "log": str(ended.folder),
        "files": [str(path) for path in ended.files],
    }


def _tell(ended: Ended, *, whole: bool) -> None:
    """Say how a run ended: decision by decision, or in a line or two; then what it left, and how to read it."""
    from glasswork.log.reader import read

    log = read(ended.folder)
    if whole:
        from glasswork.view.story import story

        say.draw(story(log))
        say.out()
    else:
        _tell_shortly(ended.outcome)
    decisions = [event.decision for event in log.events if event.type == "decision.started"]
    rows = [("file", say.shown(path)) for path in ended.files]
    rows += [("log", say.shown(ended.folder)), ("read it", f"glasswork log show {ended.folder.name}")]
    rows += [("ask why", f"glasswork log why {decision}") for decision in decisions[:1]]
    say.columns(rows)


def _tell_shortly(outcome: RunOutcome) -> None:
    spent = f"{outcome.calls} calls, {outcome.usage.total:,} tokens, {outcome.seconds:.0f} s"
    say.out(f"{say.paint(outcome.state, 'green' if outcome.state == 'done' else 'red')}: {spent}")
    if outcome.reason:
        say.out(clean(f"  {outcome.reason}"))
