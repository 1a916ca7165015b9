"""Plan one task after the other: one small question at a time, each with its probabilities.

Which tool comes first, or that none fits, which comes next, or that nothing is left, are choices among labels; only the
arguments of the one tool are written, under that tool's own schema. The options are names alone: what a tool does
stands before them, once, and each order of the options is read in a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Sequence

from glasswork.dispatch.deciding import Decision
from glasswork.dispatch.graph import Task, TaskGraph, as_data, from_data, line, problems
from glasswork.dispatch.planning import Planning, ordered_after, planners
from glasswork.dispatch.types import Source
from glasswork.errors import PlanFailed
from glasswork.tools.base import Spec

_FIRST = "Which tool does what the request asks for?"
_NONE = "none of them"
_NEXT = "Which tool is needed next, for the rest of the request?"
_DONE = "none: nothing of the request is left"


@planners.register("stepwise")
async def stepwise(planning: Planning) -> TaskGraph:
    """Decide which tool is next, then with what; until all is done, or none fits."""
    tasks: list[Task] = []
    while len(tasks) < planning.bounds.tasks:
        decision = planning.desk.sit("planner", "stepwise", planning.segments(planning.candidates, tasks))
        chosen = await _next(planning, decision, tasks)
        if chosen is None:
            decision.act("all is done" if tasks else "no tool fits", produces="choice")
            break
        task = await _filled(planning, decision, chosen, tasks)
        if any((one.tool, one.arguments) == (task.tool, task.arguments) for one in tasks):
            decision.act(f"nothing new: {line(task)} is planned already", produces="choice")
            break
        decision.act(line(task), as_data(TaskGraph((task,)))[0])
        tasks.append(task)
    return TaskGraph(tuple(tasks))


async def _next(planning: Planning, decision: Decision, tasks: Sequence[Task]) -> Spec | None:
    """Decide which tool is next, of those that can be given what they must; None: none of them."""
    usable = [spec for spec in planning.candidates if _usable(planning, spec, tasks)]
    options = [*(spec.name for spec in usable), _DONE if tasks else _NONE]
    chosen = await decision.choose(_NEXT if tasks else _FIRST, options)
    return usable[chosen] if chosen < len(usable) else None


def _usable(planning: Planning, spec: Spec, tasks: Sequence[Task]) -> bool:
    """Whether everything that a tool model must be given can be written down or is there."""
    properties = planning.arguments(spec, _sources(planning, tasks))["properties"]
    return all(name in properties for name in spec.required)


async def _filled(planning: Planning, decision: Decision, spec: Spec, tasks: Sequence[Task]) -> Task:
    """Have the arguments of a tool model filled in, again with what is wrong with them.

    Raises:
        PlanFailed: they do not fit, within the bounds.
    """
    schema, id_ = planning.arguments(spec, _sources(planning, tasks)), f"t{len(tasks) + 1}"
    instruction, wrong = _instruction(spec, tasks), list[str]()
    for attempt in range(planning.bounds.repairs + 1):
        data = (
            await decision.say(
                "act" + (f"~{attempt}" if attempt else ""), instruction, schema, max_tokens=planning.bounds.max_tokens
            )
            if schema["properties"]
            else {}
        )
        given = {"id": id_, "tool": spec.name, "does": spec.description, "arguments": data}
        task = from_data([given | {"after": ordered_after(spec, tasks, planning.specs)}]).tasks[0]
        wrong = problems(TaskGraph((*tasks, task)), planning.specs, planning.files)
        if not wrong:
            return task
        instruction = f"These arguments do not fit: {'; '.join(wrong)}. Fill them in again."
    raise PlanFailed(wrong, hint="say it more plainly, or use a larger model")


def _instruction(spec: Spec, tasks: Sequence[Task]) -> str:
    told = [f"- {name} ({one.type}): {one.description}".rstrip(": ") for name, one in spec.inputs.items()]
    inputs = "\n".join(told)
    other = " Not those of the tasks planned so far again." if any(one.tool == spec.name for one in tasks) else ""
    return (
        f"Use {spec.name} next. Fill in its inputs with values from the request, as JSON.{other} Leave out what the "
        f"request does not say and need not be given.\n{inputs}"
    )


def _sources(planning: Planning, tasks: Sequence[Task]) -> dict[str, Source]:
    return {**planning.files, **{task.id: planning.specs[task.tool].output.type for task in tasks}}
