"""What a log keeps of a check: one event for each measure, which points at the event that it tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import LogError
from glasswork.explain.calibration import measured_probability
from glasswork.explain.events import evidence_event, influence_event
from glasswork.explain.simulate import simulation
from glasswork.records import DecisionChecked, Usage

if TYPE_CHECKING:
    from glasswork.cli.check_jobs import Job
    from glasswork.explain.attribution import Attribution
    from glasswork.explain.carry import Carry
    from glasswork.explain.coupling import Follow
    from glasswork.explain.simulate import Trial
    from glasswork.explain.thought import Thought
    from glasswork.log.reader import Entry
    from glasswork.log.redact import Redactor
    from glasswork.log.writer import LogWriter


@dataclass(frozen=True)
class Spent:
    """Who was asked, and what that took."""

    model: str = ""
    seed: int = 0
    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0

    def fields(self) -> dict[str, Any]:
        """Return it as an event has it; the seed is the measure's own."""
        return {"model": self.model, "calls": self.calls, "usage": self.usage, "seconds": self.seconds}


def of_influence(job: Job, found: Attribution, spent: Spent) -> Iterator[DecisionChecked]:
    """Yield what drove a decision, and, where there is an explanation, what that cites of it."""
    influence = influence_event(job.name, found, **_pointer(job.planned), **spent.fields())
    yield influence
    if job.is_stated():
        yield evidence_event(influence).model_copy(update=_pointer(job.explained))


def of_act(job: Job, found: Follow) -> DecisionChecked:
    """Return whether the act does what the plan chose: 1, 0, or None where that is undecidable."""
    value = None if found.follows is None else float(found.follows)
    detail = {"chosen": found.chosen, "does": found.does, "why": found.why}
    return _event(job, job.acted, "act-follows-plan", Spent(), method="exact", value=value, detail=detail)


def of_thought(job: Job, found: Thought | None) -> DecisionChecked:
    """Return how what was thought overlaps with what is cited; None where nothing was thought aloud."""
    detail: dict[str, Any] = {"aloud": found is not None}
    if found is not None:
        detail |= found.model_dump(mode="json", exclude={"case"})
        detail |= {"of_cited": found.of_cited, "of_cited_at_random": found.of_cited_at_random}
        detail |= {"ends_at_choice": found.ends_at_choice}
    return _event(
        job,
        job.explained,
        "thought-and-stated",
        Spent(),
        method="exact",
        value=found.overlap if found else None,
        floor=found.overlap_at_random if found else None,
        detail=detail,
    )


def of_confidence(job: Job) -> DecisionChecked:
    """Return by how much the stated confidence exceeds the measured probability of the choice."""
    stated, measured = job.case.confidence, measured_probability(job.case)
    return _event(
        job,
        job.explained,
        "confidence",
        Spent(),
        method="stated less measured",
        value=None if stated is None or measured is None else stated - measured,
        detail={"stated": stated, "measured": measured, "correct": job.case.correct},
    )


def of_carry(job: Job, measure: str, found: Carry, spent: Spent) -> DecisionChecked:
    """Return how far the thinking carries the choice: the area over its curve."""
    same = found.resampled.value
    return _event(
        job,
        job.planned,
        measure,
        spent,
        method=found.kind,
        value=found.aoc,
        floor=None if same is None else 1 - same,
        detail={
            "sentences": found.sentences,
            "points": [point.model_dump(mode="json") for point in found.points],
            "resampled": found.resampled.model_dump(mode="json"),
        },
    )


def of_simulation(job: Job, trials: Sequence[Trial], spent: Spent, predictor: str) -> DecisionChecked:
    """Return what an explanation adds to the prediction of its author's choices.

    One decision has no interval of its own: its situations are not independent of each other.
    """
    found = simulation(trials, seed=spent.seed)
    shares = found.model_dump(mode="json", include={"with_explanation", "without", "unchanged", "changed_with"})
    return _event(
        job,
        job.explained,
        "simulatability",
        spent,
        method="changed situations, choice masked",
        value=found.gain,
        floor=0.0,
        detail={
            "predictor": predictor,
            "difference": found.difference,
            **shares,
            "trials": [
                one.model_dump(mode="json", include={"removed", "truth", "with_explanation", "without"})
                for one in trials
            ],
        },
    )


def _event(job: Job, tested: Entry | None, measure: str, spent: Spent, **found: Any) -> DecisionChecked:
    return DecisionChecked(
        decision=job.name, measure=measure, seed=spent.seed, **_pointer(tested), **spent.fields(), **found
    )


def _pointer(tested: Entry | None) -> dict[str, Any]:
    """Return what points at the event that is tested."""
    return {"event": tested.seq, "hash": tested.hash} if tested else {"event": 0, "hash": ""}


class Keeper:
    """Writes what is found into a run's log, decision by decision. In between, the log is free for others."""

    def __init__(self, folder: Path, redactor: Redactor, events: int) -> None:
        """Look whether the log can be written at all, before anybody is asked. It held so many events when it was read.

        Raises LogLocked where somebody writes it, LogError, LogCorrupt.
        """
        self._folder, self._redactor, self._events = folder, redactor, events
        with self._open():
            pass

    def keep(self, decision: str, planned: Entry | None, events: Sequence[DecisionChecked]) -> None:
        """Write one decision's events.

        Raises:
            LogLocked: another process is writing this log.
            LogError: the decision was taken anew meanwhile; or the log cannot be written.
        """
        with self._open() as writer:
            if writer.events != self._events and not self._stands(decision, planned):
                raise LogError(f"{decision} was taken anew while it was checked", hint="check it again")
            for event in events:
                writer.record(event)
            self._events = writer.events

    def _open(self) -> LogWriter:
        from glasswork.log.writer import LogWriter

        return LogWriter.open(self._folder, redactor=self._redactor)

    def _stands(self, decision: str, planned: Entry | None) -> bool:
        """Whether a plan is still the decision's latest."""
        from glasswork.log.reader import iter_entries

        kinds = {"decision.started", "decision.planned"}
        latest = [
            entry
            for entry in iter_entries(self._folder, only=kinds)
            if getattr(entry.event, "decision", "") == decision
        ]
        return bool(latest) and planned is not None and latest[-1].hash == planned.hash
