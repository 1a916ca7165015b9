"""What ``glasswork check`` can measure, by name."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Measure(StrEnum):
    """Each is one event of a log, under this name; ``influence`` brings ``evidence`` along."""

    INFLUENCE = "influence"
    ACT_FOLLOWS_PLAN = "act-follows-plan"
    THOUGHT_AND_STATED = "thought-and-stated"
    CONFIDENCE = "confidence"
    EARLY_ANSWERING = "early-answering"
    MISTAKES = "mistakes"
    SIMULATABILITY = "simulatability"
    ALL = "all"


FREE = frozenset({Measure.ACT_FOLLOWS_PLAN, Measure.THOUGHT_AND_STATED, Measure.CONFIDENCE})
"""What asks no questions."""
EVERY = tuple(measure for measure in Measure if measure is not Measure.ALL)
"""In the order they are made: what a measure needs comes before it."""


def asked_for(named: Iterable[Measure]) -> frozenset[Measure]:
    """Return what somebody wants: influence where nothing is named."""
    wanted = frozenset(named) or frozenset({Measure.INFLUENCE})
    return frozenset(EVERY) if Measure.ALL in wanted else wanted


def with_others(wanted: frozenset[Measure]) -> frozenset[Measure]:
    """Return what is to be made for it: predicting needs what influence reads, and what is free comes with that."""
    influence = bool(wanted & {Measure.INFLUENCE, Measure.SIMULATABILITY})
    return wanted | {Measure.INFLUENCE} | FREE if influence else wanted
