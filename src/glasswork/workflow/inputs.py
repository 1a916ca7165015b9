"""A workflow's inputs: what was given, typed, completed and checked."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from glasswork.definitions import InputDef
from glasswork.errors import UserError, did_you_mean
from glasswork.workflow.compiled import CompiledWorkflow

_EXPECTED = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list of texts (a,b,c or a JSON list)",
}
_EMPTY: dict[str, Any] = {"string": "", "boolean": False, "list": []}
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def resolve_inputs(workflow: CompiledWorkflow, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for every input, in the order of the file.

    Text, as it comes from a command line, is read as the input's type: ``"3"``, ``"true"``, ``"a,b"``, ``'["a"]'``.
    An input that is neither given nor required has its default, or else is empty.

    Raises:
        UserError: every input that is unknown, missing or of the wrong type.
    """
    declared = workflow.definition.inputs
    wrong = [f"there is no input {name!r}{did_you_mean(name, declared)}" for name in given if name not in declared]
    values: dict[str, Any] = {}
    for name, definition in declared.items():
        if name not in given:
            values[name] = without(definition)
            if definition.required:
                described = f": {definition.description}" if definition.description else ""
                wrong.append(f"the input {name!r} is missing{described}")
            continue
        try:
            values[name] = typed(definition, given[name])
        except ValueError as error:
            wrong.append(f"the input {name!r}: {error}")
    if wrong:
        raise UserError("\n".join(wrong))
    return values


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
    return ValueError(
        f"expected {_EXPECTED[definition.type]}, found {shown if len(shown) <= 60 else shown[:57] + '...'}"
    )


def _from_text(kind: str, text: str) -> Any:
    stripped = text.strip()
    match kind:
        case "integer" if re.fullmatch(r"[-+]?\d{1,18}", stripped):
            return int(stripped)
        case "number" if re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", stripped):
            return float(stripped) if re.search(r"[.eE]", stripped) or len(stripped) > 18 else int(stripped)
        case "boolean":
            return _BOOLEANS.get(stripped.lower())
        case "list":
            return _list_from_text(stripped)
        case _:
            return text


def _list_from_text(text: str) -> Any:
    if text.startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None
    return [item.strip() for item in text.split(",") if item.strip()]


def _fits(kind: str, value: Any) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "list":
            return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
