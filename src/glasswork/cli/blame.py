"""``glasswork blame``: finds the stage at which a failed run went wrong, by changing one and running on."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.cli.run import Logs
from glasswork.errors import GlassworkError, UserError

if TYPE_CHECKING:
    from glasswork.cli.cleaned import Clean
    from glasswork.cli.continuing import Recorded
    from glasswork.cli.supply import Harmless, RunSupply
    from glasswork.explain.blame import Suspect, Trial
    from glasswork.explain.rules import Finding
    from glasswork.models.pool import Models
    from glasswork.sandbox.base import Sandbox
    from glasswork.workflow.compiled import CompiledWorkflow
    from glasswork.workflow.resources import OpenSandbox
    from glasswork.workflow.trials import Meter, Success, Trials

FEW = 60
"""Calls up to which nobody is asked whether to start."""


@dataclass(frozen=True)
class Cost:
    """What trials will cost, told before they begin."""

    trials: int
    expected: int
    """Calls, if all that is made anew goes as it went."""
    most: int | None
    """Calls by the definitions and budgets; None where they give no bound."""


@dataclass
class Hearing:
    """What is known so far of a run's failure."""

    run: str
    success: str
    findings: tuple[Finding, ...]
    suspects: list[Suspect] = field(default_factory=list)
    left_out: int = 0
    """Suspects beyond ``--top``."""
    cost: Cost | None = None
    made: list[tuple[Trial, bool]] = field(default_factory=list)
    untried: list[Suspect] = field(default_factory=list)
    """Suspects for which there was nothing else to try."""
    whole: bool = True
    """False where it was cut short."""
    seconds: float = 0.0
    meter: Meter | None = None


