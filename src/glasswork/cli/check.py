"""``glasswork check``: puts decisions to the test: what drove them, and whether their explanations say so."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasswork.cli import say
from glasswork.cli.check_measures import Measure
from glasswork.cli.load import logs_folder, open_models
from glasswork.cli.options import AsJson, Logs
from glasswork.errors import GlassworkError, NotFound, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glasswork.cli.check_jobs import Job, Wish
    from glasswork.cli.checking import Done
    from glasswork.library import Library
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
    events: int = 0
    """How many events the log held when it was read."""
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
    measure: Annotated[
        list[Measure] | None,
        typer.Option(help="What to measure; may be repeated; default: influence.", show_default=False),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Check cases from this JSON file; no log is written.", show_default=False),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Ask this model; default: the one that decided.", show_default=False)
    ] = None,
    predictor: Annotated[
        str | None,
        typer.Option(help="For simulatability: who predicts; default: the model that is asked.", show_default=False),
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
    keeps what is found; log why shows it. Without words: every decision of the latest run. Measures that ask no
    questions (act-follows-plan, thought-and-stated, confidence) come with influence. Exits with 1 where a check
    failed part-way: what is done by then is kept.
    """
    from glasswork.cli.check_jobs import Wish

    if source is not None and words:
        raise UserError("--from takes its decisions from a file: leave out the run")
    wish = Wish(tuple(measure or ()), method.value, orders, parallel, seed, predictor)
    if predictor is not None and Measure.SIMULATABILITY not in wish.measures:
        raise UserError("--predictor is for --measure simulatability", hint="leave one out, or ask for both")
    task = _of_file(source, model, logs, wish) if source else _of_run(words or [], model, logs, wish)
    _announce(task, wish)
    if dry_run:
        _plan(task, wish, as_json=as_json)
        return
    _must_hold_some(task, task.jobs)
    failed = _run(task, wish)
    if failed is not None and not task.done:
        raise failed
    _must_hold_some(task, task.done)
    _tell(task, wish, failed, report=report, as_json=as_json)
    if failed is not None:
        raise typer.Exit(1)


# --- what is asked for ----------------------------------------------------------------------------------------------


def _of_file(source: Path, model: str | None, logs: Path | None, wish: Wish) -> Task:
    from glasswork.cli.check_jobs import jobs_of_cases
    from glasswork.explain.from_log import load_cases
    from glasswork.library import Library

    jobs, skipped = jobs_of_cases(load_cases(source), model, wish)
    return Task(source.name, jobs, skipped, Library.discover(), logs_folder(logs), override=model)


def _of_run(words: list[str], model: str | None, logs: Path | None, wish: Wish) -> Task:
    from glasswork.cli.check_jobs import enums_of, jobs_of_run, means
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
    enums, wrong = enums_of(found) if Measure.ACT_FOLLOWS_PLAN in wish.measures else ({}, "")
    if wrong:
        say.note(f"note: the run's definitions cannot be read, so acts are compared without them: {wrong}")
    jobs, unfit = jobs_of_run(found, pairs, model, wish, enums)
    return Task(
        found.folder.name,
        jobs,
        [*left_out, *unfit],
        found.library,
        folder,
        override=model or found.model,
        folder=found.folder,
        events=found.entries[-1].seq,
        stood_for={} if model else found.about.models,
    )


def _named(words: list[str], logs: Path) -> tuple[str, str]:
    """Return the run and the decision or step that are meant; empty for all of the run."""
    from glasswork.cli.check_jobs import means
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


# --- asking ---------------------------------------------------------------------------------------------------------


def _announce(task: Task, wish: Wish) -> None:
    """Say on stderr what it will take, before it begins."""
    count = sum(job.questions(wish) for job in task.jobs)
    many = f"{len(task.jobs)} decision{'' if len(task.jobs) == 1 else 's'}"
    recorded = any(Measure.INFLUENCE in job.measures and job.model is None for job in task.jobs)
    asked = (
        f"up to {count} questions" if count else "from recorded readings, no questions" if recorded else "no questions"
    )
    say.note(f"{task.title}: {many} to check, {asked}")


