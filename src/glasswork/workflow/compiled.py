"""What a checked workflow is: everything the engine needs, with every name resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from glasswork.definitions import (
    AgentDef,
    RoleDef,
    ToolDef,
    WerewolfRules,
    WorkflowDef,
)
from glasswork.games import Rules
from glasswork.library import Found
from glasswork.places import parse
from glasswork.templates import Template
from glasswork.workflow.conditions import Condition, FieldKind
from glasswork.workflow.fields import Step

StepKind = Literal[
    "agent", "team", "loop", "human", "workflow", "game", "werewolf", "dispatch", "retrieve", "table", "report"
]


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
    definition: Step
    needs: tuple[str, ...]
    """Direct needs; a loop step also needs the steps it repeats."""
    agents: tuple[CompiledAgent, ...] = ()
    """One for an agent step, all members for a team step, all that play for a game."""
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
    each: tuple[str, ...] | None = None
    """The list that a ``for_each`` runs over, as a path: ``("steps", "split", "items")``."""
    workflow: CompiledWorkflow | None = None
    """What a workflow step runs."""
    given: Mapping[str, Template | Any] = field(default_factory=dict)
    """Its inputs: templates, and values of any other kind as they are. See ``workflow.inputs.given_inputs``."""
    rules: Rules | None = None
    """What a game step plays by."""
    village: WerewolfRules | None = None
    """What a werewolf step plays by."""
    tools: tuple[Found[ToolDef], ...] = ()
    """The tool models that a dispatch step may use; the one that a retrieve step looks with as its second source."""
    files: tuple[Template, ...] = ()
    """Paths of the files that come with its request; of a table step, where its table lies."""


@dataclass(frozen=True)
class CompiledWorkflow:
    """A workflow that holds together."""

    name: str
    path: Path
    definition: WorkflowDef
    steps: Mapping[str, CompiledStep]
    """In an order in which every step comes after what it needs; else as in the file."""
    digests: dict[str, str]
    """SHA-256, in hexadecimal, of every file that was used, the workflow's own first: ``{"workflows/x.yaml": "…"}``."""
    sources: dict[str, str]
    """The text of those files, by digest."""

    @property
    def key(self) -> str:
        """Which of the files is the workflow's own."""
        return next(iter(self.digests))


def step_at(workflow: CompiledWorkflow, decision: str) -> CompiledStep:
    """Return the step that a decision of a run belongs to, also in a sub-workflow: ``check#1.read#1``.

    An agent that a dispatcher has called (``ask#1.t2_lawyer#1``) belongs to the step that dispatches.
    """
    *around, step = parse(decision).step.split(".")
    for each in around:
        outer = workflow.steps[parse(each).step]
        if outer.workflow is None:
            return outer
        workflow = outer.workflow
    return workflow.steps[step]


def all_steps(workflow: CompiledWorkflow, around: str = "") -> Iterator[tuple[str, CompiledWorkflow, CompiledStep]]:
    """Yield every step by its name (``check.read`` within ``check``), with the workflow that it belongs to."""
    for step in workflow.steps.values():
        yield f"{around}{step.id}", workflow, step
        if step.workflow is not None:
            yield from all_steps(step.workflow, f"{around}{step.id}.")
