"""``glasswork check``: puts decisions to the test: what drove them, and whether their explanations say so."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder, open_models
from glasswork.cli.options import AsJson, Logs
from glasswork.errors import GlassworkError, LogLocked, NotFound, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from glasswork.cli.checking import Done, Job, Wish
    from glasswork.cli.continuing import Recorded
    from glasswork.explain.from_log import Logged
    from glasswork.library import Library
    from glasswork.log.redact import Redactor
    from glasswork.log.writer import LogWriter
    from glasswork.models.pool import Models


class Method(StrEnum):
    """Ways to find out what drove a decision."""

    AUTO = "auto"
    LEAVE_ONE_OUT = "leave-one-out"
    LASSO = "lasso"
    HIERARCHICAL = "hierarchical"


@dataclass(frozen=True)
class Task:
    """Everything that is to be checked, and who is asked."""

    title: str
    jobs: list[Job]
    skipped: list[tuple[str, str]]
    library: Library
    logs: Path
    override: str | None = None
    """The model in place of all others."""
    folder: Path | None = None
    """The run whose log keeps the results; None for cases from a file."""
    stood_for: Mapping[str, Any] = field(default_factory=dict)
    """What the models' names meant when the run was made."""
    done: list[Done] = field(default_factory=list)


def check(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="A decision or a step of the latest run; a run; or a run and one of its decisions.",
            metavar="WORDS",
            show_default=False,
        ),
    ] = None,
    *,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Check cases from this JSON file; no log is written.", show_default=False),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Ask this model; default: the one that decided.", show_default=False)
    ] = None,
    method: Annotated[Method, typer.Option(help="How to find what drove a decision.")] = Method.AUTO,
    orders: Annotated[
        int | None,
        typer.Option(min=1, help="Ask in so many orders of the options; default: all.", show_default=False),
    ] = None,
    parallel: Annotated[
        int | None,
        typer.Option(min=1, help="Questions at once; default: what the server takes.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    report: Annotated[
        Path | None, typer.Option(help="Write a report in Markdown.", metavar="FILE", show_default=False)
    ] = None,
    logs: Logs = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many questions it takes, and ask none.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put decisions to the test: what drove them, and whether their explanations cite it.

    Segments are taken out of the recorded question, and the probability of what was chosen is read again. The log
    keeps what is found; log why shows it. Without words: every decision of the latest run. Exits with 1 where a check
    failed part-way: what is done by then is kept.
    """
    import asyncio

    from glasswork.cli.checking import Wish

    if source is not None and words:
        raise UserError("--from takes its decisions from a file: leave out the run")
    wish = Wish(method.value, orders, parallel, seed)
    task = _of_file(source, model, logs) if source else _of_run(words or [], model, logs)
    _announce(task, wish)
    if dry_run:
        _plan(task, wish, as_json=as_json)
        return
    if not task.jobs:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in task.skipped[:4])
        raise UserError(f"{task.title}: there is nothing to check" + (f": {reasons}" if reasons else ""))
    failed = asyncio.run(_work(task, wish))
    _tell(task, wish, failed, report=report, as_json=as_json)
    if failed is not None:
        raise typer.Exit(1)


# --- what is asked for ----------------------------------------------------------------------------------------------


def _of_file(source: Path, model: str | None, logs: Path | None) -> Task:
    from glasswork.cli.checking import jobs_of_cases
    from glasswork.explain.from_log import load_cases
    from glasswork.library import Library

    jobs, skipped = jobs_of_cases(load_cases(source), model)
    return Task(source.name, jobs, skipped, Library.discover(), logs_folder(logs), override=model)


def _of_run(words: list[str], model: str | None, logs: Path | None) -> Task:
    from glasswork.cli.checking import means
    from glasswork.cli.continuing import recorded
    from glasswork.explain.from_log import decisions

    folder = logs_folder(logs)
    run, word = _named(words, folder)
    found = recorded(folder, run)
    logged, skipped = decisions(found.entries)
    names = [one.planned.event.decision for one in logged if one.planned.event.type == "decision.planned"]
    pairs = [(name, one) for name, one in zip(names, logged, strict=True) if not word or means(word, name)]
    left_out = [(one.decision, one.reason) for one in skipped if not word or means(word, one.decision)]
    if word and not (pairs or left_out):
        raise NotFound("decision or step of this run", word, [*names, *(one.decision for one in skipped)])
    jobs, unfit = _jobs(found, pairs, model)
    return Task(
        found.folder.name,
        jobs,
        [*left_out, *unfit],
        found.library,
        folder,
        override=model or found.model,
        folder=found.folder,
        stood_for={} if model else found.about.models,
    )


def _named(words: list[str], logs: Path) -> tuple[str, str]:
    """Return the run and the decision or step that are meant; empty for all of the run."""
    from glasswork.cli.checking import means
    from glasswork.log.reader import iter_entries
    from glasswork.log.runs import find_run, run_ids

    if len(words) > 2:
        raise UserError("'check' takes a decision, and a run before it", hint="glasswork check latest build#1")
    if len(words) == 2:
        return words[0], words[1]
    if not words or words[0] == "latest":
        return "latest", ""
    word = words[0]
    if "#" in word:
        return "latest", word
    if run_ids(logs):
        begun = iter_entries(find_run(logs, "latest"), only={"decision.started"})
        if any(entry.event.type == "decision.started" and means(word, entry.event.decision) for entry in begun):
            return "latest", word
    return word, ""


def _jobs(run: Recorded, pairs: list[tuple[str, Logged]], model: str | None) -> tuple[list[Job], list[tuple[str, str]]]:
    from glasswork.cli.checking import Job, why_not
    from glasswork.view.check import own_of
    from glasswork.view.tale import tell

    tale = tell(entry.event for entry in run.entries)
    jobs, unfit = list[Job](), list[tuple[str, str]]()
    for name, one in pairs:
        decision = tale.decision(name)
        label = decision.started.model if decision.started else ""
        asked = model or _name_of(run, label)
        reason = why_not(one.case, asked)
        if reason:
            unfit.append((name, reason))
        else:
            jobs.append(Job(name, one.case, asked, label, one.planned, one.explained, own_of(decision)))
    return jobs, unfit


def _name_of(run: Recorded, label: str) -> str:
    """Return the name behind what a log calls a model; where several stand for one, they are one model."""
    return next((name for name, called in run.about.served.items() if called == label), label or "default")


# --- asking ---------------------------------------------------------------------------------------------------------


def _announce(task: Task, wish: Wish) -> None:
    """Say on stderr what it will take, before it begins."""
    counts = [job.questions(wish) for job in task.jobs]
    many = f"{len(task.jobs)} decision{'' if len(task.jobs) == 1 else 's'}"
    asked = f"up to {sum(counts)} questions" if sum(counts) else "from recorded readings, no questions"
    say.note(f"{task.title}: {many} to check, {asked}")


def _plan(task: Task, wish: Wish, *, as_json: bool) -> None:
    """Print how many questions each decision takes."""
    if as_json:
        counts = {job.name: job.questions(wish) for job in task.jobs}
        skipped = [{"decision": name, "reason": reason} for name, reason in task.skipped]
        say.json_object({"run": task.title, "questions": counts, "skipped": skipped})
        return
    rows = [(job.name, f"{job.questions(wish)} questions", f"{len(job.case.segments)} segments") for job in task.jobs]
    say.columns([*rows, *((name, "not checked", reason) for name, reason in task.skipped)])


async def _work(task: Task, wish: Wish) -> GlassworkError | None:
    """Check everything, or as far as it goes; what is done stands in ``task.done``."""
    from glasswork.cli.checking import Checker, check_all
    from glasswork.cli.session import cleaner, redactor_here

    def keep(one: Done) -> None:
        if writer is not None:
            for event in one.checked.checks.values():
                writer.record(event)
        task.done.append(one)

    redactor = redactor_here()
    with _log(task, redactor) as writer:
        models = await _opened(task)
        try:
            return await check_all(Checker(wish, models, cleaner(redactor), say.note), task.jobs, keep)
        finally:
            await models.aclose()


async def _opened(task: Task) -> Models:
    """Open every model that is to be asked, before the first question."""
    with say.waiting() as tell:
        models = open_models(task.library, override=task.override, logs=task.logs, tell=tell)
        try:
            for name in sorted({job.model for job in task.jobs if job.model}):
                if name in task.stood_for and models.resolve(name).model_dump(mode="json") != task.stood_for[name]:
                    say.note(f"note: the model {name!r} is not what it was when the run was made")
                await models.get(name)
        except BaseException:
            await models.aclose()
            raise
    return models


def _log(task: Task, redactor: Redactor) -> AbstractContextManager[LogWriter | None]:
    """Open the log that keeps what is found, alone: nobody goes on with the run meanwhile."""
    from glasswork.log.lock import holder
    from glasswork.log.writer import LogWriter

    if task.folder is None:
        return nullcontext()
    process = holder(task.folder)
    if process:
        hint = "wait until it ends, or check a run that has ended"
        raise LogLocked(f"process {process} is at work on {task.folder.name}", hint=hint)
    return LogWriter.open(task.folder, redactor=redactor)


# --- telling --------------------------------------------------------------------------------------------------------


def _tell(task: Task, wish: Wish, failed: GlassworkError | None, *, report: Path | None, as_json: bool) -> None:
    from glasswork.explain.evidence import by, pool
    from glasswork.view.as_json import check_json
    from glasswork.view.check import check_view
    from glasswork.view.check_report import report_of

    checked = [one.checked for one in task.done]
    cited = [(one.job.case, one.attribution) for one in task.done if one.checked.evidence]
    pooled = by(cited, lambda case: case.agent, seed=wish.seed)
    if len(pooled) > 1:
        pooled["all agents"] = pool(cited, seed=wish.seed)
    message = failed.message if failed else ""
    if report is not None:
        report.write_text(report_of(task.title, checked, task.skipped, pooled, message), encoding="utf-8")
        say.note(f"report: {say.shown(report)}")
    if as_json:
        say.json_object(check_json(task.title, checked, task.skipped, pooled, message))
    else:
        say.draw(check_view(checked, task.skipped, pooled if len(checked) > 1 else {}))
