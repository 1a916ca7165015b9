"""Whether the indexes that a run will look in can be used: told before any model is started, which takes a while.

What a retrieval needs is looked at again when it looks, for an index may go in between. A step that may be skipped, or
whose failure the run outlives, is left to that, unless its index was typed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from glasswork.definitions import RetrieveStep, RetrieveUse
from glasswork.errors import MissingExtra, UserError
from glasswork.knowledge.calibrate import fit_with_model, read_fits
from glasswork.knowledge.sources import services
from glasswork.knowledge.store import Shelf
from glasswork.workflow.compiled import CompiledWorkflow, all_steps

_NEEDS = {"zh": ("jieba", "jieba, which segments Chinese,")}
_VECTORS = ("wordllama", "wordllama, which tells what texts mean,")


def check_indexes(workflow: CompiledWorkflow, inputs: Mapping[str, Any], shelf: Shelf, *, model: str) -> None:
    """Raise UserError for the indexes that a run would look in and cannot; all of them at once.

    Args:
        workflow: to be run.
        inputs: its inputs, complete.
        shelf: where indexes lie.
        model: who would judge, where a step names nobody.
    """
    wrong = {error.message: error for error in unready(workflow, inputs, shelf, model=model)}
    if wrong:
        hints = dict.fromkeys(error.hint for error in wrong.values() if error.hint)
        raise UserError("\n".join(wrong), hint="; ".join(hints))


def unready(workflow: CompiledWorkflow, inputs: Mapping[str, Any], shelf: Shelf, *, model: str) -> Iterator[UserError]:
    """Yield what is wrong with the indexes of a workflow; see :func:`check_indexes`."""
    for _, belongs_to, step in all_steps(workflow):
        if not isinstance(step.definition, RetrieveStep):
            continue
        use, may_fail = step.definition.retrieve, step.definition.on_error != "fail"
        name, typed = _index(use, inputs if belongs_to is workflow else {}, workflow)
        if not name or name in services() or ((step.when or may_fail) and not typed):
            continue
        names = [name, *([use.second.name] if use.second is not None and use.second.kind == "index" else [])]
        for one in names:
            try:
                _check(shelf, one, use if one == name else None, use.model or model)
            except UserError as error:
                yield error


def _index(use: RetrieveUse, inputs: Mapping[str, Any], workflow: CompiledWorkflow) -> tuple[str, bool]:
    """Return the index that a step looks in, empty where that shows later, and whether somebody typed it."""
    named = use.index.partition("inputs.")[2]
    if not named:
        return use.index, False
    if named not in inputs:
        return "", False
    return str(inputs[named] or ""), inputs[named] != workflow.definition.inputs[named].default


def _check(shelf: Shelf, name: str, use: RetrieveUse | None, model: str) -> None:
    about = shelf.about(name)
    needs = [
        *([_NEEDS[about["language"]]] if about["language"] in _NEEDS else []),
        *([_VECTORS] if about["vectors"] else []),
    ]
    for package, what in needs:
        if find_spec(package) is None:
            raise MissingExtra(what, "knowledge")
    if use is not None and use.correct != "no":
        fits = read_fits(shelf, name)
        if use.correct == "model" and not any(fit.evaluator == "model" for fit in fits):
            fit_with_model(fits, name, model)