def _plan(task: Task, wish: Wish, *, as_json: bool) -> None:
    """Print how many questions each decision takes."""
    if as_json:
        say.json_object(
            {
                "run": task.title,
                "questions": {job.name: job.questions(wish) for job in task.jobs},
                "skipped": [{"decision": name, "reason": reason} for name, reason in task.skipped],
                "by_measure": {job.name: job.counts(wish) for job in task.jobs},
                "unmeasured": {job.name: dict(job.unmeasured) for job in task.jobs},
            }
        )
        return
    rows = list[tuple[str, str, str]]()
    for job in task.jobs:
        asking = [f"{measure} {count}" for measure, count in job.counts(wish).items() if count]
        split = f": {', '.join(asking)}" if len(asking) > 1 else ""
        rows.append((job.name, f"{job.questions(wish)} questions", f"{len(job.case.segments)} segments{split}"))
        rows += [(job.name, "not measured", f"{name}: {reason}") for name, reason in job.unmeasured.items()]
    say.columns([*rows, *((name, "not checked", reason) for name, reason in task.skipped)])


def _must_hold_some(task: Task, left: list[Any]) -> None:
    """Raise UserError where nothing is left to check, with the reasons."""
    if not left:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in task.skipped[:4])
        raise UserError(f"{task.title}: there is nothing to check" + (f": {reasons}" if reasons else ""))


def _run(task: Task, wish: Wish) -> GlassworkError | None:
    """Check everything, or as far as it goes. Ctrl-C and SIGTERM end it, and leave no model behind."""
    import asyncio

    try:
        return asyncio.run(_work(task, wish))
    except (asyncio.CancelledError, KeyboardInterrupt):
        kept = f"; what was found of {len(task.done)} is kept" if task.folder is not None and task.done else ""
        say.note(f"interrupted{kept}")
        raise typer.Exit(130) from None


async def _work(task: Task, wish: Wish) -> GlassworkError | None:
    """Check everything, or as far as it goes; what is done stands in ``task.done``."""
    from glasswork.cli.check_events import Keeper
    from glasswork.cli.checking import Checker, check_all
    from glasswork.cli.session import cleaner, redactor_here, terminable

    redactor = redactor_here()
    keeper = Keeper(task.folder, redactor, task.events) if task.folder is not None else None

    def keep(one: Done) -> None:
        task.done.append(one)
        if keeper is not None:
            keeper.keep(one.job.name, one.job.planned, one.events)

    def skip(name: str, reason: str) -> None:
        task.skipped.append((name, reason))

    with terminable():
        async with AsyncExitStack() as opened:
            models = await _opened(task, opened)
            predictors = await _predictors(task, wish, opened)
            checker = Checker(wish, models, cleaner(redactor), say.note, predictors)
            return await check_all(checker, task.jobs, keep, skip)


async def _opened(task: Task, opened: AsyncExitStack) -> Models:
    """Open every model that is to be asked, before the first question; ``opened`` closes them."""
    with say.waiting() as tell:
        models = open_models(task.library, override=task.override, logs=task.logs, tell=tell)
        opened.push_async_callback(models.aclose)
        for name in sorted({job.model for job in task.jobs if job.model and _asks(job)}):
            if name in task.stood_for and models.resolve(name).model_dump(mode="json") != task.stood_for[name]:
                say.note(f"note: the model {name!r} is not what it was when the run was made")
            await models.get(name)
    return models


async def _predictors(task: Task, wish: Wish, opened: AsyncExitStack) -> Models | None:
    """Open the model that predicts, where one is named and there is something to predict."""
    if wish.predictor is None or not any(Measure.SIMULATABILITY in job.measures for job in task.jobs):
        return None
    with say.waiting() as tell:
        models = open_models(task.library, override=wish.predictor, logs=task.logs, tell=tell)
        opened.push_async_callback(models.aclose)
        await models.get(wish.predictor)
    return models


def _asks(job: Job) -> bool:
    from glasswork.cli.check_measures import FREE

    return any(measure not in FREE for measure in job.measures)


# --- telling --------------------------------------------------------------------------------------------------------


def _tell(task: Task, wish: Wish, failed: GlassworkError | None, *, report: Path | None, as_json: bool) -> None:
    from glasswork.explain.measures import by_agent
    from glasswork.view.as_json import check_json
    from glasswork.view.check import check_view
    from glasswork.view.check_report import report_of

    checked = [one.checked for one in task.done]
    pooled = by_agent([one.measured for one in task.done], seed=wish.seed)
    message = failed.message if failed else ""
    if report is not None:
        report.write_text(report_of(task.title, checked, task.skipped, pooled, message), encoding="utf-8")
        say.note(f"report: {say.shown(report)}")
    if as_json:
        say.json_object(check_json(task.title, checked, task.skipped, pooled, message))
    else:
        say.draw(check_view(checked, task.skipped, pooled if len(checked) > 1 else {}))
