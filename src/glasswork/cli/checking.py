"""The work of ``glasswork check``: asks what is to be asked of each decision, and makes its measures of the answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from glasswork.cli import check_events as events
from glasswork.cli import say
from glasswork.cli.check_jobs import about_it, reasons_in_words
from glasswork.cli.check_measures import Measure
from glasswork.cli.cleaned import Clean, CleanModel
from glasswork.definitions import RetryDef
from glasswork.errors import GlassworkError, LogError, ModelError, UserError
from glasswork.explain.attribution import attribute, spread_of
from glasswork.explain.carry import added_mistakes, early_answering
from glasswork.explain.coupling import act_against_plan
from glasswork.explain.measures import Measured
from glasswork.explain.reading import Read, live_reader, recorded_reader
from glasswork.explain.simulate import Heard, drawn, simulate, variants
from glasswork.explain.thought import thought_and_stated
from glasswork.records import DecisionChecked, ModelAnswered, Usage
from glasswork.view.check import Checked

if TYPE_CHECKING:
    from glasswork.cli.check_jobs import Job, Wish
    from glasswork.explain.floor import Spread
    from glasswork.models.pool import Models
    from glasswork.records import Ask, Completion, Event, Request

TIMEOUT = 600.0
"""Seconds for one question, all attempts together: a step's default."""
AT_ONCE = 16
"""Questions under way at a server that does not say how many it serves at once."""
PROGRESS = 10.0
"""Seconds between two lines about a decision that takes long."""


@dataclass(frozen=True)
class Done:
    """A decision that was checked, or as far as it went."""

    job: Job
    measured: Measured
    checked: Checked
    failed: GlassworkError | None = None
    """What ended it early."""

    @property
    def events(self) -> tuple[DecisionChecked, ...]:
        """What a log keeps of it."""
        return tuple(self.checked.checks.values())


@dataclass
class Tally:
    """Counts what is asked; the answers are no part of the run, and are not kept."""

    name: str
    expected: int
    tell: Callable[[str], None]
    calls: int = 0
    failed: int = 0
    usage: Usage = field(default_factory=Usage)
    begun: float = field(default_factory=time.monotonic)
    _told: float = field(default_factory=time.monotonic)

    def __call__(self, event: Event) -> None:
        """Take in an event of a call."""
        if isinstance(event, ModelAnswered):
            self.calls += 1
            self.usage += event.completion.usage
        else:
            self.failed += 1
        if time.monotonic() - self._told >= PROGRESS:
            self._told = time.monotonic()
            self.tell(f"{self.name}: {self.calls} of {self.expected} questions answered")

    def spent(self, model: str, seed: int) -> events.Spent:
        """Return what was spent, by whom."""
        took = time.monotonic() - self.begun if self.calls else 0.0
        return events.Spent(model, seed, self.calls, self.usage, took)


@dataclass(frozen=True)
class Asked:
    """Somebody who can be asked."""

    ask: Ask
    label: str
    """How they call themselves."""
    at_once: int
    """Questions under way at once."""


