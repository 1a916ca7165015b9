"""The steps that begin and end an experiment: a table taken in, and a report whose numbers are computed again."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from glasswork.definitions.base import Definition, Name, ShortText
from glasswork.definitions.steps import BaseStep, Reference


class TableStep(BaseStep):
    """Take a CSV file in, and say what it holds."""

    table: Annotated[str, Field(min_length=1, max_length=500)]
    """A template: where the file lies. It comes from an input, or from here, and not from what a step made."""
    comparable: Annotated[int, Field(ge=0, le=10)] = 0
    """Columns that a comparison can use, at least: numbers, or text of 2 to 12 different values, and not the same in
    every row. Where there are fewer the step fails, and says why of each column."""


class ReportUse(Definition):
    """What a report says."""

    title: ShortText
    """A template."""
    experiment: Name
    """The step whose program is run again, and whose numbers the report may tell."""
    sections: Annotated[dict[str, Reference], Field(min_length=1, max_length=30)]
    """Heading to what stands below it: claims, passages, a list, or a text."""


class ReportStep(BaseStep):
    """Compute the numbers of an experiment again, and write a report that holds no other."""

    report: ReportUse
