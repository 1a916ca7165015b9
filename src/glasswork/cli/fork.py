"""``glasswork fork``: leaves a recorded run at a decision, changes one thing, and lives from there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli.load import logs_folder
from glasswork.cli.resume import Run
from glasswork.cli.run import Answers, AsJson, InSandbox, Limits, Logs, Quiet
from glasswork.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasswork.log.fork import Change
    from glasswork.log.reader import Entry
    from glasswork.workflow.compiled import CompiledWorkflow


def fork(
    run: Run,
    *,
    at: Annotated[str, typer.Option(help="The decision to leave it at: build#1, or a step.", metavar="DECISION")],
    choose: Annotated[
        str | None,
        typer.Option(help="Choose this option: its label or its text.", metavar="OPTION", show_default=False),
    ] = None,
    edit: Annotated[
        Path | None, typer.Option(help="Hand on what is in this file as the act.", metavar="FILE", show_default=False)
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Ask this model from there on.", metavar="NAME", show_default=False)
    ] = None,
    logs: Logs = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    answer: Answers = None,
    sandbox: InSandbox = None,
    budget: Limits = None,
) -> None:
    """Fork a run: keep everything up to a decision, change one thing there, and go on from it as a run of its own.

    Give exactly one of --choose, --edit and --model. See where the two runs part with: glasswork log diff.
    """
    from glasswork.cli.arguments import answers_of, budgets_of
    from glasswork.cli.continuing import as_recorded, recorded
    from glasswork.cli.logs_of import forked_log
    from glasswork.cli.outcome import sit
    from glasswork.cli.people import People
    from glasswork.cli.session import Session
    from glasswork.log.fork import fork_point

    change, to = _change(choose, edit, model)
    found = recorded(logs_folder(logs), run)
    point = fork_point(found.entries, at, change, option=to)
    pairs = [*found.budget, *(budget or [])]
    workflow = budgets_of(as_recorded(found), pairs)
    to = _fitting(workflow, found.entries, point.decision, Path(to)) if change == "edit" else to
    backend = sandbox.value if sandbox else found.about.sandbox
    override = model or found.model
    session = Session(
        workflow=workflow,
        library=found.library,
        inputs=found.started.inputs,
        people=People(answers_of(workflow, answer or [])),
        logs=found.folder.parent,
        open_log=forked_log(
            found.folder,
            workflow,
            point,
            change,
            point.option or to,
            model=override,
            seed=found.about.seed,
            sandbox=backend,
            budget=pairs,
        ),
        model=override,
        seed=found.about.seed,
        sandbox=backend,
        watched=not (quiet or as_json),
    )
    sit(session, as_json=as_json, quiet=quiet)


def _change(choose: str | None, edit: Path | None, model: str | None) -> tuple[Change, str]:
    given: list[tuple[Change, str]] = []
    if choose is not None:
        given.append(("choose", choose))
    if edit is not None:
        given.append(("edit", str(edit)))
    if model is not None:
        given.append(("model", model))
    if len(given) != 1:
        raise UserError("a fork changes one thing: give one of --choose OPTION, --edit FILE and --model NAME")
    return given[0]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"--edit {path}: cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}"
        ) from error


def _fitting(workflow: CompiledWorkflow, entries: Sequence[Entry], decision: str, path: Path) -> str:
    """Return the text of a file, if it is an act of the kind that the decision makes.

    Raises:
        UserError: it is not, or cannot be read. Nothing has been written then.
    """
    from glasswork.agent.products import written
    from glasswork.errors import ModelError
    from glasswork.workflow.compiled import step_at

    text, step = _text(path), step_at(workflow, decision)
    taken = (e.event for e in entries if e.event.type == "decision.started" and e.event.decision == decision)
    name = next(event.agent for event in taken)
    agent = next((one for one in step.agents if one.name == name), None)
    if agent is None and step.kind == "dispatch":
        _fitting_dispatch(entries, decision, text)
    elif agent is not None and step.kind in {"agent", "dispatch"}:  # of others the act is checked when it is due
        try:
            written(agent.definition.act, text, ())
        except ModelError as error:
            raise UserError(f"--edit: {error.message}") from error
    return text


def _fitting_dispatch(entries: Sequence[Entry], decision: str, text: str) -> None:
    """Raise UserError where a text is no answer to the question that a dispatcher's act answered."""
    from glasswork.dispatch.edited import as_written, nothing_to_write

    answers = (e.event for e in entries if e.event.type == "model.answered")
    request = next((event.request for event in answers if event.place == f"{decision}/act"), None)
    if request is None:
        raise nothing_to_write(decision)
    as_written(decision, text, request.json_schema or {})
