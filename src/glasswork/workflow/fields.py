"""What each kind of step hands on: the fields that ``steps.ID.FIELD`` may name."""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.definitions import AgentDef, AgentStep, FieldDef, HumanStep, InputDef, LoopStep, TeamStep
from glasswork.workflow.conditions import BOOLEAN, LIST, NUMBER, STRING, FieldKind

STATE = FieldKind("string", ("done", "failed", "skipped"))

_KINDS = {"string": STRING, "number": NUMBER, "integer": NUMBER, "boolean": BOOLEAN, "list": LIST}
_MADE: dict[str, dict[str, FieldKind]] = {
    "text": {},
    "code": {"code": STRING, "file": STRING},
    "cases": {"cases": LIST, "code": STRING, "file": STRING},
    "list": {"items": LIST},
    "fields": {},
}
_TESTED = {"passed": BOOLEAN, "report": STRING, "failures": LIST, "exit_code": NUMBER}
_TEAM = {"text": STRING, "transcript": STRING, "turns": NUMBER, "code": STRING, "messages": LIST}


def step_fields(
    step: AgentStep | TeamStep | LoopStep | HumanStep, agents: Sequence[AgentDef]
) -> dict[str, FieldKind] | None:
    """Return the fields of a step, or None where the agent that decides them is not known."""
    match step:
        case TeamStep():
            return {"state": STATE, **_TEAM}
        case LoopStep():
            return {"state": STATE, "rounds": NUMBER, "done": BOOLEAN}
        case HumanStep():
            return {"state": STATE, "approved": BOOLEAN, "note": STRING}
        case AgentStep() if agents:
            return _agent_fields(agents[0]) | (_TESTED if step.sandbox else {})
        case _:
            return None


def _agent_fields(agent: AgentDef) -> dict[str, FieldKind]:
    declared = {name: field_kind(made) for name, made in agent.act.fields.items()}
    return {**declared, **reserved(agent)}


def reserved(agent: AgentDef) -> dict[str, FieldKind]:
    """Return the fields every step of this agent has, whatever it declares; without those of a sandbox."""
    choice = FieldKind("string", agent.plan.choose_from)
    return {"state": STATE, "text": STRING, "choice": choice, **_MADE[agent.act.produces]}


def field_kind(definition: FieldDef | InputDef) -> FieldKind:
    """Return what a declared field or input holds."""
    values = definition.enum if isinstance(definition, FieldDef) and definition.type == "string" else ()
    return FieldKind(_KINDS[definition.type].name, values)


RESERVED = frozenset({"state", "text", "choice", *_TESTED})
"""Names that an agent's declared fields may not take."""
