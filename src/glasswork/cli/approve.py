"""``glasswork approve``: answers a question that a run waits with, from any process, days later if need be."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.choosing import chosen
from glasswork.cli.load import logs_folder
from glasswork.cli.run import Logs
from glasswork.errors import UserError, did_you_mean
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from glasswork.records import HumanAsked


def approve(
    run: Annotated[str, typer.Argument(help="A run's id, the start or the end of one, or 'latest'.", metavar="RUN")],
    step: Annotated[str, typer.Argument(help="The step that asks; in a game, a move: match#3.1.", metavar="STEP")],
    *,
    yes: Annotated[bool | None, typer.Option("--yes/--no", help="The answer.", show_default=False)] = None,
    choose: Annotated[
        str | None, typer.Option(help="The answer where there are options: one of them.", metavar="LABEL")
    ] = None,
    words: Annotated[
        str | None, typer.Option("--say", help="The answer where words are wanted; '' says nothing.", metavar="WORDS")
    ] = None,
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
    choice = _words(asked, words) if asked.words else _choice(asked, yes=yes, choose=choose)
    if words is not None and not asked.words:
        raise UserError(f"{name(asked)} asks for no words", hint=_how(asked))
    _answer(folder, asked, yes=yes is not False, choice=choice, note=note)
    said = choice or ("no words" if asked.words else "yes" if yes else "no")
    say.out(f"{folder.name}: {clean(name(asked))} was answered with {clean(said)}")
    say.columns([("go on", f"glasswork resume {folder.name}")])


def name(asked: HumanAsked) -> str:
    """Return what a question is called: by its step, or by the move that it asks for."""
    return asked.decision or asked.step


def _asked(folder: Path, questions: Sequence[HumanAsked], step: str) -> HumanAsked:
    """Return the open question of a decision, or of a step: its whole name, or the last part of it.

    Raises:
        UserError: there is none, or there are several.
    """
    tests: tuple[Callable[[HumanAsked], bool], ...] = (
        lambda one: name(one) == step,
        lambda one: one.step == step,
        lambda one: one.step.rpartition(".")[2] == step,
    )
    found = next((fit for test in tests if (fit := [one for one in questions if test(one)])), [])
    if len(found) == 1:
        return found[0]
    names = [name(one) for one in questions]
    if found:
        raise UserError(f"{step!r} fits several questions: {', '.join(name(one) for one in found)}")
    if not names:
        raise UserError(f"{folder.name} waits for no answer")
    raise UserError(f"{folder.name} has no open question of a step {step!r}{did_you_mean(step, names)}")


def _choice(asked: HumanAsked, *, yes: bool | None, choose: str | None) -> str:
    """Return the option that is meant; nothing where the question is one of yes or no, and was answered so.

    Raises:
        UserError: there is no answer, or one of the other kind, or it is none of the options.
    """
    options, how = asked.options, _how(asked)
    if yes is None and choose is None:
        raise UserError(f"{name(asked)} asks: {asked.question}", hint=how)
    if options and choose is not None and yes is None:
        return chosen(choose, options)
    if options or choose is not None:
        wanted = "one of its options" if options else "yes or no"
        raise UserError(f"{name(asked)} asks for {wanted}", hint=how)
    return ""


def _how(asked: HumanAsked) -> str:
    options = asked.options
    return f"answer with --choose: {', '.join(options)}" if options else "answer with --yes or --no"


def _words(asked: HumanAsked, words: str | None) -> str:
    """Return what is said. Raises UserError where nothing was given."""
    if words is None:
        raise UserError(f"{name(asked)} asks: {asked.question}", hint="answer with --say 'your words'")
    return words


def _answer(folder: Path, asked: HumanAsked, *, yes: bool, choice: str, note: str) -> None:
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
        choice=cleaner(redactor)(choice) if asked.words else choice,
        decision=asked.decision,
    )
    try:
        with LogWriter.open(folder, redactor=redactor) as writer:
            writer.record(answer)
    except LogLocked as error:
        raise LogLocked(
            error.message, hint="the run is still at work on other steps; when it waits for nothing else, answer again"
        ) from error
