"""What each kind of step hands on: the fields that ``steps.ID.FIELD`` may name, and the files it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from glasswork.definitions import (
    AgentDef,
    AgentStep,
    DispatchStep,
    FieldDef,
    GameStep,
    HumanStep,
    InputDef,
    LoopStep,
    ReportStep,
    RetrieveStep,
    SandboxUse,
    TableStep,
    TeamStep,
    WerewolfStep,
    WorkflowStep,
)
from glasswork.workflow.conditions import BOOLEAN, LIST, NUMBER, STRING, FieldKind

Step = (
    AgentStep
    | TeamStep
    | LoopStep
    | HumanStep
    | WorkflowStep
    | GameStep
    | WerewolfStep
    | DispatchStep
    | RetrieveStep
    | TableStep
    | ReportStep
)
Fields = Mapping[str, FieldKind]

STATE = FieldKind("string", ("done", "failed", "skipped"))
COUNTED = {"count": NUMBER, "failed": NUMBER}
"""What a step with ``for_each`` has besides its lists: how many items are done, and how many failed."""

_KINDS = {"string": STRING, "file": STRING, "number": NUMBER, "integer": NUMBER, "boolean": BOOLEAN, "list": LIST}
_MADE: dict[str, dict[str, FieldKind]] = {
    "text": {},
    "code": {"code": STRING, "file": STRING},
    "cases": {"cases": LIST, "code": STRING, "file": STRING},
    "list": {"items": LIST},
    "fields": {},
    "choice": {},
    "cited": {"claims": LIST, "struck": LIST, "own": LIST, "answered": BOOLEAN},
}
_TESTED = {"passed": BOOLEAN, "report": STRING, "failures": LIST, "exit_code": NUMBER}
_GAME = {"text": STRING, "winner": STRING, "winners": LIST, "matches": NUMBER, "rounds": NUMBER, "illegal": NUMBER}
_WEREWOLF = {
    "text": STRING,
    "winner": STRING,
    **dict.fromkeys(("games", "village", "werewolves", "nobody"), NUMBER),
}
_FOUND = {
    "passages": LIST,
    "ids": LIST,
    "documents": LIST,
    "text": STRING,
    "found": NUMBER,
    "action": FieldKind("string", ("none", "correct", "ambiguous", "incorrect")),
    "score": NUMBER,
    "dropped": LIST,
    "searched": STRING,
}
_TABLE = {"text": STRING, "columns": LIST, "comparable": LIST, "rows": NUMBER, "name": STRING}
_REPORT = {"text": STRING, "claims": LIST, "struck": LIST, "agrees": BOOLEAN, "numbers": NUMBER}
_TEAM = {"text": STRING, "transcript": STRING, "turns": NUMBER, "code": STRING, "messages": LIST}
_OF_A_KIND: dict[type[Step], Fields] = {
    TeamStep: _TEAM,
    GameStep: _GAME,
    WerewolfStep: _WEREWOLF,
    LoopStep: {"rounds": NUMBER, "done": BOOLEAN},
    HumanStep: {"approved": BOOLEAN, "note": STRING},
    DispatchStep: {"text": STRING, "results": LIST, "failed": LIST, "fits": BOOLEAN},
    RetrieveStep: _FOUND,
    TableStep: _TABLE,
    ReportStep: _REPORT,
}


def step_fields(step: Step, agents: Sequence[AgentDef], outputs: Fields | None = None) -> dict[str, FieldKind] | None:
    """Return the fields of a step, or None where what decides them is not known.

    Args:
        step: the step.
        agents: its agents, as far as they are known.
        outputs: for a workflow step, what its workflow hands back; None where that is not known.
    """
    made = _once(step, agents, outputs)
    return made if made is None or list_of(step) is None else listed(made)


def _once(step: Step, agents: Sequence[AgentDef], outputs: Fields | None) -> dict[str, FieldKind] | None:
    """Return the fields of a step that runs once, or of one item."""
    match step:
        case AgentStep() if agents:
            return _agent_fields(agents[0]) | (_ran(step.sandbox) if step.sandbox else {})
        case WorkflowStep() if outputs is not None:
            return {**outputs, "state": STATE}
        case AgentStep() | WorkflowStep():
            return None
        case _:
            return {"state": STATE, **_OF_A_KIND[type(step)]}


def _ran(use: SandboxUse) -> dict[str, FieldKind]:
    return {**_TESTED, "results": LIST} if use.run == "experiment" else _TESTED


def list_of(step: Step) -> str | None:
    """Return the reference to the list that a step runs over, or None where it runs once."""
    return step.for_each if isinstance(step, AgentStep | TeamStep | WorkflowStep | DispatchStep) else None


def listed(fields: Fields) -> dict[str, FieldKind]:
    """Return the fields of a step that runs once for each item, from those of one item: each becomes a list."""
    lists = {name: FieldKind("list", of=kind) for name, kind in fields.items()}
    return {**lists, **COUNTED, "state": STATE}


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


def item_file(name: str, item: int) -> str:
    """Return the name of the file that a step makes for an item: ``solution_3.py``; for no item (0) the name itself.

    With an underscore, so that a program keeps a name that Python can import.
    """
    path = PurePosixPath(name)
    return f"{path.stem}_{item}{path.suffix}" if item else name


RESERVED = frozenset({"state", "text", "choice", *_TESTED})
"""Names that an agent's declared fields may not take."""
