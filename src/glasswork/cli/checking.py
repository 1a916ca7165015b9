"""The work of ``glasswork check``: what is to be checked, by whom it is asked, and what becomes of the answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glasswork.cli import say
from glasswork.cli.cleaned import Clean, CleanModel
from glasswork.definitions import RetryDef
from glasswork.errors import GlassworkError, ModelError, UserError
from glasswork.explain.attribution import Attribution, Method, attribute, questions
from glasswork.explain.evidence import evidence
from glasswork.explain.reading import Read, live_reader, recorded_reader
from glasswork.explain.surgery import prompt_of
from glasswork.records import DecisionChecked, ModelAnswered, Usage
from glasswork.view.check import Checked, Own

if TYPE_CHECKING:
    from glasswork.explain.case import Case
    from glasswork.log.reader import Entry
    from glasswork.models.pool import Models
    from glasswork.records import Ask, Effect, Event

TIMEOUT = 600.0
"""Seconds for one question, all attempts together: a step's default."""
AT_ONCE = 16
"""Questions under way at a server that does not say how many it serves at once."""
PROGRESS = 10.0
"""Seconds between two lines about a decision that takes long."""


@dataclass(frozen=True)
class Wish:
    """How decisions are to be checked."""

    method: Method = "auto"
    orders: int | None = None
    parallel: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Job:
    """One decision to be checked."""

    name: str
    case: Case
    model: str | None
    """Who is asked, by name; None where the readings are recorded."""
    taken_by: str = ""
    """How the log calls the model that took the decision."""
    planned: Entry | None = None
    explained: Entry | None = None
    own: Own | None = None

    def questions(self, wish: Wish) -> int:
        """Return how many questions are to be asked; of a hierarchical check, the most."""
        return questions(self.case, wish.method, orders=wish.orders) if self.model is not None else 0


@dataclass(frozen=True)
class Done:
    """A decision that was checked."""

    job: Job
    attribution: Attribution
    checked: Checked


@dataclass
class Tally:
    """Counts what is asked; the answers are no part of the run, and are not kept."""

    name: str
    expected: int
    tell: Callable[[str], None]
    calls: int = 0
    failed: int = 0
    usage: Usage = field(default_factory=Usage)
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


def why_not(case: Case, model: str | None) -> str:
    """Say why a decision cannot be checked, before anybody is asked; empty where it can."""
    try:
        if model is not None:
            prompt_of(case)
        else:
            recorded_reader(case)
    except UserError as error:
        return error.message
    return ""


class Checker:
    """Checks decisions, one after the other; the questions of one go out together."""

    def __init__(self, wish: Wish, models: Models | None, clean: Clean, tell: Callable[[str], None]) -> None:
        self._wish = wish
        self._models = models
        self._clean = clean
        self._tell = tell
        self._noted: set[tuple[str, str]] = set()

    async def check(self, job: Job) -> Done:
        """Check one decision.

        Raises:
            GlassworkError: a question got no usable answer, or the model cannot be opened.
        """
        tally = Tally(job.name, job.questions(self._wish), self._tell)
        read, label = await self._reader(job, tally)
        begun = time.monotonic()
        attribution = await attribute(read, job.case, method=self._wish.method, seed=self._wish.seed)
        took = time.monotonic() - begun if tally.calls else 0.0
        events = {event.measure: event for event in _events(job, attribution, label, tally, took)}
        case = job.case
        checked = Checked(job.name, case.agent, case.segments, events["influence"], events.get("evidence"), own=job.own)
        self._tell(f"{job.name}: {tally.calls} questions, {took:.1f} s" if tally.calls else f"{job.name}: checked")
        return Done(job, attribution, checked)

    async def _reader(self, job: Job, tally: Tally) -> tuple[Read, str]:
        if job.model is None:
            return recorded_reader(job.case), ""
        ask, label, at_once = await self._ask(job, job.model, tally)
        parallel = self._wish.parallel or at_once
        return live_reader(job.case, ask, orders=self._wish.orders, parallel=parallel), label

    async def _ask(self, job: Job, name: str, tally: Tally) -> tuple[Ask, str, int]:
        """Return how to ask a model, how it calls itself, and how many questions it takes at once."""
        from glasswork.models.wrap import asking

        assert self._models is not None, "who has a model's name has models"
        model = await self._models.get(name)
        if job.taken_by and model.name != job.taken_by and (job.taken_by, model.name) not in self._noted:
            self._noted.add((job.taken_by, model.name))
            self._tell(f"note: {job.taken_by} took these decisions; {model.name} is asked about them")
        ask = asking(CleanModel(model, self._clean), retry=RetryDef(), timeout=TIMEOUT, record=tally)
        return ask, model.name, getattr(self._models.resolve(name), "parallel", AT_ONCE)


