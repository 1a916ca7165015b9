"""What the commands share: from names on the command line to a checked workflow, settings and models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasswork.definitions import WorkflowDef
    from glasswork.library import Found, Library
    from glasswork.models.pool import Models
    from glasswork.records import Completion
    from glasswork.settings import Settings
    from glasswork.workflow.compiled import CompiledWorkflow


def load_workflow(name: str) -> tuple[CompiledWorkflow, Library]:
    """Return a workflow, by name or by the path of its file, and the library it was compiled with.

    Raises:
        NotFound: nothing answers to the name.
        DefinitionError: the workflow, or something it rests on, cannot be used.
    """
    from glasswork.library import Library

    library = Library.discover()
    found = library.workflow(name)
    library = library.beside(found)
    return checked(found, library), library


def checked(found: Found[WorkflowDef], library: Library) -> CompiledWorkflow:
    """Return a workflow compiled with every strategy that is registered. Raises DefinitionError."""
    from glasswork.reasoning import strategies
    from glasswork.workflow.compile import compile_workflow

    return compile_workflow(found, library, strategies=strategies.names())


def settings_here() -> Settings:
    """Return the settings of the project that the working folder is in. Raises DefinitionError."""
    from glasswork.library import project_root
    from glasswork.settings import load_settings

    return load_settings(project_root(Path.cwd()))


def logs_folder(given: Path | None) -> Path:
    """Return where runs are logged: the folder given, else where the settings say."""
    return given or settings_here().logs


def open_models(
    library: Library,
    *,
    override: str | None = None,
    logs: Path | None = None,
    tell: Callable[[str], None] | None = None,
) -> Models:
    """Return the models of a project; none is opened yet.

    ``override`` takes the place of every name; ``logs`` is where ``replay`` finds runs; ``tell`` hears of slow starts.
    """
    from glasswork.definitions import ModelsDef
    from glasswork.models.pool import Models

    found = library.models()
    definitions = found.definition if found else ModelsDef(version=1)
    named = settings_here().run.model
    if named:
        definitions = definitions.model_copy(update={"default": named})
    return Models(
        definitions,
        base_dir=found.path.parent if found else Path.cwd(),
        override=override,
        on_progress=tell,
        answers_of=lambda run: _answers(logs_folder(logs), run),
    )


def models_used(workflow: CompiledWorkflow) -> list[str]:
    """Return the names of all models a run may ask, sorted; people and loops ask none."""
    from glasswork.workflow.compiled import all_steps
    from glasswork.workflow.cost import scheduler, serving

    steps = [(belongs_to, step) for _, belongs_to, step in all_steps(workflow)]
    agents = {model for belongs_to, step in steps for model in serving(belongs_to, step).values()}
    return sorted(agents | {model for belongs_to, step in steps if (model := scheduler(belongs_to, step))})


def _answers(logs: Path, run: str) -> dict[tuple[str, str], Completion]:
    from glasswork.log.reader import read
    from glasswork.log.runs import find_run
    from glasswork.models.replay import recorded_answers

    return recorded_answers(read(find_run(logs, run)).events)
