"""How many segments a step's agents may have before them, as far as definitions say: the cost of a test hangs on it."""

from __future__ import annotations

from collections.abc import Iterator

from glasswork.explain.attribution import MANY
from glasswork.templates import Template
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.lengths import Lengths, longest


def task_segments(workflow: CompiledWorkflow, step: CompiledStep, lengths: Lengths) -> tuple[int, int]:
    """Return how many segments a step's task makes, at least and at most.

    A list has one item at least. Where the definitions do not say how many it has at most, it is taken to have as many
    as an attribution fits a surrogate to; of a longer one, more is asked.
    """
    tasks = [[*_paths(task)] for task in (step.task, step.on_repeat) if task is not None]
    most = [sum(_items(workflow, path, lengths) for path in paths) for paths in tasks]
    return max(1, min(map(len, tasks))), max(1, *most)


def _paths(task: Template) -> Iterator[tuple[str, ...]]:
    """Yield the path of each reference that becomes a segment, and an empty one for each text around them."""
    text = ""
    for piece in task.pieces:
        if isinstance(piece, str):
            text += piece
        elif not piece.own_line:
            text += piece.name
        else:
            yield from [()] if text.strip() else []
            yield piece.path
            text = ""
    yield from [()] if text.strip() else []


def _items(workflow: CompiledWorkflow, path: tuple[str, ...], lengths: Lengths) -> int:
    """Return how many segments a reference makes at most: one, or one for each item of a list."""
    match path:
        case ("inputs", name):
            listed = workflow.definition.inputs[name].type == "list"
        case ("steps" | "previous", step, field):
            kind = workflow.steps[step].fields.get(field)
            listed = kind is not None and kind.name == "list"
        case _:
            listed = False
    if not listed:
        return 1
    known = longest(workflow, path if path[0] == "inputs" else ("steps", *path[1:]), lengths)
    return MANY if known is None else known