def _events(job: Job, found: Attribution, label: str, tally: Tally, took: float) -> Iterator[DecisionChecked]:
    """Return what a log keeps of a check: an event for each measure."""
    top, planned, explained = max(found.effects, key=lambda effect: effect.effect), job.planned, job.explained
    shared: dict[str, Any] = {"decision": job.name, "method": found.method, "model": label, "seed": found.seed}
    yield DecisionChecked(
        **shared,
        event=planned.seq if planned else 0,
        hash=planned.hash if planned else "",
        measure="influence",
        value=top.effect,
        low=top.low,
        high=top.high,
        floor=found.floor.value,
        effects=found.effects,
        detail=_detail(found, top),
        calls=tally.calls,
        usage=tally.usage,
        seconds=took,
    )
    if explained is None and (planned is not None or not (job.case.cited or job.case.explanation)):
        return
    said = evidence(found.effects)
    yield DecisionChecked(
        **shared,
        event=explained.seq if explained else 0,
        hash=explained.hash if explained else "",
        measure="evidence",
        value=said.weighted_recall,
        floor=said.at_random.weighted_recall,
        detail=said.model_dump(mode="json"),
    )


def _detail(found: Attribution, top: Effect) -> dict[str, Any]:
    return {
        "segment": top.segment,
        "margin": found.margin,
        "orders": len(found.readings[0].margins),
        "readings": len(found.readings),
        "floor": found.floor.model_dump(mode="json"),
    }


# --- what is to be checked ------------------------------------------------------------------------------------------


def jobs_of_cases(cases: Sequence[Case], model: str | None) -> tuple[list[Job], list[tuple[str, str]]]:
    """Return the cases of a file as jobs, and those that cannot be checked with why.

    Raises:
        UserError: a case brings no readings, and no model is named.
    """
    jobs, skipped = list[Job](), list[tuple[str, str]]()
    for number, case in enumerate(cases, 1):
        name = case.id or f"case {number}"
        asked = model if model is not None and (case.request is not None or not case.ablations) else None
        if asked is None and not case.ablations and len(case.options) > 1:
            raise UserError(f"{name} brings no ablations, and there is no model to ask", hint="name one: --model NAME")
        reason = "there was one option only, so nothing was weighed" if len(case.options) < 2 else why_not(case, asked)
        if reason:
            skipped.append((name, reason))
        else:
            jobs.append(Job(name, case, asked))
    return jobs, skipped


def means(word: str, decision: str) -> bool:
    """Whether a word on the command line names a decision: its id, its step, or what it runs within."""
    from glasswork import places

    step = places.parse(decision).step
    within = decision.startswith((f"{word}.", f"{word}:")) or step.startswith((f"{word}#", f"{word}."))
    return word in {decision, step, places.named(step)} or within


async def check_all(checker: Checker, jobs: Sequence[Job], keep: Callable[[Done], None]) -> GlassworkError | None:
    """Check decisions until all are done or one fails, and return that failure; each is kept as soon as it is done.

    Raises:
        GlassworkError: the very first failed; or what was done cannot be kept.
    """
    for number, job in enumerate(jobs):
        try:
            one = await checker.check(job)
        except (ModelError, UserError) as error:
            if not number:
                raise
            say.note(f"{job.name}: not checked: {error.message}")
            return error
        keep(one)
    return None
