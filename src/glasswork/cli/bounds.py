"""What the command line and the project's settings say about sandboxes, put into a workflow before it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glasswork.definitions import SandboxUse
    from glasswork.settings import SandboxSettings
    from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow


def bounded(workflow: CompiledWorkflow, settings: SandboxSettings, backend: str | None) -> CompiledWorkflow:
    """Return ``workflow`` with no sandbox above the settings' limits.

    ``backend`` takes the place of every step's own; without it the settings say what ``default`` means. The log then
    holds the limits that were really asked for.
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
            "backend": backend or (settings.backend if use.backend == "default" else use.backend),
            "timeout": min(use.timeout, settings.max_timeout),
            "memory_mb": min(use.memory_mb, settings.max_memory_mb),
        }
    )
    return replace(step, definition=step.definition.model_copy(update={"sandbox": less}))
