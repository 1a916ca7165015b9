"""``glasswork plan``: what would run, in which order, on which model, and the most it may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasswork.cli import say
from glasswork.cli.load import load_workflow, model_of
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow


def plan(
    workflow: Annotated[str, typer.Argument(help="A workflow's name, or the path of its file.", metavar="WORKFLOW")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what would run, and what it may cost.

    In which order, on which model, with how many calls and tokens at most. Needs no model.
    """
    compiled, _ = load_workflow(workflow)
    found = _plan(compiled)
    if as_json:
        say.json_object(found)
    else:
        _print(found)


def _plan(workflow: CompiledWorkflow) -> dict[str, Any]:
    from glasswork.workflow.cost import workflow_cost
    from glasswork.workflow.graph import layers

    cost = workflow_cost(workflow)
    definition = workflow.definition
    order = [(number, name) for number, layer in enumerate(layers(workflow), start=1) for name in layer]
    return {
        "workflow": workflow.name,
        "description": definition.description.strip(),
        "inputs": {name: one.model_dump() for name, one in definition.inputs.items()},
        "steps": [_step(workflow, workflow.steps[name], number) for number, name in order],
        "smooth": vars(cost.smooth),
        "most": vars(cost.most),
        "budget": definition.budget.model_dump(),
    }


def _step(workflow: CompiledWorkflow, step: CompiledStep, layer: int) -> dict[str, Any]:
    from glasswork.workflow.cost import rounds, step_cost

    cost = step_cost(workflow, step)
    return {
        "layer": layer,
        "step": step.id,
        "kind": step.kind,
        "needs": list(step.needs),
        "agents": {agent.name: model_of(workflow, step, agent.definition.model) for agent in step.agents},
        "when": step.when.text if step.when else None,
        "until": step.until.text if step.until else None,
        "rounds": rounds(workflow, step),
        "smooth": vars(cost.smooth),
        "most": vars(cost.most),
    }


def _print(found: dict[str, Any]) -> None:
    say.out(f"{say.paint(found['workflow'], 'bold')}  {clean(found['description'])}")
    if found["inputs"]:
        say.out("\ninputs")
        say.columns([_input(name, one) for name, one in found["inputs"].items()], indent="  ")
    say.out("\nsteps (those with the same number may run at the same time)")
    say.columns([_row(step) for step in found["steps"]], indent="  ")
    say.out("\ncost")
    say.columns([("if all goes well", *_cost(found["smooth"])), ("at most", *_cost(found["most"]))], indent="  ")
    say.out(f"  {_budget(found['budget'])}")


def _input(name: str, one: dict[str, Any]) -> tuple[str, ...]:
    due = "required" if one["required"] else f"default {one['default']!r}" if one["default"] is not None else "optional"
    return (name, one["type"], due, one["description"])


def _row(step: dict[str, Any]) -> tuple[str, ...]:
    who = ", ".join(f"{agent} on {model}" for agent, model in step["agents"].items()) or step["kind"]
    how = [f"after {', '.join(step['needs'])}"] if step["needs"] else []
    how += [f"when {step['when']}"] if step["when"] else []
    how += [f"until {step['until']}"] if step["until"] else []
    how += [f"up to {step['rounds']} rounds"] if step["rounds"] > 1 else []
    calls = f"{step['smooth']['calls']} calls" if step["agents"] else ""
    return (f"{step['layer']}.", step["step"], who, calls, "; ".join(how))


def _cost(cost: dict[str, int]) -> tuple[str, str]:
    return f"{cost['calls']:,} calls", f"{cost['written']:,} tokens written, besides what is read"


def _budget(budget: dict[str, int | None]) -> str:
    limits = [f"{limit:,} {name}" for name, limit in budget.items() if limit is not None]
    if not limits:
        return "no budget is set; --budget-calls and --budget-tokens of 'glasswork run' set one"
    return f"the run stops before it passes its budget of {' and '.join(limits)} (read and written)"
