"""``glasswork plan``: what would run, in which order, on which model, and the most it may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasswork.cli import say
from glasswork.cli.load import load_workflow, open_models, settings_here
from glasswork.errors import NotFound

if TYPE_CHECKING:
    from glasswork.library import Library
    from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
    from glasswork.workflow.cost import Charge, Rate


def plan(
    workflow: Annotated[str, typer.Argument(help="A workflow's name, or the path of its file.", metavar="WORKFLOW")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what would run, and what it may cost.

    In which order, on which model, with how many calls and tokens at most. Needs no model.
    """
    from glasswork.cli.plan_words import show

    compiled, library = load_workflow(workflow)
    found = _plan(compiled, library)
    if as_json:
        say.json_object(found)
    else:
        show(found)
        for problem in found["unready"]:
            say.note(f"it cannot run yet: {problem}")


def _plan(workflow: CompiledWorkflow, library: Library) -> dict[str, Any]:
    from glasswork.workflow.cost import charges, total, worst

    definition, parts = workflow.definition, charges(workflow)
    return {
        "workflow": workflow.name,
        "description": definition.description.strip(),
        "inputs": {name: one.model_dump() for name, one in definition.inputs.items()},
        "steps": _steps(workflow),
        "smooth": vars(total(part for part in parts if not part.over).smooth),
        "most": vars(worst(parts)),
        "items": _items(parts),
        "money": _money(parts, _rates(parts, library)),
        "budget": definition.budget.model_dump(exclude_none=True),
        "unready": _unready(workflow),
    }


def _unready(workflow: CompiledWorkflow) -> list[str]:
    """Return why the indexes that it looks in, as long as nobody names others, cannot be used."""
    from glasswork.knowledge.store import Shelf
    from glasswork.workflow.retrieve_ready import unready

    inputs = {name: one.default for name, one in workflow.definition.inputs.items()}
    found = unready(workflow, inputs, Shelf(settings_here().indexes), model="default")
    return [f"{one.message} ({one.hint})" if one.hint else one.message for one in found]


def _steps(workflow: CompiledWorkflow) -> list[dict[str, Any]]:
    from glasswork.workflow.graph import layers

    order = [(number, name) for number, layer in enumerate(layers(workflow), start=1) for name in layer]
    return [_step(workflow, workflow.steps[name], number) for number, name in order]


def _step(workflow: CompiledWorkflow, step: CompiledStep, layer: int) -> dict[str, Any]:
    from glasswork.workflow.cost import rounds, scheduler, serving, step_cost

    cost, definition = step_cost(workflow, step), step.definition
    return {
        "layer": layer,
        "step": step.id,
        "kind": step.kind,
        "needs": list(step.needs),
        "join": definition.join,
        "agents": serving(workflow, step),
        "scheduler": scheduler(workflow, step),
        "when": step.when.text if step.when else None,
        "until": step.until.text if step.until else None,
        "rounds": rounds(workflow, step),
        "for_each": ".".join(step.each) if step.each else None,
        "parallel": getattr(definition, "parallel", None) if step.each else None,
        "on_error": definition.on_error,
        "budget": definition.budget.model_dump(exclude_none=True) if definition.budget else {},
        "smooth": vars(cost.smooth),
        "most": vars(cost.most),
        "workflow": _inner(step.workflow) if step.workflow else None,
    }


def _inner(workflow: CompiledWorkflow) -> dict[str, Any]:
    budget = workflow.definition.budget.model_dump(exclude_none=True)
    return {"name": workflow.name, "budget": budget, "steps": _steps(workflow)}


def _items(parts: list[Charge]) -> list[dict[str, Any]]:
    """Return what one item of each list costs; a list within a list stands for itself, after the lists around it."""
    from glasswork.workflow.cost import total

    lists = list(dict.fromkeys(part.over for part in parts if part.over))
    found = []
    for over in lists:
        bounds = total(part for part in parts if part.over == over)
        found.append(
            {
                "of": [{"step": one.step, "list": one.list, "most": one.most} for one in over],
                "smooth": vars(bounds.smooth),
                "most": vars(bounds.most),
            }
        )
    return found


def _rates(parts: list[Charge], library: Library) -> dict[str, Rate]:
    """Return the prices of the models that may be asked; a name that nothing answers to has none."""
    from glasswork.workflow.cost import Rate

    models, found = open_models(library), {}
    for name in sorted({name for part in parts for name in part.models}):
        try:
            definition = models.resolve(name)
        except NotFound:
            continue
        price = getattr(definition, "price", None)
        if price is not None:
            found[name] = Rate(price, getattr(definition, "context", None))
    return found


def _money(parts: list[Charge], rates: dict[str, Rate]) -> dict[str, Any] | None:
    """Return the most that a run costs in money; None where no price is known."""
    from glasswork.workflow.cost import money

    if not rates:
        return None
    found = [money(part, rates) for part in parts]
    known = [one for one in found if one is not None]
    return {
        "most": round(sum(amount for amount, _ in known), 6),
        "with_reading": all(whole for _, whole in known),
        "every_list": len(known) == len(found),
    }
