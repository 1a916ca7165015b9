"""What may not stand together in one workflow's file, besides its references: files, sandboxes, budgets, joins."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from glasswork.definitions import (
    AgentStep,
    GameStep,
    HumanStep,
    LoopStep,
    TeamStep,
    WerewolfStep,
    WorkflowDef,
    WorkflowStep,
)
from glasswork.errors import Problem
from glasswork.library import Found, Keys
from glasswork.sandbox.base import Network
from glasswork.workflow.cast import Cast
from glasswork.workflow.fields import COUNTED, Step, item_file, list_of
from glasswork.workflow.inputs import checked
from glasswork.workflow.wording import wrong_with


def checks(found: Found[WorkflowDef], cast: Cast) -> Iterator[Problem]:
    """Yield every problem of a workflow's inputs, files, sandboxes, budgets and joins."""
    yield from _inputs(found)
    yield from _files(found, cast)
    for step_id, step in found.definition.steps.items():
        keys: Keys = ("steps", step_id)
        if isinstance(step, AgentStep):
            yield from _sandbox(found, keys, step, cast)
        if step.budget is not None and isinstance(step, LoopStep | HumanStep):
            yield found.problem((*keys, "budget"), _NO_BUDGET[type(step)])
        if step.join == "any" and isinstance(step, LoopStep):
            message = "a loop begins when all that it repeats has ended once, so its join cannot be any"
            yield found.problem((*keys, "join"), message)
        if (
            "parallel" in step.model_fields_set
            and list_of(step) is None
            and not isinstance(step, GameStep | WerewolfStep)
        ):
            yield found.problem((*keys, "parallel"), "'parallel' is for steps with for_each: this one runs once")


_NO_BUDGET: dict[type[Step], str] = {
    LoopStep: "a loop spends nothing itself: give the steps that it repeats a budget; it holds for all their rounds",
    HumanStep: "a person's answer costs nothing, and is waited for as long as it takes: no budget can stand here",
}


def taken_names(step: Step, declared: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with the names that a step's agent gives its fields, or its workflow its outputs."""
    whose = (
        f"the workflow {step.workflow!r} has an output" if isinstance(step, WorkflowStep) else "its agent has a field"
    )
    taken = {"state"} if isinstance(step, WorkflowStep) else set()  # an agent's 'state' is refused in its own file
    taken |= COUNTED.keys() if list_of(step) is not None else set()
    for name in sorted(taken.intersection(declared)):
        like = "a step with for_each" if name in COUNTED else "every step"
        yield f"{whose} {name!r}, which {like} has itself; call it otherwise"


def _inputs(found: Found[WorkflowDef]) -> Iterator[Problem]:
    """Yield defaults of the wrong type, and numbers that would be nothing."""
    for name, one in found.definition.inputs.items():
        keys: Keys = ("inputs", name)
        if one.default is None:
            if not one.required and one.type in {"number", "integer"}:
                yield found.problem(keys, f"the input {name!r} is a number: give it a default, or say required: true")
            continue
        try:
            checked(one, one.default)
        except ValueError as error:
            yield found.problem((*keys, "default"), f"the default of the input {name!r}: {error}")


def _sandbox(found: Found[WorkflowDef], keys: Keys, step: AgentStep, cast: Cast) -> Iterator[Problem]:
    """Yield why an agent's programs cannot run: it writes none, or was not granted a sandbox."""
    agent = cast.definitions.get(step.agent)
    if step.sandbox is None or agent is None:
        return
    keys = (*keys, "sandbox")
    if agent.act.produces not in {"code", "cases"}:
        yield found.problem(
            keys, f"the agent {step.agent!r} writes no program to run: its act produces {agent.act.produces}"
        )
    try:
        Network(loopback=step.sandbox.network.loopback, allow=step.sandbox.network.allow)
    except ValueError as error:
        yield found.problem((*keys, "network"), wrong_with(error))
    if "python" not in agent.act.tools:
        yield found.problem(
            keys, f"the agent {step.agent!r} may not run programs: its file lacks act: {{tools: [python]}}"
        )


# --- files ----------------------------------------------------------------------------------------------------------


class _Made(NamedTuple):
    """What a step leaves: a file, files for its items, or the folder of a sub-workflow."""

    step: str
    name: str
    """A name that it takes, as it is told."""
    pattern: str
    """All the names that it takes, as a regular expression."""

    def clashes(self, other: _Made) -> bool:
        return bool(re.fullmatch(self.pattern, other.name) or re.fullmatch(other.pattern, self.name))


def _files(found: Found[WorkflowDef], cast: Cast) -> Iterator[Problem]:
    """Yield files that two steps would write: under the name they say, or a program under its step's."""
    before: list[_Made] = []
    for step_id, step in found.definition.steps.items():
        made = _made(step_id, step, cast)
        if made is None:
            continue
        clash = next((other for other in before if made.clashes(other)), None)
        if clash is not None:
            name = clash.name if re.fullmatch(made.pattern, clash.name) else made.name
            yield found.problem(("steps", step_id, "save"), f"step {clash.step!r} makes a file {name!r} already")
        before.append(made)


def _made(step_id: str, step: Step, cast: Cast) -> _Made | None:
    if isinstance(step, WorkflowStep):
        return _Made(step_id, f"{step_id}-1", rf"{step_id}-\d+(-\d+)?")
    if not isinstance(step, AgentStep | TeamStep):
        return None
    agent = cast.definitions.get(step.agent) if isinstance(step, AgentStep) else None
    writes_code = isinstance(step, TeamStep) or (agent is not None and agent.act.produces in {"code", "cases"})
    name = step.save or (f"{step_id}.py" if writes_code else "")
    if not name:
        return None
    if step.for_each is None:
        return _Made(step_id, name, re.escape(name))
    path = PurePosixPath(name)
    return _Made(step_id, item_file(name, 1), rf"{re.escape(path.stem)}_\d+{re.escape(path.suffix)}")