def blame(
    run: Annotated[
        str | None,
        typer.Argument(help="A run's id, the start or the end of one, or 'latest'.", metavar="RUN", show_default=False),
    ] = None,
    *,
    success: Annotated[
        str | None,
        typer.Option(help="When a run has succeeded; default: when it is done.", metavar="OUTPUT=VALUE"),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Trials for each change, and placebos.", min=1, max=100)] = 1,
    top: Annotated[
        int | None,
        typer.Option(help="Try so many stages: those with a sign, then the latest.", min=1, show_default=False),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Ask this model for other acts; default: each agent's own.", metavar="NAME"),
    ] = None,
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Only look for signs; ask no model.")] = False,
    traces: Annotated[
        Path | None,
        typer.Option("--from", help="Look for signs in traces of others: a file or a folder.", metavar="FILE"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Start, whatever it costs.")] = False,
    logs: Logs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find where a failed run went wrong: change one stage at a time, and see whether it then succeeds.

    Each stage (a plan, an act) is replaced by another; all before it is kept, and what follows is made anew. What
    speaks against it is how much more often such runs succeed than runs with nothing changed (placebos). Nothing is
    written. Says first what it will cost. Ctrl-C shows what is known by then.
    """
    if traces is not None:
        from glasswork.cli.blame_traces import show_traces

        if run is not None:
            raise UserError("give a run or --from FILE, not both")
        show_traces(traces, as_json=as_json)
        return
    from glasswork.cli.blame_words import as_data, show
    from glasswork.cli.continuing import recorded
    from glasswork.explain.rules import signs_in_run

    found = recorded(logs_folder(logs), run or "latest")
    hearing = Hearing(found.folder.name, success or "the run is done", signs_in_run(found.entries))
    stopped: BaseException | None = None
    if not rules_only:
        stopped = _hear(_Case(found, hearing, success, seeds, top, model, logs), yes=yes)
    if as_json:
        say.json_object(as_data(hearing) | _error_of(stopped))
    else:
        show(hearing, rules_only=rules_only)
    if isinstance(stopped, KeyboardInterrupt):
        raise typer.Exit(130)
    if as_json and isinstance(stopped, GlassworkError):
        raise typer.Exit(stopped.exit_status)
    if stopped is not None:
        raise stopped


def _error_of(stopped: BaseException | None) -> dict[str, object]:
    """Return what cut the trials short, as part of the one JSON object that is printed."""
    from glasswork.cli import report

    return {"error": report.as_data(stopped)} if isinstance(stopped, GlassworkError) else {}


@dataclass(frozen=True)
class _Case:
    found: Recorded
    hearing: Hearing
    success: str | None
    seeds: int
    top: int | None
    model: str | None
    logs: Path | None


def _hear(case: _Case, *, yes: bool) -> BaseException | None:
    """Make the trials; return what cut them short."""
    import asyncio
    import tempfile
    import time

    from glasswork.cli.arguments import budgets_of
    from glasswork.cli.continuing import as_recorded

    workflow = budgets_of(as_recorded(case.found), case.found.budget)
    good = _success(workflow, case.success)
    _must_have_failed(case.found, good)
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="glasswork-blame-") as folder:
            asyncio.run(_trials(case, workflow, good, Path(folder), yes=yes))
    except (KeyboardInterrupt, GlassworkError) as error:
        if not case.hearing.made:
            raise
        case.hearing.whole = False
        return error
    finally:
        case.hearing.seconds = round(time.monotonic() - began, 1)
    return None


async def _trials(case: _Case, workflow: CompiledWorkflow, good: Success, folder: Path, *, yes: bool) -> None:
    """Say what it costs, then try one suspect after the other; what is found goes into the case's hearing."""
    import itertools

    from glasswork.cli.load import open_models
    from glasswork.cli.supply import Harmless
    from glasswork.explain.blame import blame as put_to_trial
    from glasswork.explain.blame import nominated, suspects_in

    found, hearing = case.found, case.hearing
    supply = _supply(found, folder)
    models = open_models(found.library, override=found.model, logs=case.logs, tell=say.note)
    others = open_models(found.library, override=case.model, logs=case.logs, tell=say.note) if case.model else None
    try:
        trials = _of(found, workflow, good, models=models, others=others, tools=Harmless(supply))
        every = suspects_in(found.entries)
        marked = {(finding.step, finding.agent) for finding in hearing.findings}
        hearing.suspects = nominated(every, case.top, marked=marked)
        hearing.left_out = len(every) - len(hearing.suspects)
        hearing.meter, hearing.cost = trials.meter, _cost(trials, hearing.suspects, case.seeds)
        _agree(hearing, yes=yes)
        turns = itertools.count(1)

        async def prepare(suspect: Suspect) -> Suspect:
            say.note(f"  {next(turns)} of {len(hearing.suspects)}: the {suspect.stage} of {suspect.decision}")
            ready = await trials.with_acts(suspect, seeds=case.seeds)
            if not ready.replacements:
                hearing.untried.append(ready)
            return ready

        def told(trial: Trial, succeeded: bool) -> None:
            hearing.made.append((trial, succeeded))

        await put_to_trial(hearing.suspects, trials.rerun, seeds=case.seeds, prepare=prepare, told=told)
    finally:
        await supply.aclose()
        await models.aclose()
        if others is not None:
            await others.aclose()


def _supply(found: Recorded, folder: Path) -> RunSupply:
    """Supply trials with tool models, and with copies of the files that the run was given and made."""
    import shutil

    from glasswork.cli.session import cleaner, redactor_here
    from glasswork.cli.supply import MEDIA, supply_for

    if (found.folder / MEDIA).is_dir():
        shutil.copytree(found.folder / MEDIA, folder / MEDIA)
    clean = cleaner(redactor_here())
    return supply_for(
        found.library, folder, inputs=found.started.inputs, open_sandbox=_boxes(found, clean), clean=clean
    )


def _boxes(found: Recorded, clean: Clean) -> OpenSandbox:
    """Return how sandboxes are opened for trials."""
    from glasswork.cli.cleaned import CleanSandbox

    async def open_sandbox(backend: str) -> Sandbox:
        from glasswork.sandbox.choose import open_sandbox

        return CleanSandbox(await open_sandbox(backend, run=found.folder.name), clean)

    return open_sandbox


def _of(
    found: Recorded,
    workflow: CompiledWorkflow,
    good: Success,
    *,
    models: Models,
    others: Models | None,
    tools: Harmless,
) -> Trials:
    """Put together what a trial needs, as a sitting of the run itself would have it."""
    from glasswork.cli.bounds import bounded
    from glasswork.cli.cleaned import CleanModels
    from glasswork.cli.load import models_used, settings_here
    from glasswork.cli.logs_of import fixed_by
    from glasswork.cli.session import cleaner, redactor_here
    from glasswork.workflow.trials import Trials

    clean = cleaner(redactor_here())
    resolved = {name: models.resolve(name) for name in models_used(workflow)}
    return Trials(
        workflow=bounded(workflow, settings_here().sandbox, found.about.sandbox),
        entries=found.entries,
        models=CleanModels(models, clean),
        others=CleanModels(others, clean) if others else None,
        open_sandbox=_boxes(found, clean),
        success=good,
        fixed_by=fixed_by,
        clean=clean,
        prices={name: price for name, one in resolved.items() if (price := getattr(one, "price", None)) is not None},
        tools=tools,
    )


# --- before it starts -----------------------------------------------------------------------------------------------


def _success(workflow: CompiledWorkflow, condition: str | None) -> Success:
    """Return what a run's success is.

    Raises:
        UserError: the condition is not ``OUTPUT=VALUE``, or the workflow has no such output.
    """
    from glasswork.errors import did_you_mean
    from glasswork.library import read_yaml

    if condition is None:
        return lambda outcome: outcome.state == "done"
    name, equals, text = condition.partition("=")
    if not equals:
        raise UserError(f"--success {condition}: expected OUTPUT=VALUE")
    known = workflow.definition.outputs
    if name not in known:
        raise UserError(f"--success {condition}: {workflow.name} has no output {name!r}{did_you_mean(name, known)}")
    try:
        value = read_yaml(f"value: {text}", "--success").data["value"]
    except GlassworkError:
        value = text
    return lambda outcome: outcome.state == "done" and outcome.outputs.get(name) in (value, text)


def _must_have_failed(found: Recorded, good: Success) -> None:
    """Raise UserError where a run has not ended yet, or has succeeded; LogError where texts were taken out of it."""
    from glasswork.cli.continuing import past_of
    from glasswork.workflow.engine import RunOutcome

    state, run = past_of(found, live=True).state, found.folder.name
    if state not in {"done", "failed", "budget"}:
        raise UserError(f"{run} has not come to its end: {state}", hint=f"glasswork resume {run}; then blame it")
    end = [event for event in (entry.event for entry in found.entries) if event.type == "run.finished"][-1]
    if good(RunOutcome(state=end.state, outputs=end.outputs)):
        raise UserError(
            f"{run} succeeded, so nothing is to blame",
            hint="say what success would have been: --success OUTPUT=VALUE; or look for signs: --rules-only",
        )


def _cost(trials: Trials, suspects: list[Suspect], seeds: int) -> Cost:
    """Work out what suspects will cost; an act is asked for once with each seed, and then tried as often."""
    number = expected = asked = 0
    for suspect in suspects:
        its = seeds * (1 + (len(suspect.replacements) if suspect.stage == "plan" else 1))
        number += its
        asked += seeds if suspect.stage == "act" else 0
        expected += its * trials.calls_after(suspect)
    most = trials.most_calls()
    attempts = 1 + trials.workflow.definition.defaults.retry.max
    return Cost(number, expected + asked, None if most is None else number * most + asked * attempts)


def _agree(hearing: Hearing, *, yes: bool) -> None:
    """Say what it will cost, and have somebody agree to it where it is much.

    Raises:
        UserError: nobody has.
    """
    cost = hearing.cost
    assert cost is not None, "it was worked out just before"
    bound = "no bound is known" if cost.most is None else f"{cost.most:,} at most"
    left_out = f" ({hearing.left_out} left out)" if hearing.left_out else ""
    stages = f"{len(hearing.suspects)} stages{left_out}"
    say.note(f"{stages}, {cost.trials:,} trials: about {cost.expected:,} calls, {bound}")
    if yes or cost.expected <= FEW:
        return
    if not sys.stdin.isatty():
        raise UserError(f"about {cost.expected:,} calls are more than {FEW}", hint="start it with --yes; or set --top")
    if not typer.confirm("Start?", err=True):
        raise typer.Exit(0)
