"""Where a failed run went wrong: found by changing one thing and running on, not by asking a model whose fault it was.

A *suspect* is one stage of one decision. Its output is replaced (another option, another act), everything before it is
kept exactly, and what follows is made anew; the share of such runs that then succeed, less the share that succeed when
the same suffix is made anew *without* a change (the placebo), is what speaks against the stage. Without the placebo,
luck is read as a cause: whole reruns alone repair some failures (SymTrace, arXiv 2608.25920; after DoVer, arXiv
2512.06749). Runs are paired: a changed run and a placebo of one number draw what follows with the same seeds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Literal

from glasswork.log.reader import Entry
from glasswork.places import parse, step_of
from glasswork.records import (
    Acted,
    DecisionStarted,
    Event,
    MatchStarted,
    ModelAnswered,
    ModelFailed,
    Planned,
    Record,
    RunFinished,
    StepFinished,
)
from glasswork.statistics import newcombe

Stage = Literal["plan", "act"]

OWN = ""
"""In place of an act that a person wrote: what the agent itself does there, asked for anew in each trial."""

OTHERS = 2
"""Options besides the chosen one that a plan is tried with: the most probable ones."""


class Suspect(Record):
    """One stage of one decision, and what it would be replaced by."""

    decision: str
    step: str
    agent: str
    stage: Stage
    event: int
    """Number of the event that the stage ended with: all up to here is kept, but for what is replaced."""
    replacements: tuple[str, ...] = ()
    """For a plan: labels of other options. For an act: other acts, as a person would write them, or :data:`OWN`."""


class Trial(Record):
    """One run from a suspect on. ``replacement`` is None for a placebo: nothing is changed."""

    suspect: Suspect
    replacement: str | None
    seed: int


class Charge(Record):
    """What speaks against one suspect."""

    suspect: Suspect
    flips: int
    """Changed runs that succeeded."""
    changed: int
    placebo_flips: int
    """Unchanged runs that succeeded."""
    placebos: int
    weight: float
    """Share of flips less share of placebo flips."""
    low: float
    high: float
    """95 % interval of the weight, from the two Wilson intervals (Newcombe's method)."""


Rerun = Callable[[Trial], Awaitable[bool]]
"""Makes a trial; True where the run succeeds."""

Prepare = Callable[[Suspect], Awaitable[Suspect]]
"""Gives a suspect what it may be replaced by, where that has to be asked for."""

Told = Callable[[Trial, bool], None]
"""Is told of each trial when it has been made."""


# --- who is suspected -----------------------------------------------------------------------------------------------


def suspects_in(entries: Sequence[Entry]) -> list[Suspect]:
    """Return every stage that ended before the failure, in the order of the run; acts still without replacements.

    The failure is the last step that failed, or the end of a run that did not fail itself. A plan that had one option
    is no suspect: it could not have chosen otherwise. Nor is the act of a move in a game, or of whoever hands on what
    it chose: there is nothing in it but the plan.
    """
    games = {entry.event.step for entry in entries if isinstance(entry.event, MatchStarted)}
    failed = [entry.seq for entry in entries if isinstance(entry.event, StepFinished) and entry.event.state == "failed"]
    ends = [entry.event.state for entry in entries if isinstance(entry.event, RunFinished)]
    upto = failed[-1] if failed and ends[-1:] == ["failed"] else entries[-1].seq
    started = {entry.event.decision: entry.event for entry in entries if isinstance(entry.event, DecisionStarted)}
    plans, acts = dict[str, tuple[int, Planned]](), dict[str, int]()
    for entry in (entry for entry in entries if entry.seq <= upto):
        if isinstance(entry.event, Planned):
            plans[entry.event.decision] = entry.seq, entry.event
        elif (decision := acted_in(entry.event)) is not None and not (
            step_of(decision) in games or getattr(entry.event, "produces", "") == "choice"
        ):
            acts[decision] = entry.seq
    found = [_suspect(started[name], "plan", seq, _others(planned)) for name, (seq, planned) in plans.items()]
    found = [suspect for suspect in found if suspect.replacements]
    found += [_suspect(started[name], "act", seq) for name, seq in acts.items()]
    return sorted(found, key=lambda suspect: suspect.event)


def acted_in(event: Event) -> str | None:
    """Return the decision whose act an event belongs to; None where it belongs to none."""
    if isinstance(event, Acted):
        return event.decision
    if not isinstance(event, ModelAnswered | ModelFailed):
        return None
    place = parse(event.place)
    return place.decision if place.stage.partition("~")[0] == "act" else None


def _suspect(started: DecisionStarted, stage: Stage, event: int, replacements: tuple[str, ...] = ()) -> Suspect:
    return Suspect(
        decision=started.decision,
        step=started.step,
        agent=started.agent,
        stage=stage,
        event=event,
        replacements=replacements,
    )


def _others(planned: Planned) -> tuple[str, ...]:
    others = [option for option in planned.options if option.label != planned.choice]
    return tuple(option.label for option in sorted(others, key=lambda option: -option.probability)[:OTHERS])


def nominated(suspects: Sequence[Suspect], most: int | None, *, marked: Collection[tuple[str, str]]) -> list[Suspect]:
    """Return ``most`` of the suspects, in their order: those with a mark (step, agent) first, then the latest.

    The latest, as the least has to be made anew for them; so a limit may leave out the one at fault.
    """
    if most is None or len(suspects) <= most:
        return list(suspects)
    order = sorted(
        range(len(suspects)), key=lambda n: ((suspects[n].step, suspects[n].agent) in marked, n), reverse=True
    )
    return [suspects[n] for n in sorted(order[:most])]


# --- the trials -----------------------------------------------------------------------------------------------------


def trials_of(suspect: Suspect, *, seeds: int) -> list[Trial]:
    """Return every trial that speaks for or against a suspect: the changed ones, and a placebo for each seed.

    Each option of a plan is tried with every seed. Acts were drawn one for each seed, so each seed has one; where
    several draws came out the same, the acts that differ take turns.
    """
    others = suspect.replacements
    if not others:
        return []
    if suspect.stage == "plan":
        pairs = [(one, seed) for one in others for seed in range(seeds)]
    else:
        pairs = [(others[seed % len(others)], seed) for seed in range(seeds)]
    changed = [Trial(suspect=suspect, replacement=one, seed=seed) for one, seed in pairs]
    return [*changed, *(Trial(suspect=suspect, replacement=None, seed=seed) for seed in range(seeds))]


async def _as_it_is(suspect: Suspect) -> Suspect:
    return suspect


async def blame(
    suspects: Sequence[Suspect],
    rerun: Rerun,
    *,
    seeds: int = 1,
    prepare: Prepare = _as_it_is,
    told: Told = lambda _trial, _good: None,
) -> list[Charge]:
    """Make every trial, one after the other, and rank the suspects (:func:`charges`).

    Args:
        suspects: In the order of the run.
        rerun: Makes a trial.
        seeds: Runs for each replacement, and placebo runs.
        prepare: Is given each suspect when its turn comes.
        told: Hears of each trial, so that what is known when it is interrupted is not lost.
    """
    made = []
    for suspect in suspects:
        for trial in trials_of(await prepare(suspect), seeds=seeds):
            good = await rerun(trial)
            told(trial, good)
            made.append((trial, good))
    return charges(made)


def charges(made: Iterable[tuple[Trial, bool]]) -> list[Charge]:
    """Rank suspects by what trials have shown, the most guilty first; of equals the earlier.

    A suspect counts once it has both changed runs and placebos.
    """
    by_suspect: dict[tuple[str, Stage], list[tuple[Trial, bool]]] = {}
    for trial, good in made:
        by_suspect.setdefault((trial.suspect.decision, trial.suspect.stage), []).append((trial, good))
    found = [_charge(group) for group in by_suspect.values()]
    whole = [charge for charge in found if charge.changed and charge.placebos]
    return sorted(whole, key=lambda charge: (-charge.weight, charge.suspect.event))


def _charge(made: Sequence[tuple[Trial, bool]]) -> Charge:
    changed = [good for trial, good in made if trial.replacement is not None]
    placebos = [good for trial, good in made if trial.replacement is None]
    low, high = newcombe(sum(changed), len(changed), sum(placebos), len(placebos))
    return Charge(
        suspect=made[0][0].suspect,
        flips=sum(changed),
        changed=len(changed),
        placebo_flips=sum(placebos),
        placebos=len(placebos),
        weight=sum(changed) / max(1, len(changed)) - sum(placebos) / max(1, len(placebos)),
        low=low,
        high=high,
    )
