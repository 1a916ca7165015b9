"""The engine: from a compiled workflow and its inputs to a finished run.

Every step is one coroutine that waits for its needs, decides whether to run, runs, and hands on its output. There is no
scheduler besides: what may run together does, and a step that is skipped or fails still *ends*, so that no step waits
for ever for one that will not come.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from glasswork import __version__
from glasswork.definitions import BudgetDef, LoopStep
from glasswork.errors import BudgetExceeded, GlassworkError, LogError
from glasswork.records import (
    ConditionRead,
    Record,
    Recorder,
    RunFinished,
    RunStarted,
    State,
    StepFinished,
    StepStarted,
    Usage,
    Watcher,
)
from glasswork.workflow.budget import Budget
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.conditions import Condition
from glasswork.workflow.resources import Answers, AskHuman, ModelSource, OpenSandbox, Resources
from glasswork.workflow.steps import own, run_step


class RunOutcome(Record):
    """How a run ended. ``seconds`` is wall-clock time."""

    state: Literal["done", "failed", "interrupted", "budget"]
    reason: str = ""
    outputs: dict[str, Any] = {}
    usage: Usage = Usage()
    calls: int = 0
    seconds: float = 0.0


async def run_workflow(
    workflow: CompiledWorkflow,
    inputs: Mapping[str, Any],
    *,
    run: str,
    models: ModelSource,
    record: Recorder,
    open_sandbox: OpenSandbox,
    ask_human: AskHuman,
    files: Path,
    model: str = "",
    seed: int = 0,
    budget: BudgetDef | None = None,
    watch: Watcher | None = None,
    answers: Answers | None = None,
) -> RunOutcome:
    """Run a workflow to its end, whatever the end, and record it from the first event to the last.

    Cancelling (Ctrl-C) ends the run in the state ``interrupted``: what was under way is stopped and the log says so.

    Args:
        workflow: What to run.
        inputs: Its inputs, typed and complete (:func:`~glasswork.workflow.inputs.resolve_inputs`).
        run: The run's id.
        models: Hands out models; stays open.
        record: Takes each event and returns once it is durable.
        open_sandbox: Opens a sandbox by backend name; closed at the end of the run.
        ask_human: Puts a question to a person.
        files: Folder for the files that steps save.
        model: What the log calls the run's model.
        seed: Makes every draw of the run its own, and repeatable.
        budget: In place of the workflow's own.
        watch: Is told of stages and of text as they come.
        answers: Recorded answers, served before any model is asked.

    Raises:
        LogError: the log cannot be written; nothing goes on unrecorded.
    """
    purse = Budget(budget or workflow.definition.budget)
    resources = Resources(
        workflow.definition,
        models=models,
        record=record,
        watch=watch,
        open_sandbox=open_sandbox,
        ask_human=ask_human,
        files=files,
        budget=purse,
        seed=seed,
        answers=answers,
    )
    started = time.monotonic()
    record(
        RunStarted(run=run, workflow=workflow.name, inputs=dict(inputs), model=model, seed=seed, glasswork=__version__)
    )
    going = _Run(workflow, inputs, resources)
    state, reason = await going.to_the_end()
    outcome = RunOutcome(
        state=state,
        reason=reason,
        outputs=going.outputs(),
        usage=purse.usage,
        calls=purse.calls,
        seconds=round(time.monotonic() - started, 3),
    )
    record(RunFinished(**outcome.model_dump()))
    return outcome


_WAS = {"failed": "failed", "skipped": "was skipped", "cancelled": "was cancelled"}

Ended = tuple[Literal["done", "failed", "interrupted", "budget"], str]


class _Run:
    """The state of one run: which steps have ended how, and what they handed on."""

    def __init__(self, workflow: CompiledWorkflow, inputs: Mapping[str, Any], resources: Resources) -> None:
        self._workflow = workflow
        self._resources = resources
        self._steps: dict[str, dict[str, Any]] = {}
        self._values: dict[str, Any] = {"inputs": dict(inputs), "steps": self._steps}
        self._ended = {id_: asyncio.Event() for id_ in workflow.steps}
        self._failures: list[str] = []

    async def to_the_end(self) -> Ended:
        """Run every step and wait for every explanation."""
        try:
            await self._all_steps()
            await self._all_explanations()
        except asyncio.CancelledError:
            return "interrupted", "stopped by the user"
        except BudgetExceeded as error:
            return "budget", error.message
        finally:
            await self._resources.aclose()
        return ("failed", "; ".join(self._failures)) if self._failures else ("done", "")

    async def _all_steps(self) -> None:
        tasks = [asyncio.create_task(self._live(step), name=step.id) for step in self._workflow.steps.values()]
        await _all_or_none(tasks)

    async def _all_explanations(self) -> None:
        for result in await asyncio.gather(*self._resources.explanations, return_exceptions=True):
            if isinstance(result, BudgetExceeded | LogError) or (
                isinstance(result, BaseException) and not isinstance(result, GlassworkError)
            ):
                raise result
            if isinstance(result, GlassworkError):
                self._failures.append(f"an explanation is missing: {result.message}")

    def outputs(self) -> dict[str, Any]:
        """Return what the workflow hands back; what was never made is left out."""
        found = {name: _look_up(self._values, path) for name, path in self._workflow.definition.outputs.items()}
        return {name: value for name, value in found.items() if value is not None}

    # --- one step ---

    async def _live(self, step: CompiledStep) -> None:
        """Wait for the needs, then run or skip; the step has ended afterwards, whatever happened."""
        for need in step.needs:
            await self._ended[need].wait()
        held = self._held_back(step)
        if held:
            self._finish(step, 1, "skipped", held)
        elif isinstance(step.definition, LoopStep):
            await self._loop(step, step.definition)
        else:
            await self._round(step, 1)
        self._ended[step.id].set()

    def _held_back(self, step: CompiledStep) -> str:
        """Return why a step is not to run, or an empty string."""
        states = {need: self._steps[need]["state"] for need in step.needs}
        not_done = [
            f"{need} was {state}" if state != "failed" else f"{need} failed"
            for need, state in states.items()
            if state != "done"
        ]
        join = step.definition.join
        if join == "all" and not_done:
            return "; ".join(not_done)
        if join == "any" and states and len(not_done) == len(states):
            return "none of its needs is done: " + "; ".join(not_done)
        if step.when is not None and not self._holds(step, step.when):
            return f"its condition does not hold: {step.when.text}"
        return ""

    def _holds(self, step: CompiledStep, condition: Condition) -> bool:
        reading = condition.evaluate(self._values)
        self._resources.record(
            ConditionRead(step=step.id, expression=condition.text, values=dict(reading.values), result=reading.result)
        )
        return reading.result

    async def _round(self, step: CompiledStep, number: int, previous: Mapping[str, Any] | None = None) -> None:
        """Run a step once. What goes wrong in it is its own failure; a spent budget and Ctrl-C are the run's."""
        agent = step.agents[0].name if step.kind == "agent" else ""
        self._resources.record(StepStarted(step=step.id, round=number, kind=step.kind, agent=agent))
        started = time.monotonic()
        values = {**self._values, "previous": previous} if previous is not None else self._values
        try:
            output = await run_step(self._resources, step, number, values, self._code_for(step))
        except (asyncio.CancelledError, BudgetExceeded) as stop:
            reason = stop.message if isinstance(stop, BudgetExceeded) else "stopped"
            self._finish(step, number, "cancelled", reason, seconds=time.monotonic() - started)
            raise
        except LogError:
            raise
        except GlassworkError as error:
            self._finish(step, number, "failed", error.message, seconds=time.monotonic() - started)
            return
        self._finish(step, number, "done", output=output, seconds=time.monotonic() - started)

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
        made = dict(output or {})
        self._resources.record(
            StepFinished(step=step.id, round=number, state=state, reason=reason, output=made, seconds=round(seconds, 3))
        )
        before = self._steps.get(step.id) or dict.fromkeys(step.fields)
        self._steps[step.id] = {**before, **made, "state": state}
        if state == "failed":
            self._failures.append(f"{step.id}: {reason}")

    def _code_for(self, step: CompiledStep) -> dict[str, str]:
        """Return the programs of all steps that ``step`` rests on, by file name."""
        found: dict[str, str] = {}
        for need in _closure(self._workflow, step):
            found |= own(self._workflow.steps[need], self._steps.get(need, {}))
        return found

    # --- loops ---

    async def _loop(self, step: CompiledStep, definition: LoopStep) -> None:
        """Repeat the loop's steps until its condition holds; they have run once already."""
        use, condition = definition.loop, step.until
        assert condition is not None, "the compiler gives every loop a condition"
        self._resources.record(StepStarted(step=step.id, kind=step.kind))
        started = time.monotonic()
        number, done, reason = 1, False, ""
        while not reason:
            broken = [id_ for id_ in use.steps if self._steps[id_]["state"] not in {"done", "skipped"}]
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
            for need in ids.intersection(step.needs):
                await ended[need].wait()
            if step.when is not None and not self._holds(step, step.when):
                self._finish(step, number, "skipped", f"its condition does not hold: {step.when.text}")
            else:
                await self._round(step, number, previous)
            ended[step.id].set()

        steps = [step for step in self._workflow.steps.values() if step.id in ids]
        await _all_or_none([asyncio.create_task(again(step), name=step.id) for step in steps])


async def _all_or_none(tasks: list[asyncio.Task[None]]) -> None:
    """Wait for all tasks; when one raises, or this is cancelled, stop the others before going on."""
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _closure(workflow: CompiledWorkflow, step: CompiledStep) -> list[str]:
    """Return all steps that ``step`` needs, directly or not, in the workflow's order."""
    found: set[str] = set()
    pending = list(step.needs)
    while pending:
        need = pending.pop()
        if need not in found:
            found.add(need)
            pending.extend(workflow.steps[need].needs)
    return [id_ for id_ in workflow.steps if id_ in found]


def _look_up(values: Mapping[str, Any], path: str) -> Any:
    found: Any = values
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
