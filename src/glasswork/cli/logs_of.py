"""The three ways to begin a sitting's log: anew, where it ended, or as a fork of another run's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork import __version__
from glasswork.cli.session import Opened, OpenLog, Served, cleaner

if TYPE_CHECKING:
    from glasswork.agent import Fixed
    from glasswork.log.about import Parent, RunAbout
    from glasswork.log.fork import Change, ForkPoint
    from glasswork.log.past import Past
    from glasswork.log.redact import Redactor
    from glasswork.log.writer import LogWriter
    from glasswork.records import RunForked
    from glasswork.workflow.compiled import CompiledWorkflow
    from glasswork.workflow.tournament import Settings


def new_log(
    logs: Path,
    workflow: CompiledWorkflow,
    *,
    model: str | None,
    seed: int,
    sandbox: str | None,
    budget: Sequence[str],
    tournament: Settings | None = None,
) -> OpenLog:
    """Begin the log of a run with a new name."""

    @contextmanager
    def opened(served: Served, redactor: Redactor) -> Iterator[Opened]:
        about = _about(
            logs,
            workflow,
            served,
            model=model,
            seed=seed,
            sandbox=sandbox,
            budget=budget,
            tournament=tournament.model_dump() if tournament else None,
        )
        with _created(logs, workflow, about, redactor) as writer:
            yield Opened(writer)

    return opened


def resumed_log(folder: Path, *, model: str | None, budget: Sequence[str]) -> OpenLog:
    """Go on with a run's log."""

    @contextmanager
    def opened(served: Served, redactor: Redactor) -> Iterator[Opened]:  # noqa: ARG001 - one signature for all three
        from glasswork.log.writer import LogWriter
        from glasswork.records import RunResumed

        with LogWriter.open(folder, redactor=redactor) as writer:
            past = _past(folder, redactor)
            writer.record(RunResumed(was=past.state, model=model or "", budget=tuple(budget), glasswork=__version__))
            yield Opened(writer, past, fixed_by(past.forks))

    return opened


def forked_log(
    parent: Path,
    workflow: CompiledWorkflow,
    point: ForkPoint,
    change: Change,
    to: str,
    *,
    model: str | None,
    seed: int,
    sandbox: str | None,
    budget: Sequence[str],
) -> OpenLog:
    """Begin the log of a fork: the parent's events up to the point, then the change."""

    @contextmanager
    def opened(served: Served, redactor: Redactor) -> Iterator[Opened]:
        from glasswork.log.about import Parent, read_about
        from glasswork.log.fork import late_explanations
        from glasswork.log.reader import iter_entries
        from glasswork.records import RunForked

        about = _about(
            parent.parent,
            workflow,
            served,
            model=model,
            seed=seed,
            sandbox=sandbox,
            budget=budget,
            parent=Parent(run=parent.name, event=point.upto),
            tournament=read_about(parent).tournament,
        )
        with _created(parent.parent, workflow, about, redactor) as writer:
            digest = writer.copy_prefix(parent, point.upto)
            writer.record(
                RunForked(
                    parent=parent.name, event=point.upto, hash=digest, decision=point.decision, change=change, to=to
                )
            )
            past = _past(writer.folder, redactor)
            past.lend(late_explanations(iter_entries(parent), point.upto))
            yield Opened(writer, past, fixed_by(past.forks))

    return opened


def fixed_by(forks: Sequence[RunForked]) -> Mapping[str, Fixed]:
    """Return what people have decided in place of agents; of two words on one decision the later counts."""
    from glasswork.agent import Fixed

    found: dict[str, Fixed] = {}
    for fork in forks:
        if fork.change == "choose":
            found[fork.decision] = Fixed(choose=fork.to)
        elif fork.change == "edit":  # it comes after the choice, which stands
            found[fork.decision] = Fixed(choose=found.get(fork.decision, Fixed()).choose, act=fork.to)
    return found


def _past(folder: Path, redactor: Redactor) -> Past:
    from glasswork.log.past import Past
    from glasswork.log.reader import iter_entries

    return Past(iter_entries(folder), clean=cleaner(redactor))


def _about(
    logs: Path,
    workflow: CompiledWorkflow,
    served: Served,
    *,
    model: str | None,
    seed: int,
    sandbox: str | None,
    budget: Sequence[str],
    parent: Parent | None = None,
    tournament: dict[str, Any] | None = None,
) -> RunAbout:
    from glasswork.log.about import RunAbout
    from glasswork.log.runs import new_run_id, run_ids

    return RunAbout(
        run=new_run_id(workflow.name.replace("/", "-"), datetime.now(UTC), run_ids(logs)),
        workflow=workflow.name,
        workflow_file=str(workflow.path),
        parent=parent,
        model=served.main,
        override=model,
        models=dict(served.about),
        served=dict(served.labels),
        sandbox=sandbox,
        budget=tuple(budget),
        tournament=tournament,
        seed=seed,
    )


def _created(logs: Path, workflow: CompiledWorkflow, about: RunAbout, redactor: Redactor) -> LogWriter:
    from glasswork.log.writer import LogWriter

    definitions = {key: workflow.sources[digest] for key, digest in workflow.digests.items()}
    return LogWriter.create(logs / about.run, about, definitions=definitions, redactor=redactor)
