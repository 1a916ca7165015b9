"""The steps of one workflow under way: the run's own, or those of a workflow that runs as a step.

Every step is one coroutine that waits for its needs, decides whether to run, runs, and hands on its output. There is no
scheduler besides: what may run together does, and a step that is skipped, fails or waits for a person still *ends*, so
that no step waits for ever for one that will not come.

What a step sees is what its needs have handed on, and never what merely happened to be there: so it sees the same when
the run is run again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from glasswork.definitions import AgentStep, DispatchStep, LoopStep, TeamStep, WorkflowStep
from glasswork.errors import BudgetExceeded, GlassworkError, LogError, UserError, Waiting
from glasswork.places import within
from glasswork.records import ConditionRead, State, StepFinished, StepStarted
from glasswork.workflow.budget import Budget
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.conditions import Condition
from glasswork.workflow.inputs import given_inputs
from glasswork.workflow.resources import Resources
from glasswork.workflow.steps import Occasion, own, run_step
from glasswork.workflow.together import all_or_none
from glasswork.workflow.wording import told_once

_GOOD = frozenset({"done", "continued"})
"""How a need has ended, where what needs it may run. ``continued``: failed, with ``on_error: continue``."""


class Flow:
    """One workflow on its way: which of its steps have ended how, and what they handed on."""

    def __init__(
        self,
        workflow: CompiledWorkflow,
        inputs: Mapping[str, Any],
        resources: Resources,
        budget: Budget,
        *,
        prefix: str = "",
    ) -> None:
        """Begin with nothing done. ``prefix`` stands before the steps' names (:func:`glasswork.places.within`)."""
        self.waiting: list[str] = []
        """What the workflow waits for, in words."""
        self._workflow = workflow
        self._inputs = dict(inputs)
        self._resources = resources
        self._budget = budget
        self._prefix = prefix
        self._steps: dict[str, dict[str, Any]] = {}
        self._how: dict[str, str] = {}
        """How each step has ended: its state, or ``continued``, or ``waiting``."""
        self._seen: dict[str, frozenset[str]] = {}
        """The steps whose outputs a step sees: those it needed, and what they saw."""
        self._programs: dict[str, dict[str, str]] = {}
        """Programs by file name, of each step."""
        self._ended = {id_: asyncio.Event() for id_ in workflow.steps}
        self._failed: dict[tuple[str, int], str] = {}
        self._unexplained: list[str] = []
        self._budgets: dict[str, Budget] = {}

    @property
    def failures(self) -> list[str]:
        """What failed and was not forgiven, in words, in the order of the workflow."""
        order = list(self._workflow.steps)
        found = sorted(self._failed.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
        return [*(text for _, text in found), *self._unexplained]

    async def run(self) -> None:
        """Run every step to its end.

        Raises:
            BudgetExceeded: a budget is spent, and no step's ``on_error`` takes it.
            LogError: the log cannot be written.
        """
        steps = self._workflow.steps.values()
        await all_or_none([asyncio.create_task(self._live(step), name=step.id) for step in steps])

    async def explain(self) -> None:
        """Wait for every explanation of the run. Raises as :meth:`run` does."""
        explanations = self._resources.explanations
        results = await asyncio.gather(*(each.task for each in explanations), return_exceptions=True)
        for each, result in sorted(zip(explanations, results, strict=True), key=lambda pair: pair[0].decision):
            if isinstance(result, Waiting):
                self.waiting.append(result.message)
            elif isinstance(result, LogError) or (
                isinstance(result, BaseException) and not isinstance(result, GlassworkError)
            ):
                raise result
            elif isinstance(result, GlassworkError) and not each.forgiven:
                if isinstance(result, BudgetExceeded):
                    raise result
                self._unexplained.append(f"{each.decision}: its explanation is missing: {result.message}")

    def outputs(self) -> dict[str, Any]:
        """Return what the workflow hands back; what was never made is left out."""
        values = {"inputs": self._inputs, "steps": self._steps}
        found = {name: _look_up(values, path.split(".")) for name, path in self._workflow.definition.outputs.items()}
        return {name: value for name, value in found.items() if value is not None}

    # --- one step ---------------------------------------------------------------------------------------------------

    async def _live(self, step: CompiledStep) -> None:
        """Wait for the needs, then run or skip; the step has ended afterwards, whatever happened."""
        ready = await self._needs(step)
        self._seen[step.id] = frozenset(ready).union(*(self._seen[need] for need in ready))
        try:
            held = self._held_back(step)
            if held is None:
                self._wait(step)
            elif held:
                self._finish(step, 1, "skipped", held)
            elif isinstance(step.definition, LoopStep):
                await self._loop(step, step.definition)
            else:
                await self._round(step, 1, after=ready if step.definition.join == "any" else ())
        except UserError as error:
            self._finish(step, 1, "failed", error.message)
        self._ended[step.id].set()

    async def _needs(self, step: CompiledStep) -> tuple[str, ...]:
        """Wait for the needs; return those that have ended: all of them, but for the join ``any``."""
        if step.definition.join != "any":
            for need in step.needs:
                await self._ended[need].wait()
            return step.needs
        past = self._resources.past
        recorded = past.after(self._prefix + step.id, 1) if past else ()
        for need in recorded:
            await self._ended[need].wait()
        if recorded:
            return recorded
        waits = {asyncio.ensure_future(self._ended[need].wait()) for need in step.needs}
        try:
            while waits and not any(self._how.get(need) in _GOOD for need in step.needs):
                _, waits = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return tuple(need for need in step.needs if self._ended[need].is_set())

    def _held_back(self, step: CompiledStep) -> str | None:
        """Return why a step is not to run, an empty string where it is, or None where it waits with its needs.

        Raises:
            UserError: its condition cannot be read.
        """
        how = {need: self._how[need] for need in step.needs if self._ended[need].is_set()}
        join = step.definition.join
        enough = join == "any" and any(one in _GOOD for one in how.values())
        if "waiting" in how.values() and not enough:
            return None
        not_done = [
            f"{need} failed" if one == "failed" else f"{need} was {one}"
            for need, one in how.items()
            if one not in _GOOD
        ]
        if join == "all" and not_done:
            return "; ".join(not_done)
        if join == "any" and how and not enough:
            return "none of its needs is done: " + "; ".join(not_done)
        if step.when is not None and not self._holds(step, step.when):
            return f"its condition does not hold: {step.when.text}"
        return ""

    def _holds(self, step: CompiledStep, condition: Condition) -> bool:
        reading = condition.evaluate(self._values(step))
        self._resources.record(
            ConditionRead(
                step=self._prefix + step.id,
                expression=condition.text,
                values=dict(reading.values),
                result=reading.result,
            )
        )
        return reading.result

    def _values(self, step: CompiledStep) -> dict[str, Any]:
        """Return what a step may read; of steps that it does not see, every field is None."""
        return {"inputs": self._inputs, "steps": _Seen(self._workflow.steps, self._steps, self._seen[step.id])}

    async def _round(
        self,
        step: CompiledStep,
        number: int,
        previous: Mapping[str, Any] | None = None,
        *,
        after: tuple[str, ...] = (),
    ) -> None:
        """Run a step once. What goes wrong in it is its own failure; a spent budget and Ctrl-C are the run's."""
        values = self._values(step) | ({"previous": previous} if previous is not None else {})
        items, agent = _items(step, values), step.agents[0].name if step.kind == "agent" else ""
        path, many = self._prefix + step.id, None if items is None else len(items)
        self._resources.record(
            StepStarted(step=path, round=number, kind=step.kind, agent=agent, items=many, after=after)
        )
        started = time.monotonic()

        def finish(state: State, reason: str = "", output: Mapping[str, Any] | None = None) -> None:
            self._finish(step, number, state, reason, output=output, seconds=time.monotonic() - started)

        try:
            output, failed = await self._whole(step, number, items, values)
        except Waiting as error:
            self._wait(step, error.message)
        except asyncio.CancelledError:
            finish("cancelled", "stopped")
            raise
        except BudgetExceeded as error:
            if step.definition.on_error == "fail" or not (error.of == path or error.of.startswith(f"{path}#")):
                finish("cancelled", error.message)
                raise
            finish("failed", error.message)
        except LogError:
            raise
        except GlassworkError as error:
            finish("failed", error.message)
        else:
            finish("failed" if failed else "done", failed, output)

    async def _whole(
        self, step: CompiledStep, number: int, items: list[Any] | None, values: Mapping[str, Any]
    ) -> tuple[dict[str, Any], str]:
        """Do what a step does, within its budget; return its output, and what failed of its items."""
        budget = self._budget_of(step)
        async with in_time(budget) if budget is not self._budget else nullcontext():
            if items is not None:
                return await self._each(step, number, items, budget, values)
            return await self._once(
                step, Occasion(self._prefix + step.id, number, 0, budget, self._workflow), values
            ), ""

    async def _once(self, step: CompiledStep, occasion: Occasion, values: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a step does, for the whole step or for one item, and keep the program that it made."""
        if step.workflow is not None:
            return await self._inner(step, step.workflow, occasion, values)
        output = await run_step(self._resources, step, occasion, values, self._code_for(step))
        program = own(step, output, occasion.item)
        if program:
            self._programs.setdefault(step.id, {}).update(program)
        return output

    def _wait(self, step: CompiledStep, what: str = "") -> None:
        """Let a step end without an end: it goes on when the run is resumed."""
        self._how[step.id] = "waiting"
        self._steps.setdefault(step.id, dict.fromkeys(step.fields))
        if what:
            self.waiting.append(what)

    def _finish(
        self,
        step: CompiledStep,
        number: int,
        state: State,
        reason: str = "",
        *,
        output: Mapping[str, Any] | None = None,
        seconds: float = 0.0,
    ) -> None:
        """Record how a step ended. Where it made nothing, what it made before stands, else every field is None."""
        on_error = step.definition.on_error
        if state == "failed" and on_error == "skip":
            state, reason = "skipped", f"it failed: {reason}"
        made = dict(output or {})
        path = self._prefix + step.id
        self._resources.record(
            StepFinished(step=path, round=number, state=state, reason=reason, output=made, seconds=round(seconds, 3))
        )
        before = self._steps.get(step.id) or dict.fromkeys(step.fields)
        self._steps[step.id] = {**before, **made, "state": state}
        self._how[step.id] = "continued" if state == "failed" and on_error == "continue" else state
        if self._how[step.id] == "failed":
            self._failed[step.id, number] = f"{path}: {reason}"

    def _code_for(self, step: CompiledStep) -> dict[str, str]:
        """Return the programs of all steps that ``step`` sees, by file name."""
        found: dict[str, str] = {}
        seen = self._seen[step.id]
        for id_ in self._workflow.steps if self._programs else ():
            if id_ in seen:
                found |= self._programs.get(id_, {})
        return found

    def _budget_of(self, step: CompiledStep) -> Budget:
        """Return the step's own budget, one for all its rounds, or the workflow's."""
        limit = step.definition.budget
        if limit is None:
            return self._budget
        if step.id not in self._budgets:
            path = self._prefix + step.id
            spent = self._resources.spent(lambda name: name == path or name.startswith(f"{path}#"))
            self._budgets[step.id] = Budget(limit, of=path, outer=self._budget, spent=spent)
        return self._budgets[step.id]

    # --- once for each item -----------------------------------------------------------------------------------------

    async def _each(
        self, step: CompiledStep, number: int, items: list[Any], budget: Budget, values: Mapping[str, Any]
    ) -> tuple[dict[str, Any], str]:
        """Run a step for every item; return its fields as lists, of the items that are done, and what failed.

        Raises:
            Waiting: an item waits for something; the others have been run.
        """
        assert isinstance(step.definition, AgentStep | TeamStep | WorkflowStep | DispatchStep), (
            "nothing else runs over items"
        )
        slots = asyncio.Semaphore(step.definition.parallel)

        async def one(index: int, item: Any) -> dict[str, Any] | GlassworkError:
            async with slots:
                occasion = Occasion(self._prefix + step.id, number, index, budget, self._workflow)
                return await self._item(step, occasion, {**values, "item": item, "index": index})

        tasks = [asyncio.create_task(one(index, item)) for index, item in enumerate(items, start=1)]
        await all_or_none(tasks)
        results = [task.result() for task in tasks]
        for result in results:
            if isinstance(result, Waiting):
                raise result
        done = [result for result in results if isinstance(result, dict)]
        wrong = [f"item {n}: {r.message}" for n, r in enumerate(results, start=1) if isinstance(r, GlassworkError)]
        names = (name for name in step.fields if name not in {"state", "count", "failed"})
        lists: dict[str, Any] = {name: [made.get(name) for made in done] for name in names}
        return {**lists, "count": len(done), "failed": len(wrong)}, "; ".join(wrong)

    async def _item(
        self, step: CompiledStep, occasion: Occasion, values: Mapping[str, Any]
    ) -> dict[str, Any] | GlassworkError:
        """Run one item; what goes wrong in it is handed back, so that the other items go on."""
        record, agent = self._resources.record, step.agents[0].name if step.kind == "agent" else ""
        begin = StepStarted(step=occasion.step, round=occasion.round, item=occasion.item, kind=step.kind, agent=agent)
        record(begin)
        started = time.monotonic()

        def finish(state: State, reason: str = "", output: dict[str, Any] | None = None) -> None:
            end = StepFinished(
                step=occasion.step,
                round=occasion.round,
                item=occasion.item,
                state=state,
                reason=reason,
                output=output or {},
                seconds=round(time.monotonic() - started, 3),
            )
            record(end)

        try:
            output = await self._once(step, occasion, values)
        except Waiting as error:
            return error
        except (LogError, BudgetExceeded):
            raise
        except asyncio.CancelledError:
            finish("cancelled", "stopped")
            raise
        except GlassworkError as error:
            finish("failed", error.message)
            return error
        finish("done", output=output)
        return output

    # --- a workflow as a step ---------------------------------------------------------------------------------------

    async def _inner(
        self, step: CompiledStep, workflow: CompiledWorkflow, occasion: Occasion, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Run a workflow within this one, and return what it hands back.

        Raises:
            UserError: its inputs do not fit.
            Waiting: it waits for something.
            GlassworkError: it failed.
        """
        prefix = within(occasion.step, occasion.round, item=occasion.item)
        spent = self._resources.spent(lambda name: name.startswith(prefix))
        budget = Budget(workflow.definition.budget, of=occasion.step, outer=occasion.budget, spent=spent)
        flow = Flow(workflow, given_inputs(step, values), self._resources, budget, prefix=prefix)
        async with in_time(budget):
            await flow.run()
        if flow.failures:
            raise GlassworkError(told_once(flow.failures))
        if flow.waiting:
            raise Waiting("; ".join(flow.waiting))
        return flow.outputs()

    # --- loops ------------------------------------------------------------------------------------------------------

    async def _loop(self, step: CompiledStep, definition: LoopStep) -> None:
        """Repeat the loop's steps until its condition holds; they have run once already."""
        use, condition = definition.loop, step.until
        assert condition is not None, "the compiler gives every loop a condition"
        self._resources.record(StepStarted(step=self._prefix + step.id, kind=step.kind))
        started = time.monotonic()
        number, done, reason = 1, False, ""
        while not reason:
            how = {id_: self._how[id_] for id_ in use.steps}
            if "waiting" in how.values():
                self._wait(step)
                return
            broken = [id_ for id_, one in how.items() if one not in _GOOD | {"skipped"}]
            done = not broken and self._holds(step, condition)
            if broken:
                reason = f"{', '.join(broken)} failed"
            elif done:
                break
            elif number > use.max:
                reason = f"{condition.text} does not hold after {use.max} {'repeat' if use.max == 1 else 'repeats'}"
            else:
                number += 1
                await self._repeat(use.steps, number)
        seconds = time.monotonic() - started
        output = {"rounds": number, "done": done}
        self._finish(step, 1, "done" if done else "failed", reason, output=output, seconds=seconds)

    async def _repeat(self, members: Iterable[str], number: int) -> None:
        """Run the members of a loop again, in the order of their needs, with the round before at hand."""
        ids = set(members)
        previous = {id_: dict(self._steps[id_]) for id_ in ids}
        ended = {id_: asyncio.Event() for id_ in ids}

        async def again(step: CompiledStep) -> None:
            needs = ids.intersection(step.needs)
            for need in needs:
                await ended[need].wait()
            try:
                if any(self._how[need] == "waiting" for need in needs):
                    self._wait(step)
                elif step.when is not None and not self._holds(step, step.when):
                    self._finish(step, number, "skipped", f"its condition does not hold: {step.when.text}")
                else:
                    await self._round(step, number, previous)
            except UserError as error:
                self._finish(step, number, "failed", error.message)
            ended[step.id].set()

        steps = [step for step in self._workflow.steps.values() if step.id in ids]
        await all_or_none([asyncio.create_task(again(step), name=step.id) for step in steps])


class _Seen(Mapping[str, Mapping[str, Any]]):
    """The outputs of steps as one step sees them. Made for every step, so it copies nothing."""

    def __init__(
        self, known: Mapping[str, CompiledStep], made: Mapping[str, dict[str, Any]], seen: frozenset[str]
    ) -> None:
        self._known, self._made, self._seen = known, made, seen

    def __getitem__(self, step: str) -> Mapping[str, Any]:
        return self._made[step] if step in self._seen else dict.fromkeys(self._known[step].fields)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


@asynccontextmanager
async def in_time(budget: Budget, used: float = 0.0) -> AsyncIterator[None]:
    """Stop what is done inside when a budget's seconds are up.

    Raises:
        BudgetExceeded: they are.
    """
    seconds = budget.limit.seconds
    limit = asyncio.timeout(None if seconds is None else max(0.0, seconds - used))
    try:
        async with limit:
            yield
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise budget.exceeded(f"{seconds:g} seconds is used up") from error


def _items(step: CompiledStep, values: Mapping[str, Any]) -> list[Any] | None:
    """Return what a step runs over, or None where it runs once.

    Raises:
        UserError: there is no list.
    """
    if step.each is None:
        return None
    found = _look_up(values, step.each)
    if not isinstance(found, list | tuple):
        raise UserError(f"for_each: {'.'.join(step.each)} holds no list")
    return list(found)


def _look_up(values: Mapping[str, Any], path: Iterable[str]) -> Any:
    found: Any = values
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
