"""The part of JSON Schema that Glasswork generates: validate an instance, or take one out of a longer text.

Keywords: ``type``, ``enum``, ``const``, ``anyOf``, ``properties``, ``required``, ``additionalProperties``, ``items``,
``minItems``, ``maxItems``, ``minLength``, ``maxLength``, ``pattern``, ``minimum``, ``maximum``, ``$ref`` into ``$defs``
(not recursive), and annotations. Any other is refused: a schema half understood would let wrong answers through.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from glasswork.errors import InvalidOutput, ModelRefused

Schema = dict[str, Any]

_ANNOTATIONS = {"title", "description", "default", "examples", "format", "$schema", "$defs"}
_KNOWN = _ANNOTATIONS | {
    *("type", "enum", "const", "anyOf", "properties", "required", "additionalProperties", "items"),
    *("minItems", "maxItems", "minLength", "maxLength", "pattern", "minimum", "maximum"),
}
_MOST_STARTS = 200
"""Places in a text at which a JSON value is looked for: keeps hostile text from costing quadratic time."""


def closed(properties: Mapping[str, Any], required: Sequence[str] | None = None) -> Schema:
    """Return the schema of an object with these properties and no others; all are required unless it says which."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties if required is None else required),
        "additionalProperties": False,
    }


def check(schema: Schema) -> None:
    """See that a schema uses only what is understood here.

    Raises:
        ModelRefused: it does not; asking a model would be in vain.
    """
    for part in _parts(inline(schema)):
        if unknown := set(part) - _KNOWN:
            raise ModelRefused(f"the answer's schema uses what is not supported: {', '.join(sorted(unknown))}")


def inline(schema: Schema) -> Schema:
    """Put definitions (``$defs``) in the place of the references (``$ref``) to them.

    Raises:
        ModelRefused: a definition refers to itself, or a reference to nothing.
    """
    return _inlined(schema, schema.get("$defs", {}), ()) if "$defs" in schema else schema


def _inlined(part: Any, definitions: dict[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(part, list):
        return [_inlined(one, definitions, within) for one in part]
    if not isinstance(part, dict):
        return part
    rest = {key: _inlined(one, definitions, within) for key, one in part.items() if key not in ("$ref", "$defs")}
    if "$ref" not in part:
        return rest
    name = str(part["$ref"]).removeprefix("#/$defs/")
    if name in within or name not in definitions:
        raise ModelRefused(f"the answer's schema refers to {part['$ref']!r}, which is recursive or not defined")
    return _inlined(definitions[name], definitions, (*within, name)) | rest


def _parts(schema: Schema) -> Iterator[Schema]:
    """Yield a schema and every schema within it."""
    yield schema
    within = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    within += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    for part in within:
        yield from _parts(part)


def problems(value: Any, schema: Schema, path: str = "$") -> list[str]:
    """List everything wrong with ``value``, each with its path (``$.items[2]: …``); empty when it is valid.

    The schema is taken as :func:`check` passes it.
    """
    schema = inline(schema)
    if "type" in schema and not _is_of(value, schema["type"]):
        return [f"{path}: expected {_words(schema['type'])}, got {_name(value)}"]
    return [
        *_fixed(value, schema, path),
        *(_object(value, schema, path) if isinstance(value, dict) else ()),
        *(_array(value, schema, path) if isinstance(value, list) else ()),
        *(_string(value, schema, path) if isinstance(value, str) else ()),
        *(_number(value, schema, path) if _is_of(value, "number") else ()),
    ]


def parse(text: str, schema: Schema) -> tuple[Any, Literal["constrained", "extracted"]]:
    """Read an instance of ``schema`` from what a model wrote.

    The whole text is tried first, then every JSON value that stands in it (in a fence, between sentences); the last
    valid one counts, for models think before they answer.

    Returns:
        The instance, and ``"constrained"`` where it was the whole text, ``"extracted"`` otherwise.

    Raises:
        InvalidOutput: there is none; the message says what is wrong with the nearest.
    """
    whole, wrong = _try(text.strip(), schema)
    if not wrong:
        return whole, "constrained"
    found = None
    for value in _values_in(text):
        within = _problems_of(value, schema)
        if not within:
            found = (value,)
        elif found is None:
            wrong = within
    if found is None:
        raise InvalidOutput(f"not the JSON that was asked for: {'; '.join(wrong[:5])}", raw=text)
    return found[0], "extracted"


def _try(text: str, schema: Schema) -> tuple[Any, list[str]]:
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        return None, [f"$: not JSON ({error})" if text else "$: empty"]
    return value, _problems_of(value, schema)


def _problems_of(value: Any, schema: Schema) -> list[str]:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return ["$: holds half of a surrogate pair, which no text may"]
    except RecursionError:
        return ["$: nested too deeply"]
    return problems(value, schema)


def _values_in(text: str) -> Iterator[Any]:
    """Yield the JSON objects and arrays that stand in a text, outermost only."""
    position = 0
    for _ in range(_MOST_STARTS):
        start = _OPENING.search(text, position)
        if start is None:
            return
        try:
            value, position = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            position = start.end()
        else:
            yield value


_OPENING = re.compile(r"[{\[]")


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is too large")
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
"""Strict: no NaN, no infinity, no number that becomes one."""


def _is_of(value: Any, kind: str | list[str]) -> bool:
    if isinstance(kind, list):
        return any(_is_of(value, one) for one in kind)
    if kind in ("number", "integer") and isinstance(value, bool):
        return False
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind])


