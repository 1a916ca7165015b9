"""Tool models that ask a model or an agent: what they ask is a part of the run, in its log and on its budget.

Such a call is made again whenever the run is run again, and what it asked is served from the log. Where the log holds
what came of the call, it asks nothing that the log does not answer: it may have been stopped in the middle.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glasswork.agent import Act, Situation
from glasswork.definitions import ToolDef
from glasswork.errors import BudgetExceeded, GlassworkError, LogError, ModelError, ToolUnavailable, Waiting
from glasswork.library import Found
from glasswork.places import decision_id, parse, within
from glasswork.records import Ask, Completion, Request, Segment, State, StepFinished, StepStarted
from glasswork.tools import Given, Health, MediaStore, Spec, ToolModel, Value, open_tool, shown, spec_of
from glasswork.workflow.budget import Budget
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.resources import Explanation, Resources

ASKING = frozenset({"endpoint", "agent"})
"""The kinds of tool models that ask."""


@dataclass(frozen=True)
class Around:
    """The step that calls tool models."""

    resources: Resources
    step: CompiledStep
    workflow: CompiledWorkflow
    """That the step belongs to."""
    budget: Budget


class TracedTool:
    """A tool model of a kind that asks; it is called by :meth:`at`, which says where in the run."""

    def __init__(self, found: Found[ToolDef], around: Around) -> None:
        self.spec = spec_of(found.name, found.definition)
        self._found = found
        self._around = around

    def at(self, place: str, attempt: int, *, over: bool) -> ToolModel:
        """Return it as it is called once; see :class:`~glasswork.dispatch.calls.Traced`."""
        call = _Call(self._around, self.spec, place, attempt, over)
        media = MediaStore(Path())  # it makes no files
        return open_tool(self._found, Given(media, ask_model=call.ask_model, ask_agent=call.ask_agent))

    async def call(self, arguments: Mapping[str, Value], *, timeout: float | None = None) -> Value:  # noqa: ARG002, ASYNC109
        """Refuse: what it asks would have no place in the run. Raises ToolUnavailable."""
        raise ToolUnavailable(f"{self.spec.name}: within a run it is called at a place of that run only")

    async def health(self) -> Health:
        """Tell whether it can be called: whether its model answers, only a call shows."""
        return Health(ok=True)

    async def aclose(self) -> None:
        """Do nothing: it holds nothing."""


@dataclass(frozen=True)
class _Call:
    """One call: what it asks is recorded below its place, or as a decision of its own."""

    around: Around
    spec: Spec
    place: str
    attempt: int
    over: bool

    async def ask_model(self, name: str, request: Request) -> Completion:
        """Ask a model: at ``ask#1/t2/ask_model/answer``, and ``answer~2`` in the second attempt."""
        around, again = self.around, f"~{self.attempt}" if self.attempt > 1 else ""
        _, ask = await around.resources.asker(around.step, around.workflow.definition.defaults, around.budget, name)
        return await self._within(ask)(f"{self.place}/answer{again}", request)

    async def ask_agent(self, name: str, given: Mapping[str, Value]) -> Value:
        """Have an agent decide, as a step of its own within the one that dispatches.

        Its decision is ``ask#1.t3_lawyer#2`` for task t3, in the second attempt to call the tool ``lawyer``.
        """
        around, at = self.around, parse(self.place)
        step = within(at.step, at.round, item=at.item) + at.stage.replace("/", "_")
        around.resources.record(StepStarted(step=step, round=self.attempt, kind="agent", agent=name))
        began = time.monotonic()

        def finish(state: State, reason: str = "", act: Act | None = None) -> None:
            output = {"text": act.text, "choice": act.choice} if act is not None else {}
            seconds = round(time.monotonic() - began, 3)
            ended = StepFinished(
                step=step, round=self.attempt, state=state, reason=reason, output=output, seconds=seconds
            )
            around.resources.record(ended)

        try:
            act = await self._decided(name, step, given)
        except (LogError, CallOverError):
            raise  # where the call is over, its end is recorded
        except (BudgetExceeded, Waiting, asyncio.CancelledError) as error:
            finish("cancelled", error.message if isinstance(error, GlassworkError) else "stopped")
            raise
        except GlassworkError as error:
            finish("failed", error.message)
            raise
        finish("done", act=act)
        structured = act.data is not None and (self.spec.output.type == "json" or isinstance(act.data, str))
        product: Value = act.data if structured else act.text
        return product

    async def _decided(self, name: str, step: str, given: Mapping[str, Value]) -> Act:
        around, decision = self.around, decision_id(step, self.attempt)
        compiled = next(one for one in around.step.agents if one.name == name)
        agent = await around.resources.agent(
            around.step, compiled, around.workflow.definition.defaults, around.budget, through=self._within
        )
        told = [("task", self.spec.description), *((f"inputs.{key}", shown(value)) for key, value in given.items())]
        segments = tuple(Segment(id=f"s{n}", source=source, text=text) for n, (source, text) in enumerate(told, 1))
        situation = Situation(decision=decision, step=step, segments=segments, seed=around.resources.seed)
        act = await agent.decide(situation)
        forgiven = around.step.definition.on_error != "fail"
        around.resources.explanations.append(Explanation(decision, act.explained, forgiven))
        return act

    def _within(self, ask: Ask) -> Ask:
        """Return how this call asks: nothing new, where it is over, but for explanations, which nobody waits for."""
        past = self.around.resources.past
        if not self.over or past is None:
            return ask

        async def served(place: str, request: Request) -> Completion:
            explains = parse(place).stage.partition("~")[0] == "explain"
            recalled = past.recall(place, request)
            if explains or recalled.answer is not None or isinstance(recalled.error, ModelError):
                return await ask(place, request)
            for failed in recalled.failures:
                self.around.resources.record(failed)
            raise CallOverError(f"{self.place} came to its end before there was an answer at {place}")

        return served


class CallOverError(GlassworkError):
    """A call that is over asks for something that the log does not answer."""
