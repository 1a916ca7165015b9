"""``glasswork replay``: runs a recorded run again, without any model, and says whether it still comes out so."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from glasswork.cli import say
from glasswork.cli.continuing import Recorded, as_asked, as_recorded, changed_since, past_of, recorded
from glasswork.cli.load import load_workflow, logs_folder
from glasswork.cli.resume import Run
from glasswork.cli.run import Logs
from glasswork.errors import Diverged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glasswork.log.past import Past
    from glasswork.models.base import OnText
    from glasswork.records import Completion, Request
    from glasswork.workflow.compiled import CompiledWorkflow


def replay(
    run: Run = "latest",
    *,
    pinned: Annotated[
        bool, typer.Option("--recorded", help="Use the definitions of that time, not today's files.")
    ] = False,
    logs: Logs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run a recorded run again, without any model: every event must come out as it was recorded, but for times.

    Prompts, decisions and outputs are made anew from today's definition files; a model is not asked, its recorded
    answers are served. The first event that would be another now is shown, and the exit status is 1.
    """
    import asyncio

    found = recorded(logs_folder(logs), run)
    changed = [] if pinned else changed_since(found)
    if not as_json:
        for file in changed:
            say.note(f"{file} has changed since")
    past = past_of(found, live=False)
    events = asyncio.run(_again(found, past, pinned=pinned))
    whole = past.state in {"done", "failed"}
    if as_json:
        data = {"run": found.folder.name, "replayed": True, "events": events, "whole": whole, "changed": changed}
        say.json_object(data)
    else:
        ends = "" if whole else f"; the log ends there ({past.state})"
        say.out(f"{found.folder.name}: {events} events, all as recorded{ends}")


async def _again(run: Recorded, past: Past, *, pinned: bool) -> int:
    """Run again; return how many events came out as recorded.

    Raises:
        Diverged: one did not.
    """
    from glasswork.cli.arguments import budgets_of
    from glasswork.cli.logs_of import fixed_by
    from glasswork.workflow.engine import run_workflow

    workflow = budgets_of(_workflow(run, pinned=pinned), run.budget)
    count = 0

    def held(event: Any) -> None:
        nonlocal count
        if event.type == "run.finished" and event.state == "waiting" and past.state != "waiting":
            return  # the replay stops where the log does
        past.take(event)
        count += 1

    with tempfile.TemporaryDirectory(prefix="glasswork-replay-") as files:
        await run_workflow(
            workflow,
            run.started.inputs,
            run=run.folder.name,
            models=_Labels(run.about.served),
            record=held,
            open_sandbox=_nothing,
            ask_human=_nothing,
            files=Path(files),
            model=run.started.model,
            seed=run.about.seed,
            past=past,
            fixed=fixed_by(past.forks),
        )
    for left in past.left():
        raise Diverged(f"event {left.seq}, {left.event.type}, does not come any more", event=left.seq)
    return count


def _workflow(run: Recorded, *, pinned: bool) -> CompiledWorkflow:
    if pinned:
        return as_recorded(run)
    from glasswork.errors import NotFound

    try:
        return as_asked(run, load_workflow(_named(run))[0])
    except NotFound as error:
        raise NotFound(
            "workflow", run.about.workflow, hint="--recorded replays with the definitions of that time"
        ) from error


def _named(run: Recorded) -> str:
    """Return how to name a run's workflow: by its file, unless its name leads there, with the agents and tools here."""
    from glasswork.errors import DefinitionError, NotFound
    from glasswork.library import Library

    file, name = Path(run.about.workflow_file), run.about.workflow
    if not (file.is_file() and file.suffix in {".yaml", ".yml"}):
        return name
    try:
        here = Library.discover().workflow(name).path
    except (NotFound, DefinitionError):
        return str(file)
    return name if here.resolve() == file.resolve() else str(file)


@dataclass(frozen=True)
class _Labels:
    """Stands for the models of the run, by the names that its log calls them; none is ever asked."""

    served: Mapping[str, str]

    async def get(self, name: str) -> _Named:
        return _Named(self.served.get(name, name))


@dataclass
class _Named:
    name: str
    context: int | None = None

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:  # noqa: ARG002
        raise AssertionError("a replay asks no model: its past answers, or raises")

    async def aclose(self) -> None:
        """Hold nothing."""


async def _nothing(*_: object) -> NoReturn:
    raise AssertionError("a replay asks nobody: its past answers, or raises")
