"""What is to be checked: which decisions, what can be measured of each and what not, and what that takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from glasswork.cli.check_measures import EVERY, Measure, asked_for, with_others
from glasswork.errors import GlassworkError, UserError
from glasswork.explain import attribution, carry, simulate
from glasswork.explain.attribution import Method
from glasswork.explain.calibration import measured_probability
from glasswork.explain.surgery import case_name, prompt_of
from glasswork.records import Acted, Planned

if TYPE_CHECKING:
    from glasswork.cli.continuing import Recorded
    from glasswork.explain.case import Case
    from glasswork.explain.from_log import Logged
    from glasswork.log.reader import Entry
    from glasswork.view.check import Own

Enums = Mapping[str, Sequence[str]]
"""By field of an act, the values it could have taken."""


@dataclass(frozen=True)
class Wish:
    """What is to be measured, and how."""

    named: tuple[Measure, ...] = ()
    """As on the command line."""
    method: Method = "auto"
    orders: int | None = None
    parallel: int | None = None
    seed: int = 0
    predictor: str | None = None
    """Who predicts, by name; None: who is asked."""

    @property
    def wanted(self) -> frozenset[Measure]:
        """What is asked for."""
        return asked_for(self.named)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is to be made for it, in that order."""
        return tuple(measure for measure in EVERY if measure in with_others(self.wanted))


@dataclass(frozen=True)
class Job:
    """One decision to be checked."""

    name: str
    case: Case
    model: str | None
    """Who is asked, by name; None where the readings are recorded, or nobody can be asked."""
    taken_by: str = ""
    """How the log calls the model that took the decision."""
    planned: Entry | None = None
    acted: Entry | None = None
    explained: Entry | None = None
    own: Own | None = None
    enums: Enums = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    """What will be measured."""
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    """What will not, and why."""

    def counts(self, wish: Wish) -> dict[Measure, int]:
        """Return how many questions each measure asks, at most."""
        return {measure: _questions(self, measure, wish) for measure in self.measures}

    def questions(self, wish: Wish) -> int:
        """Return how many questions are to be asked, at most."""
        return sum(self.counts(wish).values())

    def act(self) -> Acted | None:
        """Return what the log holds of the act."""
        event = self.acted.event if self.acted else None
        return event if isinstance(event, Acted) else None

    def reasoning(self) -> str:
        """Return the raw reasoning that a server sent apart from the plan."""
        event = self.planned.event if self.planned else None
        return event.reasoning if isinstance(event, Planned) else ""

    def is_stated(self) -> bool:
        """Whether there is an explanation."""
        return self.explained is not None or (self.planned is None and bool(self.case.cited or self.case.explanation))


def settled(jobs: Iterable[Job], wish: Wish) -> tuple[list[Job], list[tuple[str, str]]]:
    """Say of each job what can be measured; return those of which something asked for can, and the others with why."""
    fit, unfit = list[Job](), list[tuple[str, str]]()
    for job in jobs:
        reasons = {measure: _why_not(job, measure, wish) for measure in wish.measures}
        made = tuple(measure for measure, reason in reasons.items() if not reason)
        if wish.wanted.intersection(made):
            unmeasured = {measure.value: reason for measure, reason in reasons.items() if reason}
            fit.append(replace(job, measures=made, unmeasured=unmeasured))
        else:
            unfit.append(
                (job.name, reasons_in_words({one: reasons[one] for one in wish.measures if one in wish.wanted}))
            )
    return fit, unfit


def reasons_in_words(reasons: Mapping[Measure, str]) -> str:
    """Say why nothing could be measured: each reason once, behind the measures it is about where there are several."""
    about: dict[str, list[str]] = {}
    for measure, reason in reasons.items():
        about.setdefault(reason, []).append(measure.value)
    if len(about) == 1:
        return next(iter(about))
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in about.items())


# --- where they come from -------------------------------------------------------------------------------------------


def jobs_of_cases(cases: Sequence[Case], model: str | None, wish: Wish) -> tuple[list[Job], list[tuple[str, str]]]:
    """Return the cases of a file as jobs, and those of which nothing asked for can be measured, with why."""
    jobs, skipped, names = list[Job](), list[tuple[str, str]](), set[str]()
    for number, case in enumerate(cases, 1):
        name = f"{case.id} (case {number})" if case.id in names else case.id or f"case {number}"
        names.add(name)
        asked = model if model is not None and (case.request is not None or not case.ablations) else None
        if len(case.options) < 2:
            skipped.append((name, "there was one option only, so nothing was weighed"))
        else:
            jobs.append(Job(name, case.model_copy(update={"id": name}), asked))
    fit, unfit = settled(jobs, wish)
    return fit, [*skipped, *unfit]


