"""All four stages, one after the other: plan, choose, execute, answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from glasswork.dispatch.answering import Answer, answer
from glasswork.dispatch.calls import Caller
from glasswork.dispatch.choosing import Chosen, choose_all
from glasswork.dispatch.deciding import Desk
from glasswork.dispatch.executing import Assigned, Execution, Result
from glasswork.dispatch.finding import Find, by_description, candidates
from glasswork.dispatch.graph import TaskGraph, is_task
from glasswork.dispatch.planning import Bounds, Planning, planners
from glasswork.errors import UserError
from glasswork.tools.base import Blob, Health, Spec, ToolModel, plain


@dataclass(frozen=True)
class Outcome:
    """What became of a request."""

    graph: TaskGraph
    results: tuple[Result, ...]
    answer: Answer

    @property
    def failed(self) -> tuple[str, ...]:
        """The tasks that were not done."""
        return tuple(one.task for one in self.results if one.state == "failed")


@dataclass(frozen=True)
class Dispatcher:
    """Has requests fulfilled by tool models. It is given all it needs, and opens nothing."""

    desk: Desk
    tools: Mapping[str, ToolModel]
    """What may be used, by name; they stay open."""
    caller: Caller
    planner: str = "listed"
    """A name of :data:`~glasswork.dispatch.planning.planners`."""
    bounds: Bounds = field(default_factory=Bounds)
    find: Find = by_description
    attempts: int = 2
    """How often a tool model is called at most that times out or cannot be reached."""
    timeout: float | None = None
    """Seconds for one call, where that is less than the tool model's own."""
    on_planned: Callable[[TaskGraph], None] = field(default=lambda _: None)
    """Is told of the graph before anything runs."""
    on_result: Callable[[Result], None] = field(default=lambda _: None)

    async def dispatch(self, request: str, files: Iterable[Blob] = ()) -> Outcome:
        """Fulfil a request.

        Args:
            request: in words.
            files: what comes with it.

        Raises:
            UserError: the request is empty, or there are no tool models.
            NotFound: no planner has this name.
            PlanFailed: no plan holds together.
            ModelError: the model did not answer.
            BudgetExceeded: a call of the model would have passed the budget.
        """
        if not request.strip():
            raise UserError("the request is empty")
        if not self.tools:
            raise UserError(
                "there are no tool models to dispatch to", hint="'glasswork list tools' shows what there is"
            )
        specs, named = {name: tool.spec for name, tool in self.tools.items()}, named_files(files)
        plan = planners.get(self.planner)
        health = await self._health()
        shown = await self._candidates(request, named, specs)
        planning = Planning(self.desk, request.strip(), named, specs, shown, self.bounds)
        graph = await plan(planning)
        self.on_planned(graph)
        chosen = await choose_all(self.desk, graph, specs=specs, health=health, files=named)
        results = await self._execution(graph, chosen, named).results()
        said = await answer(self.desk, planning.request, graph, results, max_tokens=self.bounds.max_tokens)
        return Outcome(graph, results, said)

    def _execution(self, graph: TaskGraph, chosen: Mapping[str, Chosen], files: Mapping[str, Blob]) -> Execution:
        return Execution(
            graph,
            {task: [Assigned(self.tools[name], inputs) for name, inputs in one.order] for task, one in chosen.items()},
            files,
            self.caller,
            self.desk.place,
            attempts=self.attempts,
            timeout=self.timeout,
            unassigned={task: why for task, one in chosen.items() if (why := one.why_nobody)},
            on_result=self.on_result,
        )

    async def _candidates(self, request: str, files: Mapping[str, Blob], specs: Mapping[str, Spec]) -> tuple[Spec, ...]:
        """Return the tool models to plan with. How they are found hangs on what is installed, so it is recorded."""
        if len(specs) <= self.bounds.candidates:
            return tuple(specs.values())

        async def found() -> JsonValue:
            return [*candidates(request, files, specs, self.bounds.candidates, self.find)]

        given: dict[str, JsonValue] = {"request": request, "tools": [*specs], "files": [*files]}
        names = await self.caller.answered(f"{self.desk.place}/candidates", "candidates", given, found, gives="json")
        assert isinstance(names, list), "they are a list, now or as they were recorded"
        return tuple(specs[str(name)] for name in names)

    async def _health(self) -> dict[str, Health]:
        """Return who can be called. It hangs on the machine, so it is recorded as an answer from outside."""

        async def asked() -> JsonValue:
            found = {name: await tool.health() for name, tool in self.tools.items()}
            return {name: one.model_dump(mode="json") for name, one in found.items() if not one.ok}

        place, names = f"{self.desk.place}/health", list(self.tools)
        sick = await self.caller.answered(place, "health", {"tools": list[JsonValue](names)}, asked, gives="json")
        assert isinstance(sick, dict), "it is a mapping, now or as it was recorded"
        return {name: Health.model_validate(sick[name]) if name in sick else Health(ok=True) for name in names}


def named_files(files: Iterable[Blob]) -> dict[str, Blob]:
    """Return files by name. A second one of a name gets a number; none is called as a task is (``t1``)."""
    found: dict[str, Blob] = {}
    for blob in files:
        stem, dot, suffix = blob.name.rpartition(".") if "." in blob.name else (blob.name, "", "")
        stem, name, number = f"{stem}_file" if is_task(blob.name) else stem, "", 1
        while not name or name in found:
            name = f"{stem}{f'_{number}' if number > 1 else ''}{dot}{suffix}"
            number += 1
        found[name] = blob if name == blob.name else blob.model_copy(update={"name": name})
    return found


def told(outcome: Outcome) -> list[dict[str, JsonValue]]:
    """Return results as JSON: what other steps of a workflow may read."""
    tools = {task.id: task.tool for task in outcome.graph.tasks}
    return [
        {
            "task": one.task,
            "tool": one.tool or tools[one.task],
            "state": one.state,
            "value": plain(one.value),
            "reason": one.reason,
        }
        for one in outcome.results
    ]
