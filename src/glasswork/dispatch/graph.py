"""A plan as a graph of tasks, and everything that can be wrong with one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import JsonValue

from glasswork.definitions import ToolType
from glasswork.dispatch.types import Source, source_fits
from glasswork.errors import BadArguments, did_you_mean
from glasswork.tools.base import Blob, Spec
from glasswork.tools.check import checked, words_of

_ID = re.compile(r"t[1-9][0-9]*")


@dataclass(frozen=True)
class Ref:
    """An argument that is not written down but comes from somewhere."""

    source: str
    """The id of a task, for what it gives; or the name of a file that came with the request."""


Argument = JsonValue | Ref


@dataclass(frozen=True)
class Task:
    """One call of one tool model."""

    id: str
    """``t1``, ``t2``, …"""
    tool: str
    """The tool model that it was planned with; which one does it is chosen later."""
    does: str = ""
    """What is to be done, in a sentence."""
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    """By the names that ``tool`` gives its inputs."""
    after: tuple[str, ...] = ()
    """Tasks that have to be done before, although nothing of theirs is used."""
    wants: ToolType | None = None
    """What it is to give; None: what ``tool`` gives."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Where its arguments come from, as far as they are not written down: tasks and files, each once."""
        refs = (one.source for one in self.arguments.values() if isinstance(one, Ref))
        return tuple(dict.fromkeys(refs))

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The tasks that must be done before it begins."""
        return tuple(dict.fromkeys([*(one for one in self.sources if is_task(one)), *self.after]))


@dataclass(frozen=True)
class TaskGraph:
    """Tasks, each after those that it waits for."""

    tasks: tuple[Task, ...] = ()

    def __getitem__(self, task: str) -> Task:
        return next(one for one in self.tasks if one.id == task)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Who waits for whom: pairs of ids, the earlier first."""
        return tuple((before, one.id) for one in self.tasks for before in one.waits_for)


def is_task(source: str) -> bool:
    """Tell whether a source is written as a task's id is; files that come with a request are never called so."""
    return _ID.fullmatch(source) is not None


def as_data(graph: TaskGraph) -> list[dict[str, Any]]:
    """Return a graph as JSON: ``{"from": SOURCE}`` stands for what is not written down."""
    return [
        {
            "id": task.id,
            "tool": task.tool,
            "does": task.does,
            "arguments": {name: told(one) for name, one in task.arguments.items()},
            "after": list(task.after),
        }
        for task in graph.tasks
    ]


def from_data(tasks: Sequence[Mapping[str, Any]]) -> TaskGraph:
    """Return the graph that JSON of the form of :func:`as_data` describes; ids are by position where there are none."""
    return TaskGraph(
        tuple(
            Task(
                id=str(one.get("id") or f"t{number}"),
                tool=str(one.get("tool", "")),
                does=str(one.get("does", "")),
                arguments={name: read(each) for name, each in dict(one.get("arguments") or {}).items()},
                after=tuple(map(str, one.get("after") or ())),
            )
            for number, one in enumerate(tasks, start=1)
        )
    )


