"""A judge at work: who it is for the gates, and its verdicts on many cases at once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from glasswork.errors import ContextOverflow, InvalidOutput
from glasswork.evals.dimensions import Dimension
from glasswork.evals.judge import Case, Form, Judge, Standing, Verdict
from glasswork.records import Ask
from glasswork.workflow.together import all_or_none


class Paper(NamedTuple):
    """A case, one thing that it is judged by, and the place that the questions stand at."""

    place: str
    dimension: Dimension
    case: Case


Told = Callable[[int, Verdict | None], None]
"""Hears of a paper, by its index, and of the verdict on it."""


@dataclass(frozen=True)
class Bench:
    """A judge, and how it asks."""

    name: str
    judge: Judge
    ask: Ask
    model: str = ""
    """How the model calls itself; empty where none is asked."""
    parallel: int = 1
    """Cases at once."""

    def standing(self, dimension: Dimension, form: Form) -> Standing:
        """Return who judges, as gates know it."""
        words = hashlib.sha256(self.judge.words(dimension, form).encode()).hexdigest()[:16]
        return Standing(judge=self.name, model=self.model, prompt=words, dimension=dimension.name, form=form)

    async def verdicts(self, papers: Sequence[Paper], told: Told | None = None) -> list[Verdict | None]:
        """Return a verdict on each case; None where the judge cannot read one: it is too long, or no answer is usable.

        Args:
            papers: what is judged, and by what.
            told: hears of each as soon as it is done.

        Raises:
            ModelError: the model does not answer; what is under way is given up.
        """
        free = asyncio.Semaphore(self.parallel)

        async def one(turn: int, paper: Paper) -> Verdict | None:
            async with free:
                try:
                    found = await self.judge.verdict(self.ask, paper.place, paper.dimension, paper.case)
                except (ContextOverflow, InvalidOutput):
                    found = None
            if told is not None:
                told(turn, found)
            return found

        return await all_or_none([asyncio.create_task(one(turn, paper)) for turn, paper in enumerate(papers)])
