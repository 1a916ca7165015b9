"""Stage 2: for each task, which tool model does it: weighed with probabilities, the order kept for when one fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from glasswork.dispatch.deciding import Desk
from glasswork.dispatch.finding import alike
from glasswork.dispatch.graph import Ref, Task, TaskGraph, is_task, line
from glasswork.dispatch.planning import signature
from glasswork.dispatch.types import Source, inputs_for, type_fits, type_of
from glasswork.tools.base import Blob, Health, Spec

MOST = 5
"""Tool models that are weighed for one task, at most."""
ALIKE = 0.5
"""A tool model that does the same as the planned one says at least so much of what that says, as a share."""
_QUESTION = "Which tool should do {task}? It is to do this: {does}"


@dataclass(frozen=True)
class Chosen:
    """Who can do a task, the best first, and who could but for its health."""

    order: tuple[tuple[str, Mapping[str, str]], ...]
    """Names, each with the input that every argument of the task is."""
    unhealthy: Mapping[str, Health]
    """Those that would fit and cannot be called here, by name."""

    @property
    def why_nobody(self) -> str:
        """Why the task cannot be done, in words; empty where it can."""
        if self.order:
            return ""
        said = [f"{name}: {one.why}" + (f" ({one.hint})" if one.hint else "") for name, one in self.unhealthy.items()]
        return f"no tool model that fits can be called here: {'; '.join(said)}" if said else "no tool model fits"


async def choose_all(
    desk: Desk,
    graph: TaskGraph,
    *,
    specs: Mapping[str, Spec],
    health: Mapping[str, Health],
    files: Mapping[str, Blob],
) -> dict[str, Chosen]:
    """Choose for every task, in the order of the graph: a decision each.

    Args:
        desk: where the decisions are taken.
        graph: a plan in which nothing is wrong.
        specs: every tool model that may be used, by name.
        health: theirs, by name.
        files: what came with the request, by name.

    Raises:
        ModelError: the model did not answer.
    """
    gives: dict[str, Source] = dict(files)
    chosen: dict[str, Chosen] = {}
    for task in graph.tasks:
        fitting = fits(task, specs, gives)
        chosen[task.id] = await _chosen(desk, task, fitting, specs, health)
        gives[task.id] = task.wants or specs[task.tool].output.type
    return chosen


def fits(task: Task, specs: Mapping[str, Spec], sources: Mapping[str, Source]) -> dict[str, Mapping[str, str]]:
    """Return the tool models that fit a task by type and by description, the planned one first.

    Each comes with the input that every argument of the task is.
    """
    planned = specs[task.tool]
    wants, given = task.wants or planned.output.type, dict(_given(task, sources))
    able = {
        name: inputs
        for name, spec in specs.items()
        if type_fits(spec.output.type, wants) and (inputs := inputs_for(given, spec)) is not None
    }
    able[task.tool] = {name: name for name in task.arguments}
    shares = alike(planned, [specs[name] for name in able if name != task.tool])
    others = sorted((name for name, share in shares.items() if share >= ALIKE), key=lambda name: (-shares[name], name))
    return {name: able[name] for name in [task.tool, *others][:MOST]}


def _given(task: Task, sources: Mapping[str, Source]) -> Iterator[tuple[str, Source]]:
    for name, one in task.arguments.items():
        if not isinstance(one, Ref):
            yield name, type_of(one)
        elif one.source in sources:
            yield name, sources[one.source]


async def _chosen(
    desk: Desk,
    task: Task,
    fitting: Mapping[str, Mapping[str, str]],
    specs: Mapping[str, Spec],
    health: Mapping[str, Health],
) -> Chosen:
    sick = {name: health[name] for name in fitting if name in health and not health[name].ok}
    able = [name for name in fitting if name not in sick]
    decision = desk.sit("chooser", "choose", _segments(task, able, specs, sick))
    if not able:
        nobody = Chosen((), sick)
        decision.settle("nobody")
        decision.act(nobody.why_nobody, produces="choice")
        return nobody
    weights = {able[0]: 1.0}
    if len(able) == 1:
        decision.settle(_option(specs[able[0]]))
        first = 0
    else:
        choice = await decision.weighed(
            _QUESTION.format(task=task.id, does=task.does or specs[task.tool].description),
            [_option(specs[name]) for name in able],
        )
        first, weights = choice.chosen, dict(zip(able, (one.probability for one in choice.options), strict=True))
    rest = sorted((name for name in able if name != able[first]), key=lambda name: -weights[name])
    order = [able[first], *rest]
    decision.act(f"{task.id}: {', else '.join(order)}", {"task": task.id, "order": order}, produces="choice")
    return Chosen(tuple((name, fitting[name]) for name in order), sick)


def _segments(
    task: Task, able: Sequence[str], specs: Mapping[str, Spec], sick: Mapping[str, Health]
) -> list[tuple[str, str]]:
    inputs = [one.source for one in task.arguments.values() if isinstance(one, Ref) and is_task(one.source)]
    told = f"{line(task)}: {task.does}" if task.does else line(task)
    return [
        (f"task.{task.id}", told + (f" It uses what {' and '.join(inputs)} give." if inputs else "")),
        *((f"tool.{name}", f"{signature(specs[name])} {_price(specs[name])}") for name in able),
        *((f"tool.{name}", f"{name} cannot be called here: {one.why}") for name, one in sick.items()),
    ]


def _option(spec: Spec) -> str:
    return f"{spec.name}: {spec.description} ({_price(spec)})"


def _price(spec: Spec) -> str:
    """Say what a call costs, how long it takes, and where it runs."""
    cost = f"costs {spec.cost:g}" if spec.cost else "free"
    latency = f", about {spec.latency:g} s" if spec.latency is not None else ""
    places = {"here": "on this machine", "sandbox": "in a sandbox", "network": "over the network"}
    return f"{cost}{latency}, {places[spec.where]}"
