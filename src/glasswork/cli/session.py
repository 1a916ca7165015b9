"""One sitting of a run from the command line: the models, the log, the view and the engine, put together and taken
apart again. A new run, a resumed one and a fork differ in the log they begin with, and in nothing else.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.cli import say
from glasswork.cli.bounds import bounded
from glasswork.cli.cleaned import Clean, Cleaner, CleanModels, CleanSandbox
from glasswork.cli.load import models_used, open_models, settings_here
from glasswork.errors import DefinitionError

if TYPE_CHECKING:
    from glasswork.agent import Fixed
    from glasswork.cli.people import People
    from glasswork.cli.supply import RunSupply
    from glasswork.definitions import PriceDef
    from glasswork.games.axelrod import AxelrodLibrary
    from glasswork.library import Library
    from glasswork.log.past import Past
    from glasswork.log.redact import Redactor
    from glasswork.log.writer import LogWriter
    from glasswork.models.pool import Models
    from glasswork.records import Event
    from glasswork.sandbox.base import Sandbox
    from glasswork.view.live import View
    from glasswork.workflow.compiled import CompiledWorkflow
    from glasswork.workflow.engine import RunOutcome
    from glasswork.workflow.resources import OpenSandbox


@dataclass(frozen=True)
class Ended:
    """How a run ended, and what it left."""

    outcome: RunOutcome
    folder: Path
    files: tuple[Path, ...]
    """What its steps saved."""


@dataclass(frozen=True)
class Served:
    """The models that a run was given."""

    main: str
    """How the log calls the run's own model."""
    labels: Mapping[str, str]
    """How it calls the model behind each name."""
    about: Mapping[str, Any]
    """What each name stands for."""
    prices: Mapping[str, PriceDef]
    """What its tokens cost, where it has a price."""


@dataclass(frozen=True)
class Opened:
    """A log that a sitting may write to."""

    writer: LogWriter
    past: Past | None = None
    """What it holds already."""
    fixed: Mapping[str, Fixed] = field(default_factory=dict)
    """What a person has decided in place of an agent."""


OpenLog = Callable[[Served, "Redactor"], AbstractContextManager[Opened]]
"""Opens the log of a sitting, once its models are there: until then nothing is written."""


