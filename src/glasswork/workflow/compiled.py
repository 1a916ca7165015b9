"""What a checked workflow is: everything the engine needs, with every name resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from glasswork.definitions import AgentDef, AgentStep, HumanStep, LoopStep, RoleDef, TeamStep, WorkflowDef
from glasswork.templates import Template
from glasswork.workflow.conditions import Condition, FieldKind

StepKind = Literal["agent", "team", "loop", "human"]


@dataclass(frozen=True)
class CompiledAgent:
    """An agent and the role it plays."""

    name: str
    definition: AgentDef
    role: RoleDef


@dataclass(frozen=True)
class CompiledStep:
    """One step, with its templates and conditions parsed."""

    id: str
    kind: StepKind
    definition: AgentStep | TeamStep | LoopStep | HumanStep
    needs: tuple[str, ...]
    """Direct needs; a loop step also needs the steps it repeats."""
    agents: tuple[CompiledAgent, ...] = ()
    """One for an agent step, all members for a team step."""
    task: Template | None = None
    on_repeat: Template | None = None
    question: Template | None = None
    """What a human step asks."""
    when: Condition | None = None
    until: Condition | None = None
    fields: Mapping[str, FieldKind] = field(default_factory=dict)
    """What ``steps.ID.FIELD`` offers to later steps."""
    loop: str | None = None
    """The loop step that may repeat this one."""


@dataclass(frozen=True)
class CompiledWorkflow:
    """A workflow that holds together."""

    name: str
    path: Path
    definition: WorkflowDef
    steps: Mapping[str, CompiledStep]
    """In an order in which every step comes after what it needs; else as in the file."""
    digests: dict[str, str]
    """SHA-256, in hexadecimal, of every file that was used: ``{"workflows/x.yaml": "…"}``."""
    sources: dict[str, str]
    """The text of those files, by digest."""
