"""What a workflow may cost, worked out from its definition: no model is asked."""

from __future__ import annotations

from dataclasses import dataclass

from glasswork.agent.staged import REPAIRS
from glasswork.definitions import AgentDef, LoopStep, TeamStep
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow


@dataclass(frozen=True)
class Cost:
    """Calls of models, and the most tokens that may be written in them; what is read depends on what is written."""

    calls: int = 0
    written: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.written + other.written)

    def __mul__(self, times: int) -> Cost:
        return Cost(self.calls * times, self.written * times)


@dataclass(frozen=True)
class Bounds:
    """``smooth``: every step runs once and nothing goes wrong. ``most``: every repeat, every repair, every retry."""

    smooth: Cost
    most: Cost

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(self.smooth + other.smooth, self.most + other.most)


NOTHING = Bounds(Cost(), Cost())


def workflow_cost(workflow: CompiledWorkflow) -> Bounds:
    """Return the bounds of a whole run, before its budget is thought of."""
    return sum((step_cost(workflow, step) for step in workflow.steps.values()), NOTHING)


def step_cost(workflow: CompiledWorkflow, step: CompiledStep) -> Bounds:
    """Return the bounds of one step in all its rounds. Loops and questions to a person cost nothing themselves."""
    retry = step.definition.retry or workflow.definition.defaults.retry
    times = rounds(workflow, step) * (1 + retry.max)
    return Bounds(_once(step, repairs=0), _once(step, repairs=REPAIRS) * times)


def rounds(workflow: CompiledWorkflow, step: CompiledStep) -> int:
    """Return how often a step may run: once, and once more for each repeat of the loops around it."""
    if step.loop is None:
        return 1
    around = workflow.steps[step.loop]
    assert isinstance(around.definition, LoopStep), "only loops repeat steps"
    return rounds(workflow, around) * (1 + around.definition.loop.max)


def _once(step: CompiledStep, *, repairs: int) -> Cost:
    costs = [decision_cost(agent.definition, repairs=repairs) for agent in step.agents]
    if not isinstance(step.definition, TeamStep):
        return sum(costs, Cost())
    team = step.definition.team
    dearest = Cost(max(cost.calls for cost in costs), max(cost.written for cost in costs))
    options = len(team.agents) + 1  # each speaker, or nobody any more
    scheduling = Cost(options, options) if team.kind == "selector" else Cost()
    return (dearest + scheduling) * team.turns


def decision_cost(agent: AgentDef, *, repairs: int = 0) -> Cost:
    """Return the cost of one decision: options named, weighed in each rotation, an act, an explanation.

    A strategy of another package may ask more; the two that come with Glasswork ask once at most.
    """
    plan = agent.plan
    naming = 0 if plan.choose_from and plan.strategy == "direct" else 1
    options = len(plan.choose_from) or plan.options
    weighing = options if options > 1 else 0
    acts = 1 + repairs
    written = naming * plan.max_tokens + weighing + acts * agent.act.max_tokens + agent.explain.max_tokens
    return Cost(naming + weighing + acts + 1, written)
