"""``glasswork graph``: a workflow as a picture."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import load_workflow
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from glasswork.workflow.compiled import CompiledStep


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
    from glasswork.workflow.graph import layers, mermaid

    compiled, _ = load_workflow(workflow)
    if form is Format.MERMAID:
        say.out(clean(mermaid(compiled)).rstrip())
        return
    rows = [
        (f"{number}.", compiled.steps[name]) for number, names in enumerate(layers(compiled), start=1) for name in names
    ]
    say.columns([(number, *_row(step)) for number, step in rows])


def _row(step: CompiledStep) -> tuple[str, ...]:
    after = f"after {', '.join(step.needs)}" if step.needs else "at once"
    return (step.id, step.kind, ", ".join(agent.name for agent in step.agents), after)
