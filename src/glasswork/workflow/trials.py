"""Runs a recorded run again from one of its stages on, in memory: what a blame rests on.

The events up to the stage are kept exactly and held against what the engine emits; one thing is replaced, or nothing
(the placebo); what follows is asked anew, with other seeds. Nothing is logged, and files go to a temporary folder.

Explanations are not asked for: nothing that follows reads them. So a trial costs fewer calls than a fork would. What
the workflow demands of explanations is not demanded here.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from glasswork.agent import Fixed, products
from glasswork.definitions import ActDef, PriceDef
from glasswork.errors import GlassworkError, ModelError, Waiting
from glasswork.explain.blame import OWN, Suspect, Trial, acted_in
from glasswork.log.past import Past, Spent
from glasswork.log.reader import Entry
from glasswork.models.base import Model, OnText
from glasswork.models.schema import problems
from glasswork.models.wrap import asking
from glasswork.places import parse
from glasswork.records import (
    Acted,
    Completion,
    DecisionStarted,
    Event,
    HumanAnswered,
    ModelAnswered,
    Planned,
    Request,
    RunFinished,
    RunForked,
    RunStarted,
    Segment,
    Usage,
)
from glasswork.workflow.compiled import CompiledWorkflow, all_steps, step_at
from glasswork.workflow.cost import charges, scheduler, serving, total, worst
from glasswork.workflow.demands import without_demands
from glasswork.workflow.engine import RunOutcome, run_workflow
from glasswork.workflow.resources import Answer, ModelSource, OpenSandbox, Supply

WARM = 0.8
"""Temperature at which an act is asked for again, where its own is not higher."""

Success = Callable[[RunOutcome], bool]
"""Whether a run came out well."""

FixedBy = Callable[[Sequence[RunForked]], Mapping[str, Fixed]]
"""What people had decided in place of agents, by the forks that a log holds."""


@dataclass
class Meter:
    """What trials have cost."""

    calls: int = 0
    failed: int = 0
    """Calls without an answer; a trial that needed one has not succeeded."""
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class Trials:
    """A recorded run, and what is needed to run it again."""

    workflow: CompiledWorkflow
    """With its budgets, as they were; each trial has them afresh for what it makes anew."""
    entries: Sequence[Entry]
    models: ModelSource
    open_sandbox: OpenSandbox
    success: Success
    fixed_by: FixedBy
    others: ModelSource | None = None
    """Who is asked for other acts; the decision's own model where there is none."""
    clean: Callable[[Any], Any] = lambda data: data
    prices: Mapping[str, PriceDef] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    tools: Supply | None = None
    """Opens tool models for steps that dispatch."""

    @property
    def started(self) -> RunStarted:
        """The run's first event."""
        first = self.entries[0].event
        assert isinstance(first, RunStarted), "a log begins with it"
        return first

    async def rerun(self, trial: Trial) -> bool:
        """Make a trial; whether it succeeded. One that would have to ask a person, or runs out of budget, has not.

        Raises:
            Diverged: what is kept does not come out as it was recorded, so nothing can be said.
        """
        past = _Prefix(kept(self.entries, trial.suspect, changed=trial.replacement is not None), clean=self.clean)

        def record(event: Event) -> None:
            past.take(event)

        with tempfile.TemporaryDirectory(prefix="glasswork-blame-") as files:
            outcome = await run_workflow(
                without_demands(self.workflow),
                self.started.inputs,
                run=self.started.run,
                models=_Suffix(self.models, self.meter, trial.seed),
                record=record,
                open_sandbox=self.open_sandbox,
                ask_human=_nobody,
                files=Path(files),
                model=self.started.model,
                seed=self.started.seed,
                prices=self.prices,
                past=past,
                fixed=self._fixed(past, trial),
                tools=self.tools,
            )
        if outcome.state == "interrupted":  # the engine takes a cancellation for the end of its run; it is that of all
            raise asyncio.CancelledError
        return self.success(outcome)

    def _fixed(self, past: Past, trial: Trial) -> dict[str, Fixed]:
        """Add a trial's change to what people had decided before it."""
        fixed, at = dict(self.fixed_by(past.forks)), trial.suspect.decision
        if trial.replacement is not None and trial.suspect.stage == "plan":
            fixed[at] = Fixed(choose=trial.replacement)
        elif trial.replacement is not None:
            act = None if trial.replacement == OWN else trial.replacement
            fixed[at] = Fixed(choose=fixed.get(at, Fixed()).choose, act=act)
        return fixed

    # --- other acts ---------------------------------------------------------------------------------------------------

    async def with_acts(self, suspect: Suspect, *, seeds: int) -> Suspect:
        """Return a suspected act with what it may be replaced by: up to one other act for each seed.

        The recorded request is put again, warmer and with another seed. Answers that cannot be used, or say what was
        said before, are no replacement. An act that a person wrote is replaced by what the agent itself does.
        """
        if suspect.stage != "act":
            return suspect
        request = _asked_for(self.entries, suspect.decision)
        if request is None:
            written = _by_a_person(self.entries, suspect.decision)
            return suspect.model_copy(update={"replacements": (OWN,)}) if written else suspect
        reading = self._reading(suspect, request)
        found = dict[str, str]()
        for seed in range(seeds):
            answer = await self._ask_again(suspect, request, seed)
            other = reading.read(answer) if answer else None
            if other is not None and other[0] != reading.before:
                found.setdefault(*other)
        return suspect.model_copy(update={"replacements": tuple(found.values())})

    def _reading(self, suspect: Suspect, request: Request) -> _Reading:
        """Return how another answer is read: as an agent's act, or as what a dispatcher's question is bound to."""
        at = suspect.decision
        step = step_at(self.workflow, at)
        act = next((agent.definition.act for agent in step.agents if agent.name == suspect.agent), None)
        if act is None:
            answers = (entry.event for entry in reversed(self.entries) if isinstance(entry.event, ModelAnswered))
            said = next(event.completion for event in answers if event.place == f"{at}/act")
            return _Reading(_canonical(said.data), lambda answer: _as_bound(request, answer))
        segments = _segments(self.entries, at)
        return _Reading(_act(self.entries, at), lambda answer: _as_written(act, answer, segments))

    async def _ask_again(self, suspect: Suspect, request: Request, seed: int) -> Completion | None:
        defaults = self.workflow.definition.defaults
        model = await _Suffix(self.others or self.models, self.meter, seed).get(self._model_of(suspect))
        ask = asking(model, retry=defaults.retry, timeout=defaults.timeout, record=lambda _event: None)
        warmer = request.model_copy(update={"temperature": max(request.temperature, WARM)})
        try:
            return await ask(f"{suspect.decision}/act", warmer)
        except ModelError:
            return None  # the meter has counted it

    def _model_of(self, suspect: Suspect) -> str:
        step = step_at(self.workflow, suspect.decision)
        around = next(workflow for _, workflow, one in all_steps(self.workflow) if one is step)
        return serving(around, step).get(suspect.agent) or scheduler(around, step) or "default"

    # --- what it will cost --------------------------------------------------------------------------------------------

    def calls_after(self, suspect: Suspect) -> int:
        """Return about how many calls a trial makes: as many as the run itself did behind the suspect.

        A run that failed stopped early, and a trial that succeeds goes further: there it is at least what is missing
        to a run in which all goes well, explanations included, as the definitions do not tell them apart.
        """
        calls = [(entry.seq, entry.event) for entry in self.entries if isinstance(entry.event, ModelAnswered)]
        own = sum(seq > suspect.event and not _explains(event.place) for seq, event in calls)
        ends = [entry.event.state for entry in self.entries if isinstance(entry.event, RunFinished)]
        if ends[-1:] == ["done"]:
            return own
        whole = total(charges(without_demands(self.workflow))).smooth.calls
        return max(own, whole - sum(seq <= suspect.event for seq, _ in calls))

    def most_calls(self) -> int | None:
        """Return the most calls that one trial can make, by the definitions and the budget; None without a bound."""
        parts = charges(without_demands(self.workflow))
        bound = None if any(part.most is None for part in parts) else max(worst(parts).calls, total(parts).most.calls)
        limits = [limit for limit in (self.workflow.definition.budget.calls, bound) if limit is not None]
        return min(limits, default=None)


