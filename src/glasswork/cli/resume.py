"""``glasswork resume``: goes on with a run that did not come to its end, from the next unanswered question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.cli.run import Answers, AsJson, InSandbox, Limits, Logs, Model, Quiet
from glasswork.errors import LogLocked, UserError, did_you_mean

if TYPE_CHECKING:
    from glasswork.cli.continuing import Recorded
    from glasswork.workflow.compiled import CompiledWorkflow

Run = Annotated[str, typer.Argument(help="A run's id, the start or the end of one, or 'latest'.", metavar="RUN")]


def resume(
    run: Run = "latest",
    *,
    model: Model = None,
    logs: Logs = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    answer: Answers = None,
    sandbox: InSandbox = None,
    budget: Limits = None,
    rerun: Annotated[
        list[str] | None,
        typer.Option(
            help="Run the program, or call the tools, of this step again although that must not be done twice.",
            metavar="STEP",
        ),
    ] = None,
) -> None:
    """Go on with a run that was killed, interrupted, out of budget, waiting, or that failed.

    What was answered is not asked again, what was done is not done again. The run goes on with the definitions that it
    began with, and with its models unless you name another. A question whose last attempt failed is asked again.
    """
    from glasswork.cli.arguments import answers_of, budgets_of
    from glasswork.cli.continuing import as_recorded, changed_since, recorded
    from glasswork.cli.logs_of import resumed_log
    from glasswork.cli.outcome import sit
    from glasswork.cli.people import People
    from glasswork.cli.session import Session

    found = recorded(logs_folder(logs), run)
    _refuse_if_over(found)
    pairs, backend = budget or [], sandbox.value if sandbox else found.about.sandbox
    workflow = budgets_of(as_recorded(found), [*found.budget, *pairs])
    _refuse_unknown(workflow, rerun or [])
    if not (quiet or as_json):
        _note_changes(changed_since(found))
    session = Session(
        workflow=workflow,
        library=found.library,
        inputs=found.started.inputs,
        people=People(answers_of(workflow, answer or [])),
        logs=found.folder.parent,
        open_log=resumed_log(found.folder, model=model, budget=pairs),
        model=model or found.model,
        seed=found.about.seed,
        sandbox=backend,
        watched=not (quiet or as_json),
        rerun=frozenset(rerun or []),
    )
    sit(session, as_json=as_json, quiet=quiet)


def _refuse_if_over(run: Recorded) -> None:
    from glasswork.log.lock import holder

    writer = holder(run.folder)
    if writer:
        raise LogLocked(f"process {writer} is at work on {run.folder.name}", hint="wait until it ends, or stop it")
    last = run.entries[-1].event
    if last.type == "run.finished" and last.state == "done":
        raise UserError(
            f"{run.folder.name} is done: there is nothing to go on with", hint="glasswork fork goes another way"
        )


def _refuse_unknown(workflow: CompiledWorkflow, rerun: list[str]) -> None:
    steps = workflow.steps.values()
    programs = [step.id for step in steps if step.kind == "dispatch" or getattr(step.definition, "sandbox", None)]
    for step in rerun:
        if step.rpartition(".")[2] not in programs and "." not in step:
            raise UserError(f"--rerun {step}: no such step runs programs or tools{did_you_mean(step, programs)}")


def _note_changes(files: list[str]) -> None:
    for file in files:
        say.note(f"{file} has changed since; the run goes on with what it began with")
