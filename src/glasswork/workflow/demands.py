"""Explanations that a workflow demands to hold: each is put to the test as it is written, on the model that decided.

What drove the decision is measured by ablation (:mod:`glasswork.explain.attribution`), once; then what the explanation
cites is set against it. The demand is met where enough of the cited segments are causal. A test leaves the events that
``glasswork check`` leaves, with the demand in them.

The questions of a test are not recorded; what they came to is, and what they cost. So a run that is run again serves
what was measured, and asks nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from glasswork.agent import Account, OnFail
from glasswork.definitions import (
    AgentDef,
    AgentStep,
    DefaultsDef,
    DemandDef,
    GameStep,
    PriceDef,
    TeamStep,
    WerewolfStep,
)
from glasswork.errors import BudgetExceeded, ExplanationFailed, ModelError, UserError
from glasswork.explain.attribution import attribute
from glasswork.explain.case import Case
from glasswork.explain.events import citing, evidence_event, influence_event
from glasswork.explain.from_log import not_weighed
from glasswork.explain.reading import Read, live_reader
from glasswork.log.past import Past
from glasswork.models.wrap import Gate
from glasswork.records import Ask, DecisionChecked, DecisionStarted, Event, Recorder, Usage
from glasswork.workflow.ablations import (
    Meter,
    Questions,
    case_of,
    without_evidence,
)
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow

PARALLEL = 4
"""Questions of one test that are under way at once: as many as the embedded model serves, and no more, because the run
goes on beside them."""

_STOPPED = "interrupted", "it was stopped"

AskWithin = Callable[[Gate], Ask]
"""Returns how to ask the step's model within a budget."""


_DECIDING = (AgentStep, TeamStep, GameStep, WerewolfStep)
"""Steps in which agents decide."""


# --- what is demanded -----------------------------------------------------------------------------------------------


def demanded(step: CompiledStep, agent: AgentDef, defaults: DefaultsDef) -> DemandDef | None:
    """Return what the explanations of an agent in a step are held to; None where nothing is demanded.

    The step's own word comes first, then that of the agent's file, then the workflow's defaults.
    """
    own = step.definition.explain if isinstance(step.definition, _DECIDING) else None
    said = [one for one in (own, agent.explain, defaults.explain) if one is not None and one.check is not None]
    return said[0] if said and said[0].check != "none" else None


def without_demands(workflow: CompiledWorkflow) -> CompiledWorkflow:
    """Return a workflow, and those within it, in which nothing is demanded of explanations."""
    return replace(workflow, steps={name: _undemanding(step) for name, step in workflow.steps.items()})


def _undemanding(step: CompiledStep) -> CompiledStep:
    if step.workflow is not None:
        return replace(step, workflow=without_demands(step.workflow))
    if not isinstance(step.definition, _DECIDING):
        return step
    return replace(step, definition=step.definition.model_copy(update={"explain": DemandDef(check="none")}))


# --- the test -------------------------------------------------------------------------------------------------------