@dataclass
class Session:
    """Everything that was asked for."""

    workflow: CompiledWorkflow
    library: Library
    inputs: dict[str, Any]
    people: People
    logs: Path
    open_log: OpenLog
    model: str | None
    """In place of every model, where the command line says it."""
    seed: int
    sandbox: str | None
    """The backend in place of those that steps name."""
    watched: bool
    """Whether to show the run while it runs."""
    see: str = ""
    """As whom to look on at a game of werewolf; empty: as whoever sits at this terminal."""
    rerun: frozenset[str] = frozenset()
    """Steps whose programs may run again although they are not idempotent."""

    async def run(self) -> Ended:
        """Open the models, then run the workflow to its end; Ctrl-C and SIGTERM end it in the state ``interrupted``.

        Raises:
            GlassworkError: a model cannot be opened: nothing has run then, and nothing was written.
        """
        from glasswork.cli.research_report import write_reports
        from glasswork.log.reader import read
        from glasswork.workflow.compiled import all_steps

        self.workflow = bounded(self.workflow, settings_here().sandbox, self.sandbox)
        with say.waiting(shown=self.watched) as tell:
            models = open_models(self.library, override=self.model, logs=self.logs, tell=tell)
            try:
                served = await self._served(models)
            except BaseException:
                await models.aclose()
                raise
        redactor = redactor_here(self.library)
        try:
            with self.open_log(served, redactor) as opened, self._view() as view:
                outcome = await self._engine(models, served, opened, cleaner(redactor), view)
        finally:
            await models.aclose()
        folder = opened.writer.folder
        if any(step.kind == "report" for _, _, step in all_steps(self.workflow)):
            write_reports(folder / "files", read(folder).events)
        return Ended(outcome, folder, saved_files(folder))

    async def _served(self, models: Models) -> Served:
        """Open every model that may be asked."""
        found = {name: models.resolve(name) for name in models_used(self.workflow)}
        labels = {name: (await models.get(name)).name for name in found}
        main = labels.get(self.workflow.definition.defaults.model or "default") or ", ".join(labels.values())
        prices = {name: price for name, one in found.items() if (price := getattr(one, "price", None)) is not None}
        return Served(main, labels, {name: one.model_dump(mode="json") for name, one in found.items()}, prices)

    def _view(self) -> AbstractContextManager[View | None]:
        from glasswork.cli.discreet import Discreet
        from glasswork.view.live import watching

        if not self.watched:
            return nullcontext()
        steps = [
            (
                step.id,
                step.kind,
                "" if step.kind == "dispatch" else ", ".join(one.name for one in step.agents),
                step.needs,
            )
            for step in self.workflow.steps.values()
        ]
        budget = self.workflow.definition.budget.tokens
        return Discreet(watching(say.console(sys.stderr), self.workflow.name, steps, budget=budget), self.see)

    async def _engine(
        self,
        models: Models,
        served: Served,
        opened: Opened,
        clean: Clean,
        view: View | None,
    ) -> RunOutcome:
        from glasswork.workflow.engine import run_workflow

        if view is not None:
            self.people.pause = lambda: _still(view)
        self.people.clean = clean
        writer, past = opened.writer, opened.past

        async def open_sandbox(backend: str) -> Sandbox:
            return CleanSandbox(await self._open_sandbox(backend, writer.folder.name), clean)

        sources = CleanModels(models, clean)
        async with self._supply(writer.folder, open_sandbox, clean) as supply:
            return await run_workflow(
                self.workflow,
                clean(self.inputs),
                run=writer.folder.name,
                models=sources,
                record=_recorder(writer.record, past, view),
                watch=view.notice if view else None,
                open_sandbox=open_sandbox,
                ask_human=self.people.ask,
                ask_move=self.people.choose,
                open_library=self._open_library,
                files=writer.folder / "files",
                model=served.main,
                seed=self.seed,
                prices=served.prices,
                past=past,
                fixed=opened.fixed,
                rerun=self.rerun,
                tools=supply,
            )

    @asynccontextmanager
    async def _supply(self, folder: Path, open_sandbox: OpenSandbox, clean: Clean) -> AsyncIterator[RunSupply]:
        """Supply the run with tool models and files; and let SIGTERM end it."""
        from glasswork.cli.supply import supply_for

        supply = supply_for(self.library, folder, inputs=self.inputs, open_sandbox=open_sandbox, clean=clean)
        try:
            with terminable():
                yield supply
        finally:
            await supply.aclose()

    async def _open_library(self) -> AxelrodLibrary:
        from glasswork.games.axelrod import open_axelrod

        if self.watched:
            say.note("starting the axelrod library, which takes up to half a minute")
        return await open_axelrod()

    async def _open_sandbox(self, backend: str, run: str) -> Sandbox:
        from glasswork.sandbox.choose import open_sandbox

        return await open_sandbox(backend, run=run, on_progress=say.note if self.watched else None)


def redactor_here(library: Library | None = None) -> Redactor:
    """Return what takes the secrets of this environment out of texts: by their names, and the keys of the models.

    ``library`` knows the models; without it, the one of the working folder. Where ``models.yaml``, which names the
    keys, has errors, whoever needs a model will hear of them; an approval or a redaction needs none. Then every word
    of the file that is a variable's name counts as that of a key: rather too much is taken out than too little.

    Raises:
        DefinitionError: models.yaml cannot be opened.
    """
    from glasswork.library import Library
    from glasswork.log.redact import Redactor

    library = library or Library.discover()
    try:
        found = library.models()
        models = found.definition.models.values() if found else ()
        keys = [key for model in models if (key := getattr(model, "api_key_env", None))]
    except DefinitionError as error:
        said = next(source.read("models.yaml") for source in library.sources if source.holds("models.yaml"))
        words = set(re.findall(r"\w+", said.decode(errors="replace")))
        keys = [name for name in os.environ if name in words]
        say.note(f"{error.problems[0]}; taken for names of keys: {', '.join(sorted(keys)) or 'none of its words'}")
    return Redactor.from_environment(os.environ, also=keys)


def cleaner(redactor: Redactor) -> Clean:
    """Return what brings data into the form in which a log holds it."""
    return Cleaner(redactor)


def saved_files(folder: Path) -> tuple[Path, ...]:
    """Return what the steps of a run have saved."""
    return tuple(sorted(path for path in (folder / "files").rglob("*") if path.is_file()))


def _recorder(write: Callable[[Event], None], past: Past | None, view: View | None) -> Callable[[Event], None]:
    """Return a recorder that writes what the log does not hold yet, and shows every event once it is on disk."""

    def record(event: Event) -> None:
        held = past is not None and past.take(event)
        if not held:
            write(event)
        if view is not None:
            view.event(event, held=held)

    return record


@contextmanager
def _still(view: View) -> Iterator[None]:
    """Take a live view off the terminal while somebody types."""
    view.__exit__(None, None, None)
    try:
        yield
    finally:
        view.__enter__()


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM end what is at work as Ctrl-C does: by cancelling it. A run's log gets its end, models are closed."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None, "coroutines run in tasks"
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
