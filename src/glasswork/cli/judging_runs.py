"""Judging what a run's agents have made: which decisions, and the events that its log keeps of the votes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from glasswork.cli import say
from glasswork.cli.check_events import Keeper
from glasswork.cli.check_jobs import means
from glasswork.cli.continuing import recorded
from glasswork.cli.judging import Ballot, Judged, Sitting, Subject, Wish, ballot, place_of
from glasswork.errors import NotFound, UserError
from glasswork.evals import Case, Dimension, Vote
from glasswork.log.reader import Entry
from glasswork.records import Acted, DecisionChecked, DecisionStarted, Planned, Usage


class Made(NamedTuple):
    """An act of a run, with what stood before it."""

    started: DecisionStarted
    planned: Entry
    acted: Entry

    @property
    def case(self) -> Case:
        """The segments as the question, the act as the answer."""
        assert isinstance(self.acted.event, Acted)
        question = "\n\n".join(segment.text for segment in self.started.segments)
        return Case(question=question, answers=(self.acted.event.text,))


def ballot_of_run(logs: Path, run: str, decision: str, wanted: Sequence[Dimension], wish: Wish) -> tuple[str, Ballot]:
    """Judge what was made in a run, and keep the votes in its log, decision by decision; return the run's id, too.

    Raises:
        NotFound: there is no such run, or no such decision in it.
        UserError: nothing was made in it.
        GlassworkError: the log cannot be read or written, or the model did not answer.
    """
    from glasswork.cli.session import redactor_here

    found = recorded(logs, run)
    all_made = made(found.entries)
    chosen = {name: one for name, one in all_made.items() if not decision or means(decision, name)}
    if not chosen and decision:
        raise NotFound("decision or step of this run with an act", decision, all_made)
    if not chosen:
        raise UserError(f"{found.folder.name}: there is nothing to judge: no model has made anything")
    names = [*chosen]
    keeper = Keeper(found.folder, redactor_here(), found.entries[-1].seq)

    def keep(sitting: Sitting, at: int, judged: Judged) -> None:
        events = [_event(chosen[names[at]], at, name, vote, sitting) for name, vote in judged.votes.items()]
        keeper.keep(names[at], chosen[names[at]].planned, events)

    subjects = [Subject(name, one.case, tuple(wanted)) for name, one in chosen.items()]
    given = ballot(subjects, wish, keep)
    if given.model in {one.started.model for one in chosen.values()}:
        say.note(f"note: {given.model} has judged what it made itself")
    return found.folder.name, given


def made(entries: Sequence[Entry]) -> dict[str, Made]:
    """Return the acts of a run's decisions, of one taken twice the later. What rules and people did is left out."""
    begun, planned, found = dict[str, DecisionStarted](), dict[str, Entry](), dict[str, Made]()
    for entry in entries:
        match entry.event:
            case DecisionStarted(decision=name):
                begun[name] = entry.event
                planned.pop(name, None)
                found.pop(name, None)
            case Planned(decision=name):
                planned[name] = entry
            case Acted(decision=name, edited=False, text=text) if name in planned and name in begun:
                if text.strip() and not _ruled(planned[name]):
                    found[name] = Made(begun[name], planned[name], entry)
            case _:
                pass
    return found


def _ruled(entry: Entry) -> bool:
    """Whether a rule decided, and no model."""
    plan = entry.event
    return isinstance(plan, Planned) and len(plan.options) > 1 and not plan.orders and plan.read == "weighed"


def _event(one: Made, at: int, dimension: str, vote: Vote, sitting: Sitting) -> DecisionChecked:
    """Return what a log keeps of a vote. One that does not count has no value, so that nobody adds it up."""
    bench, verdict = sitting.bench, vote.verdict
    asked = [each.completion for each in sitting.answered if each.place.startswith(f"{place_of(at, dimension)}/")]
    return DecisionChecked(
        decision=one.started.decision,
        event=one.acted.seq,
        hash=one.acted.hash,
        measure=f"judge.{dimension}",
        method=f"{bench.name}: {'counted' if vote.counted else 'uncounted'}: {vote.why}",
        value=verdict.lean if verdict and vote.counted else None,
        model=bench.model,
        detail={"judge": bench.name, **vote.model_dump(mode="json")},
        calls=len(asked),
        usage=sum((each.usage for each in asked), Usage()),
        seconds=sum(each.seconds for each in asked),
    )