class Demand:
    """What is demanded of one agent's explanations in one step: tests each, and records what it finds."""

    def __init__(
        self,
        demand: DemandDef,
        *,
        model: str,
        ask: AskWithin,
        budget: Gate,
        price: PriceDef | None,
        record: Recorder,
        past: Past | None,
        seed: int,
    ) -> None:
        """Take what a test needs; ``model`` is how the log calls the one that is asked."""
        self._ask = ask
        self._budget = budget
        self._price = price
        self._record = record
        self._past = past
        self._on_fail: OnFail = demand.on_fail
        self._shared: dict[str, Any] = {"model": model, "at_least": demand.at_least}
        self._seed = seed
        self._influence: dict[str, DecisionChecked] = {}
        """What drove each decision: it stands, whatever is said of it afterwards."""

    @property
    def on_fail(self) -> OnFail:
        """What becomes of a decision whose explanation does not hold."""
        return self._on_fail

    async def __call__(self, account: Account) -> bool:
        """Test an explanation; whether it may stand. One that could not be tested may: it is not at fault.

        Raises:
            ExplanationFailed: it does not hold, and the step is to fail then.
            BudgetExceeded: a question would have passed the budget.
        """
        found = await self._tested(account)
        if not found.detail["met"] and self.on_fail == "stop":
            raise ExplanationFailed(f"{shortfall(found)} (see: glasswork log why {found.decision})")
        return bool(found.detail["met"]) or "error" in found.detail

    async def _tested(self, account: Account) -> DecisionChecked:
        """Return the evidence, which has been recorded."""
        decision, meter = account.planned.decision, Meter(self._budget, self._price)
        questions = Questions(self._ask(meter))
        try:
            case = _testable(account)
            read = live_reader(case, questions, parallel=PARALLEL)
        except UserError as error:
            return self._keep(without_evidence(decision, error.message, met=True, seed=self._seed, **self._shared))
        found = self._known(decision) or await self._measured(case, read, questions, meter)
        if found.measure != "influence":
            return found
        self._influence[decision] = found.model_copy(update={"calls": 0, "usage": Usage(), "cost": 0.0, "seconds": 0.0})
        influence = self._keep(citing(found, case.cited))
        return self._keep(evidence_event(influence))

    def _known(self, decision: str) -> DecisionChecked | None:
        """Return what drove a decision, where that was measured before, or that it could not be; None where it is to be
        measured.
        """
        if decision in self._influence or self._past is None:
            return self._influence.get(decision)
        recorded = self._past.checked(decision)
        failures = [self._keep(self._anew(failure)) for failure in recorded.failures]
        if recorded.influence is not None:
            return self._anew(recorded.influence)
        return failures[-1] if failures and not self._past.live else None

    async def _measured(self, case: Case, read: Read, questions: Questions, meter: Meter) -> DecisionChecked:
        """Measure what drove a decision. Where a question gets no answer, record and return that.

        What a test costs that is stopped part-way is recorded, too.
        """
        began = time.monotonic()

        def failed(error: str, reason: str) -> DecisionChecked:
            took = {**self._shared, **meter.spent, "seconds": time.monotonic() - began}
            return self._keep(without_evidence(case.id, reason, met=False, error=error, seed=self._seed, **took))

        try:
            found = await attribute(read, case, seed=self._seed)
        except ModelError as error:
            await questions.stop()
            return failed(error.code, error.message)
        except (BudgetExceeded, asyncio.CancelledError) as error:
            await questions.stop()
            code, reason = (error.code, error.message) if isinstance(error, BudgetExceeded) else _STOPPED
            if meter.calls:
                failed(code, reason)
            raise
        return influence_event(case.id, found, **self._shared, **meter.spent, seconds=time.monotonic() - began)

    def _anew(self, event: DecisionChecked) -> DecisionChecked:
        """Return a recorded event as it would be made now: in a log that may be another, under today's demand."""
        return event.model_copy(update={"event": 0, "hash": "", "at_least": self._shared["at_least"]})

    def _keep(self, event: DecisionChecked) -> DecisionChecked:
        self._record(event)
        return event


def _testable(account: Account) -> Case:
    """Return the decision as a case.

    Raises:
        UserError: there is nothing to test about it.
    """
    if reason := not_weighed(account.planned):
        raise UserError(reason)
    if not account.segments:
        raise UserError("the agent saw no segments")
    return case_of(account)


# --- what became of it ----------------------------------------------------------------------------------------------


def unmet(events: Iterable[Event]) -> list[DecisionChecked]:
    """Return the evidence of those decisions of a run whose explanations fell short of what was demanded, in order."""
    latest: dict[str, DecisionChecked] = {}
    for event in events:
        if isinstance(event, DecisionStarted):
            latest.pop(event.decision, None)
        elif isinstance(event, DecisionChecked) and event.at_least is not None and event.measure == "evidence":
            latest[event.decision] = event
    return [event for event in latest.values() if not event.detail.get("met", True)]


def shortfall(event: DecisionChecked) -> str:
    """Say in what way an explanation fell short."""
    if "reason" in event.detail:
        return f"{event.decision}: its explanation could not be tested: {event.detail['reason']}"
    verdicts = [*event.detail["verdicts"].values()]
    drove, idle = verdicts.count("cited and causal"), verdicts.count("cited but idle")
    which = f"{drove} of the {drove + idle} segments that its explanation cites"
    return f"{event.decision}: {which} drove it, and a share of {event.at_least:g} is demanded"
