"""``glasswork graph``: a workflow as a picture."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import load_workflow
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow


class Format(StrEnum):
    """How a graph is drawn."""

    MERMAID = "mermaid"
    TEXT = "text"


def graph(
    workflow: Annotated[str, typer.Argument(help="A workflow's name, or the path of its file.", metavar="WORKFLOW")],
    form: Annotated[Format, typer.Option("--format", help="Mermaid for documents, text for terminals.")] = Format.TEXT,
) -> None:
    """Draw a workflow.

    What runs beside what, and after what. Needs no model.
    """
    from glasswork.workflow.graph import mermaid

    compiled, _ = load_workflow(workflow)
    if form is Format.MERMAID:
        say.out(clean(mermaid(compiled)).rstrip())
        return
    say.columns(_rows(compiled))


def _rows(workflow: CompiledWorkflow, indent: str = "") -> Iterator[tuple[str, ...]]:
    """Yield a row for each step; those of a sub-workflow follow the step that runs it, further in."""
    from glasswork.workflow.graph import layers

    for number, names in enumerate(layers(workflow), start=1):
        for step in (workflow.steps[name] for name in names):
            yield (f"{indent}{number}.", f"{indent}{step.id}", *_row(step))
            if step.workflow is not None:
                yield from _rows(step.workflow, indent + "  ")


def _row(step: CompiledStep) -> tuple[str, ...]:
    after = f"after {', '.join(step.needs)}" if step.needs else "at once"
    each = f"; for each of {'.'.join(step.each)}" if step.each else ""
    who = step.workflow.name if step.workflow else ", ".join(one.name for one in step.agents if step.kind != "dispatch")
    return (step.kind, who, after + each)
