"""From a name on the command line to a checked workflow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glasswork.definitions import WorkflowDef
    from glasswork.library import Found, Library
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
