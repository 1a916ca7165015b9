"""Which values can stand where: what one task gives and another takes, and what one tool model can do for another."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from glasswork.definitions import MEDIA, ToolType
from glasswork.tools.base import Blob, Spec, Value, shown
from glasswork.tools.media import fits

_TOLD: frozenset[ToolType] = frozenset({"text", "number", "boolean", "json"})
Source = Blob | ToolType
"""What an argument is: a file that is there, or a value of a type that is still to come."""


def type_fits(given: ToolType, wanted: ToolType) -> bool:
    """Tell whether a value of one type can be, or may turn out to be, one of another.

    Numbers and JSON can be told as text. JSON may hold a number, and a file of any kind may be a picture: the call's
    own check decides then.
    """
    if given == wanted:
        return True
    if wanted in {"text", "json"}:
        return given in _TOLD
    if wanted in {"number", "boolean"}:
        return given == "json"
    return given in MEDIA and (wanted == "file" or given == "file" or (given, wanted) == ("table", "document"))


def source_fits(source: Source, wanted: ToolType) -> bool:
    """Tell whether a file, or what a task gives, can be an input of a type."""
    if isinstance(source, Blob):
        return wanted in MEDIA and fits(source.media_type, wanted)
    return type_fits(source, wanted)


def type_of(literal: JsonValue) -> ToolType:
    """Return the type of a value that was written down."""
    if isinstance(literal, str):
        return "text"
    if isinstance(literal, bool):
        return "boolean"
    return "number" if isinstance(literal, int | float) else "json"


def as_wanted(value: Value, wanted: ToolType) -> Value:
    """Return a value as an input takes it: what is no text is told as text."""
    return shown(value) if wanted == "text" and not isinstance(value, str | Blob) else value


def inputs_for(given: Mapping[str, Source], spec: Spec) -> dict[str, str] | None:
    """Return which input of a tool model each argument would be, or None where it cannot take them.

    An argument goes to the input of its name where the type fits; else to the only input that is left for its type.

    Args:
        given: what is to be handed over, by name.
        spec: of the tool model, which may call its inputs otherwise.
    """
    found = {name: name for name, source in given.items() if _takes(spec, name, source)}
    for name, source in given.items():
        if name in found:
            continue
        left = [one for one in spec.inputs if one not in found.values() and _takes(spec, one, source)]
        left = [one for one in left if one in spec.required] or left
        if len(left) != 1:
            return None
        found[name] = left[0]
    return found if set(spec.required) <= set(found.values()) else None


def _takes(spec: Spec, name: str, source: Source) -> bool:
    return name in spec.inputs and source_fits(source, spec.inputs[name].type)