def renumbered(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return tasks as t1, t2, … in their order; what they wait for, of these alone, is called so, too."""
    ids = {task.id: f"t{number}" for number, task in enumerate(tasks, start=1)}
    return tuple(
        replace(
            task,
            id=ids[task.id],
            arguments={
                name: Ref(ids.get(one.source, one.source)) if isinstance(one, Ref) else one
                for name, one in task.arguments.items()
            },
            after=tuple(ids[one] for one in task.after),
        )
        for task in tasks
    )


def told(argument: Argument) -> JsonValue:
    """Return an argument as JSON."""
    return {"from": argument.source} if isinstance(argument, Ref) else argument


def read(argument: JsonValue) -> Argument:
    """Return the argument that JSON stands for."""
    if isinstance(argument, dict) and argument.keys() == {"from"} and isinstance(argument["from"], str):
        return Ref(argument["from"])
    return argument


def line(task: Task) -> str:
    """Return a task as a person, or a prompt, reads it: ``t2 = speak(text=t1) after t1``."""
    given = ", ".join(f"{name}={_word(one)}" for name, one in task.arguments.items())
    after = f" after {', '.join(task.after)}" if task.after else ""
    return f"{task.id} = {task.tool}({given}){after}"


def _word(argument: Argument) -> str:
    return argument.source if isinstance(argument, Ref) else repr(argument)


# --- what can be wrong ------------------------------------------------------------------------------------------------


def problems(graph: TaskGraph, specs: Mapping[str, Spec], files: Mapping[str, Blob]) -> list[str]:
    """Return everything that is wrong with a plan, in words that help whoever made it; nothing where it holds.

    Args:
        graph: the plan.
        specs: every tool model that may be used, by name.
        files: what came with the request, by name.
    """
    found = [*_ids(graph), *_cycles(graph)]
    before: list[Task] = []
    for task in graph.tasks:
        spec = specs.get(task.tool)
        if spec is None:
            found.append(f"{task.id}: there is no tool {task.tool[:64]!r}{did_you_mean(task.tool, specs)}")
        found += _order(task, before, graph, files)
        if spec is not None:
            found += _arguments(task, spec, _sources(before, specs, files))
        before.append(task)
    return list(dict.fromkeys(found))


def _ids(graph: TaskGraph) -> Iterator[str]:
    seen = set[str]()
    for task in graph.tasks:
        if not is_task(task.id):
            yield f"{task.id[:64]!r} is no id of a task: they are called t1, t2, …"
        if task.id in seen:
            yield f"there are two tasks {task.id!r}"
        seen.add(task.id)


def _cycles(graph: TaskGraph) -> Iterator[str]:
    """Yield each circle of tasks that wait for each other, once."""
    waits = {task.id: [one for one in task.waits_for if one != task.id] for task in graph.tasks}
    told = set[frozenset[str]]()
    for task in graph.tasks:
        if task.id in task.waits_for:
            yield f"{task.id}: it waits for itself"
        circle = _way(task.id, task.id, waits)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            yield f"these tasks wait for each other: {' → '.join([*circle, circle[0]])}"


def _way(start: str, end: str, waits: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the shortest way from a task over those that it waits for, up to one that waits for ``end``."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        for one in waits.get(way[-1], ()):
            if one == end:
                return way
            if one not in seen:
                seen.add(one)
                ways.append([*way, one])
    return []


def _order(task: Task, before: Sequence[Task], graph: TaskGraph, files: Mapping[str, Blob]) -> Iterator[str]:
    """Yield sources that are not there, or not yet."""
    earlier, all_ids = [one.id for one in before], [one.id for one in graph.tasks]
    for source in dict.fromkeys([*task.sources, *task.after]):
        late = source in all_ids and source not in earlier and source != task.id
        if late:
            yield f"{task.id}: it needs {source}, which comes after it; put {source} before it"
        elif source not in all_ids and source not in files:
            what = "task or file" if source in task.sources else "task"
            yield f"{task.id}: there is no {what} {source[:64]!r}{did_you_mean(source, [*earlier, *files])}"
        elif source in task.after and source not in all_ids:
            yield f"{task.id}: {source!r} is a file, and nothing to wait for"


def _sources(before: Sequence[Task], specs: Mapping[str, Spec], files: Mapping[str, Blob]) -> dict[str, Source]:
    """Return what arguments may come from; of a task whose tool is unknown nobody can say what it gives."""
    gives = {one.id: one.wants or specs[one.tool].output.type for one in before if one.tool in specs}
    return {**files, **gives}


def _arguments(task: Task, spec: Spec, sources: Mapping[str, Source]) -> Iterator[str]:
    for name in task.arguments:
        if name not in spec.inputs:
            hint = did_you_mean(name, spec.inputs) or "; it takes nothing"
            yield f"{task.id}: {spec.name} has no input {name[:64]!r}{hint}"
    for name in spec.required:
        if task.arguments.get(name) is None:
            told = spec.inputs[name].description
            yield f"{task.id}: {name!r} is missing; it is {words_of(spec.inputs[name].type)}" + f": {told}" * bool(told)
    for name, one in task.arguments.items():
        if isinstance(one, Ref) and name in spec.inputs and one.source in sources:
            wanted, source = spec.inputs[name].type, sources[one.source]
            if not source_fits(source, wanted):
                what = str(source) if isinstance(source, Blob) else f"{one.source}, which gives {words_of(source)}"
                yield f"{task.id}: {name!r} must be {words_of(wanted)}, and is {what}"
    yield from _literals(task, spec)


def _literals(task: Task, spec: Spec) -> Iterator[str]:
    """Yield what is wrong with the values that are written down."""
    literals = {
        name: one
        for name, one in task.arguments.items()
        if not isinstance(one, Ref) and one is not None and name in spec.inputs
    }
    only = spec.model_copy(update={"inputs": {name: spec.inputs[name] for name in literals}})
    try:
        checked(only, literals)
    except BadArguments as error:
        yield from (f"{task.id}: {problem}" for problem in error.problems)
