"""Workflows within a workflow: what a step hands to one, and the defaults that it hands down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glasswork.definitions import DefaultsDef, InputDef, WorkflowDef, WorkflowStep
from glasswork.errors import did_you_mean
from glasswork.library import Keys
from glasswork.templates import Template, scan
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.inputs import checked, expected, takes
from glasswork.workflow.references import References, Scope

MAX_DEPTH = 8
"""Workflows within each other, the run's own included."""
MAX_STEPS = 2000
"""Steps of a workflow and of those within it, however often they run."""


def check_given(
    texts: References, step_id: str, step: WorkflowStep, inner: WorkflowDef | None, scope: Scope
) -> dict[str, Template | Any]:
    """Return what a step hands to its workflow, with templates parsed; what is wrong with it is noted.

    Args:
        texts: the references of the workflow that the step belongs to.
        step_id: the step's name.
        step: the step.
        inner: its workflow, where that is known.
        scope: what the step may refer to; also ``previous``, which a reference that stands alone may name.
    """
    keys: Keys = ("steps", step_id, "with")
    declared = inner.inputs if inner is not None else None
    given = {}
    for name, value in step.given.items():
        definition = declared.get(name) if declared is not None else None
        if declared is not None and definition is None:
            texts.complain((*keys, name), f"{step.workflow} has no input {name!r}{did_you_mean(name, declared)}")
        given[name] = _value(texts, (*keys, name), value, definition, scope)
    missing = [name for name, one in (declared or {}).items() if one.required and name not in step.given]
    for name in missing:
        texts.complain(keys, f"{step.workflow} needs the input {name!r}{_described(declared, name)}")
    return given


def _described(declared: Mapping[str, InputDef] | None, name: str) -> str:
    description = declared[name].description if declared else ""
    return f": {description}" if description else ""


def _value(texts: References, keys: Keys, value: Any, definition: InputDef | None, scope: Scope) -> Template | Any:
    """Return one value that is handed on: a template for a text, anything else as it is."""
    template = scan(value)[0] if isinstance(value, str) else None
    if template is None or (not template.references and definition is not None and definition.type != "string"):
        _check_literal(texts, keys, value, definition)
        return value
    if template.lone is None:
        return _text(texts, keys, str(value), definition, scope)
    texts.template(keys, str(value), scope)
    wrong = _misfit(texts, template.lone.path, definition, scope)
    if wrong:
        texts.complain(keys, f"the input {keys[-1]!r}{wrong}", template.lone.line, template.lone.column)
    return Template(template.text, (template.lone,))


def _check_literal(texts: References, keys: Keys, value: Any, definition: InputDef | None) -> None:
    if isinstance(value, list) and any(isinstance(item, str) and "{{" in item for item in value):
        texts.complain(keys, "references are not read within a list; hand on a list by one reference that stands alone")
    elif definition is not None:
        try:
            checked(definition, value)
        except ValueError as error:
            texts.complain(keys, f"the input {keys[-1]!r}: {error}")


def _text(texts: References, keys: Keys, text: str, definition: InputDef | None, scope: Scope) -> Template | None:
    """Return a template of more than one reference: a text, and for a text only."""
    template = texts.template(keys, text, replace(scope, previous=None))
    if template is not None and template.references and definition is not None and definition.type != "string":
        wanted = expected(definition)
        message = (
            f"the input {keys[-1]!r}: expected {wanted}, found text; a reference that stands alone hands on its value"
        )
        texts.complain(keys, message)
    return template


def _misfit(texts: References, path: tuple[str, ...], definition: InputDef | None, scope: Scope) -> str:
    """Return why the value of a reference cannot be handed on to an input, or nothing."""
    if definition is None or texts.wrong(path, scope):
        return ""
    kind, name = texts.kind(path, scope), ".".join(path)
    if kind is not None and not takes(definition, kind):
        return f": expected {expected(definition)}, but {name} is {kind.words}"
    if path[0] == "previous" and definition.required:
        return " is required, and in the first round there is no 'previous': give the input a default in its own file"

    return ""


# --- defaults -------------------------------------------------------------------------------------------------------


def settled(workflow: CompiledWorkflow, outer: Mapping[str, Any] | None = None) -> CompiledWorkflow:
    """Return a workflow whose sub-workflows have the defaults around them, where they say nothing themselves.

    Args:
        workflow: the workflow.
        outer: the defaults around it, as far as somebody said them.
    """
    own = workflow.definition.defaults
    said = {**(outer or {}), **{name: getattr(own, name) for name in own.model_fields_set}}
    definition = workflow.definition.model_copy(update={"defaults": DefaultsDef.model_construct(**said)})
    steps = {step_id: _settled_step(step, said) for step_id, step in workflow.steps.items()}
    return replace(workflow, definition=definition, steps=steps)


def _settled_step(step: CompiledStep, said: Mapping[str, Any]) -> CompiledStep:
    if step.workflow is None:
        return step
    own = {"timeout": step.definition.timeout, "retry": step.definition.retry}
    return replace(
        step,
        workflow=settled(step.workflow, {**said, **{name: value for name, value in own.items() if value is not None}}),
    )
