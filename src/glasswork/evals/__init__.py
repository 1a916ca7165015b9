"""Judges: verdicts on answers, the gate that a judge has to pass before its votes count, and the votes."""

from glasswork.evals.asked import AskedJudge
from glasswork.evals.dimensions import DIMENSIONS, Dimension
from glasswork.evals.gate import Gate, gated
from glasswork.evals.judge import Case, Judge, Standing, Verdict, judges
from glasswork.evals.votes import Vote, vote

__all__ = [
    "DIMENSIONS",
    "AskedJudge",
    "Case",
    "Dimension",
    "Gate",
    "Judge",
    "Standing",
    "Verdict",
    "Vote",
    "gated",
    "judges",
    "vote",
]
