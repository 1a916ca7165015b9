"""All that was measured of a decision, and of many together: those of an agent, or of a whole run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glasswork.explain.attribution import Attribution
from glasswork.explain.calibration import Confidence, confidence_of
from glasswork.explain.carry import Carry, CarryReport, carry_report
from glasswork.explain.case import Case
from glasswork.explain.coupling import ActCoupling, Follow, act_coupling
from glasswork.explain.evidence import Pooled, pool
from glasswork.explain.simulate import Simulation, Trial, simulation
from glasswork.explain.thought import Thought, ThoughtReport, thought_report
from glasswork.records import Record

ALL = "all agents"


@dataclass(frozen=True)
class Measured:
    """One decision, and what was measured of it. None, or nothing, where something was not."""

    case: Case
    attribution: Attribution | None = None
    stated: bool = False
    """Whether there is an explanation to set against what drove it."""
    follow: Follow | None = None
    thought: Thought | None = None
    silent: bool = False
    """Whether thought was to be set against what is stated, and nothing was thought aloud."""
    confidence: bool = False
    """Whether what was stated was set against what was measured."""
    early_answering: Carry | None = None
    mistakes: Carry | None = None
    trials: tuple[Trial, ...] = ()


class Pools(Record):
    """Many decisions' measures, each over those that have it; None where none has."""

    decisions: int
    evidence: Pooled | None = None
    act_follows_plan: ActCoupling | None = None
    thought_and_stated: ThoughtReport | None = None
    confidence: Confidence | None = None
    early_answering: CarryReport | None = None
    mistakes: CarryReport | None = None
    simulatability: Simulation | None = None


def by_agent(found: Sequence[Measured], *, seed: int = 0) -> dict[str, Pools]:
    """Pool the decisions of each agent, sorted by name; and, where there are several agents, of all."""
    names = sorted({one.case.agent for one in found})
    pools = {name: pooled([one for one in found if one.case.agent == name], seed=seed) for name in names}
    return pools | {ALL: pooled(found, seed=seed)} if len(pools) > 1 else pools


def pooled(found: Sequence[Measured], *, seed: int = 0) -> Pools:
    """Pool decisions."""
    cited = [(one.case, one.attribution) for one in found if one.attribution is not None and one.stated]
    follows = [one.follow for one in found if one.follow is not None]
    thoughts = [one.thought for one in found if one.thought is not None or one.silent]
    sure = [one.case for one in found if one.confidence]
    early = [one.early_answering for one in found if one.early_answering is not None]
    mistakes = [one.mistakes for one in found if one.mistakes is not None]
    trials = [trial for one in found for trial in one.trials]
    return Pools(
        decisions=len(found),
        evidence=pool(cited, seed=seed) if cited else None,
        act_follows_plan=act_coupling(follows, seed=seed) if follows else None,
        thought_and_stated=thought_report(thoughts, seed=seed) if thoughts else None,
        confidence=confidence_of(sure, seed=seed) if sure else None,
        early_answering=carry_report(early, seed=seed) if early else None,
        mistakes=carry_report(mistakes, seed=seed) if mistakes else None,
        simulatability=simulation(trials, seed=seed) if trials else None,
    )
