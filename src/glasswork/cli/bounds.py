"""What the command line and the project's settings say about sandboxes, put into a workflow before it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glasswork.definitions import SandboxUse
    from glasswork.settings import SandboxSettings
    from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow

_STRENGTH = ("default", "jail", "bubblewrap", "docker")
"""Backends, those that contain less first."""


def bounded(workflow: CompiledWorkflow, settings: SandboxSettings, backend: str | None) -> CompiledWorkflow:
    """Return ``workflow`` with no sandbox above the settings' limits, nor weaker than the backend they name.

    ``backend``, of the command line, takes the place of every step's own. What a step does not get to ask for (CPU
    time, processes, files, output) has the contract's own limit. The log then holds what was really asked for.
    """
    return replace(workflow, steps={name: _step(step, settings, backend) for name, step in workflow.steps.items()})


def _step(step: CompiledStep, settings: SandboxSettings, backend: str | None) -> CompiledStep:
    if step.workflow is not None:
        return replace(step, workflow=bounded(step.workflow, settings, backend))
    use: SandboxUse | None = getattr(step.definition, "sandbox", None)
    if use is None:
        return step
    less = use.model_copy(
        update={
            "backend": backend or max(use.backend, settings.backend, key=_STRENGTH.index),
            "timeout": min(use.timeout, settings.max_timeout),
            "memory_mb": min(use.memory_mb, settings.max_memory_mb),
        }
    )
    return replace(step, definition=step.definition.model_copy(update={"sandbox": less}))