def jobs_of_run(
    run: Recorded, pairs: Sequence[tuple[str, Logged]], model: str | None, wish: Wish, enums: Mapping[str, Enums]
) -> tuple[list[Job], list[tuple[str, str]]]:
    """Return decisions of a run as jobs, and those of which nothing asked for can be measured, with why."""
    from glasswork.view.check import own_of
    from glasswork.view.tale import tell

    tale, jobs = tell(entry.event for entry in run.entries), list[Job]()
    for name, one in pairs:
        decision = tale.decision(name)
        label = decision.started.model if decision.started else ""
        job = Job(name, one.case, model or _name_of(run, label), label, one.planned, one.acted, one.explained)
        jobs.append(replace(job, own=own_of(decision), enums=enums.get(one.case.agent, {})))
    return settled(jobs, wish)


def enums_of(run: Recorded) -> tuple[dict[str, Enums], str]:
    """Return the values that fields of acts could take, by agent; and what is wrong where nobody can say."""
    from glasswork.cli.continuing import as_recorded
    from glasswork.workflow.compiled import all_steps

    try:
        workflow = as_recorded(run)
    except (GlassworkError, StopIteration) as error:
        return {}, getattr(error, "message", "none are recorded")
    agents = {agent.name: agent.definition.act.fields for _, _, step in all_steps(workflow) for agent in step.agents}
    return {agent: {name: one.enum for name, one in fields.items() if one.enum} for agent, fields in agents.items()}, ""


def _name_of(run: Recorded, label: str) -> str:
    """Return the name behind what a log calls a model; where several stand for one, they are one model."""
    return next((name for name, called in run.about.served.items() if called == label), label or "default")


def means(word: str, decision: str) -> bool:
    """Whether a word on the command line names a decision: its id, its step, or what it runs within."""
    from glasswork import places

    step = places.parse(decision).step
    within = decision.startswith((f"{word}.", f"{word}:")) or step.startswith((f"{word}#", f"{word}."))
    return word in {decision, step, places.named(step)} or within


# --- what can be measured -------------------------------------------------------------------------------------------


def _why_not(job: Job, measure: Measure, wish: Wish) -> str:
    """Say why a measure cannot be made, before anybody is asked; empty where it can."""
    reasons: dict[Measure, Callable[[], str]] = {
        Measure.INFLUENCE: lambda: _no_influence(job),
        Measure.ACT_FOLLOWS_PLAN: lambda: _no_act(job),
        Measure.THOUGHT_AND_STATED: lambda: "" if job.is_stated() else "there is no explanation",
        Measure.CONFIDENCE: lambda: _no_confidence(job.case),
        Measure.EARLY_ANSWERING: lambda: _no_carry(job),
        Measure.MISTAKES: lambda: _no_carry(job),
        Measure.SIMULATABILITY: lambda: _no_simulation(job, wish),
    }
    try:
        return reasons[measure]()
    except UserError as error:
        return about_it(error.message, job.case)


def about_it(message: str, case: Case) -> str:
    """Return what is said of a case where its name stands before it already."""
    name = case_name(case)
    return message.removeprefix(f"{name}: ").replace(name, "it")


def _no_influence(job: Job) -> str:
    if job.model is not None:
        prompt_of(job.case)
    elif job.case.ablations:
        missing = attribution.lacking(job.case)
        return f"no ablation is recorded for {missing}" if missing else ""
    else:
        return "it brings no ablations, and there is no model to ask: name one with --model NAME"
    return ""


def _no_act(job: Job) -> str:
    act = job.act()
    if act is not None and act.edited:
        return "a person wrote the act in place of the agent"
    return "" if job.case.act or (act is not None and act.data) else "no act is recorded"


def _no_confidence(case: Case) -> str:
    if case.confidence is None:
        return "no confidence is stated"
    known = measured_probability(case) is not None or case.correct is not None
    return "" if known else "neither the probability of its choice nor whether it was right is recorded"


def _no_carry(job: Job) -> str:
    carry.questions(job.case)
    return "" if job.model is not None else "there is no model to ask: name one with --model NAME"


def _no_simulation(job: Job, wish: Wish) -> str:
    reason = _no_influence(job)
    if reason:
        return f"it needs influence: {reason}"
    if not job.case.explanation.strip():
        return "there is no explanation that a prediction could rest on"
    if job.model is None and wish.predictor is None:
        return "there is no model to predict: name one with --predictor NAME"
    if job.model is None and not simulate.variants(job.case):
        return "what it brings tells of no changed situation in which one option leads"
    return ""


def _questions(job: Job, measure: Measure, wish: Wish) -> int:
    match measure:
        case Measure.INFLUENCE:
            return attribution.questions(job.case, wish.method, orders=wish.orders) if job.model is not None else 0
        case Measure.EARLY_ANSWERING | Measure.MISTAKES:
            return carry.questions(job.case, orders=wish.orders)
        case Measure.SIMULATABILITY:
            return simulate.questions(job.case, _situations(job, wish))
    return 0


def _situations(job: Job, wish: Wish) -> int:
    """Return in how many changed situations a choice is predicted, at most."""
    if job.model is None:
        return min(simulate.SITUATIONS, len(simulate.variants(job.case)))
    size = len(job.case.segments)
    alone = attribution.method_for(job.case, wish.method) == "leave-one-out"
    return min(simulate.SITUATIONS, size if alone else 2**size - 1)
