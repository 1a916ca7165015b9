"""Fields of an agent's answer that a step narrows to what an earlier step found: a planner then names a column that
there is, and no other, because its answer's schema allows no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glasswork.definitions import AgentStep
from glasswork.errors import UserError, did_you_mean
from glasswork.workflow.compiled import CompiledAgent
from glasswork.workflow.conditions import STRING
from glasswork.workflow.references import References, Scope


def narrowed(agent: CompiledAgent, one_of: Mapping[str, str], values: Mapping[str, Any]) -> CompiledAgent:
    """Return an agent whose fields can be nothing but what a step allows.

    Args:
        agent: whose act produces fields.
        one_of: reference to a list of texts, by field.
        values: what references lead to.

    Raises:
        UserError: a list is empty, or was not made, so that the field could be nothing.
    """
    if not one_of:
        return agent
    act = agent.definition.act
    fields = {name: act.fields[name].model_copy(update={"enum": _found(name, one_of[name], values)}) for name in one_of}
    narrow = act.model_copy(update={"fields": {**act.fields, **fields}})
    return replace(agent, definition=agent.definition.model_copy(update={"act": narrow}))


def _found(field: str, reference: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    value: Any = values
    for key in reference.split("."):
        value = value[key]
    found = tuple(dict.fromkeys(str(one) for one in value or ()))
    if not found:
        raise UserError(f"{field!r} is to be one of {reference}, and there is nothing in it")
    return found


def check_narrowing(texts: References, step_id: str, step: AgentStep, agent: CompiledAgent, scope: Scope) -> None:
    """Check what a step narrows, and to what; what is wrong is noted."""
    act = agent.definition.act
    names = [name for name, one in act.fields.items() if one.type == "string" and not one.stated_as]
    for name, reference in step.one_of.items():
        path = tuple(reference.split("."))
        wrong = texts.wrong(path, scope)
        kind = None if wrong else texts.kind(path, scope)
        if kind is not None and (kind.name != "list" or (kind.of or STRING).name != "string"):
            wrong = f"one_of takes a list of texts, but {reference} is {kind.words}"
        if name not in names:
            no = "no field that is a text" if name in act.fields else "no field"
            wrong = f"the agent {agent.name!r} has {no} {name!r}{did_you_mean(name, names)}"
        if wrong:
            texts.complain(("steps", step_id, "one_of", name), wrong)