_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def _words(kind: str | list[str]) -> str:
    return kind if isinstance(kind, str) else " or ".join(kind)


def _name(value: Any) -> str:
    return next(kind for kind in ("null", "boolean", "integer", *_TYPES) if _is_of(value, kind))


def _same(left: Any, right: Any) -> bool:
    """Equality of JSON values: True is not 1."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _fixed(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        yield f"{path}: must be one of {json.dumps(schema['enum'])}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{path}: must be {json.dumps(schema['const'])}"
    if "anyOf" in schema and all(problems(value, one, path) for one in schema["anyOf"]):
        yield f"{path}: fits none of the {len(schema['anyOf'])} forms allowed"


def _object(value: dict[str, Any], schema: Schema, path: str) -> Iterator[str]:
    known: dict[str, Any] = schema.get("properties", {})
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{path}: {key!r} is missing"
    for key, one in value.items():
        inner = known.get(key, schema.get("additionalProperties", True))
        if inner is False:
            yield f"{path}: {key!r} is not allowed"
        elif isinstance(inner, dict):
            yield from problems(one, inner, f"{path}.{key}")


def _array(value: list[Any], schema: Schema, path: str) -> Iterator[str]:
    yield from _bounds(len(value), schema.get("minItems"), schema.get("maxItems"), path, "items")
    if "items" in schema:
        for position, one in enumerate(value):
            yield from problems(one, schema["items"], f"{path}[{position}]")


def _string(value: str, schema: Schema, path: str) -> Iterator[str]:
    yield from _bounds(len(value), schema.get("minLength"), schema.get("maxLength"), path, "characters")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: must match {schema['pattern']}"


def _number(value: float, schema: Schema, path: str) -> Iterator[str]:
    yield from _bounds(value, schema.get("minimum"), schema.get("maximum"), path, "")


def _bounds(size: float, least: float | None, most: float | None, path: str, what: str) -> Iterator[str]:
    unit = f" {what}" if what else ""
    if least is not None and size < least:
        yield f"{path}: {size}{unit}, fewer than {least}" if what else f"{path}: {size} is below {least}"
    if most is not None and size > most:
        yield f"{path}: {size}{unit}, more than {most}" if what else f"{path}: {size} is above {most}"
