"""Stage 3: the tasks are done, each as soon as what it waits for is there; what fails takes with it only what needs it.

There is no scheduler. Every task is a coroutine that awaits those it waits for; the graph has no circles, so that each
comes to its end, whatever the others do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from glasswork.dispatch.calls import Caller
from glasswork.dispatch.graph import Ref, Task, TaskGraph, is_task
from glasswork.dispatch.types import as_wanted
from glasswork.errors import ToolError, Waiting
from glasswork.tools.base import Blob, ToolModel, Value

RETRIED = frozenset({"timeout", "unreachable"})
"""Codes of errors that another attempt may mend."""


@dataclass(frozen=True)
class Assigned:
    """A tool model that can do a task."""

    tool: ToolModel
    inputs: Mapping[str, str]
    """Which of its inputs each argument of the task is."""


@dataclass(frozen=True)
class Result:
    """How a task ended."""

    task: str
    state: Literal["done", "failed"]
    value: Value = None
    tool: str = ""
    """Who did it; of a task that failed, who tried last."""
    reason: str = ""
    """Why it failed."""
    because_of: str = ""
    """The task that failed first, where it is another one."""
    tried: tuple[str, ...] = ()
    """Every tool model that was called, in order."""


@dataclass(frozen=True)
class Execution:
    """One graph to be done."""

    graph: TaskGraph
    assigned: Mapping[str, Sequence[Assigned]]
    """For each task who can do it, the first choice first; nobody, where it must fail."""
    files: Mapping[str, Blob]
    caller: Caller
    place: str
    """``ask#1``: the calls stand below it."""
    attempts: int = 2
    """How often one tool model is called at most, where it times out or cannot be reached."""
    timeout: float | None = None
    """Seconds for one call, in place of the tool model's own; never more than its own."""
    unassigned: Mapping[str, str] = field(default_factory=dict)
    """For a task that nobody can do: why."""
    wait: float = 0.2
    """Seconds before another attempt."""
    on_result: Callable[[Result], None] = lambda _: None

    async def results(self) -> tuple[Result, ...]:
        """Do every task; return how each ended, in the order of the graph.

        Raises:
            GlassworkError: something that is not a tool's own failure: the log cannot be written, a run is cancelled.
                Nothing goes on running then.
            Waiting: a task waits for a person's word; the others have been done.
        """
        under_way: dict[str, asyncio.Task[Result]] = {}
        try:
            for task in self.graph.tasks:
                before = [under_way[one] for one in task.waits_for]
                under_way[task.id] = asyncio.create_task(self._one(task, before), name=f"{self.place}/{task.id}")
            return await _ended(under_way.values())
        except BaseException:
            for one in under_way.values():
                one.cancel()
            await asyncio.gather(*under_way.values(), return_exceptions=True)
            raise

    async def _one(self, task: Task, before: Sequence[asyncio.Task[Result]]) -> Result:
        # a shield: whoever cancels this task does not cancel those that others wait for, too
        ended = {one.task: one for one in await asyncio.gather(*(asyncio.shield(each) for each in before))}
        failed = next((ended[name] for name in task.waits_for if ended[name].state == "failed"), None)
        result = _fallen(task, failed) if failed is not None else await self._tried(task, ended)
        self.on_result(result)
        return result

    async def _tried(self, task: Task, ended: Mapping[str, Result]) -> Result:
        """Call one tool model after the other until one does it."""
        reasons: list[str] = []
        tried: list[str] = []
        for one in self.assigned.get(task.id, ()):
            tried.append(one.tool.spec.name)
            try:
                value = await self._called(task, one, ended)
            except ToolError as error:
                reasons.append(error.message.replace("\n", "; "))
                if _unsure(one.tool, error):
                    reasons[-1] += "; it may have been done all the same, so nothing else is tried"
                    break
            else:
                return Result(task.id, "done", value, tool=tried[-1], tried=tuple(tried))
        reason = "; then ".join(reasons) or self.unassigned.get(task.id) or "no tool model can do it"
        return Result(task.id, "failed", tool=tried[-1] if tried else "", reason=reason, tried=tuple(tried))

    async def _called(self, task: Task, one: Assigned, ended: Mapping[str, Result]) -> Value:
        spec = one.tool.spec
        arguments = {
            one.inputs[name]: as_wanted(self._given(argument, ended), spec.inputs[one.inputs[name]].type)
            for name, argument in task.arguments.items()
            if name in one.inputs
        }
        place, seconds = f"{self.place}/{task.id}/{spec.name}", min(self.timeout or spec.timeout, spec.timeout)
        for attempt in range(1, self.attempts + 1):
            try:
                return await self.caller.call(place, one.tool, arguments, seconds=seconds, attempt=attempt)
            except ToolError as error:
                if error.code not in RETRIED or attempt == self.attempts or _unsure(one.tool, error):
                    raise
                await asyncio.sleep(self.wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _given(self, argument: Value | Ref, ended: Mapping[str, Result]) -> Value:
        if not isinstance(argument, Ref):
            return argument
        return ended[argument.source].value if is_task(argument.source) else self.files[argument.source]


def _unsure(tool: ToolModel, error: ToolError) -> bool:
    """Whether a tool model that must not be called twice may have done it, although it ended with an error."""
    return error.code in RETRIED and not tool.spec.idempotent


async def _ended(tasks: Collection[asyncio.Task[Result]]) -> tuple[Result, ...]:
    """Wait for every task; one that waits for a person does not stop the others. Raises as ``Execution.results``."""

    async def one(task: asyncio.Task[Result]) -> Result | Waiting:
        try:
            return await task
        except Waiting as error:
            return error

    ended = await asyncio.gather(*map(one, tasks))
    for each in ended:
        if isinstance(each, Waiting):
            raise each
    return tuple(each for each in ended if isinstance(each, Result))


def _fallen(task: Task, because: Result) -> Result:
    """Return how a task ends that needs one that failed: the first of the line is named, with its reason."""
    root = because.because_of or because.task
    through = f" (through {because.task})" if because.because_of else ""
    reason = because.reason if not because.because_of else because.reason.partition(": ")[2]
    return Result(task.id, "failed", reason=f"it needs {root}, which failed{through}: {reason}", because_of=root)
