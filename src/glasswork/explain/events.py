"""What a log keeps of a test of what drove a decision, and of what its explanation cites of that: two events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from glasswork.explain.attribution import Attribution
from glasswork.explain.evidence import evidence
from glasswork.records import DecisionChecked, Effect


def influence_event(decision: str, found: Attribution, **more: Any) -> DecisionChecked:
    """Return what a log keeps of what drove a decision; ``more`` says who was asked, and what that took."""
    top = max(found.effects, key=lambda effect: effect.effect)
    detail = {
        "segment": top.segment,
        "margin": found.margin,
        "orders": len(found.readings[0].margins),
        "readings": len(found.readings),
        "floor": found.floor.model_dump(mode="json"),
    }
    return DecisionChecked(
        decision=decision,
        **{"event": 0, "hash": "", **more},
        measure="influence",
        method=found.method,
        seed=found.seed,
        value=top.effect,
        low=top.low,
        high=top.high,
        floor=found.floor.value,
        effects=found.effects,
        detail=detail,
    )


def citing(influence: DecisionChecked, cited: Sequence[str]) -> DecisionChecked:
    """Return what drove a decision, with marks at the segments that an explanation cites."""
    return influence.model_copy(update={"effects": tuple(_marked(effect, cited) for effect in influence.effects)})


def _marked(effect: Effect, cited: Sequence[str]) -> Effect:
    return effect.model_copy(update={"cited": effect.segment in cited})


def evidence_event(influence: DecisionChecked) -> DecisionChecked:
    """Return what a log keeps of the citations set against what drove the decision, and whether that is enough."""
    said = evidence(influence.effects)
    detail = said.model_dump(mode="json")
    if influence.at_least is not None:
        detail["met"] = said.precision is not None and said.precision >= influence.at_least
    return DecisionChecked(
        **influence.model_dump(include={"decision", "method", "model", "seed", "at_least"}),
        event=0,
        hash="",
        measure="evidence",
        value=said.weighted_recall,
        floor=said.at_random.weighted_recall,
        detail=detail,
    )
