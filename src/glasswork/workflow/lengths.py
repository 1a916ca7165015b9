"""How long a list may be at most, as far as definitions say it."""

from __future__ import annotations

from collections.abc import Callable

from glasswork.definitions import RetrieveStep, TeamStep
from glasswork.templates import Template
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.fields import COUNTED

Lengths = Callable[[str], int | None]
"""The most items of a list among a workflow's inputs, by name; None where nobody knows. Asked only where it matters."""


def longest(workflow: CompiledWorkflow, path: tuple[str, ...], lengths: Lengths) -> int | None:
    """Return how many items the list at a reference may have; None where the definitions do not say."""
    match path:
        case ("inputs", name):
            return lengths(name)
        case ("steps", step_id, field):
            return _of_step(workflow, workflow.steps[step_id], field, lengths)
        case _:
            return None


def unknown(_: str) -> int | None:
    """Say that nobody knows how long a list is: what a run is given is not known before."""
    return None


def lengths_within(workflow: CompiledWorkflow, step: CompiledStep, lengths: Lengths) -> Lengths:
    """Return how long the lists may be that a step hands to its workflow."""

    def length(name: str) -> int | None:
        value = step.given.get(name)
        if isinstance(value, list):
            return len(value)
        lone = value.lone if isinstance(value, Template) else None
        return longest(workflow, lone.path, lengths) if lone is not None else None

    return length


def _of_step(workflow: CompiledWorkflow, step: CompiledStep, field: str, lengths: Lengths) -> int | None:
    if step.each is not None and field not in {*COUNTED, "state"}:
        return longest(workflow, step.each, lengths)
    if step.workflow is not None:
        path = step.workflow.definition.outputs.get(field, "")
        return longest(step.workflow, tuple(path.split(".")), lengths_within(workflow, step, lengths))
    if isinstance(step.definition, TeamStep):
        return step.definition.team.turns if field == "messages" else None
    if isinstance(step.definition, RetrieveStep):
        use = step.definition.retrieve
        return use.top * (1 if use.second is None else 2) if field in {"passages", "ids", "documents"} else None
    return _of_agent(step, field)


def _of_agent(step: CompiledStep, field: str) -> int | None:
    acts = [agent.definition.act for agent in step.agents]
    if not acts:
        return None
    act = acts[0]
    if field in act.fields and act.fields[field].type == "list":
        return act.fields[field].max_items
    return act.max_items if field == {"list": "items", "cases": "cases"}.get(act.produces) else None
