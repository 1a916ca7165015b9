"""What the command line and the project's settings say about sandboxes, put into a workflow before it runs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from glasswork.errors import UserError
from glasswork.sandbox.choose import stronger

if TYPE_CHECKING:
    from glasswork.definitions import SandboxUse
    from glasswork.settings import SandboxSettings
    from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow


def bounded(workflow: CompiledWorkflow, settings: SandboxSettings, backend: str | None) -> CompiledWorkflow:
    """Return ``workflow`` with no sandbox above the settings' limits, nor weaker than the backend they name.

    ``backend``, of the command line, takes the place of every step's own. Its CPU seconds follow its time-out; what a
    step does not get to ask for (processes, files, output) has the contract's own limit. The log then holds what was
    really asked for.

    Raises:
        UserError: a step asks for a network that the project does not allow: less of it would break its program.
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
            "backend": backend or stronger(use.backend, settings.backend),
            "timeout": min(use.timeout, settings.max_timeout),
            "memory_mb": min(use.memory_mb, settings.max_memory_mb),
        }
    )
    _refuse(step, use, settings)
    return replace(step, definition=step.definition.model_copy(update={"sandbox": less}))


def _refuse(step: CompiledStep, use: SandboxUse, settings: SandboxSettings) -> None:
    """Refuse what a step asks of the network beyond what the project allows."""
    from glasswork.sandbox.targets import target

    try:
        allowed = {str(target(text)) for text in settings.network}
    except ValueError as error:
        raise UserError(f"glasswork.toml: sandbox.network: {error}") from None
    beyond = [text for text in use.network.allow if str(target(text)) not in allowed]
    if beyond:
        raise UserError(
            f"the step {step.id!r} wants its program to talk to {', '.join(beyond)}, which this project does not allow",
            hint=f"to allow it: [sandbox] network = {json.dumps([*settings.network, *beyond])} in glasswork.toml",
        )
    if use.network.loopback and not settings.loopback:
        raise UserError(
            f"the step {step.id!r} wants loopback for its program, which this project does not allow",
            hint="to allow it: [sandbox] loopback = true in glasswork.toml",
        )
