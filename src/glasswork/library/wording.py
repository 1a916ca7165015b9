"""What is wrong with a value, in the words of somebody who writes definition files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glasswork.definitions import NAME
from glasswork.errors import did_you_mean

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
}

_FORMS = {
    NAME: "a name: lower-case letters, digits and underscores, a letter first, 64 at most",
    r"^[a-z]{2}$": "a language code of two letters, such as en",
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$": "a file name without folders: letters, digits, '_', '.' and '-'",
    r"^(steps|inputs)\.[a-z0-9_.]+$": "a reference such as steps.build.code or inputs.idea",
    r"^inputs\.[a-z][a-z0-9_]*$": "an input such as inputs.tools",
    r"^(inputs\.)?[a-z][a-z0-9_]{0,63}$": "the name of an index, or an input such as inputs.corpus",
    r"^(inputs\.[a-z][a-z0-9_]{0,63}|public|https?://[^\s]{1,200})$": "an address such as http://localhost:8080, "
    "'public', or an input such as inputs.server",
    r"^[a-z0-9][a-z0-9_.-]{0,63}$": "a model's name: lower-case letters, digits, '_', '.' and '-', 64 at most",
    r"^\S(.*\S)?$": "a text without blanks around it",
    r"^https?://": "an address that begins with http:// or https://",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "the name of an environment variable",
    r"^[A-Za-z][A-Za-z0-9-]*$": "the name of a header",
    r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$": "keys and numbers joined by dots, such as data.0.text",
    r"^tools/[A-Za-z0-9_]{1,64}\.py$": "the name of a program, tools/NAME.py",
}

_BOUNDS = {
    "greater_than_equal": "{given} is too small: at least {ge}",
    "greater_than": "{given} is too small: more than {gt}",
    "less_than_equal": "{given} is too large: at most {le}",
    "less_than": "{given} is too large: less than {lt}",
    "string_too_short": "this has {size} characters: at least {min_length}",
    "string_too_long": "this has {size} characters: at most {max_length}",
    "too_short": "entries here: {actual_length}; at least {min_length}",
    "too_long": "entries here: {actual_length}; at most {max_length}",
}


def words(detail: Mapping[str, Any]) -> str:
    """Return one validation error in plain words."""
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, found {describe(given)}"
    if kind == "string_pattern_mismatch":
        return f"{short(given)!r} is not {_FORMS.get(context['pattern'], 'of the form that is expected here')}"
    if kind in {"literal_error", "enum", "union_tag_invalid", "union_tag_not_found"}:
        return _choice(kind, given, context)
    if kind == "value_error":
        said = str(context["error"])
        plain = isinstance(given, Mapping) or (isinstance(given, list | tuple) and not said.startswith("expected"))
        return said if plain else f"{said}, found {describe(given)}"
    return _bounds(kind, given, context) or f"this value does not fit: {describe(given)}"


def describe(value: object) -> str:
    """Return what a value is, as its writer would call it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"text {short(value)!r}"
    return "keys and values" if isinstance(value, Mapping) else "a list"


def short(text: str) -> str:
    """Return a text, or as much of its beginning as a message has room for."""
    return text if len(text) <= 64 else text[:63] + "…"


def _choice(kind: str, given: Any, context: Mapping[str, Any]) -> str:
    if kind == "union_tag_not_found":
        return f"{context['discriminator']} is missing"
    if kind == "union_tag_invalid":
        known = [tag.strip().strip("'") for tag in context["expected_tags"].split(",")]
        given = context["tag"]
    else:
        known = [choice.strip("'") for choice in context["expected"].replace(" or ", ", ").split(", ")]
    if not isinstance(given, str):
        return f"expected {' or '.join(known)}, found {describe(given)}"
    hint = did_you_mean(given, known) if len(known) > 1 else ""
    return f"{short(given)!r} is not known here" + (hint or f"; expected {known[0]}")


def _bounds(kind: str, given: Any, context: Mapping[str, Any]) -> str:
    if kind not in _BOUNDS:
        return ""
    if kind == "string_too_short" and not given:
        return "this may not be empty"
    size = len(given) if isinstance(given, str) else 0
    bounds = {name: f"{bound:g}" if isinstance(bound, float) else bound for name, bound in context.items()}
    return _BOUNDS[kind].format(given=given, size=size, **bounds)
