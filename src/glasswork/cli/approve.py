"""``glasswork approve``: answers a question that a run waits with, from any process, days later if need be."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.cli.run import Logs
from glasswork.errors import UserError, did_you_mean
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glasswork.records import HumanAsked


def approve(
    run: Annotated[str, typer.Argument(help="A run's id, the start or the end of one, or 'latest'.", metavar="RUN")],
    step: Annotated[str, typer.Argument(help="The step that asks.", metavar="STEP")],
    *,
    yes: Annotated[bool | None, typer.Option("--yes/--no", help="The answer.", show_default=False)] = None,
    note: Annotated[str, typer.Option(help="A word with it; the run's steps can read it.")] = "",
    logs: Logs = None,
) -> None:
    """Answer the question of a step that a run waits for. The answer becomes part of the run's log.

    The run goes on with: glasswork resume RUN.
    """
    from glasswork.log.questions import open_questions
    from glasswork.log.reader import iter_entries
    from glasswork.log.runs import find_run

    folder = find_run(logs_folder(logs), run)
    asked = _asked(folder, open_questions(entry.event for entry in iter_entries(folder)), step)
    if yes is None:
        raise UserError(f"{asked.step} asks: {asked.question}", hint="answer with --yes or --no")
    _answer(folder, asked, yes=yes, note=note)
    say.out(f"{folder.name}: {clean(asked.step)} was answered with {'yes' if yes else 'no'}")
    say.columns([("go on", f"glasswork resume {folder.name}")])


def _asked(folder: Path, questions: Sequence[HumanAsked], step: str) -> HumanAsked:
    """Return the open question of a step: its whole name, or the last part of it.

    Raises:
        UserError: there is none, or there are several.
    """
    found = [one for one in questions if one.step == step] or [
        one for one in questions if one.step.rpartition(".")[2] == step
    ]
    if len(found) == 1:
        return found[0]
    names = [one.step for one in questions]
    if found:
        raise UserError(f"{step!r} fits several questions: {', '.join(one.step for one in found)}")
    if not names:
        raise UserError(f"{folder.name} waits for no answer")
    raise UserError(f"{folder.name} has no open question of a step {step!r}{did_you_mean(step, names)}")


def _answer(folder: Path, asked: HumanAsked, *, yes: bool, note: str) -> None:
    from glasswork.cli.session import cleaner, redactor_here
    from glasswork.errors import LogLocked
    from glasswork.log.writer import LogWriter
    from glasswork.records import HumanAnswered

    redactor = redactor_here()
    answer = HumanAnswered(
        step=asked.step,
        round=asked.round,
        question=asked.question,
        approved=yes,
        note=cleaner(redactor)(note),
        by=getpass.getuser(),
    )
    try:
        with LogWriter.open(folder, redactor=redactor) as writer:
            writer.record(answer)
    except LogLocked as error:
        raise LogLocked(
            error.message, hint="the run is still at work on other steps; when it waits for nothing else, answer again"
        ) from error