def kept(entries: Sequence[Entry], suspect: Suspect, *, changed: bool) -> list[Entry]:
    """Return what a trial keeps: all up to the suspected stage's end, without that stage where it is changed.

    Both kinds of trial end at the same event, so that what ran beside the stage is the same for both. People's answers
    are kept wherever they stand: the same question gets the same answer.
    """
    return [
        entry
        for entry in entries
        if (entry.seq <= suspect.event and not (changed and _of(suspect, entry.event)))
        or isinstance(entry.event, HumanAnswered)
    ]


def _of(suspect: Suspect, event: Event) -> bool:
    if suspect.stage == "plan":
        return isinstance(event, Planned) and event.decision == suspect.decision
    return acted_in(event) == suspect.decision


class _Prefix(Past):
    """What is kept of a run. It costs nothing: a trial has the run's whole budget for what it makes anew."""

    def __init__(self, entries: Sequence[Entry], *, clean: Callable[[Any], Any]) -> None:
        super().__init__(entries, clean=clean)
        self.seconds = 0.0

    def spent(self, belongs: Callable[[str], bool] = lambda _: True) -> Spent:  # noqa: ARG002 - nothing, of any step
        return Spent()


@dataclass(frozen=True)
class _Suffix:
    """Models for what follows: other seeds, no explanations, and every call is counted."""

    models: ModelSource
    meter: Meter
    seed: int

    async def get(self, name: str) -> Model:
        return _Anew(await self.models.get(name), self.meter, self.seed)


