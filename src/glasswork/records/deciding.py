"""What a decision is made of."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from glasswork.records.base import Record


class Stage(StrEnum):
    """Where a decision stands. Legal successors: READY → PLAN → ACT → EXPLAIN → READY."""

    READY = "ready"
    PLAN = "plan"
    ACT = "act"
    EXPLAIN = "explain"


class Segment(Record):
    """One addressed piece of an agent's context: what a rationale cites and what ablation removes."""

    id: str = Field(pattern=r"^s[1-9][0-9]*$")
    source: str
    """Where it comes from: ``task``, ``inputs.idea``, ``steps.build.code``, ``message.engineer``."""
    text: str


class Option(Record):
    """One thing that could be done, and how probable its choice was."""

    label: str
    text: str
    probability: float = Field(ge=0.0, le=1.0)
    censored: bool = False
    """True where at least one order gave only an upper bound for this option's probability."""


class Because(Record):
    """One reason: a segment, and why it mattered."""

    segment: str
    why: str
