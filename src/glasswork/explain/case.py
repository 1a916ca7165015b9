"""One decision in the form that every measure takes: from a run's log, or from a file in neutral JSON.

A file for ``glasswork check --from`` holds one case, a list of cases, or one case a line. Only ``segments``,
``options`` and ``choice`` are needed; what else a measure needs it says. ``ablations`` are readings that somebody has
made already: with them no model is asked.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from glasswork.records import Record, Request, Segment


class CaseOption(Record):
    """One thing that could be done."""

    label: str
    text: str
    probability: float | None = Field(default=None, ge=0.0, le=1.0)


class Ablation(Record):
    """What the options' probabilities were with only some of the segments there."""

    kept: tuple[str, ...]
    probabilities: dict[str, float]
    """By label; they need not add up to one."""
    censored: tuple[str, ...] = ()
    """Labels of which only an upper bound is known."""
    answers: int | None = Field(default=None, ge=1)
    """From so many sampled answers the probabilities were counted; None where they were read off the model. Without
    it, probabilities of 0 and 1 alone are one answer each."""


class Case(Record):
    """One decision, with what is known of it."""

    id: str = ""
    """``RUN/build#1``, or any name."""
    agent: str = ""
    segments: tuple[Segment, ...] = Field(min_length=1)
    options: tuple[CaseOption, ...] = Field(min_length=1)
    choice: str
    """The label that was chosen."""
    cited: tuple[str, ...] = ()
    """Ids of the segments that the explanation cites; one that was cited twice stands once."""
    thinking: str = ""
    """What was thought before the choice."""
    act: str = ""
    explanation: str = ""
    """The stated reasons, as text."""
    confidence: float | None = Field(default=None, ge=0.0, le=1.0)
    """As stated."""
    correct: bool | None = None
    """Whether what was done turned out right, where somebody knows."""
    driver: str = ""
    """The segment that is known to have decided, where the case was made so."""
    request: Request | None = None
    """The question of the choice as it was asked, options in their first order; one of its messages holds the segments:
    ``[s1] source``, a line end, the text; a blank line between them."""
    question: str = ""
    """The sentence that asked for the choice."""
    ablations: tuple[Ablation, ...] = ()

    @model_validator(mode="after")
    def _names_exist(self) -> Case:
        segments, labels = [one.id for one in self.segments], [one.label for one in self.options]
        for kind, names in (("segments", segments), ("options", labels)):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"two {kind} are called {twice[0]!r}")
        if self.choice not in labels:
            raise ValueError(f"the choice {self.choice!r} is none of the options {sorted(labels)}")
        kept = {name for each in self.ablations for name in each.kept}
        named = {*self.cited, *kept, *filter(None, [self.driver])}
        if unknown := sorted(named - {*segments}):
            raise ValueError(f"there is no segment {unknown[0]!r}")
        weighed = {label for each in self.ablations for label in (*each.probabilities, *each.censored)}
        if unknown := sorted(weighed - {*labels}):
            raise ValueError(f"there is no option {unknown[0]!r}")
        if len({each.answers is None for each in self.ablations}) > 1:
            raise ValueError("either all ablations say from how many answers they were counted, or none does")
        return self
