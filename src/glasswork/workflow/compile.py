"""From a workflow's file to a workflow that holds together, or to everything that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from glasswork.definitions import SHIPPED, WorkflowDef
from glasswork.errors import DefinitionError, NotFound
from glasswork.library import Found, Library, Recorded, load_key
from glasswork.workflow.compiled import CompiledAgent, CompiledStep, CompiledWorkflow, StepKind
from glasswork.workflow.compiler import Compilation
from glasswork.workflow.inputs import resolve_inputs
from glasswork.workflow.nested import settled

__all__ = [
    "CompiledAgent",
    "CompiledStep",
    "CompiledWorkflow",
    "StepKind",
    "changed_definitions",
    "compile_recorded",
    "compile_workflow",
    "resolve_inputs",
]


def compile_workflow(
    found: Found[WorkflowDef], library: Library, *, strategies: Collection[str] = SHIPPED
) -> CompiledWorkflow:
    """Return a workflow whose agents, roles, sub-workflows, references, conditions and loops all fit together.

    Args:
        found: the workflow.
        library: where its agents, roles and sub-workflows are looked up; a workflow named by its path brings its own
            project.
        strategies: the names of the reasoning strategies there are.

    Raises:
        DefinitionError: every problem of the workflow, of those within it, and of the agents and roles they use.
    """
    compilation = Compilation(library.beside(found), strategies)
    whole = compilation.whole(found).compiled
    if whole is None or compilation.problems:
        raise DefinitionError(compilation.problems)
    return settled(whole)


def compile_recorded(texts: Mapping[str, str], workflow: str) -> CompiledWorkflow:
    """Return a workflow from the definitions that a run recorded, and from nothing else: no file is read.

    Args:
        texts: what the run recorded, by key: ``{"workflows/x.yaml": "…", "agents/engineer.yaml": "…"}``.
        workflow: the key of the run's own workflow (:attr:`CompiledWorkflow.key`).

    Raises:
        DefinitionError: they do not hold together: something was not recorded, or this version reads it otherwise.
    """
    from glasswork.reasoning import strategies

    source = Recorded(texts=texts)
    found = load_key(source, workflow, WorkflowDef, kind="workflow")
    return compile_workflow(found, Library((source,)), strategies=strategies.names())


def changed_definitions(texts: Mapping[str, str], library: Library, workflow_file: str | Path) -> list[str]:
    """Return the keys of recorded definitions that read otherwise today, or are gone; sorted.

    Args:
        texts: what the run recorded, by key, its own workflow first.
        library: where names are looked up today.
        workflow_file: the file that the run's own workflow came from.
    """
    own = next(iter(texts), "")
    return sorted(
        key for key, text in texts.items() if text != _today(key, library, workflow_file if key == own else "")
    )


def _today(key: str, library: Library, file: str | Path) -> str | None:
    """Return the text of a definition as it is now, or None where there is none that can be read."""
    try:
        return library.text(file or key)
    except (NotFound, DefinitionError):
        return None
