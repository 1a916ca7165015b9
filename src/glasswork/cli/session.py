"""One run from the command line: the models, the log, the view and the engine, put together and taken apart again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.cli import say
from glasswork.cli.bounds import bounded
from glasswork.cli.load import models_used, open_models, settings_here

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from glasswork.cli.people import People
    from glasswork.definitions import BudgetDef
    from glasswork.library import Library
    from glasswork.log.writer import LogWriter
    from glasswork.models.pool import Models
    from glasswork.records import Event
    from glasswork.sandbox.base import Sandbox
    from glasswork.view.live import View
    from glasswork.workflow.compiled import CompiledWorkflow
    from glasswork.workflow.engine import RunOutcome


@dataclass(frozen=True)
class Ended:
    """How a run ended, and what it left."""

    outcome: RunOutcome
    folder: Path
    files: tuple[Path, ...]
    """What its steps saved."""


@dataclass
class Session:
    """Everything that was asked for."""

    workflow: CompiledWorkflow
    library: Library
    inputs: dict[str, Any]
    people: People
    logs: Path
    model: str | None
    """In place of every model, where the command line says it."""
    seed: int
    sandbox: str | None
    """The backend in place of those that steps name."""
    budget: BudgetDef
    watched: bool
    """Whether to show the run while it runs."""

    async def run(self) -> Ended:
        """Open the models, then run the workflow to its end; Ctrl-C and SIGTERM end it in the state ``interrupted``.

        Raises:
            GlassworkError: a model cannot be opened: nothing has run then, and there is no log.
        """
        with say.waiting(shown=self.watched) as tell:
            models = open_models(self.library, override=self.model, logs=self.logs, tell=tell)
            abouts = {name: models.resolve(name).model_dump(mode="json") for name in models_used(self.workflow)}
            try:
                names = {name: (await models.get(name)).name for name in abouts}
            except BaseException:
                await models.aclose()
                raise
        default = names.get(self.workflow.definition.defaults.model or "default") or ", ".join(names.values())
        try:
            with self._log(default, abouts) as writer, self._view() as view:
                outcome = await self._engine(models, default, writer, view)
        finally:
            await models.aclose()
        saved = sorted(path for path in (writer.folder / "files").glob("*") if path.is_file())
        return Ended(outcome, writer.folder, tuple(saved))

    @contextmanager
    def _log(self, model: str, models: dict[str, Any]) -> Iterator[LogWriter]:
        """Begin the log of a run with a new name."""
        from glasswork.log.about import RunAbout
        from glasswork.log.redact import Redactor
        from glasswork.log.runs import new_run_id, run_ids
        from glasswork.log.writer import LogWriter

        workflow = self.workflow
        run = new_run_id(workflow.name.replace("/", "-"), datetime.now(UTC), run_ids(self.logs))
        about = RunAbout(
            run=run,
            workflow=workflow.name,
            workflow_file=str(workflow.path),
            inputs=self.inputs,
            model=model,
            models=models,
            seed=self.seed,
            argv=tuple(sys.argv),
        )
        definitions = {key: workflow.sources[digest] for key, digest in workflow.digests.items()}
        redactor = Redactor.from_environment(os.environ)
        with LogWriter.create(self.logs / run, about, definitions=definitions, redactor=redactor) as writer:
            yield writer

    def _view(self) -> AbstractContextManager[View | None]:
        from glasswork.view.live import watching

        if not self.watched:
            return nullcontext()
        steps = [
            (step.id, step.kind, ", ".join(agent.name for agent in step.agents), step.needs)
            for step in self.workflow.steps.values()
        ]
        return watching(say.console(sys.stderr), self.workflow.name, steps, budget=self.budget.tokens)

    async def _engine(self, models: Models, model: str, writer: LogWriter, view: View | None) -> RunOutcome:
        from glasswork.workflow.engine import run_workflow

        if view is not None:
            self.people.pause = lambda: _still(view)
        with _terminable():
            return await run_workflow(
                bounded(self.workflow, settings_here().sandbox, self.sandbox),
                self.inputs,
                run=writer.folder.name,
                models=models,
                record=_to_both(writer.record, view.event if view else None),
                watch=view.notice if view else None,
                open_sandbox=lambda backend: self._open_sandbox(backend, writer.folder.name),
                ask_human=self.people.ask,
                files=writer.folder / "files",
                model=model,
                seed=self.seed,
                budget=self.budget,
            )

    async def _open_sandbox(self, backend: str, run: str) -> Sandbox:
        from glasswork.sandbox.choose import open_sandbox

        return await open_sandbox(backend, run=run, on_progress=say.note if self.watched else None)


def _to_both(record: Callable[[Event], None], show: Callable[[Event], None] | None) -> Callable[[Event], None]:
    """Return a recorder that shows an event once it is on disk."""

    def recorder(event: Event) -> None:
        record(event)
        if show is not None:
            show(event)

    return recorder


@contextmanager
def _still(view: View) -> Iterator[None]:
    """Take a live view off the terminal while somebody types."""
    view.__exit__(None, None, None)
    try:
        yield
    finally:
        view.__enter__()


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the run as Ctrl-C does: the engine is cancelled, and the log gets its end."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None, "coroutines run in tasks"
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
