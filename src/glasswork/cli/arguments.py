"""What was typed after ``run``, as a workflow takes it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow


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


def refuse_files(workflow: CompiledWorkflow, inputs: Mapping[str, Any]) -> None:
    """Refuse files among the inputs that a run could not take in, before anything is started. Raises UserError."""
    for name, one in workflow.definition.inputs.items():
        if one.type == "file" and inputs[name]:
            refuse_unreadable(f"the input {name!r}: {inputs[name]}", inputs[name])
    from glasswork.workflow.tables import refuse_unusable

    for step in workflow.steps.values():
        if step.kind == "table":
            refuse_unusable(step, inputs)


def refuse_unreadable(told: str, path: str) -> None:
    """Refuse what is no file that a run can take in. Raises UserError; ``told`` says whose path it is."""
    from glasswork.tools.media import MAX_BYTES

    file = Path(path).expanduser()
    if file.is_dir():
        raise UserError(f"{told}: this is a folder", hint="name a file; where several are taken, one by one")
    if not file.exists():
        near = [one.name for one in file.parent.iterdir()] if file.parent.is_dir() else []
        close = difflib.get_close_matches(file.name, near, n=1)
        raise UserError(
            f"{told}: there is no such file" + (f"; did you mean {str(file.with_name(close[0]))!r}?" if close else "")
        )
    if not file.is_file():
        raise UserError(f"{told}: this is no regular file")
    try:
        with file.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise UserError(f"{told}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    if file.stat().st_size > MAX_BYTES:
        raise UserError(f"{told}: a file may have {MAX_BYTES // 2**20} MiB at most")


def budgets_of(workflow: CompiledWorkflow, pairs: Sequence[str]) -> CompiledWorkflow:
    """Return a workflow with the limits given: ``tokens=60000`` of the run, ``build.calls=20`` of a step.

    A step of a sub-workflow is named by the steps around it (``check.read.seconds=2m``). Later limits take the place of
    earlier ones, and of those in the files.

    Raises:
        UserError: a limit is not of the form ``[STEP.]NAME=VALUE``, or names no step, no limit, or no such amount.
    """
    from glasswork.places import named

    for pair in pairs:
        name, value = _pair(pair, "--budget")
        *steps, limit = named(name).split(".")
        try:
            workflow = _limited(workflow, steps, {limit: _amount(limit, value)})
        except UserError as error:
            raise UserError(f"--budget {pair}: {error.message}", hint=error.hint) from None
    return workflow


_LIMITS = {
    "tokens": "a whole number, at least 1",
    "calls": "a whole number, at least 1",
    "seconds": "a time such as 90s, 10m or 1h, a day at most",
    "money": "a number above 0",
}


def _amount(limit: str, text: str) -> Any:
    """Return how much of it may be spent."""
    from pydantic import ValidationError

    from glasswork.definitions import BudgetDef
    from glasswork.workflow.inputs import number

    if limit not in _LIMITS:
        raise UserError(f"there is no limit {limit!r}{did_you_mean(limit, _LIMITS)}")
    given = number(text)
    try:
        return getattr(BudgetDef.model_validate({limit: text.strip() if given is None else given}), limit)
    except ValidationError:
        raise UserError(f"expected {_LIMITS[limit]}, found {text!r:.60}") from None


def _limited(workflow: CompiledWorkflow, steps: Sequence[str], limit: Mapping[str, Any]) -> CompiledWorkflow:
    """Return a workflow with a limit for itself, or for the step named by the steps around it and its own name."""
    definition = workflow.definition
    if not steps:
        budget = definition.budget.model_copy(update=limit)
        return replace(workflow, definition=definition.model_copy(update={"budget": budget}))
    name, *within = steps
    step = workflow.steps.get(name)
    if step is None:
        raise UserError(f"{workflow.name} has no step {name!r}{did_you_mean(name, workflow.steps)}")
    if within and step.workflow is None:
        raise UserError(f"the step {name!r} runs no workflow, so it has no step {within[0]!r}")
    if within and step.workflow is not None:
        step = replace(step, workflow=_limited(step.workflow, within, limit))
    else:
        step = _limited_step(step, limit)
    return replace(workflow, steps={**workflow.steps, name: step})


def _limited_step(step: CompiledStep, limit: Mapping[str, Any]) -> CompiledStep:
    """Return a step with a limit: in place of its workflow's own where that has one, else for the step as a whole."""
    from glasswork.definitions import BudgetDef

    if step.kind in {"loop", "human"}:
        raise UserError(f"the step {step.id!r} is a {step.kind}, and spends nothing itself")
    inner = step.workflow
    if inner is not None and any(getattr(inner.definition.budget, name) is not None for name in limit):
        step = replace(step, workflow=_limited(inner, (), limit))
        if step.definition.budget is None:
            return step
    budget = (step.definition.budget or BudgetDef()).model_copy(update=limit)
    return replace(step, definition=step.definition.model_copy(update={"budget": budget}))


def answers_of(workflow: CompiledWorkflow, pairs: Sequence[str]) -> dict[str, tuple[bool, str] | str]:
    """Return the answers given beforehand: step to yes or no, and a note; in a game, step or decision to a move.

    A step of a sub-workflow is named by the steps around it, in any round and for any item (``check.ask``), or in one
    (``check#1:3.ask``). A move is named as its decision is: ``match#3.1``, the first player's in round 3.

    Raises:
        UserError: an answer is not of the form ``STEP=yes|no[:NOTE]`` or ``STEP=MOVE``, or names no step that asks a
            person.
    """
    from glasswork.places import named, parse

    approving, playing = _asking(workflow)
    answers: dict[str, tuple[bool, str] | str] = {}
    for pair in pairs:
        step, said = _pair(pair, "--answer")
        if named(parse(step).step) in playing:
            answers[step] = _move(pair, said)
        elif named(step) in approving:
            answers[step] = _yes_or_no(pair, said)
        else:
            known = [*approving, *playing]
            raise UserError(f"--answer {pair}: no step {step!r} asks a person{did_you_mean(step, known)}")
    return answers


def _asking(workflow: CompiledWorkflow) -> tuple[list[str], list[str]]:
    """Return the steps that ask a person for a yes or a no, and the games in which one plays."""
    from glasswork.definitions import GameStep, WerewolfStep
    from glasswork.workflow.compiled import all_steps

    steps = [(name, step.definition) for name, _, step in all_steps(workflow)]
    games = [(name, one) for name, one in steps if isinstance(one, GameStep | WerewolfStep)]
    return (
        [name for name, _, step in all_steps(workflow) if step.kind == "human"],
        [name for name, game in games if any(player.human for player in game.players.values())],
    )


def _yes_or_no(pair: str, said: str) -> tuple[bool, str]:
    word, _, note = said.partition(":")
    if word not in _ANSWERS:
        raise UserError(
            f"--answer {pair}: the answer is 'yes' or 'no', not {word!r}", hint="--answer ship=yes:well done"
        )
    return _ANSWERS[word], note


def _move(pair: str, said: str) -> str:
    if not said.strip():
        raise UserError(f"--answer {pair}: the answer is a move", hint="--answer match=cooperate")
    return said.strip()


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
    texts = [name for name, one in inputs.items() if one.type == "string"]
    meant = [name for name in texts if inputs[name].required] or texts
    if len(meant) == 1:
        return meant[0]
    names = ", ".join(inputs) or "none"
    raise UserError(
        f"{workflow.name} has {len(meant)} text inputs that could be meant: which one? (its inputs: {names})",
        hint="name it: --input NAME=VALUE",
    )
