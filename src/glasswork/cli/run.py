"""``glasswork run``: runs a workflow, shows it while it runs, and says how it ended."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from glasswork.cli.load import load_workflow
from glasswork.cli.options import See


class Backend(StrEnum):
    """Sandboxes by name."""

    DEFAULT = "default"
    DOCKER = "docker"
    BUBBLEWRAP = "bubblewrap"
    JAIL = "jail"


Model = Annotated[str | None, typer.Option(help="Use this model for everything.", show_default=False)]
Logs = Annotated[Path | None, typer.Option(help="Folder for runs; default: logs in the project.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show only how it ended.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON, and nothing else.")]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--answer",
        help="Answer a step's question beforehand; in a game, with a move. May be repeated.",
        metavar="STEP=yes|no[:NOTE]",
    ),
]
InSandbox = Annotated[Backend | None, typer.Option("--sandbox", help="Run programs in this one.", show_default=False)]
Limits = Annotated[
    list[str] | None,
    typer.Option(
        "--budget",
        help="Spend at most: tokens, calls, seconds, money; of the run or a step (build.calls=20). May be repeated.",
        metavar="NAME=VALUE",
    ),
]


def run(
    workflow: Annotated[str, typer.Argument(help="A workflow's name, or the path of its file.", metavar="WORKFLOW")],
    text: Annotated[
        str | None, typer.Argument(help="The only text input, or the only required one.", metavar="TEXT")
    ] = None,
    *,
    given: Annotated[
        list[str] | None, typer.Option("--input", "-i", help="One input; may be repeated.", metavar="NAME=VALUE")
    ] = None,
    inputs: Annotated[Path | None, typer.Option(help="A YAML file with inputs.", show_default=False)] = None,
    model: Model = None,
    seed: Annotated[int, typer.Option(help="Another seed draws otherwise; the same repeats.")] = 0,
    logs: Logs = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    answer: Answers = None,
    sandbox: InSandbox = None,
    budget: Limits = None,
    see: See = "",
) -> None:
    """Run a workflow.

    Exits with 0 when it is done, 1 when it failed, 2 for a mistake of yours, 3 when its budget is spent, 4 when it
    waits for a person, 130 when interrupted. Every run leaves a log that says what was decided, and why: glasswork
    log show. A run that did not come to its end goes on with: glasswork resume.
    """
    from glasswork.cli.arguments import gather_inputs
    from glasswork.cli.beginning import new_session
    from glasswork.cli.outcome import sit

    compiled, library = load_workflow(workflow)
    session = new_session(
        compiled,
        library,
        gather_inputs(compiled, text, given or [], inputs),
        answer=answer,
        budget=budget,
        model=model,
        seed=seed,
        sandbox=sandbox.value if sandbox else None,
        logs=logs,
        watched=not (quiet or as_json),
        see=see,
    )
    sit(session, as_json=as_json, quiet=quiet)
