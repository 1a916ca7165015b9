"""What was typed after ``run``, as a workflow takes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from glasswork.definitions import BudgetDef
    from glasswork.workflow.compiled import CompiledWorkflow


def gather_inputs(
    workflow: CompiledWorkflow, text: str | None, pairs: Sequence[str], file: Path | None
) -> dict[str, Any]:
    """Return the inputs given: by file, then by ``NAME=VALUE``, then the one that stands alone; later ones win.

    Raises:
        UserError: something is not ``NAME=VALUE``, or a text stands alone and it is not plain which input it is.
        DefinitionError: the file cannot be used.
    """
    inputs = _from_file(file) if file else {}
    inputs |= dict(_pair(pair, "--input") for pair in pairs)
    if text is not None:
        inputs[_lone_input(workflow)] = text
    return inputs


def budget_of(workflow: CompiledWorkflow, *, tokens: int | None, calls: int | None) -> BudgetDef:
    """Return the workflow's budget, with what was typed in place of what its file says."""
    said = {"tokens": tokens, "calls": calls}
    return workflow.definition.budget.model_copy(
        update={name: limit for name, limit in said.items() if limit is not None}
    )


def answers_of(workflow: CompiledWorkflow, pairs: Sequence[str]) -> dict[str, tuple[bool, str]]:
    """Return the answers given beforehand: step to yes or no, and a note.

    Raises:
        UserError: an answer is not of the form ``STEP=yes|no[:NOTE]``, or names no step that asks a person.
    """
    asking = [step.id for step in workflow.steps.values() if step.kind == "human"]
    answers = {}
    for pair in pairs:
        step, said = _pair(pair, "--answer")
        word, _, note = said.partition(":")
        if step not in asking:
            raise UserError(f"--answer {pair}: no step {step!r} asks a person{did_you_mean(step, asking)}")
        if word not in _ANSWERS:
            raise UserError(
                f"--answer {pair}: the answer is 'yes' or 'no', not {word!r}", hint="--answer ship=yes:well done"
            )
        answers[step] = (_ANSWERS[word], note)
    return answers


_ANSWERS = {"yes": True, "no": False}


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UserError(f"{option} takes NAME=VALUE, not {text!r}")
    return name.strip(), value


def _from_file(path: Path) -> dict[str, Any]:
    from glasswork.library import read_yaml

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"--inputs {path}: cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}"
        ) from error
    return dict(read_yaml(text, str(path)).data)


def _lone_input(workflow: CompiledWorkflow) -> str:
    inputs = workflow.definition.inputs
    required = [name for name, one in inputs.items() if one.required and one.type == "string"]
    if len(required) == 1:
        return required[0]
    names = ", ".join(inputs) or "none"
    raise UserError(
        f"{workflow.name} has {len(required)} required text inputs, so which one is meant? (its inputs: {names})",
        hint="name it: --input NAME=VALUE",
    )
