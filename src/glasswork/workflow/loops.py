"""Checks what loops repeat, and who may wait for it."""

from __future__ import annotations

from collections.abc import Mapping

from glasswork.definitions import AgentStep, GameStep, LoopStep, WerewolfStep, WorkflowDef
from glasswork.errors import Problem
from glasswork.library import Found


def loop_members(definition: WorkflowDef) -> dict[str, str]:
    """Return the loop that repeats a step, by step; the first one where several claim it."""
    members: dict[str, str] = {}
    for loop_id, step in definition.steps.items():
        if isinstance(step, LoopStep):
            for member in step.loop.steps:
                members.setdefault(member, loop_id)
    return members


def check_loops(found: Found[WorkflowDef], members: Mapping[str, str]) -> list[Problem]:
    """Return the problems of loops: what they repeat, and steps that wait for a part of a loop."""
    steps = found.definition.steps
    problems: list[Problem] = []
    for step_id, step in steps.items():
        if isinstance(step, LoopStep):
            problems += _members(found, step_id, step, members)
        for index, need in enumerate(step.needs):
            loop = members.get(need)
            if loop is not None and loop != step_id and members.get(step_id) != loop:
                message = f"the loop {loop!r} may repeat {need!r}, so {step_id!r} must wait for the loop: needs: {loop}"
                problems.append(found.problem(("steps", step_id, "needs", index), message))
        if isinstance(step, AgentStep) and step.on_repeat is not None and step_id not in members:
            message = f"no loop repeats {step_id!r}, so on_repeat would never be used"
            problems.append(found.problem(("steps", step_id, "on_repeat"), message))
    return problems


def _members(found: Found[WorkflowDef], loop_id: str, loop: LoopStep, members: Mapping[str, str]) -> list[Problem]:
    problems = []
    for index, member in enumerate(loop.loop.steps):
        step = found.definition.steps.get(member)
        message = ""
        if isinstance(step, LoopStep):
            message = f"a loop cannot repeat a loop, and {member!r} is one"
        elif isinstance(step, GameStep | WerewolfStep):
            message = f"a loop cannot repeat a game, and {member!r} is one: let it play a 'tournament' itself"
        elif member in loop.loop.steps[:index]:
            message = f"{member!r} stands here twice"
        elif members[member] != loop_id:
            message = f"the loop {members[member]!r} repeats {member!r} already; a step can be in one loop"
        if message:
            problems.append(found.problem(("steps", loop_id, "loop", "steps", index), message))
    return problems
