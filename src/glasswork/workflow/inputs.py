"""A workflow's inputs: what was given, typed, completed and checked."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from glasswork.definitions import InputDef
from glasswork.errors import UserError, did_you_mean
from glasswork.templates import Template, inline
from glasswork.workflow.compiled import CompiledStep, CompiledWorkflow
from glasswork.workflow.conditions import STRING, FieldKind

_EXPECTED = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list of texts",
    "file": "the path of a file",
}
_EMPTY: dict[str, Any] = {"string": "", "file": "", "boolean": False, "list": []}
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def resolve_inputs(workflow: CompiledWorkflow, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for every input, in the order of the file.

    Text, as it comes from a command line, is read as the input's type: ``"3"``, ``"true"``, ``"a,b"``, ``'["a"]'``.
    An input that is neither given nor required has its default, or else is empty.

    Raises:
        UserError: every input that is unknown, missing, of the wrong type, or required and without a word.
    """
    declared = workflow.definition.inputs
    wrong = [f"there is no input {name!r}{did_you_mean(name, declared)}" for name in given if name not in declared]
    values: dict[str, Any] = {}
    for name, definition in declared.items():
        if name not in given:
            values[name] = without(definition)
            if definition.required:
                wrong.append(f"the input {name!r} is missing{_described(definition)}")
            continue
        try:
            values[name] = typed(definition, given[name])
            if definition.required and isinstance(values[name], str) and not values[name].strip():
                wrong.append(f"the input {name!r} is empty{_described(definition)}")
        except ValueError as error:
            wrong.append(f"the input {name!r}: {error}")
    if wrong:
        raise UserError("\n".join(wrong))
    return values


def _described(definition: InputDef) -> str:
    return f": {definition.description}" if definition.description else ""


def given_inputs(step: CompiledStep, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of the workflow that a step runs: typed, complete, in the order of its file.

    A template that is a single reference hands on the value itself, and to a text input its words; where the reference
    leads to nothing (a step that was skipped, ``previous`` in the first round), the input counts as not given. Any
    other template hands on its text.

    Raises:
        UserError: an input is missing, or what is handed on is not of its type.
    """
    assert step.workflow is not None, "only workflow steps hand on inputs"
    declared = step.workflow.definition.inputs
    handed = {name: _handed(declared[name], value, values) for name, value in step.given.items()}
    return resolve_inputs(step.workflow, {name: value for name, value in handed.items() if value is not None})


def _handed(definition: InputDef, value: Template | Any, values: Mapping[str, Any]) -> Any:
    if not isinstance(value, Template):
        return value
    if value.lone is None:
        return "\n".join(part.text for part in value.render(values))
    found: Any = values
    for key in value.lone.path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return inline(found) if definition.type in {"string", "file"} and found is not None else found


def takes(definition: InputDef, kind: FieldKind) -> bool:
    """Tell whether an input takes what a reference holds: a text takes anything, in words; a list takes texts."""
    match definition.type:
        case "string" | "file":
            return True
        case "list":
            return kind.name == "list" and (kind.of or STRING).name == "string"
        case "boolean":
            return kind.name == "boolean"
        case _:
            return kind.name == "number"


def expected(definition: InputDef) -> str:
    """Return what an input takes, in words."""
    return _EXPECTED[definition.type]


def without(definition: InputDef) -> Any:
    """Return the value of an input that was not given."""
    if definition.default is None:
        return list(_EMPTY[definition.type]) if definition.type == "list" else _EMPTY.get(definition.type)
    return checked(definition, definition.default)


def typed(definition: InputDef, value: Any) -> Any:
    """Return a value as the input's type; text is read as that type.

    Raises:
        ValueError: it is not of that type; says what was expected.
    """
    read = _from_text(definition.type, value) if isinstance(value, str) else value
    if isinstance(value, str) and not _fits(definition.type, read):
        raise _misfit(definition, value)
    return checked(definition, read)


def checked(definition: InputDef, value: Any) -> Any:
    """Return a value if it is of the input's type, as a default in a file must be: 3, not "3".

    Raises:
        ValueError: it is not of that type; says what was expected.
    """
    if not _fits(definition.type, value):
        raise _misfit(definition, value)
    return list(value) if definition.type == "list" else value


def _misfit(definition: InputDef, value: Any) -> ValueError:
    shown = repr(list(value) if isinstance(value, tuple) else value)
    written = " (a,b,c or a JSON list)" if definition.type == "list" and isinstance(value, str) else ""
    return ValueError(
        f"expected {expected(definition)}{written}, found {shown if len(shown) <= 60 else shown[:57] + '...'}"
    )


def _from_text(kind: str, text: str) -> Any:
    stripped = text.strip()
    match kind:
        case "integer" if re.fullmatch(r"[-+]?\d{1,18}", stripped):
            return int(stripped)
        case "number":
            return number(stripped)
        case "boolean":
            return _BOOLEANS.get(stripped.lower())
        case "list":
            return _list_from_text(stripped)
        case _:
            return text


def number(text: str) -> int | float | None:
    """Return the number that a text is, or None where it is none."""
    text = text.strip()
    if not re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", text):
        return None
    return float(text) if re.search(r"[.eE]", text) or len(text) > 18 else int(text)


def _list_from_text(text: str) -> Any:
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None
    return [item.strip() for item in text.split(",") if item.strip()]


def _fits(kind: str, value: Any) -> bool:
    match kind:
        case "string" | "file":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "list":
            return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
