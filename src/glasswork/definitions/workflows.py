"""Workflows: steps with needs, conditions, loops and budgets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from glasswork.definitions.base import Definition, Name
from glasswork.definitions.dispatch import DispatchStep
from glasswork.definitions.games import GameStep
from glasswork.definitions.knowledge import RetrieveStep
from glasswork.definitions.research import ReportStep, TableStep
from glasswork.definitions.steps import (
    AgentStep,
    BudgetDef,
    DefaultsDef,
    HumanStep,
    InputDef,
    LoopStep,
    Reference,
    TeamStep,
    WorkflowStep,
)
from glasswork.definitions.werewolf import WerewolfStep

STEP_KINDS = (
    "agent", "team", "loop", "human", "workflow", "game", "werewolf", "dispatch", "retrieve", "table", "report"
)  # fmt: skip
"""The keys of which a step has exactly one."""


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        found = [kind for kind in STEP_KINDS if kind in value]
        return found[0] if len(found) == 1 else None
    return next((kind for kind in STEP_KINDS if hasattr(value, kind)), None)


StepDef = Annotated[
    Annotated[AgentStep, Tag("agent")]
    | Annotated[TeamStep, Tag("team")]
    | Annotated[LoopStep, Tag("loop")]
    | Annotated[HumanStep, Tag("human")]
    | Annotated[WorkflowStep, Tag("workflow")]
    | Annotated[GameStep, Tag("game")]
    | Annotated[WerewolfStep, Tag("werewolf")]
    | Annotated[DispatchStep, Tag("dispatch")]
    | Annotated[RetrieveStep, Tag("retrieve")]
    | Annotated[TableStep, Tag("table")]
    | Annotated[ReportStep, Tag("report")],
    Discriminator(
        _kind,
        custom_error_type="step_kind",
        custom_error_message="a step has exactly one of the keys "
        + ", ".join(map(repr, STEP_KINDS[:-1]))
        + f" and {STEP_KINDS[-1]!r}",
    ),
]


class WorkflowDef(Definition):
    """``workflows/NAME.yaml``: steps with needs, conditions, loops and budgets."""

    version: Literal[1]
    name: Name
    description: Annotated[str, Field(max_length=2000)] = ""
    inputs: dict[Name, InputDef] = {}
    defaults: DefaultsDef = DefaultsDef()
    budget: BudgetDef = BudgetDef()
    steps: Annotated[dict[Name, StepDef], Field(min_length=1, max_length=500)]
    outputs: dict[Name, Reference] = {}
    """What the run hands back, by reference: ``program: steps.build.code``."""