class Checker:
    """Checks decisions, one after the other; the questions of one go out together."""

    def __init__(
        self,
        wish: Wish,
        models: Models | None,
        clean: Clean,
        tell: Callable[[str], None],
        predictors: Models | None = None,
    ) -> None:
        """``predictors``: where the wish's predictor is found; None: who is asked predicts."""
        self._wish = wish
        self._models = models
        self._predictors = predictors
        self._clean = clean
        self._tell = tell
        self._noted: set[str] = set()
        self.spread: Spread | None = None
        """Of null effects, in what is checked from recorded readings."""

    async def check(self, job: Job) -> Done:
        """Check one decision, as far as it goes.

        Raises:
            UserError: nothing that was asked for could be measured.
            ModelError: the very first question got no usable answer, or the model cannot be opened.
        """
        work, failed = _Work(self, job, self._wish), None
        for measure in job.measures:
            try:
                await work.make(measure)
            except UserError as error:
                work.unmeasured[measure.value] = about_it(error.message, job.case)
            except ModelError as error:
                if not work.events:
                    raise
                work.unmeasured[measure.value], failed = error.message, error
                break
        done = work.done(failed)
        calls, took = sum(event.calls for event in done.events), sum(event.seconds for event in done.events)
        if failed is None:
            self._tell(f"{job.name}: {calls} questions, {took:.1f} s" if calls else f"{job.name}: checked")
        return done

    async def asked(self, job: Job, tally: Tally) -> Asked:
        """Return who is asked about a decision."""
        assert self._models is not None, "who has a model's name has models"
        assert job.model is not None, "only what can be asked is asked"
        found = await self._ask(self._models, job.model, tally)
        if job.taken_by and found.label != job.taken_by:
            self._once(f"note: {job.taken_by} took these decisions; {found.label} is asked about them")
        return found

    async def predictor(self, job: Job, tally: Tally) -> Asked:
        """Return who predicts what a decision's agent would choose."""
        if self._wish.predictor is None:
            found = await self.asked(job, tally)
            self._once(f"note: {found.label} predicts itself; a second model tells more: --predictor NAME")
            return found
        assert self._predictors is not None, "where a predictor is named, it can be found"
        return await self._ask(self._predictors, self._wish.predictor, tally)

    async def _ask(self, models: Models, name: str, tally: Tally) -> Asked:
        from glasswork.models.wrap import asking

        model = await models.get(name)
        ask = asking(CleanModel(model, self._clean), retry=RetryDef(), timeout=TIMEOUT, record=tally)
        at_once = self._wish.parallel or int(getattr(models.resolve(name), "parallel", AT_ONCE))
        return Asked(_at_most(ask, at_once), model.name, at_once)

    def tally(self, job: Job, measure: Measure) -> Tally:
        """Return what counts the questions of a measure."""
        return Tally(f"{job.name}, {measure.value}", job.counts(self._wish)[measure], self._tell)

    def _once(self, note: str) -> None:
        if note not in self._noted:
            self._noted.add(note)
            self._tell(note)