class _Anew:
    """A model that draws anew."""

    def __init__(self, model: Model, meter: Meter, seed: int) -> None:
        self.name, self.context = model.name, model.context
        self._model, self._meter, self._seed = model, meter, seed

    async def complete(self, request: Request, *, place: str = "", on_text: OnText | None = None) -> Completion:
        """Answer with another seed; an explanation is left empty."""
        if _explains(place):
            nothing = {"because": [], "confidence_percent": 0, "would_change_if": ""}
            return Completion(text=json.dumps(nothing), data=nothing, model=self.name)
        self._meter.calls += 1
        anew = request.model_copy(update={"seed": _other_seed(request.seed, self._seed)})
        try:
            completion = await self._model.complete(anew, place=place, on_text=on_text)
        except ModelError:
            self._meter.failed += 1
            raise
        self._meter.usage += completion.usage
        return completion

    async def aclose(self) -> None:
        """Hold nothing: the model belongs to whoever opened it."""


def _other_seed(seed: int, number: int) -> int:
    """Return another seed of 31 bits, the same for a changed run and the placebo of one number."""
    return int.from_bytes(hashlib.sha256(f"trial {number}:{seed}".encode()).digest()[:4]) >> 1


def _explains(place: str) -> bool:
    return parse(place).stage.partition("~")[0] == "explain"


async def _nobody(step: str, question: str) -> Answer:
    raise Waiting(f"{step} would ask a person: {question}")


# --- what is recorded of an act -------------------------------------------------------------------------------------


def _asked_for(entries: Sequence[Entry], decision: str) -> Request | None:
    """Return how an act was asked for at first; None where there was no answer."""
    answers = [entry.event for entry in entries if isinstance(entry.event, ModelAnswered)]
    return next((event.request for event in reversed(answers) if event.place == f"{decision}/act"), None)


def _by_a_person(entries: Sequence[Entry], decision: str) -> bool:
    acts = [entry.event for entry in entries if isinstance(entry.event, Acted)]
    return next((event.edited for event in reversed(acts) if event.decision == decision), False)


def _act(entries: Sequence[Entry], decision: str) -> str:
    acts = [entry.event for entry in entries if isinstance(entry.event, Acted)]
    return next((event.text for event in reversed(acts) if event.decision == decision), "")


def _segments(entries: Sequence[Entry], decision: str) -> tuple[Segment, ...]:
    events = [entry.event for entry in entries if isinstance(entry.event, DecisionStarted)]
    return next(event.segments for event in reversed(events) if event.decision == decision)


class _Reading(NamedTuple):
    """How acts of one decision are told apart."""

    before: str
    """The act that there was."""
    read: Callable[[Completion], tuple[str, str] | None]
    """Returns an act, and the same as a person would write it; None where an answer is no act."""


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False)


def _as_bound(request: Request, answer: Completion) -> tuple[str, str] | None:
    """Return a dispatcher's act; None where the answer is not of the form that the question is bound to."""
    if problems(answer.data, request.json_schema or {}):
        return None
    return _canonical(answer.data), _canonical(answer.data)


def _as_written(act: ActDef, answer: Completion, segments: Sequence[Segment]) -> tuple[str, str] | None:
    """Return an act's text, and the act as a person would write it, as ``Fixed`` takes it; None where it is no act."""
    try:
        text, data = products.read(act, answer, segments)
        written = answer.text
        if act.produces == "list":
            written = "\n".join(f"- {' '.join(item.split())}" for item in data)
        elif act.produces == "fields":
            written = json.dumps(data, ensure_ascii=False)
        products.written(act, written, segments)
    except GlassworkError:
        return None
    return text, written
