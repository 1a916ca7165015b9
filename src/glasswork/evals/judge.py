"""What a judge is: whoever gives a verdict on one answer, or on two that answer the same question.

A verdict is a *lean* in [-1, 1], read twice, once in each of two orders, and averaged: of one answer P(yes) - P(no),
with "yes" as the first and as the last option; of a pair P(a) - P(b), with ``a`` as the first and as the last answer.
What a position adds is then the same for both sides, and how far the two readings part says how much it added.

Why a lean, and no grade from 1 to 5: a grade would be read from five labels in five orders, and hardly any labels of
people are grades, so nobody could say what it is worth. A tie is no third option either, which would have a position of
its own: it is a lean that is too small.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Protocol

from pydantic import Field

from glasswork.evals.dimensions import Dimension
from glasswork.records import Ask, Record
from glasswork.registry import Registry

Form = Literal["single", "pair"]
Said = Literal["yes", "no", "a", "b", "tie", "none"]
"""What a verdict or a label says. ``none``: the judge could not read what it was given."""
Lean = Annotated[float, Field(ge=-1.0, le=1.0)]


class Case(Record):
    """What is judged: a question with one answer, or with two that are set against each other."""

    question: str
    answers: tuple[str, ...] = Field(min_length=1, max_length=2)

    @property
    def form(self) -> Form:
        """Whether it is one answer or a pair."""
        return "single" if len(self.answers) == 1 else "pair"


class Verdict(Record):
    """What a judge says of a case: reasons first, and the lean that was read after them."""

    orders: tuple[Lean, Lean]
    """The lean towards yes, or towards the answer ``a``, as it was read in either order."""
    reasons: tuple[str, ...] = ()
    """In words, bounded; of a pair one for each order. They are the judge's claims, and nothing is read from them."""

    @property
    def lean(self) -> float:
        """The lean, averaged over both orders."""
        return (self.orders[0] + self.orders[1]) / 2


class Judge(Protocol):
    """Whoever gives verdicts. Other packages offer one under the entry-point group ``glasswork.judges``."""

    @property
    def asks(self) -> bool:
        """Whether it asks a model."""
        ...

    def words(self, dimension: Dimension, form: Form) -> str:
        """Return everything but the case that the verdict depends on: the prompts, or a version.

        Its digest is part of a gate's result: a judge that changes has to pass again.
        """
        ...

    async def verdict(self, ask: Ask, place: str, dimension: Dimension, case: Case) -> Verdict:
        """Judge a case.

        Args:
            ask: asks the model; a judge that needs none leaves it.
            place: where the questions stand: they are asked at places behind it.
            dimension: what is judged.
            case: one answer, or two.

        Raises:
            ModelError: the model did not answer.
        """
        ...


judges: Registry[Judge] = Registry("judge", "glasswork.judges")


class Standing(Record):
    """Who judges what: a gate is passed by exactly this, and by nothing that differs from it anywhere."""

    judge: str
    model: str
    """By the name that logs know it by; empty where no model is asked."""
    prompt: str
    """Digest of the judge's words."""
    dimension: str
    form: Form


class Labelled(NamedTuple):
    """A case with what people say of it."""

    case: Case
    label: Said


def said(lean: float | None, form: Form, threshold: float = 0.0) -> Said:
    """Return what a lean says: of one answer yes from the threshold on; of a pair a tie up to it, to either side."""
    if lean is None:
        return "none"
    if form == "single":
        return "yes" if lean >= threshold else "no"
    return "tie" if abs(lean) <= threshold else "a" if lean > 0 else "b"