class _Work:
    """One decision while it is checked."""

    def __init__(self, checker: Checker, job: Job, wish: Wish) -> None:
        self.job, self.wish = job, wish
        self.events: list[DecisionChecked] = []
        self.unmeasured = dict(job.unmeasured)
        self._checker = checker
        self._measured = Measured(job.case, stated=job.is_stated())
        self._heard: Heard | None = None

    async def make(self, measure: Measure) -> None:
        """Make one measure; ask for it what has to be asked."""
        match measure:
            case Measure.INFLUENCE:
                await self._influence()
            case Measure.EARLY_ANSWERING | Measure.MISTAKES:
                await self._carry(measure)
            case Measure.SIMULATABILITY:
                await self._simulatability()
            case _:
                self._free(measure)

    def done(self, failed: GlassworkError | None) -> Done:
        """Return what was found. Raises UserError where that is nothing that was asked for."""
        job, found = self.job, {event.measure: event for event in self.events}
        sought = [measure for measure in self.wish.measures if measure in self.wish.wanted | {Measure.INFLUENCE}]
        if not any(measure in found for measure in sought):
            raise UserError(reasons_in_words({one: self.unmeasured[one] for one in sought if one in self.unmeasured}))
        checked = Checked(job.name, job.case.agent, job.case.segments, found, job.own, self.unmeasured)
        return Done(job, self._measured, checked, failed)

    async def _influence(self) -> None:
        tally = self._checker.tally(self.job, Measure.INFLUENCE)
        read, label = await self._reader(tally)
        tally.begun = time.monotonic()
        spread = self._checker.spread if self.job.model is None else None
        found = await attribute(read, self.job.case, method=self.wish.method, seed=self.wish.seed, spread=spread)
        self._measured = replace(self._measured, attribution=found)
        self.events += events.of_influence(self.job, found, tally.spent(label, self.wish.seed))

    async def _reader(self, tally: Tally) -> tuple[Read, str]:
        if self.job.model is None:
            return recorded_reader(self.job.case), ""
        asked = await self._checker.asked(self.job, tally)
        self._heard = Heard(asked.ask)
        return live_reader(self.job.case, self._heard, orders=self.wish.orders, parallel=asked.at_once), asked.label

    def _free(self, measure: Measure) -> None:
        """Make a measure that asks nothing."""
        job = self.job
        if measure is Measure.ACT_FOLLOWS_PLAN:
            act = job.act()
            produces, data = (act.produces, act.data) if act else ("", None)
            follow = act_against_plan(job.case, produces=produces, data=data, enums=job.enums)
            self._measured = replace(self._measured, follow=follow)
            self.events.append(events.of_act(job, follow))
        elif measure is Measure.THOUGHT_AND_STATED:
            thought = thought_and_stated(job.case, reasoning=job.reasoning())
            self._measured = replace(self._measured, thought=thought, silent=thought is None)
            self.events.append(events.of_thought(job, thought))
        else:
            self._measured = replace(self._measured, confidence=True)
            self.events.append(events.of_confidence(job))

    async def _carry(self, measure: Measure) -> None:
        tally = self._checker.tally(self.job, measure)
        asked = await self._checker.asked(self.job, tally)
        tally.begun, early = time.monotonic(), measure is Measure.EARLY_ANSWERING
        test = early_answering if early else added_mistakes
        found = await test(self.job.case, asked.ask, orders=self.wish.orders, seed=self.wish.seed)
        self._measured = (
            replace(self._measured, early_answering=found) if early else replace(self._measured, mistakes=found)
        )
        spent = tally.spent(asked.label, self.wish.seed)
        self.events.append(events.of_carry(self.job, measure.value, found, spent))

    async def _simulatability(self) -> None:
        case, found = self.job.case, self._measured.attribution
        if found is None:
            raise UserError("it needs influence, which could not be measured")
        ablations = self._heard.ablations(case, found.readings) if self._heard else case.ablations
        read = case.model_copy(update={"ablations": ablations})
        changed = drawn(variants(read), seed=self.wish.seed)
        if not changed:
            raise UserError("in no changed situation one option leads")
        tally = self._checker.tally(self.job, Measure.SIMULATABILITY)
        asked = await self._checker.predictor(self.job, tally)
        tally.begun = time.monotonic()
        trials = await simulate(case, changed, asked.ask, seed=self.wish.seed, parallel=asked.at_once)
        self._measured = replace(self._measured, trials=trials)
        about = self.events[0].model
        self.events.append(
            events.of_simulation(self.job, trials, tally.spent(about, self.wish.seed), predictor=asked.label)
        )


def _at_most(ask: Ask, at_once: int) -> Ask:
    """Return an asker with so many questions under way at most."""
    free = asyncio.Semaphore(at_once)

    async def one(place: str, request: Request) -> Completion:
        async with free:
            return await ask(place, request)

    return one


async def check_all(
    checker: Checker, jobs: Sequence[Job], keep: Callable[[Done], None], skip: Callable[[str, str], None]
) -> GlassworkError | None:
    """Check decisions until all are done or one fails, and return that failure; each is kept as soon as it is done.

    ``skip`` is told of those of which nothing could be measured after all, and why.

    Raises:
        ModelError: the very first question failed.
    """
    checker.spread = await spread_of([job.case for job in jobs if job.model is None])
    for number, job in enumerate(jobs):
        try:
            one = await checker.check(job)
            keep(one)
        except UserError as error:
            skip(job.name, error.message)
            continue
        except ModelError as error:
            if not number:
                raise
            say.note(f"{job.name}: not checked: {error.message}")
            return error
        except LogError as error:
            say.note(f"{job.name}: checked, but not kept: {error.message}")
            return error
        if one.failed is not None:
            say.note(f"{job.name}: not checked to the end: {one.failed.message}")
            return one.failed
    return None
